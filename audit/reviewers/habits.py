"""How reviewers answer, whatever they answer: too fast to read, in streaks, or just as somebody else does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from audit.agreement.votes import CATEGORIES, Votes
from audit.signals import Bools, Floats, Ints
from audit.stats.runs import group_runs

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FASTEST: Final = 15.0
"""Words a second that nobody reads."""
LEAST_SHARED: Final = 20
"""Common pairs that two reviewers need to be compared."""
MOST_COMPARED: Final = 300
"""Busiest reviewers of whom all pairs are compared."""


def too_fast(words: Floats, seconds: Floats) -> Bools:
    """Return which judgments were given faster than anybody reads prompt and responses; nan is not too fast."""
    with np.errstate(invalid="ignore"):
        return np.asarray((seconds >= 0) & (words > FASTEST * seconds))


@dataclass(frozen=True)
class Copies:
    """Pairs of reviewers and how alike they answer; arrays of shape (pairs,)."""

    one: Ints
    other: Ints
    shared: Ints
    same: Ints
    p_value: Floats
    """Exact chance of so many common answers at the rate at which all other pairs of reviewers agree."""


def compared(votes: Votes) -> Copies:
    """Compare the reviewers of common pairs two by two.

    The rate of a pair is the mean agreement of all compared pairs but this one: two who always agree in a pool that
    nearly always does are none.

    Args:
        votes: one a reviewer and pair.
    """
    from scipy.sparse import csr_array  # loaded by those who need it
    from scipy.special import bdtrc

    busiest = np.sort(np.argsort(-np.bincount(votes.annotator), kind="stable")[:MOST_COMPARED])
    place = np.full(int(votes.annotator.max()) + 1, -1, np.int64)
    place[busiest] = np.arange(len(busiest))
    own = np.flatnonzero(place[votes.annotator] >= 0)
    row, item, answer = place[votes.annotator[own]], votes.item[own], votes.category[own]
    ones = np.ones(len(own), np.int64)
    judged = csr_array((ones, (row, item)), shape=(len(busiest), votes.items))
    given = csr_array(
        (ones, (row, item * len(CATEGORIES) + answer)), shape=(len(busiest), votes.items * len(CATEGORIES))
    )
    one, other = np.triu_indices(len(busiest), 1)
    n, same = _common(judged, one, other), _common(given, one, other)
    kept = np.flatnonzero(n >= LEAST_SHARED)
    first, second, n, same = busiest[one[kept]], busiest[other[kept]], n[kept], same[kept]
    rest, rest_same = n.sum() - n, same.sum() - same
    rate = np.where(rest > 0, (rest_same + 1) / (rest + 2), 0.5)
    p = np.where(same > 0, bdtrc(same - 1.0, n, rate), 1.0)
    return Copies(first, second, n, same, np.asarray(p, dtype=np.float64))


def _common(held: csr_array, one: Ints, other: Ints) -> Ints:
    """Return how much two rows of a table of noughts and ones have in common, for pairs of rows."""
    return np.asarray((held @ held.T).toarray()[one, other], dtype=np.int64)


def streak_p(first: Bools, reviewer: Ints) -> Floats:
    """Return the chance of so few changes of the chosen slot for each reviewer, by their own share of it.

    Wald and Wolfowitz's number of runs, one-sided towards too few, by its normal approximation.

    Args:
        first: whether the first slot won, in the order of judging within each reviewer, shape (n,).
        reviewer: dense and never falling, shape (n,).
    """
    from scipy.special import ndtr  # loaded by those who need it

    runs, expected, variance, _ = group_runs(first, reviewer)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (runs + 0.5 - expected) / np.sqrt(variance)
    return np.asarray(np.where(variance > 0, ndtr(z), 1.0))

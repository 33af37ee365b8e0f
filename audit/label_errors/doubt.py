"""How probable it is that a shipped label is wrong: from the votes on its pair, sharpened by a model of the texts.

With k votes for the shipped side, m for the other and Beta(a, a) over pairs, a as disagreement implies it, the share of
annotators who prefer the shipped side is Beta(a + k, a + m), and the label is wrong with probability
I_1/2(a + k, a + m). A label without votes counts as one vote. Where the same people judged much, Dawid and Skene's
model and its one-coin form say it too, and the mean of the three is taken: the first knows that pairs differ, the
others that people do. The texts come in as prior odds: the held-out log odds of the other side, by a slope fitted to
the labels.

Sources: Skellam 1948, JRSS B 10 (beta-binomial); Dawid and Skene 1979, Applied Statistics 28.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.agreement.votes import FIRST, SECOND, TIE, Votes, first_side, items_of, votes
from audit.measure import Undefined
from audit.reviewers.pool import pool
from audit.reviewers.truth import truth
from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.agreement import pair_agreement
from audit.stats.implied_error import beta_parameter
from audit.words.names import LEAD

LEAST_OVERLAP: Final = 30
"""Pairs with two decisive votes from which agreement is told."""
LEAST_A: Final = 1e-3
"""Beta parameter where nobody disagrees: votes are then all but certain."""
ENOUGH_VOTES: Final = 10.0
"""Votes a reviewer, on the mean, at which models of reviewers are heard."""
MODELS: Final = ("Dawid-Skene", "one-coin")
NO_LABEL: Final = Undefined("no label that chooses a side is shipped", "label")
NO_OVERLAP: Final = Undefined(
    f"fewer than {LEAST_OVERLAP} pairs have two votes that chose a side, or none of them agree more than by chance",
    "judgment.label of several annotators on the same pairs",
)


@dataclass(frozen=True)
class Shipped:
    """Labels that chose a side, and the decisive votes on their pairs; arrays of shape (n,)."""

    rows: Ints
    """Comparison numbers."""
    is_first: Bools
    """Whether the label is for the side that is first in canonical order."""
    item: Ints
    prompt: Ints
    fors: Ints
    """Votes for the shipped side, one an annotator."""
    against: Ints
    agreement: float | None
    """Of two decisive votes on one pair; None: not told."""
    cast: Votes | None
    """The decisive votes, one an annotator and pair; of those who contradict themselves none."""
    item_of: Ints
    """Item of every comparison, shape (comparisons,)."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def votes(self) -> Ints:
        """Decisive votes on each label's pair."""
        return self.fors + self.against


def shipped(signals: Signals) -> Shipped:
    """Return the shipped labels with the votes on their pairs."""
    label = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, np.int64)
    rows = np.flatnonzero((label == A) | (label == B))
    item = items_of(signals)[0] if signals.comparisons else np.zeros(0, np.int64)
    is_first = label[rows] == first_side(signals)[rows]
    prompt = signals.groups("prompt_key")[rows] if signals.has("prompt_key") else item[rows]
    every = votes(signals)
    counts, agreement, cast = np.zeros((int(item.max(initial=-1)) + 1, 2), np.int64), None, None
    if every is not None:
        cast = _steady(every.take(every.category < TIE))
        where = item[cast.comparison] * 2 + cast.category
        counts = np.bincount(where, minlength=counts.size).reshape(-1, 2).astype(np.int64)
        own = pair_agreement(counts)
        told = np.isfinite(own)
        if int(told.sum()) >= LEAST_OVERLAP and float(own[told].mean()) > 0.5:
            agreement = float(own[told].mean())
    first, second = counts[item[rows], FIRST], counts[item[rows], SECOND]
    fors, against = np.where(is_first, first, second), np.where(is_first, second, first)
    return Shipped(rows, is_first, item[rows], prompt, fors, against, agreement, cast, item)


def _steady(decisive: Votes) -> Votes:
    """Return one vote of each annotator on each item, none where their repeats differ."""
    if not len(decisive):
        return decisive
    group = decisive.groups()
    start = np.flatnonzero(np.diff(group, prepend=-1))
    last = np.append(start[1:], len(group)) - 1  # votes are sorted by category within a group
    return decisive.take(start[decisive.category[start] == decisive.category[last]])


def by_votes(agreement: float, fors: Ints, against: Ints) -> Floats:
    """Return the chance that most annotators prefer the other side, given votes for and against a label.

    Args:
        agreement: of two decisive votes on one pair, above 1/2.
        fors: shape (n,); a label without any vote is a vote for itself.
        against: shape (n,).
    """
    from scipy.special import betainc  # loaded by those who need it

    a = max(beta_parameter(agreement), LEAST_A)
    own = np.where(fors + against > 0, fors, 1)
    return np.asarray(betainc(a + own, a + against, 0.5), dtype=np.float64)


def by_models(signals: Signals, at: Shipped) -> Floats | None:
    """Return the chance that a label is wrong by each model of reviewers, shape (models, n), nan off their pairs.

    None where common pairs do not link the reviewers, or they have too few votes.
    """
    people = pool(signals)
    if people is None or len(people.votes) < ENOUGH_VOTES * len(people.names):
        return None
    fitted = truth(signals, people)
    if isinstance(fitted, Undefined):
        return None
    own = at.item_of[people.votes.comparison]
    row = np.full(int(at.item_of.max(initial=-1)) + 1, -1, np.int64)
    row[own] = fitted.dense
    place = row[at.item]
    found = np.full((len(MODELS), len(at)), np.nan)
    for model, out in zip((fitted.models[name] for name in MODELS), found, strict=True):
        sides = model.posterior[place][:, [FIRST, SECOND]]
        wrong = np.where(at.is_first, sides[:, 1], sides[:, 0])
        with np.errstate(invalid="ignore", divide="ignore"):
            out[:] = np.where(place >= 0, wrong / sides.sum(axis=1), np.nan)
    return found


def towards_other(signals: Signals, at: Shipped) -> Floats:
    """Return the held-out log odds of the words for the other side, nan outside the sample; shape (n,)."""
    if not signals.has(LEAD):
        return np.full(len(at), np.nan)
    lead = signals.floats(LEAD)[at.rows]
    return np.asarray(np.where(signals.ints("label")[at.rows] == A, -lead, lead))


def slope(doubt: Floats) -> float:
    """Return the b of log odds b x doubt that a label is for the other side: the fit of a logit without constant.

    Scores that say nothing get 0, and overconfident ones less than 1.

    Args:
        doubt: finite, shape (n,).
    """
    from scipy.special import expit  # loaded by those who need it

    b = 0.0
    for _ in range(50):
        wrong = expit(b * doubt)
        room = float((wrong * (1 - wrong) * doubt * doubt).sum())
        if room <= 0:
            break
        step = -float((wrong * doubt).sum()) / room
        b += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-9:
            break
    return max(b, 0.0)

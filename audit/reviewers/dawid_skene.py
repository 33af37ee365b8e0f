"""Dawid and Skene's model: true answers and each reviewer's confusion of them, from votes alone.

Every reviewer has a matrix of chances to give each answer for each true one; the true answers and the matrices are
estimated in turns (EM). It needs a pool whose reviewers are linked by common pairs: between parts that are not, nothing
can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.reviewers.em import SMOOTHING, climb, normalised, vote_shares
from audit.signals import Floats, Ints


@dataclass(frozen=True)
class DawidSkene:
    """What the model makes of the votes."""

    posterior: Floats
    """Chance of each true answer of each item, shape (items, answers)."""
    confusion: Floats
    """Chance of each answer given the true one, shape (reviewers, answers, answers)."""
    prior: Floats
    """Shape (answers,)."""
    rounds: int
    converged: bool

    @property
    def accuracy(self) -> Floats:
        """Chance that a reviewer gives the true answer, shape (reviewers,)."""
        return np.asarray(np.einsum("k,jkk->j", self.prior, self.confusion))


def parts(item: Ints, annotator: Ints) -> int:
    """Return into how many parts without a common item the reviewers fall."""
    if not len(item):
        return 0
    from scipy.sparse import coo_array  # heavy, needed only here
    from scipy.sparse.csgraph import connected_components

    people, things = int(annotator.max()) + 1, int(item.max()) + 1
    size = people + things
    graph = coo_array((np.ones(len(item), np.int8), (annotator, people + item)), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    return len(np.unique(label[annotator]))


def dawid_skene(item: Ints, annotator: Ints, answer: Ints, answers: int) -> DawidSkene:
    """Fit the model by EM from the shares of votes of each item.

    Args:
        item: dense, shape (n,).
        annotator: dense, shape (n,).
        answer: shape (n,), each below `answers`.
        answers: how many there are.

    Source: Dawid and Skene 1979, Applied Statistics 28, p. 20-28.
    """
    items, people = int(item.max()) + 1, int(annotator.max()) + 1
    cell = annotator * answers + answer
    posterior, (confusion, prior), rounds, converged = climb(
        vote_shares(item, answer, answers),
        lambda chances: _maximise(chances, item, cell, people, answers),
        lambda found: _expect(*found, item, annotator, answer, items),
        len(item),
    )
    return DawidSkene(posterior, confusion, prior, rounds, converged)


def _maximise(posterior: Floats, item: Ints, cell: Ints, people: int, answers: int) -> tuple[Floats, Floats]:
    counts = np.stack(
        [np.bincount(cell, weights=posterior[item, true], minlength=people * answers) for true in range(answers)]
    )
    confusion = counts.reshape(answers, people, answers).transpose(1, 0, 2) + SMOOTHING
    confusion /= confusion.sum(axis=2, keepdims=True)
    prior = posterior.mean(axis=0) + SMOOTHING / len(posterior)
    return np.asarray(confusion, dtype=np.float64), np.asarray(prior / prior.sum(), dtype=np.float64)


def _expect(
    confusion: Floats, prior: Floats, item: Ints, annotator: Ints, answer: Ints, items: int
) -> tuple[Floats, float]:
    logs = np.log(confusion)
    score = np.stack(
        [np.bincount(item, weights=logs[annotator, true, answer], minlength=items) for true in range(len(prior))],
        axis=1,
    )
    return normalised(np.asarray(score + np.log(prior), np.float64))

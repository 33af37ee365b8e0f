"""Models of the votes: the true answers, and how each reviewer errs, from votes alone.

Three of them, for none is always right: Dawid and Skene give every reviewer a whole matrix of confusions; the one-coin
model a single chance of being right, with the rest spread evenly; MACE a chance of caring, and what is answered when
not. Each is fitted by EM from the shares of votes of each item: true answers from confusions, confusions from true
answers, in turns. All need a pool whose reviewers are linked by common pairs: between parts that are not, nothing can
be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.signals import Floats, Ints

SMOOTHING: Final = 0.01
"""Added to every count, so that no chance is nought."""
ROUNDS: Final = 200
CONVERGED: Final = 1e-7
"""Relative change of the log likelihood a vote."""
CARING: Final = 0.5
"""The chance of caring that MACE starts with."""


@dataclass(frozen=True)
class Fitted:
    """What a model makes of the votes."""

    posterior: Floats
    """Chance of each true answer of each item, shape (items, answers)."""
    confusion: Floats
    """Chance of each answer given the true one, shape (reviewers, true answers, answers)."""
    prior: Floats
    """Shape (answers,)."""
    rounds: int
    converged: bool

    @property
    def accuracy(self) -> Floats:
        """Chance that a reviewer gives the true answer, shape (reviewers,)."""
        return np.asarray(np.einsum("k,jkk->j", self.prior, self.confusion))


@dataclass(frozen=True)
class Cast:
    """Votes as arrays of shape (n,), and how many items, reviewers and answers there are."""

    item: Ints
    annotator: Ints
    answer: Ints
    items: int
    people: int
    answers: int

    @classmethod
    def of(cls, item: Ints, annotator: Ints, answer: Ints, answers: int) -> Cast:
        """Return votes with dense items and reviewers, of which there is at least one."""
        return cls(item, annotator, answer, int(item.max()) + 1, int(annotator.max()) + 1, answers)

    def shares(self) -> Floats:
        """Return the share of votes for each answer of each item, shape (items, answers)."""
        cell = self.item * self.answers + self.answer
        counts = np.bincount(cell, minlength=self.items * self.answers).reshape(self.items, self.answers)
        return np.asarray(counts / counts.sum(axis=1, keepdims=True))

    def by_person(self, weights: Floats) -> Floats:
        """Return the sum of a weight of each vote over the votes of each reviewer, shape (people,)."""
        return np.asarray(np.bincount(self.annotator, weights=weights, minlength=self.people), dtype=np.float64)


Confuse = Callable[[Floats], Floats]
"""The M step of a model: posterior, shape (items, answers) -> confusion, shape (people, answers, answers)."""


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


def dawid_skene(votes: Cast) -> Fitted:
    """Fit a whole confusion matrix for each reviewer.

    Source: Dawid and Skene 1979, Applied Statistics 28, p. 20-28.
    """
    cell = votes.annotator * votes.answers + votes.answer

    def confuse(posterior: Floats) -> Floats:
        counts = [
            np.bincount(cell, weights=posterior[votes.item, true], minlength=votes.people * votes.answers)
            for true in range(votes.answers)
        ]
        confusion = np.stack(counts).reshape(votes.answers, votes.people, votes.answers).transpose(1, 0, 2) + SMOOTHING
        return np.asarray(confusion / confusion.sum(axis=2, keepdims=True), dtype=np.float64)

    return _fit(votes, confuse)


def one_coin(votes: Cast) -> Fitted:
    """Fit one chance of being right for each reviewer; wrong answers are equally likely.

    p_j = (expected right answers + s) / (answers + 2 s), s the smoothing.

    Source: Dawid and Skene's model with one parameter a reviewer, as in Zhang et al. 2016, JMLR 17(102), section 2.
    """
    n = np.bincount(votes.annotator, minlength=votes.people)

    def confuse(posterior: Floats) -> Floats:
        right = votes.by_person(posterior[votes.item, votes.answer])
        return _even((right + SMOOTHING) / (n + 2 * SMOOTHING), votes.answers)

    return _fit(votes, confuse)


def mace(votes: Cast) -> Fitted:
    """Fit for each reviewer the chance of caring, and what is answered by who does not care.

    P(answer a | true t) = theta_j [a = t] + (1 - theta_j) xi_ja. Plain EM from the shares of votes, with everybody
    caring half the time at first; the paper's variational updates and random restarts are left out, so that the same
    votes give the same answer.

    Source: Hovy et al. 2013, NAACL, p. 1120-1130, section 2.
    """
    shape = (votes.people, votes.answers)
    cell = votes.annotator * votes.answers + votes.answer
    n = np.bincount(votes.annotator, minlength=votes.people)
    theta = np.full(votes.people, CARING)
    xi = np.full(shape, 1 / votes.answers)

    def confuse(posterior: Floats) -> Floats:
        nonlocal theta, xi
        care, idle = theta[votes.annotator], (1 - theta[votes.annotator]) * xi[votes.annotator, votes.answer]
        cared = posterior[votes.item, votes.answer] * care / (care + idle)
        spam = np.bincount(cell, weights=1 - cared, minlength=votes.people * votes.answers).reshape(shape) + SMOOTHING
        theta = (votes.by_person(cared) + SMOOTHING) / (n + 2 * SMOOTHING)
        xi = spam / spam.sum(axis=1, keepdims=True)
        own = np.broadcast_to(np.eye(votes.answers), (votes.people, votes.answers, votes.answers))
        return np.asarray(theta[:, None, None] * own + (1 - theta)[:, None, None] * xi[:, None, :])

    return _fit(votes, confuse)


def _even(right: Floats, answers: int) -> Floats:
    """Return confusion matrices with `right` on the diagonal and the rest spread evenly."""
    wrong = (1 - right) / max(answers - 1, 1)
    own = np.eye(answers, dtype=np.bool_)
    return np.where(own, right[:, None, None], wrong[:, None, None])


def _fit(votes: Cast, confuse: Confuse) -> Fitted:
    posterior = votes.shares()
    last, rounds, converged = -np.inf, 0, False
    while rounds < ROUNDS and not converged:
        confusion, prior = confuse(posterior), _prior(posterior)
        posterior, likelihood = _expect(confusion, prior, votes)
        converged = abs(likelihood - last) < CONVERGED * len(votes.item)
        last, rounds = likelihood, rounds + 1
    return Fitted(posterior, confuse(posterior), _prior(posterior), rounds, converged)


def _prior(posterior: Floats) -> Floats:
    prior = posterior.mean(axis=0) + SMOOTHING / len(posterior)
    return np.asarray(prior / prior.sum(), dtype=np.float64)


def _expect(confusion: Floats, prior: Floats, votes: Cast) -> tuple[Floats, float]:
    """Return the chance of each true answer of each item, and the log likelihood."""
    with np.errstate(divide="ignore"):
        logs = np.log(confusion)
    score = np.stack(
        [
            np.bincount(votes.item, weights=logs[votes.annotator, true, votes.answer], minlength=votes.items)
            for true in range(votes.answers)
        ],
        axis=1,
    )
    score += np.log(prior)
    most = score.max(axis=1, keepdims=True)
    chance = np.exp(score - most)
    total = chance.sum(axis=1, keepdims=True)
    return chance / total, float((most + np.log(total)).sum())

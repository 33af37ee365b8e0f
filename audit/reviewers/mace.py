"""MACE: a reviewer either knows the true answer or draws one by a habit of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.reviewers.em import SMOOTHING, climb, normalised, vote_shares
from audit.signals import Floats, Ints

EVEN: Final = 0.5
"""Chance to start from that a right answer was known, not drawn."""


@dataclass(frozen=True)
class Mace:
    """What the model makes of the votes."""

    posterior: Floats
    """Chance of each true answer of each item, shape (items, answers)."""
    competence: Floats
    """Chance that a reviewer answers by knowledge, shape (reviewers,)."""
    habit: Floats
    """Chance of each answer where they do not, shape (reviewers, answers)."""
    rounds: int
    converged: bool

    @property
    def accuracy(self) -> Floats:
        """Chance that a reviewer gives the true answer, by knowledge or by luck; shape (reviewers,)."""
        return np.asarray(self.competence + (1 - self.competence) * (self.habit @ self.posterior.mean(axis=0)))


def mace(item: Ints, annotator: Ints, answer: Ints, answers: int) -> Mace:
    """Fit the model by EM from the shares of votes of each item; all true answers are equally likely beforehand.

    P(answer a | true t) = c_j [a = t] + (1 - c_j) h_j[a].

    Args:
        item: dense, shape (n,).
        annotator: dense, shape (n,).
        answer: shape (n,), each below `answers`.
        answers: how many there are.

    Source: Hovy et al. 2013, NAACL, section 2 (their EM; ours has one start instead of random ones).
    """
    items, people = int(item.max()) + 1, int(annotator.max()) + 1
    cell, mine = item * answers + answer, annotator * answers + answer
    votes = np.bincount(annotator, minlength=people)

    def maximise(hidden: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        posterior, known = hidden
        knew = posterior[item, answer] * known
        drawn = np.bincount(mine, weights=1 - knew, minlength=people * answers).reshape(people, answers) + SMOOTHING
        competence = (np.bincount(annotator, weights=knew, minlength=people) + SMOOTHING) / (votes + 2 * SMOOTHING)
        return np.asarray(competence), np.asarray(drawn / drawn.sum(axis=1, keepdims=True))

    def expect(found: tuple[Floats, Floats]) -> tuple[tuple[Floats, Floats], float]:
        competence, habit = found
        drawn = (1 - competence)[annotator] * habit[annotator, answer]
        right = competence[annotator] + drawn
        gain = np.bincount(cell, weights=np.log(right) - np.log(drawn), minlength=items * answers)
        base = np.bincount(item, weights=np.log(drawn), minlength=items)
        posterior, likelihood = normalised(gain.reshape(items, answers) + base[:, None] - np.log(answers))
        return (posterior, competence[annotator] / right), likelihood

    start = vote_shares(item, answer, answers), np.full(len(item), EVEN)
    (posterior, _), (competence, habit), rounds, converged = climb(start, maximise, expect, len(item))
    return Mace(posterior, competence, habit, rounds, converged)

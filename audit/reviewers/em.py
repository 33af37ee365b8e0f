"""Expectation maximisation over true answers: what the models of reviewers have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from audit.signals import Floats, Ints

SMOOTHING: Final = 0.01
"""Added to every count, so that no chance is nought."""
ROUNDS: Final = 200
CONVERGED: Final = 1e-7
"""Gain of the log likelihood a vote at which the search ends."""

P = TypeVar("P")
S = TypeVar("S")


def vote_shares(item: Ints, answer: Ints, answers: int) -> Floats:
    """Return the share of votes for each answer, shape (items, answers): where every search starts.

    Args:
        item: dense, shape (n,).
        answer: shape (n,), each below `answers`.
        answers: how many there are.
    """
    items = int(item.max()) + 1
    counts = np.bincount(item * answers + answer, minlength=items * answers).reshape(items, answers)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def climb(
    hidden: S, maximise: Callable[[S], P], expect: Callable[[P], tuple[S, float]], votes: int
) -> tuple[S, P, int, bool]:
    """Return the chances of what is hidden, the parameters, the rounds, and whether the likelihood came to rest.

    Args:
        hidden: chances to start from, of the true answers above all.
        maximise: the parameters given the chances.
        expect: chances and log likelihood given the parameters.
        votes: how many there are.

    Source: Dempster, Laird and Rubin 1977, J. R. Statist. Soc. B 39.
    """
    last, rounds, converged = -np.inf, 0, False
    while rounds < ROUNDS and not converged:
        hidden, likelihood = expect(maximise(hidden))
        converged = likelihood - last < CONVERGED * votes
        last, rounds = likelihood, rounds + 1
    return hidden, maximise(hidden), rounds, converged


def normalised(score: Floats) -> tuple[Floats, float]:
    """Return chances from log scores, shape (items, answers), and the log likelihood."""
    most = score.max(axis=1, keepdims=True)
    chance = np.exp(score - most)
    total = chance.sum(axis=1, keepdims=True)
    return np.asarray(chance / total), float((most + np.log(total)).sum())

"""One-coin Dawid and Skene: each reviewer has one chance to be right, and errs alike towards all other answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.reviewers.em import SMOOTHING, climb, normalised, vote_shares
from audit.signals import Floats, Ints


@dataclass(frozen=True)
class OneCoin:
    """What the model makes of the votes."""

    posterior: Floats
    """Chance of each true answer of each item, shape (items, answers)."""
    accuracy: Floats
    """Chance that a reviewer gives the true answer, shape (reviewers,)."""
    prior: Floats
    """Shape (answers,)."""
    rounds: int
    converged: bool


def one_coin(item: Ints, annotator: Ints, answer: Ints, answers: int) -> OneCoin:
    """Fit the model by EM from the shares of votes of each item.

    P(answer a | true t) = c_j for a = t, (1 - c_j) / (answers - 1) otherwise.

    Args:
        item: dense, shape (n,).
        annotator: dense, shape (n,).
        answer: shape (n,), each below `answers`.
        answers: how many there are, at least 2.

    Source: the homogeneous model of Raykar et al. 2010, JMLR 11, and Zhang et al. 2016, JMLR 17, section 2.
    """
    items, people = int(item.max()) + 1, int(annotator.max()) + 1
    cell, votes = item * answers + answer, np.bincount(annotator, minlength=people)

    def maximise(posterior: Floats) -> tuple[Floats, Floats]:
        right = np.bincount(annotator, weights=posterior[item, answer], minlength=people)
        coin = (right + SMOOTHING) / (votes + SMOOTHING * answers)
        prior = posterior.mean(axis=0) + SMOOTHING / items
        return np.asarray(coin), np.asarray(prior / prior.sum())

    def expect(found: tuple[Floats, Floats]) -> tuple[Floats, float]:
        coin, prior = found
        wrong = np.log((1 - coin) / (answers - 1))
        gain = np.bincount(cell, weights=(np.log(coin) - wrong)[annotator], minlength=items * answers)
        base = np.bincount(item, weights=wrong[annotator], minlength=items)
        return normalised(np.asarray(gain.reshape(items, answers) + base[:, None] + np.log(prior), np.float64))

    posterior, (coin, prior), rounds, converged = climb(vote_shares(item, answer, answers), maximise, expect, len(item))
    return OneCoin(posterior, coin, prior, rounds, converged)

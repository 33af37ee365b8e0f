"""A bag of words and word pairs, and a penalised logit on it: sparse, and held out by prompt.

Source: Gururangan et al. 2018, arXiv 1803.02324 (a bag-of-words model of part of the input as a test for artifacts);
Joulin et al. 2017, EACL (that such a model is hard to beat for its price).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from audit.extract.shingles import ShingleSets
from audit.signals import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_WORDS: Final = 30_000
"""Words and word pairs that are features: those in most texts."""
LEAST_TEXTS: Final = 3
"""Texts that a feature stands in, at least."""
FOLDS: Final = 5
L2: Final = 1.0
DIGITS: Final = 6
"""Decimals of scores: further ones depend on when the search for the maximum stops."""
_STEPS: Final = 100
_MEMORY: Final = 8
_GAIN: Final = 1e-9
"""Relative gain of a step at which the search ends."""
_ENOUGH: Final = 1e-4
_LEAST_SCALE: Final = 1e-6


def bag(sets: ShingleSets) -> csr_array:
    """Return one row a text: 1 + log(texts / texts with it) for each feature that it holds, scaled to length one.

    Args:
        sets: the distinct hashed features of each text.

    Returns:
        Shape (texts, features).
    """
    from scipy.sparse import csr_array

    count = len(sets.starts)
    owner = np.repeat(np.arange(count), sets.ends - sets.starts)
    hashes = np.concatenate([np.zeros(0, np.uint64), *(sets.of(i) for i in range(count))])
    values, which = np.unique(hashes, return_inverse=True)
    texts = np.bincount(which, minlength=len(values))
    common = np.lexsort((values, -texts))[:MOST_WORDS]
    common = np.sort(common[texts[common] >= LEAST_TEXTS])
    place = np.full(len(values), -1, np.int64)
    place[common] = np.arange(len(common))
    column = place[which]
    kept = column >= 0
    weight = (1 + np.log(count / np.maximum(texts, 1)))[which[kept]]
    length = np.sqrt(np.bincount(owner[kept], weight**2, minlength=count))[owner[kept]]
    return csr_array((weight / length, (owner[kept], column[kept])), shape=(count, len(common)))


def coefficients(x: csr_array, sign: Floats, l2: float = L2) -> Floats:
    """Return the b that minimises sum log(1 + exp(-sign x b)) + l2 / 2 |b|^2.

    Limited-memory BFGS with halved steps (Nocedal 1980, Mathematics of Computation 35): the sum is convex, so that
    there is one minimum and any start will do.

    Args:
        x: shape (n, k).
        sign: shape (n,), 1 or -1.
        l2: above 0.
    """
    from scipy.special import expit  # a fifth of a second, so only here

    turned = x.T.tocsr()

    def loss(b: Floats) -> tuple[float, Floats]:
        margin = sign * (x @ b)
        value = float(np.logaddexp(0.0, -margin).sum()) + l2 / 2 * float(b @ b)
        return value, np.asarray(l2 * b - turned @ (sign * expit(-margin)))

    b = np.zeros(x.shape[1])
    value, gradient = loss(b)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(_STEPS):
        step, scale = -_curved(gradient, moves), 1.0
        slope = float(gradient @ step)
        there, steeper = loss(b + step)
        while there > value + _ENOUGH * scale * slope and scale > _LEAST_SCALE:
            scale /= 2
            there, steeper = loss(b + scale * step)
        moves = [*moves[1 - _MEMORY :], (scale * step, steeper - gradient)]
        gain, b, value, gradient = value - there, b + scale * step, there, steeper
        if gain <= _GAIN * max(abs(value), 1.0):
            break
    return b


def _curved(gradient: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    """Return the inverse curvature that the last moves show, times the gradient: the two-loop recursion."""
    direction, weights = gradient.copy(), []
    for move, change in reversed(moves):
        weights.append(float(move @ direction) / float(move @ change))
        direction = direction - weights[-1] * change
    if moves:
        move, change = moves[-1]
        direction = direction * (float(move @ change) / float(change @ change))
    for (move, change), weight in zip(moves, reversed(weights), strict=True):
        direction = direction + (weight - float(change @ direction) / float(move @ change)) * move
    return direction


def held_out_leads(x: csr_array, clusters: Ints, turned: Floats | None = None) -> Floats:
    """Return the log odds that the first of each pair wins, from models that have not seen its cluster.

    Args:
        x: shape (2 n, k): the n winners and then the n losers.
        clusters: shape (n,), numbered densely; cluster c is held out in fold c modulo FOLDS.
        turned: shape (n,), -1 where the model is told that the loser won; None: nowhere.

    Returns:
        Shape (n,); exchanging winner and loser changes the sign.
    """
    n, fold, found = len(clusters), clusters % FOLDS, np.zeros(len(clusters))
    difference = (x[:n] - x[n:]).tocsr()
    sign = np.ones(n) if turned is None else turned
    for one in range(FOLDS):
        held = np.flatnonzero(fold == one)
        seen = np.flatnonzero(fold != one)
        if len(held) and len(seen):
            found[held] = difference[held] @ coefficients(difference[seen], sign[seen])
    return np.round(found, DIGITS)


def held_out_singles(x: csr_array, clusters: Ints) -> Floats:
    """Return the score of every single text for being a winner, from models that have not seen its cluster.

    Args:
        x: shape (2 n, k): the n winners and then the n losers.
        clusters: shape (n,), as for `held_out_leads`.

    Returns:
        Shape (2 n,).
    """
    fold = np.tile(clusters % FOLDS, 2)
    sign = np.repeat([1.0, -1.0], len(clusters))
    found = np.zeros(len(sign))
    for one in range(FOLDS):
        held, seen = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
        if len(held) and len(seen):
            found[held] = x[held] @ coefficients(x[seen], sign[seen])
    return np.round(found, DIGITS)

"""Held-out predictions of which side won, from differences of features: grouped folds, penalised logit.

The model has no intercept and its columns change sign with the sides, so that P(a wins) at x is 1 - P(a wins) at -x and
the likelihood is the same however a comparison is turned. Every comparison is therefore entered chosen minus rejected.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from audit.stats.logit import penalised

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def held_out_advantages(differences: Floats, clusters: Ints, *, folds: int, l2: float) -> Floats:
    """Return each comparison's log odds that its chosen side wins, by a model that has not seen its cluster.

    Cluster c is held out in fold c modulo `folds`: where clusters are numbered by hashed keys that is a random and
    even split which does not depend on the order of rows.

    Args:
        differences: shape (n, k), chosen minus rejected, scaled to comparable columns.
        clusters: shape (n,), numbered densely from 0.
        folds: at least 2.
        l2: penalty l2 / 2 * |b|^2 on the sum of the log likelihood; above 0.

    Returns:
        Shape (n,), rounded to 9 decimals so that equal rows tie whatever the order of summation; 0 for a comparison
        that has no other cluster to learn from.
    """
    n, k = differences.shape
    won, penalty, advantages = np.broadcast_to(1.0, n), np.full(k, l2), np.zeros(n)
    start = penalised(
        differences, won, np.broadcast_to(1.0, n), penalty, np.zeros(k)
    )  # speed only: each fold has one maximum
    held_in = clusters % folds
    for fold in range(folds):
        held = held_in == fold
        if held.any() and not held.all():
            seen = np.where(held, 0.0, 1.0)
            advantages[held] = differences[held] @ penalised(differences, won, seen, penalty, start)
    return np.round(advantages, 9)


def rescaled(differences: Floats) -> Floats:
    """Return differences over their root mean square about 0, column by column; a column of zeros stays.

    Args:
        differences: shape (n,) or (n, k). Not centred, so that exchanging the sides still changes the sign.
    """
    if not len(differences):
        return differences
    scale = np.sqrt((differences**2).mean(axis=0))
    return np.asarray(differences / np.where(scale > 0, scale, 1.0))

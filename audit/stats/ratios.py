"""Ratios of sums over clusters, with the delete-one-cluster jackknife."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two sums."""

    value: float
    error: float | None
    """Jackknife standard error; None where one cluster holds everything."""
    clusters: int


def ratio(above: Floats, below: Floats, cluster: Ints) -> Ratio:
    """Return sum(above) / sum(below) with its standard error by leaving out one cluster at a time.

    Args:
        above: shape (n,).
        below: shape (n,), not negative, with a positive sum; units where it is 0 are passed over.
        cluster: shape (n,), numbers from 0.

    Source: Quenouille 1956, Biometrika 43; Tukey 1958 (jackknife standard error).
    """
    used = below > 0
    cluster = cluster[used]
    numbers = np.flatnonzero(np.bincount(cluster))
    a = np.bincount(cluster, weights=above[used])[numbers]
    b = np.bincount(cluster, weights=below[used])[numbers]
    value, count = float(a.sum() / b.sum()), len(numbers)
    if count < 2:
        return Ratio(value, None, count)
    moved = (a.sum() - a) / (b.sum() - b) - value
    return Ratio(value, math.sqrt((count - 1) / count * float(moved @ moved)), count)

"""A change within groups: how much a mean moves where something holds, each group held against itself.

y_v = m_g(v) + b x_v + e_v with a mean m_g of each group: b = sum x~ y / sum x~^2 with x~ = x less its group's mean. A
group in which x does not vary says nothing. The variance is clustered: with psi_v = x~ (y - m - b x~) / sum x~^2, G
clusters, V = G / (G - 1) sum over clusters of (sum psi)^2; t(G - 1).

Source: the within estimator with Liang and Zeger's covariance (Arellano 1987, Oxford Bulletin of Economics and
Statistics 49, p. 431-434).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.measure import Interval
from audit.stats.clusters import t_quantile
from audit.student import t_cdf

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """By how much the mean moves."""

    value: float
    error: float
    df: float
    by: str
    """The clustering that makes the error largest."""
    n: int
    """Units of groups in which x varies."""

    def interval(self, level: float) -> Interval:
        """Return the two-sided t interval, cut to [-1, 1]."""
        half = t_quantile(level, self.df) * self.error
        low, high = max(-1.0, self.value - half), min(1.0, self.value + half)
        method = f"t, clustered by {self.by}, {self.df + 1:.0f} clusters"
        return Interval(low, high, level, method, self.error, self.df)

    @property
    def p_value(self) -> float:
        """Two-sided, of no change."""
        if self.error == 0:
            return 1.0 if self.value == 0 else 0.0
        return min(1.0, 2 * t_cdf(self.df, -abs(self.value) / self.error))


def change(x: Floats, y: Floats, groups: Ints, clusterings: Mapping[str, Ints]) -> Change | None:
    """Return the change of y where x is 1, within groups.

    Args:
        x: shape (n,), 0 or 1.
        y: shape (n,), 0 or 1.
        groups: shape (n,).
        clusterings: by name, each shape (n,) of small numbers from 0; the one of largest error counts.

    Returns:
        None where x varies within no group, or in units of a single cluster.
    """
    size = np.maximum(np.bincount(groups), 1)
    share = (np.bincount(groups, weights=x) / size)[groups]
    used = np.flatnonzero((share > 0) & (share < 1))
    moved = x[used] - share[used]
    total = float(moved @ moved)
    if not len(used) or not total:
        return None
    rest = y[used] - (np.bincount(groups, weights=y) / size)[groups[used]]
    value = float(moved @ rest) / total
    influence = moved * (rest - value * moved) / total
    found = []
    for name, clusters in clusterings.items():
        count = int((np.bincount(clusters[used]) > 0).sum())
        if count > 1:
            sums = np.bincount(clusters[used], weights=influence)
            error = math.sqrt(count / (count - 1) * float(sums @ sums))
            found.append((error * t_quantile(0.9, count - 1), error, count - 1.0, name))
    if not found:
        return None
    _, error, df, by = max(found)
    return Change(value, error, df, by, len(used))

"""Whether a share changed: between two parts of clustered units, and exactly in a single two by two table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audit.measure import Interval
from audit.signals import Bools, Floats, Ints
from audit.stats.clusters import t_quantile
from audit.stats.lots import hypergeometric_cdf
from audit.stats.proportions import LEVEL


@dataclass(frozen=True, slots=True)
class Change:
    """The share of the later units less that of the earlier ones."""

    value: float
    n: int
    interval: Interval


def change(hits: Bools, is_late: Bools, clusterings: Mapping[str, Ints], level: float = LEVEL) -> Change | None:
    """Return the change of a share; None where one part is empty.

    The interval is of t by the jackknife that leaves out one cluster at a time: with d the change and d_g that without
    cluster g, the variance is (G - 1) / G sum (d_g - d)^2, at G - 1 degrees of freedom; the widest over the
    clusterings. A clustering that cannot spare a cluster gives -1 to 1. Clusters may have units on both sides.

    Args:
        hits: shape (n,).
        is_late: shape (n,).
        clusterings: by name, each shape (n,), 0-based; at least one.
        level: two-sided.

    Source: MacKinnon, Nielsen and Webb 2023, J. Applied Econometrics 38, their CV3, for a difference of means.
    """
    if not is_late.any() or is_late.all():
        return None
    value = float(hits[is_late].mean() - hits[~is_late].mean())
    widest: tuple[float, str, float, int] | None = None
    for name, groups in clusterings.items():
        found = _without_each(hits, is_late, groups)
        if len(found) < 2 or not np.isfinite(found).all():
            return Change(value, len(hits), Interval(-1.0, 1.0, level, f"one {name} is the whole of a part"))
        count = len(found)
        error = math.sqrt((count - 1) / count * float(((found - value) ** 2).sum()))
        half = error * t_quantile(level, count - 1)
        if widest is None or half > widest[0]:
            widest = half, name, error, count
    if widest is None:
        raise ValueError("no clustering")
    half, name, error, count = widest
    how = f"t, jackknife over {count} clusters by {name}"
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Change(value, len(hits), Interval(low, high, level, how, error, float(count - 1)))


def _without_each(hits: Bools, is_late: Bools, groups: Ints) -> Floats:
    """Return the change without each cluster in turn, shape (clusters,); nan where that empties a part."""
    used, dense = np.unique(groups, return_inverse=True)

    def sums(which: Bools) -> tuple[Floats, Floats]:
        n = np.bincount(dense[which], minlength=len(used)).astype(np.float64)
        own = np.bincount(dense[which], weights=hits[which], minlength=len(used))
        return n.sum() - n, own.sum() - own

    (late_n, late), (early_n, early) = sums(is_late), sums(~is_late)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(late / late_n - early / early_n)


def table_probability(hits: int, n: int, other_hits: int, other_n: int) -> float:
    """Return the two-sided exact p value of equal shares: twice the smaller hypergeometric tail, at most 1.

    Source: Fisher 1935, J. R. Statist. Soc. 98, p. 39-82.
    """
    lot, faulty = n + other_n, hits + other_hits
    below = hypergeometric_cdf(hits, lot, faulty, n)
    above = 1 - hypergeometric_cdf(hits - 1, lot, faulty, n)
    return float(min(1.0, 2 * max(0.0, min(below, above))))

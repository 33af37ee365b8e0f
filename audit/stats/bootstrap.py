"""The bootstrap of statistics that are functions of sums over units, from the few distinct rows that units add.

Drawing n units with replacement gives multinomial counts of the distinct rows, so a resample costs one product of
small matrices whatever n is. Seeds derive from names, so the same data give the same interval everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.student import normal_quantile

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Summed rows, shape (..., s), to statistics, shape (..., t)."""

RESAMPLES: Final = 2_000
MOST_PATTERNS: Final = 4_000
"""More distinct rows than this and the variance is taken from the linearised statistic instead."""
MOST_UNDEFINED: Final = 0.05
"""A statistic that is undefined in a larger share of resamples has no interval."""
STEP: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct rows of sums and how many units have each."""

    rows: Floats
    """Shape (m, s)."""
    times: Ints
    """Shape (m,)."""

    @property
    def totals(self) -> Floats:
        """Sum over all units, shape (s,)."""
        return np.asarray(self.times @ self.rows)


@dataclass(frozen=True, slots=True)
class Spread:
    """Ends and standard errors of several statistics, each shape (t,); nan where one has none."""

    low: Floats
    high: Floats
    error: Floats
    method: str


def seed_of(*names: str) -> int:
    """Return a seed that depends on names alone."""
    return int.from_bytes(blake2b("\x1f".join(names).encode(), digest_size=8).digest(), "big")


def distinct(counts: Ints) -> tuple[Ints, Ints]:
    """Return where each distinct row of counts first stands, shape (m,), and the number of each row's, shape (n,).

    Distinct rows are in one order, whatever the order of rows.

    Args:
        counts: shape (n, k), whole numbers from 0.
    """
    base, width = int(counts.max(initial=0)) + 1, counts.shape[1]
    if base**width < 2**62:
        place = np.array([base**i for i in reversed(range(width))], dtype=np.int64)
    else:  # rows by a hash of 63 bits
        place = np.random.default_rng(seed_of("distinct rows")).integers(0, 2**63, (width,), dtype=np.int64)
    _, first, number = np.unique(counts @ place, return_index=True, return_inverse=True)
    return first.astype(np.int64), number.reshape(-1).astype(np.int64)


def cluster_patterns(number: Ints, cluster: Ints, rows: Floats) -> Patterns:
    """Return the distinct clusters: clusters that hold the same patterns equally often are one.

    Args:
        number: shape (n,), the pattern of each unit.
        cluster: shape (n,), any numbers.
        rows: shape (m, s), what a unit of each pattern adds.
    """
    order = np.lexsort((number, cluster))
    number, cluster = number[order], cluster[order]
    start = np.flatnonzero(np.concatenate([[True], cluster[1:] != cluster[:-1]]))
    marks = np.random.default_rng(seed_of("cluster patterns")).integers(0, 2**63, len(rows), dtype=np.uint64)
    signature = np.add.reduceat(marks[number], start)  # wraps around; the order of units cannot change it
    _, first, times = np.unique(signature, return_index=True, return_counts=True)
    is_first = np.zeros(len(start), dtype=np.bool_)
    is_first[first] = True
    sizes = np.diff(np.append(start, len(number)))
    kept = rows[number[np.repeat(is_first, sizes)]]
    begin = np.cumsum(sizes[is_first]) - sizes[is_first]
    place = np.cumsum(is_first)[first] - 1  # in the order of signatures, which the order of clusters cannot change
    return Patterns(np.add.reduceat(kept, begin)[place], times.astype(np.int64))


def spread(patterns: Patterns, statistic: Statistic, level: float, seed: int, resamples: int = RESAMPLES) -> Spread:
    """Return the percentile interval of each statistic and its standard error.

    Args:
        patterns: of independent units: items, or clusters.
        statistic: of summed rows.
        level: two-sided.
        seed: of `seed_of`.
        resamples: how many.

    Source: Efron 1979, Ann. Statist. 7 (the bootstrap; section 5 for multinomial counts on distinct values).
    """
    if len(patterns.times) > MOST_PATTERNS:
        return linearised(patterns, statistic, level)
    n = int(patterns.times.sum())
    draws = np.random.default_rng(seed).multinomial(n, patterns.times / n, resamples)
    found = statistic(draws @ patterns.rows)
    tail = (1 - level) / 2
    is_defined = np.isfinite(found)
    enough = is_defined.mean(axis=0) >= 1 - MOST_UNDEFINED
    values = np.where(enough & is_defined, found, np.nan)
    ends = np.full((3, found.shape[1]), np.nan)
    if enough.any():
        kept = values[:, enough]
        ends[:2, enough] = np.nanquantile(kept, [tail, 1 - tail], axis=0)
        ends[2, enough] = np.nanstd(kept, axis=0, ddof=1)
    return Spread(ends[0], ends[1], ends[2], f"percentile bootstrap, {resamples} resamples")


def linearised(patterns: Patterns, statistic: Statistic, level: float) -> Spread:
    """Return normal intervals from the influence of each pattern (infinitesimal jackknife), for many patterns.

    Source: Efron 1982, The Jackknife, the Bootstrap and Other Resampling Plans, chapter 6.
    """
    totals, n = patterns.totals, float(patterns.times.sum())
    value = statistic(totals)
    step = STEP * np.maximum(np.abs(totals), 1.0)
    up, down = statistic(totals + np.diag(step)), statistic(totals - np.diag(step))
    influence = patterns.rows @ ((up - down) / (2 * step)[:, None])
    centred = influence - (patterns.times @ influence) / n
    error = np.sqrt(n / (n - 1) * (patterns.times @ centred**2))
    half = normal_quantile(0.5 + level / 2) * error
    return Spread(value - half, value + half, error, "normal, linearised")

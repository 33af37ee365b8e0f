"""Intervals and exact tests for one proportion of independent (or effectively independent) units."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.student import normal_quantile

LEVEL: Final = 0.90
"""Two-sided level of every interval, so that each end is a one-sided 95 % bound."""

Floats = npt.NDArray[np.float64]


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion.

    Args:
        successes: count, or share times the effective n; 0 <= successes <= n.
        n: units, or effective units; above 0.
        level: two-sided.

    Source: Wilson 1927, JASA 22, p. 209; the solutions of |p - theta| = z sqrt(theta (1 - theta) / n).
    """
    z = normal_quantile(0.5 + level / 2)
    share = successes / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return (0.0 if successes <= 0 else max(0.0, low)), (1.0 if successes >= n else min(1.0, high))


def clopper_pearson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval that inverts the exact binomial test; it covers at least at `level`.

    With clusters or weights pass effective numbers (n / design effect), as Korn and Graubard 1998 do for surveys.

    Args:
        successes: count, or share times the effective n; need not be whole.
        n: units, or effective units; above 0.
        level: two-sided.

    Source: Clopper and Pearson 1934, Biometrika 26, in its beta-quantile form.
    """
    tail = (1 - level) / 2
    from scipy.special import betaincinv  # a fifth of a second, so only here

    low = 0.0 if successes <= 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes >= n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return low, high


def even_odds_test(successes: npt.ArrayLike, n: npt.ArrayLike) -> Floats:
    """Return exact two-sided p values that shares are one half (the sign test), elementwise.

    The binomial of even odds is symmetric, so the two-sided p value is twice the smaller tail, at most 1; P(X <= k)
    comes from the incomplete beta function: I_{1/2}(n - k, k + 1).

    Args:
        successes: whole counts, any shape.
        n: whole counts of the same shape; where 0 the p value is 1.

    Source: Dixon and Mood 1946, JASA 41 (the sign test).
    """
    from scipy.special import betainc  # a fifth of a second, so only here

    k, size = np.asarray(successes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    smaller = np.minimum(k, size - k)
    tail = betainc(np.maximum(size - smaller, 1.0), smaller + 1, 0.5)
    return np.asarray(np.where(size > 0, np.minimum(1.0, 2 * tail), 1.0), dtype=np.float64)

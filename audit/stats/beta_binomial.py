"""How much the shares of annotators differ beyond chance: overdispersion and the spread of the true shares.

Annotator j has k_j hits of n_j; N = sum n_j, p = sum k_j / N, S = sum n_j (k_j / n_j - p)^2 over J annotators.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.measure import Interval
from audit.stats.clusters import t_quantile
from audit.stats.proportions import LEVEL

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """Spread of the true shares theta_j of J annotators."""

    sd: float
    """Square root of the moment estimate of Var(theta_j), 0 where that is negative."""
    interval: Interval
    overdispersion: float
    """S / (p (1 - p)) over J - 1 degrees of freedom: about 1 when all annotators are alike."""


def spread(hits: Floats, n: Floats, level: float = LEVEL) -> Spread | None:
    """Return the spread of the annotators' true shares, by moments, with a jackknife interval over annotators.

    Var(theta) = (S - (J - 1) p (1 - p)) / (N - sum n_j^2 / N - (J - 1)), as S has expectation
    p (1 - p) (J - 1) + Var(theta) (N - sum n_j^2 / N - (J - 1)).

    Args:
        hits: shape (J,), each 0 <= k_j <= n_j.
        n: shape (J,), each above 0.
        level: two-sided.

    Returns:
        None where fewer than three annotators, or one judgment each, leave the variance undetermined.

    Source: Kleinman 1973, JASA 68, p. 46-54, moment estimator with weights n_j.
    """
    count = len(n)
    if count < 3:
        return None
    own = _sums(hits, n)
    totals = own.sum(axis=0)
    whole, rest = _variance(totals[None]), _variance(totals - own)
    if not np.isfinite(whole).all() or not np.isfinite(rest).all():
        return None
    variance = float(whole[0])
    error = math.sqrt((count - 1) / count * float(((rest - variance) ** 2).sum()))
    half = error * t_quantile(level, count - 1)
    low, high = math.sqrt(max(0.0, variance - half)), math.sqrt(max(0.0, variance + half))
    interval = Interval(low, high, level, f"square root of t, jackknife over {count} annotators")
    share = totals[2] / totals[1]
    between = totals[3] - totals[2] ** 2 / totals[1]
    odds = share * (1 - share)
    return Spread(math.sqrt(max(0.0, variance)), interval, between / odds / (count - 1) if odds > 0 else 0.0)


def variance(hits: Floats, n: Floats) -> float:
    """Return the moment estimate of Var(theta_j), negative where chance alone spreads more; 0 where undetermined.

    Args:
        hits: shape (J,), each 0 <= k_j <= n_j.
        n: shape (J,), each above 0.
    """
    found = float(_variance(_sums(hits, n).sum(axis=0)[None])[0]) if len(n) > 1 else 0.0
    return found if math.isfinite(found) else 0.0


def _sums(hits: Floats, n: Floats) -> Floats:
    """Return what each annotator adds to the rows of `_variance`, shape (J, 5)."""
    return np.stack([np.ones(len(n)), n, hits, hits * hits / n, n * n], axis=1)


def _variance(totals: Floats) -> Floats:
    """Moment estimates from rows of (J, sum n, sum k, sum k^2 / n, sum n^2); inf where undetermined."""
    count, n, hits, squares, sizes = totals.T
    share = hits / n
    between = squares - hits * hits / n
    room = n - sizes / n - (count - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (between - (count - 1) * share * (1 - share)) / room
    return np.asarray(np.where(room > 1e-9 * n, found, np.inf), dtype=np.float64)

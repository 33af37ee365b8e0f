"""Estimates of many groups drawn towards their common mean by as much as their own noise warrants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.student import normal_quantile

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Shrunken estimates, each array of shape (m,)."""

    value: Floats
    error: Floats
    mean: float
    spread: float
    """Standard deviation of the true values, by moments; 0 where noise explains all."""

    def ends(self, level: float) -> tuple[Floats, Floats]:
        """Return normal intervals."""
        half = normal_quantile(0.5 + level / 2) * self.error
        return self.value - half, self.value + half


def pooled(values: Floats, errors: Floats) -> Pooled:
    """Return the posterior of normal true values with a common normal prior, fitted by moments.

    tau^2 = (Q - (m - 1)) / (sum w - sum w^2 / sum w) with w = 1 / s^2 and Q = sum w (x - mean)^2; then
    x_j' = B_j mean + (1 - B_j) x_j, B_j = s_j^2 / (s_j^2 + tau^2). The error allows for the mean's own.

    Args:
        values: shape (m,), m >= 1.
        errors: shape (m,), standard errors, above 0.

    Sources: DerSimonian and Laird 1986, Controlled Clinical Trials 7; Morris 1983, JASA 78 (empirical Bayes).
    """
    w = 1.0 / errors**2
    rough = float(w @ values / w.sum())
    room = float(w.sum() - (w @ w) / w.sum())
    between = max(0.0, (float(w @ (values - rough) ** 2) - (len(values) - 1)) / room) if room > 0 else 0.0
    precision = 1.0 / (errors**2 + between)
    mean = float(precision @ values / precision.sum())
    pull = errors**2 * precision
    value = pull * mean + (1 - pull) * values
    variance = (1 - pull) * errors**2 + pull**2 / precision.sum()
    return Pooled(value, np.sqrt(variance), mean, float(np.sqrt(between)))

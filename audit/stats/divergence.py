"""How far observed shares are from declared ones: total variation distance, and what chance alone makes of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def total_variation(observed: Floats, target: Floats) -> float:
    """Return half the sum of absolute differences of two distributions, each shape (K,): 0 same, 1 disjoint."""
    return float(np.abs(observed - target).sum() / 2)


def null_distance(target: Floats, n: float) -> float:
    """Return the expected total variation distance of n independent draws from the target to the target itself.

    The expectation of the sum is the sum of the binomial mean deviations, which de Moivre found in closed form:
    E|X - n q| = 2 v (1 - q) P(X = v) with v = floor(n q) + 1 (Diaconis and Zabell 1991, Statistical Science 6,
    p. 284-302, identity for the binomial). No simulation is needed.

    Args:
        target: shape (K,), sums to one.
        n: draws, or effective draws rounded to a whole number, at least 1.
    """
    from scipy.special import gammaln, xlog1py, xlogy  # a fifth of a second, so only here

    size = max(1.0, float(round(n)))
    q = target[(target > 0) & (target < 1)]
    v = np.floor(size * q) + 1
    log_choose = gammaln(size + 1) - gammaln(v + 1) - gammaln(size - v + 1)
    mass = np.exp(log_choose + xlogy(v, q) + xlog1py(size - v, -q))
    return float((2 * v * (1 - q) * mass).sum() / size / 2)

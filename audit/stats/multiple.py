"""Many tests at once: Holm's family-wise adjustment and the Benjamini-Hochberg false discovery rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def holm(p: Floats) -> Floats:
    """Return p values adjusted so that the chance of any false rejection is held, whatever their dependence.

    The i-th smallest of m becomes max over j <= i of (m - j + 1) p_(j), at most 1.

    Args:
        p: shape (m,).

    Source: Holm 1979, Scandinavian Journal of Statistics 6, p. 65-70.
    """
    order = np.argsort(p, kind="stable")
    steps = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps * p[order]))
    return adjusted


def benjamini_hochberg(p: Floats, rate: float) -> Bools:
    """Return which tests are rejected with an expected share of false ones of at most `rate`.

    The k smallest are rejected, k the largest i with p_(i) <= i rate / m; valid for independent or positively
    dependent tests.

    Args:
        p: shape (m,).
        rate: the false discovery rate, above 0.

    Source: Benjamini and Hochberg 1995, JRSS B 57, p. 289-300, procedure (1).
    """
    if not len(p):
        return np.zeros(0, dtype=np.bool_)
    ranked = np.sort(p)
    passing = np.flatnonzero(ranked <= rate * np.arange(1, len(p) + 1) / len(p))
    return np.asarray(p <= ranked[passing[-1]]) if len(passing) else np.zeros(len(p), dtype=np.bool_)

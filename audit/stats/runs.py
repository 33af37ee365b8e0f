"""Runs test: is a two-valued sequence, within each of many groups, free of blocks and of alternation?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.student import normal_cdf

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs over all groups that hold both values."""

    observed: int
    expected: float
    n: int
    """Values in those groups."""
    p_value: float
    """Two-sided, normal approximation to the sum over groups."""


def runs_test(values: Bools, groups: Ints) -> Runs | None:
    """Compare the number of runs with its expectation given each group's counts, summed over groups.

    With n1 and n2 of either value, n = n1 + n2: mean 1 + 2 n1 n2 / n, variance 2 n1 n2 (2 n1 n2 - n) / (n^2 (n - 1)).

    Args:
        values: shape (n,), in the order of the sequence within each group.
        groups: shape (n,), never falling.

    Returns:
        None where no group can vary in its number of runs.

    Source: Wald and Wolfowitz 1940, Annals of Mathematical Statistics 11, p. 147-162.
    """
    if not len(values):
        return None
    found, means, variances, sizes = group_runs(values, groups)
    both = means > 1
    variance = float(variances[both].sum())
    if variance <= 0:
        return None
    expected, observed = float(means[both].sum()), float(found[both].sum())
    p = 2 * normal_cdf(-abs(observed - expected) / math.sqrt(variance))
    return Runs(int(observed), expected, int(sizes[both].sum()), p)


def group_runs(values: Bools, groups: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Return runs, their mean and variance by chance, and the size of each group; each shape (groups,).

    A group without values or with one value has mean 1 and variance 0. Arguments and source as for `runs_test`.
    """
    sizes = np.bincount(groups).astype(np.float64)
    ones = np.bincount(groups, weights=values)
    changed = (values[1:] != values[:-1]) & (groups[1:] == groups[:-1])
    found: Floats = np.bincount(groups[1:][changed], minlength=len(sizes)).astype(np.float64) + 1.0
    n, product = np.maximum(sizes, 1.0), 2 * ones * (sizes - ones)
    variance: Floats = np.maximum(product * (product - n), 0.0) / (n * n * np.maximum(n - 1, 1.0))
    return found, np.asarray(1 + product / n), np.asarray(variance), sizes

"""Runs test: is a two-valued sequence, within each of many groups, free of blocks and of alternation?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.student import normal_cdf

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


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
    sizes = np.bincount(groups).astype(np.float64)
    ones = np.bincount(groups, weights=values)
    changed = (values[1:] != values[:-1]) & (groups[1:] == groups[:-1])
    found = np.bincount(groups[1:][changed], minlength=len(sizes)) + 1.0
    both = (ones > 0) & (ones < sizes)
    n, product, found = sizes[both], 2 * ones[both] * (sizes - ones)[both], found[both]
    variance = float((product * (product - n) / (n * n * np.maximum(n - 1, 1.0))).sum())
    if variance <= 0:
        return None
    expected = float((1 + product / n).sum())
    observed = float(found.sum())
    return Runs(int(observed), expected, int(n.sum()), 2 * normal_cdf(-abs(observed - expected) / math.sqrt(variance)))

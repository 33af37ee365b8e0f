"""What an amount of data can certify: two one-sided tests of equivalence, and how many units a margin takes."""

from __future__ import annotations

import math
from typing import Final

from audit.student import normal_quantile

ALPHA: Final = 0.05
"""Level of each of the two one-sided tests."""
POWER: Final = 0.90
"""Chance of passing that the margin is computed for, when the truth is the middle."""


def margin_in_errors(alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the smallest certifiable margin in standard errors: z(1 - alpha) + z((1 + power) / 2), 3.29 by default.

    Source: Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15, for the two one-sided tests; the power is
    that at the centre of the interval, where both tests fail equally often.
    """
    return normal_quantile(1 - alpha) + normal_quantile((1 + power) / 2)


def smallest_margin(standard_error: float) -> float:
    """Return the smallest margin that an estimate of this standard error would certify with the default power."""
    return margin_in_errors() * standard_error


def units_for_margin(margin: float, share: float = 0.5) -> int:
    """Return how many independent units certify that a share lies within `margin` of `share`."""
    return math.ceil(share * (1 - share) * (margin_in_errors() / margin) ** 2)

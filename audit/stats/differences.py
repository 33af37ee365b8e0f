"""The difference, or the ratio, of two independent estimates that each come with an interval.

MOVER (method of variance estimates recovery) takes the distance from an estimate to the end of its interval as what it
says of the spread on that side, so that a skewed interval stays skewed: with d = b - a and intervals (la, ua), (lb, ub)

    low = d - sqrt((b - lb)^2 + (ua - a)^2),    high = d + sqrt((ub - b)^2 + (a - la)^2).

With Wilson intervals of two shares that is Newcombe's method 10; ratios of positive numbers go by their logarithms.
Where both come with a standard error and a t interval, Welch's test gives the p value of no difference.

Sources: Newcombe 1998, Statistics in Medicine 17, p. 873-890; Zou and Donner 2008, Statistics in Medicine 27,
p. 1693-1702; Welch 1947, Biometrika 34, p. 28-35.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

MANY: Final = 1e9
"""Degrees of freedom from which a t distribution is the normal one."""


class Ends(NamedTuple):
    """An estimate between the ends of its two-sided interval."""

    value: float
    low: float
    high: float


def difference(a: Ends, b: Ends) -> Ends:
    """Return b - a with the interval at the level of the two given.

    The estimates have to be independent. Where they are positively correlated, as those of two files with rows in
    common mostly are, the interval is too wide; where negatively, too narrow.
    """
    value = b.value - a.value
    low = value - math.hypot(b.value - b.low, a.high - a.value)
    high = value + math.hypot(b.high - b.value, a.value - a.low)
    return Ends(value, low, high)


def ratio(a: Ends, b: Ends) -> Ends | None:
    """Return b / a with the interval at the level of the two given; None unless every number is above 0."""
    if min(*a, *b) <= 0:
        return None
    logs = difference(Ends(*map(math.log, a)), Ends(*map(math.log, b)))
    return Ends(*map(math.exp, logs))


def moved_probability(found: Ends, level: float, still: float = 0.0) -> float:
    """Return the two-sided p value of "nothing moved" that an interval stands for.

    The side of the interval towards `still` gives the spread, on the normal scale: p equals 1 - level just where the
    interval's end touches `still`. For a t interval, whose quantile is larger than the normal one, p is a little small
    far beyond that end and a little large within it.

    Args:
        found: a difference, or the logarithm of a ratio.
        level: two-sided, of its interval.
        still: the value that means no movement.
    """
    distance = abs(found.value - still)
    if distance == 0:
        return 1.0
    reach = found.value - found.low if found.value > still else found.high - found.value
    if reach <= 0:
        return 0.0
    from scipy.special import ndtr, ndtri  # a fifth of a second, so only here

    return float(2 * ndtr(-distance / reach * ndtri(0.5 + level / 2)))


def degrees(ends: Ends, error: float, level: float) -> float | None:
    """Return the degrees of freedom of the t quantile that an interval was made with, MANY for the normal one.

    None where the interval is not symmetric about its value, so that it is none of value -+ quantile x error.

    Args:
        ends: the value and its interval.
        error: standard error; above 0.
        level: two-sided.
    """
    from scipy.special import ndtri, stdtridf  # a fifth of a second, so only here

    half = (ends.high - ends.low) / 2
    if error <= 0 or half <= 0 or abs((ends.high + ends.low) / 2 - ends.value) > 1e-6 * half:
        return None
    quantile = half / error
    if quantile <= float(ndtri(0.5 + level / 2)) * (1 + 1e-9):
        return MANY
    found = float(stdtridf(0.5 + level / 2, quantile))
    return found if 0 < found < MANY else MANY


def welch_probability(value: float, errors: tuple[float, float], df: tuple[float, float]) -> float:
    """Return the two-sided p value of "no difference" for two independent t estimates.

    Degrees of freedom by Welch and Satterthwaite: (a + b)^2 / (a^2 / df_a + b^2 / df_b), a and b the squared errors.

    Args:
        value: the difference.
        errors: standard errors of the two, not both 0.
        df: degrees of freedom of each.
    """
    from scipy.special import stdtr  # a fifth of a second, so only here

    a, b = errors[0] ** 2, errors[1] ** 2
    together = (a + b) ** 2 / (a * a / df[0] + b * b / df[1])
    return float(min(1.0, 2 * stdtr(together, -abs(value) / math.sqrt(a + b))))

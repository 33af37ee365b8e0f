"""Quantiles and tails of the normal and of Student's t distribution, for single numbers.

Every interval and every decision needs these few, and nothing else of scipy, whose import takes a fifth of a second.
They agree with scipy.special to 1e-12 or better; the tests hold them together.

Sources: Wichura, Applied Statistics 37 (1988) 477 (AS 241, in Python's `statistics`), for the normal quantile;
Abramowitz & Stegun 26.7.5 (Cornish and Fisher) for the t quantile where df are many; Loader, "Fast and accurate
computation of binomial probabilities" (2000), for the factor before the continued fraction of the incomplete beta
function (Abramowitz & Stegun 26.5.8), which the tail of t is.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

_MANY: Final = 1000.0
"""Degrees of freedom from which the expansion of the t quantile is exact to rounding,"""
_NEAR: Final = 30.0
"""as far as they are this many times the squared normal quantile."""
_NORMAL: Final = NormalDist()
_TINY: Final = 1e-300


def normal_quantile(p: float) -> float:
    """Return the value that a standard normal variable does not exceed with chance `p`; infinite at 0 and 1."""
    if 0.0 < p < 1.0:
        return _NORMAL.inv_cdf(p)
    return math.copysign(math.inf, p - 0.5) if p in (0.0, 1.0) else math.nan


def normal_cdf(x: float) -> float:
    """Return the chance that a standard normal variable does not exceed `x`."""
    return math.erfc(-x / math.sqrt(2.0)) / 2.0


def t_cdf(df: float, t: float) -> float:
    """Return the chance that a t variable of `df` > 0 degrees of freedom does not exceed `t`."""
    if math.isinf(df):
        return normal_cdf(t)
    square = t * t
    if math.isinf(square):
        return 0.0 if t < 0 else 1.0
    if df >= max(_MANY, _NEAR * square):
        return normal_cdf(_normal_of(df, t))
    tail = _beta_cdf(df / 2, 0.5, df / (df + square), square / (df + square)) / 2
    return tail if t < 0 else 1.0 - tail


@lru_cache(maxsize=4096)
def t_quantile(df: float, p: float) -> float:
    """Return the value that a t variable of `df` > 0 degrees of freedom does not exceed with chance `p`."""
    z = normal_quantile(p)
    if math.isnan(z) or math.isinf(z) or math.isinf(df):
        return z
    if p > 0.5:
        return -_lower_quantile(df, 1.0 - p, -z)
    return _lower_quantile(df, p, z)


def _lower_quantile(df: float, p: float, z: float) -> float:
    """The quantile of a chance of at most one half, z being the normal one."""
    if df == 1.0:
        return -math.cos(math.pi * p) / math.sin(math.pi * p)
    found = _expansion(df, z)
    if df >= max(_MANY, _NEAR * z * z):
        return found
    low, high = -1.0, 0.0  # the quantile lies in (low, high]
    while t_cdf(df, low) > p:
        low, high = 2.0 * low, low
    for _ in range(200):
        if not low <= found <= high:
            found = (low + high) / 2
        over = t_cdf(df, found) - p
        low, high = (low, found) if over > 0 else (found, high)
        step = over / _density(df, found)
        found -= step
        if abs(step) <= 4e-16 * abs(found) or high - low <= 4e-16 * abs(low):
            break
    return found


def _expansion(df: float, z: float) -> float:
    """Cornish and Fisher's expansion of the t quantile about the normal one, to df^-5."""
    s = z * z
    terms = (
        (s + 1) / 4,
        ((5 * s + 16) * s + 3) / 96,
        (((3 * s + 19) * s + 17) * s - 15) / 384,
        ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) / 92160,
        (((((27 * s + 339) * s + 930) * s - 1782) * s - 765) * s + 17955) / 368640,
    )
    found = 0.0
    for term in reversed(terms):
        found = (found + term) / df
    return z * (1 + found)


def _normal_of(df: float, t: float) -> float:
    """The normal quantile of which `t` is the expansion: each turn of the iteration gains a digit or more."""
    z = t
    for _ in range(20):
        z = t / (_expansion(df, z) / z) if z else 0.0
    return z


def _density(df: float, t: float) -> float:
    log = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    return math.exp(log - (df + 1) / 2 * math.log1p(t * t / df))


def _beta_cdf(a: float, b: float, x: float, y: float) -> float:
    """The regularised incomplete beta function I_x(a, b); y is 1 - x, told apart so that it keeps its digits."""
    if x <= 0.0 or y <= 0.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _beta_cdf(b, a, y, x) if y <= (b + 1) / (a + b + 2) else _fraction(a, b, x, y)
    return _fraction(a, b, x, y)


def _fraction(a: float, b: float, x: float, y: float) -> float:
    """I_x(a, b) by its continued fraction, evaluated as Lentz does."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1.0 / (d or _TINY)
    value = d
    for m in range(1, 100_000):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / ((1.0 + factor * d) or _TINY)
            c = (1.0 + factor / c) or _TINY
            value *= c * d
        if abs(c * d - 1.0) < 1e-16:
            break
    n, above = a + b, a * y - b * x  # a - n * x, without cancellation
    log = _stirling(n) - _stirling(a) - _stirling(b) - _deviance(a, n * x, above) - _deviance(b, n * y, -above)
    return value * math.sqrt(n / (2 * math.pi * a * b)) * math.exp(log) * b / n


def _stirling(z: float) -> float:
    """Log of gamma(z + 1) less Stirling's formula for it."""
    if z < 16:
        return math.lgamma(z + 1) - (z + 0.5) * math.log(z) + z - math.log(2 * math.pi) / 2
    s = 1 / (z * z)
    return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * 691 / 360360))))) / z


def _deviance(x: float, mean: float, above: float) -> float:
    """X log(x / mean) + mean - x, without cancellation where the two are near; `above` is x - mean."""
    if abs(above) >= 0.1 * (x + mean):
        return x * math.log(x / mean) - above
    v = above / (x + mean)
    found, power, j = above * v, 2 * x * v, 1
    while True:
        power *= v * v
        more = found + power / (2 * j + 1)
        if more == found:
            return found
        found, j = more, j + 1

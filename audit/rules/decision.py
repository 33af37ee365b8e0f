"""Decide on bounds, never on the estimate alone.

For a harm theta that is bad when large, with limits L <= U: pass when the upper bound is at most L, fail when the
lower bound exceeds U, otherwise undecided. Every operator is a band, so one rule covers all of them: pass when both
bounds lie in the pass band (for a two-ended band that is TOST, two one-sided tests), fail when the interval lies wholly
outside the fail band. A true value at the edge of the pass band passes with probability at most 1 - confidence, and
one at the edge of the fail band fails with at most that.

Power follows Schuirmann's two one-sided tests (J. Pharmacokinet. Biopharm. 15, 1987), slices Holm's step-down
procedure (Scand. J. Statist. 6, 1979), a fail outside a two-ended band Hodges and Lehmann's test of an interval
hypothesis (J. R. Statist. Soc. B 16, 1954).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from audit.measure import Interval, Measure
from audit.rules.pack import Band, Decision, Rule
from audit.student import normal_quantile, t_cdf, t_quantile

POWER: Final = 0.9
"""Chance of a pass that the certifiable margin and the needed n are computed for."""
_SAME_LEVEL: Final = 1e-9


class Verdict(StrEnum):
    """How one rule, or the whole, came out."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_ASSESSABLE = "not_assessable"
    NOT_APPLICABLE = "not_applicable"
    PASS_WITH_WAIVERS = "pass_with_waivers"  # noqa: S105
    """Of the whole only: it would not have passed without waivers."""


EXACT_METHOD: Final = "Clopper-Pearson"
"""What the method of an exact interval of a share says; any other without a standard error supports no p-value."""


class Bounds(NamedTuple):
    """Two one-sided bounds on a measure, each at the confidence asked for; equal for a census."""

    low: float
    high: float


def bounds(measure: Measure, confidence: float) -> Bounds | None:
    """Return the bounds of a defined measure at a one-sided confidence, or None when it has no such interval.

    A census is its own bounds. A t interval can be restated at any confidence; any other serves only at its own level.
    """
    if measure.interval is None:
        return Bounds(measure.number, measure.number) if measure.kind.value == "census" else None
    interval = measure.interval
    if abs(interval.level - (2 * confidence - 1)) < _SAME_LEVEL:
        return Bounds(interval.low, interval.high)
    if interval.standard_error is None or interval.df is None:
        return None
    half = t_quantile(interval.df, confidence) * interval.standard_error
    return Bounds(measure.number - half, measure.number + half)


def decide(rule: Rule, measure: Measure, ends: Bounds) -> Verdict:
    """Return pass, fail or inconclusive for one measure against one rule, before any correction for slices."""
    if too_few_clusters(rule.decision, measure.interval):
        return Verdict.INCONCLUSIVE
    if outside(ends, rule.fail_band):
        exact = fail_probability(measure, rule.fail_band)
        if exact is None or exact <= alpha(rule.decision) or not _two_ended(rule.fail_band):
            return Verdict.FAIL
        return Verdict.INCONCLUSIVE
    if inside(ends, rule.pass_band) and effective_n(measure) >= rule.decision.pass_n:
        return Verdict.PASS
    return Verdict.INCONCLUSIVE


def alpha(decision: Decision) -> float:
    """Return the chance of a wrong pass, or of a wrong fail, that a rule allows."""
    return 1.0 - decision.confidence


def inside(ends: Bounds, band: Band) -> bool:
    """True when both bounds lie in the closed band."""
    return band.low <= ends.low and ends.high <= band.high


def outside(ends: Bounds, band: Band) -> bool:
    """True when the whole interval lies beyond one end of the band."""
    return ends.low > band.high or ends.high < band.low


def effective_n(measure: Measure) -> float:
    """Return n after clustering and weights, or plain n where no design effect is known."""
    return measure.n if measure.n_effective is None else measure.n_effective


def too_few_clusters(decision: Decision, interval: Interval | None) -> bool:
    """True when a clustered interval rests on fewer degrees of freedom than the rule trusts."""
    return interval is not None and interval.df is not None and interval.df < decision.min_df


def _two_ended(band: Band) -> bool:
    return math.isfinite(band.low) and math.isfinite(band.high)


def fail_probability(measure: Measure, band: Band) -> float | None:
    """Return the p-value of "the true value lies in the band", or None without a t or an exact binomial interval.

    At the worst point of that hypothesis, an edge, an estimate at distance d from the middle of a band of half-width m
    has p = P(T >= (d - m) / SE) + P(T >= (d + m) / SE); a one-ended band has the first term only. A share with an exact
    interval has the binomial tail at the edge that it lies beyond.
    """
    interval = measure.interval
    if interval is None:
        return None
    if interval.standard_error is None or interval.df is None:
        return _binomial_tail(measure, interval, band) if EXACT_METHOD in interval.method else None
    se, df, value = interval.standard_error, interval.df, measure.number
    beyond = max(value - band.high, band.low - value)
    if se == 0.0:
        return 0.0 if beyond > 0 else 1.0
    near = t_cdf(df, -beyond / se)
    if not _two_ended(band):
        return near
    return min(1.0, near + t_cdf(df, -(beyond + (band.high - band.low)) / se))


def _binomial_tail(measure: Measure, interval: Interval, band: Band) -> float | None:
    """Return the exact tail of a share at the edge that it lies beyond; 1 inside the band, None without its units."""
    value = measure.number
    units = _exact_units(value, interval)
    if units is None:
        return None
    from scipy.special import betainc  # a fifth of a second, so only here

    if value > band.high:
        return float(betainc(value * units, units - value * units + 1, band.high))
    if value < band.low:
        return float(betainc(units - value * units, value * units + 1, 1 - band.low))
    return 1.0


def _exact_units(value: float, interval: Interval) -> float | None:
    """Return the effective units behind a Clopper-Pearson interval, found from its end that moves with them."""
    tail = (1 - interval.level) / 2
    is_high = value > 0.5
    target = interval.low if is_high else 1 - interval.high
    share = value if is_high else 1 - value  # by symmetry only the lower end of a large share is needed
    if not 0 < target < share:
        return None
    from scipy.special import betaincinv  # a fifth of a second, so only here

    low, high = 1e-3, 1e12
    for _ in range(200):  # the lower end rises with the units
        middle = math.sqrt(low * high)
        if float(betaincinv(share * middle, middle - share * middle + 1, tail)) < target:
            low = middle
        else:
            high = middle
    return high


def holm(probabilities: Sequence[float]) -> list[float]:
    """Return Holm-adjusted p-values in the order given: the k-th smallest of m times (m - k + 1), made monotone."""
    order = sorted(range(len(probabilities)), key=lambda i: (probabilities[i], i))
    adjusted, running = [0.0] * len(probabilities), 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, probabilities[i] * (len(probabilities) - rank)))
        adjusted[i] = running
    return adjusted


def certifiable_margin(rule: Rule, measure: Measure) -> float | None:
    """Return the smallest limit that data like these could certify with power 0.9, or None without a standard error.

    It is the distance between a good true value and the limit: at 95 % bounds 3.29 standard errors for a two-ended band
    (the true value in its middle), 2.93 for a one-ended one.
    """
    interval = measure.interval
    if interval is None or interval.standard_error is None:
        return None
    return _reach(rule) * interval.standard_error


def _reach(rule: Rule) -> float:
    miss = (1.0 - POWER) / 2 if _two_ended(rule.pass_band) else 1.0 - POWER
    return normal_quantile(rule.decision.confidence) + normal_quantile(1.0 - miss)


def needed_n(rule: Rule, measure: Measure) -> int | None:
    """Return the n at which such data would pass with power 0.9 if the truth were good; None where n is no cure.

    Good means the middle of a two-ended band, and the estimate itself for a one-ended one. More data are no cure when
    the estimate is on the wrong side of the pass limit, or when that many are there already. The standard error is
    taken to fall as 1 / sqrt(n), the clustering to stay as it is.
    """
    margin, band = certifiable_margin(rule, measure), rule.pass_band
    if margin is None or not band.low <= measure.number <= band.high:
        return None
    if _two_ended(band):
        room = (band.high - band.low) / 2
    else:
        room = band.high - measure.number if math.isfinite(band.high) else measure.number - band.low
    if room <= 0:
        return None
    needed = math.ceil(measure.n * (margin / room) ** 2)
    return needed if needed > measure.n else None

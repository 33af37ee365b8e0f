"""Means and odds ratios of chosen against rejected as measures: the one way in which auditors report them."""

from __future__ import annotations

import math
from typing import Final

from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.signals import Floats, Ints
from audit.stats.clusters import cluster_mean, t_quantile
from audit.stats.logit import Fit
from audit.stats.proportions import LEVEL

MOST_LOG_ODDS: Final = 100.0
"""Bounds of log odds beyond this say nothing (and their exponential may not be finite)."""


def mean_difference(
    name: str,
    values: Floats,
    clusters: Ints,
    by: str,
    *,
    unit: str,
    what: str,
    part: Slice = ALL,
    level: float = LEVEL,
) -> Measure:
    """Return the mean of one value a comparison as a measure of the process, with its clustered t interval.

    Args:
        name: of the measure.
        values: shape (n,), n > 0.
        clusters: shape (n,), numbered densely.
        by: what the clusters are, for the method.
        unit: of the values.
        what: what the values are, for the method.
        part: the slice that these comparisons are of.
        level: two-sided.
    """
    found = cluster_mean(values, clusters)
    interval: Interval | None = None
    effective: float | None = None
    if found.cv3l is not None:
        half = t_quantile(level, found.clusters - 1) * found.cv3l
        method = f"t, CV3L clustered by {by}, {found.clusters} clusters"
        interval = Interval(found.mean - half, found.mean + half, level, method, found.cv3l, found.clusters - 1.0)
        if found.cv3l > 0:
            effective = min(float(found.n), float(values.var()) / found.cv3l**2)
    return Measure(name, found.mean, unit, Kind.PROCESS, found.n, interval, effective, part, None, f"mean {what}")


def odds_ratio(
    name: str,
    fit: Fit,
    *,
    unit: str,
    what: str,
    part: Slice = ALL,
    level: float = LEVEL,
    at_value: float = 1.0,
) -> Measure:
    """Return exp(first coefficient * at_value) of an estimated fit as a measure of the process.

    Its interval is that of the coefficient, transformed; there is none where one cluster holds all the information.
    Where a bound of the log odds is beyond `MOST_LOG_ODDS`, the odds ratio is undefined.

    Args:
        name: of the measure.
        fit: with `is_estimated`.
        unit: of the odds ratio.
        what: the model, for the method.
        part: the slice that the fit is of.
        level: two-sided.
        at_value: the column's value at which the odds are told.
    """
    line = None if fit.problem else fit.interval(level)
    log_odds = float(fit.coefficients[0]) * at_value
    reach = abs(log_odds) if line is None else max(abs(line.low), abs(line.high)) * abs(at_value)
    if reach > MOST_LOG_ODDS:
        none = Undefined("the data hardly bound it: too few prompts differ in it", "more pairs that differ in it")
        return Measure(name, none, unit, Kind.PROCESS, fit.n, slice=part, method=what)
    value = math.exp(log_odds)
    if line is None:
        return Measure(name, value, unit, Kind.PROCESS, fit.n, slice=part, method=what)
    low, high = math.exp(line.low * at_value), math.exp(line.high * at_value)
    interval = Interval(low, high, level, f"exp of {line.method}", df=line.df)
    return Measure(name, value, unit, Kind.PROCESS, fit.n, interval, fit.n_effective(), part, None, what)

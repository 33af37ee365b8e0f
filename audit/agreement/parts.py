"""Agreement of slices: each by itself, drawn towards their mean, and the worst against the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audit.agreement.overlap import Agreement
from audit.agreement.panel import Panel, share_of
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.stats.clusters import t_quantile
from audit.stats.partial_pooling import pooled

NO_SLICES = Undefined("no column that makes slices is recorded, or none has two slices that are large enough", "locale")


@dataclass(frozen=True, slots=True)
class _Drop:
    """How much less annotators agree in one slice than on the whole."""

    part: Slice
    value: float
    error: float
    df: float
    n: int


def slice_measures(panel: Panel, least: int) -> Iterator[Measure]:
    """Yield agreement, of all votes and of decisive ones, whole and per slice, pooled, and the worst drop.

    Args:
        panel: the votes.
        least: items with two decisive votes that a slice and its rest need to be compared.
    """
    level = panel.level
    yield share_of("agreement.percent", panel.overlap.mean(level), "votes")
    yield share_of("agreement.percent_decisive", panel.decisive.mean(level), "decisive votes")
    found: list[tuple[Slice, Agreement]] = []
    for part, (of_all, decisive) in panel.by_slice.items():
        yield share_of("agreement.percent", of_all, "votes", part)
        yield share_of("agreement.percent_decisive", decisive, "decisive votes", part)
        if decisive is not None:
            found.append((part, decisive))
    yield from _pooled(found, level)
    whole = panel.decisive.mean(level)
    drops = [] if whole is None else [_drop(part, own, whole) for part, own in found]
    yield _worst([drop for drop in drops if drop is not None and drop.n >= least], level)


def _drop(part: Slice, own: Agreement, whole: Agreement) -> _Drop | None:
    """Return how far a slice is below the whole; the rest's error is the whole's at the size of the rest."""
    n = whole.n - own.n
    if not n or own.interval.standard_error is None or whole.interval.standard_error is None:
        return None
    of_rest = n / whole.n  # whole - slice = of_rest * (rest - slice), and the two are of different items
    error = of_rest * math.hypot(own.interval.standard_error, whole.interval.standard_error / math.sqrt(of_rest))
    df = min(own.interval.df or 1.0, whole.interval.df or 1.0)
    return _Drop(part, whole.value - own.value, error, df, min(own.n, n))


def _worst(drops: list[_Drop], level: float) -> Measure:
    """Return the largest drop: its upper end is the largest upper end, its lower end a Bonferroni bound."""
    name = "agreement.worst_slice_drop"
    if not drops:
        return Measure(name, NO_SLICES, "share", Kind.PROCESS, 0)
    worst = max(drops, key=lambda drop: (drop.value, drop.part))
    stricter = 1 - (1 - level) / len(drops)
    low = max(drop.value - t_quantile(stricter, drop.df) * drop.error for drop in drops)
    high = max(drop.value + t_quantile(level, drop.df) * drop.error for drop in drops)
    method = f"whole minus slice in decisive agreement, largest of {len(drops)} slices: {worst.part}; n: its items"
    interval = Interval(max(-1.0, low), min(1.0, high), level, "t, jackknife; lower end by Bonferroni")
    return Measure(name, worst.value, "share", Kind.PROCESS, worst.n, interval, method=method)


def _pooled(found: list[tuple[Slice, Agreement]], level: float) -> Iterator[Measure]:
    """Yield the decisive agreement of slices, those of one column drawn towards their mean."""
    name, columns = "agreement.pooled_percent", dict.fromkeys(part.by for part, _ in found)
    is_told = False
    for column in columns:
        mine = [(p, a, a.interval.standard_error) for p, a in found if p.by == column and a.interval.standard_error]
        if len(mine) < 2:
            continue
        is_told = True
        values, errors = np.array([a.value for _, a, _ in mine]), np.array([e for _, _, e in mine], dtype=np.float64)
        drawn = pooled(values, errors)
        low, high = drawn.ends(level)
        for i, (part, own, _) in enumerate(mine):
            method = f"decisive agreement, empirical Bayes; true slices spread by {drawn.spread:.3g}; n: items"
            ends = Interval(max(0.0, float(low[i])), min(1.0, float(high[i])), level, "normal, empirical Bayes")
            value = min(1.0, max(0.0, float(drawn.value[i])))
            yield Measure(name, value, "share", Kind.PROCESS, own.n, ends, slice=part, method=method)
    if not is_told:
        yield Measure(name, NO_SLICES, "share", Kind.PROCESS, 0, slice=ALL)

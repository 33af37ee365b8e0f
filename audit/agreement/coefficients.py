"""Agreement beyond chance, with intervals from resampled items and from resampled prompts, whichever is wider."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.agreement.overlap import annotator_tables
from audit.agreement.panel import NO_OVERLAP, Panel
from audit.agreement.votes import Votes
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.shares import share_measure
from audit.signals import Floats, Ints, Signals
from audit.stats import bootstrap
from audit.stats.agreement import (
    alpha_of_moments,
    coefficients,
    cohen,
    conger,
    midranks,
    moments,
    quadratic_weights,
    sums,
)
from audit.stats.bootstrap import Patterns, Spread, Statistic

UNIT = "coefficient"
ONE_CATEGORY = Undefined("every vote is in one category, so chance agreement is one", "votes for another answer")
NO_STRENGTH = Undefined("no item has two votes with a declared strength", "judgment.strength")
MOST_VALUES = 25
"""Distinct strengths up to which AC2 is told."""
MOST_ANNOTATORS = 20
"""Annotators whose pairs are compared by Cohen's kappa: those with most votes."""


def coefficient_measures(panel: Panel, least_pair: int, resamples: int) -> Iterator[Measure]:
    """Yield the coefficients of the answers and of the declared strengths.

    Args:
        panel: the votes.
        least_pair: items in common for two annotators to be compared.
        resamples: of each bootstrap.
    """
    overlap, used = panel.overlap, panel.categories
    k = len(used)
    first, number = bootstrap.distinct(overlap.counts[:, used])
    paired = int((overlap.size >= 2).sum())
    own = sums(overlap.counts[first][:, used])
    value, ends = _resampled(own, number, panel.every.prompt, lambda t: coefficients(t, k), panel.level, resamples)
    names = ("fleiss_kappa", "brennan_prediger", "ac1", "alpha")
    what = f"{k} categories in canonical order; n: items with two votes"
    for i, name in enumerate(names, start=1):
        yield _measure(name, float(value[i]), ends, i, paired, what, panel.level)
    alpha, ac1 = float(value[4]), float(value[3])
    kappa = conger(overlap.votes.item, overlap.votes.annotator, overlap.votes.category, 4) if paired else np.nan
    is_named = bool(overlap.votes.is_named.any())
    yield _plain("conger_kappa", kappa if is_named else np.nan, paired, "marginals of each annotator; n: items")
    yield from _paradox(panel, own, number, alpha, ac1, paired)
    yield from _annotator_pairs(panel, least_pair)
    yield from _strengths(panel, resamples)


def _resampled(
    rows: Floats, number: Ints, prompt: Ints, statistic: Statistic, level: float, resamples: int
) -> tuple[Floats, Spread]:
    """Return the statistics of all items and, one by one, the wider of two intervals."""
    items = Patterns(rows, np.bincount(number, minlength=len(rows)))
    prompts = bootstrap.cluster_patterns(number, prompt, rows)
    value = statistic(items.totals)
    by_item = bootstrap.spread(items, statistic, level, bootstrap.seed_of("agreement", "items"), resamples)
    by_prompt = bootstrap.spread(prompts, statistic, level, bootstrap.seed_of("agreement", "prompts"), resamples)
    wider = np.nan_to_num(by_prompt.high - by_prompt.low, nan=np.inf) >= by_item.high - by_item.low
    method = f"wider of: items, {by_item.method}; prompts, {by_prompt.method}"
    return value, Spread(
        np.where(wider, by_prompt.low, by_item.low),
        np.where(wider, by_prompt.high, by_item.high),
        np.where(wider, by_prompt.error, by_item.error),
        method,
    )


def _measure(name: str, value: float, ends: Spread, i: int, n: int, what: str, level: float) -> Measure:
    full = f"agreement.{name}"
    if not n or not np.isfinite(value):
        return Measure(full, ONE_CATEGORY if n else NO_OVERLAP, UNIT, Kind.PROCESS, n)
    interval = None
    if np.isfinite([ends.low[i], ends.high[i]]).all():
        interval = Interval(float(ends.low[i]), float(ends.high[i]), level, ends.method, float(ends.error[i]))
    return Measure(full, value, UNIT, Kind.PROCESS, n, interval, method=what)


def _plain(name: str, value: float, n: int, method: str, unit: str = UNIT, part: Slice = ALL) -> Measure:
    none = ONE_CATEGORY if n else NO_OVERLAP
    told = float(value) if n and np.isfinite(value) else none
    return Measure(f"agreement.{name}", told, unit, Kind.PROCESS, n, slice=part, method=method)


def _paradox(panel: Panel, rows: Floats, number: Ints, alpha: float, ac1: float, paired: int) -> Iterator[Measure]:
    """How uneven the categories are and what that does to the coefficients; PABAK of the decisive votes."""
    totals = np.bincount(number, minlength=len(rows)) @ rows
    shares = totals[3 : 3 + len(panel.categories)] / totals[0]
    yield _plain("prevalence", float(shares.max()), paired, "largest category's mean share; n: items", "share")
    yield _plain("paradox_gap", abs(ac1 - alpha), paired, "|AC1 - alpha|; n: items with two votes")
    decisive = panel.decisive.mean(panel.level)
    unanimous = panel.overlap.agreement == 1.0
    several = panel.overlap.size >= 2
    prompts = {"prompt": panel.every.prompt[several]}
    yield share_measure(
        "agreement.unanimous_share", unanimous[several], prompts, "items with two votes", level=panel.level
    )
    if decisive is None:
        yield Measure("agreement.pabak", NO_OVERLAP, UNIT, Kind.PROCESS, 0)
        return
    ends = decisive.interval
    double = None if ends.standard_error is None else 2 * ends.standard_error
    interval = Interval(2 * ends.low - 1, 2 * ends.high - 1, ends.level, ends.method, double, ends.df)
    method = "2 pa - 1 of decisive votes; n: items with two of them"
    yield Measure("agreement.pabak", 2 * decisive.value - 1, UNIT, Kind.PROCESS, decisive.n, interval, method=method)


def _annotator_pairs(panel: Panel, least: int) -> Iterator[Measure]:
    """Cohen's kappa of every two busy annotators."""
    name, tables = "cohen_kappa", annotator_tables(panel.overlap.votes, MOST_ANNOTATORS, least)
    told = [(i, j, table, cohen(table)) for i, j, table in tables]
    told = [one for one in told if np.isfinite(one[3])]
    if not told:
        none = Undefined(f"no two annotators have {least} items in common", f"{least} items of two annotators")
        yield Measure(f"agreement.{name}", none, UNIT, Kind.PROCESS, 0)
        return
    names = _names(panel.signals, panel.overlap.votes)
    for i, j, table, kappa in told:
        first, second = sorted((names[i], names[j]))
        part = Slice("annotator pair", f"{first} with {second}")
        yield _plain(name, kappa, int(table.sum()), "two annotators; n: items in common", part=part)


def _names(signals: Signals, votes: Votes) -> list[str]:
    return signals.codes("judgment.annotator")[1] if votes.is_named.any() else []


def _strengths(panel: Panel, resamples: int) -> Iterator[Measure]:
    """Alpha with ordered and with squared differences, and AC2, of strengths signed by side."""
    votes = panel.overlap.votes
    votes = votes.take(np.isfinite(votes.strength))
    size = np.bincount(votes.item, minlength=votes.items)
    n = int((size >= 2).sum())
    is_declared = bool((votes.strength != 0).any())  # ties alone are no strengths
    if not n or not is_declared:
        for name in ("alpha_ordinal", "alpha_interval", "ac2"):
            yield Measure(f"agreement.{name}", NO_STRENGTH, UNIT, Kind.PROCESS, 0)
        return
    kept = size[votes.item] >= 2
    values, code = np.unique(votes.strength[kept], return_inverse=True)
    code, item = code.reshape(-1), votes.item[kept]
    k, items = len(values), votes.items
    first, number, counts = np.arange(items), np.arange(items), np.zeros((0, k), dtype=np.int64)
    if k <= MOST_VALUES:
        counts = np.bincount(item * k + code, minlength=items * k).reshape(-1, k).astype(np.int64)
        first, number = bootstrap.distinct(counts)
    ranks = midranks(np.bincount(code).astype(np.float64))
    what = f"strength signed by side, {k} values; n: items with two"
    for name, x in (("alpha_ordinal", ranks[code]), ("alpha_interval", values[code])):
        rows = moments(item, x, items)[first]
        value, ends = _resampled(rows, number, panel.every.prompt, _alpha, panel.level, resamples)
        yield _measure(name, float(value[0]), ends, 0, n, what, panel.level)
    if not 2 <= k <= MOST_VALUES:
        reason = f"{k} distinct strengths; AC2 is told for 2 to {MOST_VALUES}"
        yield Measure("agreement.ac2", Undefined(reason, "strengths on a scale"), UNIT, Kind.PROCESS, n)
        return
    weights = quadratic_weights(values)
    value, ends = _resampled(
        sums(counts[first], weights),
        number,
        panel.every.prompt,
        lambda t: coefficients(t, k, weights),
        panel.level,
        resamples,
    )
    yield _measure("ac2", float(value[3]), ends, 3, n, f"quadratic weights, {k} strengths; n: items", panel.level)


def _alpha(totals: Floats) -> Floats:
    return alpha_of_moments(totals)[..., None]

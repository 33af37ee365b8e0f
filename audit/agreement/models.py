"""Judges that are models beside human annotators: may one stand in, and how often is its label wrong?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.agreement.panel import Panel
from audit.agreement.votes import FIRST, SECOND, TIE, Votes
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Floats, Ints
from audit.stats import bootstrap
from audit.stats.clusters import share, t_quantile
from audit.stats.stand_in import Corrected, benjamini_yekutieli, prediction_powered_mean, stand_in_tests

MODEL = "model"
RATE = 0.05
"""False discovery rate of the alternative annotator test."""
FEWEST_HUMANS = 3
MOST_MODELS = 20
"""Models that are tested: those with most votes."""
UNITS = {"stand_in_rate": "share", "model_human_ratio": "ratio", "model_label_error": "share"}


def model_measures(panel: Panel, cost: float, least: int, resamples: int) -> Iterator[Measure]:
    """Yield what model judges are worth beside humans.

    Args:
        panel: the votes.
        cost: of the alternative annotator test: by how much a human may be better.
        least: items that a human needs beside the model.
        resamples: of the bootstrap.
    """
    votes = panel.overlap.votes
    is_model = votes.of_class(MODEL)
    is_human = (votes.reviewer_class >= 0) & ~is_model
    missing = None
    if not votes.classes:
        missing = Undefined("no reviewer class is recorded", "judgment.reviewer_class")
    elif not is_model.any():
        missing = Undefined("no judgment is a model's", "judgments by a model, marked as such")
    elif not is_human.any():
        missing = Undefined("no judgment is marked as a human's", "judgments by humans of the same items")
    if missing is not None:
        for name, unit in UNITS.items():
            yield Measure(f"agreement.{name}", missing, unit, Kind.PROCESS, 0)
        return
    models, humans = votes.take(is_model), votes.take(is_human)
    yield from _stand_in(panel, models, humans, cost, least)
    yield _ratio(panel, models, humans, resamples)
    yield _label_error(panel, models, humans)


def _stand_in(panel: Panel, models: Votes, humans: Votes, cost: float, least: int) -> Iterator[Measure]:
    """The share of humans whom a model may replace, per model, and the worst model's for all."""
    name = "agreement.stand_in_rate"
    told: list[tuple[float, int, str]] = []
    counts = humans.counts()
    labels = panel.signals.codes("judgment.annotator")[1] if models.is_named.any() else []
    size = counts.sum(axis=1)
    busy = np.bincount(models.annotator[models.is_named])
    for number in np.sort(np.argsort(-busy, kind="stable")[:MOST_MODELS]):
        own = models.take(models.annotator == number)
        p = _tests(own, humans, counts, size, cost, least)
        if len(p) >= FEWEST_HUMANS:
            told.append((float(benjamini_yekutieli(p, RATE).mean()), len(p), labels[int(number)]))
    if not told:
        need = f"{least} items with a model's and two humans' votes, of {FEWEST_HUMANS} humans"
        none = Undefined("too few items were judged by a model and two humans", need)
        yield Measure(name, none, "share", Kind.PROCESS, 0)
        return
    method = f"share of humans with {least} items whom the model may replace at a cost of {cost:g}; n: humans"
    worst = min(told)
    yield Measure(name, worst[0], "share", Kind.PROCESS, worst[1], method=f"{method}; worst model: {worst[2]}")
    for rate, n, label in told:
        yield Measure(name, rate, "share", Kind.PROCESS, n, slice=Slice("model judge", label), method=method)


def _tests(model: Votes, humans: Votes, counts: Ints, size: Ints, cost: float, least: int) -> Floats:
    answer = np.full(model.items, -1, dtype=np.int64)
    answer[model.item] = model.category
    rows = np.flatnonzero((answer[humans.item] >= 0) & (size[humans.item] >= 2))
    if not len(rows):
        return np.zeros(0)
    item, own = humans.item[rows], humans.category[rows]
    as_human = counts[item, own] - 1
    as_model = counts[item, answer[item]] - (answer[item] == own)
    return stand_in_tests(humans.annotator[rows], np.sign(as_human - as_model).astype(np.float64), cost, least)


def _ratio(panel: Panel, models: Votes, humans: Votes, resamples: int) -> Measure:
    """Agreement of models with humans over agreement of humans with each other, on the same items."""
    name = "agreement.model_human_ratio"
    model, human = models.counts(), humans.counts()
    both = np.flatnonzero((model.sum(axis=1) >= 1) & (human.sum(axis=1) >= 2))
    if not len(both):
        need = "a model's and two humans' votes"
        return Measure(name, Undefined(f"no item has {need}", need), "ratio", Kind.PROCESS, 0)
    first, number = bootstrap.distinct(np.hstack([model, human])[both])
    m, h = model[both][first].astype(np.float64), human[both][first].astype(np.float64)
    ms, hs = m.sum(axis=1), h.sum(axis=1)
    rows = np.column_stack([(m * h).sum(axis=1) / (ms * hs), (h * (h - 1)).sum(axis=1) / (hs * (hs - 1))])
    clusters = bootstrap.cluster_patterns(number, panel.every.prompt[both], rows)
    value = _quotient(clusters.totals)
    n = len(both)
    if not np.isfinite(value).all():
        return Measure(name, Undefined("humans never agree on these items", None), "ratio", Kind.PROCESS, n)
    seed = bootstrap.seed_of("agreement", "model human ratio")
    ends = bootstrap.spread(clusters, _quotient, panel.level, seed, resamples)
    interval = None
    if np.isfinite([ends.low[0], ends.high[0]]).all():
        method = f"prompts, {ends.method}"
        interval = Interval(float(ends.low[0]), float(ends.high[0]), panel.level, method, float(ends.error[0]))
    what = "agreement of models with humans over that among humans; n: items judged by a model and two humans"
    return Measure(name, float(value[0]), "ratio", Kind.PROCESS, n, interval, method=what)


def _quotient(totals: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = totals[..., :1] / totals[..., 1:]
    return np.asarray(np.where(np.isfinite(found), found, np.nan))


def _label_error(panel: Panel, models: Votes, humans: Votes) -> Measure:
    """How often the models' side is not the humans', on all items that models labelled."""
    name = "agreement.model_label_error"
    model, human = models.counts(), humans.counts()
    chosen, wanted = _majority(model), _majority(human)
    labelled = np.flatnonzero((chosen != 0) & (wanted != 0))
    rest = np.flatnonzero((chosen != 0) & (human.sum(axis=1) == 0))
    if len(labelled) < 2:
        need = "items whose models and humans chose a side"
        return Measure(name, Undefined(f"there are not two {need}", need), "share", Kind.PROCESS, len(labelled))
    wrong = (chosen != wanted)[labelled].astype(np.float64)
    doubt = _doubt(models, chosen)
    if not np.isfinite(doubt[labelled]).all() or not np.isfinite(doubt[rest]).all():
        rest, doubt = rest[:0], np.zeros(len(doubt))
    prompt = panel.every.prompt
    found = prediction_powered_mean(wrong, doubt[labelled], prompt[labelled], doubt[rest], prompt[rest])
    if found is None:
        one = Undefined("all items with human votes are of one prompt", "more prompts")
        return Measure(name, one, "share", Kind.PROCESS, len(labelled))
    value, interval = _ends(found, wrong, prompt[labelled], panel.level)
    how = f"confidence on {len(rest)} more items counts {found.weight:.2g}"
    what = f"models' side is not the humans'; {how}; n: items judged by both; {interval.method}"
    evidence = panel.signals.evidence(_rows(panel, labelled[wrong > 0]))
    return Measure(
        name, value, "share", Kind.PROCESS, len(labelled), interval, slice=ALL, evidence=evidence, method=what
    )


def _ends(found: Corrected, wrong: Floats, prompt: Ints, level: float) -> tuple[float, Interval]:
    """Return value and interval; those of a plain share where predictions count for nothing."""
    if found.weight == 0.0:
        plain = share(wrong > 0, {"prompt": prompt}, level)
        return plain.value, plain.interval
    half = found.error * t_quantile(level, found.df)
    low, high = max(0.0, found.value - half), min(1.0, found.value + half)
    method = f"t, CV3L clustered by prompt, {int(found.df) + 1} clusters"
    return min(1.0, max(0.0, found.value)), Interval(low, high, level, method, found.error, found.df)


def _majority(counts: Ints) -> Ints:
    """Return 1 where more votes are for the first side than for the second, -1 where fewer, 0 where as many."""
    return np.asarray(np.sign(counts[:, FIRST] - counts[:, SECOND]))


def _doubt(models: Votes, chosen: Ints) -> Floats:
    """Return one minus the mean declared confidence of the decisive model votes of each item, nan without one."""
    decisive = models.take((models.category < TIE) & np.isfinite(models.confidence))
    size = np.bincount(decisive.item, minlength=len(chosen))
    total = np.bincount(decisive.item, weights=decisive.confidence, minlength=len(chosen))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(size > 0, 1.0 - total / size, np.nan))


def _rows(panel: Panel, items: Ints) -> Ints:
    chosen: Bools = np.zeros(panel.every.items, dtype=np.bool_)
    chosen[items] = True
    return np.unique(panel.every.comparison[chosen[panel.every.item]])

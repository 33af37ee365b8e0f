"""Training weights: whether they can be used, and how many pairs they leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.position.presentations import models
from audit.schema import A, B
from audit.signals import Floats, Ints, Signals
from audit.slices import slices

INVALID: Final = "strength.invalid_weights"
EFFECTIVE: Final = "strength.weight_effective_share"
TOP: Final = "strength.top_weight_share"
PORTION: Final = "strength.weight_share"
EXPLAINED: Final = "strength.weight_explained_share"
TOP_PART: Final = 0.01


def weight_measures(signals: Signals) -> Iterator[Measure]:
    """Yield invalid weights, how many pairs they leave, each slice's portion, and what explains their variance."""
    n = signals.comparisons
    if not signals.has("weight"):
        same = "no weight is recorded: every comparison counts once"
        yield Measure(INVALID, 0, "count", Kind.CENSUS, n, method=same)
        if n:
            yield Measure(EFFECTIVE, 1.0, "share", Kind.CENSUS, n, method=same)
        else:
            yield Measure(EFFECTIVE, Undefined("there is no comparison"), "share", Kind.CENSUS, 0)
        none = Undefined("no weight is recorded", "weight")
        yield Measure(TOP, none, "share", Kind.CENSUS, 0)
        yield Measure(PORTION, none, "share", Kind.CENSUS, 0)
        yield Measure(EXPLAINED, none, "share", Kind.CENSUS, 0)
        return
    weight = signals.floats("weight")
    broken = ~np.isfinite(weight) | (weight < 0)
    evidence = signals.evidence(broken) if signals.has("ordered_key", "row", "file") else None
    told = "weights that are missing beside others that are there, negative or not finite; n: comparisons"
    yield Measure(INVALID, int(broken.sum()), "count", Kind.CENSUS, n, evidence=evidence, method=told)
    sound = np.where(broken, 0.0, weight)
    sound = sound / max(float(sound.max(initial=0.0)), np.finfo(np.float64).tiny)  # so that squares are finite
    yield from _spread(signals, sound)
    yield from _explained(signals, sound)


def _spread(signals: Signals, weight: Floats) -> Iterator[Measure]:
    used = np.sort(weight[weight > 0])[::-1]
    total = float(used.sum())
    if not total:
        none = Undefined("no comparison has a weight above 0", "weight")
        for name in (EFFECTIVE, TOP, PORTION):
            yield Measure(name, none, "share", Kind.CENSUS, 0)
        return
    n = len(used)
    kish = "(sum w)^2 / sum w^2 over n; n: comparisons of weight above 0"
    yield Measure(EFFECTIVE, min(1.0, total**2 / float((used**2).sum()) / n), "share", Kind.CENSUS, n, method=kish)
    whole = int(n * TOP_PART)
    heaviest = float(used[:whole].sum()) + (n * TOP_PART - whole) * float(used[whole])  # a part of the next one
    told = "share of all weight that the heaviest hundredth has; n: comparisons of weight above 0"
    yield Measure(TOP, min(1.0, heaviest / total), "share", Kind.CENSUS, n, method=told)
    what = "share of all weight; n: comparisons of weight above 0"
    yield Measure(PORTION, 1.0, "share", Kind.CENSUS, n, slice=ALL, method=what)
    for part, mask in slices(signals):
        own = np.sort(weight[mask])
        yield _portion(part, own, total, what)


def _portion(part: Slice, own: Floats, total: float, what: str) -> Measure:
    n = int((own > 0).sum())
    return Measure(PORTION, min(1.0, float(own.sum()) / total), "share", Kind.CENSUS, n, slice=part, method=what)


def _explained(signals: Signals, weight: Floats) -> Iterator[Measure]:
    """How much of the variance of the weights above 0 the chosen model, or the speed of the judgments, explains."""
    used = np.flatnonzero(weight > 0)
    own = weight[used]
    if not len(own) or (own == own[0]).all():
        none = Undefined("all weights above 0 are the same" if len(own) else "no comparison has a weight above 0")
        yield Measure(EXPLAINED, none, "share", Kind.CENSUS, len(own))
        return
    found = {"chosen model": _chosen_model(signals), "duration of the judgments": _pace(signals)}
    told = {name: groups[used] for name, groups in found.items() if groups is not None and (groups[used] >= 0).any()}
    if not told:
        none = Undefined("neither models nor durations are recorded", "model_a, judgment.duration_s")
        yield Measure(EXPLAINED, none, "share", Kind.CENSUS, len(own))
    for name, groups in told.items():
        kept = groups >= 0
        value = correlation_ratio(own[kept], groups[kept])
        method = "correlation ratio between groups, cut by what chance gives; n: comparisons of weight above 0"
        n, part = int(kept.sum()), Slice("by", name)
        yield Measure(EXPLAINED, value, "share", Kind.CENSUS, n, slice=part, method=method)


def correlation_ratio(values: Floats, groups: Ints) -> float:
    """Return the share of variance that groups explain, less what chance explains, at least 0.

    1 - (within / (n - k)) / (all / (n - 1)) for n values in k groups.

    Source: Kelley 1935, Proceedings of the National Academy of Sciences 21, p. 554-559 (epsilon squared).
    """
    numbers = np.unique(groups, return_inverse=True)[1].reshape(-1)
    size = np.bincount(numbers)
    n, k = len(values), len(size)
    whole = float(((values - values.mean()) ** 2).sum())
    within = float(((values - (np.bincount(numbers, values) / size)[numbers]) ** 2).sum())
    if n <= k or not whole:
        return 0.0
    return max(0.0, 1 - (within / (n - k)) / (whole / (n - 1)))


def _chosen_model(signals: Signals) -> Ints | None:
    named = models(signals)
    if named is None or not signals.has("label"):
        return None
    label = signals.ints("label")
    return np.where(label == A, named.a, np.where(label == B, named.b, -1))


def _pace(signals: Signals) -> Ints | None:
    """Fifths of the mean duration of each comparison's judgments; -1 where none is recorded."""
    if not signals.has("judgment.duration_s", "judgment.comparison"):
        return None
    seconds, at = signals.floats("judgment.duration_s"), signals.ints("judgment.comparison")
    told = np.isfinite(seconds)
    count = np.bincount(at[told], minlength=signals.comparisons)
    mean = np.bincount(at[told], seconds[told], minlength=signals.comparisons) / np.maximum(count, 1)
    edges = np.quantile(mean[count > 0], (0.2, 0.4, 0.6, 0.8)) if (count > 0).any() else np.zeros(0)
    return np.where(count > 0, np.searchsorted(edges, mean), -1)

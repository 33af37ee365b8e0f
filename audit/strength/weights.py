"""Training weights: whether they can be used, and how many pairs they leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.signals import Floats, Signals
from audit.slices import slices

INVALID: Final = "strength.invalid_weights"
EFFECTIVE: Final = "strength.weight_effective_share"
TOP: Final = "strength.top_weight_share"
PORTION: Final = "strength.weight_share"
TOP_PART: Final = 0.01


def weight_measures(signals: Signals) -> Iterator[Measure]:
    """Yield invalid weights, Kish's effective share, the share of the heaviest hundredth, and each slice's portion."""
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
        return
    weight = signals.floats("weight")
    broken = ~np.isfinite(weight) | (weight < 0)
    evidence = signals.evidence(broken) if signals.has("ordered_key", "row", "file") else None
    told = "weights that are missing beside others that are there, negative or not finite; n: comparisons"
    yield Measure(INVALID, int(broken.sum()), "count", Kind.CENSUS, n, evidence=evidence, method=told)
    yield from _spread(signals, np.where(broken, 0.0, weight))


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

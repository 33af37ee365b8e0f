"""Agreement within and between reviewer classes, and whether the crowd agrees with experts as experts do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.agreement.overlap import Overlap, class_pairs
from audit.agreement.panel import Panel
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.paired_measures import mean_difference
from audit.signals import Floats, Ints
from audit.stats.clusters import t_quantile
from audit.stats.logit import dense
from audit.stats.ratios import ratio

NO_CLASSES = Undefined("no item has two votes of annotators whose class is recorded", "judgment.reviewer_class")


def class_measures(panel: Panel) -> Iterator[Measure]:
    """Yield the agreement of pairs of votes by class, and the crowd's distance from experts."""
    yield from _rates("agreement.class_rate", panel.overlap, "votes", panel.level)
    yield from _rates("agreement.class_decisive_rate", panel.decisive, "decisive votes", panel.level)
    yield _crowd(panel)


def _rates(name: str, overlap: Overlap, what: str, level: float) -> Iterator[Measure]:
    found = class_pairs(overlap)
    if not found:
        yield Measure(name, NO_CLASSES, "share", Kind.PROCESS, 0)
    for pair in found:
        told = ratio(pair.agreeing, pair.pairs, overlap.votes.prompt)
        interval = Interval(0.0, 1.0, level, "one prompt: nothing can be said of others")
        if told.error is not None:
            half = told.error * t_quantile(level, told.clusters - 1)
            low, high = max(0.0, told.value - half), min(1.0, told.value + half)
            method = f"t, jackknife by prompt, {told.clusters} prompts"
            interval = Interval(low, high, level, method, told.error, told.clusters - 1.0)
        method = f"share of agreeing pairs of {what}, all pairs alike; n: pairs; {interval.method}"
        n, part = round(float(pair.pairs.sum())), Slice("reviewers", pair.name)
        yield Measure(name, told.value, "share", Kind.PROCESS, n, interval, slice=part, method=method)


def _crowd(panel: Panel) -> Measure:
    """How much less the crowd agrees with experts than experts do with each other, on the same items."""
    name, votes = "agreement.expert_crowd_difference", panel.decisive.votes
    expert, crowd = (votes.take(votes.of_class(each)).counts().astype(np.float64) for each in ("expert", "crowd"))
    experts, people = expert.sum(axis=1), crowd.sum(axis=1)
    both = np.flatnonzero((experts >= 2) & (people >= 1))
    if not len(both):
        what = "decisive votes of two experts and of the crowd"
        return Measure(name, Undefined(f"no item has {what}", what), "share", Kind.PROCESS, 0)
    among = (expert * (expert - 1)).sum(axis=1)[both] / (experts * (experts - 1))[both]
    across = (expert * crowd).sum(axis=1)[both] / (experts * people)[both]
    difference, prompts = _by_prompt(among - across, votes.prompt[both])
    what = "agreement among experts minus agreement of crowd with experts, same items; n: items"
    return mean_difference(name, difference, prompts, "prompt", unit="share", what=what, part=ALL, level=panel.level)


def _by_prompt(values: Floats, prompt: Ints) -> tuple[Floats, Ints]:
    order = np.argsort(prompt, kind="stable")
    return values[order], dense(prompt[order])

"""What there is to tell agreement from: raw votes, overlap, links between annotators, answers that are no votes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.agreement.overlap import largest_component
from audit.agreement.panel import NO_OVERLAP, Panel
from audit.agreement.votes import CATEGORIES
from audit.measure import Interval, Kind, Measure, Undefined
from audit.schema import ESCALATE, INVALID
from audit.shares import share_measure
from audit.signals import Bools, Ints, Signals
from audit.stats.agreement import pair_agreement
from audit.stats.proportions import wilson


def form_measures(panel: Panel) -> Iterator[Measure]:
    """Yield the counts and shares that say what agreement rests on."""
    yield raw_votes(panel.signals)
    size = panel.overlap.size
    several = int((size >= 2).sum())
    evidence = None
    if several < panel.every.items:
        alone = size[panel.every.item] < 2
        evidence = panel.signals.evidence(np.unique(panel.every.comparison[alone]))
    yield Measure(
        "agreement.overlap_items", several, "count", Kind.CENSUS, panel.every.items, method="exact count; n: items"
    )
    method = "exact share of items with votes of two annotators; n: items with a vote"
    yield Measure(
        "agreement.overlap_share",
        several / panel.every.items,
        "share",
        Kind.CENSUS,
        panel.every.items,
        evidence=evidence,
        method=method,
    )
    yield _connected(panel, several)
    known = panel.every.reviewer_class >= 0
    unclassed = panel.signals.evidence(np.unique(panel.every.comparison[~known])) if not known.all() else None
    yield Measure(
        "agreement.class_recorded_share",
        float(known.mean()),
        "share",
        Kind.CENSUS,
        len(known),
        evidence=unclassed,
        method="exact share; n: votes",
    )
    yield from _no_votes(panel)
    yield _repeats(panel)


def raw_votes(signals: Signals) -> Measure:
    """The share of comparisons that come with a raw judgment."""
    name, n = "agreement.raw_votes_share", signals.comparisons
    if not n:
        return Measure(name, Undefined("no comparison", "comparisons"), "share", Kind.CENSUS, 0)
    judged = np.zeros(n, dtype=np.bool_)
    if signals.has("judgment.comparison", "judgment.label"):
        judged[signals.ints("judgment.comparison")[signals.ints("judgment.label") > 0]] = True
    evidence = signals.evidence(~judged) if judged.any() and not judged.all() else None
    method = "exact share of comparisons with a raw judgment; n: comparisons"
    return Measure(name, float(judged.mean()), "share", Kind.CENSUS, n, evidence=evidence, method=method)


def _connected(panel: Panel, several: int) -> Measure:
    name, votes = "agreement.connected_share", panel.overlap.votes
    if not several:
        return Measure(name, NO_OVERLAP, "share", Kind.CENSUS, 0)
    if not votes.is_named.any():
        none = Undefined("annotators are not recorded", "judgment.annotator")
        return Measure(name, none, "share", Kind.CENSUS, 0)
    n = int(panel.overlap.size[panel.overlap.size >= 2].sum())
    method = "exact share of votes in the largest group of annotators linked by shared items; n: votes on such items"
    return Measure(name, largest_component(votes), "share", Kind.CENSUS, n, method=method)


def _no_votes(panel: Panel) -> Iterator[Measure]:
    """Rates of judgments that escalate or are invalid, among all that are recorded."""
    signals = panel.signals
    label = signals.ints("judgment.label")
    rows = np.flatnonzero(label > 0)
    comparison = signals.ints("judgment.comparison")[rows]
    prompt = signals.groups("prompt_key")[comparison] if signals.has("prompt_key") else comparison
    clusters = {"prompt": prompt}
    if signals.has("judgment.annotator"):
        clusters["annotator"] = signals.groups("judgment.annotator")[rows]
    for name, code in (("escalate", ESCALATE), ("invalid", INVALID)):
        hits = label[rows] == code
        yield share_measure(f"agreement.{name}_rate", hits, clusters, "judgments", level=panel.level)


def _repeats(panel: Panel) -> Measure:
    """How often an annotator who judged an item again gave the same answer."""
    name, every = "agreement.repeat_consistency", panel.every
    group = every.groups()
    repeated = (np.bincount(group) >= 2)[group] & every.is_named
    if not repeated.any():
        none = Undefined("no annotator judged one item twice", "hidden repeats of some pairs")
        return Measure(name, none, "share", Kind.PROCESS, 0)
    width = len(CATEGORIES)
    counts = np.bincount(group[repeated] * width + every.category[repeated], minlength=(group[-1] + 1) * width)
    alike = pair_agreement(counts.reshape(-1, width))
    alike = alike[np.isfinite(alike)]
    low, high = wilson(float(alike.sum()), len(alike), panel.level)
    interval = Interval(low, high, panel.level, "Wilson")
    evidence = panel.signals.evidence(np.unique(every.comparison[_contradicting(group, every.category, repeated)]))
    method = "mean share of equal pairs of answers; n: annotators' items judged again; Wilson"
    return Measure(
        name, float(alike.mean()), "share", Kind.PROCESS, len(alike), interval, evidence=evidence, method=method
    )


def _contradicting(group: Ints, category: Ints, repeated: Bools) -> Bools:
    """Return which of the repeated answers stand in a group that is not unanimous."""
    start = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    mixed = np.minimum.reduceat(category, start) != np.maximum.reduceat(category, start)
    return np.asarray(mixed[group] & repeated)

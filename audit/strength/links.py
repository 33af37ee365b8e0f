"""Votes beside the other votes on their item: does what an annotator declares foretell that others agree?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from audit.agreement.votes import FIRST, NEITHER, SECOND, TIE, Votes
from audit.measure import Interval, Kind, Measure, Slice, Undefined
from audit.paired_measures import mean_difference, odds_ratio
from audit.signals import Bools, Floats, Ints
from audit.stats.clusters import cluster_mean, t_quantile
from audit.stats.folds import rescaled
from audit.stats.logit import dense, logit

MOST_LEVELS: Final = 10
"""Different values above which a scale is cut in QUANTILES bins of equal mass."""
QUANTILES: Final = 5
LEAST: Final = 100
"""Votes with another vote on their item below which nothing is told."""
LEAST_A_LEVEL: Final = 30
"""Votes below which a level of the scale is left out of the search for a fall."""


@dataclass(frozen=True, slots=True)
class Links:
    """Decisive votes on items that another annotator judged too, each array of shape (n,), sorted by item."""

    declared: Floats
    """Strength without sign, or confidence."""
    agreed: Floats
    """Mean over the other votes on the item of 1 for the same side, 1/2 for neither, 0 for the other."""
    agreed_squared: Floats
    """Mean of their squares."""
    prompt: Ints
    annotator: Ints

    def __len__(self) -> int:
        return len(self.declared)

    @property
    def clusters(self) -> dict[str, Ints]:
        """Clusterings by name."""
        return {"prompt": self.prompt, "annotator": self.annotator}

    def take(self, which: Bools) -> Links:
        """Return the selected votes."""
        rows = np.flatnonzero(which)
        parts = (self.declared, self.agreed, self.agreed_squared, self.prompt, self.annotator)
        return Links(*(part[rows] for part in parts))  # type: ignore[arg-type]


def links(votes: Votes, declared: Floats) -> Links:
    """Return the decisive votes that have a declared value and another annotator's vote beside them.

    Args:
        votes: one of each annotator on each item.
        declared: shape (n,), nan where nothing is declared.
    """
    counts = votes.counts()[votes.item]
    same = np.where(votes.category == FIRST, counts[:, FIRST], counts[:, SECOND]) - 1.0
    neither = counts[:, TIE] + counts[:, NEITHER]
    others = counts.sum(axis=1) - 1
    is_usable = (votes.category <= SECOND) & (others > 0) & np.isfinite(declared)
    rows = np.flatnonzero(is_usable)
    n = others[rows]
    return Links(
        declared[rows],
        (same[rows] + neither[rows] / 2) / n,
        (same[rows] + neither[rows] / 4) / n,
        votes.prompt[votes.item[rows]],
        votes.annotator[rows],
    )


def levels(declared: Floats) -> tuple[Ints, list[str]]:
    """Return the level of each value, rising, and the levels' names: values, or bins of equal mass where they are many.

    Args:
        declared: shape (n,), n > 0, without nan.
    """
    values = np.unique(declared)
    if len(values) <= MOST_LEVELS:
        return np.searchsorted(values, declared), [f"{value:g}" for value in values]
    edges = np.unique(np.quantile(declared, np.arange(1, QUANTILES) / QUANTILES))
    bins = dense(np.searchsorted(edges, declared, side="left"))
    names = [f"{declared[bins == i].min():.3g} to {declared[bins == i].max():.3g}" for i in range(int(bins.max()) + 1)]
    return bins, [f"{i + 1}: {name}" for i, name in enumerate(names)]


def widest(values: Floats, clusters: Mapping[str, Ints], level: float) -> str:
    """Return the name of the clustering that makes the interval of the mean widest."""

    def width(name: str) -> float:
        found = cluster_mean(values, clusters[name])
        return -1.0 if found.cv3l is None else found.cv3l * t_quantile(level, found.clusters - 1)

    return max(clusters, key=lambda name: (width(name), name))


def trend(name: str, found: Links, what: str, level: float) -> Measure:
    """Return the odds ratio of agreement per SD of what is declared, by a logit of the share that agrees.

    Source: Papke and Wooldridge 1996, J. Applied Econometrics 11 (fractional outcomes); CV3L by prompt or annotator.
    """
    unit = "odds ratio per SD"
    if len(found) < LEAST:
        return Measure(name, too_few(what), unit, Kind.PROCESS, len(found))
    if (found.declared == found.declared[0]).all():
        none = Undefined(f"every {what} is the same, {found.declared[0]:g}")
        return Measure(name, none, unit, Kind.PROCESS, len(found))
    x = np.column_stack([rescaled(found.declared - found.declared.mean()), np.ones(len(found))])
    fits = {by: logit(x, found.agreed, groups, intercept=False) for by, groups in found.clusters.items()}
    sound = {by: fit for by, fit in fits.items() if fit.problem is None}
    if not sound:
        return Measure(name, Undefined(str(fits["prompt"].problem)), unit, Kind.PROCESS, len(found))
    by = max(sound, key=lambda one: (sound[one].standard_error() * t_quantile(level, sound[one].df), one))
    told = f"logit of agreement with the other votes on {what}; n: decisive votes with another beside; by {by}"
    return odds_ratio(name, sound[by], unit=unit, what=told, level=level)


def by_level(name: str, found: Links, slice_by: str, level: float) -> Iterator[Measure]:
    """Yield the agreement of the votes at each level of what they declare."""
    number, names = levels(found.declared)
    for i, text in enumerate(names):
        some = found.take(number == i)
        if len(some) >= 2:
            by = widest(some.agreed, some.clusters, level)
            what = "agreement with the other votes on the item, ties one half"
            part = Slice(slice_by, text)
            yield mean_difference(
                name, some.agreed, some.clusters[by], by, unit="share", what=what, part=part, level=level
            )


def largest_fall(name: str, found: Links, what: str, level: float) -> Measure:
    """Return the largest fall of agreement from a level to the next; negative where it rises at every step.

    The upper end is the largest upper bound of a step (every step must be small); the lower end the largest lower
    bound at a Bonferroni level over the steps.
    """
    if len(found) < LEAST:
        return Measure(name, too_few(what), "share", Kind.PROCESS, len(found))
    number, _ = levels(found.declared)
    sizes = np.bincount(number)
    kept = np.flatnonzero(sizes >= LEAST_A_LEVEL)
    if len(kept) < 2:
        none = Undefined(f"fewer than two levels of {what} have {LEAST_A_LEVEL} votes")
        return Measure(name, none, "share", Kind.PROCESS, len(found))
    steps = [_step(found, number, int(low), int(high), level) for low, high in pairwise(kept)]
    tail = (1 - level) / 2
    strict = 1 - 2 * tail / len(steps)
    value = max(fall for fall, _, _ in steps)
    high = max(fall + error * t_quantile(level, df) for fall, error, df in steps)
    low = max(fall - error * t_quantile(strict, df) for fall, error, df in steps)
    method = f"largest of {len(steps)} steps: upper end intersection-union, lower end Bonferroni; t, clustered"
    interval = Interval(max(-1.0, min(low, value)), min(1.0, max(high, value)), level, method)
    told = f"largest fall of agreement between neighbouring levels of {what}; n: decisive votes with another beside"
    return Measure(name, value, "share", Kind.PROCESS, len(found), interval, method=told)


def _step(found: Links, number: Ints, low: int, high: int, level: float) -> tuple[float, float, float]:
    """Return mean agreement at one level less that at the next, its clustered standard error and degrees of freedom."""
    inside = (number == low) | (number == high)
    some, sign = found.take(inside), np.where(number[inside] == low, 1.0, -1.0)
    sizes = {1.0: float((sign > 0).sum()), -1.0: float((sign < 0).sum())}
    means = {side: float(some.agreed[sign == side].mean()) for side in sizes}
    share = np.where(sign > 0, (some.agreed - means[1.0]) / sizes[1.0], -(some.agreed - means[-1.0]) / sizes[-1.0])
    best = (0.0, 1.0)
    for groups in some.clusters.values():
        moved = np.bincount(dense(groups), share)
        g = len(moved)
        if g > 1:
            error = float(np.sqrt(g / (g - 1) * (moved**2).sum()))
            if error * t_quantile(level, g - 1) >= best[0] * t_quantile(level, best[1]):
                best = (error, float(g - 1))
    return means[1.0] - means[-1.0], *best


def too_few(what: str) -> Undefined:
    """Why nothing is told of votes that too few others stand beside."""
    return Undefined(f"fewer than {LEAST} decisive votes with {what} have another vote beside them", "more overlap")

"""Items with several votes: how often two annotators agree on one, and how sure that is.

The mean over items is taken of the share of agreeing pairs of votes. Items of one prompt are alike, and so are votes of
one annotator, so two jackknifes are made, leaving out a prompt or an annotator at a time; the wider one counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from audit.agreement.votes import TIE, Votes
from audit.measure import Interval
from audit.signals import Bools, Floats, Ints
from audit.stats.agreement import pair_agreement
from audit.stats.clusters import FEW_CLUSTERS, FEW_EVENTS, NO_SPREAD, cluster_mean, t_quantile
from audit.stats.proportions import clopper_pearson

FEWEST_ANNOTATORS: Final = 3
"""With fewer, leaving one out leaves no pair."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A mean over items with its interval."""

    value: float
    n: int
    """Items with two votes."""
    n_effective: float
    interval: Interval


@dataclass(frozen=True)
class Overlap:
    """One vote of each annotator on each item, and what they say together."""

    votes: Votes
    """Of `Votes.one_each`; only those that count here."""

    @cached_property
    def counts(self) -> Ints:
        """Votes of each item by category, shape (items, 4)."""
        return self.votes.counts()

    @cached_property
    def size(self) -> Ints:
        """Votes of each item, shape (items,)."""
        return np.asarray(self.counts.sum(axis=1))

    @cached_property
    def agreement(self) -> Floats:
        """Share of agreeing pairs of votes of each item, shape (items,); nan below two votes."""
        return pair_agreement(self.counts)

    @cached_property
    def _by_prompt(self) -> Ints:
        """The items sorted by prompt, shape (items,)."""
        return np.argsort(self.votes.prompt, kind="stable")

    @cached_property
    def _without(self) -> tuple[Floats, Bools]:
        """For each vote: what its item's agreement changes by when it is left out, and whether the item is lost."""
        item, category = self.votes.item, self.votes.category
        size = self.size.astype(np.float64)[item]
        others = self.counts[item, category] - 1.0
        pairs = (self.counts * (self.counts - 1)).sum(axis=1)[item]
        own = np.nan_to_num(self.agreement)[item]
        rest = (pairs - 2 * others) / np.maximum((size - 1) * (size - 2), 1)
        return np.where(size >= 3, rest - own, np.where(size == 2, -own, 0.0)), size == 2

    def decisive(self) -> Overlap:
        """Return the same of the votes that chose a side."""
        return Overlap(self.votes.take(self.votes.category < TIE))

    def mean(self, level: float, inside: Bools | None = None) -> Agreement | None:
        """Return the mean agreement of the items selected, None where none has two votes.

        Args:
            level: two-sided.
            inside: shape (items,); None: all.
        """
        paired = self.size >= 2 if inside is None else (self.size >= 2) & inside
        if not paired.any():
            return None
        values = self.agreement[paired]
        sorted_items = self._by_prompt[paired[self._by_prompt]]
        prompts = cluster_mean(self.agreement[sorted_items], self.votes.prompt[sorted_items])
        errors: dict[str, tuple[float, int]] = {}
        if prompts.cv3l is not None:
            errors["prompt"] = (prompts.cv3l, prompts.clusters)
        people = self._annotator_error(paired, values)
        if people is not None:
            errors["annotator"] = people
        value = float(values.mean())
        effective, interval = _interval(value, len(values), errors, prompts.effective_clusters, level)
        return Agreement(value, len(values), effective, interval)

    def _annotator_error(self, paired: Bools, values: Floats) -> tuple[float, int] | None:
        """Return the standard error by leaving out one annotator at a time, and the number of annotators.

        An item's own chance stands in the deviations of each of its annotators, so the plain jackknife counts it
        several times (its bias upwards: Efron and Stein 1981, Ann. Statist. 9); here it is counted once.
        """
        if not self.votes.is_named.any():
            return None
        rows = np.flatnonzero(paired[self.votes.item])
        change, is_lost = self._without
        people = self.votes.annotator[rows]
        used = np.flatnonzero(np.bincount(people))
        if len(used) < FEWEST_ANNOTATORS:
            return None
        n, mean = len(values), float(values.mean())
        left = values.sum() + np.bincount(people, weights=change[rows])[used]
        items = n - np.bincount(people, weights=is_lost[rows])[used]
        if (items < 0.5).any():
            return None
        moved, own = left / items - mean, (change[rows] + mean * is_lost[rows]) / n
        apart = values - mean
        variance = float(moved @ moved) - float(own @ own) + float(apart @ apart) / n**2
        return math.sqrt(max(0.0, (len(used) - 1) / len(used) * variance)), len(used)


def _interval(
    value: float, n: int, errors: dict[str, tuple[float, int]], effective_clusters: float, level: float
) -> tuple[float, Interval]:
    """Return the effective items and the widest interval; Clopper and Pearson's where events are few."""
    if not errors:
        return 1.0, Interval(0.0, 1.0, level, "one prompt: nothing can be said of others")
    by = max(errors, key=lambda name: (errors[name][0] * t_quantile(level, errors[name][1] - 1), name))
    error, count = errors[by]
    flat = error <= NO_SPREAD
    effective = effective_clusters if flat else min(float(n), value * (1 - value) / error**2)
    note = f"; only {effective_clusters:.1f} effective prompts" if effective_clusters < FEW_CLUSTERS else ""
    if flat or effective * min(value, 1 - value) < FEW_EVENTS:
        shrink = min(1.0, t_quantile(level, max(n - 1, 1)) / t_quantile(level, count - 1)) ** 2
        units = max(effective * shrink, 1.0)
        low, high = clopper_pearson(value * units, units, level)
        method = f"Clopper-Pearson on {units:.1f} effective items, clustered by {by}{note}"
        return effective, Interval(low, high, level, method)
    half = error * t_quantile(level, count - 1)
    low, high = max(0.0, value - half), min(1.0, value + half)
    method = f"t, jackknife by {by}, {count} {by}s{note}"
    return effective, Interval(low, high, level, method, error, float(count - 1))


@dataclass(frozen=True, slots=True)
class ClassPair:
    """Pairs of votes on the same items by annotators of two classes, or of one."""

    name: str
    agreeing: Floats
    """Shape (items,): agreeing pairs of votes."""
    pairs: Floats
    """Shape (items,)."""


def class_pairs(overlap: Overlap) -> list[ClassPair]:
    """Return the pairs of votes within and between reviewer classes, in the order of names."""
    votes = overlap.votes
    counts = [
        votes.take(votes.reviewer_class == code).counts().astype(np.float64) for code in range(len(votes.classes))
    ]
    found = []
    for i, first in enumerate(votes.classes):
        own = counts[i].sum(axis=1)
        within = ClassPair(first, (counts[i] * (counts[i] - 1)).sum(axis=1) / 2, own * (own - 1) / 2)
        across = [
            ClassPair(
                f"{first} with {votes.classes[j]}", (counts[i] * counts[j]).sum(axis=1), own * counts[j].sum(axis=1)
            )
            for j in range(i + 1, len(votes.classes))
        ]
        found += [pair for pair in (within, *across) if pair.pairs.any()]
    return found


def annotator_tables(votes: Votes, most: int, least: int) -> list[tuple[int, int, Ints]]:
    """Return the table of votes, shape (4, 4), of every two busy annotators with enough items in common.

    Args:
        votes: one each.
        most: annotators that are compared, those with most votes.
        least: items in common.

    Returns:
        (first annotator, second annotator, table), the annotators' numbers rising.
    """
    number = np.bincount(votes.annotator[votes.is_named])
    busy = np.sort(np.argsort(-number, kind="stable")[:most])
    rows = np.flatnonzero(votes.is_named & np.isin(votes.annotator, busy))
    item, category = votes.item[rows], votes.category[rows]
    who = np.searchsorted(busy, votes.annotator[rows])
    tables = np.zeros(len(busy) ** 2 * 16, dtype=np.int64)
    for lag in range(1, len(busy)):
        same = np.flatnonzero(item[lag:] == item[:-lag])
        if not len(same):
            break
        pair = who[same] * len(busy) + who[same + lag]
        tables += np.bincount((pair * 4 + category[same]) * 4 + category[same + lag], minlength=len(tables))
    cells = tables.reshape(len(busy), len(busy), 4, 4)
    chosen = np.argwhere(cells.sum(axis=(2, 3)) >= least)
    return [(int(busy[i]), int(busy[j]), cells[i, j]) for i, j in chosen]


def largest_component(votes: Votes) -> float:
    """Return the share of votes, on items with several, in the largest group of annotators linked by shared items."""
    from scipy.sparse import coo_array  # heavy, needed only here
    from scipy.sparse.csgraph import connected_components

    several = np.bincount(votes.item, minlength=votes.items) >= 2
    rows = np.flatnonzero(several[votes.item])
    item, people = votes.item[rows], votes.annotator[rows]
    nodes = votes.items + int(people.max()) + 1
    links = coo_array((np.ones(len(rows), np.int8), (item, votes.items + people)), shape=(nodes, nodes))
    _, component = connected_components(links, directed=False)
    return float(np.bincount(component[item]).max()) / len(rows)

"""What every part of the agreement auditor looks at: the votes of a file, all of them and one each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from audit.agreement.overlap import Agreement, Overlap
from audit.agreement.votes import FIRST, SECOND, Votes
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Ints, Signals
from audit.slices import slices

NO_OVERLAP = Undefined("no item has votes of two annotators", "a second annotator on the same pairs")


@dataclass(frozen=True)
class Panel:
    """The votes of a file and what they rest on."""

    signals: Signals
    every: Votes
    """Every vote that answers, an annotator's repeats too."""
    level: float
    """Two-sided level of intervals."""

    @cached_property
    def overlap(self) -> Overlap:
        """One vote of each annotator on each item."""
        return Overlap(self.every.one_each())

    @cached_property
    def decisive(self) -> Overlap:
        """The same of the votes that chose a side."""
        return self.overlap.decisive()

    @cached_property
    def categories(self) -> Ints:
        """The categories that annotators could choose from: the two sides, and what was chosen besides."""
        used = set(np.flatnonzero(self.overlap.counts.sum(axis=0)).tolist())
        return np.array(sorted(used | {FIRST, SECOND}), dtype=np.int64)

    @cached_property
    def by_slice(self) -> dict[Slice, tuple[Agreement | None, Agreement | None]]:
        """Agreement of all votes and of decisive ones in each reported slice."""
        found = {}
        for part, inside in slices(self.signals):
            items = self.items_of(inside)
            found[part] = self.overlap.mean(self.level, items), self.decisive.mean(self.level, items)
        return found

    @cached_property
    def _links(self) -> tuple[Ints, Ints]:
        """The distinct pairs of item and comparison that votes link."""
        packed = np.unique(self.every.item * max(self.signals.comparisons, 1) + self.every.comparison)
        item, comparison = np.divmod(packed, max(self.signals.comparisons, 1))
        return item, comparison

    def items_of(self, inside: Bools) -> Bools:
        """Return the items that have a vote in one of these comparisons, shape (items,)."""
        item, comparison = self._links
        if len(item) == self.every.items:  # every item has one comparison
            return inside[comparison]
        return np.bincount(item[inside[comparison]], minlength=self.every.items) > 0


def share_of(name: str, found: Agreement | None, what: str, part: Slice = ALL) -> Measure:
    """Return a mean agreement as a measure; undefined where no item has two votes."""
    if found is None:
        return Measure(name, NO_OVERLAP, "share", Kind.PROCESS, 0, slice=part)
    return Measure(
        name,
        found.value,
        "share",
        Kind.PROCESS,
        found.n,
        found.interval,
        found.n_effective,
        part,
        method=f"mean over items of the share of agreeing pairs of {what}; n: items; {found.interval.method}",
    )

"""What the parts of the reviewers auditor share: the people, how sure to be, and how a reviewer is accused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from audit.measure import Kind, Measure, Slice
from audit.reviewers.pool import ANNOTATOR, Pool
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.multiple import benjamini_hochberg


@dataclass(frozen=True)
class Case:
    """The people of a file and the parameters of the auditor."""

    signals: Signals
    people: Pool
    level: float
    least_votes: int
    margin: float
    false_discovery_rate: float

    def accused(self, tested: Ints, p_value: Floats) -> Ints:
        """Return which of the tested reviewers are accused at the false discovery rate."""
        return np.asarray(tested[benjamini_hochberg(p_value, self.false_discovery_rate)])

    def judgments(self) -> tuple[Ints, Ints]:
        """Return the judgments of the pool's people and the reviewer of each; also those that are no votes."""
        code = self.signals.codes(ANNOTATOR)[0]
        place = np.full(max(int(code.max(initial=0)), int(self.people.numbers.max())) + 2, -1, np.int64)
        place[self.people.numbers] = np.arange(len(self.people.numbers))
        who = place[code]
        rows = np.flatnonzero(who >= 0)
        return rows, who[rows]

    def prompts(self, comparison: Ints) -> Ints:
        """Return the prompt's number of comparisons."""
        return self.signals.groups("prompt_key")[comparison] if self.signals.has("prompt_key") else comparison

    def slice_of(self, reviewer: int) -> Slice:
        """Return the slice of one reviewer."""
        return Slice("annotator", self.people.names[reviewer])


@dataclass(frozen=True)
class Part:
    """What one part of the auditor found."""

    measures: tuple[Measure, ...]
    sign: str = ""
    """What an accused reviewer does, in two or three words."""
    accused: Ints | None = None
    each: Callable[[int], Iterable[Measure]] | None = None
    """Measures of one reviewer: made for those only that are shown."""

    def of(self, shown: Bools) -> Iterator[Measure]:
        """Yield the measures of the whole, and of the reviewers that are shown."""
        yield from self.measures
        if self.each is not None:
            for reviewer in np.flatnonzero(shown).tolist():
                yield from self.each(reviewer)


def count(name: str, found: int, tested: int, method: str, **more: object) -> Measure:
    """Return a number of accused reviewers as a measure of the process."""
    return Measure(name, found, "count", Kind.PROCESS, tested, method=method, **more)  # type: ignore[arg-type]

"""What an auditor yields: named numbers with unit, n, interval, slice and evidence. No thresholds here.

This module is where the two towers meet: measuring writes these types, policy reads them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a number is a property of; it decides what uncertainty it carries."""

    CENSUS = "census"
    """This file: exact, no interval."""
    PROCESS = "process"
    """What produced the labels: the file is a sample, intervals are clustered."""
    LOT = "lot"
    """This finite file, seen through a hand-reviewed sample: hypergeometric bounds."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval; each end is a one-sided bound at 1 - (1 - level) / 2."""

    low: float
    high: float
    level: float
    """Two-sided confidence level, 0.90 by default, so that each end is a 95 % bound."""
    method: str
    """How it was computed, for example "t, CV3L clustered by prompt"."""
    standard_error: float | None = None
    df: float | None = None
    """Degrees of freedom of the t distribution behind `standard_error`; None: not a t interval."""


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """The comparisons sharing one value of one column; ALL is the whole file."""

    by: str = ""
    value: str = ""

    def __str__(self) -> str:
        return f"{self.by}={self.value}" if self.by else "all"


ALL = Slice()


@dataclass(frozen=True, slots=True, order=True)
class RowRef:
    """Where one comparison came from."""

    digest: str
    """Hex digest of the comparison's normalised text, side order kept (32 characters)."""
    file: str
    row: int
    """1-based line of a text file, or 1-based row number of a columnar one."""
    part: int = 0
    """Index among the comparisons that one row holds; 0 for nearly every layout."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows behind a measure: the total, and a reproducible few of them."""

    total: int
    rows: tuple[RowRef, ...]
    order: str = "smallest digest"
    """How the few were chosen: "smallest digest", or "worst first" where worst is defined."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """Why a measure has no value."""

    reason: str
    unlock: str | None = None
    """The signal column, flag or amount of data that would give it one."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One number, and all that is needed to judge it without the data."""

    name: str
    """Dotted, snake case, ends in what it is: `position.first_rate`."""
    value: float | Undefined
    unit: str
    """"share", "count", "code points", "odds ratio per SD", ..."""
    kind: Kind
    n: int
    """Units that the number rests on: comparisons, judgments or texts, as `method` says."""
    interval: Interval | None = None
    n_effective: float | None = None
    """n divided by the design effect of clustering or weights."""
    slice: Slice = ALL
    evidence: Evidence | None = None
    method: str = ""
    """One sentence: estimator, unit of n, clustering."""

    def __post_init__(self) -> None:
        if isinstance(self.value, float | int) and not math.isfinite(self.value):
            raise ValueError(f"{self.name}: {self.value} is not a finite number; use Undefined(reason)")
        if self.kind is Kind.CENSUS and self.interval is not None:
            raise ValueError(f"{self.name}: a census is exact and carries no interval")

    @property
    def is_defined(self) -> bool:
        """True when the measure has a number."""
        return not isinstance(self.value, Undefined)

    @property
    def number(self) -> float:
        """The value of a defined measure.

        Raises:
            ValueError: when it is undefined.
        """
        if isinstance(self.value, Undefined):
            raise ValueError(f"{self.name} is undefined: {self.value.reason}")
        return float(self.value)


class Status(StrEnum):
    """How one auditor ended."""

    MEASURED = "measured"
    NOT_ASSESSABLE = "not_assessable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One auditor's end: its measures, or what was missing, or what broke."""

    code: str
    name: str
    version: str
    parameters: Mapping[str, object]
    status: Status
    measures: tuple[Measure, ...] = ()
    missing: tuple[str, ...] = ()
    """Signal columns that would unlock it, when not assessable."""
    error: str | None = None
    notes: tuple[str, ...] = field(default=())


def select(measures: Iterable[Measure], name: str) -> list[Measure]:
    """Return the measures called `name`, the whole file first, then slices in order."""
    return sorted((m for m in measures if m.name == name), key=lambda m: m.slice)

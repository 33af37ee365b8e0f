"""How complete the record of each row is, field by field: what stands there, and what only looks as if it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow.compute as pc

from audit.extract.presence import PLACEHOLDERS, PRESENT
from audit.schema import A, B
from audit.signals import Bools, Ints, Signals

COMPARISON, JUDGMENT = "comparisons", "judgments"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the production record, and the signal columns that say whether a unit has it."""

    name: str
    columns: tuple[str, ...]
    """Two for a field that each side has."""
    of: str = COMPARISON


FIELDS: Final = (
    Field("prompt", ("prompt_key",)),
    Field("comparison_id", ("comparison_key",)),
    Field("conversation_id", ("conversation_key",)),
    Field("evidence", ("evidence_state",)),
    Field("policy", ("policy",)),
    Field("locale", ("locale",)),
    Field("scenario", ("scenario",)),
    Field("model", ("model_a", "model_b")),
    Field("model_version", ("model_version_a", "model_version_b")),
    Field("generation", ("generation_state_a", "generation_state_b")),
    Field("label", ("label",)),
    Field("reference_model", ("reference_model",)),
    Field("dataset_version", ("dataset_version",)),
    Field("split", ("split",)),
    Field("weight", ("weight",)),
    Field("runs", ("runs",)),
    Field("annotator", ("judgment.annotator",), JUDGMENT),
    Field("reviewer_class", ("judgment.reviewer_class",), JUDGMENT),
    Field("rubric", ("judgment.rubric",), JUDGMENT),
    Field("order_shown", ("judgment.shown_first",), JUDGMENT),
    Field("strength", ("judgment.strength",), JUDGMENT),
    Field("confidence", ("judgment.confidence",), JUDGMENT),
    Field("critique", ("judgment.critique_state",), JUDGMENT),
    Field("judged_at", ("judgment.judged_at",), JUDGMENT),
)
BY_NAME: Final = {field.name: field for field in FIELDS}


@dataclass(frozen=True, slots=True)
class Record:
    """One field's units: which lack it; a side's units are its comparison's, once a side."""

    field: Field
    comparison: Ints | None
    """Row number of each unit's comparison; None: units are the comparisons, in order."""
    lacking: tuple[Bools, ...]
    """One array a column, shape (units,): True where the value is absent, empty or a placeholder."""
    placeholders: int

    @property
    def units(self) -> int:
        """How many values there should be."""
        return sum(map(len, self.lacking))

    @property
    def gaps(self) -> int:
        """How many of them are not there."""
        return sum(int(lacking.sum()) for lacking in self.lacking)

    def within(self, inside: Bools) -> tuple[int, int]:
        """Return units and gaps of the comparisons that a mask selects."""
        chosen = inside if self.comparison is None else inside[self.comparison]
        return int(chosen.sum()) * len(self.lacking), sum(int((lack & chosen).sum()) for lack in self.lacking)

    def rows(self, comparisons: int) -> Bools:
        """Return which comparisons have a gap, shape (comparisons,)."""
        any_lacking = np.logical_or.reduce(self.lacking)
        if self.comparison is None:
            return np.asarray(any_lacking, dtype=np.bool_)
        found = np.zeros(comparisons, dtype=np.bool_)
        found[self.comparison[any_lacking]] = True
        return found


def record(signals: Signals, field: Field) -> Record | None:
    """Return what of a field is there; None where no row records it at all.

    A strength belongs to a judgment that chose a side; other judgments need none.
    """
    if not any(signals.has(column) for column in field.columns):
        return None
    comparison = signals.ints("judgment.comparison") if field.of == JUDGMENT else None
    size = signals.comparisons if comparison is None else len(comparison)
    parts = [_lacking(signals, column, size) for column in field.columns]
    lacking = [lack for lack, _ in parts]
    if field.name == "strength" and comparison is not None and signals.has("judgment.label"):
        chosen = np.flatnonzero(np.isin(signals.ints("judgment.label"), (A, B)))
        comparison, lacking = comparison[chosen], [lack[chosen] for lack in lacking]
    return Record(field, comparison, tuple(lacking), sum(count for _, count in parts))


def _lacking(signals: Signals, column: str, size: int) -> tuple[Bools, int]:
    """Return which units lack a value, and how many of these hold a placeholder."""
    if not signals.has(column):
        return np.ones(size, dtype=np.bool_), 0
    if column.endswith(("_state", "_state_a", "_state_b")):
        state = signals.ints(column)
        return np.asarray(state != PRESENT), int((state > PRESENT).sum())
    if column in ("label", "judgment.label", "judgment.shown_first"):
        return np.asarray(signals.ints(column) == 0), 0
    if column.endswith("_key") or column in ("weight", "judgment.strength", "judgment.confidence"):
        return np.asarray(pc.is_null(signals.load(column)).to_numpy(), dtype=np.bool_), 0
    codes, values = signals.codes(column)
    held = np.array([is_placeholder(value) for value in values] + [False], dtype=np.bool_)
    empty = np.array([not value.strip() for value in values] + [True], dtype=np.bool_)
    return np.asarray((held | empty)[codes]), int((held & ~empty)[codes].sum())


def is_placeholder(value: str) -> bool:
    """True for a text that says that nothing is known: n/a, unknown, -, latest."""
    return value.strip().casefold() in PLACEHOLDERS


def named(names: Sequence[str]) -> list[Field]:
    """Return fields by name.

    Raises:
        KeyError: for a name that is none.
    """
    return [BY_NAME[name] for name in names]

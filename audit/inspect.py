"""How a file would be read: its layout and why, the mapping field by field, rows as read, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from audit.read.block import Block, Container, Record
from audit.read.detect import columns_of
from audit.read.layouts.known import layout_named
from audit.read.layouts.layout import Detection
from audit.read.mapping import FieldMapping, source_fields
from audit.read.mapping_toml import mapping_toml
from audit.read.paths import dig, parse_paths
from audit.schema import COLUMN, COLUMNS, JUDGMENT

SAMPLE: Final = 200
ROWS_SHOWN: Final = 3
CELL: Final = 90
_HIDDEN: Final = frozenset({"row", "part", "offset", "prompt_b", "judgments"})
"""Columns that are not reported as missing: places, and what only some rows can have."""
_TURNS: Final = ("prompt_turns", "response_a_turns", "response_b_turns")


@dataclass(frozen=True, slots=True)
class FieldReading:
    """One mapped field."""

    name: str
    path: str
    types: str
    """JSON types of the source values in the sample, the most frequent first."""
    filled: float
    """Share of the sample's comparisons (of its judgments for `judgment.*`) that have a value."""


@dataclass(frozen=True)
class Inspection:
    """How one file would be read, judged by its first rows."""

    file: str
    title: str
    detection: Detection
    sampled: int
    fields: tuple[FieldReading, ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]
    """The first comparisons as read: name and shortened value of each column."""
    rejects: tuple[str, ...]
    """Reasons of sampled rows that would be set aside."""
    unused: tuple[str, ...]
    """Source fields that nothing is read from."""
    missing: tuple[str, ...]
    """Canonical columns and judgment fields that the file does not fill."""

    def to_lines(self, switched_off: Mapping[str, Sequence[str]] | None = None) -> list[str]:
        """Return the inspection as plain text lines.

        Args:
            switched_off: canonical column or judgment field -> what cannot be measured without it.
        """
        found = self.detection
        lines = [f"{self.file}: layout {found.layout}, confidence {found.confidence:.2f}", f"  {self.title}"]
        lines += [f"  because {reason}" for reason in found.reasons]
        lines += [f"  confirm: {note}" for note in found.notes]
        lines += ["", f"  read from the first {self.sampled} rows", *_table(self.fields)]
        for number, row in enumerate(self.rows, 1):
            lines += ["", f"  comparison {number} as read", *(f"    {name} = {value}" for name, value in row)]
        lines += _listed("rows of the sample that would be set aside", self.rejects)
        lines += _listed("source fields not used", self.unused)
        off = switched_off or {}
        told = [f"{name}: leaves out {', '.join(off[name])}" if off.get(name) else name for name in self.missing]
        return lines + _listed("not recorded, as far as the sample shows", told)

    def to_mapping_toml(self) -> str:
        """Return the mapping with comments, to be edited and passed with --mapping."""
        remarks = {f.name: f"{f.types}; filled in {f.filled:.0%} of the sample" for f in self.fields}
        header = [
            f"How {self.file} is read: layout {self.detection.layout} ({self.title}).",
            f"Detected with confidence {self.detection.confidence:.2f}: {'; '.join(self.detection.reasons)}.",
            *(f"Confirm: {note}." for note in self.detection.notes),
            "Left: canonical field. Right: source field; dots go into objects, digits into lists, ' + ' joins.",
            'A [values.FIELD] table translates source values, as in: [values.label] / "win" = "a".',
            *([f"Source fields not used: {', '.join(self.unused)}."] if self.unused else []),
            *([f"Fields that could be added: {', '.join(self.missing)}."] if self.missing else []),
        ]
        return mapping_toml(self.detection.mapping, header, remarks)


def inspect(container: Container, detection: Detection) -> Inspection:
    """Read the first rows of a file by its detected or given mapping and tell what became of them."""
    records = container.sample(SAMPLE)
    mapping, layout = detection.mapping, layout_named(detection.layout)
    block = Block(range(1, len(records) + 1), None, len(records), (), records)
    read = layout.convert(block, mapping, container.name)
    fields = tuple(_field(name, path, records, mapping, read.batch) for name, path in _entries(mapping).items())
    used = set(source_fields(mapping) or ())
    return Inspection(
        container.name,
        layout.title,
        detection,
        len(records),
        fields,
        tuple(_row(read.batch, index) for index in range(min(ROWS_SHOWN, read.batch.num_rows))),
        tuple(f"row {reject.row}: {reject.code}: {reject.reason}" for reject in read.rejects),
        tuple(name for name in columns_of(records) if name not in used),
        _missing(read.batch),
    )


def visible(value: Any, most: int = CELL) -> str:
    """Return a value as one line of printable text, cut; what would not print is shown as an escape."""
    text = value if isinstance(value, str) else repr(value)
    cut = text[:most]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in cut)
    return f"{shown}... ({len(text)} characters)" if len(text) > most else shown


def _entries(mapping: FieldMapping) -> dict[str, str]:
    return {**mapping.fields, **{f"slice.{name}": path for name, path in mapping.slices.items()}}


def _field(
    name: str, path: str, records: Sequence[Record], mapping: FieldMapping, batch: pa.RecordBatch
) -> FieldReading:
    rows: list[Any] = list(records)
    if name.startswith("judgment.") and "judgments" in mapping.fields:
        lists = [dig(record, parse_paths(mapping.fields["judgments"])[0]) for record in records]
        rows = [one for many in lists for one in (many.values() if isinstance(many, dict) else many or ())]
    values = [dig(row, one) for row in rows for one in parse_paths(path)]
    counts: dict[str, int] = {}
    for value in values:
        if value is not None:
            counts[_json_type(value)] = counts.get(_json_type(value), 0) + 1
    types = ", ".join(sorted(counts, key=lambda kind: (-counts[kind], kind))) or "nothing"
    return FieldReading(name, path, types, _filled(name, batch, values))


def _filled(name: str, batch: pa.RecordBatch, values: Sequence[Any]) -> float:
    column = _column(name, batch)
    if column is not None:
        return 1 - column.null_count / len(column) if len(column) else 0.0
    return sum(value is not None for value in values) / len(values) if values else 0.0


def _column(name: str, batch: pa.RecordBatch) -> pa.Array | None:
    if name in batch.schema.names:
        return batch[name]
    inner = name.removeprefix("judgment.")
    if inner == name or inner not in [field.name for field in JUDGMENT] or "judgments" not in batch.schema.names:
        return None
    return pc.list_flatten(batch["judgments"]).field(inner)


def _missing(batch: pa.RecordBatch) -> tuple[str, ...]:
    names = [c.name for c in COLUMNS if c.name not in _HIDDEN and c.name not in _TURNS]
    names += [f"judgment.{field.name}" for field in JUDGMENT]
    columns = ((name, _column(name, batch)) for name in names)
    empty = {name for name, column in columns if column is None or column.null_count == len(column)}
    if "judgment.label" not in empty:
        empty.discard("label")  # the label of a comparison follows from its judgments
    return tuple(name for name in names if name in empty)


def _row(batch: pa.RecordBatch, index: int) -> tuple[tuple[str, str], ...]:
    cells = ((name, batch[name][index].as_py()) for name in batch.schema.names if name not in ("row", "part", "offset"))
    return tuple((name, visible(_compact(value))) for name, value in cells if value is not None)


def _compact(value: Any) -> Any:
    """Leave out what a judgment does not record."""
    if isinstance(value, list):
        return [_compact(item) for item in value]
    return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def _json_type(value: Any) -> str:
    kinds = ((bool, "boolean"), (int | float, "number"), (str, "text"), (list, "list"), (dict, "object"))
    return next((name for kind, name in kinds if isinstance(value, kind)), type(value).__name__)


def _table(fields: Sequence[FieldReading]) -> list[str]:
    rows = [("canonical field", "source", "types", "filled", "unit")]
    rows += [
        (f.name, f.path, f.types, f"{f.filled:.0%}", COLUMN[f.name].unit if f.name in COLUMN else "") for f in fields
    ]
    cells = [[visible(cell, 48) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    return [
        "    " + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    ]


def _listed(title: str, items: Sequence[str]) -> list[str]:
    return ["", f"  {title}", *(f"    {visible(item, 200)}" for item in items)] if items else []

"""Our own canonical columns, flat or as written back by a round trip: nothing to translate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from audit.read.block import Block, Converted, Record
from audit.read.comparisons import comparison_batch
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import add_judgments, add_label
from audit.read.layouts.layout import Detection
from audit.read.layouts.turns import read_turns
from audit.read.mapping import FieldMapping
from audit.read.paths import format_path
from audit.schema import COLUMN, JUDGMENT, LABELS, SLICE_PREFIX, arrow_type

_PLACE: Final = ("row", "part", "offset")
_TURNS: Final = ("prompt_turns", "response_a_turns", "response_b_turns")
_TEXTS: Final = ("prompt", "prompt_b", "response_a", "response_b")
_JUDGMENT: Final = frozenset(field.name for field in JUDGMENT)
_NO_TURNS: Final[frozenset[type]] = frozenset({type(None)})


class Native:
    """Rows whose every field is a canonical column."""

    name = "comparisons"
    title = "canonical comparisons: the columns of this tool's own schema"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise canonical names only, and canonical labels and judgments in them."""
        if not all(name in COLUMN or name.startswith(SLICE_PREFIX) for name in columns):
            return None
        has_sides = {"response_a", "response_b"} <= set(columns) or {"model_a", "model_b"} <= set(columns)
        if not has_sides or not {"label", "judgments"} & set(columns):
            return None
        if not all(_is_canonical(record) for record in records):
            return None
        fields = {name: name for name in columns if name in COLUMN and name not in _PLACE}
        if "judgments" in fields:
            keys = {key for record in records for judgment in record.get("judgments") or () for key in judgment}
            fields |= {f"judgment.{name}": name for name in sorted(keys)}
        slices = {
            name.removeprefix(SLICE_PREFIX): format_path((name,)) for name in columns if name.startswith(SLICE_PREFIX)
        }
        reasons = ("every field is a canonical column, and labels and judgments are spelled canonically",)
        return Detection(self.name, 0.98, reasons, FieldMapping(self.name, fields, {}, slices))

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Take canonical Arrow columns as they are; rows in any other form are checked one by one."""
        fast = _as_it_is(block, mapping)
        if fast is not None:
            return fast
        draft = Draft(block, mapping, file_name)
        for name in _TURNS:
            if draft.has(name):
                path = mapping.fields[name]
                draft.columns[name] = draft.check(name, path, draft.raw(name), _NO_TURNS, read_turns)
        for name in _TEXTS:
            if draft.has(name):
                draft.columns[name] = draft.read(name)
        add_label(draft, is_pair=False)
        add_judgments(draft, is_pair=False)
        draft.read_rest()
        return draft.finish()


def _is_canonical(record: Record) -> bool:
    judgments = record.get("judgments")
    if judgments is not None and not isinstance(judgments, list):
        return False
    if not all(isinstance(judgment, dict) and judgment.keys() <= _JUDGMENT for judgment in judgments or ()):
        return False
    labels = [record.get("label"), *(judgment.get("label") for judgment in judgments or ())]
    texts = (record.get("response_a"), record.get("response_b"))
    return all(label in (None, *LABELS) for label in labels) and all(isinstance(t, str | None) for t in texts)


def _as_it_is(block: Block, mapping: FieldMapping) -> Converted | None:
    table = block.table
    if table is None or mapping.values:
        return None
    entries = {**mapping.fields, **{SLICE_PREFIX + name: path for name, path in mapping.slices.items()}}
    columns: dict[str, Any] = {}
    for name, path in entries.items():
        if name.startswith("judgment."):
            continue
        source = path.strip('"')
        if source not in table.schema.names or not table.column(source).type.equals(arrow_type(name)):
            return None
        columns[name] = table.column(source)
    if not all(_are_labels(column) for column in _labels(columns)):
        return None
    columns["row"] = pa.array(block.rows, pa.int64())
    if block.offsets is not None:
        columns["offset"] = pa.array(block.offsets, pa.int64())
    return Converted(comparison_batch(columns), (), table.num_rows)


def _labels(columns: dict[str, Any]) -> list[pa.Array]:
    found = [columns["label"]] if "label" in columns else []
    return [*found, pc.list_flatten(columns["judgments"]).field("label")] if "judgments" in columns else found


def _are_labels(column: pa.Array) -> bool:
    known = pc.is_in(pc.drop_null(column), value_set=pa.array(LABELS[1:], pa.string()))
    return pc.all(known).as_py() is not False

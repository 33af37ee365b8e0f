"""The short way for flat rows in Arrow: whole columns are cast, no Python object is made for a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.read.block import Block, Converted, Reject
from audit.read.comparisons import comparison_batch
from audit.read.layouts.draft import RAW_CHARACTERS
from audit.read.mapping import FieldMapping
from audit.read.paths import Path, parse_paths
from audit.read.values import IDENTIFIER, NUMBER, TEXT, dump, kind_of
from audit.schema import SLICE_PREFIX

_TEXTS: Final = ("prompt", "response_a", "response_b")
_SIMPLE: Final = (TEXT, IDENTIFIER, NUMBER)


def convert_table(block: Block, mapping: FieldMapping, file_name: str) -> Converted | None:
    """Convert the block's table by whole columns, or return None when a row must be looked at one by one.

    It gives exactly what the records of the same table would give.
    """
    table = block.table
    if table is None or mapping.values or _TEXTS[1] not in mapping.fields:
        return None
    columns: dict[str, pa.Array] = {}
    for name, text in _entries(mapping).items():
        paths = parse_paths(text)
        column = _column(table, name, paths[0]) if len(paths) == 1 else None
        if column is None:
            return None
        columns[name] = column
    columns["label"] = pa.array(["a"]).take(pa.array(np.zeros(table.num_rows, dtype=np.int64)))
    columns["row"] = pa.array(block.rows, pa.int64())
    if block.offsets is not None:
        columns["offset"] = pa.array(block.offsets, pa.int64())
    rejects = _missing(block, mapping, columns, file_name)
    if rejects:
        bad = {reject.row for reject in rejects}
        keep = pa.array([i for i, row in enumerate(block.rows) if row not in bad], pa.int64())
        columns = {name: column.take(keep) for name, column in columns.items()}
    return Converted(comparison_batch(columns), rejects, table.num_rows - len(rejects))


def _entries(mapping: FieldMapping) -> Mapping[str, str]:
    return {**mapping.fields, **{SLICE_PREFIX + name: path for name, path in mapping.slices.items()}}


def _column(table: pa.RecordBatch, name: str, path: Path) -> pa.Array | None:
    """Return a canonical column, or None when its values need a look one by one."""
    if name in ("label", "judgments", "candidates", "system") or name.startswith(("judgment.", "position_")):
        return None
    if len(path) > 1 or table.schema.names.count(path[0]) != 1:
        return None
    source, kind = table.column(path[0]), kind_of(name)
    if _is_text(source.type) and kind is not NUMBER and (name in _TEXTS or kind.plain == TEXT.plain):
        return source.cast(pa.large_string() if name in (*_TEXTS, "evidence") else pa.string())
    if pa.types.is_integer(source.type) and kind is IDENTIFIER:
        return source.cast(pa.string())
    if kind is NUMBER and _is_finite_number(source):
        return source.cast(pa.float64())
    return None


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_finite_number(column: pa.Array) -> bool:
    if pa.types.is_integer(column.type):
        return True
    if not pa.types.is_floating(column.type):
        return False
    return pc.all(pc.is_finite(column), skip_nulls=True).as_py() is not False


def _missing(block: Block, mapping: FieldMapping, columns: Mapping[str, pa.Array], file_name: str) -> list[Reject]:
    """Return the rejects of rows without one of the texts, as `Draft.require` words them."""
    first: dict[int, str] = {}
    for name in _TEXTS:
        if name in mapping.fields and columns[name].null_count:
            empty: npt.NDArray[np.int64] = np.flatnonzero(pc.is_null(columns[name]).to_numpy(zero_copy_only=False))
            for index in empty.tolist():
                first.setdefault(index, name)
    if not first or block.table is None:
        return []
    order = sorted(first)
    records = block.table.take(pa.array(order, pa.int64())).to_pylist()
    return [
        Reject(
            file_name,
            block.rows[index],
            None if block.offsets is None else block.offsets[index],
            "missing_field",
            f"field {mapping.fields[first[index]]} (read as {first[index]}): absent or null",
            dump(record)[:RAW_CHARACTERS],
        )
        for index, record in zip(order, records, strict=True)
    ]

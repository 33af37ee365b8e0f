"""The one place where column lists become a canonical Arrow batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, TypeAlias

import pyarrow as pa

from audit.schema import COLUMNS, SLICE_PREFIX, TURNS, arrow_type

_ORDER: Final = {column.name: index for index, column in enumerate(COLUMNS)}

_TURN: Final = [field.name for field in TURNS.value_type]
Values: TypeAlias = Sequence[Any] | pa.Array


def comparison_batch(columns: Mapping[str, Values]) -> pa.RecordBatch:
    """Return canonical comparisons from columns of equal length, in the schema's column order, slices last.

    Args:
        columns: canonical or `slice.<name>` columns, as Arrow arrays or as Python values already of their kind.

    Raises:
        KeyError: for a column that is not canonical.
        pyarrow.ArrowInvalid: when lengths differ or a value does not fit: a fault of the layout, not of the data.
    """
    names = sorted(columns, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
    arrays = [_array(columns[name], arrow_type(name)) for name in names]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([pa.field(n, arrow_type(n)) for n in names]))


def is_slice(name: str) -> bool:
    """True for the name of a slice column."""
    return name.startswith(SLICE_PREFIX)


def _array(values: Values, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values if values.type.equals(kind) else values.cast(kind)
    return _turns(values) if kind is TURNS else pa.array(values, type=kind)


def _turns(values: Sequence[Any]) -> pa.Array:
    """Build a turns column from flat lists: several times faster than from nested dictionaries."""
    roles = [turn["role"] for turns in values if turns for turn in turns]
    contents = [turn["content"] for turns in values if turns for turn in turns]
    ends = accumulate((len(turns) if turns else 0 for turns in values), initial=0)
    flat = pa.StructArray.from_arrays([pa.array(roles, pa.string()), pa.array(contents, pa.string())], names=_TURN)
    absent = pa.array([turns is None for turns in values], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), flat, type=TURNS, mask=absent)

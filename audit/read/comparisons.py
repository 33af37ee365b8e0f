"""The one place where column lists become a canonical Arrow batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import pyarrow as pa

from audit.schema import COLUMNS, SLICE_PREFIX, arrow_type

_ORDER: Final = {column.name: index for index, column in enumerate(COLUMNS)}

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
    return pa.array(values, type=kind)

"""Which layout the rows are of, with a stated confidence; unsure detection stops and names both readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from audit.errors import LayoutError
from audit.read.block import Record
from audit.read.layouts.known import LAYOUTS, UNKNOWN, layout_named
from audit.read.layouts.layout import Detection
from audit.read.mapping import FieldMapping

LEAST_CONFIDENCE: Final = 0.5
"""A best reading below this is not taken."""
LEAST_DISTANCE: Final = 0.1
"""Two readings closer than this are told apart by the user, not by us."""

_NO_ROWS: Final = "the sample holds no well-formed row"
_EMPTY: Final = Detection(UNKNOWN.name, 1.0, (_NO_ROWS,), FieldMapping(UNKNOWN.name), ("zero comparisons",))


def detect(records: Sequence[Record], columns: Sequence[str] | None = None, layout: str | None = None) -> Detection:
    """Return the one reading of the sample rows that is clearly best.

    A sample without rows is of the layout `unknown`: zero comparisons.

    Args:
        records: the first rows of the file.
        columns: their top-level fields; None to take them from the records.
        layout: the only layout to try.

    Raises:
        LayoutError: when no layout fits well enough, or two fit about equally well.
        MappingError: when `layout` is not the name of one.
    """
    tried = LAYOUTS if layout is None else (layout_named(layout),)
    if not records:
        return _EMPTY
    found = readings(records, columns, tried)
    names = list(columns) if columns is not None else columns_of(records)
    if not found or (found[0].confidence < LEAST_CONFIDENCE and layout is None):
        raise LayoutError(
            "no known layout fits these rows",
            got="fields " + ", ".join(repr(name) for name in names[:30]) + _closest(found),
            expected=f"a layout with a confidence of at least {LEAST_CONFIDENCE}",
            fix="name the fields, as in --map prompt=FIELD --map chosen=FIELD --map rejected=FIELD, "
            "or say the layout with --layout, or pass a mapping file with --mapping",
        )
    if len(found) > 1 and found[0].confidence - found[1].confidence < LEAST_DISTANCE:
        raise LayoutError(
            "two readings of these rows are about equally good",
            got="; or ".join(_tell(reading) for reading in found[:2]),
            expected=f"one reading ahead of all others by {LEAST_DISTANCE}",
            fix=f"say which is meant: --layout {found[0].layout} or --layout {found[1].layout}",
        )
    return found[0]


def readings(
    records: Sequence[Record], columns: Sequence[str] | None = None, layouts: Sequence[object] = LAYOUTS
) -> list[Detection]:
    """Return every layout's reading of the sample, the most confident first, equals by name."""
    names = list(columns) if columns is not None else columns_of(records)
    found = [layout.detect(records, names) for layout in LAYOUTS if layout in layouts]
    return sorted((one for one in found if one is not None), key=lambda one: (-one.confidence, one.layout))


def columns_of(records: Sequence[Record]) -> list[str]:
    """Return the union of the records' top-level fields, in order of appearance."""
    return list(dict.fromkeys(name for record in records for name in record))


def _closest(found: Sequence[Detection]) -> str:
    return f"; closest: {_tell(found[0])}" if found else ""


def _tell(reading: Detection) -> str:
    return f"{reading.layout} (confidence {reading.confidence:.2f}: {', '.join(reading.reasons)})"

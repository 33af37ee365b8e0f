"""What passes between a container (how rows are stored) and a layout (what their fields mean)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

Record = dict[str, Any]
"""One source row as JSON-like Python values."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A source row that was set aside: where it is, why, and its raw text."""

    file: str
    row: int
    """1-based line of a text file, or 1-based row number of a columnar one."""
    offset: int | None
    """Byte offset of the line in the decompressed stream; None for columnar sources."""
    code: str
    """Stable reason code in snake case, such as `broken_json` or `wrong_type`; counted in the result."""
    reason: str
    """For people: field, column, got, expected."""
    raw: str
    """The row as it stood (invalid bytes as backslash escapes), cut at RAW_LIMIT characters by the writer."""


class RowFault(Exception):  # noqa: N818 - it marks a row, it is not an error of the program
    """Raised by a layout for one row that cannot be read; becomes a Reject."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one file that can be parsed on its own, in any thread."""

    index: int
    first_row: int
    """1-based number of its first row."""
    offset: int | None
    """Byte offset of its first line in the decompressed stream."""
    payload: Any
    """Whole lines as bytes, or what the container needs to read the rows (a row group and range, a table slice)."""


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one chunk, parsed. Exactly one of `records` and `table` is set.

    Law: read == len(rows) + len(rejects).
    """

    rows: Sequence[int]
    """1-based row number of each parsed row."""
    offsets: Sequence[int] | None
    read: int
    rejects: Sequence[Reject]
    records: list[Record] | None = None
    table: pa.RecordBatch | None = None

    def as_records(self) -> list[Record]:
        """Return the rows as Python records, whichever form they came in."""
        if self.records is not None:
            return self.records
        return [] if self.table is None else self.table.to_pylist()


class Container(Protocol):
    """One file (or table) of any storage format."""

    name: str
    """Name for messages, row references and the result: never an absolute path of this machine."""
    format: str
    """Storage format and compression, for people."""
    split: str | None
    """Split that the storage itself names (a saved Hugging Face dataset); None for most."""

    @property
    def size(self) -> int | None:
        """Bytes as stored; None for a table in memory."""
        ...

    def digest(self) -> str | None:
        """Return the hex SHA-256 of the bytes as stored; None for a table in memory."""
        ...

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first well-formed rows as records, for detection."""
        ...

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:
        """Yield the file's chunks in order; sequential, cheap, bounded memory.

        Args:
            fields: as for `parse`: lets columnar files decode only these; pass the same to both.
        """
        ...

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:
        """Parse one chunk; pure, callable from any thread.

        Args:
            chunk: one of `chunks()`.
            fields: the top-level source fields that the layout reads; None for all. A container may return more.
        """
        ...

    def fetch(self, rows: Sequence[int], offsets: Mapping[int, int] | None = None) -> dict[int, Record]:
        """Return the records of a few row numbers, for evidence; by seeking where the format allows it."""
        ...


@dataclass(frozen=True, slots=True)
class Converted:
    """Comparisons of one block, in the canonical columns that the layout records, and the rows it set aside.

    Law: every row of the block is in `batch` (once or, for layouts that hold several comparisons a row, several
    times) or in `rejects`, never in both and never in neither; a row that holds no comparison at all is a reject.
    """

    batch: pa.RecordBatch
    rejects: Sequence[Reject] = field(default=())
    accepted: int = 0
    """Source rows that gave at least one comparison."""

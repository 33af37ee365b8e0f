"""Parquet: a row group at a time where that is small, else in batches, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from audit.errors import InputError
from audit.read.block import Block, Chunk, Record
from audit.read.containers.columnar import Rows, arrow_file, block_of, pick, refuse_repeated, rows_per_chunk
from audit.read.containers.stored import StoredFile, first_records
from audit.read.source import Source

SMALL_GROUP_BYTES: Final = 1 << 24
"""Row groups up to this many uncompressed bytes are decoded by whoever parses the chunk."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """A whole row group, not yet read."""

    index: int


class ParquetTable(StoredFile):
    """A Parquet file.

    Args:
        source: the stored file.

    Raises:
        InputError: when the footer cannot be read.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source, "Parquet")
        with self._file() as file:
            self._metadata = file.metadata
            self._columns: list[str] = file.schema_arrow.names
        refuse_repeated(self.name, self._columns)

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first well-formed rows as records."""
        with self._file() as file:
            batches = file.iter_batches(most, use_threads=False)
            return first_records((block_of(self.name, 1, batch, None) for batch in batches), most)

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:
        """Return small row groups unread, and large ones as decoded batches of the wanted fields.

        Raises:
            InputError: when the file is corrupt, or changed meanwhile.
        """
        return self._watched(self._chunks(fields))

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:
        """Return the chunk's rows as a table of the wanted fields.

        Raises:
            InputError: when the file is corrupt.
        """
        payload = chunk.payload
        if isinstance(payload, RowGroup):
            with self._file() as file:
                table = file.read_row_group(payload.index, columns=self._wanted(fields), use_threads=False)
            batch = _one_batch(table)
        else:
            batch = payload.batch
        return block_of(self.name, chunk.first_row, batch, fields)

    def fetch(self, rows: Sequence[int], offsets: object = None) -> dict[int, Record]:  # noqa: ARG002 - has none
        """Return the records of a few row numbers, reading only their row groups."""
        found: dict[int, Record] = {}
        for group, first in enumerate(self._first_rows):
            here = [row for row in rows if first <= row < first + self._metadata.row_group(group).num_rows]
            if here:
                found.update(pick(self._group(group, None), here))
        return found

    def _chunks(self, fields: Sequence[str] | None) -> Iterator[Chunk]:
        index = 0
        for group, first in enumerate(self._first_rows):
            if self._metadata.row_group(group).total_byte_size <= SMALL_GROUP_BYTES:
                yield Chunk(index, first, None, RowGroup(group))
                index += 1
            else:
                for chunk in self._group(group, fields):
                    yield Chunk(index, chunk.first_row, None, chunk.payload)
                    index += 1

    def _group(self, group: int, fields: Sequence[str] | None) -> Iterator[Chunk]:
        about = self._metadata.row_group(group)
        step = rows_per_chunk(about.total_byte_size, about.num_rows)
        row = self._first_rows[group]
        with self._file() as file:
            for batch in file.iter_batches(step, row_groups=[group], columns=self._wanted(fields), use_threads=False):
                yield Chunk(0, row, None, Rows(batch))
                row += batch.num_rows

    @cached_property
    def _first_rows(self) -> list[int]:
        """1-based number of each row group's first row."""
        first, found = 1, []
        for group in range(self._metadata.num_row_groups):
            found.append(first)
            first += self._metadata.row_group(group).num_rows
        return found

    def _wanted(self, fields: Sequence[str] | None) -> list[str] | None:
        if fields is None:
            return None
        wanted = [name for name in self._columns if name in set(fields)]
        return wanted or self._columns[:1]  # a table without columns would forget how many rows it has

    @contextmanager
    def _file(self) -> Iterator[Any]:
        known = getattr(self, "_metadata", None)
        with arrow_file(self._source) as stored:
            try:
                yield pq.ParquetFile(
                    stored,
                    metadata=known,
                    buffer_size=1 << 20,  # with pre_buffer off: reads a page at a time, not a whole row group
                    pre_buffer=False,
                    page_checksum_verification=True,
                )
            except (pa.ArrowException, OSError) as fault:
                raise InputError(
                    f"corrupt or unreadable Parquet: {fault}",
                    where=self.name,
                    fix="check the transfer (size, checksum) or ask for the file anew",
                ) from fault


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)

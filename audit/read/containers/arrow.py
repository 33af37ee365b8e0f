"""Arrow IPC files and streams (Feather version 2, saved Hugging Face datasets), and tables in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa

from audit.errors import InputError
from audit.read.block import Block, Chunk, Record
from audit.read.containers.columnar import arrow_file, block_of, pick, refuse_repeated, row_chunks
from audit.read.containers.stored import StoredFile, first_records
from audit.read.source import Source

FILE_MAGIC: Final = b"ARROW1"
STREAM_MAGIC: Final = b"\xff\xff\xff\xff"
_STREAM_END: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class ArrowFile(StoredFile):
    """An Arrow IPC file or stream, read a record batch at a time.

    Args:
        source: the stored file.
        is_stream: stream format, as `datasets.save_to_disk` writes it.

    Raises:
        InputError: when the schema cannot be read, a stream has no end, or two columns have the same name.
    """

    def __init__(self, source: Source, *, is_stream: bool) -> None:
        super().__init__(source, "Arrow stream" if is_stream else "Arrow file")
        self._is_stream = is_stream
        if is_stream:
            self._check_end()
        self._columns = self._schema_names()
        refuse_repeated(self.name, self._columns)

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first well-formed rows as records."""
        return first_records((self.parse(chunk) for chunk in row_chunks(self._batches(None))), most)

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:
        """Return slices of the record batches, with the wanted fields only.

        Raises:
            InputError: when the file is corrupt, or changed meanwhile.
        """
        return self._watched(row_chunks(self._batches(fields)))

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:
        """Return the chunk's rows as a table of the wanted fields."""
        return block_of(self.name, chunk.first_row, chunk.payload.batch, fields)

    def fetch(self, rows: Sequence[int], offsets: Mapping[int, int] | None = None) -> dict[int, Record]:  # noqa: ARG002
        """Return the records of a few row numbers, reading up to the last of them."""
        return pick(row_chunks(self._batches(None)), rows)

    def _batches(self, fields: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        with self._corrupt_named(), arrow_file(self._source) as stored:
            options = self._options(fields)
            if self._is_stream:
                yield from pa.ipc.open_stream(stored, options=options)
            else:
                file = pa.ipc.open_file(stored, options=options)
                yield from (file.get_batch(index) for index in range(file.num_record_batches))

    def _options(self, fields: Sequence[str] | None) -> Any:
        if fields is None:
            return pa.ipc.IpcReadOptions(use_threads=False)
        wanted = [index for index, name in enumerate(self._columns) if name in set(fields)]
        # a batch without columns would forget how many rows it has
        return pa.ipc.IpcReadOptions(use_threads=False, included_fields=wanted or [0])

    def _schema_names(self) -> list[str]:
        with self._corrupt_named(), arrow_file(self._source) as stored:
            opened = pa.ipc.open_stream(stored) if self._is_stream else pa.ipc.open_file(stored)
            return list(opened.schema.names)

    def _check_end(self) -> None:
        """Refuse a stream without its end marker: cut between two batches, it would read as a shorter whole."""
        with self._source.open() as file:
            file.seek(-min(len(_STREAM_END), file.seek(0, os.SEEK_END)), os.SEEK_END)
            if file.read() != _STREAM_END:
                raise InputError(
                    "the Arrow stream has no end marker, so rows may be missing",
                    where=self.name,
                    fix="check the transfer, or write the file anew with a closed writer",
                )

    @contextmanager
    def _corrupt_named(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as fault:
            raise InputError(
                f"corrupt or unreadable {self.format}: {fault}",
                where=self.name,
                fix="check the transfer (size, checksum) or ask for the file anew",
            ) from fault


class MemoryTable:
    """An Arrow table in memory.

    Args:
        table: the rows.
        name: for messages and row references.

    Raises:
        InputError: when two columns have the same name.
    """

    format = "Arrow table in memory"
    split: str | None = None
    size: int | None = None

    def __init__(self, table: pa.Table, name: str) -> None:
        refuse_repeated(name, table.schema.names)
        self.name = name
        self._table = table

    def digest(self) -> str | None:
        """Return None: a table has no stored bytes."""
        return None

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first well-formed rows as records."""
        return first_records((self.parse(chunk) for chunk in self.chunks()), most)

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:  # noqa: ARG002 - slices cost nothing
        """Return slices of the table."""
        return row_chunks(self._table.to_batches())

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:
        """Return the chunk's rows as a table of the wanted fields."""
        return block_of(self.name, chunk.first_row, chunk.payload.batch, fields)

    def fetch(self, rows: Sequence[int], offsets: Mapping[int, int] | None = None) -> dict[int, Record]:  # noqa: ARG002
        """Return the records of a few row numbers."""
        return pick(self.chunks(), rows)

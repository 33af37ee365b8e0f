"""CSV and TSV after RFC 4180: quoted cells may span lines; every record is known by the line that it starts on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa

from audit.errors import InputError
from audit.read.block import Block, Chunk, Record, Reject, RowFault
from audit.read.containers.lines import MAX_LINE_BYTES
from audit.read.containers.records import Cells, RecordReader
from audit.read.containers.stored import StoredFile, first_records, with_codec
from audit.read.rejects import raw_text
from audit.read.source import Source
from audit.read.streams import PLAIN, blocks

CHUNK_ROWS: Final = 4096
CHUNK_BYTES: Final = 1 << 22
_DELIMITERS: Final = {"CSV": b",", "TSV": b"\t", "CSV (semicolons)": b";"}


class DelimitedFile(StoredFile):
    """A CSV or TSV file with a header line. All values are text; an empty cell is null.

    Args:
        source: the stored file.
        codec: its compression.
        kind: a key of the known delimiters: "CSV", "TSV" or "CSV (semicolons)".
        max_row_bytes: a longer record is set aside as `too_long`.

    Raises:
        InputError: when the header is missing, broken, or names a column twice.
    """

    def __init__(
        self, source: Source, codec: str = PLAIN, kind: str = "CSV", *, max_row_bytes: int = MAX_LINE_BYTES
    ) -> None:
        super().__init__(source, with_codec(kind, codec))
        self._codec = codec
        self._delimiter = _DELIMITERS[kind]
        self._max_row_bytes = max_row_bytes
        self._columns = self._header()

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first well-formed rows as records."""
        return first_records((self.parse(chunk) for chunk in self._chunks(most)), most)

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:  # noqa: ARG002 - records hold all fields
        """Return runs of records.

        Raises:
            InputError: when the file cannot be read, or changed meanwhile.
        """
        return self._watched(self._chunks(CHUNK_ROWS))

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:
        """Return the chunk's records as a table of text columns; ragged and broken ones are set aside."""
        good: list[Cells] = []
        texts: list[list[str | None]] = []
        rejects: list[Reject] = []
        for record in chunk.payload:
            try:
                texts.append(self._texts(record))
            except RowFault as fault:
                raw = raw_text(record.raw.rstrip(b"\r\n"))
                rejects.append(Reject(self.name, record.line, record.offset, fault.code, fault.reason, raw))
            else:
                good.append(record)
        wanted = [name for name in self._columns if fields is None or name in fields] or self._columns[:1]
        indexes = [self._columns.index(name) for name in wanted]
        columns = [pa.array([row[index] for row in texts], pa.large_string()) for index in indexes]
        return Block(
            rows=[record.line for record in good],
            offsets=[record.offset for record in good],
            read=len(good) + len(rejects),
            rejects=rejects,
            table=pa.RecordBatch.from_arrays(columns, names=wanted),
        )

    def fetch(self, rows: Sequence[int], offsets: Mapping[int, int] | None = None) -> dict[int, Record]:
        """Return the records of a few lines: by seeking in a plain file, else by reading up to the last of them."""
        found: dict[int, Record] = {}
        if self._codec == PLAIN and offsets is not None and all(row in offsets for row in rows):
            for row in rows:
                first = next(self._records(offsets[row]), None)
                if first is not None:
                    self._keep(found, row, first)
            return found
        wanted = set(rows)
        for record in self._records():
            if not wanted or record.line > max(wanted):
                break
            if record.line in wanted:
                self._keep(found, record.line, record)
        return found

    def _keep(self, found: dict[int, Record], row: int, record: Cells) -> None:
        try:
            found[row] = dict(zip(self._columns, self._texts(record), strict=True))
        except RowFault:
            return

    def _texts(self, record: Cells) -> list[str | None]:
        if record.fault is not None:
            raise record.fault
        if len(record.cells) != len(self._columns):
            reason = f"the row has {len(record.cells)} cells, the header names {len(self._columns)} columns"
            raise RowFault("ragged_row", reason)
        found: list[str | None] = []
        for name, cell in zip(self._columns, record.cells, strict=True):
            try:
                found.append(cell.decode("utf-8") or None)
            except UnicodeDecodeError as wrong:
                reason = f"byte {wrong.start + 1} of column {name!r} (0x{cell[wrong.start]:02x}) is not UTF-8"
                raise RowFault("invalid_utf8", reason) from None
        return found

    def _header(self) -> list[str]:
        first = next(self._records(is_header=True), None)
        if first is None or first.fault is not None:
            reason = first.fault.reason if first and first.fault else "no line could be read"
            raise InputError(f"the header is broken: {reason}", where=f"{self.name}:1", fix="mend the first line")
        names = [cell.decode("utf-8", "backslashreplace") for cell in first.cells]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(
                "the header names a column twice",
                where=f"{self.name}:1",
                got=", ".join(repr(name) for name in twice[:5]),
                expected="unique column names",
                fix="rename one of them",
            )
        return names

    def _chunks(self, most: int) -> Iterator[Chunk]:
        held: list[Cells] = []
        size = index = 0
        for record in self._records():
            held.append(record)
            size += len(record.raw)
            if len(held) >= most or size >= CHUNK_BYTES:
                yield Chunk(index, held[0].line, held[0].offset, tuple(held))
                index += 1
                held, size = [], 0
        if held:
            yield Chunk(index, held[0].line, held[0].offset, tuple(held))

    def _records(self, start: int = 0, *, is_header: bool = False) -> Iterator[Cells]:
        stream = blocks(self._source, self._codec, CHUNK_BYTES, start)
        records = iter(RecordReader(stream, self._delimiter, self._max_row_bytes, start))
        if start == 0 and not is_header:
            next(records, None)
        return records

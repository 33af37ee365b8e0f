"""JSON Lines, plain or compressed: one JSON object a line, streamed in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

from audit.read.block import Block, Chunk, Record, Reject, RowFault
from audit.read.containers.json_rows import key_marks, load, refuse_duplicates, strict
from audit.read.containers.lines import CHUNK_BYTES, MAX_LINE_BYTES, LineCutter, Unread, too_long
from audit.read.containers.scanner import scanned_block
from audit.read.containers.stored import StoredFile, first_records, with_codec
from audit.read.rejects import raw_text
from audit.read.source import Source
from audit.read.streams import PLAIN, blocks

BLANK: Final = b" \t\r"
"""What may surround a line without making it a row."""


class JsonLines(StoredFile):
    """A JSON Lines file.

    Args:
        source: the stored file.
        codec: its compression, as `streams.codec_of` names it.
        chunk_bytes: about how many decompressed bytes a chunk holds.
        max_line_bytes: a longer line is set aside as `too_long`.
    """

    def __init__(
        self,
        source: Source,
        codec: str = PLAIN,
        *,
        chunk_bytes: int = CHUNK_BYTES,
        max_line_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        super().__init__(source, with_codec("JSON Lines", codec))
        self._codec = codec
        self._chunk_bytes = chunk_bytes
        self._max_line_bytes = max_line_bytes

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first well-formed rows as records."""
        parsed = (self.parse(chunk) for chunk in self._chunks(min(self._chunk_bytes, 1 << 18)))
        return first_records(parsed, most)

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:  # noqa: ARG002 - lines hold all fields
        """Return runs of whole lines, about `chunk_bytes` each.

        Raises:
            InputError: when the file cannot be read, or changed meanwhile.
        """
        return self._watched(self._chunks(self._chunk_bytes))

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:
        """Parse the lines of one chunk; blank ones are counted as lines, not as rows.

        With `fields` given, the block is a table where every row has a text under each of them.
        """
        if isinstance(chunk.payload, Unread):
            return self._unread(chunk)
        scanned = scanned_block(self.name, chunk, fields, self._max_line_bytes) if fields else None
        return scanned or parse_lines(self.name, chunk, self._max_line_bytes)

    def fetch(self, rows: Sequence[int], offsets: Mapping[int, int] | None = None) -> dict[int, Record]:
        """Return the records of a few lines: by seeking in a plain file, else by reading up to the last of them."""
        if self._codec == PLAIN and offsets is not None and all(row in offsets for row in rows):
            return self._seek({row: offsets[row] for row in rows})
        wanted = set(rows)
        found: dict[int, Record] = {}
        for chunk in self._chunks(self._chunk_bytes):
            if not wanted or chunk.first_row > max(wanted):
                break
            if isinstance(chunk.payload, Unread):
                wanted.discard(chunk.first_row)
                continue
            lines = chunk.payload.data.removesuffix(b"\n").split(b"\n")  # else the next chunk's first row is here
            here = {row for row in wanted if chunk.first_row <= row < chunk.first_row + len(lines)}
            for row in here:
                found.update(self._one(row, lines[row - chunk.first_row]))
            wanted -= here
        return found

    def _seek(self, offsets: Mapping[int, int]) -> dict[int, Record]:
        found: dict[int, Record] = {}
        with self._source.open() as file:
            for row, offset in offsets.items():
                file.seek(offset)
                found.update(self._one(row, file.readline(self._max_line_bytes + 2).rstrip(b"\n")))
        return found

    def _one(self, row: int, line: bytes) -> dict[int, Record]:
        if len(line) > self._max_line_bytes:
            return {}
        try:
            return {row: strict(line)}
        except RowFault:
            return {}

    def _chunks(self, chunk_bytes: int) -> Iterator[Chunk]:
        cutter = LineCutter(chunk_bytes, self._max_line_bytes)
        return cutter.chunks(blocks(self._source, self._codec, chunk_bytes))


def parse_lines(file: str, chunk: Chunk, max_line_bytes: int = MAX_LINE_BYTES) -> Block:
    """Parse the lines of a chunk strictly; a faulty line becomes a reject with its line number and byte offset.

    Args:
        file: name for the rejects.
        chunk: payload `Lines`.
        max_line_bytes: a longer line is rejected as `too_long`.
    """
    data = chunk.payload.data
    lines = data.split(b"\n")
    last = len(lines) - 1
    records: list[Record] = []
    indexes: list[int] = []
    key_counts: list[int] = []
    faults: dict[int, RowFault] = {}
    for index, line in enumerate(lines):
        if not line or (line.isspace() and not line.strip(BLANK)):
            continue
        try:
            if len(line) > max_line_bytes:
                raise too_long(max_line_bytes)
            record, count = load(line, is_cut=chunk.payload.is_cut and index == last)
        except RowFault as fault:
            faults[index] = fault
        else:
            records.append(record)
            indexes.append(index)
            key_counts.append(count)
    if sum(key_counts) != key_marks(data):
        faults |= _duplicates(lines, indexes, key_counts)
        records = [record for record, index in zip(records, indexes, strict=True) if index not in faults]
        indexes = [index for index in indexes if index not in faults]
    starts = list(accumulate((len(line) + 1 for line in lines), initial=chunk.offset or 0))
    return Block(
        rows=[chunk.first_row + index for index in indexes],
        offsets=[starts[index] for index in indexes],
        read=len(indexes) + len(faults),
        rejects=[
            Reject(file, chunk.first_row + at, starts[at], fault.code, fault.reason, raw_text(lines[at]))
            for at, fault in sorted(faults.items())
        ],
        records=records,
    )


def _duplicates(lines: Sequence[bytes], indexes: Sequence[int], key_counts: Sequence[int]) -> dict[int, RowFault]:
    found: dict[int, RowFault] = {}
    for index, count in zip(indexes, key_counts, strict=True):
        try:
            refuse_duplicates(lines[index], count)
        except RowFault as fault:
            found[index] = fault
    return found

"""A JSON array of objects, or one object that holds lists of them, read element by element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from audit.read.block import Block, Chunk, Record, Reject, RowFault
from audit.read.containers.elements import Element, ElementReader
from audit.read.containers.json_rows import strict
from audit.read.containers.lines import CHUNK_BYTES, MAX_LINE_BYTES
from audit.read.containers.stored import StoredFile, first_records, with_codec
from audit.read.rejects import raw_text
from audit.read.source import Source
from audit.read.streams import PLAIN, blocks

CHUNK_ROWS: Final = 16_384


class JsonArray(StoredFile):
    """A file that is one JSON array (or an object around arrays); a row's number is that of its element, from 1.

    Args:
        source: the stored file.
        codec: its compression.
        block_bytes: bytes read at a time.
        max_row_bytes: a longer element is set aside as `too_long`.
    """

    def __init__(
        self,
        source: Source,
        codec: str = PLAIN,
        *,
        block_bytes: int = CHUNK_BYTES,
        max_row_bytes: int = MAX_LINE_BYTES,
    ) -> None:
        super().__init__(source, with_codec("JSON array", codec))
        self._codec = codec
        self._block_bytes = block_bytes
        self._max_row_bytes = max_row_bytes

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first well-formed rows as records."""
        return first_records((self.parse(chunk) for chunk in self._chunks(most)), most)

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:  # noqa: ARG002 - elements hold all fields
        """Return runs of elements.

        Raises:
            InputError: when the file cannot be read, or changed meanwhile.
        """
        return self._watched(self._chunks(CHUNK_ROWS))

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:  # noqa: ARG002 - returns all fields
        """Parse the elements of one chunk strictly."""
        records: list[Record] = []
        good: list[Element] = []
        rejects: list[Reject] = []
        for element in chunk.payload:
            try:
                records.append(_record(element))
            except RowFault as fault:
                raw = raw_text(element.raw)
                rejects.append(Reject(self.name, element.number, element.offset, fault.code, fault.reason, raw))
            else:
                good.append(element)
        return Block(
            rows=[element.number for element in good],
            offsets=[element.offset for element in good],
            read=len(good) + len(rejects),
            rejects=rejects,
            records=records,
        )

    def fetch(self, rows: Sequence[int], offsets: Mapping[int, int] | None = None) -> dict[int, Record]:
        """Return the records of a few elements: by seeking in a plain file, else by reading up to the last of them."""
        wanted = set(rows)
        if self._codec == PLAIN and offsets is not None and wanted <= offsets.keys():
            found = [Element(row, offsets[row], self._reader(offsets[row]).one()) for row in wanted]
        else:
            found = list(self._pick(wanted))
        records: dict[int, Record] = {}
        for element in found:
            try:
                records[element.number] = _record(element)
            except RowFault:
                continue
        return records

    def _pick(self, wanted: set[int]) -> Iterator[Element]:
        last = max(wanted, default=0)
        for element in self._reader():
            if element.number in wanted:
                yield element
            if element.number >= last:
                return

    def _chunks(self, most: int) -> Iterator[Chunk]:
        held: list[Element] = []
        size = index = 0
        for element in self._reader():
            held.append(element)
            size += len(element.raw)
            if len(held) >= most or size >= CHUNK_BYTES:
                yield Chunk(index, held[0].number, held[0].offset, tuple(held))
                index += 1
                held, size = [], 0
        if held:
            yield Chunk(index, held[0].number, held[0].offset, tuple(held))

    def _reader(self, start: int = 0) -> ElementReader:
        return ElementReader(blocks(self._source, self._codec, self._block_bytes, start), self._max_row_bytes, start)


def _record(element: Element) -> Record:
    if element.fault is not None:
        raise element.fault
    return strict(element.raw)

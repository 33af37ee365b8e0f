"""Decompressed blocks to chunks of whole lines, whose memory no line and no file can exceed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from audit.read.block import Chunk, Reject, RowFault
from audit.read.rejects import raw_text
from audit.read.streams import BrokenStream

CHUNK_BYTES: Final = 1 << 21
MAX_LINE_BYTES: Final = 1 << 25

BOM: Final = b"\xef\xbb\xbf"
_RAW_BYTES: Final = 1 << 17
"""Bytes kept of a line that is too long to hold."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines; `is_cut` when the last one is the file's last and lacks its line end."""

    data: bytes
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """One row that never was in memory as a whole: too long, or what a broken stream left of it."""

    code: str
    reason: str
    raw: str


def as_stored(chunk: Chunk, reject: Reject) -> Reject:
    """Return a reject with the very line that it is about, where the chunk holds lines; else as it is."""
    if not isinstance(chunk.payload, Lines) or reject.offset is None or chunk.offset is None:
        return reject
    start = reject.offset - chunk.offset
    end = chunk.payload.data.find(b"\n", start)
    line = chunk.payload.data[start : end if end >= 0 else None]
    return replace(reject, raw=raw_text(line.removesuffix(b"\r")))


def too_long(most: int) -> RowFault:
    """Return the fault of a row longer than `most` bytes."""
    return RowFault("too_long", f"the row is longer than the {most} bytes that are read")


class LineCutter:
    """Cuts a stream of blocks at line ends.

    Args:
        chunk_bytes: about how many bytes a chunk holds.
        max_line_bytes: a longer line becomes an `Unread` as soon as that is known.
    """

    def __init__(self, chunk_bytes: int = CHUNK_BYTES, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._chunk_bytes = chunk_bytes
        self._max_line_bytes = max_line_bytes
        self._parts: list[bytes] = []  # what is held, in order
        self._size = 0  # its bytes
        self._whole = 0  # those up to the last line end
        self._index = 0
        self._row = 1
        self._offset = 0
        self._head = b""  # start of the line that is being skipped
        self._skipped = 0  # its length so far; 0 when none is

    def chunks(self, blocks: Iterator[bytes]) -> Iterator[Chunk]:
        """Yield the chunks of a whole stream; a broken one ends in an `Unread` with the reason."""
        broken = None
        stream = iter(blocks)
        while True:
            try:
                block = next(stream, b"")
            except BrokenStream as fault:
                broken = fault
                break
            if not block:
                break
            yield from self._feed(block)
        yield from self._finish(broken)

    def _feed(self, block: bytes) -> Iterator[Chunk]:
        if self._skipped:
            end = block.find(b"\n") + 1
            self._skipped += end or len(block)
            if not end:
                return
            yield self._too_long()
            block = block[end:]
        self._hold(block)
        if self._size >= self._chunk_bytes:
            if self._whole:
                yield self._lines()
            if self._size > self._max_line_bytes:
                self._skipped, self._head = self._size, b"".join(self._parts)[:_RAW_BYTES]
                self._parts, self._size = [], 0

    def _hold(self, block: bytes) -> None:
        end = block.rfind(b"\n") + 1
        if end:
            self._whole = self._size + end
        self._parts.append(block)
        self._size += len(block)

    def _finish(self, broken: BrokenStream | None) -> Iterator[Chunk]:
        if self._skipped:
            yield self._too_long()
        if broken is None:
            self._whole = self._size
        if self._whole:
            yield self._lines()
        if broken is not None:
            lost = broken.fault()
            yield self._place(Unread(lost.code, lost.reason, raw_text(b"".join(self._parts))), 1, self._size)

    def _lines(self) -> Chunk:
        """Return the chunk of the first `_whole` bytes, in one copy where only the last part has to be cut."""
        last = self._parts.pop()
        cut = self._whole - (self._size - len(last))
        if cut > 0:
            data, rest = b"".join((*self._parts, memoryview(last)[:cut])), last[cut:]
        else:
            held = b"".join((*self._parts, last))
            data, rest = held[: self._whole], held[self._whole :]
        self._parts, self._size, self._whole = [rest], len(rest), 0
        length = len(data)
        data = data.removeprefix(BOM) if self._offset == 0 else data
        self._offset += length - len(data)
        is_cut = not data.endswith(b"\n")
        rows = int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")))  # twice as fast as bytes.count
        return self._place(Lines(data, is_cut), rows + is_cut, len(data))

    def _too_long(self) -> Chunk:
        skipped, self._skipped = self._skipped, 0
        fault = too_long(self._max_line_bytes)
        return self._place(Unread(fault.code, fault.reason, raw_text(self._head)), 1, skipped)

    def _place(self, payload: Lines | Unread, rows: int, length: int) -> Chunk:
        chunk = Chunk(self._index, self._row, self._offset, payload)
        self._index += 1
        self._row += rows
        self._offset += length
        return chunk

"""A bounded view of a decompressed stream: the row at hand, and as much after it as was needed so far."""

from __future__ import annotations

from collections.abc import Iterator

from audit.read.containers.lines import BOM
from audit.read.streams import BrokenStream


class Window:
    """Holds the bytes from the start of the row at hand.

    Args:
        blocks: the decompressed stream.
        start: byte offset in the file at which `blocks` begins.
    """

    def __init__(self, blocks: Iterator[bytes], start: int = 0) -> None:
        self.held = b""
        self.at = 0
        """Where in `held` the next row starts."""
        self.is_end = False
        """True when the stream has no more bytes than those held."""
        self.broken: BrokenStream | None = None
        """Why the stream ended, when it is damaged."""
        self._blocks = blocks
        self._start = start
        if self.has_more() and start == 0 and self.held.startswith(BOM):
            self.at = len(BOM)

    @property
    def offset(self) -> int:
        """Byte offset of the row at hand in the decompressed stream."""
        return self._start + self.at

    @property
    def ahead(self) -> int:
        """Bytes held from the start of the row at hand."""
        return len(self.held) - self.at

    def has_more(self) -> bool:
        """Hold at least one byte of the next row; False at the end of the stream."""
        while self.at == len(self.held) and not self.is_end:
            self.grow()
        return self.at < len(self.held)

    def grow(self) -> None:
        """Hold one more block, and nothing before the row at hand."""
        try:
            block = next(self._blocks, b"")
        except BrokenStream as fault:
            self.broken, block = fault, b""
        self.is_end = not block
        self.held = self.held[self.at :] + block
        self._start += self.at
        self.at = 0

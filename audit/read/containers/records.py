"""Decompressed blocks to CSV records with line number and byte offset, in bounded memory, however broken the quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from audit.read.block import RowFault
from audit.read.containers.lines import too_long
from audit.read.containers.window import Window

_QUOTED: Final = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')
_STOP: Final = re.compile(rb'["\r]')
_KEPT: Final = 1 << 17
"""Bytes kept of a faulty record."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One record as it stands in the file: its cells, or what is wrong with it."""

    line: int
    offset: int
    cells: Sequence[bytes]
    raw: bytes
    fault: RowFault | None = None


class RecordReader:
    """Splits a stream into records after RFC 4180.

    Of a record with broken quotes only its first line is given up: reading goes on with the next line, so that one
    stray quote cannot swallow the rows after it.

    Args:
        blocks: the decompressed stream.
        delimiter: one byte.
        max_bytes: a longer record is a fault.
        start: byte offset at which `blocks` begins.
    """

    def __init__(self, blocks: Iterator[bytes], delimiter: bytes, max_bytes: int, start: int = 0) -> None:
        comma = re.escape(delimiter)
        self._cell = re.compile(rb'(?:"([^"]*+(?:""[^"]*+)*+)"|([^"\r\n' + comma + rb"]*+))(" + comma + rb"|\r?\n|\Z)")
        self._max_bytes = max_bytes
        self._window = Window(blocks, start)
        self._line = 1

    def __iter__(self) -> Iterator[Cells]:
        """Yield every record but blank lines, which only count as lines."""
        while self._window.has_more():
            record = self._next()
            if record.fault is not None or record.raw.strip(b"\r\n"):
                yield record
        if self._window.broken is not None:
            yield Cells(self._line, self._window.offset, (), b"", self._window.broken.fault())

    def _next(self) -> Cells:
        while True:
            found = self._scan()
            if isinstance(found, RowFault):
                return self._give_up(found)
            if found is not None:
                return self._take(*found)
            if self._window.is_end:
                return self._give_up(RowFault("broken_quotes", "a quote is opened and never closed"))
            if self._window.ahead > self._max_bytes:
                return self._give_up(too_long(self._max_bytes))
            self._window.grow()

    def _scan(self) -> tuple[list[bytes], int] | RowFault | None:
        """Return the cells of the record at hand and where it ends; None when more bytes are needed to tell."""
        cells: list[bytes] = []
        at = self._window.at
        while True:
            match = self._cell.match(self._window.held, at)
            if match is None:
                return self._why_not(at, len(cells) + 1)
            quoted, simple, end = match.groups()
            cells.append(simple if quoted is None else quoted.replace(b'""', b'"'))
            at = match.end()
            if not end and not self._window.is_end:
                return None
            if end[:1] in (b"\r", b"\n", b""):
                return cells, at

    def _why_not(self, at: int, cell: int) -> RowFault | None:
        if self._window.held[at] == ord('"'):
            quoted = _QUOTED.match(self._window.held, at)
            rest = b"" if quoted is None else self._window.held[quoted.end() : quoted.end() + 2]
            if rest in (b"", b"\r") and not (self._window.is_end and rest):
                return None
            return RowFault("broken_quotes", f"cell {cell} goes on after its closing quote")
        stop = _STOP.search(self._window.held, at)
        if stop is None or (stop.end() == len(self._window.held) and stop[0] == b"\r" and not self._window.is_end):
            return None
        what = "a quote" if stop[0] == b'"' else "a lone carriage return"
        return RowFault("broken_quotes", f"cell {cell} is not quoted and holds {what}")

    def _take(self, cells: list[bytes], end: int) -> Cells:
        raw = self._window.held[self._window.at : end]
        if len(raw) > self._max_bytes:
            return self._give_up(too_long(self._max_bytes))
        fault = None
        if self._window.broken is not None and not raw.endswith(b"\n"):
            fault, self._window.broken = self._window.broken.fault(), None
        return self._passed(cells, raw, end, fault)

    def _give_up(self, fault: RowFault) -> Cells:
        """Set aside the line that the record at hand starts on."""
        while (end := self._window.held.find(b"\n", self._window.at) + 1) == 0 and not self._window.is_end:
            if self._window.ahead > self._max_bytes:
                return self._skip(fault)
            self._window.grow()
        end = end or len(self._window.held)
        return self._passed((), self._window.held[self._window.at : end], end, fault)

    def _skip(self, fault: RowFault) -> Cells:
        """Set aside a line that is too long to hold, keeping its start only."""
        line, offset = self._line, self._window.offset
        head = self._window.held[self._window.at : self._window.at + _KEPT]
        while (end := self._window.held.find(b"\n", self._window.at) + 1) == 0 and not self._window.is_end:
            self._window.at = len(self._window.held)
            self._window.grow()
        self._window.at = end or len(self._window.held)
        self._line += 1
        return Cells(line, offset, (), head, fault)

    def _passed(self, cells: Sequence[bytes], raw: bytes, end: int, fault: RowFault | None) -> Cells:
        record = Cells(self._line, self._window.offset, cells, raw, fault)
        self._line += raw.count(b"\n")
        self._window.at = end
        return record

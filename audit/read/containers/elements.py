"""Decompressed blocks to the elements of a JSON array, one at a time, in bounded memory, however broken some are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audit.read.block import RowFault
from audit.read.containers.brackets import value_end
from audit.read.containers.lines import too_long
from audit.read.containers.window import Window

_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
_END: Final = -1
_OVERLAP: Final = 1 << 12
_KEPT: Final = 1 << 17
"""Bytes kept of an element that is too long to hold."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its 1-based number among the file's rows, and its bytes, or what is wrong with its brackets."""

    number: int
    offset: int
    raw: bytes
    fault: RowFault | None = None


class ElementReader:
    """Splits `[{...}, ...]` into its elements, and `{"name": [{...}, ...], ...}` into those of its lists of objects.

    An element whose brackets do not match is set aside up to the next line that starts like the first element's; in a
    file without such lines nothing after it can be told apart, and the rest of the file is one fault.

    Args:
        blocks: the decompressed stream.
        max_bytes: a longer element is a fault.
        start: byte offset at which `blocks` begins.
    """

    def __init__(self, blocks: Iterator[bytes], max_bytes: int, start: int = 0) -> None:
        self._window = Window(blocks, start)
        self._max_bytes = max_bytes
        self._number = 0
        self._next_start: re.Pattern[bytes] | None = None
        self._is_lost = False
        self._space = b""  # the white space that was passed last

    def __iter__(self) -> Iterator[Element]:
        """Yield the elements of the file, which starts with `[` or `{`."""
        first = self._skip_space()
        self._window.at += 1
        yield from self._list(is_rows=True) if first == ord("[") else self._members()
        if not self._is_lost:
            yield from self._rest()

    def one(self) -> bytes:
        """Return the bytes of the element at the start of the stream, without looking at what follows it."""
        end = self._element_end()
        return b"" if isinstance(end, RowFault) else self._window.held[self._window.at : end]

    def _members(self) -> Iterator[Element]:
        while not self._is_lost:
            if self._skip_space() == ord("}"):
                self._window.at += 1
                return
            if not (self._skip_value() and self._skip_space() == ord(":")):
                yield self._lost_member()
                return
            self._window.at += 1
            if self._skip_space() == ord("["):
                self._window.at += 1
                yield from self._list(is_rows=self._skip_space() in (ord("{"), ord("]")))
            elif not self._skip_value():
                yield self._lost_member()
                return
            following = self._skip_space()
            if following == ord(","):
                self._window.at += 1
            elif following != ord("}"):
                yield self._lost_member()

    def _list(self, *, is_rows: bool) -> Iterator[Element]:
        """Yield the elements of the list whose opening bracket was just passed; none of them unless `is_rows`."""
        if self._skip_space() == ord("]"):
            self._window.at += 1
            return
        while not self._is_lost:
            first = self._skip_space()
            if first == _END:
                yield self._lost("the file ends before the array does", "truncated_array")
                return
            if first == ord("]"):
                yield self._numbered(b"]", RowFault("broken_json", "a comma stands before the end of the array"))
                self._window.at += 1
                return
            self._learn_layout()
            end = self._element_end()
            if isinstance(end, RowFault):
                yield self._give_up(end)
                continue
            if is_rows:
                yield self._element(end)
            self._window.at = end
            following = self._skip_space()
            if following in (ord(","), ord("]")):
                self._window.at += 1
            if following == ord("]"):
                return
            if following not in (ord(","), _END):
                yield self._give_up(RowFault("broken_json", "no comma stands after the element before"))

    def _element(self, end: int) -> Element:
        raw = self._window.held[self._window.at : end]
        fault = too_long(self._max_bytes) if len(raw) > self._max_bytes else None
        return self._numbered(raw if fault is None else raw[:_KEPT], fault)

    def _numbered(self, raw: bytes, fault: RowFault | None) -> Element:
        self._number += 1
        return Element(self._number, self._window.offset, raw, fault)

    def _element_end(self) -> int | RowFault:
        """Return where the value at hand ends, holding as much of the stream as that takes."""
        while self._window.has_more():
            end = value_end(self._window.held, self._window.at, is_whole=self._window.is_end)
            if end is not None:
                return end
            if self._window.is_end:
                break
            if self._window.ahead > self._max_bytes:
                return too_long(self._max_bytes)
            self._window.grow()
        return RowFault("truncated_array", "the file ends in the middle of a value")

    def _give_up(self, fault: RowFault) -> Element:
        """Set aside everything up to where the next element seems to start."""
        window, offset, kept = self._window, self._window.offset, b""
        while (found := self._find_start(0 if kept else 1)) is None and not window.is_end:
            if window.ahead > self._max_bytes:
                kept = kept or window.held[window.at : window.at + _KEPT]
                window.at = max(window.at, len(window.held) - _OVERLAP)
            window.grow()
        end = len(window.held) if found is None else found.end()
        raw = kept or window.held[window.at : end]
        if found is not None and not kept and fault.code in ("truncated_array", "too_long"):
            fault = RowFault("broken_json", "a bracket is opened and not closed before the next element")
        elif found is None:
            self._is_lost = True
            fault = self._tail_fault(fault)
        window.at = end
        self._number += 1
        return Element(self._number, offset, raw.rstrip(b" \t\r\n,"), fault)

    def _find_start(self, skipped: int) -> re.Match[bytes] | None:
        if self._next_start is None:
            return None
        return self._next_start.search(self._window.held, self._window.at + skipped)

    def _lost(self, reason: str, code: str = "broken_json") -> Element:
        """Set aside the rest of the file, unread but for its beginning."""
        self._is_lost = True
        while self._window.ahead < _KEPT and not self._window.is_end:
            self._window.grow()
        raw = self._window.held[self._window.at : self._window.at + _KEPT]
        return self._numbered(raw, self._tail_fault(RowFault(code, reason)))

    def _lost_member(self) -> Element:
        if self._window.has_more():
            return self._lost("the object around the rows is broken")
        return self._lost("the file ends before the object does", "truncated_array")

    def _tail_fault(self, fault: RowFault) -> RowFault:
        if self._window.is_end and self._window.broken is not None:
            return self._window.broken.fault()
        if fault.code == "truncated_array":
            return fault
        return RowFault(fault.code, f"{fault.reason}; the rest of the file cannot be told apart")

    def _rest(self) -> Iterator[Element]:
        if self._skip_space() != _END:
            yield self._lost("more follows after the end of the array")
        elif self._window.broken is not None:
            yield self._numbered(b"", self._window.broken.fault())

    def _skip_value(self) -> bool:
        end = self._element_end()
        if isinstance(end, RowFault):
            return False
        self._window.at = end
        return True

    def _skip_space(self) -> int:
        """Pass white space; return the byte after it, or _END."""
        window, passed = self._window, b""
        following = _END
        while following == _END and window.has_more():
            match = _SPACE.match(window.held, window.at)
            end = window.at if match is None else match.end()
            passed = (passed + window.held[window.at : end])[-_OVERLAP:]
            window.at = end
            if end < len(window.held):
                following = window.held[end]
        self._space = passed or self._space
        return following

    def _learn_layout(self) -> None:
        """Note how the line of the first element starts, to find the next one after a broken one."""
        if self._next_start is None:
            _, newline, indent = self._space.rpartition(b"\n")
            start = re.escape(indent) if newline else rb"[ \t]?"
            self._next_start = re.compile(rb"\n" + start + rb"(?=\{)")

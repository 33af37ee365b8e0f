"""Where a JSON value ends, told from its quotes and brackets alone."""

from __future__ import annotations

import re
from typing import Final

from audit.read.block import RowFault

_TOKEN: Final = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+("?)|[\[\]{}]', re.DOTALL)
_SCALAR: Final = re.compile(rb'[^\s,\[\]{}":]*+')
_OPENS: Final = {ord("}"): ord("{"), ord("]"): ord("[")}


def value_end(text: bytes, at: int, *, is_whole: bool) -> int | RowFault | None:
    """Return the index after the JSON value that starts at `at`, without checking more than quotes and brackets.

    Args:
        text: the bytes at hand.
        at: index of the value's first byte.
        is_whole: no more bytes follow `text`.

    Returns:
        The index; what is wrong with quotes or brackets; or None when the value goes on beyond `text`.
    """
    if text[at] in b'{["':
        return _nested_end(text, at)
    match = _SCALAR.match(text, at)
    end = at if match is None else match.end()
    if end == at:
        return RowFault("broken_json", f"a value is expected, not {chr(text[at])!r}")
    return None if end == len(text) and not is_whole else end


def _nested_end(text: bytes, at: int) -> int | RowFault | None:
    opened = bytearray()
    for token in _TOKEN.finditer(text, at):
        first = text[token.start()]
        if first == ord('"'):
            if not token[1]:
                is_cut = token.end() >= len(text) - 1  # the last byte may be a backslash whose pair is to come
                return None if is_cut else RowFault("broken_json", "a text is not closed on its line")
        elif first in b"{[":
            opened.append(first)
        elif opened.pop() != _OPENS[first]:
            return RowFault("broken_json", f"{chr(first)!r} closes a bracket of the other kind")
        if not opened:
            return token.end()
    return None

"""One JSON text to one record, strictly: what is wrong is named with a stable code and an exact place."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

import numpy as np
import orjson

from audit.read.block import Record, RowFault

MAX_DEPTH: Final = 200
"""Deepest nesting of objects and lists that is read; `{}` has depth 1."""

_TOKENS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_SPACED_COLON: Final = re.compile(rb'"[ \t\r\n]+:')


class _NotFiniteError(ValueError):
    pass


class _DuplicateKeyError(ValueError):
    pass


def strict(text: bytes, *, is_cut: bool = False) -> Record:
    r"""Parse one JSON object.

    Numbers beyond 64 bits become the nearest float. The escape `\u0000` is legal, a raw NUL byte is not.

    Args:
        text: the bytes of one row.
        is_cut: the row is a file's last and lacks its line end, so a missing end means truncation.

    Raises:
        RowFault: with one of the codes invalid_utf8, too_deep, truncated_last_line, broken_json, not_finite,
            lone_surrogate, two_objects, not_an_object, duplicate_keys.
    """
    record, written = load(text, is_cut=is_cut)
    refuse_duplicates(text, written)
    return record


def load(text: bytes, *, is_cut: bool = False) -> tuple[Record, int]:
    """Do as `strict`, but let duplicate keys pass; return the record and its number of keys, nested ones included."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        _explain(text, fault, is_cut=is_cut)
    if type(value) is not dict:
        raise _not_an_object(value)
    return value, keys(value)


def refuse_duplicates(text: bytes, count: int) -> None:
    """Raise the RowFault duplicate_keys when valid JSON writes more keys than the `count` that its record has.

    Every key is a quote and a colon in the text, so an equal number of those proves that no key was lost. More of
    them (a text may hold the pair behind a backslash) calls for the slow parser.
    """
    if _SPACED_COLON.search(text) is None and text.count(b'":') == count:
        return
    try:
        json.loads(text, object_pairs_hook=_pairs, parse_int=float)
    except _DuplicateKeyError as fault:
        raise RowFault("duplicate_keys", str(fault)) from None


def keys(value: Any, depth: int = 1) -> int:
    """Return the number of keys in a record, nested objects included.

    Raises:
        RowFault: too_deep.
    """
    if depth > MAX_DEPTH:
        raise too_deep()
    found = 0
    inner = value
    if type(value) is dict:
        found = len(value)
        inner = value.values()
    for item in inner:
        kind = type(item)
        if kind is dict or kind is list:
            found += keys(item, depth + 1)
    return found


def key_marks(data: bytes) -> int:
    """Return how often a quote and a colon meet in many lines at once, as `refuse_duplicates` counts them.

    -1 where some colon follows white space, so that the number proves nothing.
    """
    codes = np.frombuffer(data, dtype=np.uint8)
    colons = np.flatnonzero(codes == ord(":"))
    before = codes[colons - 1]
    return -1 if bool((before <= ord(" ")).any()) else int(np.count_nonzero(before == ord('"')))


def too_deep() -> RowFault:
    """Return the fault of a row nested deeper than MAX_DEPTH."""
    return RowFault("too_deep", f"objects and lists are nested deeper than {MAX_DEPTH}")


def _not_an_object(value: Any) -> RowFault:
    names = {list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number", type(None): "null"}
    return RowFault("not_an_object", f"the row is {names[type(value)]}, expected an object")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        again = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _DuplicateKeyError(f"the key {again[:100]!r} appears twice in one object")
    return made


def _explain(text: bytes, fault: orjson.JSONDecodeError, *, is_cut: bool) -> NoReturn:
    """Raise the RowFault for a text that the parser refused."""
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as wrong:
        if is_cut and wrong.reason == "unexpected end of data":
            raise _truncated(len(text.decode("utf-8", "ignore")) + 1) from None
        reason = f"byte {wrong.start + 1} of the row (0x{text[wrong.start]:02x}) is not UTF-8: {wrong.reason}"
        raise RowFault("invalid_utf8", reason) from None
    if _depth(text) > MAX_DEPTH:
        raise too_deep()
    if is_cut and fault.pos >= len(decoded.rstrip()):
        raise _truncated(fault.pos + 1)
    _explain_text(decoded, fault)


def _explain_text(text: str, fault: orjson.JSONDecodeError) -> NoReturn:
    place = f"at column {fault.colno}" if fault.lineno == 1 else f"at line {fault.lineno}, column {fault.colno}"
    start = len(text) - len(text.lstrip(" \t\r\n"))
    try:
        value, end = _LENIENT.raw_decode(text, start)
    except _NotFiniteError as wrong:
        raise RowFault("not_finite", f"{wrong} {place} is not a finite number") from None
    except json.JSONDecodeError:
        raise RowFault("broken_json", f"{fault.msg} {place}") from None
    rest = text[end:].strip(" \t\r\n")
    if rest.startswith("{") and type(value) is dict:
        raise RowFault("two_objects", f"a second object starts at column {text.index('{', end) + 1}")
    if not rest and "\\u" in text:
        raise RowFault("lone_surrogate", f"half of a surrogate pair is escaped {place}")
    raise RowFault("broken_json", f"{fault.msg} {place}")


def _truncated(column: int) -> RowFault:
    return RowFault("truncated_last_line", f"the file ends in the middle of a row, at column {column}")


def _depth(text: bytes) -> int:
    """Return the deepest nesting of a text that may be broken."""
    depth = deepest = 0
    for match in _TOKENS.finditer(text):
        first = text[match.start()]
        if first in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif first in b"}]":
            depth -= 1
    return deepest


def _no_constant(name: str) -> NoReturn:
    raise _NotFiniteError(name)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _NotFiniteError(digits[:40])
    return value


_LENIENT: Final = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, parse_int=_finite)

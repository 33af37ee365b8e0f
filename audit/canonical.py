"""JSON in exactly one form (RFC 8785, JCS), so that two writers of equal documents get equal digests.

Covers the values that this project's documents hold: objects, arrays, strings, booleans, null, integers of at most 53
bits and finite floats. Floats are written by the shortest-digits rule of ECMAScript 2019 section 6.1.6.1 (Number to
String), as RFC 8785 section 3.2.2.3 asks; Python's `repr` finds the same digits, only the layout differs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring  # what json.dumps does, without its way there
from typing import Final

LARGEST_INTEGER: Final = 2**53 - 1
"""Beyond it a reader that keeps numbers as doubles sees another integer (RFC 7493 section 2.2)."""


def canonical_json(value: object) -> bytes:
    """Return the RFC 8785 form of `value` as UTF-8.

    Raises:
        ValueError: for NaN, infinities, integers beyond 53 bits, lone surrogates, keys that are no strings, and types
            that JSON has not.
    """
    return _text(value).encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, which is a ValueError


def digest(value: object) -> str:
    """Return "sha256:" and the hex SHA-256 of the canonical form of `value`.

    Raises:
        ValueError: as `canonical_json`.
    """
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()


def _text(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return encode_basestring(value)
        case int() | float():
            return number(value)
        case dict() | Mapping():  # a dict and a list are known at once, others only by their abstract class
            return "{" + ",".join([f"{_key(key)}:{_text(value[key])}" for key in sorted(value, key=_utf16)]) + "}"
        case list() | Sequence() if not isinstance(value, bytes | bytearray):
            return "[" + ",".join([_text(item) for item in value]) + "]"
        case _:
            raise ValueError(f"JSON has no {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"an object's key must be a string, not {key!r}")
    return encode_basestring(key)


def _utf16(key: object) -> bytes:
    """Order of keys: UTF-16 code units (RFC 8785 section 3.2.3), which differs from code points beyond the BMP."""
    return key.encode("utf-16-be") if isinstance(key, str) else b""


def number(value: float) -> str:
    """Return a finite number as ECMAScript writes it: 1.0 as 1, 1e21 as 1e+21, 1e-7 as 1e-7.

    Raises:
        ValueError: for NaN, infinities, and integers beyond 53 bits.
    """
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"{value} does not fit the 53 bits that every JSON reader keeps")
        return str(int(value))
    if not math.isfinite(value):
        raise ValueError(f"JSON has no {value}")
    if value == 0:
        return "0"
    sign, places, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    digits = "".join(map(str, places))
    point = len(digits) + int(exponent)  # where the decimal point stands, counted from the first digit
    return ("-" if sign else "") + _place(digits, point)


def _place(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"

"""JSON from strangers: one value, no duplicate keys, bounded size and depth, only what every reader reads alike."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from audit.canonical import LARGEST_INTEGER
from audit.errors import VerificationError

MOST_BYTES: Final = 16 << 20
MOST_DEPTH: Final = 32


def parse_strict(data: bytes, where: str, *, most_bytes: int = MOST_BYTES) -> Any:
    """Return the JSON value that `data` holds.

    Args:
        data: UTF-8 without a byte order mark.
        where: name for messages.
        most_bytes: longest text accepted.

    Raises:
        VerificationError: for duplicate keys, NaN, infinities, integers beyond 53 bits, lone surrogates, more than
            `MOST_DEPTH` levels, too many bytes, and whatever is no JSON.
    """
    if len(data) > most_bytes:
        raise VerificationError(
            "more bytes than accepted", where=where, got=str(len(data)), expected=f"at most {most_bytes}"
        )
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except RecursionError:
        raise _too_deep(where) from None
    except ValueError as fault:
        raise VerificationError("no strict JSON", where=where, got=_short(fault)) from None
    _check(value, where)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _constant(text: str) -> float:
    raise ValueError(f"JSON has no {text}")


def _integer(text: str) -> int:
    number = int(text) if len(text) <= 20 else LARGEST_INTEGER + 1
    if abs(number) > LARGEST_INTEGER:
        raise ValueError("an integer beyond 53 bits")
    return number


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond the range of doubles")
    return number


def _check(value: Any, where: str) -> None:
    """Refuse deep nesting and lone surrogates, level by level, so that no depth can overflow the stack."""
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        if not level:
            return
        texts = [t for item in level for t in (item if isinstance(item, dict) else (item,)) if isinstance(t, str)]
        try:
            "".join(texts).encode("utf-8")
        except UnicodeEncodeError:
            raise VerificationError("a text holds a lone surrogate", where=where) from None
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    if level:
        raise _too_deep(where)


def _too_deep(where: str) -> VerificationError:
    return VerificationError("nested too deeply", where=where, expected=f"at most {MOST_DEPTH} levels")


def _short(fault: Exception) -> str:
    """Return the parser's complaint without the text that it complains about."""
    return fault.msg if isinstance(fault, json.JSONDecodeError) else str(fault).split(":")[0][:100]

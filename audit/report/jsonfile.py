"""`result.json`: the one canonical output, written so that equal results are equal bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Final

from audit.report.document import Document
from audit.report.safe import encodable

DIGITS: Final = 10
"""Significant digits kept of a float: below what the statistics can tell, above what platforms disagree on."""


def dump_document(document: Document) -> bytes:
    """Return the document as UTF-8 JSON: declared key order, two spaces, rounded floats, one newline at the end.

    Raises:
        ValueError: for NaN or an infinity, naming where it stands.
        TypeError: for a value that JSON has no form for, naming where it stands.
    """
    return (_text(document, "result", "\n") + "\n").encode()


def _text(value: object, where: str, line: str) -> str:
    """The form of `json.dumps` with an indent of two, in a third of its time; `line` begins a line at this depth."""
    if isinstance(value, str):
        return encode_basestring(encodable(value))
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(_rounded(value, where))
    deeper = line + "  "
    if isinstance(value, dict | Mapping):  # a dict is known at once, a Mapping only by its abstract class
        items = {encodable(str(key)): _text(item, f"{where}.{key}", deeper) for key, item in value.items()}
        inside = f",{deeper}".join([f"{encode_basestring(key)}: {text}" for key, text in items.items()])
        return f"{{{deeper}{inside}{line}}}" if items else "{}"
    if isinstance(value, list | tuple):
        inside = f",{deeper}".join([_text(item, f"{where}[{index}]", deeper) for index, item in enumerate(value)])
        return f"[{deeper}{inside}{line}]" if value else "[]"
    raise TypeError(f"{where} is a {type(value).__name__}, which JSON has no form for")


def _rounded(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{where} is {value}; a result holds finite numbers or null")
    return float(f"{value:.{DIGITS}g}") + 0.0  # + 0.0 turns -0.0 into 0.0

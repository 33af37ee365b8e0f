"""`result.json`: the one canonical output, written so that equal results are equal bytes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

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
    return (json.dumps(_canonical(document, "result"), ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def _canonical(value: object, where: str) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _rounded(value, where)
    if isinstance(value, Mapping):
        return {encodable(str(key)): _canonical(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise TypeError(f"{where} is a {type(value).__name__}, which JSON has no form for")


def _rounded(value: float, where: str) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{where} is {value}; a result holds finite numbers or null")
    return float(f"{value:.{DIGITS}g}") + 0.0  # + 0.0 turns -0.0 into 0.0

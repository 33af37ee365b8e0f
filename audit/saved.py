"""A result that was written before, read back strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from audit.certificate.strict_json import parse_strict
from audit.errors import UsageError, VerificationError
from audit.files import read_file
from audit.result import SCHEMA

MOST_BYTES: Final = 1 << 30


def read_result(path: Path) -> dict[str, Any]:
    """Return the document of a `result.json`, or of the folder that holds one.

    Raises:
        UsageError: the file cannot be read, is no strict JSON, or no result.
    """
    path = path / "result.json" if path.is_dir() else path
    try:
        document = parse_strict(read_file(path, "the result"), str(path), most_bytes=MOST_BYTES)
    except VerificationError as fault:
        raise UsageError(fault.what, where=fault.where, got=fault.got) from fault
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError("not a result of this tool", where=str(path), expected=f"result.json with schema {SCHEMA}")
    return document


def read_current(path: Path) -> dict[str, Any]:
    """Return a saved result that tells what decides and what is waived, as this version writes it.

    Raises:
        UsageError: as `read_result`, or of an older version.
    """
    document = read_result(path)
    rules = document.get("rules")
    if not isinstance(rules, list) or not all(isinstance(r, dict) and "decides" in r and "waiver" in r for r in rules):
        raise UsageError("a result of an older version", where=str(path), fix="audit the data again with this version")
    return document

"""Reads reviewers' verdicts back, from any of the formats that worklists are written in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from audit.errors import InputError
from audit.review.worklist import ANSWERS

MOST_CELL: Final = 50_000_000
"""Characters of one CSV cell."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one comparison."""

    one: str | None
    """The first reviewer's answer, or the only one's."""
    two: str | None
    adjudicated: str | None

    @property
    def final(self) -> str | None:
        """The answer that counts; None while there is none, or while two reviewers differ and nobody settled it."""
        if self.adjudicated is not None:
            return self.adjudicated
        if self.one is None or self.two is None:
            return self.one or self.two
        return self.one if self.one == self.two else None


def read_verdicts(content: bytes, name: str) -> dict[str, Verdict]:
    """Return the verdicts by id, as far as there are any.

    Args:
        content: CSV, JSON Lines, an export of Label Studio (JSON) or of Argilla (JSON or JSON Lines).
        name: of the file, for errors.

    Raises:
        InputError: neither format, an unknown answer, or one id with two lines that differ.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError("not UTF-8", where=name, got=str(fault)) from fault
    found: dict[str, Verdict] = {}
    for where, entry in _entries(text, name):
        identity, answers = _answers(entry)
        if identity is None:
            raise InputError("a record without an id", where=where, fix="keep the column `id` of the worklist")
        verdict = Verdict(*(_answer(answer, where) for answer in answers))
        if found.setdefault(identity, verdict) != verdict:
            raise InputError("one comparison with two verdicts", where=where, got=identity)
    return found


def _entries(text: str, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    head = text.lstrip()[:1]
    if head not in ("[", "{"):
        csv.field_size_limit(MOST_CELL)
        for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=1):
            yield f"{name}, row {number}", row
        return
    try:
        whole = json.loads(text) if head == "[" else [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as fault:
        raise InputError("neither CSV, JSON nor JSON Lines", where=name, got=str(fault)[:200]) from fault
    for number, record in enumerate(whole, start=1):
        if not isinstance(record, dict):
            raise InputError("a record that is no object", where=f"{name}, record {number}")
        yield f"{name}, record {number}", record


def _answers(entry: Mapping[str, Any]) -> tuple[str | None, tuple[Any, Any, Any]]:
    """The id, and the answers of the first and second reviewer and of who settles differences."""
    if isinstance(entry.get("data"), dict):  # Label Studio
        said = [_choice(one) for one in entry.get("annotations") or () if not one.get("was_cancelled")]
        return _identity(entry["data"]), _two(said)
    if isinstance(entry.get("responses"), dict):  # Argilla
        given = entry["responses"].get("verdict") or ()
        said = [one.get("value") for one in given if one.get("status", "submitted") == "submitted"]
        return _identity(entry), _two(said)
    return _identity(entry), (entry.get("verdict"), entry.get("verdict_2"), entry.get("adjudicated"))


def _identity(entry: Mapping[str, Any]) -> str | None:
    value = entry.get("id") or (entry.get("metadata") or {}).get("id")
    return str(value) if value else None


def _choice(annotation: Mapping[str, Any]) -> Any:
    for result in annotation.get("result") or ():
        choices = (result.get("value") or {}).get("choices")
        if result.get("from_name") == "verdict" and choices:
            return choices[0]
    return None


def _two(said: list[Any]) -> tuple[Any, Any, Any]:
    first, second, third = [*said[:3], None, None, None][:3]
    return first, second, third


def _answer(value: Any, where: str) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    answer = value.strip().casefold() if isinstance(value, str) else value
    if answer not in ANSWERS:
        raise InputError("no such verdict", where=where, got=repr(value)[:80], expected=", ".join(ANSWERS))
    return None if answer == "skip" else str(answer)

"""Which row is meant: a line of the data, or a row that someone hands in, brought to its canonical form."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import Any, Final

from audit.certificate.row_form import row_form
from audit.certificate.row_shape import check_form
from audit.errors import InputError
from audit.read.block import Block, Record, RowFault
from audit.read.containers.json_rows import strict
from audit.reading import Reading

_ROW: Final = r"(?P<file>.+):(?P<row>[1-9][0-9]{0,17})"
_REFERENCES: Final = (re.compile(_ROW, re.DOTALL), re.compile(_ROW + r":(?P<part>[0-9]{1,9})", re.DOTALL))

Form = list[Any]


def referenced_row(reference: str, readings: Sequence[Reading]) -> Form | None:
    """Return the canonical form of the row that `FILE:LINE` or `FILE:LINE:PART` names, None when it is no reference.

    Args:
        reference: FILE is a name as in the result; LINE counts from 1; PART, from 0, where a line holds several
            comparisons.
        readings: the dataset.

    Raises:
        InputError: there is no such row, or it holds several comparisons and PART is missing.
    """
    by_name = {reading.name: reading for reading in readings}
    matches = [match.groupdict() for pattern in _REFERENCES if (match := pattern.fullmatch(reference))]
    found = next((match for match in matches if _name(match["file"], by_name) is not None), None)
    if found is None:
        return None
    row, reading = int(found["row"]), by_name[_name(found["file"], by_name) or ""]
    record = reading.container.fetch([row], None).get(row)
    if record is None:
        raise InputError("there is no readable row", where=reference, fix="see rejects.jsonl of `audit run`")
    return _one(_forms(record, row, reading), found.get("part"), reference)


def _name(file: str, names: Collection[str]) -> str | None:
    """Return the name of a file in the result: as given, or the only one that a path as the user sees it ends in."""
    if file in names:
        return file
    parts = PurePath(file).parts
    ends = [name for name in names if parts[-len(PurePath(name).parts) :] == PurePath(name).parts]
    return ends[0] if len(ends) == 1 else None


def given_row(text: bytes, readings: Sequence[Reading]) -> Form:
    """Return the canonical form of a row given as JSON: an object as the data's files hold it, or the form itself.

    Raises:
        InputError: it is no JSON, no canonical form, or none of the data's layouts reads it.
    """
    if text.lstrip().startswith(b"["):
        return _canonical(text)
    try:
        record = strict(text.strip())
    except RowFault as fault:
        raise InputError(f"the row cannot be read: {fault.reason}", where="row") from fault
    faults: list[InputError] = []
    for reading in readings:
        try:
            return _one(_forms(record, 1, reading), None, "row")
        except InputError as fault:
            faults.append(fault)
    raise faults[0]


def _canonical(text: bytes) -> Form:
    try:
        form = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise InputError(f"the row is no JSON: {fault}", where="row") from fault
    problem = check_form(form)
    if problem:
        raise InputError(problem, where="row", fix="give a row as the data's files hold it, or as docs/digests.md says")
    return list(form)


def _forms(record: Record, row: int, reading: Reading) -> list[Form]:
    converted = reading.convert(Block([row], None, 1, (), [record]))
    if converted.rejects:
        reject = converted.rejects[0]
        raise InputError(f"the row was set aside: {reject.reason}", where=f"{reading.name}:{row}", got=reject.code)
    return [row_form(cells) for cells in converted.batch.to_pylist()]


def _one(forms: list[Form], part: str | None, where: str) -> Form:
    if part is None and len(forms) == 1:
        return forms[0]
    if part is None or int(part) >= len(forms):
        expected = f"FILE:LINE:PART with PART from 0 to {len(forms) - 1}"
        raise InputError(f"the row holds {len(forms)} comparisons", where=where, expected=expected)
    return forms[int(part)]

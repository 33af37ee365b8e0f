"""What reviewers get, and what the buyer keeps: a blind worklist in several formats, and the key to it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from audit.errors import UsageError
from audit.evidence import read_again
from audit.reading import Reading
from audit.review.draw import Draw, Drawn

KEY_SCHEMA: Final = "https://dpo-audit.dev/review-key/v1"
QUEUE_SCHEMA: Final = "https://dpo-audit.dev/review-queue/v1"
"""Of a key whose rows were chosen by doubt: no bounds may be taken from it."""
CONTEXT: Final = ("prompt", "evidence", "policy", "locale")
SIDES: Final = ("response_a", "response_b")
ANSWERS: Final = ("first", "second", "equal", "neither", "skip")
"""What a reviewer may say: which response is better, both alike, none acceptable, or cannot tell."""
VERDICTS: Final = ("verdict", "verdict_2", "adjudicated", "note")
"""Columns to fill: of one reviewer, of a second one, of who settles their differences, and anything to say."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these runs in a spreadsheet: it gets an apostrophe in front."""

Item = dict[str, str]


def items(draw: Draw, readings: Sequence[Reading]) -> list[Item]:
    """Return the texts of the drawn comparisons as reviewers see them: no label, no model, sides in random order.

    Raises:
        InputError: a file cannot be read again.
    """
    cells: dict[tuple[str, int, int], Mapping[str, Any]] = {}
    for reading in readings:
        rows = sorted({one.row for one in draw.drawn if one.file == reading.name})
        if rows:
            found = read_again(reading, rows, None, (*CONTEXT, *SIDES))
            cells |= {(reading.name, row, part): one for (row, part), one in found.items()}
    return [_item(number, one, cells[one.file, one.row, one.part]) for number, one in enumerate(draw.drawn, start=1)]


def _item(number: int, drawn: Drawn, cells: Mapping[str, Any]) -> Item:
    first, second = SIDES if drawn.is_a_first else SIDES[::-1]
    return {
        "id": f"{number:05d}-{drawn.leaf[:12]}",
        **{name: _text(cells[name]) for name in CONTEXT if cells.get(name) is not None},
        "first": _text(cells.get(first)),
        "second": _text(cells.get(second)),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def key_of(draw: Draw, items: Sequence[Item], schema: str = KEY_SCHEMA) -> dict[str, Any]:
    """Return what the buyer keeps from the reviewers: which response the delivery prefers, and where each row is."""
    return {
        "schema": schema,
        "set_root": draw.set_root,
        "nonce": draw.nonce,
        "by": draw.by,
        "size": draw.size,
        "lots": dict(draw.lots),
        "rows": [
            {
                "id": item["id"],
                "leaf": one.leaf,
                "file": one.file,
                "row": one.row,
                "part": one.part,
                "stratum": one.stratum,
                "preferred": "first" if (one.label == "a") == one.is_a_first else "second",
            }
            for one, item in zip(draw.drawn, items, strict=True)
        ],
    }


def as_csv(items: Sequence[Item]) -> bytes:
    """Return the worklist for a spreadsheet, with empty columns for verdicts; no cell runs as a formula."""
    names = [name for name in ("id", *CONTEXT, "first", "second") if any(name in item for item in items)]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*names, *VERDICTS])
    for item in items:
        writer.writerow([*(_guarded(item.get(name, "")) for name in names), *("" for _ in VERDICTS)])
    return ("\ufeff" + out.getvalue()).encode("utf-8", "replace")  # the mark tells spreadsheets that this is UTF-8


def _guarded(cell: str) -> str:
    text = cell.replace("\0", "\ufffd")
    return f"'{text}" if text.startswith(FORMULA) else text


def as_jsonl(items: Sequence[Item]) -> bytes:
    """Return the worklist as JSON Lines, one object a comparison with empty verdicts."""
    return _lines([{**item, **dict.fromkeys(VERDICTS)} for item in items])


def as_argilla(items: Sequence[Item]) -> bytes:
    """Return records for Argilla 2 (`Dataset.records.log`), JSON Lines: `fields`, and `metadata` with the id."""
    return _lines(
        [
            {"id": item["id"], "fields": {k: v for k, v in item.items() if k != "id"}, "metadata": {"id": item["id"]}}
            for item in items
        ]
    )


def as_label_studio(items: Sequence[Item]) -> bytes:
    """Return tasks for Label Studio's import, one JSON array; `docs/review.md` has the labelling configuration."""
    return json.dumps([{"data": item} for item in items], ensure_ascii=True, indent=1).encode()


def _lines(records: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records).encode()


FORMATS: Final[Mapping[str, Callable[[Sequence[Item]], bytes]]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "argilla": as_argilla,
    "label-studio": as_label_studio,
}


def check_key(document: Any, name: str, schemas: Sequence[str] = (KEY_SCHEMA,)) -> dict[str, Any]:
    """Return a key that has every part.

    Raises:
        UsageError: it is not the key that `audit sample` wrote.
    """
    parts = ("set_root", "nonce", "by", "size", "lots", "rows")
    if (
        not isinstance(document, dict)
        or document.get("schema") not in schemas
        or any(part not in document for part in parts)
    ):
        raise UsageError("not a review key", where=name, expected=f"the file with schema {' or '.join(schemas)}")
    return document

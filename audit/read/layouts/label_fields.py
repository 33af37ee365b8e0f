"""Where rows hold their labels: the field, in words, of the row itself or of judgments nested in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from audit.read.block import Record
from audit.read.layouts.labels import label_coding
from audit.read.layouts.names import COMMON
from audit.read.paths import dig
from audit.read.values import describe, spelling

LABELS: Final = (
    *("label", "winner", "preference", "preferred", "choice", "verdict", "vote", "gold", "gold_label", "decision"),
    *("outcome", "better", "labels", "better_response", "judgment", "judgement", "result", "state", "value", "answer"),
)
LISTS: Final = ("votes", "judgments", "judgements", "annotations", "reviews", "ratings", "responses", "labels")
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "judgment.annotator": ("user_id", "judge", "model", "name", "id"),
    "judgment.judged_at": ("submit", "submitted", "submit_time", "timestamp", "time"),
    "judgment.started_at": ("accept", "accepted", "accept_time", "start_time"),
}


def present(records: Iterable[Record], path: tuple[str, ...]) -> list[Any]:
    """Return the values at a path that are neither absent, null nor blank."""
    found = (dig(record, path) for record in records)
    return [value for value in found if value is not None and value != ""]


def known_share(values: Sequence[Any], *, is_pair: bool = False) -> float:
    """Return the share of label values that are words with a known meaning; 0 for none."""
    coding = label_coding(None, is_pair=is_pair)
    return sum(coding.knows(value) for value in values) / len(values) if values else 0.0


def unknown_note(field: str, values: Sequence[Any], *, is_pair: bool = False) -> tuple[str, ...]:
    """Return a note that names label values of the sample without a known meaning; empty when all have one."""
    coding = label_coding(None, is_pair=is_pair)
    unknown = sorted({describe(value) for value in values if not coding.knows(value)})
    if not unknown:
        return ()
    return (f"{field} holds values of no known meaning: {', '.join(unknown[:5])}; translate them under [values]",)


def whole_numbers(values: Sequence[Any]) -> set[str] | None:
    """Return the distinct values as text when all are whole numbers (or such as text); else None."""
    if not values or any(isinstance(value, bool) or not isinstance(value, int | float | str) for value in values):
        return None
    texts = {spelling(value).strip() for value in values}
    return texts if all(text.lstrip("-").isdigit() for text in texts) else None


def elements(value: Any) -> list[Any]:
    """Return the single judgments of a nested value: a list's members, an object's values."""
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def find_nested(records: Sequence[Record], columns: Sequence[str], *, is_pair: bool) -> dict[str, str] | None:
    """Return the fields of judgments nested in the rows, None when there are none.

    The field `judgments` names the list; `judgment.*` are relative to its members.
    """
    for name in sorted(columns, key=lambda c: LISTS.index(c) if c in LISTS else len(LISTS)):
        members = [member for record in records for member in elements(record.get(name))]
        if not members:
            continue
        inner = {key: [m[key] for m in members if isinstance(m, dict) and m.get(key) is not None] for key in LABELS}
        label = next((key for key, found in inner.items() if known_share(found, is_pair=is_pair) >= 0.5), None)
        if label is not None:
            keys = {key for member in members if isinstance(member, dict) for key in member}
            return {"judgments": name, "judgment.label": label, **_inner_fields(keys, label)}
        if name in LISTS and known_share(members, is_pair=is_pair) >= 0.5:
            return {"judgments": name}
    return None


def _inner_fields(keys: set[str], label: str) -> dict[str, str]:
    fields = {}
    for canonical, names in COMMON.items():
        if canonical.startswith("judgment."):
            found = next((n for n in (*names, *_OWN.get(canonical, ())) if n in keys and n != label), None)
            if found is not None:
                fields[canonical] = found
    return fields


def row_label(
    records: Sequence[Record], columns: Sequence[str], *, spoken: str = "", is_pair: bool = False
) -> str | None:
    """Return the field that holds the row's own label in words, None when there is none."""
    candidates = (name for name in LABELS if name in columns and name != spoken)
    return next((name for name in candidates if known_share(present(records, (name,)), is_pair=is_pair) >= 0.5), None)

"""Votes nested in the row (UKP): two responses and a list of judgments, each with annotator and label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.layout import Detection
from audit.read.layouts.names import COMMON
from audit.read.layouts.votes import (
    LABELS,
    convert_votes,
    known_share,
    present,
    side_mapping,
    unknown_note,
    vote_mapping,
    vote_sides,
)
from audit.read.mapping import FieldMapping

LISTS: Final = ("votes", "judgments", "judgements", "annotations", "reviews", "ratings", "responses", "labels")
_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "judgment.annotator": ("user_id", "judge", "model", "name", "id"),
    "judgment.judged_at": ("submit", "submitted", "submit_time", "timestamp", "time"),
    "judgment.started_at": ("accept", "accepted", "accept_time", "start_time"),
}
_CROWD: Final = ("worker", "worker_id")


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


class NestedVotes:
    """A comparison a row with all its judgments."""

    name = "nested_votes"
    title = "two responses and a list of judgments a row (UKP)"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise a list whose members hold a label in known words."""
        nested = None if vote_sides(records, columns) is None else find_nested(records, columns, is_pair=False)
        if nested is None:
            return None
        gold = row_label(records, columns, spoken=nested["judgments"])
        fields = {**side_mapping(records, columns), **nested, **({} if gold is None else {"label": gold})}
        options = {"reviewer_class": "crowd"} if nested.get("judgment.annotator") in _CROWD else {}
        mapping, notes = vote_mapping(self.name, records, fields, options=options)
        members = [member for record in records for member in elements(record.get(nested["judgments"]))]
        inner = nested.get("judgment.label")
        labels = [m.get(inner) if isinstance(m, dict) else m for m in members] if inner else members
        labels = [label for label in labels if label is not None]
        known = known_share(labels)
        reasons = (
            f"{nested['judgments']} is a list of judgments, their {inner or 'members'} known words in {known:.0%}",
            *(() if gold is None else (f"{gold} is the shipped label",)),
        )
        notes += unknown_note(f"{nested['judgments']}.{inner}", labels)
        return Detection(self.name, 0.45 + 0.4 * known, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison with its judgments."""
        return convert_votes(block, mapping, file_name)


def row_label(records: Sequence[Record], columns: Sequence[str], spoken: str = "") -> str | None:
    """Return the field that holds the row's own label in words, None when there is none."""
    candidates = (name for name in LABELS if name in columns and name != spoken)
    return next((name for name in candidates if known_share(present(records, (name,))) >= 0.5), None)


class LabelledRows:
    """One comparison, or one judgment of one, a row: two responses and a label in words."""

    name = "labelled_rows"
    title = "two responses and a label in words a row; with an annotator, one judgment a row"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise two responses and a label column of known words."""
        label = row_label(records, columns)
        if (
            vote_sides(records, columns) is None
            or label is None
            or find_nested(records, columns, is_pair=False) is not None
        ):
            return None
        fields = {**side_mapping(records, columns), "label": label}
        labels = present(records, (label,))
        mapping, notes = vote_mapping(self.name, records, fields)
        known = known_share(labels)
        reasons = (f"{label} says in words which response won in {known:.0%} of the sample",)
        notes += unknown_note(label, labels)
        return Detection(self.name, 0.4 + 0.4 * known, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison; annotator, order, strength and the like make its one judgment."""
        return convert_votes(block, mapping, file_name)

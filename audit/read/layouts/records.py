"""Production records: context, both candidates, judgment and lineage as objects, each with its fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import add_judgments, add_label
from audit.read.layouts.label_fields import LABELS, find_nested, known_share, present, unknown_note
from audit.read.layouts.layout import Detection
from audit.read.layouts.names import SIDE_STEMS, find_extras, fits
from audit.read.layouts.pairs import PROMPTS, is_side
from audit.read.layouts.sides import add_history, add_sides
from audit.read.layouts.turns import is_message, is_messages
from audit.read.layouts.votes import SIDES
from audit.read.mapping import FieldMapping
from audit.read.paths import Path, dig, format_path
from audit.read.values import spelling

_PAIR: Final = (("chosen", "rejected"), ("preferred", "dispreferred"))
_LISTS: Final = ("candidates", "responses", "completions")
_TEXT: Final = ("text", "content", "response", "completion", "output", "answer", "messages", "turns")
_CONTEXTS: Final = ((), ("context",), ("input",))
_HISTORY: Final = ("conversation", "history", "previous_turns")
_NAMES: Final = ("id", "candidate_id", "response_id", "model")


class Records:
    """Nested records of the specification's kind; sides are chosen and rejected, or first and second candidate."""

    name = "records"
    title = "production records: context, two candidates with model and generation, judgments, lineage"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise two candidate objects that hold a text."""
        sides = _find_sides(records, columns)
        if sides is None:
            return None
        (a, b), text, is_pair = sides
        fields = {"response_a": format_path((*a, *text)), "response_b": format_path((*b, *text))}
        fields |= _find_context(records) | _find_side_fields(records, a, b)
        nested = find_nested(records, [c for c in columns if c not in (a[0], b[0])], is_pair=is_pair) or {}
        label, values = _find_label(records, fields, is_pair=is_pair, spoken=nested.get("judgments", ""))
        fields |= nested | ({} if label is None else {"label": label})
        if label is not None and not known_share(values, is_pair=is_pair):
            fields |= _find_names(records, a, b, values)
        extras = find_extras(records, {*fields, *fields.values()}, is_pair=is_pair)
        mapping = FieldMapping(self.name, {**extras.fields, **fields}, {}, extras.slices, {"is_pair": is_pair})
        notes = list(extras.notes)
        if label is not None and "name_a" not in fields:
            notes += unknown_note(label, values, is_pair=is_pair)
        fit = sum(is_side(dig(r, (*a, *text))) and is_side(dig(r, (*b, *text))) for r in records) / len(records)
        decided = is_pair or bool(nested) or label is not None
        reasons = (
            f"{format_path(a)} and {format_path(b)} are objects with their text in {text[-1] if text else 'them'}",
        )
        return Detection(self.name, (0.5 if decided else 0.2) + 0.45 * fit, reasons, mapping, tuple(notes))

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read the objects by their paths."""
        is_pair = mapping.options.get("is_pair") is True
        draft = Draft(block, mapping, file_name)
        add_sides(draft)
        if draft.has("history"):
            add_history(draft)
        add_label(draft, is_pair=is_pair)
        add_judgments(draft, is_pair=is_pair)
        draft.read_rest()
        return draft.finish()


def _find_sides(records: Sequence[Record], columns: Sequence[str]) -> tuple[tuple[Path, Path], Path, bool] | None:
    """Return the paths of both candidates, that of the text below them, and whether they are chosen and rejected."""
    for pair in (*_PAIR, *SIDES):
        if pair[0] in columns and pair[1] in columns:
            text = _text_key(records, (pair[0],), (pair[1],))
            if text:
                return ((pair[0],), (pair[1],)), text, pair in _PAIR
    for name in _LISTS:
        if any(isinstance(record.get(name), list) and len(record[name]) == 2 for record in records):
            text = _text_key(records, (name, "0"), (name, "1"))
            if text is not None:
                return ((name, "0"), (name, "1")), text, False
    return None


def _text_key(records: Sequence[Record], a: Path, b: Path) -> Path | None:
    """Return where a candidate holds its text; the empty path when it is text, None when there is none."""
    first, second = present(records, a), present(records, b)
    if not first or not second:
        return None
    if all(isinstance(value, str) for value in (*first, *second)):
        return ()
    if any(is_message(value) for value in first):
        return None
    return next(((key,) for key in _TEXT if _holds(first, key) and _holds(second, key)), None)


def _holds(candidates: Sequence[Any], key: str) -> bool:
    return any(isinstance(candidate, dict) and is_side(candidate.get(key)) for candidate in candidates)


def _find_context(records: Sequence[Record]) -> dict[str, str]:
    """Return where the prompt is, and the turns before it where they are stored apart."""
    for context in _CONTEXTS:
        for name in PROMPTS:
            values = present(records, (*context, name))
            if any(isinstance(value, str) or is_messages(value) for value in values):
                fields = {"prompt": format_path((*context, name))}
                apart = (h for h in _HISTORY if h != name and any(map(is_messages, present(records, (*context, h)))))
                earlier = next(apart, None)
                return fields if earlier is None else {**fields, "history": format_path((*context, earlier))}
    for context in _CONTEXTS:
        for name in _HISTORY:
            if any(is_messages(value) for value in present(records, (*context, name))):
                return {"prompt": format_path((*context, name))}
    return {}


def _find_side_fields(records: Sequence[Record], a: Path, b: Path) -> dict[str, str]:
    fields: dict[str, str] = {}
    for stem, words in SIDE_STEMS.items():
        for word in words:
            sides = {f"{stem}_a": (*a, word), f"{stem}_b": (*b, word)}
            values = {name: present(records, path) for name, path in sides.items()}
            if all(found and all(fits(name, value) for value in found) for name, found in values.items()):
                fields |= {name: format_path(path) for name, path in sides.items()}
                break
    return fields


def _find_label(
    records: Sequence[Record], fields: dict[str, str], *, is_pair: bool, spoken: str
) -> tuple[str | None, list[Any]]:
    """Return where the row's own label is, and its values: known words first, else names of a side."""
    paths = [(*nest, name) for nest in ((), ("judgment",), ("judgement",)) for name in (*LABELS, "chosen_id")]
    found = [(path, present(records, path)) for path in paths if path[0] != spoken]
    for path, values in found:
        if known_share(values, is_pair=is_pair) >= 0.5:
            return format_path(path), values
    a, b = (fields[name].split(".")[:-1] for name in ("response_a", "response_b"))
    for path, values in found:
        if values and _find_names(records, tuple(a), tuple(b), values):
            return format_path(path), values
    return None, []


def _find_names(records: Sequence[Record], a: Path, b: Path, values: Sequence[Any]) -> dict[str, str]:
    """Return the fields by which the labels name the two sides, such as candidate ids or models."""
    for key in _NAMES:
        called = {spelling(name) for side in (a, b) for name in present(records, (*side, key)) if _is_name(name)}
        if called and all(_is_name(value) and spelling(value) in called for value in values):
            return {"name_a": format_path((*a, key)), "name_b": format_path((*b, key))}
    return {}


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)

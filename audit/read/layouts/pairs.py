"""Preference pairs as trainers take them (TRL): `prompt`, `chosen`, `rejected`, each text or messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.columnar import convert_table
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import add_judgments, add_label
from audit.read.layouts.label_fields import find_nested, present, row_label, unknown_note
from audit.read.layouts.layout import Detection
from audit.read.layouts.names import find_extras
from audit.read.layouts.sides import add_sides, add_split_sides, split_implicit
from audit.read.layouts.turns import is_message, is_messages
from audit.read.mapping import FieldMapping

PROMPTS: Final = ("prompt", "instruction", "question", "query", "input", "context", "messages")
SIDE_PAIRS: Final = (
    ("chosen", "rejected"),
    ("chosen_response", "rejected_response"),
    ("response_chosen", "response_rejected"),
    ("preferred", "dispreferred"),
    ("accepted", "rejected"),
    ("winner_response", "loser_response"),
)


def side_fields(columns: Sequence[str]) -> tuple[str, str] | None:
    """Return the two fields that hold chosen and rejected, by their usual names."""
    return next((pair for pair in SIDE_PAIRS if pair[0] in columns and pair[1] in columns), None)


def prompt_field(columns: Sequence[str]) -> str | None:
    """Return the field that holds the prompt, by its usual names; Alpaca's `input` joins its `instruction`."""
    found = next((name for name in PROMPTS if name in columns), None)
    return "instruction + input" if found == "instruction" and "input" in columns else found


def share(records: Sequence[Record], fits: Mapping[str, Any]) -> float:
    """Return the share of records in which every named field satisfies its predicate."""
    return sum(all(test(record.get(name)) for name, test in fits.items()) for record in records) / len(records)


def is_text(value: Any) -> bool:
    """True for text."""
    return isinstance(value, str)


def is_side(value: Any) -> bool:
    """True for what one side of a pair may be: text, a message, messages."""
    return isinstance(value, str) or is_message(value) or is_messages(value)


def pair_mapping(
    layout: str,
    records: Sequence[Record],
    fields: Mapping[str, str],
    names: Mapping[str, Sequence[str]] | None = None,
) -> tuple[FieldMapping, tuple[str, ...]]:
    """Return the mapping of a pair layout with everything else that the rows record, and the notes on it."""
    spoken = {*fields, *fields.values(), *(part for path in fields.values() for part in path.split(" + "))}
    columns = list(dict.fromkeys(name for record in records for name in record if name not in spoken))
    nested = find_nested(records, columns, is_pair=True) or {}
    label = row_label(records, columns, spoken=nested.get("judgments", ""), is_pair=True)
    strange = () if label is None else unknown_note(label, present(records, (label,)), is_pair=True)
    fields = {**fields, **nested, **({} if label is None else {"label": label})}
    spoken |= fields.keys()
    extras = find_extras(records, spoken, is_pair=True, names=names)
    if "prompt" in fields and "system" not in fields and any(is_text(r.get("system")) for r in records):
        fields = {**fields, "system": "system"}
    return FieldMapping(layout, {**fields, **extras.fields}, {}, extras.slices), (*extras.notes, *strange)


class Pairs:
    """Prompt, chosen and rejected apart: TRL's standard and conversational form with explicit prompt."""

    name = "pairs"
    title = "preference pairs with prompt, chosen and rejected (text or messages)"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise the field names and that they hold text or messages."""
        sides, prompt = side_fields(columns), prompt_field(columns)
        if sides is None or prompt is None:
            return None
        fit = share(records, {prompt.split(" + ")[0]: is_side, sides[0]: is_side, sides[1]: is_side})
        if fit == 0:
            return None
        kind = "messages" if any(is_messages(record.get(sides[0])) for record in records) else "text"
        fields = {"prompt": prompt, "response_a": sides[0], "response_b": sides[1]}
        mapping, notes = pair_mapping(self.name, records, fields)
        reasons = (f"fields {prompt}, {sides[0]} and {sides[1]}", f"sides hold {kind} in {fit:.0%} of the sample")
        return Detection(self.name, 0.5 + 0.4 * fit, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read the sides as they stand; all-text tables go column by column, without a Python object a row."""
        fast = convert_table(block, mapping, file_name)
        return convert_pairs(block, mapping, file_name) if fast is None else fast


class ImplicitPairs:
    """Chosen and rejected only, each with the prompt at its beginning: TRL's form with implicit prompt."""

    name = "pairs_implicit_prompt"
    title = "preference pairs whose chosen and rejected both begin with the prompt"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise chosen and rejected without a prompt beside them."""
        sides = side_fields(columns)
        if sides is None or prompt_field(columns) is not None:
            return None
        fit = share(records, dict.fromkeys(sides, is_side))
        if fit == 0:
            return None
        fields = {"response_a": sides[0], "response_b": sides[1]}
        mapping, notes = pair_mapping(self.name, records, fields)
        reasons = (f"fields {sides[0]} and {sides[1]}, no prompt field", "the prompt is their longest common beginning")
        return Detection(self.name, 0.5 + 0.3 * fit, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Cut each row at the end of the sides' common beginning."""
        draft = Draft(block, mapping, file_name)
        add_split_sides(draft, split_implicit)
        return finish_pairs(draft)


def convert_pairs(block: Block, mapping: FieldMapping, file_name: str) -> Converted:
    """Convert rows that hold prompt, chosen and rejected apart."""
    draft = Draft(block, mapping, file_name)
    add_sides(draft)
    return finish_pairs(draft)


def finish_pairs(draft: Draft) -> Converted:
    """Add label, judgments and the rest of the record, and finish."""
    add_label(draft, is_pair=True)
    add_judgments(draft, is_pair=True)
    draft.read_rest()
    return draft.finish()

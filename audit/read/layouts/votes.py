"""What the layouts of voted comparisons share: first and second response, and a label that says which won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.draft import Draft
from audit.read.layouts.judgments import add_judgments, add_label
from audit.read.layouts.labels import SWAP_WORDS, normal
from audit.read.layouts.names import Extras, find_extras
from audit.read.layouts.pairs import PROMPTS, is_side, share
from audit.read.layouts.sides import Sides, add_sides, add_split_sides, shared_prompt
from audit.read.layouts.turns import read_turns
from audit.read.mapping import FieldMapping
from audit.read.paths import format_path
from audit.read.values import Misfit

SIDES: Final = (
    ("response_a", "response_b"),
    ("response_1", "response_2"),
    ("response1", "response2"),
    ("response 1", "response 2"),
    ("response_0", "response_1"),
    ("answer_a", "answer_b"),
    ("answer_1", "answer_2"),
    ("output_1", "output_2"),
    ("output_a", "output_b"),
    ("completion_a", "completion_b"),
    ("completion_1", "completion_2"),
    ("candidate_a", "candidate_b"),
    ("text_a", "text_b"),
    ("arg1", "arg2"),
    ("human_ref_A", "human_ref_B"),
    ("conversation_a", "conversation_b"),
)


def vote_sides(records: Sequence[Record], columns: Sequence[str]) -> tuple[str, str] | None:
    """Return the fields that hold the first and the second response as text or messages, by their usual names."""
    pairs = (pair for pair in SIDES if pair[0] in columns and pair[1] in columns)
    return next((pair for pair in pairs if share(records, dict.fromkeys(pair, is_side))), None)


def vote_prompt(columns: Sequence[str]) -> str | None:
    """Return the field that the responses answer to; Alpaca's `input` joins its `instruction`."""
    found = next((name for name in (*PROMPTS, "history", "topic") if name in columns), None)
    return "instruction + input" if found == "instruction" and "input" in columns else found


def side_mapping(records: Sequence[Record], columns: Sequence[str]) -> dict[str, str]:
    """Return the fields of prompt and responses, as far as the rows have them."""
    sides, prompt = vote_sides(records, columns), vote_prompt(columns)
    fields = {} if sides is None else {"response_a": format_path(sides[:1]), "response_b": format_path(sides[1:])}
    if sides is not None and not sides[0].startswith("conversation") and prompt is not None:
        fields = {"prompt": prompt, **fields}
    return fields


def extras_for(records: Sequence[Record], fields: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> Extras:
    """Return what else the rows of a voted layout record."""
    spoken = {*fields, *fields.values(), *(part for path in fields.values() for part in path.split(" + "))}
    return find_extras(records, spoken, is_pair=False, names=names)


def vote_mapping(
    layout: str,
    records: Sequence[Record],
    fields: Mapping[str, str],
    *,
    values: Mapping[str, Mapping[str, str]] | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[FieldMapping, tuple[str, ...]]:
    """Return the mapping of a voted layout with everything else that the rows record, and the notes on it."""
    extras = extras_for(records, fields, names or {})
    mapping = FieldMapping(layout, {**extras.fields, **fields}, values or {}, extras.slices, options or {})
    return mapping, tuple(extras.notes)


def convert_votes(block: Block, mapping: FieldMapping, file_name: str, *, swaps: bool = False) -> Converted:
    """Convert rows of first and second response with a label, judgments, or both.

    Args:
        block: the rows.
        mapping: where the fields are.
        file_name: for the rejects.
        swaps: note in `swap_held` which labels say that the answer changed when the sides were swapped.
    """
    draft = Draft(block, mapping, file_name)
    add_voted_sides(draft)
    add_label(draft, is_pair=False)
    if swaps and draft.has("label") and not draft.has("swap_held"):
        changed = [isinstance(value, str) and normal(value) in SWAP_WORDS for value in draft.raw("label")]
        if any(changed):
            draft.columns["swap_held"] = [0.0 if is_changed else None for is_changed in changed]
    add_judgments(draft, is_pair=False)
    draft.read_rest()
    return draft.finish()


def add_voted_sides(draft: Draft) -> None:
    """Add the texts, where the mapping has any; whole conversations are cut where the two part."""
    if not draft.has("response_a") or not draft.has("response_b"):
        return
    if not draft.has("prompt") and draft.mapping.options.get("sides") == "conversations":
        add_split_sides(draft, _split_conversations)
    else:
        add_sides(draft)


def _split_conversations(a: Any, b: Any) -> Sides:
    """Take what both conversations begin with as prompt.

    Later user turns belong to what is compared, so they are no defect of the response's roles: such responses carry
    text only.

    Raises:
        Misfit: when a side is no list of messages.
    """
    if not isinstance(a, list) or not isinstance(b, list):
        raise Misfit("two lists of messages")
    sides = shared_prompt(read_turns(a), read_turns(b))
    if any(turn["role"] == "user" for turn in (*(sides.response_a_turns or ()), *(sides.response_b_turns or ()))):
        sides.response_a_turns = sides.response_b_turns = None
    return sides

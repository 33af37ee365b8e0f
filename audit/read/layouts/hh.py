r"""HH-RLHF transcripts: chosen and rejected as `\n\nHuman: ...\n\nAssistant: ...`, prompt and response in one text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.draft import Draft
from audit.read.layouts.layout import Detection
from audit.read.layouts.pairs import finish_pairs, pair_mapping, share, side_fields
from audit.read.layouts.sides import Sides, add_split_sides
from audit.read.layouts.turns import Turn, common_turns, render
from audit.read.mapping import FieldMapping
from audit.read.values import Misfit

_TAG: Final = re.compile(r"\n\n(Human|Assistant):")
_ROLE: Final = {"Human": "user", "Assistant": "assistant"}


def is_transcript(value: Any) -> bool:
    """True for text that begins with a turn of the human's and holds one of the assistant's."""
    return isinstance(value, str) and value.lstrip().startswith("Human:") and "\n\nAssistant:" in value


def read_transcript(text: str) -> list[Turn]:
    """Return the turns of a transcript; the one space after a tag is no part of the turn.

    Raises:
        Misfit: when the text does not begin with a tag.
    """
    parts = _TAG.split(text if text.startswith("\n") else f"\n\n{text}")
    if parts[0].strip() or len(parts) == 1:
        raise Misfit("a transcript that begins with 'Human:' or 'Assistant:'", "no_transcript")
    return [
        {"role": _ROLE[role], "content": content.removeprefix(" ")}
        for role, content in zip(parts[1::2], parts[2::2], strict=True)
    ]


def split_transcripts(a: Any, b: Any) -> Sides:
    """Take the last turn of each side as its response, and what is before it as its prompt.

    `prompt_turns` are the leading turns that both sides share; where the prompts differ, the turns after them are in
    the side's own turns, and `prompt_b` is side b's prompt.

    Raises:
        Misfit: when a side is no transcript.
    """
    if not isinstance(a, str) or not isinstance(b, str):
        raise Misfit("text")
    left, right = read_transcript(a), read_transcript(b)
    cut = common_turns(left, right)
    prompt, prompt_b = left[:-1], right[:-1]
    return Sides(
        render(prompt),
        left[-1]["content"],
        right[-1]["content"],
        left[:cut],
        left[cut:],
        right[cut:],
        render(prompt_b) if prompt_b != prompt else None,
    )


class Transcripts:
    """Two transcripts a row that differ in their last turn."""

    name = "hh_transcripts"
    title = "HH-RLHF transcripts (Human: ... Assistant: ...) in chosen and rejected"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise the tags in both sides."""
        sides = side_fields(columns)
        fit = 0.0 if sides is None else share(records, dict.fromkeys(sides, is_transcript))
        if sides is None or fit < 0.5:
            return None
        mapping, notes = pair_mapping(self.name, records, {"response_a": sides[0], "response_b": sides[1]})
        reason = (
            f"{sides[0]} and {sides[1]} are transcripts with Human: and Assistant: turns in {fit:.0%} of the sample"
        )
        return Detection(self.name, 0.6 + 0.39 * fit, (reason,), mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Cut each transcript before its last turn."""
        draft = Draft(block, mapping, file_name)
        add_split_sides(draft, split_transcripts)
        return finish_pairs(draft)

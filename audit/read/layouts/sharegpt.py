"""ShareGPT-style pairs (LLaMA-Factory): `conversations` of {from, value}, and chosen and rejected messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.read.block import Block, Converted, Record
from audit.read.layouts.layout import Detection
from audit.read.layouts.pairs import convert_pairs, is_text, pair_mapping, share, side_fields
from audit.read.layouts.turns import is_message, is_messages
from audit.read.mapping import FieldMapping


class ShareGpt:
    """The conversation before the responses in `conversations`, the two responses beside it."""

    name = "sharegpt"
    title = "ShareGPT-style preference pairs (LLaMA-Factory): conversations, chosen, rejected"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise a list of messages named conversations or conversation, with chosen and rejected."""
        sides = side_fields(columns)
        context = next((name for name in ("conversations", "conversation") if name in columns), None)
        if sides is None or context is None:
            return None
        fit = share(records, {context: is_messages, sides[0]: _is_answer, sides[1]: _is_answer})
        if fit == 0:
            return None
        fields = {"prompt": context, "response_a": sides[0], "response_b": sides[1]}
        mapping, notes = pair_mapping(self.name, records, fields)
        reasons = (
            f"{context} is a list of messages, {sides[0]} and {sides[1]} are answers in {fit:.0%} of the sample",
        )
        return Detection(self.name, 0.5 + 0.45 * fit, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read the conversation as prompt turns, the answers as response turns."""
        return convert_pairs(block, mapping, file_name)


def _is_answer(value: Any) -> bool:
    return is_message(value) or is_text(value)

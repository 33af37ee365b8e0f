"""OpenAI preference fine-tuning: `input.messages`, `preferred_output`, `non_preferred_output`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.read.block import Block, Converted, Record
from audit.read.layouts.layout import Detection
from audit.read.layouts.pairs import convert_pairs, pair_mapping, share
from audit.read.layouts.turns import is_messages
from audit.read.mapping import FieldMapping


class OpenAiPreference:
    """The messages before the responses under `input`, and one list of messages a response."""

    name = "openai_preference"
    title = "OpenAI preference fine-tuning: input.messages, preferred_output, non_preferred_output"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise the three fields."""
        needed = ("input", "preferred_output", "non_preferred_output")
        if not set(needed) <= set(columns):
            return None
        fit = share(records, {"input": _is_input, "preferred_output": is_messages, "non_preferred_output": is_messages})
        path = "input.messages" if any(isinstance(record.get("input"), dict) for record in records) else "input"
        fields = {"prompt": path, "response_a": "preferred_output", "response_b": "non_preferred_output"}
        mapping, notes = pair_mapping(self.name, records, fields)
        reasons = (f"fields {', '.join(needed)}", f"messages in all three in {fit:.0%} of the sample")
        return Detection(self.name, 0.55 + 0.44 * fit, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read the messages as turns."""
        return convert_pairs(block, mapping, file_name)


def _is_input(value: Any) -> bool:
    return is_messages(value) or (isinstance(value, dict) and is_messages(value.get("messages")))

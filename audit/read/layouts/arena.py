"""Chatbot Arena and MT-Bench votes: two models, a winner, perhaps the two conversations."""

from __future__ import annotations

from collections.abc import Sequence

from audit.read.block import Block, Converted, Record
from audit.read.layouts.judgments import is_reviewer_class
from audit.read.layouts.label_fields import known_share, present, unknown_note
from audit.read.layouts.layout import Detection
from audit.read.layouts.turns import is_messages
from audit.read.layouts.votes import convert_votes, side_mapping, vote_mapping
from audit.read.mapping import FieldMapping


class ArenaVotes:
    """One vote a row between `model_a` and `model_b`; without text, the question and the models stand for it."""

    name = "arena_votes"
    title = "Chatbot Arena and MT-Bench votes: model_a, model_b, winner"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise the two models and a winner in the arena's words."""
        if not {"model_a", "model_b", "winner"} <= set(columns):
            return None
        winners = present(records, ("winner",))
        fields = {**side_mapping(records, columns), "model_a": "model_a", "model_b": "model_b", "label": "winner"}
        options: dict[str, str] = {}
        if is_messages(records[0].get(fields.get("response_a", ""))):
            options["sides"] = "conversations"
            fields.pop("prompt", None)
        named = sum(
            r.get("winner") in (r["model_a"], r["model_b"]) for r in records if "model_a" in r and "model_b" in r
        )
        if named:
            fields |= {"name_a": "model_a", "name_b": "model_b"}
        question = "question_id" if "question_id" in columns else None
        if question is not None:
            fields["conversation_id"] = question
            fields["comparison_id"] = f"{question} + turn" if "turn" in columns else question
        judges = present(records, ("judge",))
        if judges:
            fields["judgment.annotator"] = "judge"
            if all(isinstance(judge, str) and is_reviewer_class(judge) for judge in judges):
                fields["judgment.reviewer_class"] = "judge"
        names = {"judgment.judged_at": ("tstamp", "timestamp"), "judgment.annotator": ("evaluation_session_id",)}
        mapping, notes = vote_mapping(self.name, records, fields, names=names, options=options)
        known = max(known_share(winners), named / len(records))
        reasons = ("fields model_a, model_b and winner", f"winner is a known word in {known:.0%} of the sample")
        notes += () if named else unknown_note("winner", winners)
        return Detection(self.name, 0.55 + 0.4 * known, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison with one judgment; a tie by inconsistency is kept apart as `swap_held`."""
        return convert_votes(block, mapping, file_name, swaps=True)

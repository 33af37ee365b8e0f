"""Votes nested in the row (UKP): two responses and a list of judgments, each with annotator and label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from audit.read.block import Block, Converted, Record
from audit.read.layouts.label_fields import elements, find_nested, known_share, present, row_label, unknown_note
from audit.read.layouts.layout import Detection
from audit.read.layouts.votes import convert_votes, side_mapping, vote_mapping, vote_sides
from audit.read.mapping import FieldMapping

_CROWD: Final = ("worker", "worker_id")


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

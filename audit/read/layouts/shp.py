"""SHP: two Reddit comments on a post, and which one readers scored higher."""

from __future__ import annotations

from collections.abc import Sequence

from audit.read.block import Block, Converted, Record
from audit.read.layouts.label_fields import present, whole_numbers
from audit.read.layouts.layout import Detection
from audit.read.layouts.pairs import is_text, share
from audit.read.layouts.votes import convert_votes, vote_mapping
from audit.read.mapping import FieldMapping


class Shp:
    """`labels` is 1 where `human_ref_A` is preferred and 0 where `human_ref_B` is."""

    name = "shp"
    title = "Stanford Human Preferences: history, human_ref_A, human_ref_B, labels (1 = A)"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Recognise SHP's own field names."""
        if not {"history", "human_ref_A", "human_ref_B", "labels"} <= set(columns):
            return None
        fit = share(records, {"history": is_text, "human_ref_A": is_text, "human_ref_B": is_text})
        labels = whole_numbers(present(records, ("labels",)))
        if labels is None or not labels <= {"0", "1"}:
            return None
        fields = {
            "prompt": "history",
            "response_a": "human_ref_A",
            "response_b": "human_ref_B",
            "label": "labels",
            **{f"score_{side.lower()}": f"score_{side}" for side in "AB" if f"score_{side}" in columns},
            **({"conversation_id": "post_id"} if "post_id" in columns else {}),
        }
        values = {"label": {"1": "a", "0": "b"}}
        mapping, notes = vote_mapping(self.name, records, fields, values=values)
        reasons = (
            "fields history, human_ref_A, human_ref_B and labels, which SHP alone has: 1 prefers A, 0 prefers B",
        )
        return Detection(self.name, 0.55 + 0.44 * fit, reasons, mapping, notes)

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Read each row as one comparison; a label that readers' scores gave is no judgment of anyone's."""
        return convert_votes(block, mapping, file_name)

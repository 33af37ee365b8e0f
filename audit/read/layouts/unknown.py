"""Files without a single well-formed row: no layout, no comparison, and no row lost."""

from __future__ import annotations

from collections.abc import Sequence

from audit.read.block import Block, Converted, Record, RowFault
from audit.read.layouts.draft import Draft
from audit.read.layouts.layout import Detection
from audit.read.mapping import FieldMapping


class Unknown:
    """Stands in where there is nothing to recognise a layout by."""

    name = "unknown"
    title = "no well-formed row to recognise a layout by"

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Fit the empty sample only."""
        if records or columns:
            return None
        return Detection(self.name, 1.0, ("the sample holds no well-formed row",), FieldMapping(self.name))

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Set every row aside."""
        draft = Draft(block, mapping, file_name)
        for row in range(len(draft.records)):
            draft.fail(row, RowFault("unknown_layout", "the sample held no well-formed row to recognise a layout by"))
        return draft.finish()

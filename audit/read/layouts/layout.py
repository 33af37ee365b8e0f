"""What a layout is: it recognises a vendor's rows, proposes a mapping, and turns blocks into comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from audit.read.block import Block, Converted, Record
from audit.read.mapping import FieldMapping


@dataclass(frozen=True, slots=True)
class Detection:
    """One reading of a sample of rows."""

    layout: str
    confidence: float
    """0 to 1: how sure the layout is that this is how the rows are meant."""
    reasons: tuple[str, ...]
    """The signs that it rests on."""
    mapping: FieldMapping
    notes: tuple[str, ...] = ()
    """What the reader of the data should confirm: values without meaning, fields left aside for a reason."""


class Layout(Protocol):
    """One way in which vendors arrange comparisons. Stateless; conversion is pure and may run in any thread."""

    name: str
    """Snake case, what `--layout` and a mapping's `layout` take."""
    title: str
    """One line for people."""

    def detect(self, records: Sequence[Record], columns: Sequence[str]) -> Detection | None:
        """Return how these sample rows would be read, or None when they are not of this layout.

        Args:
            records: the first rows, at least one.
            columns: the union of their top-level fields, in order of appearance.
        """
        ...

    def convert(self, block: Block, mapping: FieldMapping, file_name: str) -> Converted:
        """Turn the rows of a block into comparisons; rows that cannot be read become rejects."""
        ...

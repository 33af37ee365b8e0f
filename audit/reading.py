"""One file with the layout and mapping that it is read by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audit.errors import LayoutError
from audit.read.block import Block, Container, Converted, Record
from audit.read.detect import columns_of, detect
from audit.read.layouts.known import layout_named
from audit.read.layouts.layout import Detection, Layout
from audit.read.mapping import FieldMapping, apply_overrides, check_against, load_mapping, source_fields


@dataclass(frozen=True)
class Selection:
    """What the user says of how files are read; by default nothing, and the layout is detected."""

    mapping: FieldMapping | None = None
    overrides: tuple[str, ...] = ()
    """`chosen=answer_a` and the like, put into whichever mapping is used."""
    layout: str | None = None

    @classmethod
    def of(cls, mapping: str | Path | None, overrides: Sequence[str] = (), layout: str | None = None) -> Selection:
        """Return the selection of a mapping file, one-off overrides and a layout name, each optional.

        Raises:
            MappingError: the file is not a valid mapping.
        """
        return cls(load_mapping(Path(mapping)) if mapping else None, tuple(overrides), layout)


@dataclass(frozen=True)
class Reading:
    """A container bound to the layout that gives its fields a meaning."""

    container: Container
    detection: Detection
    layout: Layout

    @property
    def name(self) -> str:
        """The file's name in references and in the result."""
        return self.container.name

    @property
    def mapping(self) -> FieldMapping:
        """Which source field fills which canonical column."""
        return self.detection.mapping

    @property
    def fields(self) -> list[str] | None:
        """Top-level source fields that are read; None for all."""
        return source_fields(self.mapping)

    def convert(self, block: Block) -> Converted:
        """Turn one block into comparisons."""
        return self.layout.convert(block, self.mapping, self.name)

    def identity(self) -> dict[str, Any]:
        """Return what of the reading decides the comparisons, as JSON values."""
        mapping = self.mapping
        return {
            "layout": mapping.layout,
            "fields": dict(sorted(mapping.fields.items())),
            "values": {name: dict(sorted(table.items())) for name, table in sorted(mapping.values.items())},
            "slices": dict(sorted(mapping.slices.items())),
            "options": {k: list(v) if isinstance(v, tuple) else v for k, v in sorted(mapping.options.items())},
        }


def bind(container: Container, selection: Selection) -> Reading:
    """Decide how one file is read.

    Raises:
        LayoutError: detection is unsure and the selection does not settle it.
        MappingError: a mapping or an override does not fit the rows.
    """
    detection = _detection(container, selection)
    if selection.overrides:
        mapping = apply_overrides(detection.mapping, selection.overrides)
        detection = replace(detection, mapping=mapping, reasons=(*detection.reasons, "with --map overrides"))
    if (selection.overrides or selection.mapping) and container.size is not None:  # frames have their own check
        check_against(detection.mapping, columns_of(container.sample()))
    return Reading(container, detection, layout_named(detection.mapping.layout))


def _detection(container: Container, selection: Selection) -> Detection:
    if selection.mapping is not None:
        return Detection(selection.mapping.layout, 1.0, ("given by the mapping",), selection.mapping)
    records: list[Record] = container.sample()
    try:
        return detect(records, layout=selection.layout)
    except LayoutError as fault:
        if _names_both_sides(selection.overrides) and selection.layout is None:
            return Detection("pairs", 1.0, ("given by --map",), FieldMapping("pairs"))
        raise LayoutError(
            fault.what, where=container.name, got=fault.got, expected=fault.expected, fix=fault.fix
        ) from fault


def _names_both_sides(overrides: Sequence[str]) -> bool:
    named = {entry.partition("=")[0].strip() for entry in overrides}
    return bool({"chosen", "response_a"} & named) and bool({"rejected", "response_b"} & named)

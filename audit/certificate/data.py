"""The data at hand, read as the certified files were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from audit.certificate.shape import Shape
from audit.choices import PackLock
from audit.errors import UsageError, VerificationError
from audit.read.block import Container
from audit.read.mapping import FieldMapping, Option
from audit.read.open import open_sources
from audit.reading import Reading, Selection, bind
from audit.rules.waivers import Waivers, parse_waivers


def recorded_ways(predicate: Mapping[str, Any]) -> dict[str, FieldMapping]:
    """Return how each certified file was read, by its path.

    Args:
        predicate: of a statement whose signature holds.

    Raises:
        VerificationError: a field is missing or of another kind.
        MappingError: a recorded mapping makes no sense.
    """
    shape = Shape.of(dict(predicate), "predicate")
    mappings = [_mapping(reading) for reading in shape.each("readings")]
    ways = {}
    for file in shape.each("files"):
        index = file.whole("reading")
        if index >= len(mappings):
            raise VerificationError("a file names a reading that is not there", where=file.where)
        ways[file.text("path")] = mappings[index]
    return ways


def result_ways(document: Mapping[str, Any]) -> dict[str, FieldMapping]:
    """Return how each file of a result was read, by its name.

    Raises:
        UsageError: the result lacks it.
    """
    inputs = Shape.of(dict(document), "result", UsageError).each("inputs")
    return {entry.text("name"): _mapping(entry.inner("mapping")) for entry in inputs}


def open_as_recorded(paths: Sequence[str], ways: Mapping[str, FieldMapping], selection: Selection) -> list[Reading]:
    """Open data and read each file as the file of its name was read; where no name fits, as all of them were.

    Args:
        paths: files, folders, globs, URLs.
        ways: how certified files were read.
        selection: what the user says; it goes first.

    Raises:
        InputError: the data cannot be read.
        LayoutError: nothing tells how a file is read.
        MappingError: a recorded mapping does not fit a file.
    """
    return bind_as_recorded(open_sources(paths), ways, selection)


def bind_as_recorded(
    containers: Sequence[Container], ways: Mapping[str, FieldMapping], selection: Selection
) -> list[Reading]:
    """Do as `open_as_recorded` with data that are open already, tables in memory among them.

    Raises:
        LayoutError: nothing tells how a file is read.
        MappingError: a recorded mapping does not fit a file.
    """
    return [bind(container, _selection(container, ways, selection)) for container in containers]


def single_way(ways: Mapping[str, FieldMapping]) -> Selection:
    """Return the one way in which all files were read; nothing when there are several, so that it is detected."""
    distinct = list(ways.values())
    same = bool(distinct) and all(way == distinct[0] for way in distinct)
    return Selection(distinct[0] if same else None)


def _selection(container: Container, ways: Mapping[str, FieldMapping], selection: Selection) -> Selection:
    if selection != Selection():
        return selection
    way = ways.get(container.name)
    return Selection(way) if way else single_way(ways)


def _mapping(shape: Shape) -> FieldMapping:
    values = shape.inner("values")
    return FieldMapping(
        layout=shape.text("layout"),
        fields=_texts(shape.inner("fields")),
        values={name: _texts(values.inner(name)) for name in values.value},
        slices=_texts(shape.inner("slices")),
        options={name: _option(shape.inner("options"), name) for name in shape.inner("options").value},
    )


def _texts(shape: Shape) -> dict[str, str]:
    return {name: shape.text(name) for name in shape.value}


def _option(shape: Shape, name: str) -> Option:
    value = shape.value[name]
    if isinstance(value, list):
        return shape.texts(name)
    if isinstance(value, str | bool | int | float):
        return value
    raise shape.wrong(name, "a text, number, flag or list of texts")


def recorded_waivers(predicate: Mapping[str, Any]) -> Waivers | None:
    """Return the waivers that a certified verdict rests on, as they were read then; None where there were none.

    Raises:
        VerificationError: a field is missing or of another kind.
    """
    told = Shape.of(dict(predicate), "predicate").inner("waivers")
    if not told.has("on"):
        return None
    raw = []
    try:
        for entry in told.each("entries"):
            scope = {"files": list(entry.texts("files")), "rows": list(entry.texts("rows"))}
            days = {key: date.fromisoformat(entry.text(key)) for key in ("created", "expires")}
            names = ("id", "rule", "reason", "owner", "approver", "ceiling")
            place = {"slice": entry.value["slice"]} if entry.has("slice") else {}
            raw.append({name: entry.value.get(name) for name in names} | days | place | {"scope": scope})
        return parse_waivers({"waiver": raw}, date.fromisoformat(told.text("on")), "predicate.waivers")
    except (ValueError, UsageError) as fault:
        raise VerificationError("the recorded waivers make no sense", where="predicate.waivers") from fault


def recorded_lock(predicate: Mapping[str, Any]) -> PackLock | None:
    """Return the policy lock that the certified audit was run under; None where there was none.

    Raises:
        VerificationError: a field is missing or of another kind.
    """
    policy = Shape.of(dict(predicate), "predicate").inner("policy")
    if not policy.has("lockDigest"):
        return None
    return PackLock(policy.digest("resolvedDigest"), policy.hex("lockDigest"), policy.time("lockedAt"))

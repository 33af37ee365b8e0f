"""A field mapping: which source field fills which canonical column. Detection proposes one; a user may write one."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from audit.errors import MappingError
from audit.read.paths import parse_paths, top_fields
from audit.schema import COLUMN, JUDGMENT, LABELS, SIDES

Option = str | int | float | bool | tuple[str, ...]

JUDGMENT_FIELDS: Final = (*(f"judgment.{f.name}" for f in JUDGMENT), "judgment.started_at")
"""`judgment.started_at` has no column of its own: with `judgment.judged_at` it gives `duration_s`."""
POSITIONS: Final = ("position_a", "position_b")
"""Rank at which each side was shown (smaller = earlier): with them `judgment.shown_first` is known."""
APART: Final = ("candidates", "system", "history", "name_a", "name_b")
"""Source fields that become part of others: the list of responses where they are held in one; a system prompt and
earlier turns stored apart from the prompt; and what the row's own labels and orders call each side."""
_DERIVED: Final = frozenset({"row", "part", "offset"})
FIELD_NAMES: Final = (
    *(name for name in COLUMN if name not in _DERIVED),
    *JUDGMENT_FIELDS,
    *POSITIONS,
    *APART,
)
"""Every name that `[fields]` may define."""
ALIASES: Final = {"chosen": "response_a", "rejected": "response_b"}
CODED: Final = {
    **dict.fromkeys(("label", "gold_label", "judgment.label"), LABELS[1:]),
    "judgment.shown_first": SIDES[1:],
}
"""Fields whose values `[values]` may translate, with what they may be translated to. Others take any text."""

ESSENTIAL: Final = ("prompt", "response_a", "response_b", "candidates", "judgments", "label")
PATH_OPTIONS: Final = ("annotators", "model_pair", "scores", "models")
"""Options whose values are source paths."""

_SLICE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_SECTIONS: Final = ("layout", "fields", "values", "slices", "options")


@dataclass(frozen=True)
class FieldMapping:
    """How the rows of one layout are read."""

    layout: str
    fields: Mapping[str, str] = field(default_factory=dict)
    """Canonical column, `judgment.<field>`, position or `candidates` -> source path."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Canonical field -> source value written as text -> canonical value."""
    slices: Mapping[str, str] = field(default_factory=dict)
    """Name of a further slice -> source path."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """Settings of the layout."""

    def __post_init__(self) -> None:
        _check(self)

    def paths(self) -> list[str]:
        """Return the source paths of all fields and slices."""
        return [*self.fields.values(), *self.slices.values()]

    def option_list(self, name: str) -> tuple[str, ...]:
        """Return an option that holds names; empty when it is not set."""
        value = self.options.get(name, ())
        return value if isinstance(value, tuple) else (str(value),)


def apply_overrides(mapping: FieldMapping, overrides: Iterable[str]) -> FieldMapping:
    """Return the mapping with one-off entries such as `chosen=answer_a` put in.

    `chosen` and `rejected` stand for response_a and response_b; `slice.NAME=path` adds a slice; `NAME=` alone drops
    an entry.

    Raises:
        MappingError: for an entry that is not NAME=path or names no canonical field.
    """
    fields, slices = dict(mapping.fields), dict(mapping.slices)
    for entry in overrides:
        name, equals, path = (part.strip() for part in entry.partition("="))
        if not equals or not name:
            raise MappingError("a --map entry has no NAME=path form", got=repr(entry), expected="chosen=answer_a")
        name = ALIASES.get(name, name)
        target, key = (slices, name[6:]) if name.startswith("slice.") else (fields, name)
        if path:
            target[key] = path
        else:
            target.pop(key, None)
    return replace(mapping, fields=fields, slices=slices)


def source_fields(mapping: FieldMapping) -> list[str] | None:
    """Return the top-level source fields that the mapping reads, sorted; None when it names none and all are needed.

    Paths relative to a nested judgment are among them, which does no harm: no such top-level field need be there.
    """
    paths = [*mapping.paths(), *(path for name in PATH_OPTIONS for path in mapping.option_list(name))]
    return sorted({name for path in paths for name in top_fields(path)}) or None


def check_against(mapping: FieldMapping, columns: Iterable[str]) -> None:
    """Check that the fields without which no row can be read are fields of the data.

    Args:
        mapping: as a user wrote it.
        columns: top-level fields of a sample of the rows.

    Raises:
        MappingError: naming the field, the source field that is not there, and those that are nearest to it.
    """
    known = list(columns)
    for name in ESSENTIAL:
        for top in top_fields(mapping.fields[name]) if name in mapping.fields else ():
            if known and top not in known:
                near = difflib.get_close_matches(top, known, n=3, cutoff=0.5)
                raise MappingError(
                    "the mapping names a field that no sampled row has",
                    where=f"fields.{name}",
                    got=repr(mapping.fields[name]),
                    expected="one of " + ", ".join(repr(n) for n in (near or known[:20])),
                )


def load_mapping(path: Path) -> FieldMapping:
    """Read a mapping file (TOML).

    Raises:
        MappingError: when it cannot be read, is no TOML, or holds an unknown key, field or value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise MappingError("the mapping file cannot be read", where=str(path), got=str(fault)) from fault
    try:
        return parse_mapping(text)
    except MappingError as fault:
        raise MappingError(
            fault.what,
            where=f"{path}: {fault.where}" if fault.where else str(path),
            got=fault.got,
            expected=fault.expected,
            fix=fault.fix,
        ) from fault


def parse_mapping(text: str) -> FieldMapping:
    """Read a mapping from TOML text.

    Raises:
        MappingError: as `load_mapping`.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise MappingError("the mapping is not valid TOML", got=str(fault)) from fault
    for key in data:
        if key not in _SECTIONS:
            raise _unknown("key", key, _SECTIONS)
    layout = data.get("layout")
    if not isinstance(layout, str) or not layout:
        raise MappingError("the mapping names no layout", where="layout", got=repr(layout), expected="a layout's name")
    fields = {ALIASES.get(name, name): path for name, path in _flat(_table(data, "fields")).items()}
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in _table(data, "options").items()}
    values = {ALIASES.get(name, name): table for name, table in _flat(_table(data, "values")).items()}
    return FieldMapping(layout, fields, values, _table(data, "slices"), options)


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table with `judgment.label`, written without quotes and so a table of its own, under its full name."""
    inner = table.get("judgment")
    rest = {name: value for name, value in table.items() if name != "judgment"}
    if inner is None:
        return rest
    if not isinstance(inner, dict):
        raise MappingError(
            "judgment is no field by itself", where="judgment", got=repr(inner), expected="judgment.label"
        )
    return {**rest, **{f"judgment.{name}": value for name, value in inner.items()}}


def _table(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise MappingError("a mapping section is not a table", where=name, got=repr(table), expected=f"[{name}]")
    return table


def _check(mapping: FieldMapping) -> None:
    for name, path in mapping.fields.items():
        if name not in FIELD_NAMES:
            raise _unknown("field", name, FIELD_NAMES, where="fields")
        _check_path(f"fields.{name}", path)
    for name, path in mapping.slices.items():
        if not _SLICE_NAME.fullmatch(name):
            raise MappingError(
                "a slice's name is not usable", where="slices", got=repr(name), expected="letters, digits, _ . -"
            )
        _check_path(f"slices.{name}", path)
    for name, table in mapping.values.items():
        if name not in FIELD_NAMES:
            raise _unknown("field", name, FIELD_NAMES, where="values")
        if not isinstance(table, Mapping):
            raise MappingError("a value table is not a table", where=f"values.{name}", got=repr(table))
        for source, target in table.items():
            _check_value(name, source, target)
    for name, value in mapping.options.items():
        if not isinstance(value, str | int | float | bool | tuple):
            raise MappingError("an option has a wrong type", where=f"options.{name}", got=repr(value))


def _check_path(where: str, path: object) -> None:
    if not isinstance(path, str):
        raise MappingError("a source path is not text", where=where, got=repr(path), expected="a path such as a.b.0")
    try:
        parse_paths(path)
    except MappingError as fault:
        raise MappingError(fault.what, where=where, got=fault.got, expected=fault.expected) from fault


def _check_value(name: str, source: str, target: object) -> None:
    allowed = CODED.get(name)
    if not isinstance(target, str) or (allowed is not None and target not in allowed):
        raise MappingError(
            "a value is translated to something that is no canonical value",
            where=f"values.{name}.{source}",
            got=repr(target),
            expected=", ".join(allowed) if allowed else "text",
        )


def _unknown(what: str, name: str, known: Iterable[str], where: str | None = None) -> MappingError:
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return MappingError(
        f"the mapping has an unknown {what}",
        where=where,
        got=repr(name),
        expected="one of " + ", ".join(near or sorted(known)),
        fix=f"did you mean {near[0]!r}?" if near else None,
    )

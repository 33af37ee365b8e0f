"""Mappings written as TOML that a person can read, edit and pass with --mapping; `parse_mapping` reads it back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from audit.errors import UsageError
from audit.read.mapping import FIELD_NAMES, FieldMapping, Option

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def mapping_toml(mapping: FieldMapping, header: Iterable[str] = (), remarks: Mapping[str, str] | None = None) -> str:
    """Return the mapping as TOML.

    Args:
        mapping: what to write.
        header: comment lines for the top.
        remarks: comment for the end of the line of a field (`response_a`) or of a slice (`slice.domain`).
    """
    remarks = remarks or {}
    lines = [_comment(line) for line in header]
    lines += [f"layout = {quoted(mapping.layout)}"]
    lines += _section("fields", dict(sorted(mapping.fields.items(), key=_place)), remarks)
    lines += _section("slices", mapping.slices, {k.removeprefix("slice."): v for k, v in remarks.items() if "." in k})
    for name, table in mapping.values.items():
        lines += _section(f"values.{_key(name)}", table, {})
    if mapping.options:
        lines += ["", "[options]", *(f"{_key(name)} = {_option(value)}" for name, value in mapping.options.items())]
    return "\n".join(lines) + "\n"


def _place(entry: tuple[str, str]) -> tuple[int, str]:
    name = entry[0]
    return (FIELD_NAMES.index(name) if name in FIELD_NAMES else len(FIELD_NAMES), name)


def quoted(text: str) -> str:
    """Return a TOML basic string; control characters are escaped.

    Raises:
        UsageError: half a character, as in a file name of bytes that are not UTF-8: TOML has no way to write it.
    """
    if not text.isascii() and re.search("[\ud800-\udfff]", text):
        raise UsageError("TOML holds Unicode text only", got=ascii(text[:80]), fix="rename the file, or use a glob")
    return (
        '"'
        + "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 else c) for c in text)
        + '"'
    )


def _section(title: str, entries: Mapping[str, str], remarks: Mapping[str, str]) -> list[str]:
    if not entries:
        return []
    rows = [(f"{_key(name)} = {quoted(value)}", remarks.get(name)) for name, value in entries.items()]
    width = max(len(text) for text, _ in rows)
    return [
        "",
        f"[{title}]",
        *(text if remark is None else f"{text:{width}}  {_comment(remark)}" for text, remark in rows),
    ]


def _key(name: str) -> str:
    if name.startswith("judgment.") and _BARE.fullmatch(name[9:]):
        return name
    return name if _BARE.fullmatch(name) else quoted(name)


def _option(value: Option) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(quoted(item) for item in value) + "]"
    return quoted(value) if isinstance(value, str) else repr(value)


def _comment(text: str) -> str:
    """Return one comment line; whatever TOML forbids in comments is shown as an escape."""
    return "# " + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)

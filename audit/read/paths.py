"""Where a value sits in a source row: `judgment.score`, `messages.0.content`, `"a.b".c`, `instruction + input`.

Segments are joined by dots; a segment that holds a dot, a quote, a plus or a space stands in double quotes. A segment
of digits (or -1, -2, ...) is an index where the value it is applied to is a list. Several paths joined by ` + ` name
several source fields that make one value together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from audit.errors import MappingError

Path = tuple[str, ...]

_SEGMENT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s."+]+)')
_INDEX: Final = re.compile(r"-?\d+")
_PLAIN: Final = re.compile(r"[^\s.\"+\\]+")
_MOST_SEGMENTS: Final = 16


@lru_cache(maxsize=4096)
def parse_paths(text: str) -> tuple[Path, ...]:
    """Return the paths of a mapping entry, in order; one unless the entry joins several with ` + `.

    Raises:
        MappingError: when the text is no path.
    """
    paths: list[Path] = []
    at = 0
    while True:
        path, at = _parse_one(text, at)
        paths.append(path)
        if at == len(text):
            return tuple(paths)
        if text[at : at + 3] != " + ":
            raise _malformed(text, at)
        at += 3


def _parse_one(text: str, at: int) -> tuple[Path, int]:
    segments: list[str] = []
    while True:
        found = _SEGMENT.match(text, at)
        if found is None or len(segments) == _MOST_SEGMENTS:
            raise _malformed(text, at)
        quoted, plain = found.groups()
        segments.append(plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = found.end()
        if text[at : at + 1] != ".":
            return tuple(segments), at
        at += 1


def _malformed(text: str, at: int) -> MappingError:
    return MappingError(
        "a source path cannot be read",
        where=f"character {at + 1}",
        got=repr(text),
        expected='segments joined by dots, such as judgment.score or messages.0.content or "odd.name".x',
    )


def format_path(path: Sequence[str]) -> str:
    """Return the text that `parse_paths` reads as exactly this path."""
    return ".".join(s if _PLAIN.fullmatch(s) else '"' + re.sub(r'(["\\])', r"\\\1", s) + '"' for s in path)


def top_fields(text: str) -> list[str]:
    """Return the top-level source fields that a mapping entry reads."""
    return [path[0] for path in parse_paths(text)]


def column_at(records: Sequence[dict[str, Any]], path: Path) -> list[Any]:
    """Return the value at `path` of every record, None where any step is missing."""
    if len(path) == 1:
        name = path[0]
        return [record.get(name) for record in records]
    return [dig(record, path) for record in records]


def dig(value: Any, path: Path) -> Any:
    """Return the value at `path` below `value`, None where any step is missing."""
    for segment in path:
        if isinstance(value, dict):
            value = value.get(segment)
        elif isinstance(value, list) and _INDEX.fullmatch(segment):
            index = int(segment)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
    return value

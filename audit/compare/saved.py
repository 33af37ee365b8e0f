"""A saved result with the short name that it is compared under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from audit.errors import UsageError
from audit.saved import read_result


@dataclass(frozen=True, slots=True)
class Saved:
    """One result document."""

    label: str
    """A, B, C ..."""
    name: str
    """The folder or file that it was read from, without its parents."""
    document: dict[str, Any]


def load_saved(paths: Sequence[str]) -> list[Saved]:
    """Read results from folders of `audit run` or from result.json files; they are called A, B, C in that order.

    Raises:
        UsageError: fewer than two or more than 26, or one that cannot be read or is no result.
    """
    if not 2 <= len(paths) <= len(ascii_uppercase):
        expected = f"2 to {len(ascii_uppercase)} results"
        raise UsageError("so many results cannot be compared", got=str(len(paths)), expected=expected)
    return [
        Saved(label, _name(Path(path)), read_result(Path(path)))
        for label, path in zip(ascii_uppercase, paths, strict=False)
    ]


def _name(path: Path) -> str:
    whole = path.resolve()
    return whole.parent.name if whole.name == "result.json" else whole.name

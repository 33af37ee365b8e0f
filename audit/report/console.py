"""The console that text for a terminal or a log is written with, and how its text comes out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console

LEAST_WIDTH: Final = 60
_ASCII: Final = str.maketrans({"≤": "<=", "≥": ">=", "±": "+/-", "–": "-", "−": "-", "—": "-", "…": "...", "×": "x"})


def text_console(width: int, *, color: bool) -> Console:
    """Return a console that writes into memory; nothing in a text is read as markup, and the environment has no say."""
    from rich.console import Console

    return Console(
        file=io.StringIO(),
        width=max(width, LEAST_WIDTH),
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def written(console: Console, *, color: bool) -> str:
    """Return what was written, without blanks at the ends of lines; without colour in plain ASCII of our own words."""
    text = console.file.getvalue()  # type: ignore[attr-defined]
    text = "\n".join(line.rstrip() for line in str(text).split("\n"))
    return text if color else text.translate(_ASCII)

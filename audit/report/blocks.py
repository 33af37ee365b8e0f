"""Pages of notes and tables that are told in three ways: on a terminal, as Markdown, as HTML.

For reports beside the main one (a comparison, claims, a derived set): each makes its page once, as plain values, and
the renderings cannot say different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from audit.report.console import text_console, written
from audit.report.safe import one_line

if TYPE_CHECKING:
    from rich.console import Console

TONES: Final = {
    "pass": "green",
    "fail": "bold red",
    "inconclusive": "yellow",
    "not_assessable": "magenta",
    "not_applicable": "dim",
    "incomplete": "bold red",
}
"""Tone -> style on a terminal; the words are those of verdicts, whose signs and colours HTML has."""
MOST_CELL: Final = 400


@dataclass(frozen=True, slots=True)
class Said:
    """A cell, or a line, with a tone; its words alone must say all that the tone does."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Span:
    """An interval in words, which HTML also draws: all of one table on one axis, with a line at 0."""

    text: str
    value: float
    low: float
    high: float
    about: str
    """What it is an interval of, for those who cannot see the drawing."""


Cell = str | Said | Span


@dataclass(frozen=True, slots=True)
class Table:
    """A table; heads that begin with "#" are of numbers."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    left_out: int = 0
    """Further rows that are not shown."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with notes and tables."""

    title: str
    blocks: Sequence[Cell | Table]


@dataclass(frozen=True, slots=True)
class Page:
    """What one report says."""

    kicker: str
    """What kind of report it is."""
    title: str
    verdict: Said
    lead: Sequence[Cell]
    """The answer in a few sentences."""
    sections: Sequence[Section] = field(default=())
    foot: str = ""


def shorten(rows: Sequence[Sequence[Cell]], most: int) -> tuple[Sequence[Sequence[Cell]], int]:
    """Return the first `most` rows and how many were left out."""
    return rows[:most], max(len(rows) - most, 0)


def text_of(cell: Cell) -> str:
    """Return a cell's words."""
    return cell if isinstance(cell, str) else cell.text


def render_page(page: Page, *, width: int = 100, color: bool = False) -> str:
    """Return the page for a terminal or a log; without colour it is plain ASCII in our own words."""
    from rich.text import Text

    console = text_console(width, color=color)
    console.print(Text(one_line(page.title), "bold"))
    for line in page.lead:
        _line(console, line)
    for section in page.sections:
        console.print()
        console.print(Text(one_line(section.title), "bold underline" if color else ""))
        if not color:
            console.print("-" * len(one_line(section.title)))
        for block in section.blocks:
            if isinstance(block, Table):
                _table(console, block)
            else:
                _line(console, block)
    console.print()
    console.print(Text(one_line(page.verdict.text), TONES.get(page.verdict.tone, "")))
    if page.foot:
        console.print(Text(one_line(page.foot), "dim"))
    return written(console, color=color)


def _line(console: Console, cell: Cell) -> None:
    from rich.text import Text

    console.print(Text(one_line(text_of(cell)), TONES.get(cell.tone, "") if isinstance(cell, Said) else ""))


def _table(console: Console, block: Table) -> None:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    if not block.rows:
        return
    table = RichTable(box=box.SIMPLE_HEAD if console.color_system else box.ASCII_DOUBLE_HEAD, pad_edge=False)
    table.title, table.title_justify = (one_line(block.title) or None), "left"
    if not console.color_system:
        table.box = None
    for head in block.heads:
        is_number = head.startswith("#")
        table.add_column(head.removeprefix("#"), justify="right" if is_number else "left", no_wrap=is_number)
    for row in block.rows:
        table.add_row(*(Text(one_line(text_of(c), MOST_CELL), _style(c)) for c in row))
    console.print(table)
    if block.left_out:
        console.print(f"and {block.left_out:,} more")


def _style(cell: Cell) -> str:
    return TONES.get(cell.tone, "") if isinstance(cell, Said) else ""


def every_row(page: Page) -> Iterator[Sequence[Cell]]:
    """Yield the rows of every table."""
    for section in page.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield from block.rows

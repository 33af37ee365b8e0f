"""A page of notes and tables as Markdown; text of the data can neither link, mention anybody, nor mark up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from audit.report.blocks import Cell, Page, Said, Table, text_of
from audit.report.safe import one_line

MARKS: Final = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "not_assessable": "➖", "incomplete": "⚠️"}
_KEPT: Final = frozenset(" ,;%()+=/:-–−≤≥±")
_LONGEST: Final = 400


def page_markdown(page: Page) -> str:
    """Return the page as Markdown, for a pull request or a mail."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f"## {plain(page.title)}"
    yield ""
    yield f"**{_cell(page.verdict)}**"
    for line in page.lead:
        yield ""
        yield _cell(line)
    for section in page.sections:
        yield ""
        yield f"### {plain(section.title)}"
        for block in section.blocks:
            yield ""
            if isinstance(block, Table):
                yield from _table(block)
            else:
                yield _cell(block)
    if page.foot:
        yield ""
        yield f"<sub>{plain(page.foot)}</sub>"


def _table(block: Table) -> Iterator[str]:
    if not block.rows:
        return
    if block.title:
        yield f"**{plain(block.title)}**"
        yield ""
    yield "| " + " | ".join(plain(head.removeprefix("#")) for head in block.heads) + " |"
    yield "|" + "|".join("---:" if head.startswith("#") else "---" for head in block.heads) + "|"
    for row in block.rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"
    if block.left_out:
        yield ""
        yield f"and {block.left_out:,} more"


def _cell(cell: Cell) -> str:
    mark = MARKS.get(cell.tone, "") if isinstance(cell, Said) else ""
    return f"{mark} {plain(text_of(cell))}" if mark else plain(text_of(cell))


def plain(text: str) -> str:
    """Return text with every sign that could mark up, link or mention as a character reference."""
    line = one_line(text, _LONGEST)
    return "".join(_sign(line, at) for at in range(len(line)))


def _sign(line: str, at: int) -> str:
    sign = line[at]
    if sign.isalnum() or sign in _KEPT - {":"}:
        return sign
    if sign in ".:":  # a full stop or colon inside a word may begin a link
        following = line[at + 1 : at + 2]
        if not following or following.isspace() or following.isdigit():
            return sign
    return f"&#{ord(sign)};"

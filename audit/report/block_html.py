"""A page of notes and tables as one HTML file in the style of the main report: no script, no request, no row text."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from audit.report import badges, overview
from audit.report.blocks import Cell, Page, Said, Section, Span, Table, text_of
from audit.report.charts import forest_axis, forest_strip
from audit.report.markup import Child, Markup, element, join
from audit.report.plots import Point
from audit.report.scale import Axis
from audit.report.tables import section, table
from audit.resources import resource

_SIGNED: Final = frozenset({"pass", "fail", "inconclusive", "not_assessable", "not_applicable", "incomplete"})
LONGEST_NAME: Final = 20
"""Characters up to which the first cells of a table are kept on one line."""


def page_html(page: Page, *, generated_at: str) -> str:
    """Return the page as HTML, to be written as UTF-8.

    Args:
        page: what to say.
        generated_at: when, as it shall be read; injected, so that the same arguments give the same text.
    """
    style = resource("reports", "report.css").read_text("utf-8")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'"
    sections = [_section(f"part-{n}", part) for n, part in enumerate(page.sections)]
    entries = [("verdict", "Answer"), *((f"part-{n}", part.title) for n, part in enumerate(page.sections))]
    head = join(
        (
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=policy),
            element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name_="color-scheme", content="light dark"),
            element("meta", name_="referrer", content="no-referrer"),
            element("title", page.title),
            element("style", Markup(style)),
        )
    )
    main = element("main", _answer(page), sections, id="main")
    body = join(
        (
            badges.icon_shapes(),
            element("a", "Skip to the answer", class_="skip", href="#verdict"),
            _header(page, generated_at),
            element("div", overview.contents(entries), main, class_="page"),
            element("footer", element("p", page.foot), class_="bottom"),
        )
    )
    return f"<!DOCTYPE html>\n{element('html', element('head', head), element('body', body), lang='en')}\n"


def _digest(style: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _header(page: Page, generated_at: str) -> Markup:
    return element(
        "header",
        element("p", page.kicker, class_="kicker"),
        element("h1", element("bdi", page.title)),
        element("p", f"Made {generated_at}", class_="muted"),
        class_="top",
    )


def _answer(page: Page) -> Markup:
    tone = page.verdict.tone
    banner = element(
        "div",
        badges.icon(tone),
        element("div", element("h2", page.verdict.text, id="verdict-title")),
        class_=f"banner is-{tone}",
    )
    lines = element("ul", (element("li", _sentence(line)) for line in page.lead), class_="summary")
    return element("section", banner, lines, id="verdict", aria_labelledby="verdict-title")


def _section(identity: str, part: Section) -> Markup:
    return section(identity, part.title, *(_block(block, part.title) for block in part.blocks))


def _block(block: Cell | Table, heading: str) -> Markup | None:
    """Return a note or a table; a table without a title of its own is called like the section."""
    if not isinstance(block, Table):
        return element("p", _sentence(block))
    if not block.rows:
        return None
    points = [_point(cell) for row in block.rows for cell in row if isinstance(cell, Span)]
    axis = forest_axis(points, 0.0, is_log=False) if points else None
    shown = table(
        block.title or f"{heading}: table",
        block.heads,
        [[_cell(cell, axis) for cell in row] for row in block.rows],
        kind="names" if all(len(text_of(row[0])) <= LONGEST_NAME for row in block.rows) else None,
        is_quiet=not block.title,
    )
    more = element("p", f"and {block.left_out:,} more", class_="muted") if block.left_out else None
    return element("div", shown, more)


def _sentence(line: Cell) -> Child:
    """Return running text; with a tone it is strong and has the tone's sign."""
    if isinstance(line, Said) and line.tone in _SIGNED:
        return element("strong", badges.icon(line.tone), " ", element("bdi", line.text), class_=f"is-{line.tone}")
    return element("bdi", text_of(line))


def _point(cell: Span) -> Point:
    return Point(cell.about, cell.value, cell.low, cell.high, 0)


def _cell(cell: Cell, axis: Axis | None = None) -> Child:
    if isinstance(cell, Span) and axis is not None:
        words = f"{cell.about}: {cell.text}, the line is at 0"
        return element("div", forest_strip(_point(cell), axis, 0.0, words), element("bdi", cell.text))
    if isinstance(cell, Said) and cell.tone in _SIGNED:
        return element("span", badges.icon(cell.tone), element("bdi", cell.text), class_=f"badge is-{cell.tone}")
    return element("bdi", text_of(cell))

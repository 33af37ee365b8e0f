"""Pages of notes and tables: the same words in three forms, and hostile text inert in each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audit.report.block_html import page_html
from audit.report.block_markdown import page_markdown
from audit.report.blocks import Page, Said, Section, Span, Table, render_page, shorten
from tests.report.test_markup import read

Golden = Callable[[Path, bytes], None]
GOLDENS = Path(__file__).parent / "goldens"
WHEN = "2026-01-02 03:04 UTC"
HOSTILE = "</td><script>x()</script> @all [a](http://b.c) \x1b[31m \u202e | `c` ::warning:: www.evil.example"


def page(text: str = "locale = de-DE") -> Page:
    rows = [
        ["one", Said("Fail", "fail"), "1,234", Span("+0.1 to +0.3", 0.2, 0.1, 0.3, "difference of one")],
        [text, Said("Pass", "pass"), "5", Span("-0.2 to +0.2", 0.0, -0.2, 0.2, "difference of two")],
    ]
    table = Table("What was found", ("what", "answer", "#n", "#interval"), rows, left_out=3)
    return Page(
        kicker="Test",
        title=f"Two things and {text}",
        verdict=Said("One of them fails.", "fail"),
        lead=[Said("WARNING: first.", "fail"), "Then this ≥ that."],
        sections=[Section("Findings", [table, f"A note on {text}."]), Section("Nothing", [Table("", ("a",), [])])],
        foot="Made by hand.",
    )


def test_goldens(golden: Golden) -> None:
    """The sample page in its three forms."""
    golden(GOLDENS / "page.txt", render_page(page(), width=90).encode())
    golden(GOLDENS / "page.md", page_markdown(page()).encode())
    html = page_html(page(), generated_at=WHEN)
    golden(GOLDENS / "page-body.html", html[html.index('<a class="skip"') :].replace("><", ">\n<").encode())


def test_every_word_is_in_every_form() -> None:
    """No rendering leaves out a cell, a note, the answer or what was left out."""
    told = ["One of them fails.", "WARNING: first.", "1,234", "+0.1 to +0.3", "and 3 more", "Made by hand.", "Pass"]
    html = read(page_html(page(), generated_at=WHEN)).text
    for shown in (render_page(page()), html):
        for words in told:
            assert words in shown
    markdown = page_markdown(page())
    for words in ("One of them fails.", "1,234", "0.1 to", "and 3 more", "Made by hand.", "Pass"):
        assert words in markdown


def test_hostile_text_is_inert() -> None:
    """No tag, link, mention, escape sequence, bidirectional control or table break of the data survives."""
    html = page_html(page(HOSTILE), generated_at=WHEN)
    assert "<script" not in html
    assert "\u202e" not in html
    text = render_page(page(HOSTILE), width=200)
    assert "\x1b" not in text
    assert "\u202e" not in text
    markdown = page_markdown(page(HOSTILE))
    for sign in ("<script", "@all", "](", "`", "\u202e", "www.evil", "://"):
        assert sign not in markdown
    (row,) = [line for line in markdown.splitlines() if line.startswith("| &#60;")]
    assert row.count("|") == 5


def test_colour_is_only_added() -> None:
    """With colour the words are the same; without it all is ASCII."""
    assert render_page(page()).isascii()
    assert "\x1b[" in render_page(page(), color=True)


def test_policy_allows_the_style_sheet_and_nothing_else() -> None:
    """No script source, no image, no connection; the style by its digest."""
    html = page_html(page(), generated_at=WHEN)
    policy = html.partition('Content-Security-Policy" content="')[2].partition('"')[0].replace("&#x27;", "'")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy


def test_shorten() -> None:
    """The first few, and how many more."""
    assert shorten([["a"], ["b"], ["c"]], 2) == ([["a"], ["b"]], 1)
    assert shorten([["a"]], 2) == ([["a"]], 0)


@pytest.mark.parametrize("width", [20, 60, 300])
def test_any_width_is_borne(width: int) -> None:
    """Narrow terminals wrap; numbers stay whole."""
    assert "1,234" in render_page(page(), width=width)


def test_tables_without_a_title_are_called_like_their_section() -> None:
    """Regions of one page need names of their own."""
    bare = Table("", ("a",), [["1"]])
    two = Page("Test", "t", Said("x", "pass"), [], [Section("First", [bare]), Section("Second", [bare])])
    html = page_html(two, generated_at=WHEN)
    assert 'aria-label="First: table"' in html
    assert 'aria-label="Second: table"' in html

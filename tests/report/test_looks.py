"""How the report looks to people: both themes, small and enlarged screens, paper, and what axe-core finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit import run
from audit.report.html import render_html

from .hostile import HOSTILE, hostile_document, hostile_evidence
from .sample_document import sample_evidence

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
FIXTURE = Path(__file__).parents[2] / "fixtures" / "support_desk" / "defective.jsonl.gz"
WIDTH = "document.documentElement.scrollWidth"


def violations(page: Any) -> list[str]:
    """Run axe-core with its WCAG 2.2 A and AA rules and its best practices."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("audience", ["internal", "external"])
def test_axe_finds_nothing(open_page: Open, document: dict[str, Any], theme: str, audience: str) -> None:
    """No violation with every part opened, in both themes and for both kinds of reader."""
    page = render_html(document, sample_evidence(30), generated_at="now", audience=audience)
    opened = open_page(page, color_scheme=theme, bypass_csp=True)
    opened.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert violations(opened) == []


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_real_report(open_page: Open, tmp_path: Path, theme: str) -> None:
    """The defective fixture has every section and every picture, copies among them."""
    run(FIXTURE, out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert all(f'id="{section}"' in page for section in ("pictures", "clusters", "statistics", "blocked"))
    assert violations(open_page(page, color_scheme=theme, bypass_csp=True)) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_a_small_screen_with_hostile_text(open_page: Open, theme: str) -> None:
    """Texts that attack the reader do not break names, headings or contrast either."""
    text = " ".join(HOSTILE)
    page = render_html(hostile_document(text), hostile_evidence(text), generated_at="now")
    opened = open_page(page, color_scheme=theme, bypass_csp=True, viewport={"width": 390, "height": 844})
    assert violations(opened) == []


def test_axe_would_find_something(open_page: Open, document: dict[str, Any]) -> None:
    """The control: a picture without words and a pale text are reported."""
    page = render_html(document, [], generated_at="now")
    spoiled = page.replace("</main>", '<img src="data:,"><p style="color: #ccc; background: #fff">pale</p></main>')
    found = violations(open_page(spoiled, bypass_csp=True))
    assert [line.split(":")[0] for line in found if line.split(":")[0] in ("image-alt", "color-contrast")]


def test_dark_mode_follows_the_system(open_page: Open, document: dict[str, Any]) -> None:
    """Light text on dark ground, and the other way round."""
    page = render_html(document, [], generated_at="now")
    light, dark = (
        open_page(page, color_scheme=theme).evaluate("getComputedStyle(document.body).backgroundColor")
        for theme in ("light", "dark")
    )
    assert (light, dark) == ("rgb(244, 243, 239)", "rgb(19, 21, 25)")


@pytest.mark.parametrize("width", [1280, 640, 320])
def test_it_fits_enlarged_and_small_screens(open_page: Open, document: dict[str, Any], width: int) -> None:
    """640 pixels are 200 % zoom of 1280, 320 are 400 %: the page never scrolls sideways, only its wide tables do."""
    rows = sample_evidence(30)
    rows[0]["response_a"] = "unbroken" * 200
    page = open_page(render_html(document, rows, generated_at="now"), viewport={"width": width, "height": 720})
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
    assert page.evaluate(WIDTH) <= width


@pytest.mark.parametrize(("wish", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_motion_is_reduced_on_request(open_page: Open, document: dict[str, Any], wish: str, behaviour: str) -> None:
    """Jumps inside the page glide only for those who did not ask for less motion; nothing else moves."""
    page = open_page(render_html(document, sample_evidence(6), generated_at="now"), reduced_motion=wish)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == behaviour
    assert page.evaluate("document.getAnimations().length") == 0


def test_paper(open_page: Open, document: dict[str, Any], tmp_path: Path) -> None:
    """Printed from a dark screen: light, tagged, titled; parts of failed rules opened, others closed, no controls."""
    page = open_page(render_html(document, sample_evidence(30), generated_at="now"), color_scheme="dark")
    file = tmp_path / "report.pdf"
    page.pdf(path=file, tagged=True, outline=True)
    printed = file.read_bytes()
    assert b"/StructTreeRoot" in printed
    assert b"/Marked true" in printed
    assert b"/Outlines" in printed
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 30, 36)"
    for hidden in (".contents", "#explorer", ".to-explorer"):
        assert not page.locator(hidden).first.is_visible()
    assert page.get_by_text("The rows are not printed").is_visible()
    assert page.locator(".card.is-fail details p").first.is_visible()
    assert not page.locator("#passed details p").first.is_visible()

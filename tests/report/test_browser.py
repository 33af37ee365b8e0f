"""The report in a real browser: what people do with it works, and nothing of the data runs or leaves."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from audit.report.html import render_html

from .hostile import HOSTILE, hostile_document, hostile_evidence
from .sample_document import sample_evidence

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


def explorer(count: int = 30) -> list[dict[str, Any]]:
    """Return evidence rows of which the first has sides that differ in two words."""
    rows = sample_evidence(count)
    rows[0].update(response_a="We refund it on Monday, surely.", response_b="We refund it next week, surely.")
    rows[1].update(rules=["POS-002"], annotators=["zoe"], slices=["locale=ja-JP"], label="b")
    return rows


def told(page: Any) -> str:
    return str(page.locator("#explorer > p[role=status]").inner_text())


def test_the_explorer_shows_rows(open_page: Open, document: dict[str, Any]) -> None:
    """The notice is gone, the first five of 30 rows are there, chosen beside rejected, with their texts."""
    rows = explorer()
    page = open_page(render_html(document, rows, generated_at="now"))
    assert page.locator("#explorer-notice").count() == 0
    assert told(page) == "Rows 1 to 5 of 30"
    assert page.locator(".pair").count() == 5
    assert page.locator(".pair h4").nth(1).inner_text() == "Chosen: side a, desk-large"
    why = page.locator(".pair .lies").first.inner_text()
    assert why == "Behind STR-002 Chosen and rejected are the same text."
    assert page.locator(".pair").nth(4).locator(".text").nth(2).inner_text() == rows[4]["response_b"]


def test_rows_are_filtered_by_rule_slice_annotator_and_words(open_page: Open, document: dict[str, Any]) -> None:
    """Each filter alone finds the one row that was made for it, together none; one button takes them all back."""
    page = open_page(render_html(document, explorer(), generated_at="now"))
    for key, value in (("rule", "POS-002"), ("slice", "locale=ja-JP"), ("annotator", "zoe")):
        page.select_option(f"#explorer-{key}", value)
        assert told(page) == "Rows 1 to 1 of 1"
        assert page.locator(".pair h3").inner_text().endswith(":8")
        page.get_by_role("button", name="Show all").click()
        assert told(page) == "Rows 1 to 5 of 30"
    page.fill("#explorer-search", "customer 13")
    page.wait_for_selector("mark")
    assert told(page) == "Rows 1 to 1 of 1"
    assert page.locator("mark").all_inner_texts() == ["Customer 13"]
    page.select_option("#explorer-rule", "POS-002")
    assert told(page) == "No row matches"


def test_a_card_opens_the_rows_of_its_rule(open_page: Open, document: dict[str, Any]) -> None:
    """The link of the failed rule filters the explorer by it and leads there."""
    page = open_page(render_html(document, explorer(), generated_at="now"))
    page.locator(".to-explorer").first.click()
    assert page.input_value("#explorer-rule") == "STR-002"
    assert told(page) == "Rows 1 to 5 of 29"
    assert page.evaluate("location.hash") == "#evidence"


def test_what_differs_is_marked_on_both_sides(open_page: Open, document: dict[str, Any]) -> None:
    """Only the words that the other side lacks, a blank between two of them with them; same texts are said to be."""
    page = open_page(render_html(document, explorer(), generated_at="now"))
    first, other = page.locator(".pair").nth(0), page.locator(".pair").nth(2)
    assert first.locator("ins").all_inner_texts() == ["on Monday"]
    assert first.locator("del").all_inner_texts() == ["next week"]
    styles = [first.locator(name).evaluate("n => getComputedStyle(n).textDecorationStyle") for name in ("ins", "del")]
    assert styles == ["solid", "dotted"]
    assert other.locator("ins, del").count() == 0
    assert other.get_by_text("Both sides are the same text.").count() == 1
    page.uncheck("#explorer-differences")
    assert page.locator("ins, del").count() == 0


def test_chosen_is_left_whichever_side_it_was(open_page: Open, document: dict[str, Any]) -> None:
    """The second row's label is b: side b stands first and is called chosen."""
    page = open_page(render_html(document, explorer(), generated_at="now"))
    heads = page.locator(".pair").nth(1).locator("h4").all_inner_texts()
    assert heads == ["Prompt", "Chosen: side b, desk-small", "Rejected: side a, desk-large"]


def test_differences_of_text_without_blanks(open_page: Open, document: dict[str, Any]) -> None:
    """Chinese is compared sign by sign; a hit and a control token inside a difference are marked as well."""
    rows = sample_evidence(1)
    rows[0].update(response_a="退款将在周一到账\u202e", response_b="退款将在下周到账")
    page = open_page(render_html(document, rows, generated_at="now"))
    assert page.locator("ins").all_inner_texts() == ["一", "<U+202E>"]
    assert page.locator("del").all_inner_texts() == ["下"]
    assert page.locator("ins .token").inner_text() == "<U+202E>"


def test_texts_that_share_nothing_are_not_painted_over(open_page: Open, document: dict[str, Any]) -> None:
    """Where nearly everything differs, marks would say nothing, and the page says so."""
    rows = sample_evidence(1)
    rows[0].update(response_a="alpha beta gamma delta", response_b="one-two-three-four-five-six-seven-eight")
    page = open_page(render_html(document, rows, generated_at="now"))
    assert page.locator("ins, del").count() == 0
    assert page.get_by_text("share too little").count() == 1


def test_an_empty_side_is_said_to_be_empty(open_page: Open, document: dict[str, Any]) -> None:
    """Nothing is not the same as a text that was not recorded, and nothing of it is compared."""
    rows = sample_evidence(1)
    rows[0].update(response_a="", response_b=None, response_b_length=None)
    page = open_page(render_html(document, rows, generated_at="now"))
    assert page.locator(".pair .side-a").inner_text().endswith("empty text")
    assert page.locator(".pair .side-b").inner_text().endswith("no text recorded")
    assert page.locator(".told").count() == 0


def test_a_reference_is_copied(open_page: Open, document: dict[str, Any]) -> None:
    """Place and digest are on the clipboard; where there is none, they stand selected in a field."""
    rows = explorer()
    wanted = f"{rows[0]['file']}:{rows[0]['row']} {rows[0]['digest']}"
    page = open_page(render_html(document, rows, generated_at="now"), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy reference").first.click()
    page.locator(".pair button").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == wanted
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy reference").nth(1).click()
    assert page.evaluate("document.activeElement.value") == f"{rows[1]['file']}:{rows[1]['row']} {rows[1]['digest']}"
    assert page.evaluate("document.activeElement.selectionEnd") > 40


def test_everything_is_reached_by_keyboard(open_page: Open, document: dict[str, Any]) -> None:
    """The first stop skips to the verdict; stops show a ring; filters, pages and closed parts work by key alone."""
    page = open_page(render_html(document, explorer(), generated_at="now"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#verdict"
    stops = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop, ring = page.evaluate(
            "(n => [n.id || n.textContent, getComputedStyle(n).outlineStyle])(document.activeElement)"
        )
        stops.append(stop)
        assert ring == "solid", stop
        if stop == "Next":
            break
    for name in ("explorer-rule", "explorer-slice", "explorer-annotator", "explorer-search", "explorer-differences"):
        assert name in stops
    page.keyboard.press("Enter")
    assert told(page) == "Rows 6 to 10 of 30"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open")


def test_a_page_without_rows_is_quiet(open_page: Open, document: dict[str, Any]) -> None:
    """No evidence: the script does nothing and breaks nothing."""
    page = open_page(render_html(document, [], generated_at="now"))
    assert page.get_by_text("No finding has rows to show.").count() == 1
    assert page.faults == []


def test_without_script_everything_but_the_rows_is_there(open_page: Open, document: dict[str, Any]) -> None:
    """A reader without JavaScript sees verdict and numbers, and is told what is missing."""
    page = open_page(render_html(document, explorer(), generated_at="now"), java_script_enabled=False)
    assert page.locator("#verdict-title").inner_text() == "Verdict: fail"
    assert page.locator("#explorer-notice").is_visible()
    assert page.locator("#statistics tbody tr").count() > 3


def test_external_readers_get_lengths(open_page: Open, document: dict[str, Any]) -> None:
    """Place, digest and lengths, no text, no annotator and nothing to compare."""
    rows = explorer()
    rows[0]["response_a_length"] = 12_345
    page = open_page(render_html(document, rows, generated_at="now", audience="external"))
    assert told(page) == "Rows 1 to 5 of 30"
    assert page.locator(".pair .side-a").first.inner_text().endswith("12,345 characters, text withheld")
    assert page.locator(".pair .text, #explorer-annotator, #explorer-differences").count() == 0


def test_nothing_is_asked_of_the_network(open_page: Open, document: dict[str, Any]) -> None:
    """Opening, filtering and reading ask for the file itself and nothing else; asking is refused."""
    page = open_page(render_html(document, explorer(), generated_at="now"))
    page.select_option("#explorer-rule", "POS-002")
    assert [address for address in page.asked if not address.startswith("file:")] == []
    assert len(page.asked) == 1
    assert page.faults == []
    refused = page.evaluate("fetch('https://example.org/').then(() => 'went through', (fault) => fault.name)")
    assert refused == "TypeError"
    assert any("Content Security Policy" in fault for fault in page.faults)


def test_hostile_text_runs_nothing(open_page: Open) -> None:
    """All texts of the corpus at once in every field: no script of theirs ran, no element of theirs exists."""
    text = " ".join(HOSTILE)
    page = open_page(render_html(hostile_document(text), hostile_evidence(text), generated_at="now"))
    assert told(page) == "Rows 1 to 4 of 4"
    assert page.evaluate("typeof window.pwned") == "undefined"
    assert page.locator("body script").count() == 2
    assert page.locator("img, iframe, b, object, svg[onload]").count() == 0
    assert "<img src=x onerror=window.pwned=1>" in page.locator(".pair .text").first.inner_text()
    assert page.locator(".pair .token").count() > 20
    assert page.faults == []


def test_the_policy_stops_what_would_get_through(open_page: Open, document: dict[str, Any]) -> None:
    """Even if a tag were injected by force: inline handlers, styles and scripts do nothing."""
    attack = (
        "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
        '<p id="proof" style="color: rgb(1, 2, 3)">injected</p>'
    )
    page = open_page(render_html(document, [], generated_at="now").replace("</main>", attack + "</main>"))
    assert page.locator("#proof").evaluate("n => getComputedStyle(n).color") != "rgb(1, 2, 3)"
    assert page.title() != "pwned"


def test_the_page_without_policy_would_have_fallen(open_page: Open, document: dict[str, Any]) -> None:
    """The control of the test above: without the policy the same attack runs, so the test can fail."""
    page = render_html(document, [], generated_at="now")
    bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    opened = open_page(bare.replace("</main>", "<script>document.title='pwned'</script></main>"))
    assert opened.title() == "pwned"


def test_trusted_types_refuse_markup(open_page: Open, document: dict[str, Any]) -> None:
    """A script that is allowed by its digest still cannot turn a string into markup."""
    probe = (
        "const p=document.createElement('p');p.id='probe';"
        "try{p.innerHTML='<b>x</b>';p.textContent='TOOK'}catch(e){p.textContent=e.name}document.body.append(p)"
    )
    digest = base64.b64encode(hashlib.sha256(probe.encode()).digest()).decode()
    page = render_html(document, [], generated_at="now")
    page = page.replace("script-src ", f"script-src &#x27;sha256-{digest}&#x27; ")
    opened = open_page(page.replace("</body>", f"<script>{probe}</script></body>"))
    assert opened.locator("#probe").inner_text() == "TypeError"

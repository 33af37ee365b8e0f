"""The page of a comparison, as text and as Markdown, against goldens; every number of it comes from the document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.compare.comparing import compare
from audit.compare.saved import Saved
from audit.measure import Slice
from audit.report.block_markdown import page_markdown
from audit.report.blocks import render_page
from audit.report.diff_page import diff_page
from tests.compare.test_comparing import document, measured, rule
from tests.compare.test_row_changes import changes

Golden = Callable[[Path, bytes], None]
GOLDENS = Path(__file__).parent / "goldens"


def comparison() -> dict[str, Any]:
    """Three results: a second one that got worse, a third that was measured otherwise."""
    german, french = (Slice("locale", value) for value in ("de-DE", "fr-FR"))
    first = document(
        measured("x.rate", 0.50, 0.02),
        measured("x.rate", 0.51, 0.04, part=german),
        measured("x.rate", 0.49, 0.04, part=french),
        measured("x.odds", 1.1, 0.2, unit="odds ratio per SD"),
        measured("x.copies", 3, unit="count"),
    )
    second = document(
        measured("x.rate", 0.58, 0.02),
        measured("x.rate", 0.71, 0.04, part=german),
        measured("x.rate", 0.50, 0.04, part=french),
        measured("x.odds", 1.9, 0.2, unit="odds ratio per SD"),
        measured("x.copies", 9, unit="count"),
    )
    third = document(measured("x.rate", 0.52, 0.02), version="2")
    first["rules"] = [rule("pass"), rule("fail", "BAL-002"), rule("not_assessable", "AGR-001")]
    second["rules"] = [
        {**rule("fail"), "estimate": 0.58, "low": 0.56, "high": 0.6, "unit": "share"},
        rule("pass", "BAL-002"),
    ]
    second["verdict"], second["level"] = "fail", "NONE"
    third["tool"]["version"] = "2"
    third["rules"] = first["rules"]
    rows = changes(
        [(0, 1, 2, "a"), (1, 1, 2, "a"), (2, 1, 2, "b"), (3, 1, 2, "tie")],
        [(0, 1, 2, "a"), (1, 1, 2, "b"), (3, 1, 2, "a"), (9, 1, 2, "a")],
    )
    saved = [
        Saved(label, name, one)
        for label, name, one in zip("ABC", ("old", "new", "other"), (first, second, third), strict=True)
    ]
    return compare(saved, {"B": rows})


def test_goldens(golden: Golden) -> None:
    """Both forms of one comparison."""
    page = diff_page(comparison())
    golden(GOLDENS / "diff.txt", render_page(page, width=110).encode())
    golden(GOLDENS / "diff.md", page_markdown(page).encode())


def test_what_matters_is_said() -> None:
    """Another version is a warning; the rule that got worse, the slice that moved and the rows are in the text."""
    text = " ".join(render_page(diff_page(comparison()), width=300).split())
    for told in (
        "A: pass, B: fail, C: pass. 1 rule got worse or fail anew, 1 of them required.",
        "WARNING, C against A: Measured by two versions of the tool, 1 and 2",
        "B against A: 1 rows added, 1 removed, 1 with reversed labels, 1 with another answer, 1 unchanged.",
        "locale = de-DE: x.rate 51.0% 71.0% +20.0 points",
        "x.odds 1.1 1.9 x 1.73",
        "x.copies 3 9 +6 exact",
        "measured by two versions of the auditor LEN, 1 and 2",
    ):
        assert told in text

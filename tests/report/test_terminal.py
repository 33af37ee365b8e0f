"""The terminal rendering: a line a rule, plain in a pipe, deaf to hostile text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from audit.report.terminal import render_terminal

from .hostile import HOSTILE, hostile_document
from .sample_document import outcome
from .sample_rules import part, rule

Golden = Callable[[Path, bytes], None]
GOLDENS = Path(__file__).parent / "goldens"
SGR = re.compile("\x1b\\[[0-9;]*m")


@pytest.mark.parametrize(("name", "width", "color"), [("plain", 110, False), ("color", 80, True)])
def test_golden(
    golden: Callable[[Path, bytes], None], document: dict[str, Any], name: str, width: int, color: bool
) -> None:
    """The sample as it looks in a log and on a narrow terminal."""
    text = render_terminal(document, width=width, color=color, report="audit-out/report.html")
    golden(GOLDENS / f"terminal-{name}.txt", text.encode())


def test_one_line_holds_a_rules_numbers(document: dict[str, Any]) -> None:
    """Verdict, id, title, estimate, interval, limit and n of a rule stand on one line."""
    lines = render_terminal(document, width=140).splitlines()
    (line,) = [line for line in lines if line.startswith("PASS") and "LEN-001" in line]
    assert re.split(r"\s{2,}", line) == [
        "PASS", "LEN-001", "Longer responses win by their length", "60.3%", "59.1% to 61.5%", "<= 65%", "24,000",
    ]  # fmt: skip


def test_every_rule_but_those_that_do_not_apply_has_a_line(document: dict[str, Any]) -> None:
    """Not applicable is left out; the others are there, worst first."""
    text = render_terminal(document, width=140)
    ids = [entry["id"] for entry in document["rules"] if entry["verdict"] != "not_applicable"]
    assert all(code in text for code in ids)
    assert "LOT-001" not in text
    assert text.index("STR-002") < text.index("POS-002") < text.index("SRC-001") < text.index("STR-001")


def test_verdict_report_and_unlock_are_said(document: dict[str, Any]) -> None:
    """The verdict in a word, the way to the report, and what would unlock a rule."""
    text = render_terminal(document, report="out/report.html")
    assert "VERDICT: FAIL" in text
    assert text.splitlines()[-1] == "Report: out/report.html"
    assert "SRC-001: --map model_a=FIELD --map model_b=FIELD" in text


def test_a_broken_auditor_is_shown(document: dict[str, Any]) -> None:
    """An incomplete audit says which auditor broke and how."""
    document.update(verdict="incomplete", complete=False)
    document["outcomes"].append(outcome("XYZ", "own", "failed", error="ValueError: no such column"))
    text = render_terminal(document)
    assert "VERDICT: INCOMPLETE" in text
    assert "The auditor XYZ broke: ValueError: no such column" in text


def test_many_slices_do_not_flood(document: dict[str, Any]) -> None:
    """50 failing slices of one rule: one line in the table, four names under it."""
    document["rules"] = [
        rule("AAA-001", "Even", "a.b", "fail", slice=part("locale", f"v{i:02d}"), estimate=0.5, limit=0.1)
        for i in range(50)
    ]
    text = render_terminal(document, width=120)
    assert text.count("AAA-001") == 2
    assert "Other slices: 49 fail (locale = v01, locale = v02, locale = v03, locale = v04, ...)" in text


def test_plain_is_ascii(document: dict[str, Any]) -> None:
    """Without colour every character of ours is ASCII, so any log can hold it."""
    document["summary"].append("At most ≤ 5 %, within 0.5 ± 0.03.")
    text = render_terminal(document, report="out/report.html")
    assert text.isascii()
    assert "At most <= 5 %, within 0.5 +/- 0.03." in text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("color", [False, True])
def test_hostile_text_is_inert(text: str, color: bool) -> None:
    """No control or bidirectional character but newlines and our own colours; no markup is obeyed; it encodes."""
    got = render_terminal(hostile_document(text), color=color, report="out/" + text)
    rest = SGR.sub("", got) if color else got
    assert not [c for c in rest if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(rest) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    assert not any(line.startswith("::") for line in rest.splitlines())
    got.encode()


def test_colour_codes_are_only_ours(document: dict[str, Any]) -> None:
    """An escape sequence of the data is spelled out even when we colour."""
    document["summary"] = ["\x1b[31mred\x1b]8;;http://evil.example\x07"]
    text = render_terminal(document, color=True)
    assert "<U+001B>[31mred<U+001B>]8;;http://evil.example<U+0007>" in SGR.sub("", text)


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_table_fits(document: dict[str, Any], width: int) -> None:
    """No line of the sample's table is wider than the terminal."""
    table = render_terminal(document, width=width, color=True).split("\n\n")[1]
    assert max(cell_len(SGR.sub("", line)) for line in table.splitlines()) <= width

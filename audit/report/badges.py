"""Small parts that every section of the HTML report uses: verdict badges, tags, and numbers as HTML writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from audit.report import figures
from audit.report.document import VERDICT_WORDS, Document
from audit.report.markup import Markup, data, element, join
from audit.report.safe import sentence

_FIELD: Final = re.compile(r"[a-z_]+(\.[a-z_]+)?")
_SHAPES: Final = {
    "pass": ("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z", "M4.6 8.3l2.3 2.3 4.5-4.9"),
    "pass_with_waivers": ("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z", "M4.2 7.4l2 2 3.4-3.8M5 12h6"),
    "fail": ("M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z", "M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4"),
    "inconclusive": (
        "M8 .6l6.6 3.7v7.4L8 15.4l-6.6-3.7V4.3z",
        "M5.9 6.1c0-2.7 4.2-2.7 4.2-.1 0 1.6-2.1 1.7-2.1 3.4M8 11.9v.1",
    ),
    "not_assessable": ("M2.5 1.5h11a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1z", "M4.8 8h6.4"),
    "not_applicable": ("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z", "M4.6 11.4l6.8-6.8"),
    "incomplete": ("M8 1.2L15.4 14.4H.6z", "M8 6v4M8 12.2v.3"),
}


def icon(verdict: str) -> Markup:
    """Return the sign of a verdict: each has its own outline and its own stroke, so that colour is never needed."""
    return element("svg", element("use", href=f"#icon-{verdict}"), class_="icon", aria_hidden="true")


def icon_shapes() -> Markup:
    """Return the drawings that `icon` points to, once a page."""
    symbols = (
        element(
            "symbol",
            element("path", d=outline, class_="icon-shape"),
            element("path", d=stroke, class_="icon-stroke"),
            id=f"icon-{verdict}",
            viewbox="0 0 16 16",
        )
        for verdict, (outline, stroke) in _SHAPES.items()
    )
    return element("svg", symbols, class_="quiet", aria_hidden="true")


def badge(verdict: str) -> Markup:
    """Return the sign and the word of a verdict."""
    return element("span", icon(verdict), VERDICT_WORDS[verdict], class_=f"badge is-{verdict}")


def tags(rule: Document) -> Markup:
    """Return what a fail of the rule means: its severity, and whether it is required."""
    words = [f"severity: {rule['severity']}", "required" if rule["required"] else "optional"]
    return element("span", (element("span", word, class_="tag") for word in words), class_="tags")


def unlock(rule: Document) -> str:
    """Return what would let a rule be assessed; the bare name of a field becomes a sentence."""
    return unlock_told(rule["unlock"]) if rule["unlock"] else sentence(str(rule["message"]))


def unlock_told(hint: str) -> str:
    """Return a hint as a sentence."""
    return f"Record the field {hint}." if _FIELD.fullmatch(hint) else sentence(hint)


def rule_anchor(rule: Document) -> str:
    """Return the id of the place where a rule is told at length; any id of a rule gives a valid one."""
    return "rule-" + re.sub(r"[^A-Za-z0-9-]", "-", str(rule["id"]))


def number(value: float | None, unit: str) -> str:
    """Return a number with its unit's form, an en dash for none."""
    return _typeset(figures.number(value, unit))


def interval(entry: Document) -> str:
    """Return the interval of a measure or finding."""
    return _typeset(figures.interval(entry["low"], entry["high"], entry["unit"]))


def limit(rule: Document) -> str:
    """Return the limit with mathematical signs."""
    return _typeset(figures.limit(rule))


def fail_limit(rule: Document) -> str:
    """Return the fail limit with mathematical signs."""
    return _typeset(figures.fail_limit(rule))


def count(value: float | None) -> str:
    """Return a number of things."""
    return _typeset(figures.count(value))


def is_same(measures: Sequence[Document]) -> bool:
    """True where every slice has the same exact value, so that one line says it all."""
    return len(measures) > 1 and {(m["value"], m["low"]) for m in measures} == {(measures[0]["value"], None)}


def same_told(measures: Sequence[Document]) -> str:
    """Return the value that all slices share."""
    first = measures[0]
    value = "undefined" if first["undefined"] else number(first["value"], first["unit"])
    return f"{value} in each of {len(measures)} slices"


def slice_label(part: Document | None) -> Markup:
    """Return "column = value" with the value isolated, or "whole file"."""
    if part is None:
        return element("span", "whole file", class_="muted")
    return join((element("span", f"{part['by']} = ", class_="muted"), data(str(part["value"]))))


def _typeset(written: str) -> str:
    if written == figures.NOTHING:
        return "–"
    return (
        written.replace("<=", "≤").replace(">=", "≥").replace("+/-", "±").replace("-", "−")
        if "e-" not in written
        else written
    )

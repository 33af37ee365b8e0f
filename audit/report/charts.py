"""Strips: small inline SVG inside a table row, so that the numbers and the picture are the same line.

No library, no script, no style attribute; each says in words what it shows. Larger pictures are in `plots`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from audit.report import figures
from audit.report.document import VERDICT_WORDS, Document
from audit.report.markup import Markup, element, join
from audit.report.plots import Point, diamond, line
from audit.report.scale import Axis, around, bad_ends, badness

STRIP: Final = (220.0, 26.0)
"""Width and height of a strip in pixels."""
SHARED: Final = Axis(-2.0, 3.0, 8.0, STRIP[0] - 8.0)
"""The axis of rules: 0 is the limit to pass, 1 the limit to fail."""


def points(measures: Sequence[Document]) -> list[Point]:
    """Return sliced measures as points named by their slice's value."""
    return [Point(m["slice"]["value"], m["value"], m["low"], m["high"], m["n"]) for m in measures]


def rule_strip(rule: Document) -> Markup | None:
    """Return where a finding's interval lies against its limits, or None when there is nothing to draw."""
    to_axis = badness(rule)
    if to_axis is None or rule["estimate"] is None:
        return None
    middle = STRIP[1] / 2
    zones = element("use", href="#zones" if rule["fail_limit"] not in (None, rule["limit"]) else "#zones-of-one-limit")
    ends = bad_ends(rule, to_axis)
    value = to_axis(rule["estimate"])
    marks = join((_whisker(SHARED, *ends, middle) if ends else None, _mark(rule["verdict"], SHARED, value, middle)))
    return _svg(STRIP, _rule_words(rule), [zones, element("g", marks, class_=f"ink-{rule['verdict']}")], "strip")


def zones() -> Markup:
    """Return the grounds that `rule_strip` points to, once a page: with a limit to fail, and with one limit only."""
    return element("svg", _zones("zones", 1.0), _zones("zones-of-one-limit", 0.0), class_="quiet", aria_hidden="true")


def _zones(name: str, fails: float) -> Markup:
    passes_at, fails_at = SHARED.at(0.0), SHARED.at(fails)
    parts = (
        _box("zone-pass", 0.0, passes_at),
        _box("zone-between", passes_at, fails_at) if fails_at > passes_at else None,
        _box("zone-fail", fails_at, STRIP[0]),
        line("limit", passes_at, 0.0, passes_at, STRIP[1]),
        line("limit fail-limit", fails_at, 0.0, fails_at, STRIP[1]) if fails_at > passes_at else None,
    )
    return element("symbol", parts, id=name, viewbox=f"0 0 {STRIP[0]:g} {STRIP[1]:g}")


def _rule_words(rule: Document) -> str:
    unit = rule["unit"]
    span = figures.interval(rule["low"], rule["high"], unit)
    bounds = "" if span == figures.NOTHING else f", bounds {span}"
    return (
        f"Estimate {figures.number(rule['estimate'], unit)}{bounds}; passes at {figures.limit(rule)}, "
        f"fails at {figures.fail_limit(rule)}: {VERDICT_WORDS[rule['verdict']].lower()}"
    )


def axis_legend() -> Markup:
    """Return the head of the shared axis: which part passes, which fails."""
    size = (STRIP[0], 14.0)
    words = [
        element("text", "passes", x=SHARED.at(0.0) - 5, y=11, class_="tick", text_anchor="end"),
        element("text", "fails", x=SHARED.at(1.0) + 5, y=11, class_="tick"),
    ]
    return _svg(size, "Left of the first line passes, right of the second fails", words, "strip")


def forest_axis(items: Sequence[Point], reference: float | None, *, is_log: bool) -> Axis:
    """Return one axis for all points with their intervals."""
    held = [end for item in items for end in (item.value, item.low, item.high) if end is not None]
    if is_log and min(held) > 0:
        low, high = around([math.log(value) for value in held], math.log(reference) if reference else None)
        return Axis(math.exp(low), math.exp(high), 8.0, STRIP[0] - 8.0, is_log=True)
    return Axis(*around(held, reference), 8.0, STRIP[0] - 8.0)


def forest_strip(item: Point, axis: Axis, reference: float | None, words: str) -> Markup:
    """Return one point with its interval on a common axis, the reference as a line."""
    middle = STRIP[1] / 2
    parts: list[Markup | None] = []
    if reference is not None:
        parts.append(line("limit", axis.at(reference), 0.0, axis.at(reference), STRIP[1]))
    if item.low is not None and item.high is not None:
        parts.append(_whisker(axis, item.low, item.high, middle))
    parts.append(_mark("pass", axis, item.value, middle))
    return _svg(STRIP, words, [element("g", parts, class_="ink-plain")], "strip")


def bar_strip(value: float, most: float, words: str) -> Markup:
    """Return a bar whose length is the value over the largest."""
    width = (STRIP[0] - 16.0) * (value / most if most > 0 else 0.0)
    bar = element("rect", x=8.0, y=6.0, width=max(width, 1.0), height=STRIP[1] - 12.0, class_="bar", rx=2)
    return _svg(STRIP, words, [bar], "strip")


def _svg(size: tuple[float, float], words: str, parts: Sequence[Markup | None], kind: str) -> Markup:
    return element(
        "svg",
        parts,
        viewbox=f"0 0 {size[0]:g} {size[1]:g}",
        class_=kind,
        role="img",
        aria_label=words,
    )


def _box(kind: str, left: float, right: float) -> Markup:
    return element("rect", x=left, y=0, width=right - left, height=STRIP[1], class_=kind)


def _whisker(axis: Axis, low: float, high: float, y: float) -> Markup:
    """Return an interval with caps; an end beyond the axis has an arrow instead of a cap."""
    left, right = axis.at(low), axis.at(high)
    caps = [x for x, holds in ((left, low >= axis.low), (right, high <= axis.high)) if holds]
    path = f"M{left:.1f} {y:g}H{right:.1f}" + "".join(f"M{x:.1f} {y - 4:g}v8" for x in caps)
    return join(
        (
            element("path", d=path, class_="whisker"),
            _arrow(left, y, -1) if low < axis.low else None,
            _arrow(right, y, 1) if high > axis.high else None,
        )
    )


def _arrow(x: float, y: float, way: int) -> Markup:
    path = f"{x + 6 * way:.1f},{y:.1f} {x:.1f},{y - 5:.1f} {x:.1f},{y + 5:.1f}"
    return element("polygon", points=path, class_="arrow")


def _mark(verdict: str, axis: Axis, value: float, y: float) -> Markup:
    """Return the estimate: a disc for pass, a diamond for fail, a ring else; an arrow when it is off the axis."""
    x = axis.at(value)
    if not axis.holds(value):
        return _arrow(x, y, 1 if value > axis.high else -1)
    if verdict == "fail":
        return element("polygon", points=diamond(x, y), class_="mark")
    return element("circle", cx=x, cy=y, r=4.5, class_="mark" if verdict == "pass" else "mark hollow")

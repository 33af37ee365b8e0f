"""Charts as inline SVG: no library, no script, no style attribute; each says in words what it shows.

Strips are small charts inside a table row, so that the table's numbers and the picture are the same line. The two
larger charts, `curve` and `funnel`, stand beside a table of their numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.report import figures
from audit.report.document import VERDICT_WORDS, Document
from audit.report.markup import Markup, element, join, text
from audit.report.safe import one_line
from audit.report.scale import Axis, around, bad_ends, badness, ticks

STRIP: Final = (220.0, 26.0)
"""Width and height of a strip in pixels."""
SHARED: Final = Axis(-2.0, 3.0, 8.0, STRIP[0] - 8.0)
"""The axis of rules: 0 is the limit to pass, 1 the limit to fail."""
_INNER: Final = 1.96
_OUTER: Final = 3.09
"""Standard errors of the funnel's two pairs of lines: 95 % and 99.8 % of what chance gives lies inside."""
_PLOT: Final = (680.0, 300.0)
_MARGINS: Final = (56.0, 16.0, 44.0, 14.0)
"""Left, right, bottom and top of the larger charts."""


@dataclass(frozen=True, slots=True)
class Point:
    """One number with its interval, as charts take it."""

    name: str
    value: float
    low: float | None
    high: float | None
    n: int


def points(measures: Sequence[Document]) -> list[Point]:
    """Return sliced measures as points named by their slice's value."""
    return [Point(m["slice"]["value"], m["value"], m["low"], m["high"], m["n"]) for m in measures]


def rule_strip(rule: Document) -> Markup | None:
    """Return where a finding's interval lies against its limits, or None when there is nothing to draw."""
    to_axis = badness(rule)
    if to_axis is None or rule["estimate"] is None:
        return None
    middle = STRIP[1] / 2
    fails_at = SHARED.at(1.0) if rule["fail_limit"] not in (None, rule["limit"]) else SHARED.at(0.0)
    passes_at = SHARED.at(0.0)
    zones = (
        _box("zone-pass", 0.0, passes_at),
        _box("zone-between", passes_at, fails_at) if fails_at > passes_at else None,
        _box("zone-fail", fails_at, STRIP[0]),
        _line("limit", passes_at, 0.0, passes_at, STRIP[1]),
        _line("limit fail-limit", fails_at, 0.0, fails_at, STRIP[1]) if fails_at > passes_at else None,
    )
    ends = bad_ends(rule, to_axis)
    value = to_axis(rule["estimate"])
    marks = join((_whisker(SHARED, *ends, middle) if ends else None, _mark(rule["verdict"], SHARED, value, middle)))
    return _svg(STRIP, _rule_words(rule), [*zones, element("g", marks, class_=f"ink-{rule['verdict']}")], "strip")


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
        parts.append(_line("limit", axis.at(reference), 0.0, axis.at(reference), STRIP[1]))
    if item.low is not None and item.high is not None:
        parts.append(_whisker(axis, item.low, item.high, middle))
    parts.append(_mark("pass", axis, item.value, middle))
    return _svg(STRIP, words, [element("g", parts, class_="ink-plain")], "strip")


def bar_strip(value: float, most: float, words: str) -> Markup:
    """Return a bar whose length is the value over the largest."""
    width = (STRIP[0] - 16.0) * (value / most if most > 0 else 0.0)
    bar = element("rect", x=8.0, y=6.0, width=max(width, 1.0), height=STRIP[1] - 12.0, class_="bar", rx=2)
    return _svg(STRIP, words, [bar], "strip")


def curve(items: Sequence[Point], *, title: str, across: str, reference: float) -> Markup:
    """Return shares over ordered bins, with intervals and a reference line."""
    held = [end for item in items for end in (item.value, item.low, item.high) if end is not None]
    low, high = around(held, reference)
    up = Axis(max(low, 0.0), min(high, 1.0), _PLOT[1] - _MARGINS[2], _MARGINS[3])
    step = (_PLOT[0] - _MARGINS[0] - _MARGINS[1]) / max(len(items), 1)
    places = [_MARGINS[0] + step * (index + 0.5) for index in range(len(items))]
    parts: list[Markup | None] = [*_share_grid(up), _reference(up, reference)]
    path = " ".join(f"{x:.1f},{up.at(item.value):.1f}" for x, item in zip(places, items, strict=True))
    parts.append(element("polyline", points=path, class_="trend"))
    for x, item in zip(places, items, strict=True):
        if item.low is not None and item.high is not None:
            parts.append(_line("whisker", x, up.at(item.low), x, up.at(item.high)))
        parts.append(element("circle", cx=x, cy=up.at(item.value), r=4.5, class_="dot"))
        parts.append(_tick(one_line(item.name, 20), x, _PLOT[1] - _MARGINS[2] + 16, "middle"))
    parts.append(_tick(across, _MARGINS[0] + (_PLOT[0] - _MARGINS[0]) / 2, _PLOT[1] - 6, "middle"))
    return _svg(_PLOT, title, [element("g", parts, class_="ink-plain")], "plot")


def funnel(items: Sequence[Point], *, title: str, across: str, reference: float) -> Markup:
    """Return shares over n (logarithmic) with the 95 % and 99.8 % limits of a fair coin, strangers named."""
    ns = [max(item.n, 1) for item in items]
    along = Axis(min(ns) / 1.3, max(ns) * 1.3, _MARGINS[0], _PLOT[0] - _MARGINS[1], is_log=True)
    spread = max(3.5 * math.sqrt(0.25 / along.low), *(abs(item.value - reference) * 1.15 for item in items))
    up = Axis(
        max(reference - spread, 0.0), min(reference + spread, 1.0), _PLOT[1] - _MARGINS[2], _MARGINS[3]
    )  # high values up: left and right are bottom and top here
    parts: list[Markup | None] = [*_share_grid(up), _reference(up, reference)]
    for z, kind in ((_INNER, "funnel-inner"), (_OUTER, "funnel-outer")):
        parts += [_funnel_side(along, up, reference, side * z, kind) for side in (-1, 1)]
    for n in _decades(along):
        parts.append(_tick(f"{n:,}", along.at(n), _PLOT[1] - _MARGINS[2] + 16, "middle"))
    strangers = []
    for item, n in zip(items, ns, strict=True):
        x, y = along.at(n), up.at(item.value)
        z = (item.value - reference) / math.sqrt(0.25 / n)
        if abs(z) > _OUTER:
            parts.append(element("polygon", points=_diamond(x, y), class_="stranger"))
            strangers.append((z, x, y, item.name))
        else:
            parts.append(element("circle", cx=x, cy=y, r=4.5, class_="dot"))
    parts += _names(strangers)
    parts.append(_tick(across, _MARGINS[0] + (_PLOT[0] - _MARGINS[0]) / 2, _PLOT[1] - 6, "middle"))
    return _svg(_PLOT, title, [element("g", parts, class_="ink-plain")], "plot")


def _names(strangers: Sequence[tuple[float, float, float, str]]) -> list[Markup]:
    """Return the names of points outside, the farthest first, leaving out those that would lie on another name."""
    placed: list[tuple[float, float]] = []
    parts = []
    for z, x, y, name in sorted(strangers, key=lambda stranger: (-abs(stranger[0]), stranger[3])):
        at = y - 10 if z > 0 else y + 18
        if all(abs(x - other) > 76 or abs(at - height) > 13 for other, height in placed):
            placed.append((x, at))
            parts.append(_tick(one_line(name, 14), x, at, "middle"))
    return parts


def _funnel_side(along: Axis, up: Axis, reference: float, z: float, kind: str) -> Markup:
    ratio = along.high / along.low
    ns = [along.low * ratio ** (i / 40) for i in range(41)]
    path = " ".join(f"{along.at(n):.1f},{up.at(reference + z * math.sqrt(0.25 / n)):.1f}" for n in ns)
    return element("polyline", points=path, class_=kind)


def _decades(along: Axis) -> list[int]:
    steps = [factor * 10**power for power in range(12) for factor in (1, 2, 5)]
    held = [n for n in steps if along.holds(n)]
    return held if len(held) <= 8 else [n for n in held if str(n)[0] == "1"]


def _share_grid(up: Axis) -> list[Markup]:
    right = _PLOT[0] - _MARGINS[1]
    parts = []
    for share in ticks(up.low, up.high):
        parts.append(_line("grid", _MARGINS[0], up.at(share), right, up.at(share)))
        parts.append(_tick(figures.round_number(share, "share"), _MARGINS[0] - 8, up.at(share) + 4, "end"))
    return parts


def _reference(up: Axis, value: float) -> Markup:
    return _line("limit", _MARGINS[0], up.at(value), _PLOT[0] - _MARGINS[1], up.at(value))


def _tick(words: str, x: float, y: float, anchor: str) -> Markup:
    return element("text", text(words), x=float(x), y=float(y), class_="tick", text_anchor=anchor)


def _svg(size: tuple[float, float], words: str, parts: Sequence[Markup | None], kind: str) -> Markup:
    return element(
        "svg",
        parts,
        viewbox=f"0 0 {size[0]:g} {size[1]:g}",
        class_=kind,
        role="img",
        aria_label=words,
        focusable="false",
    )


def _box(kind: str, left: float, right: float) -> Markup:
    return element("rect", x=left, y=0, width=right - left, height=STRIP[1], class_=kind)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=kind)


def _whisker(axis: Axis, low: float, high: float, y: float) -> Markup:
    """Return an interval with caps; an end beyond the axis has an arrow instead of a cap."""
    left, right = axis.at(low), axis.at(high)
    return join(
        (
            _line("whisker", left, y, right, y),
            _line("whisker", left, y - 4, left, y + 4) if low >= axis.low else _arrow(left, y, -1),
            _line("whisker", right, y - 4, right, y + 4) if high <= axis.high else _arrow(right, y, 1),
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
        return element(
            "polygon", points=f"{x - 6:.1f},{y} {x:.1f},{y - 6} {x + 6:.1f},{y} {x:.1f},{y + 6}", class_="mark"
        )
    return element("circle", cx=x, cy=y, r=4.5, class_="mark" if verdict == "pass" else "mark hollow")


def _diamond(x: float, y: float) -> str:
    return f"{x - 6:.1f},{y:.1f} {x:.1f},{y - 6:.1f} {x + 6:.1f},{y:.1f} {x:.1f},{y + 6:.1f}"

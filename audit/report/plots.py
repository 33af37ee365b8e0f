"""The larger pictures as inline SVG: curve, funnel, bars and heat map; each stands beside a table of its numbers.

A picture names itself (`title`) and says what it shows in words (`desc`). Nothing is told by colour alone: limits are
dashed, strangers are diamonds with a name, cells of a heat map carry their number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.report import figures
from audit.report.markup import Markup, element, text
from audit.report.safe import one_line
from audit.report.scale import Axis, around, ticks

INNER: Final = 1.96
OUTER: Final = 3.09
"""Standard errors of the funnel's two pairs of lines: 95 % and 99.8 % of what chance gives lies inside."""
SIZE: Final = (560.0, 300.0)
LEFT, RIGHT, BOTTOM, TOP = 52.0, 14.0, 62.0, 14.0
"""Margins of the picture in pixels; the bottom one holds ticks, their n, and what is across."""
FLOOR: Final = SIZE[1] - BOTTOM
MIDDLE: Final = (LEFT + SIZE[0] - RIGHT) / 2
LABEL: Final = 76.0
"""Room that the name of a group needs; where there is less, only some are named."""
CELL: Final = (62.0, 26.0)
NAMES: Final = 140.0
"""Width of the row names of a heat map."""
STEPS: Final = (0.5, 0.9, 0.99, 1.0)
"""Shares at which a cell of the heat map becomes lighter."""


@dataclass(frozen=True, slots=True)
class Point:
    """One number with its interval, as pictures take it."""

    name: str
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture is called, what it shows in words, and what is across."""

    title: str
    words: str
    across: str = ""


def picture(caption: Caption, parts: Sequence[Markup | None], size: tuple[float, float] | None = None) -> Markup:
    """Return an SVG that names and describes itself for those who cannot see it.

    Args:
        caption: its name and words.
        parts: what is drawn.
        size: of a picture that keeps its size; others fill the room that there is.
    """
    width, height = size or SIZE
    name = "plot-" + re.sub(r"[^a-z0-9]+", "-", caption.title.casefold()).strip("-")
    return element(
        "svg",
        element("title", caption.title, id=f"{name}-title"),
        element("desc", caption.words, id=f"{name}-words"),
        parts,
        viewbox=f"0 0 {width:g} {height:g}",
        width=width if size else None,
        height=height if size else None,
        class_="plot natural" if size else "plot",
        role="img",
        aria_labelledby=f"{name}-title {name}-words",
    )


def curve(items: Sequence[Point], caption: Caption, reference: float | None) -> Markup:
    """Return shares over ordered groups, with intervals, n and a reference line."""
    held = [end for item in items for end in (item.value, item.low, item.high) if end is not None]
    low, high = around(held, reference)
    up = Axis(max(low, 0.0), min(high, 1.0), FLOOR, TOP)
    step = (SIZE[0] - LEFT - RIGHT) / max(len(items), 1)
    places = [LEFT + step * (index + 0.5) for index in range(len(items))]
    parts: list[Markup | None] = [*_share_grid(up), None if reference is None else _level(up, reference)]
    path = " ".join(f"{x:.1f},{up.at(item.value):.1f}" for x, item in zip(places, items, strict=True))
    parts.append(element("polyline", points=path, class_="trend"))
    every = math.ceil(LABEL / step)
    for index, (x, item) in enumerate(zip(places, items, strict=True)):
        parts += _upright(up, x, item)
        if index % every == 0:
            parts.append(tick(one_line(item.name, 14), x, FLOOR + 16, "middle"))
            parts.append(tick(f"n {item.n:,}", x, FLOOR + 31, "middle", "tick small"))
    return picture(caption, [element("g", parts, class_="ink-plain"), _across(caption)])


def _upright(up: Axis, x: float, item: Point) -> list[Markup]:
    dot = element("circle", cx=x, cy=up.at(item.value), r=4.5, class_="dot")
    if item.low is None or item.high is None:
        return [dot]
    low, high = up.at(item.low), up.at(item.high)
    caps = [line("whisker", x - 4, end, x + 4, end) for end in (low, high)]
    return [line("whisker", x, low, x, high), *caps, dot]


def funnel(items: Sequence[Point], caption: Caption, reference: float) -> Markup:
    """Return shares over n (logarithmic) with the 95 % and 99.8 % limits of a fair coin, strangers named."""
    ns = [max(item.n, 1) for item in items]
    along = Axis(min(ns) / 1.3, max(ns) * 1.3, LEFT, SIZE[0] - RIGHT, is_log=True)
    spread = max(3.5 * math.sqrt(0.25 / along.low), *(abs(item.value - reference) * 1.15 for item in items))
    up = Axis(max(reference - spread, 0.0), min(reference + spread, 1.0), FLOOR, TOP)
    parts: list[Markup | None] = [*_share_grid(up), _level(up, reference)]
    for z, kind in ((INNER, "funnel-inner"), (OUTER, "funnel-outer")):
        parts += [_funnel_side(along, up, reference, side * z, kind) for side in (-1, 1)]
    parts += [tick(f"{n:,}", along.at(n), FLOOR + 16, "middle") for n in _decades(along)]
    strangers = []
    for item, n in zip(items, ns, strict=True):
        x, y = along.at(n), up.at(item.value)
        z = (item.value - reference) / math.sqrt(0.25 / n)
        if abs(z) > OUTER:
            parts.append(element("polygon", points=diamond(x, y), class_="stranger"))
            strangers.append((z, x, y, item.name))
        else:
            parts.append(element("circle", cx=x, cy=y, r=4.5, class_="dot"))
    parts += _names(strangers)
    return picture(caption, [element("g", parts, class_="ink-plain"), _across(caption)])


def _names(strangers: Sequence[tuple[float, float, float, str]]) -> list[Markup]:
    """Return the names of points outside, the farthest first, leaving out those that would lie on a name or a point."""
    placed: list[tuple[float, float]] = []
    parts = []
    for z, x, y, name in sorted(strangers, key=lambda stranger: (-abs(stranger[0]), stranger[3])):
        at = y - 10 if z > 0 else y + 18
        marks = ((other, mark + 4) for _, other, mark, _ in strangers if (other, mark) != (x, y))
        if all(abs(x - other) > 84 or abs(at - height) > 14 for other, height in placed) and all(
            abs(x - other) > 44 or abs(at - mark) > 9 for other, mark in marks
        ):
            placed.append((x, at))
            parts.append(tick(one_line(name, 14), x, max(at, 12.0), "middle"))
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


def bars(items: Sequence[Point], caption: Caption) -> Markup:
    """Return upright bars of counts over ordered groups, on a logarithmic scale where they differ a thousandfold."""
    most, least = max(item.value for item in items), min(item.value for item in items if item.value > 0)
    is_log = most / least > 1000
    up = Axis(0.5 if is_log else 0.0, most * 1.12, FLOOR, TOP, is_log=is_log)
    step = (SIZE[0] - LEFT - RIGHT) / len(items)
    marks = [10**power for power in range(12) if up.holds(10**power)] if is_log else _whole(up)
    parts: list[Markup | None] = []
    for mark in marks:
        parts.append(line("grid", LEFT, up.at(mark), SIZE[0] - RIGHT, up.at(mark)))
        parts.append(tick(figures.count(mark), LEFT - 8, up.at(mark) + 4, "end"))
    for index, item in enumerate(items):
        x, top = LEFT + step * (index + 0.5), up.at(max(item.value, up.low))
        width = min(step * 0.62, 48.0)
        parts.append(
            element("rect", x=x - width / 2, y=top, width=width, height=max(FLOOR - top, 0.0), class_="bar", rx=2)
        )
        parts.append(tick(figures.count(item.value), x, top - 5, "middle"))
        parts.append(tick(one_line(item.name, 12), x, FLOOR + 16, "middle"))
    return picture(caption, [element("g", parts, class_="ink-plain"), _across(caption)])


def _whole(up: Axis) -> list[float]:
    return [mark for mark in ticks(0.0, up.high, 5) if float(mark).is_integer()]


def heat(rows: Sequence[str], columns: Sequence[str], shares: dict[tuple[str, str], float], caption: Caption) -> Markup:
    """Return a grid of shares: darker where less is there, the number in every cell that is not whole."""
    width, height = NAMES + CELL[0] * len(columns) + 8, CELL[1] * (len(rows) + 1) + 8
    heads = enumerate(columns)
    parts: list[Markup | None] = [
        tick(one_line(name, 9), NAMES + CELL[0] * (at + 0.5), CELL[1] * 0.7, "middle") for at, name in heads
    ]
    for down, row in enumerate(rows):
        y = CELL[1] * (down + 1)
        parts.append(tick(one_line(row, 20), NAMES - 8, y + CELL[1] * 0.66, "end"))
        parts += [
            _cell(NAMES + CELL[0] * at, y, shares[row, name])
            for at, name in enumerate(columns)
            if (row, name) in shares
        ]
    return picture(caption, parts, (width, height))


def _cell(x: float, y: float, share: float) -> Markup:
    level = sum(share >= step for step in STEPS)
    box = element("rect", x=x + 1, y=y + 1, width=CELL[0] - 2, height=CELL[1] - 2, class_=f"heat-{level}", rx=3)
    told = "all" if share >= 1 else figures.number(share, "share")
    words = tick(told, x + CELL[0] / 2, y + CELL[1] * 0.66, "middle", f"cell on-heat-{level}")
    return element("g", box, words)


def _share_grid(up: Axis) -> list[Markup]:
    parts = []
    for share in ticks(up.low, up.high):
        parts.append(line("grid", LEFT, up.at(share), SIZE[0] - RIGHT, up.at(share)))
        parts.append(tick(figures.round_number(share, "share"), LEFT - 8, up.at(share) + 4, "end"))
    return parts


def _level(up: Axis, value: float) -> Markup:
    return line("limit", LEFT, up.at(value), SIZE[0] - RIGHT, up.at(value))


def _across(caption: Caption) -> Markup:
    return tick(caption.across, MIDDLE, SIZE[1] - 8, "middle")


def tick(words: str, x: float, y: float, anchor: str, kind: str = "tick") -> Markup:
    """Return a short text of a picture."""
    return element("text", text(words), x=float(x), y=float(y), class_=kind, text_anchor=anchor)


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """Return a straight line."""
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=kind)


def diamond(x: float, y: float) -> str:
    """Return the corners of a diamond around a point."""
    return f"{x - 6:.1f},{y:.1f} {x:.1f},{y - 6:.1f} {x + 6:.1f},{y:.1f} {x:.1f},{y + 6:.1f}"

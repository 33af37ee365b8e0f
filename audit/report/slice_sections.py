"""Charts by slice: length, position by annotator, style features, and every other measure repeated on slices."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from audit.report import badges
from audit.report.charts import Point, bar_strip, curve, forest_axis, forest_strip, funnel, points
from audit.report.document import Document, sliced
from audit.report.markup import Child, Markup, element
from audit.report.tables import disclosure, section, table

BY_GAP: Final = "verbosity.longer_wins_by_gap"
FIRST_RATE: Final = "position.first_rate"
FEATURES: Final = "style.feature_effect"
OPEN: Final = ("verbosity.longer_wins_rate", "balance.slice_count", FEATURES)
"""Measures whose slices are shown opened."""
MOST_OPEN: Final = 24
"""Slices of a table that is shown opened."""
MOST_ROWS: Final = 60
"""Slices in one table: those that rest on most units; the others are in `result.json`."""
_LEADING_ZEROS: Final = re.compile(r"(?<![\d.])0+(?=\d)")


def slices(document: Document) -> Markup:
    """Return all charts by slice: length, annotators, then each measure that a rule judges or that is always shown."""
    parts: list[Markup | None] = [_length(document), _annotators(document)]
    parts += [_forest(document, name) for name in _drawn(document)]
    if not any(parts):
        told = "No measure was repeated on slices: the data record no field to slice by."
        parts = [element("p", told, class_="empty")]
    intro = "A whole can look fair while a part of it is not, so measures are repeated on the parts that the data name."
    return section("slices", "By slice", *parts, intro=intro)


def _drawn(document: Document) -> list[str]:
    """Return the names of the measures to draw: those shown opened first, then those that rules judge."""
    judged = dict.fromkeys(rule["measure"] for rule in document["rules"])
    held = {m["name"] for m in document["measures"] if m["slice"] is not None and m["value"] is not None}
    return [name for name in dict.fromkeys((*OPEN, *judged)) if name in held and name != BY_GAP]


def _length(document: Document) -> Markup | None:
    items = sorted(points(sliced(document, BY_GAP)), key=lambda item: item.name)
    if not items:
        return None
    title = "How often the longer response wins, by how much longer it is"
    words = f"{title}: " + "; ".join(f"{item.name} {badges.number(item.value, 'share')}" for item in items)
    drawn = [replace(item, name=_short(item.name)) for item in items]
    chart = curve(drawn, title=words, across="length of the longer over the shorter response", reference=0.5)
    return _figure(
        title, chart, "The dashed line is one half: length would not matter.", _numbers(title, items, "share")
    )


def _short(name: str) -> str:
    return _LEADING_ZEROS.sub("", name).replace(" to ", "–").removesuffix(" times")


def _annotators(document: Document) -> Markup | None:
    items = points(sliced(document, FIRST_RATE, "annotator"))
    if not items:
        return None
    title = "How often each annotator chooses the response shown first"
    words = f"{title}, against how many judgments each gave; {len(items)} annotators, the numbers follow in a table"
    chart = funnel(items, title=words, across="judgments by the annotator (logarithmic)", reference=0.5)
    note = (
        "Inside the funnel lies what chance alone would give an annotator without a habit: 95% inside the inner lines, "
        "99.8% inside the outer ones, judgments taken as independent. Those outside are diamonds, named where there is "
        "room; the table has all."
    )
    return _figure(title, chart, note, _numbers(title, items, "share"))


def _figure(title: str, chart: Markup, note: str, numbers: Markup) -> Markup:
    region = element("div", chart, class_="scroll", tabindex=0, role="region", aria_label=f"Chart: {title}")
    caption = element("figcaption", element("h3", title), element("p", note, class_="muted"))
    return element("figure", caption, region, disclosure("The numbers", numbers))


def _numbers(title: str, items: list[Point], unit: str) -> Markup:
    rows = ((_name(i.name), badges.number(i.value, unit), _span(i, unit), badges.count(i.n)) for i in items)
    return table(title, ("slice", "#value", "#interval", "#n"), rows, kind="narrow", is_quiet=True)


def _forest(document: Document, name: str) -> Markup | None:
    """Return one measure on all its slices, on one axis; annotators have their own chart."""
    every = [m for m in sliced(document, name) if (name, m["slice"]["by"]) != (FIRST_RATE, "annotator")]
    if not every:
        return None
    kept = sorted(every, key=lambda m: -m["n"])[:MOST_ROWS]
    kept = [m for m in every if m in kept]
    items, unit = points(kept), kept[0]["unit"]
    reference = _reference(document, name, unit)
    axis = forest_axis(items, reference, is_log="odds ratio" in unit)
    most = max(item.value for item in items)
    rows: list[tuple[Child, ...]] = []
    for measure, item in zip(kept, items, strict=True):
        words = f"{item.name}: {badges.number(item.value, unit)}, {_span(item, unit)}"
        drawn = bar_strip(item.value, most, words) if unit == "count" else forest_strip(item, axis, reference, words)
        numbers = (badges.number(item.value, unit), _span(item, unit), badges.count(item.n))
        rows.append((badges.slice_label(measure["slice"]), drawn, *numbers))
    against = "" if reference is None or unit == "count" else f"; the line is {badges.number(reference, unit)}"
    caption = f"{name} ({unit}{against})"
    left = len(every) - len(kept)
    note = element("p", f"{left} smaller slices are in result.json.", class_="muted") if left > 0 else None
    body = table(caption, ("slice", "picture", f"#{unit}", "#interval", "#n"), rows, kind="narrow", is_quiet=True)
    return disclosure(caption, body, note, is_open=name in OPEN and len(kept) <= MOST_OPEN)


def _reference(document: Document, name: str, unit: str) -> float | None:
    """Return what slices are compared with: no effect for a ratio, else the whole file's value where there is one."""
    if "odds ratio" in unit:
        return 1.0
    if "difference" in unit or "log ratio" in unit:
        return 0.0
    whole = [m["value"] for m in document["measures"] if m["name"] == name and m["slice"] is None]
    return whole[0] if whole else None


def _name(name: str) -> Markup:
    return element("bdi", name)


def _span(item: Point, unit: str) -> str:
    return badges.interval({"low": item.low, "high": item.high, "unit": unit})

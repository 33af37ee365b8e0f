"""Measures repeated on slices as forest plots: each slice's interval on one axis beside its numbers."""

from __future__ import annotations

from typing import Final

from audit.report import badges
from audit.report.charts import bar_strip, forest_axis, forest_strip, points
from audit.report.document import Document, sliced
from audit.report.markup import Child, Markup, element
from audit.report.panel import TOLD
from audit.report.pictures import DRAWN, FIRST_RATE
from audit.report.plots import Point
from audit.report.tables import disclosure, section, table

FEATURES: Final = "style.feature_effect"
AGREEMENT: Final = "agreement.percent_decisive"
TITLES: Final = {
    AGREEMENT: "Agreement of annotators who chose a side",
    "agreement.class_decisive_rate": "Agreement within and between kinds of reviewers",
    "verbosity.longer_wins_rate": "How often the longer response wins",
    FEATURES: "What style features do to the odds of winning",
    "balance.slice_count": "Comparisons in each slice",
    FIRST_RATE: "How often the response shown first wins",
    "reviewers.agreement_drift": "Change of agreement in each batch, the same reviewers elsewhere",
    "reviewers.first_rate_drift": "Change of the first slot's share in each batch, the same reviewers elsewhere",
}
"""Measures that are always drawn, in this order, and what they are called in plain words."""
OPEN: Final = (AGREEMENT, FEATURES)
"""Measures whose slices are shown opened."""
MOST_OPEN: Final = 40
"""Slices of a table that is shown opened."""
MOST_ROWS: Final = 60
"""Slices in one table: those that rest on most units; the others are in `result.json`."""


def slices(document: Document) -> Markup:
    """Return a forest plot of each measure that a rule judges or that is always shown."""
    parts: list[Markup] = [_forest(document, name) for name in drawn(document)]
    if not parts:
        told = "No measure was repeated on slices: the data record no field to slice by."
        parts = [element("p", told, class_="empty")]
    intro = (
        "A whole can look fair while a part of it is not, so measures are repeated on the parts that the data name. "
        "The dashed line is the whole file, or no effect."
    )
    return section("slices", "By slice", *parts, intro=intro)


def drawn(document: Document) -> list[str]:
    """Return the names of the measures to draw: those always shown first, then those that rules judge."""
    judged = dict.fromkeys(rule["measure"] for rule in document["rules"])
    held = {m["name"] for m in document["measures"] if m["slice"] is not None and m["value"] is not None}
    return [name for name in dict.fromkeys((*TITLES, *judged)) if _every(document, name) and name in held - {*DRAWN}]


def _every(document: Document, name: str) -> list[Document]:
    """Return the slices to draw; annotators have their own picture."""
    return [m for m in sliced(document, name) if name not in (FIRST_RATE, *TOLD) or m["slice"]["by"] != "annotator"]


def _forest(document: Document, name: str) -> Markup:
    """Return one measure on all its slices, on one axis."""
    every = _every(document, name)
    title = element("span", TITLES.get(name) or _title(document, name), element("code", f" {name}", class_="muted"))
    if badges.is_same(every):
        return element("p", element("strong", title), f": {badges.same_told(every)}", class_="same")
    largest = sorted(range(len(every)), key=lambda at: -every[at]["n"])[:MOST_ROWS]
    kept = [every[at] for at in sorted(largest)]
    items, unit = points(kept), kept[0]["unit"]
    reference = _reference(document, name, unit)
    axis = forest_axis(items, reference, is_log="odds ratio" in unit)
    most = max(item.value for item in items)
    rows: list[tuple[Child, ...]] = []
    for measure, item in zip(kept, items, strict=True):
        words = f"{item.name}: {badges.number(item.value, unit)}, {_span(item, unit)}"
        picture = bar_strip(item.value, most, words) if unit == "count" else forest_strip(item, axis, reference, words)
        numbers = (badges.number(item.value, unit), _span(item, unit), badges.count(item.n))
        rows.append((badges.slice_label(measure["slice"]), picture, *numbers))
    against = "" if reference is None or unit == "count" else f", the line is {badges.number(reference, unit)}"
    heads = ("slice", f"{unit}{against}", f"#{unit}", "#interval", "#n")
    left = len(every) - len(kept)
    note = element("p", f"{left} smaller slices are in result.json.", class_="muted") if left > 0 else None
    body = table(f"{name} by slice", heads, rows, kind="narrow", is_quiet=True)
    return disclosure(title, body, note, is_open=name in OPEN and len(kept) <= MOST_OPEN)


def _title(document: Document, name: str) -> str:
    """Return the fault that a rule looks for with this measure."""
    return next((str(rule["title"]) for rule in document["rules"] if rule["measure"] == name), "")


def _reference(document: Document, name: str, unit: str) -> float | None:
    """Return what slices are compared with: no effect for a ratio, else the whole file's value where there is one."""
    if "odds ratio" in unit:
        return 1.0
    if "difference" in unit or "log ratio" in unit:
        return 0.0
    whole = [m["value"] for m in document["measures"] if m["name"] == name and m["slice"] is None]
    return whole[0] if whole else None


def _span(item: Point, unit: str) -> str:
    return badges.interval({"low": item.low, "high": item.high, "unit": unit})

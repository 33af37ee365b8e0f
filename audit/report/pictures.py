"""The pictures of the HTML report: length, order shown, strength, confidence, coverage, lineage, copies.

Each is drawn only where the result holds what it shows, and stands beside a table of its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from audit.report import badges, panel
from audit.report.charts import forest_axis, forest_strip, points
from audit.report.document import Document, sliced
from audit.report.markup import Child, Markup, element
from audit.report.plots import Caption, Point, bars, curve, funnel, heat
from audit.report.safe import sentence
from audit.report.tables import disclosure, section, table

BY_GAP: Final = "verbosity.longer_wins_by_gap"
FIRST_RATE: Final = "position.first_rate"
BY_STRENGTH: Final = "strength.agreement_by_strength"
BY_CONFIDENCE: Final = "strength.agreement_by_confidence"
EXCESS: Final = "balance.cell_excess"
COMPLETE: Final = "lineage.complete_share"
LEAST: Final = "lineage.least_complete_share"
CLUSTERS: Final = "duplicates.clusters"
PROMPTS: Final = "duplicates.prompt_clusters"
DRAWN: Final = (BY_GAP, BY_STRENGTH, BY_CONFIDENCE, EXCESS, COMPLETE, CLUSTERS, PROMPTS, *panel.DRAWN)
"""Measures by slice that are told here, so that other sections need not repeat them."""
_DECLARED: Final = re.compile(r"observed ([\d.]+) less declared ([\d.]+)")
_LEADING_ZEROS: Final = re.compile(r"(?<![\d.])0+(?=\d)")
WHOLE: Final = "all rows"


def pictures(document: Document) -> Markup | None:
    """Return every picture that the result allows, or None."""
    drawn = [figure for figure in (draw(document) for draw in _PICTURES) if figure is not None]
    if not drawn:
        return None
    intro = "Bars across a point are its interval. Under each picture its numbers open as a table."
    return section("pictures", "In pictures", element("div", drawn, class_="gallery"), intro=intro)


def _figure(name: str, caption: Caption, chart: Markup, note: str, numbers: Markup, *, is_wide: bool = False) -> Markup:
    """Return a picture of the measure `name` with its words, and its numbers to open."""
    region = element("div", chart, class_="scroll", tabindex=0, role="region", aria_label=f"Picture: {caption.title}")
    told = element("figcaption", element("h3", caption.title), element("p", note, class_="muted"))
    summary = element("span", "The numbers ", element("code", name, class_="muted"))
    return element("figure", told, region, disclosure(summary, numbers), class_="wide" if is_wide else None)


def _told(title: str, items: list[Point], across: str = "") -> Caption:
    words = "; ".join(f"{item.name}: {badges.number(item.value, 'share')}" for item in items[:12])
    return Caption(title, words if len(items) <= 12 else f"{len(items)} values, among them {words}", across)


def _numbers(title: str, items: list[Point], head: str = "group", value: str = "share") -> Markup:
    rows = ((element("bdi", i.name), badges.number(i.value, value), _span(i, value), badges.count(i.n)) for i in items)
    return table(f"{title}: the numbers", (head, f"#{value}", "#interval", "#n"), rows, kind="narrow", is_quiet=True)


def _span(item: Point, unit: str) -> str:
    return badges.interval({"low": item.low, "high": item.high, "unit": unit})


def _length(document: Document) -> Markup | None:
    items = sorted(points(sliced(document, BY_GAP)), key=lambda item: item.name)
    if not items:
        return None
    caption = _told(
        "How often the longer response wins, by how much longer it is",
        items,
        "length of the longer over the shorter response",
    )
    chart = curve([replace(item, name=_short(item.name)) for item in items], caption, 0.5)
    note = "At the dashed line, one half, length would not matter."
    return _figure(BY_GAP, caption, chart, note, _numbers(caption.title, items, "times as long"))


def _short(name: str) -> str:
    bare = _LEADING_ZEROS.sub("", name).replace(" times", "")
    return bare.replace(" to ", "–").replace(" or more", "+")


def _annotators(document: Document) -> Markup | None:
    items = points(sliced(document, FIRST_RATE, "annotator"))
    if not items:
        return None
    caption = _told(
        "How often each annotator chooses the response shown first", items, "judgments by the annotator (logarithmic)"
    )
    note = (
        "Inside the funnel lies what chance alone would give an annotator without a habit: 95% inside the dotted "
        "lines, 99.8% inside the solid ones, judgments taken as independent. Those outside are diamonds, named where "
        "there is room."
    )
    return _figure(FIRST_RATE, caption, funnel(items, caption, 0.5), note, _numbers(caption.title, items, "annotator"))


def _strength(document: Document) -> Markup | None:
    items = points(sliced(document, BY_STRENGTH))
    if len(items) < 2:
        return None
    caption = _told("Do votes declared stronger agree more?", items, "strength that the annotator declared")
    note = (
        "Agreement of a vote with the other votes on its item. A strength that means something rises to the right; the "
        "dashed line is a coin's agreement."
    )
    return _figure(BY_STRENGTH, caption, curve(items, caption, 0.5), note, _numbers(caption.title, items, "strength"))


def _confidence(document: Document) -> Markup | None:
    items = sorted(points(sliced(document, BY_CONFIDENCE)), key=lambda item: item.name)
    if len(items) < 2:
        return None
    caption = _told("Are annotators as often agreed with as they are sure?", items, "confidence that was declared")
    drawn = [replace(item, name=_short(item.name)) for item in items]
    note = "Agreement of a vote with the other votes on its item, by declared confidence; the dashed line is a coin's."
    return _figure(
        BY_CONFIDENCE, caption, curve(drawn, caption, 0.5), note, _numbers(caption.title, items, "confidence")
    )


def _coverage(document: Document) -> Markup | None:
    """Return each value's observed share against the declared one; the auditor's method tells both."""
    cells = [(m, _DECLARED.match(m["method"] or "")) for m in sliced(document, EXCESS)]
    found = [(m, float(told[1]), float(told[2])) for m, told in cells if told]
    if not found:
        return None
    title = "Coverage of each slice against its declared target"
    items = [
        Point(m["slice"]["value"], own, _moved(m["low"], aim), _moved(m["high"], aim), m["n"]) for m, own, aim in found
    ]
    axis = forest_axis([*items, *(Point("", aim, None, None, 0) for _, _, aim in found)], 0.0, is_log=False)
    rows: list[tuple[Child, ...]] = []
    for (m, own, aim), item in zip(found, items, strict=True):
        share, target, span = badges.number(own, "share"), badges.number(aim, "share"), _span(item, "share")
        strip = forest_strip(item, axis, aim, f"{item.name}: {share} found, {span}; {target} declared")
        rows.append((badges.slice_label(m["slice"]), strip, target, share, span, badges.count(m["n"])))
    heads = ("slice", "found; the line is the target", "#declared", "#found", "#interval", "#n")
    caption = element("figcaption", element("h3", title, " ", element("code", EXCESS, class_="muted")))
    return element("figure", caption, table(title, heads, rows, is_quiet=True), class_="wide")


def _moved(end: float | None, by: float) -> float | None:
    return None if end is None else end + by


def _lineage(document: Document) -> Markup | None:
    """Return which fields of a row's history have gaps, in all rows and in each slice; the whole ones share a line."""
    whole = {str(m["slice"]["value"]): float(m["value"]) for m in sliced(document, COMPLETE, "field")}
    if not whole:
        return None
    gaps = sorted((name for name in whole if whole[name] < 1.0), key=lambda name: (whole[name], name))
    shares = {(name, WHOLE): whole[name] for name in gaps}
    for m in sliced(document, COMPLETE, "field and slice"):
        name, _, where = m["slice"]["value"].partition(" | ")
        where = where.partition("=")[2]
        shares[name, where] = float(m["value"])
    columns = list(dict.fromkeys((WHOLE, *(where for _, where in shares))))
    others = f"{len(whole) - len(gaps)} {'other ' if gaps else ''}fields"
    shares |= {(others, where): 1.0 for where in columns} if len(gaps) < len(whole) else {}
    told = "; ".join(f"{name} {badges.number(whole[name], 'share')}" for name in gaps)
    words = f"{len(whole) - len(gaps)} of {len(whole)} fields are filled in every row. {told}"
    caption = Caption("How complete each row's history is", words)
    chart = heat(list(dict.fromkeys(name for name, _ in shares)), columns, shares, caption)
    rows = ((f"{name}, {where}", badges.number(share, "share")) for (name, where), share in shares.items())
    numbers = table(f"{caption.title}: the numbers", ("field", "#filled"), rows, kind="narrow", is_quiet=True)
    note = "Share of values that are there; blanks and placeholders such as n/a count as missing. Darker is emptier."
    note = " ".join((note, *(sentence(reason) for reason in _reasons(document, LEAST))))
    return _figure(COMPLETE, caption, chart, note, numbers, is_wide=len(columns) > 6)


def _reasons(document: Document, name: str) -> list[str]:
    """Return why a measure of the whole file is undefined: for completeness, the fields that no row records."""
    found = (m for m in document["measures"] if m["name"] == name and m["slice"] is None)
    return [str(m["undefined"]["reason"]) for m in found if m["undefined"]]


def _copies(document: Document) -> Markup | None:
    note = "Every row beyond the first of its cluster weighs nearly the same pair again in training."
    return _cluster_sizes(document, CLUSTERS, "Pairs that stand there more than once", note)


def _prompts(document: Document) -> Markup | None:
    note = "Prompts that are the same or nearly so. Repeats may be meant; intervals allow for them."
    return _cluster_sizes(document, PROMPTS, "Prompts that stand there more than once", note)


def _cluster_sizes(document: Document, name: str, title: str, note: str) -> Markup | None:
    items = [replace(item, name=_short(item.name)) for item in points(sliced(document, name))]
    if not any(item.value for item in items):
        return None
    words = "; ".join(f"{item.value:,.0f} of {item.name} comparisons" for item in items if item.value)
    caption = Caption(title, f"Clusters by size: {words}", "comparisons in the cluster")
    return _figure(name, caption, bars(items, caption), note, _numbers(title, items, "comparisons", "count"))


_PICTURES: Final[tuple[Callable[[Document], Markup | None], ...]] = (
    _length,
    _annotators,
    _strength,
    _confidence,
    _copies,
    _prompts,
    _lineage,
    panel.panel,
    _coverage,
)

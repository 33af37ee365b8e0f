"""The panel of reviewers in the HTML report: whom to look at first, and why."""

from __future__ import annotations

import re
from typing import Any, Final

from audit.report import badges
from audit.report.charts import forest_axis, forest_strip, points
from audit.report.document import Document, sliced
from audit.report.markup import Child, Markup, element
from audit.report.plots import Point
from audit.report.tables import disclosure, table

AGREEMENT: Final = "reviewers.agreement"
SIGNS: Final = "reviewers.signs"
COLUMNS: Final = (
    ("reviewers.modelled_accuracy", "accuracy by the model", "share"),
    ("reviewers.check_rate", "checks passed", "share"),
    ("reviewers.agreement_drift", "change of agreement", "share"),
    ("position.first_rate", "chose the first shown", "share"),
    ("reviewers.fast_share", "too fast", "share"),
    ("reviewers.pivotal_pairs", "pairs that hang on them", "count"),
)
"""Measures of single reviewers beside their agreement, with what they are called and their unit."""
DRAWN: Final = (AGREEMENT, SIGNS, "reviewers.shrunk_agreement", *(name for name, _, _ in COLUMNS[:2] + COLUMNS[4:]))
"""Measures by reviewer that need not be drawn elsewhere."""
TOLD: Final = ("reviewers.agreement_drift", "reviewers.first_rate_drift")
"""Measures whose reviewers are told here, and whose batches elsewhere."""
MOST_OPEN: Final = 20
"""Reviewers of a panel that is shown opened."""
_SIGNS: Final = re.compile(r"signs: ([^;]*);")


def panel(document: Document) -> Markup | None:
    """Return the reviewers, those of most signs first and then those of least agreement, or None."""
    agreement = {m["slice"]["value"]: m for m in sliced(document, AGREEMENT, "annotator")}
    signs = {m["slice"]["value"]: m for m in sliced(document, SIGNS, "annotator")}
    if not agreement:
        return None
    title, items = "Reviewers, whom to look at first on top", points([agreement[name] for name in sorted(agreement)])
    items.sort(key=lambda item: (-_count(signs, item.name), item.value, item.name))
    pool = next((m["value"] for m in document["measures"] if m["name"] == AGREEMENT and m["slice"] is None), None)
    axis = forest_axis(items, pool, is_log=False)
    found = [(head, unit, _by_name(document, name)) for name, head, unit in COLUMNS]
    others = [(head, unit, values) for head, unit, values in found if any(item.name in values for item in items)]
    rows: list[tuple[Child, ...]] = []
    for item in items:
        share, span = badges.number(item.value, "share"), _span(item)
        strip = forest_strip(item, axis, pool, f"{item.name}: {share} agreement, {span}")
        more = [badges.number(values.get(item.name), unit) for _, unit, values in others]
        votes = badges.count(item.n)
        rows.append((element("bdi", item.name), _told(signs.get(item.name)), strip, share, span, votes, *more))
    head = f"agreement; the line is all reviewers, {badges.number(pool, 'share')}"
    fixed = ("reviewer", "signs", head, "#agreement", "#interval", "#votes compared")
    note = (
        "Agreement with the plurality of the others' votes on the same pair. Reviewers with signs come first, then "
        "those of least agreement. A change is the later half of a reviewer's answers less the earlier."
    )
    told = element("figcaption", element("h3", title), element("p", note, class_="muted"))
    body = table(title, (*fixed, *(f"#{head}" for head, _, _ in others)), rows, kind="narrow", is_quiet=True)
    summary = element("span", f"{len(items)} reviewers ", element("code", AGREEMENT, class_="muted"))
    return element("figure", told, disclosure(summary, body, is_open=len(items) <= MOST_OPEN), class_="wide")


def _by_name(document: Document, name: str) -> dict[str, float]:
    return {m["slice"]["value"]: m["value"] for m in sliced(document, name, "annotator")}


def _count(signs: dict[str, Any], name: str) -> float:
    return float(signs[name]["value"]) if name in signs else 0.0


def _told(sign: Document | None) -> str:
    """Return the signs of a reviewer in words; an en dash for none."""
    match = None if sign is None or not sign["value"] else _SIGNS.match(sign["method"] or "")
    return match[1] if match else "–"


def _span(item: Point) -> str:
    return badges.interval({"low": item.low, "high": item.high, "unit": "share"})

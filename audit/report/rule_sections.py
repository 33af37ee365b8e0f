"""The rules in the HTML report: cards for what failed or is undecided, what passed, what is not assessable."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from audit.report import badges
from audit.report.charts import axis_legend, rule_strip
from audit.report.document import Document, by_urgency, place, with_verdict
from audit.report.markup import Child, Markup, data, element
from audit.report.tables import disclosure, facts, section, table

MOST_FINDINGS: Final = 60
"""Slices listed on one rule's card."""
MOST_PLACES: Final = 10
"""Row references listed on one rule's card; the explorer has more."""


def troubles(document: Document) -> Markup:
    """Return a card for each rule that failed or could not be decided."""
    found = with_verdict(document, "fail", "inconclusive")
    cards = [_card(group) for group in _by_rule(found)]
    if not cards:
        cards = [element("p", "No rule failed and none was undecided.", class_="empty")]
    intro = "What decides against the dataset, most important first: the finding, what to do, and the rows behind it."
    return section("troubles", "Failed and inconclusive rules", *cards, intro=intro)


def _by_rule(rules: list[Document]) -> list[list[Document]]:
    """Return findings grouped by rule, groups in the order of their most urgent finding."""
    order: dict[str, list[Document]] = {}
    for rule in rules:
        order.setdefault(rule["id"], []).append(rule)
    return list(order.values())


def _card(found: list[Document]) -> Markup:
    first = found[0]
    head = element(
        "header",
        badges.badge(first["verdict"]),
        element("h3", element("code", first["id"]), " ", str(first["title"])),
        badges.tags(first),
    )
    message = element("p", str(first["message"]), class_="message") if len(found) == 1 else None
    todo = element("p", element("strong", "What to do: "), str(first["remediation"]), class_="todo")
    parts = (head, message, _findings(found), _basis(first), todo, _evidence(first["id"], found), _why(first))
    return element("article", *parts, class_=f"card is-{first['verdict']}", id=f"rule-{first['id']}")


def _findings(found: list[Document]) -> Markup:
    heads = ("where", axis_legend(), "#estimate", "#interval", "#n", "#n effective", "verdict")
    rows: list[tuple[Child, ...]] = [
        (
            badges.slice_label(rule["slice"]),
            rule_strip(rule),
            badges.number(rule["estimate"], rule["unit"]),
            badges.interval(rule),
            badges.count(rule["n"]),
            badges.count(rule["n_effective"]),
            badges.badge(rule["verdict"]),
        )
        for rule in found[:MOST_FINDINGS]
    ]
    left = len(found) - MOST_FINDINGS
    end = "where it passed" if found[0]["verdict"] == "pass" else "what was found"
    caption = f"{found[0]['id']}: {end}" + (f" ({left} more slices are in result.json)" if left > 0 else "")
    if len(found) == 1:
        return table(caption, heads, rows, is_quiet=left <= 0)
    messages = element(
        "ul", (element("li", badges.slice_label(r["slice"]), ": ", str(r["message"])) for r in found[:MOST_FINDINGS])
    )
    return element("div", table(caption, heads, rows), disclosure("Each finding in words", messages))


def _basis(rule: Document) -> Markup:
    confidence = (
        f"{100 * rule['confidence']:g}% for each bound" if rule["confidence"] is not None else "exact, no interval"
    )
    pairs: list[tuple[str, Child]] = [
        ("passes at", badges.limit(rule)),
        ("fails at", badges.fail_limit(rule)),
        ("confidence", confidence),
        ("measure", element("code", str(rule["measure"]))),
    ]
    if rule["method"]:
        pairs.append(("method", str(rule["method"])))
    if rule["margin"] is not None:
        pairs.append(("smallest certifiable", badges.number(rule["margin"], rule["unit"])))
    return facts(pairs)


def _evidence(code: str, found: Iterable[Document]) -> Markup | None:
    held = [rule["evidence"] for rule in found if rule["evidence"] and rule["evidence"]["total"]]
    if not held:
        return None
    first = held[0]
    shown = first["rows"][:MOST_PLACES]
    items = (element("li", data(place(row)), " ", element("code", row["digest"][:12], class_="muted")) for row in shown)
    total, order = badges.count(first["total"]), first["order"]
    told = (
        f"{total} rows in all; the first {len(shown)} by {order}:" if len(shown) < first["total"] else f"{total} rows:"
    )
    link = element(
        "a", "Show the texts in the evidence explorer", href="#evidence", class_="to-explorer", data_rule=code
    )
    return element(
        "div",
        element("p", element("strong", "Evidence: "), told),
        element("ul", items, class_="places"),
        link,
        class_="evidence",
    )


def _why(rule: Document) -> Markup:
    references = (
        element("ul", (element("li", str(reference)) for reference in rule["references"]))
        if rule["references"]
        else None
    )
    basis = element("p", element("strong", "Where the limit comes from: "), str(rule["basis"]))
    return disclosure("Why this rule exists", element("p", str(rule["rationale"])), basis, references)


def blocked(document: Document) -> Markup:
    """Return what could not be assessed and what would unlock it, and what does not apply."""
    found = with_verdict(document, "not_assessable")
    rows: list[tuple[Child, ...]] = [
        (
            element("span", element("code", r["id"]), " ", str(r["title"])),
            badges.slice_label(r["slice"]),
            str(r["message"]),
            str(r["unlock"] or "–"),
        )
        for r in found
    ]
    shown = (
        table("Rules that could not be assessed", ("rule", "where", "why", "what would unlock it"), rows)
        if rows
        else None
    )
    nothing = element("p", "Every rule that applies could be assessed.", class_="empty") if not rows else None
    scope = [
        element("li", element("code", r["id"]), f" {r['title']}: {r['message']}")
        for r in with_verdict(document, "not_applicable")
    ]
    out = element("div", element("h3", "Rules that do not apply"), element("ul", scope)) if scope else None
    intro = "Not assessable is not a pass: the data do not hold what the rule needs."
    return section("blocked", "Not assessable", nothing, shown, out, intro=intro)


def passed(document: Document) -> Markup:
    """Return every pass with its numbers."""
    found = sorted(with_verdict(document, "pass"), key=lambda rule: str(rule["id"]))
    tables = [_passed_rule(list(group)) for _, group in groupby(found, key=lambda rule: rule["id"])]
    nothing = element("p", "No rule passed.", class_="empty") if not tables else None
    return section("passed", "Passed rules", nothing, *tables)


def _passed_rule(found: list[Document]) -> Markup:
    first = by_urgency(found)[0]
    summary = element(
        "span",
        badges.badge("pass"),
        " ",
        element("code", first["id"]),
        f" {first['title']}",
        *_slices_told(found),
        class_="line",
    )
    told = element("p", str(first["message"]))
    return disclosure(summary, told, _findings(found), _basis(first), _why(first), kind="card slim")


def _slices_told(found: list[Document]) -> list[Child]:
    return [element("span", f" on {len(found)} slices", class_="muted")] if len(found) > 1 else []

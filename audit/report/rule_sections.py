"""The rules in the HTML report: cards for what failed or is undecided, what passed, what is not assessable."""

from __future__ import annotations

from typing import Final

from audit.report import badges
from audit.report.charts import axis_legend, rule_strip
from audit.report.document import Document, place
from audit.report.judged import JudgedRule, judged_rules, others_told
from audit.report.markup import Child, Markup, data, element, join
from audit.report.safe import sentence
from audit.report.tables import disclosure, facts, section, table

MOST_FINDINGS: Final = 60
"""Slices listed on one rule's card."""
_HEADS: Final = ("where", axis_legend(), "#estimate", "#interval", "#n", "#n effective", "verdict")
MOST_PLACES: Final = 10
"""Row references listed on one rule's card; the explorer has more."""


def troubles(document: Document) -> Markup:
    """Return a card for each rule that failed or could not be decided."""
    cards = [_card(judged) for judged in judged_rules(document, "fail", "inconclusive")]
    if not cards:
        cards = [element("p", "No rule failed and none was undecided.", class_="empty")]
    intro = "What decides against the dataset, most important first: the finding, what to do, and the rows behind it."
    return section("troubles", "Failed and inconclusive rules", *cards, intro=intro)


def _card(judged: JudgedRule) -> Markup:
    rule = judged.head
    head = element(
        "header",
        badges.badge(rule["verdict"]),
        element("h3", element("code", rule["id"]), " ", str(rule["title"])),
        badges.tags(rule),
    )
    where = element("span", badges.slice_label(rule["slice"]), ": ") if rule["slice"] else None
    message = element("p", where, sentence(rule["message"]), class_="message")
    todo = element("p", element("strong", "What to do: "), sentence(rule["remediation"]), class_="todo")
    parts = (head, message, *_findings(judged), _basis(rule), todo, _evidence(judged), _why(rule))
    return element("article", *parts, class_=f"card is-{rule['verdict']}", id=badges.rule_anchor(rule))


def _findings(judged: JudgedRule) -> tuple[Markup | None, ...]:
    """Return the speaking finding in numbers, and the other slices to open: what did not pass first."""
    rule = judged.head
    spoken = table(f"{rule['id']}: the finding", _HEADS, [_row(rule)], is_quiet=True)
    if not judged.others:
        return (spoken,)
    shown = judged.others[:MOST_FINDINGS]
    left = len(judged.others) - len(shown)
    note = element("p", f"{left} more are in result.json.", class_="muted") if left else None
    rows = table(f"{rule['id']}: other slices", _HEADS, [_row(other) for other in shown], is_quiet=True)
    told = (
        element("li", badges.slice_label(other["slice"]), ": ", sentence(other["message"]))
        for other in shown
        if other["verdict"] not in ("pass", "fail")  # the table says all there is to say of these
    )
    words = element("ul", told, class_="words")
    summary = others_told(judged)
    return (spoken, disclosure(f"{summary[:1].upper()}{summary[1:]}", rows, note, words))


def _row(rule: Document) -> tuple[Child, ...]:
    return (
        badges.slice_label(rule["slice"]),
        rule_strip(rule),
        badges.number(rule["estimate"], rule["unit"]),
        badges.interval(rule),
        badges.count(rule["n"]),
        badges.count(rule["n_effective"]),
        badges.badge(rule["verdict"]),
    )


def _basis(rule: Document) -> Markup:
    confidence = (
        f"{100 * rule['confidence']:g}% for each bound" if rule["confidence"] is not None else "exact, no interval"
    )
    pairs: list[tuple[str, Child]] = [
        ("passes at", badges.limit(rule)),
        ("fails at", badges.fail_limit(rule)),
        ("confidence", confidence),
    ]
    if rule["margin"] is not None:
        pairs.append(("smallest certifiable", badges.number(rule["margin"], rule["unit"])))
    method = sentence(rule["method"]) if rule["method"] else None
    how = element("p", "How it was measured: ", element("code", str(rule["measure"])), ". ", method, class_="muted how")
    return join((facts(pairs), how))


def _evidence(judged: JudgedRule) -> Markup | None:
    held = [
        r["evidence"] for r in judged.findings if r["evidence"] and r["evidence"]["total"] and r["verdict"] != "pass"
    ]
    if not held:
        return None
    first = held[0]
    shown = first["rows"][:MOST_PLACES]
    items = (element("li", data(place(row)), " ", element("code", row["digest"][:12], class_="muted")) for row in shown)
    total, order = badges.count(first["total"]), first["order"]
    told = f"{total} rows in all; {len(shown)} of them ({order}):" if len(shown) < first["total"] else f"{total} rows:"
    code = str(judged.head["id"])
    link = element(
        "a", "Show the texts in the evidence explorer", href="#evidence", class_="to-explorer", data_rule=code
    )
    words = element("p", element("strong", "Evidence: "), told)
    return element("div", words, element("ul", items, class_="places"), link, class_="evidence")


def _why(rule: Document) -> Markup:
    references = (
        element("ul", (element("li", str(reference)) for reference in rule["references"]))
        if rule["references"]
        else None
    )
    basis = element("p", element("strong", "Where the limit comes from: "), str(rule["basis"]))
    return disclosure("Why this rule exists", element("p", sentence(rule["rationale"])), basis, references)


def blocked(document: Document) -> Markup:
    """Return what could not be assessed and what would unlock it, and what does not apply."""
    rows: list[tuple[Child, ...]] = [
        (
            element("span", element("code", r["id"]), " ", str(r["title"]), id=badges.rule_anchor(r)),
            sentence(r["message"]),
            badges.unlock_told(r["unlock"]) if r["unlock"] else "–",
        )
        for r in (judged.head for judged in judged_rules(document, "not_assessable"))
    ]
    shown = table("Rules that could not be assessed", ("rule", "why", "what would unlock it"), rows) if rows else None
    nothing = element("p", "Every rule that applies could be assessed.", class_="empty") if not rows else None
    scope = [
        element("li", element("code", r["id"]), f" {r['title']}: {sentence(r['message'])}")
        for r in (judged.head for judged in judged_rules(document, "not_applicable"))
    ]
    out = element("div", element("h3", "Rules that do not apply"), element("ul", scope)) if scope else None
    intro = "Not assessable is not a pass: the data do not hold what the rule needs."
    return section("blocked", "Not assessable", nothing, shown, out, _untaken(document), intro=intro)


def _untaken(document: Document) -> Markup | None:
    """Return the measures that could not be taken, gathered by what would unlock them."""
    groups: dict[tuple[str, str], list[str]] = {}
    for m in document["measures"]:
        if m["undefined"] and m["slice"] is None:
            why = (str(m["undefined"]["unlock"] or "–"), str(m["undefined"]["reason"]))
            groups.setdefault(why, []).append(str(m["name"]))
    if not groups:
        return None
    rows = (
        (badges.unlock_told(unlock), sentence(reason), [[element("code", name), " "] for name in names])
        for (unlock, reason), names in groups.items()
    )
    heads = ("what would unlock it", "why it was not taken", "measures")
    return table("Measures that could not be taken", heads, rows)


def passed(document: Document) -> Markup:
    """Return every pass with its numbers."""
    found = sorted(judged_rules(document, "pass"), key=lambda judged: str(judged.head["id"]))
    nothing = element("p", "No rule passed.", class_="empty") if not found else None
    return section("passed", "Passed rules", nothing, *(_passed_rule(judged) for judged in found))


def _passed_rule(judged: JudgedRule) -> Markup:
    rule = judged.head
    slices = element("span", f" ({others_told(judged)})", class_="muted") if judged.others else None
    name = element("span", element("code", rule["id"]), f" {rule['title']}", slices)
    summary = element("span", badges.badge("pass"), " ", name, class_="line")
    told = element("p", sentence(rule["message"]))
    body = disclosure(summary, told, *_findings(judged), _basis(rule), _why(rule), kind="card slim")
    return element("div", body, id=badges.rule_anchor(rule))

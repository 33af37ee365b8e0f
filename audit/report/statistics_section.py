"""The statistics of every rule in one table, for the reader who checks them: method, n, interval, limits, margin."""

from __future__ import annotations

from audit.report import badges
from audit.report.document import Document
from audit.report.judged import JudgedRule, judged_rules
from audit.report.markup import Child, Markup, element
from audit.report.safe import sentence
from audit.report.tables import section, table

HEADS = (
    *("rule and measure", "#estimate", "#interval", "#confidence", "#passes at", "#fails at"),
    *("#n", "#n effective", "#smallest certifiable"),
)


def statistics(document: Document) -> Markup:
    """Return one line a rule that was assessed: the finding that speaks for it."""
    judged = [entry for entry in judged_rules(document) if entry.head["estimate"] is not None]
    judged.sort(key=lambda entry: str(entry.head["id"]))
    intro = (
        "A rule decides on the end of the interval that is worse for the dataset; the confidence is that of each end. "
        "Numbers without an interval are exact counts of these rows. n effective is what n is worth where prompts or "
        "annotators repeat. Smallest certifiable is the tightest limit that this many data could prove."
    )
    if not judged:
        return section("statistics", "Statistics", element("p", "No rule has a number.", class_="empty"))
    shown = table("The statistics behind each rule", HEADS, map(_row, judged), kind="statistics", is_quiet=True)
    return section("statistics", "Statistics", shown, intro=intro)


def _row(judged: JudgedRule) -> tuple[Child, ...]:
    rule = judged.head
    confidence = f"{100 * rule['confidence']:g}%" if rule["confidence"] is not None else "–"
    return (
        _name(judged),
        badges.number(rule["estimate"], rule["unit"]),
        badges.interval(rule),
        confidence,
        badges.limit(rule),
        badges.fail_limit(rule),
        badges.count(rule["n"]),
        badges.count(rule["n_effective"]),
        badges.number(rule["margin"], rule["unit"]),
    )


def _name(judged: JudgedRule) -> Markup:
    rule = judged.head
    unit = "" if rule["unit"] in ("share", "count") else f" ({rule['unit']})"
    where = element("span", badges.slice_label(rule["slice"]), class_="part") if rule["slice"] else None
    how = element("span", sentence(rule["method"]), class_="part muted") if rule["method"] else None
    link = element("a", element("code", rule["id"]), href=f"#{badges.rule_anchor(rule)}")
    return element("span", link, " ", element("code", str(rule["measure"])), unit, where, how)

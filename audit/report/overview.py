"""The top of the HTML report: who made it, the verdict, what it is bound to, and every rule at a glance."""

from __future__ import annotations

from collections.abc import Sequence

from audit.report import badges, figures
from audit.report.badges import rule_anchor
from audit.report.charts import axis_legend, rule_strip
from audit.report.document import MOST_URGENT_FIRST, VERDICT_WORDS, Document
from audit.report.judged import JudgedRule, judged_rules, others_told
from audit.report.markup import Child, Markup, data, element
from audit.report.tables import facts, section, table
from audit.report.words import LEVEL_MEANINGS, VERDICT_MEANINGS


def header(document: Document, generated_at: str) -> Markup:
    """Return the head of the page."""
    tool, pack = document["tool"], document["pack"]
    made = f"Made {generated_at} by {tool['name']} {tool['version']} with the rules {pack['name']} {pack['version']}"
    names = [str(entry["name"]) for entry in document["inputs"]]
    shown = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more" if names else "no input"
    return element(
        "header",
        element("p", "Preference data audit", class_="kicker"),
        element("h1", data(shown)),
        element("p", made, class_="muted"),
        class_="top",
    )


def contents(entries: Sequence[tuple[str, str]]) -> Markup:
    """Return the list of sections."""
    items = (element("li", element("a", title, href=f"#{identity}")) for identity, title in entries)
    return element(
        "nav",
        element("h2", "Contents", class_="nav-title"),
        element("ol", items),
        class_="contents",
        aria_label="Contents",
    )


def verdict(document: Document, result_digest: str, certificate_digest: str | None) -> Markup:
    """Return the verdict, why, and the digests of what it speaks about."""
    word = document["verdict"]
    banner = element(
        "div",
        badges.icon(word),
        element(
            "div",
            element("h2", f"Verdict: {VERDICT_WORDS[word].lower()}", id="verdict-title"),
            element("p", VERDICT_MEANINGS[word]),
            element("p", element("strong", f"Level {document['level']}. "), LEVEL_MEANINGS[document["level"]]),
        ),
        class_=f"banner is-{word}",
    )
    sentences = element("ul", (element("li", sentence) for sentence in document["summary"]), class_="summary")
    return element(
        "section",
        banner,
        sentences,
        _size(document),
        _bound_to(document, result_digest, certificate_digest),
        id="verdict",
        aria_labelledby="verdict-title",
    )


def _size(document: Document) -> Markup:
    rows = document["rows"]
    return facts(
        (
            ("rows read", badges.count(rows["read"])),
            ("rows accepted", badges.count(rows["accepted"])),
            ("rows rejected", badges.count(rows["rejected"])),
            ("comparisons", badges.count(document["comparisons"])),
            ("judgments", badges.count(document["judgments"])),
        ),
        kind="facts big",
    )


def _bound_to(document: Document, result_digest: str, certificate_digest: str | None) -> Markup:
    rows: list[tuple[Markup | str, str, Markup]] = [
        (data(str(entry["name"])), figures.size(entry["bytes"]), _digest(entry["sha256"]))
        for entry in document["inputs"]
    ]
    rows.append(
        (f"rule pack {document['pack']['name']} {document['pack']['version']}", "", _digest(document["pack"]["digest"]))
    )
    rows.append(("result.json, of which this page is a rendering", "", _digest(result_digest)))
    if certificate_digest is not None:
        rows.append(("certificate.json, the statement of this verdict", "", _digest(certificate_digest)))
    caption = "What this verdict is bound to: it says nothing of any other file or rule pack"
    return table(caption, ("what", "#size", "SHA-256"), rows, kind="digests")


def _digest(value: str | None) -> Markup:
    if value is None:
        return element("span", "in memory, no file digest", class_="muted")
    return element("code", value.removeprefix("sha256:"), class_="digest")


def decisions(document: Document) -> Markup:
    """Return counts by verdict and one line a rule on the shared axis."""
    judged = judged_rules(document)
    counts = facts(
        (
            (badges.badge(word), badges.count(sum(entry.head["verdict"] == word for entry in judged)))
            for word in MOST_URGENT_FIRST
        ),
        kind="facts big",
    )
    lines = [_line(entry) for entry in judged if entry.head["verdict"] != "not_applicable"]
    heads = ("verdict", "the fault looked for", axis_legend(), "#estimate", "#interval", "#passes at", "#n")
    shown = table("Every rule at a glance, what decides first", heads, lines, kind="glance")
    intro = (
        "Each picture puts the finding on one axis: the first line is the limit to pass, the second the limit to fail. "
        "A rule passes when its whole interval is left of the first line and fails when all is right of the second. "
        "Towards both ends the axis is squeezed."
    )
    return section("decision", "Decision at a glance", counts, shown, intro=intro)


def _line(judged: JudgedRule) -> tuple[Child, ...]:
    rule = judged.head
    return (
        badges.badge(rule["verdict"]),
        _title(judged),
        rule_strip(rule),
        badges.number(rule["estimate"], rule["unit"]),
        badges.interval(rule),
        badges.limit(rule),
        badges.count(rule["n"]),
    )


def _title(judged: JudgedRule) -> Markup:
    rule = judged.head
    part = element("span", badges.slice_label(rule["slice"]), class_="part") if rule["slice"] else None
    required = element("span", "required", class_="tag") if rule["required"] else None
    others = element("span", others_told(judged), class_="part muted") if judged.others else None
    name = element("a", element("code", rule["id"]), href=f"#{rule_anchor(rule)}")
    return element("span", name, " ", str(rule["title"]), " ", required, part, others)

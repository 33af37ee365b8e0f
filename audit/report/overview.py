"""The top of the HTML report: who made it, the decision on one screen in plain words, and every rule at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from audit.report import badges, figures
from audit.report.badges import rule_anchor
from audit.report.charts import axis_legend, rule_strip
from audit.report.document import MOST_URGENT_FIRST, VERDICT_WORDS, Document
from audit.report.judged import JudgedRule, judged_rules, others_told
from audit.report.markup import Child, Markup, data, element
from audit.report.safe import sentence
from audit.report.scale import bad_ends, badness
from audit.report.tables import disclosure, facts, section, table
from audit.report.words import LEVEL_MEANINGS, VERDICT_MEANINGS

ADVICE: Final = {
    "pass": "Fit for training, as far as this rule pack looks.",
    "pass_with_waivers": "Fit for training on the word of the people named under Waivers.",
    "fail": "Not fit for training as it stands.",
    "inconclusive": "Not decided: these data are too few to tell.",
    "not_assessable": "Not decided: what the required rules need is not recorded.",
    "incomplete": "No statement: part of the audit broke.",
}
MOST_REASONS: Final = 4
"""Rules told in each list of the summary; the others are counted."""
MOST_NAMED: Final = 3
"""Rules named beside what would unlock them."""
BAR: Final = (1000.0, 12.0)


def header(document: Document, generated_at: str, audience: str) -> Markup:
    """Return the head of the page."""
    tool, pack = document["tool"], document["pack"]
    made = f"Made {generated_at} by {tool['name']} {tool['version']} with the rules {pack['name']} {pack['version']}"
    names = [str(entry["name"]) for entry in document["inputs"]]
    shown = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more" if names else "no input"
    for_whom = " · for external readers: no text of the rows" if audience == "external" else ""
    return element(
        "header",
        element("p", "Preference data audit", class_="kicker"),
        element("h1", data(shown)),
        element("p", f"{made}{for_whom}", class_="muted"),
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
    """Return the decision summary: verdict, why, what to do, what is open, and what it is bound to."""
    word, level = document["verdict"], LEVEL_MEANINGS[document["level"]]
    banner = element(
        "div",
        badges.icon(word),
        element(
            "div",
            element("h2", f"Verdict: {VERDICT_WORDS[word].lower()}", id="verdict-title"),
            element("p", ADVICE[word], class_="advice"),
            element("p", VERDICT_MEANINGS[word], " ", element("strong", f"Level {document['level']}. "), level),
        ),
        class_=f"banner is-{word}",
    )
    judged = judged_rules(document)
    return element(
        "section",
        banner,
        _broken(document),
        _tally(judged),
        element("div", _against(judged), _open(judged), class_="reasons"),
        _size(document),
        _bound_to(document, result_digest, certificate_digest),
        id="verdict",
        aria_labelledby="verdict-title",
    )


def _broken(document: Document) -> Markup | None:
    """Return which auditors broke, in an audit that is incomplete."""
    told = [o for o in document["outcomes"] if o["status"] == "failed"]
    lines = (element("li", element("code", o["code"]), f" {o['name']}: {o['error']}") for o in told)
    return element("div", element("h3", "What broke"), element("ul", lines), class_="tallied") if told else None


def _tally(judged: Sequence[JudgedRule]) -> Markup | None:
    """Return how many rules ended how, as one bar and as numbers."""
    counts = Counter(str(entry.head["verdict"]) for entry in judged)
    if not counts:
        return None
    parts, start = [], 0.0
    for word in MOST_URGENT_FIRST:
        width = BAR[0] * counts[word] / len(judged)
        parts.append(element("rect", x=start, y=0, width=max(width - 3, 0.0), height=BAR[1], class_=f"tone is-{word}"))
        start += width
    words = ", ".join(f"{counts[word]} {VERDICT_WORDS[word].lower()}" for word in MOST_URGENT_FIRST if counts[word])
    bar = element(
        "svg",
        element("title", f"{len(judged)} rules: {words}"),
        parts,
        viewbox=f"0 0 {BAR[0]:g} {BAR[1]:g}",
        preserveaspectratio="none",
        class_="tally",
        role="img",
    )
    told = facts(
        ((badges.badge(word), badges.count(counts[word])) for word in MOST_URGENT_FIRST if counts[word]),
        kind="facts big",
    )
    return element("div", element("h3", f"{len(judged)} rules", class_="small"), bar, told, class_="tallied")


def _against(judged: Sequence[JudgedRule]) -> Markup:
    """Return what failed, in plain words, with what to do about it."""
    failed = [entry for entry in judged if entry.head["verdict"] == "fail"]
    title = element("h3", "What speaks against it")
    if not failed:
        return element("div", title, element("p", "No rule failed.", class_="empty"), _closest(judged))
    items = [
        element("li", _claim(entry), element("span", _found(entry), class_="part"), _todo(entry.head))
        for entry in failed[:MOST_REASONS]
    ]
    return element("div", title, element("ol", items, class_="plain"), _more(len(failed), "#troubles"))


def _closest(judged: Sequence[JudgedRule]) -> Markup | None:
    """Return the passes whose intervals come nearest to their limits: what to watch in the next delivery."""
    ends = {entry.head["id"]: end for entry in judged if (end := _bad_end(entry.head)) is not None}
    near = sorted((entry for entry in judged if entry.head["id"] in ends), key=lambda entry: -ends[entry.head["id"]])
    if not near:
        return None
    items = [
        element("li", _claim(entry), element("span", _interval_found(entry.head), class_="part"))
        for entry in near[:MOST_REASONS]
    ]
    return element("div", element("h3", "Faults ruled out, closest to the limit"), element("ul", items, class_="plain"))


def _bad_end(rule: Document) -> float | None:
    """Return where the worse end of a pass lies on the shared axis, or None for other findings and exact counts."""
    to_axis = badness(rule)
    ends = bad_ends(rule, to_axis) if to_axis is not None and rule["verdict"] == "pass" else None
    return ends[1] if ends else None


def _interval_found(rule: Document) -> str:
    estimate, interval = badges.number(rule["estimate"], rule["unit"]), badges.interval(rule)
    return f"{estimate} found, {interval}; passes at {badges.limit(rule)}"


def _claim(judged: JudgedRule) -> Markup:
    waived = element("span", " (waived)", class_="muted") if judged.head.get("waiver") else None
    return element(
        "span", element("a", str(judged.head["title"]), href=f"#{rule_anchor(judged.head)}"), waived, class_="claim"
    )


def _found(judged: JudgedRule) -> Markup:
    rule = judged.head
    where = element("span", "in ", badges.slice_label(rule["slice"]), ": ") if rule["slice"] else None
    told = f"{badges.number(rule['estimate'], rule['unit'])} found; passes at {badges.limit(rule)}"
    return element("span", where, told if rule["estimate"] is not None else sentence(rule["message"]))


def _todo(rule: Document) -> Markup:
    return element("span", sentence(rule["remediation"]), class_="part muted")


def _open(judged: Sequence[JudgedRule]) -> Markup:
    """Return what could not be decided or assessed, and what would change that."""
    unsure = [entry for entry in judged if entry.head["verdict"] == "inconclusive"]
    blocked = [entry for entry in judged if entry.head["verdict"] == "not_assessable"]
    undecided = [
        element("li", _claim(entry), element("span", _found(entry), class_="part")) for entry in unsure[:MOST_REASONS]
    ]
    keys: dict[str, list[JudgedRule]] = {}
    for entry in blocked:
        keys.setdefault(badges.unlock(entry.head), []).append(entry)
    first = sorted(keys.items(), key=lambda pair: (-sum(e.head["required"] for e in pair[1]), -len(pair[1])))
    unknown = [
        element("li", element("span", key, class_="claim"), element("span", _named(entries), class_="part muted"))
        for key, entries in first[:MOST_REASONS]
    ]
    lists = (
        (element("h3", "Not decided"), element("ul", undecided, class_="plain"), _more(len(unsure), "#troubles")),
        (
            element("h3", "Not assessed: what would unlock it"),
            element("ul", unknown, class_="plain"),
            _more(len(keys), "#blocked"),
        ),
    )
    shown = [part for part, held in zip(lists, (unsure, blocked), strict=True) if held]
    nothing = element("p", "Every rule that applies was decided.", class_="empty")
    return element("div", shown or (element("h3", "What is open"), nothing))


def _named(entries: Sequence[JudgedRule]) -> list[Markup | str]:
    parts: list[Markup | str] = []
    for entry in entries[:MOST_NAMED]:
        parts += [" · "] if parts else []
        parts.append(element("a", str(entry.head["title"]), href=f"#{rule_anchor(entry.head)}"))
    left = len(entries) - MOST_NAMED
    return [*parts, f" · and {left} more"] if left > 0 else parts


def _more(total: int, target: str) -> Markup | None:
    left = total - MOST_REASONS
    return element("p", element("a", f"{left} more", href=target)) if left > 0 else None


def _size(document: Document) -> Markup:
    rows = document["rows"]
    return element(
        "p",
        f"{badges.count(rows['read'])} rows were read and {badges.count(rows['rejected'])} of them set aside; ",
        f"{badges.count(document['comparisons'])} comparisons with {badges.count(document['judgments'])} judgments ",
        "were measured.",
        class_="size muted",
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
    shown = table(caption, ("what", "#size", "SHA-256"), rows, kind="digests", is_quiet=True)
    return disclosure(caption, shown, kind="bound")


def _digest(value: str | None) -> Markup:
    if value is None:
        return element("span", "in memory, no file digest", class_="muted")
    return element("code", value.removeprefix("sha256:"), class_="digest")


def decisions(document: Document) -> Markup:
    """Return one line a rule on the shared axis."""
    lines = [_line(entry) for entry in judged_rules(document) if entry.head["verdict"] != "not_applicable"]
    heads = ("verdict", "rule", "the fault looked for", axis_legend(), "#found", "#passes at")
    shown = table("Every rule at a glance, what decides first", heads, lines, kind="glance", is_quiet=True)
    intro = (
        "Each rule's finding and its interval on one axis. Left of the dashed line it passes, right of the solid line "
        "it fails; a rule passes or fails only with its whole interval. Towards both ends the axis is squeezed."
    )
    return section("decision", "Every rule at a glance", shown, intro=intro)


def _line(judged: JudgedRule) -> tuple[Child, ...]:
    rule = judged.head
    return (
        badges.badge(rule["verdict"]),
        element("a", element("code", rule["id"]), href=f"#{rule_anchor(rule)}"),
        _title(judged),
        rule_strip(rule) or "–",
        badges.number(rule["estimate"], rule["unit"]),
        badges.limit(rule),
    )


def _title(judged: JudgedRule) -> Markup:
    rule = judged.head
    marks = [word for word, holds in (("required", rule["required"]), ("waived", rule.get("waiver"))) if holds]
    part = element("span", badges.slice_label(rule["slice"]), class_="part") if rule["slice"] else None
    others = element("span", others_told(judged), class_="part muted") if judged.others else None
    tags = (element("span", word, class_="tag") for word in marks)
    return element("span", str(rule["title"]), " ", tags, part, others)

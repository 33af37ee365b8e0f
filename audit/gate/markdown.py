"""Markdown for a pull-request comment or a step summary; nothing in it can be made to link, mention, or run.

Text of the data (slices, file names, reasons) stands in <code> with every sign as a character reference: GitHub and
GitLab then neither autolink it nor mention anybody. Text of rule packs is escaped sign by sign.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from audit.gate.problems import Problem, absent, by_rule, is_warning, problems
from audit.report import figures
from audit.report.document import VERDICT_WORDS, Document, slice_name, waivers
from audit.report.safe import one_line

MOST_BYTES: Final = 60_000
"""A comment on GitHub holds 65,536 characters."""
MOST_ROWS: Final = 50
_PLAIN: Final = re.compile(r"[^\w ,;%()+=/.:±≤≥–-]|_|[.:](?![ \d]|$)", re.ASCII)
"""Signs that may mark up, link or mention; a full stop or colon inside a word may begin a link."""
_LETTER: Final = re.compile(r"[^\W_]")
MARKS: Final = {"fail": "❌", "inconclusive": "❔", "not_assessable": "➖"}


def render_markdown(document: Document, baseline: Document | None = None, *, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the result as Markdown of at most `most_bytes`; whole sections are dropped, and it says so."""
    found = problems(document, baseline)
    sections = [
        _head(document),
        _table("Stops the gate", [p for p in found if p.stops]),
        _gone(document, baseline),
        _waivers(document),
        _table("To look at", [p for p in found if is_warning(p)]),
        _unlocks([p for p in found if p.rule["verdict"] == "not_assessable" and not p.stops]),
        _foot(document),
    ]
    kept: list[str] = []
    size = dropped = 0
    for text in sections:
        length = len(text.encode())
        if size + length > most_bytes - 200:
            dropped += 1
            continue
        kept.append(text)
        size += length
    if dropped:
        kept.append(f"_{dropped} sections are left out: see report.html._\n")
    return "\n".join(part for part in kept if part).encode()


def _head(document: Document) -> str:
    verdict = document["verdict"]
    mark = "✅" if verdict.startswith("pass") else "❌"
    lines = [f"## {mark} Preference data audit: {VERDICT_WORDS[verdict].lower()} ({document['level']})", ""]
    lines += [plain(line) for line in document["summary"][:1]]
    rows = document["rows"]
    lines.append(
        f"{figures.count(rows['read'])} rows read, {figures.count(rows['rejected'])} set aside; "
        f"{figures.count(document['comparisons'])} comparisons, {figures.count(document['judgments'])} judgments."
    )
    return "\n".join(lines) + "\n"


def _table(title: str, found: Sequence[Problem]) -> str:
    if not found:
        return ""
    has_state = any(problem.state for problem in found)
    heads = ["", "rule", "what", "found", "interval", "limit", "n", *(["since"] if has_state else [])]
    lines = [f"### {title}", "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    groups = by_rule(found)
    for problem, *others in groups[:MOST_ROWS]:
        rule, unit = problem.rule, problem.rule["unit"]
        cells = [
            MARKS[rule["verdict"]],
            plain(rule["id"]),
            _named(rule, "title") + (f" and {len(others)} more slices" if others else ""),
            plain(figures.number(rule["estimate"], unit)),
            plain(figures.interval(rule["low"], rule["high"], unit)),
            plain(figures.limit(rule)),
            plain(figures.count(rule["n"])),
        ]
        lines.append(f"| {' | '.join([*cells, *([str(problem.state or '')] if has_state else [])])} |")
    if len(groups) > MOST_ROWS:
        lines.append(f"\n{len(groups) - MOST_ROWS} more rules: see report.html.")
    return "\n".join(lines) + "\n"


def _gone(document: Document, baseline: Document | None) -> str:
    if baseline is None:
        return ""
    gone = absent(document, baseline)
    named = ", ".join(_named(rule, "id") for rule in gone[:MOST_ROWS])
    return f"No longer there: {named}.\n" if gone else ""


def _named(rule: Document, key: str) -> str:
    return plain(rule[key]) + (f" {code(slice_name(rule['slice']))}" if rule["slice"] else "")


def _waivers(document: Document) -> str:
    entries = waivers(document)
    if not entries:
        return ""
    told = [
        f"- {code(entry['id'])} of {plain(entry['rule'])}, {entry['state']}: {code(entry['message'])}"
        for entry in entries[:MOST_ROWS]
    ]
    return "\n".join(["### Waivers", "", *told]) + "\n"


def _unlocks(found: Sequence[Problem]) -> str:
    if not found:
        return ""
    named = [f"- {plain(p.rule['id'])}: {code(p.rule['unlock'] or p.rule['message'])}" for p in found[:MOST_ROWS]]
    return "\n".join(
        ["<details><summary>Not assessable, and what would unlock it</summary>", "", *named, "</details>\n"]
    )


def _foot(document: Document) -> str:
    pack, tool = document["pack"], document["tool"]
    by, rules = f"{tool['name']} {tool['version']}", f"{pack['name']} {pack['version']}"
    return f"<sub>{plain(by)}, rules {plain(rules)}</sub>\n"


def plain(text: object) -> str:
    """Return text of a rule pack: words and numbers as they are, every other sign as a character reference."""
    return _PLAIN.sub(_reference, one_line(str(text), 300))


def code(text: object) -> str:
    """Return text of the data: in <code>, every sign that is no letter or digit as a character reference."""
    inner = "".join(
        sign if _LETTER.match(sign) or sign == " " else f"&#{ord(sign)};" for sign in one_line(str(text), 200)
    )
    return f"<code>{inner}</code>"


def _reference(found: re.Match[str]) -> str:
    sign = found[0]
    return sign if ord(sign) > 127 else f"&#{ord(sign)};" + ("\u200b" if sign == "@" else "")

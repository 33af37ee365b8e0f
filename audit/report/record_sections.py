"""The record at the end of the HTML report: all measures, auditors, inputs, rejects, method, words, reproduction."""

from __future__ import annotations

import json
import shlex
from collections.abc import Container, Sequence
from typing import Final

from audit.report import badges, figures
from audit.report.audience import EXTERNAL
from audit.report.document import Document
from audit.report.island import ROWS_A_RULE, Island
from audit.report.markup import Child, Markup, data, element
from audit.report.safe import one_line
from audit.report.tables import disclosure, facts, section, table
from audit.report.words import GLOSSARY

MOST_SLICED: Final = 1_500
"""Sliced measures in the tables of all numbers."""
HEADS: Final = ("measure", "#value", "#interval", "#n", "#n effective", "how")
SLICE_HEADS: Final = ("slice", "#value", "#interval", "#n", "#n effective")


def explorer(island: Island, audience: str, sidecar: str | None) -> Markup:
    """Return the place where the script shows the evidence rows, and what a reader without script is told.

    Args:
        island: the rows in the page.
        audience: who the page is for.
        sidecar: SHA-256 of evidence.parquet, where it is known.
    """
    if not island.total:
        empty = element("p", "No finding has rows to show.", class_="empty")
        return section("evidence", "Evidence explorer", empty)
    notice = element(
        "p",
        "The explorer needs JavaScript, which is off or not supported here. Every verdict and number of this report is "
        "shown without it; the rows are in evidence.parquet.",
        id="explorer-notice",
        class_="notice",
    )
    beside = element("p", "evidence.parquet, SHA-256 ", element("code", sidecar), class_="digest") if sidecar else None
    printed = element("p", "The rows are not printed; open the file in a browser to read them.", class_="print-only")
    return section(
        "evidence",
        "Evidence explorer",
        notice,
        printed,
        element("div", id="explorer", hidden=True),
        beside,
        intro=_embedded(island, audience),
    )


def _embedded(island: Island, audience: str) -> str:
    shown = f"{badges.count(island.shown)} rows behind the findings"
    if audience == EXTERNAL:
        text = "; texts and annotators are withheld: place, digest and lengths identify each row to who holds the data."
    else:
        text = f", each text cut at {badges.count(island.longest)} characters."
    left = island.total - island.shown
    omitted = f" {badges.count(left)} more are left out here (at most {ROWS_A_RULE} a rule are shown)." if left else ""
    return f"{shown}{text}{omitted} All are in evidence.parquet."


def measures(document: Document, told: Container[str]) -> Markup:
    """Return every number in closed parts: the whole file's an auditor, then the slices' a measure.

    Args:
        document: the result.
        told: measures whose slices another section shows.
    """
    whole: dict[str, list[Document]] = {}
    for m in document["measures"]:
        if m["slice"] is None:
            whole.setdefault(m["auditor"], []).append(m)
    parts = [m for m in document["measures"] if m["slice"] is not None and m["name"] not in told]
    names = {o["code"]: o["name"] for o in document["outcomes"]}
    listed = [_by_auditor(code, str(names.get(code, "")), group) for code, group in whole.items()]
    intro = "Every number that was measured, also those that no rule judges; result.json holds them all."
    return section("measures", "All measures", *listed, _by_slice(parts) if parts else None, intro=intro)


def _by_auditor(code: str, name: str, group: Sequence[Document]) -> Markup:
    summary = element("span", element("code", code), f" {name} ({len(group)} measures of the whole file)")
    rows = ((_measured(m, f"{m['unit']}, {m['kind']}"), *_numbers(m), _method(m)) for m in group)
    return disclosure(summary, table(f"{code}: measures of the whole file", HEADS, rows, kind="names", is_quiet=True))


def _by_slice(parts: Sequence[Document]) -> Markup:
    """Return one small table a measure, closed."""
    groups: dict[str, list[Document]] = {}
    for m in parts[:MOST_SLICED]:
        groups.setdefault(m["name"], []).append(m)
    left = len(parts) - len(parts[:MOST_SLICED])
    note = element("p", f"{badges.count(left)} more are in result.json.", class_="muted") if left > 0 else None
    return element("div", element("h3", "Other measures by slice"), (_group(*group) for group in groups.items()), note)


def _group(name: str, group: Sequence[Document]) -> Markup:
    if badges.is_same(group):
        return element("p", element("code", name), f": {badges.same_told(group)}", class_="same")
    return disclosure(
        element("span", element("code", name), f" ({group[0]['unit']}, {len(group)} slices)"),
        table(f"{name} by slice", SLICE_HEADS, map(_sliced, group), kind="narrow", is_quiet=True),
    )


def _sliced(measure: Document) -> tuple[Child, ...]:
    return (badges.slice_label(measure["slice"]), *_numbers(measure))


def _measured(measure: Document, what: str) -> Markup:
    return element("span", element("code", str(measure["name"])), element("span", what, class_="part muted"))


def _numbers(measure: Document) -> tuple[str, ...]:
    value = "undefined" if measure["undefined"] else badges.number(measure["value"], measure["unit"])
    return (value, badges.interval(measure), badges.count(measure["n"]), badges.count(measure["n_effective"]))


def _method(measure: Document) -> str:
    said = []
    if measure["undefined"]:
        unlock = measure["undefined"]["unlock"]
        said.append(f"Undefined: {measure['undefined']['reason']}" + (f"; unlocked by {unlock}." if unlock else "."))
    if measure["method"]:
        said.append(f"{measure['method'].rstrip('.')}.")
    if measure["interval_method"]:
        level = f", {100 * measure['level']:g}% two-sided" if measure["level"] is not None else ""
        said.append(f"Interval: {measure['interval_method']}{level}.")
    return " ".join(said)


def auditors(document: Document) -> Markup:
    """Return how each auditor ended, with its parameters."""
    rows: list[tuple[Child, ...]] = [
        (
            element("span", element("code", o["code"]), f" {o['name']}, version {o['version']}"),
            {"measured": "measured", "not_assessable": "not assessable", "failed": "broke"}[o["status"]],
            _said(o),
            element("code", one_line(json.dumps(o["parameters"], ensure_ascii=False))),
        )
        for o in document["outcomes"]
    ]
    return section(
        "auditors", "Auditors", table("How each auditor ended", ("auditor", "end", "said", "parameters"), rows)
    )


def _said(outcome: Document) -> Markup:
    said = [*([f"Error: {outcome['error']}"] if outcome["error"] else []), *outcome["notes"]]
    if outcome["missing"]:
        said.append("Missing: " + ", ".join(outcome["missing"]))
    said += [f"To unlock it: {hint}" for hint in outcome["unlock"]]
    return element("ul", (element("li", str(sentence)) for sentence in said)) if said else element("span", "–")


def inputs(document: Document) -> Markup:
    """Return what was read, how its fields were understood, and what was set aside."""
    parts = [_input(entry) for entry in document["inputs"]]
    rejects = document["rejects"]
    rows = ((element("code", code), badges.count(number)) for code, number in rejects.items())
    aside = table("Rejected rows by reason; each is in rejects.jsonl", ("reason", "#rows"), rows) if rejects else None
    nothing = element("p", "No row was rejected.", class_="empty") if not rejects else None
    return section("inputs", "Inputs, mapping and rejects", *parts, element("h3", "Rejected rows"), aside, nothing)


def _input(entry: Document) -> Markup:
    rows = entry["rows"]
    sure = "given" if entry["confidence"] is None else f"detected, confidence {100 * entry['confidence']:.0f}%"
    listed = facts(
        (
            ("container", str(entry["format"])),
            ("layout", f"{entry['layout'] or '–'} ({sure})"),
            ("size", figures.size(entry["bytes"])),
            ("rows read", badges.count(rows["read"])),
            ("rows accepted", badges.count(rows["accepted"])),
            ("rows rejected", badges.count(rows["rejected"])),
        )
    )
    fields = ((element("code", name), _field(value)) for name, value in entry["mapping"].items())
    mapping = table(
        f"Fields of {one_line(entry['name'], 80)} as they were understood", ("canonical field", "source"), fields
    )
    return element("div", element("h3", data(str(entry["name"]))), listed, mapping if entry["mapping"] else None)


def _field(value: object) -> Markup:
    return element("code", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def method(document: Document) -> Markup:
    """Return how decisions are made, what the pack weakened, and what this audit cannot tell."""
    decides = (
        "Each auditor measures; a rule pack judges. A measure of the process that made the labels carries an interval "
        "that respects repeated prompts and annotators. A rule passes only when the whole interval is on the good side "
        "of its limit, fails only when all of it is beyond the fail limit, and is inconclusive otherwise; a census is "
        "counted and compared as it is. The verdict is a pass only when every required rule passes."
    )
    weakened = [
        element(
            "li", element("code", w["rule"]), f" {w['key']}: {w['was']} became {w['now']} ({w['pack']}): {w['reason']}"
        )
        for w in document["pack"]["weakened"]
    ]
    laxer = element("div", element("h3", "Rules that this pack weakens"), element("ul", weakened)) if weakened else None
    limits = element("ul", (element("li", str(sentence)) for sentence in document["limitations"]))
    return section(
        "method",
        "Method and limits",
        element("p", decides),
        laxer,
        element("h3", "What this audit cannot tell"),
        limits,
    )


def glossary() -> Markup:
    """Return the words of the report."""
    pairs = (element("div", element("dt", word), element("dd", meaning)) for word, meaning in GLOSSARY)
    return section("words", "Words", element("dl", pairs, class_="glossary"))


def reproduce(document: Document, result_digest: str, command: str | None) -> Markup:
    """Return the command that gives the same result, and what to compare."""
    shown = command or command_line([str(entry["name"]) for entry in document["inputs"]], document["pack"]["name"])
    tool = document["tool"]
    told = (
        f"With {tool['name']} {tool['version']} (text kernels {tool['extractor']}) the same files and rules give the "
        "same result.json, byte for byte, on any machine and with any number of workers. Compare its SHA-256:"
    )
    return section(
        "reproduce",
        "How to reproduce it",
        element("pre", element("code", shown), tabindex=0),
        element("p", told),
        element("pre", element("code", f"{result_digest}  result.json"), tabindex=0),
    )


def command_line(names: Sequence[str], pack: str) -> str:
    """Return the command that audits the named inputs, quoted for a shell."""
    return shlex.join(["audit", "run", *(one_line(name) for name in names), "--rules", one_line(pack)])

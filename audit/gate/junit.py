"""JUnit XML: one suite an auditor's family of rules, one case a rule and slice.

A finding that stops the gate is a failure, a required rule that cannot be assessed an error, an optional one skipped;
what only warns, and what is waived, passes and says so in its output. Elements and attributes are those that Jenkins'
schema knows (properties of a case are none of them). No time is written: equal results give equal bytes.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET

from audit.gate.problems import place, stops
from audit.report import figures
from audit.report.document import Document
from audit.report.safe import visible

MOST_CASES: Final = 5_000
"""A file of more than that no CI shows; the last suite says how many were left out."""
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) has no form for, not even an escaped one."""


def render_junit(document: Document) -> bytes:
    """Return the result as UTF-8 XML."""
    rules = [rule for rule in document["rules"] if rule["decides"] or rule["verdict"] == "not_applicable"]
    kept = rules if len(rules) <= MOST_CASES else sorted(rules, key=_last)[:MOST_CASES]
    families: dict[str, list[Document]] = {}
    for rule in kept:
        families.setdefault(str(rule["id"]).split("-")[0], []).append(rule)
    root = ET.Element("testsuites", name="dpo-audit")
    for family, members in families.items():
        _suite(root, family, members)
    _broken(root, document, left_out=len(rules) - len(kept))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _last(rule: Document) -> tuple[bool, bool]:
    return not stops(rule), rule["verdict"] == "pass"


def _suite(root: ET.Element, family: str, rules: list[Document]) -> None:
    suite = ET.SubElement(root, "testsuite", name=clean(f"audit.{family}"))
    for rule in rules:
        _case(suite, family, rule)
    _count(suite)


def _case(suite: ET.Element, family: str, rule: Document) -> None:
    case = ET.SubElement(suite, "testcase", classname=clean(f"audit.{family}"), name=clean(_name(rule)))
    verdict, message = rule["verdict"], clean(rule["message"])
    warns = verdict in ("fail", "inconclusive") and not stops(rule)
    if warns:
        word = f"waived by {rule['waiver']}" if rule["waiver"] else f"warning: {verdict}"
        ET.SubElement(case, "system-out").text = clean(f"{word}: {rule['message']}")
    elif verdict in ("fail", "inconclusive"):
        failure = ET.SubElement(case, "failure", type=str(verdict), message=message)
        failure.text = clean(_details(rule))
    elif verdict == "not_assessable" and rule["required"]:
        error = ET.SubElement(case, "error", type="not assessable", message=message)
        error.text = clean(_details(rule))
    elif verdict in ("not_assessable", "not_applicable"):
        ET.SubElement(case, "skipped", message=clean(f"{verdict.replace('_', ' ')}: {rule['message']}"))


def _name(rule: Document) -> str:
    return f"{place(rule)} {rule['title']}"


def _details(rule: Document) -> str:
    unit = rule["unit"]
    lines = [
        f"estimate: {figures.number(rule['estimate'], unit)} {figures.interval(rule['low'], rule['high'], unit)}",
        f"limit: {figures.limit(rule)}",
        f"n: {figures.count(rule['n'])}",
        f"method: {rule['method']}",
        f"to do: {rule['remediation']}",
    ]
    evidence = rule["evidence"]
    if evidence and evidence["total"]:
        rows = ", ".join(f"{row['file']}:{row['row']}" for row in evidence["rows"][:10])
        lines.append(f"rows: {evidence['total']}, such as {rows}")
    if rule["unlock"]:
        lines.append(f"unlocked by: {rule['unlock']}")
    return "\n".join(lines)


def _broken(root: ET.Element, document: Document, *, left_out: int) -> None:
    """An auditor that broke is an error of its own: an incomplete audit never looks green."""
    failed = [outcome for outcome in document["outcomes"] if outcome["status"] == "failed"]
    if not failed and not left_out:
        return
    suite = ET.SubElement(root, "testsuite", name="audit.run")
    for outcome in failed:
        case = ET.SubElement(suite, "testcase", classname="audit.run", name=clean(f"auditor {outcome['code']}"))
        ET.SubElement(case, "error", type="incomplete", message=clean(str(outcome["error"])))
    if left_out:
        case = ET.SubElement(suite, "testcase", classname="audit.run", name="findings left out of this file")
        ET.SubElement(case, "skipped", message=f"{left_out} more: see result.json")
    _count(suite)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for name, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(name) is not None for case in suite)))


def clean(text: str) -> str:
    r"""Return the text as XML 1.0 can hold it: hidden characters as <U+XXXX>, illegal ones as \xNN."""
    return _ILLEGAL.sub(lambda found: f"\\x{ord(found[0]):02X}", visible(text))

"""The result document as renderings see it: a plain dict shaped by `reports/result.schema.json`, and how to ask it.

A rendering never sees the data, only this document and, for the HTML report and `evidence.parquet`, the evidence rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Document = Mapping[str, Any]
"""The whole result, or one object inside it."""

VERDICT_WORDS: Final = {
    "pass": "Pass",
    "fail": "Fail",
    "inconclusive": "Inconclusive",
    "not_assessable": "Not assessable",
    "not_applicable": "Not applicable",
    "incomplete": "Incomplete",
}
MOST_URGENT_FIRST: Final = ("fail", "inconclusive", "not_assessable", "pass", "not_applicable")
SEVERITIES: Final = ("blocker", "major", "minor", "info")


def by_urgency(rules: list[Document]) -> list[Document]:
    """Return findings with what decides first: verdict, then required, then severity; the pack's order within."""
    return sorted(
        rules,
        key=lambda rule: (
            MOST_URGENT_FIRST.index(rule["verdict"]),
            not rule["required"],
            SEVERITIES.index(rule["severity"]),
        ),
    )


def with_verdict(document: Document, *verdicts: str) -> list[Document]:
    """Return the findings of the named verdicts, most urgent first."""
    return by_urgency([rule for rule in document["rules"] if rule["verdict"] in verdicts])


@dataclass(frozen=True, slots=True)
class JudgedRule:
    """All findings of one rule: the one that speaks for it, and the others, most urgent first."""

    head: Document
    others: tuple[Document, ...]

    @property
    def findings(self) -> tuple[Document, ...]:
        """Every finding, the speaking one first."""
        return (self.head, *self.others)


def judged_rules(document: Document, *verdicts: str) -> list[JudgedRule]:
    """Return one entry a rule, most urgent first; `verdicts` keeps the rules whose speaking finding has one of them.

    A rule judged on many slices speaks through its most urgent finding that counts: any fail, else the whole file's or
    a required one. A slice that is merely undecided does not speak for a rule that passes on the whole.
    """
    groups: dict[str, list[Document]] = {}
    for rule in by_urgency(document["rules"]):
        groups.setdefault(rule["id"], []).append(rule)
    judged = [_judged(group) for group in groups.values()]
    order = [rule["id"] for rule in by_urgency([entry.head for entry in judged])]
    judged.sort(key=lambda entry: order.index(entry.head["id"]))
    return [entry for entry in judged if not verdicts or entry.head["verdict"] in verdicts]


def _judged(group: list[Document]) -> JudgedRule:
    speaking = [r for r in group if r["verdict"] == "fail" or r["slice"] is None or r["required"]] or group
    urgent = [rule for rule in speaking if rule["verdict"] == speaking[0]["verdict"]]
    head = min(urgent, key=lambda rule: rule["slice"] is not None)
    return JudgedRule(head, tuple(rule for rule in group if rule is not head))


def others_told(judged: JudgedRule) -> str:
    """Return what the other slices say, "other slices: 12 fail, 3 inconclusive, 20 pass", or "" without others."""
    counts = Counter(rule["verdict"] for rule in judged.others)
    told = [f"{counts[verdict]} {VERDICT_WORDS[verdict].lower()}" for verdict in MOST_URGENT_FIRST if counts[verdict]]
    return f"other slices: {', '.join(told)}" if told else ""


def sliced(document: Document, name: str, by: str | None = None) -> list[Document]:
    """Return the defined slices of one measure, in document order; `by` keeps the slices of one column."""
    return [
        measure
        for measure in document["measures"]
        if measure["name"] == name
        and measure["slice"] is not None
        and measure["value"] is not None
        and (by is None or measure["slice"]["by"] == by)
    ]


def slice_name(part: Document | None) -> str:
    """Return "column = value", or "" for the whole file."""
    return f"{part['by']} = {part['value']}" if part else ""


def place(row: Document) -> str:
    """Return how people point at one comparison: file:row, with #part where a row holds several."""
    return f"{row['file']}:{row['row']}" + (f"#{row['part']}" if row["part"] else "")

"""Findings gathered by rule: which one speaks for a rule that was judged on many slices, and what the others say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from audit.report.document import MOST_URGENT_FIRST, VERDICT_WORDS, Document, by_urgency
from audit.report.scale import badness


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
    a required one; among equals the whole file's, else the one that lies worst against the limits. A slice that is
    merely undecided does not speak for a rule that passes on the whole.
    """
    groups: dict[str, list[Document]] = {}
    for rule in document["rules"]:
        groups.setdefault(rule["id"], []).append(rule)
    judged = {code: _judged(by_urgency(group)) for code, group in groups.items()}
    order = by_urgency([entry.head for entry in judged.values()])
    return [judged[head["id"]] for head in order if not verdicts or head["verdict"] in verdicts]


def _judged(group: list[Document]) -> JudgedRule:
    speaking = [r for r in group if r["verdict"] == "fail" or r["slice"] is None or r["required"]] or group
    alike = [rule for rule in speaking if rule["verdict"] == speaking[0]["verdict"]]
    head = min(alike, key=lambda rule: (rule["slice"] is not None, -_place(rule)))
    return JudgedRule(head, tuple(rule for rule in group if rule is not head))


def _place(rule: Document) -> float:
    """Return where a finding lies on the shared axis; left of everything when it has no number."""
    to_axis = badness(rule)
    return -3.0 if to_axis is None or rule["estimate"] is None else to_axis(rule["estimate"])


def others_told(judged: JudgedRule) -> str:
    """Return what the other slices say, "other slices: 12 fail, 3 inconclusive, 20 pass", or "" without others."""
    counts = Counter(rule["verdict"] for rule in judged.others)
    told = [f"{counts[verdict]} {VERDICT_WORDS[verdict].lower()}" for verdict in MOST_URGENT_FIRST if counts[verdict]]
    return f"other slices: {', '.join(told)}" if told else ""

"""What of a result a gate stops for: findings that count, findings to look at, and which of them are new."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from audit.report.document import MOST_URGENT_FIRST, SEVERITIES, Document, waivers
from audit.rules.pack import COUNTED

EXIT: Final = {"pass": 0, "pass_with_waivers": 0, "fail": 1, "inconclusive": 1, "not_assessable": 1, "incomplete": 3}
"""Exit code of each verdict; 2 is an error of use, 4 a refusal of `audit verify`."""


class FailOn(StrEnum):
    """What makes the gate fail."""

    FAIL = "fail"
    """A verdict that is no pass."""
    WARN = "warn"
    """That, and any finding to look at: a fail or an undecided rule of any severity, a waiver that does not apply."""
    NEW = "new"
    """A finding that stops the gate now and did not in the baseline."""


class State(StrEnum):
    """A finding against the baseline."""

    NEW = "new"
    UNCHANGED = "unchanged"
    ABSENT = "absent"
    """It stopped the gate then and does not now."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding that is no pass, as every format tells it."""

    rule: Document
    stops: bool
    """It keeps the verdict from being a pass."""
    state: State | None = None
    """Against the baseline; None without one."""

    @property
    def place(self) -> str:
        """Rule and slice, as people name them: POS-002 [locale = da-DK]."""
        return place(self.rule)

    @property
    def fingerprint(self) -> str:
        """Hex digest of rule and slice: the same finding has it in every run."""
        return fingerprint(self.rule)


def place(rule: Document) -> str:
    """Return rule and slice, as people name them: POS-002 [locale = da-DK]."""
    part = rule["slice"]
    return f"{rule['id']} [{part['by']} = {part['value']}]" if part else str(rule["id"])


def fingerprint(rule: Document) -> str:
    """Return the hex digest of rule and slice."""
    part = rule["slice"] or {"by": "", "value": ""}
    named = "\0".join((str(rule["id"]), str(part["by"]), str(part["value"])))
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()


def by_rule(found: Sequence[Problem]) -> list[list[Problem]]:
    """Return the problems of each rule together, in the order of their first."""
    groups: dict[str, list[Problem]] = {}
    for problem in found:
        groups.setdefault(str(problem.rule["id"]), []).append(problem)
    return list(groups.values())


def text_files(document: Document) -> set[str]:
    """Return the names of inputs whose row numbers are line numbers of the file as stored."""
    return {str(entry["name"]) for entry in document["inputs"] if entry["format"] == "JSON Lines"}


def stops(rule: Document) -> bool:
    """True when the finding keeps the verdict from being a pass."""
    if rule["waiver"] is not None or not rule["decides"]:
        return False
    if rule["verdict"] == "fail":
        return bool(rule["required"]) or rule["severity"] in COUNTED
    return bool(rule["required"]) and rule["verdict"] in ("inconclusive", "not_assessable")


def problems(document: Document, baseline: Document | None = None) -> list[Problem]:
    """Return every finding that decides and is no pass, worst first; what is not applicable is none.

    Args:
        document: the result.
        baseline: an earlier result; None: nothing is called new.
    """
    known = None if baseline is None else stopping(baseline)
    found = [
        Problem(rule, stops(rule), _state(rule, known))
        for rule in document["rules"]
        if rule["decides"] and rule["verdict"] in ("fail", "inconclusive", "not_assessable")
    ]
    return sorted(found, key=_urgency)


def _urgency(problem: Problem) -> tuple[bool, bool, int, int]:
    rule = problem.rule
    return (
        not problem.stops,
        rule["waiver"] is not None,
        MOST_URGENT_FIRST.index(rule["verdict"]),
        SEVERITIES.index(rule["severity"]),
    )


def _state(rule: Document, known: Collection[str] | None) -> State | None:
    if known is None:
        return None
    return State.UNCHANGED if fingerprint(rule) in known else State.NEW


def stopping(document: Document) -> dict[str, Document]:
    """Return the findings that stop a gate, by fingerprint."""
    return {fingerprint(rule): rule for rule in document["rules"] if stops(rule)}


def absent(document: Document, baseline: Document) -> list[Document]:
    """Return the findings that stopped the gate in the baseline and do not stop it now."""
    now = stopping(document)
    return [rule for name, rule in stopping(baseline).items() if name not in now]


def is_warning(problem: Problem) -> bool:
    """True for what people should look at though it does not stop: optional rules that failed or stayed undecided."""
    return not problem.stops and problem.rule["waiver"] is None and problem.rule["verdict"] != "not_assessable"


def idle_waivers(document: Document) -> list[Document]:
    """Return the waivers that cover nothing: unused, expired, or refused."""
    return [entry for entry in waivers(document) if entry["state"] != "applied"]


def exit_code(document: Document, fail_on: FailOn = FailOn.FAIL, baseline: Document | None = None) -> int:
    """Return the exit code of a result; an incomplete audit is 3 whatever the gate asks for.

    Raises:
        ValueError: `new` without a baseline.
    """
    code = EXIT[document["verdict"]]
    if code == EXIT["incomplete"]:
        return code
    if fail_on is FailOn.NEW:
        if baseline is None:
            raise ValueError("nothing is new without a baseline")
        return int(any(p.stops and p.state is State.NEW for p in problems(document, baseline)))
    if fail_on is FailOn.WARN and code == 0:
        return int(any(is_warning(p) for p in problems(document)) or bool(idle_waivers(document)))
    return code

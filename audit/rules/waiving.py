"""Apply waivers to findings: which count, and what became of each waiver."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audit.measure import ALL
from audit.rules.decision import Verdict
from audit.rules.findings import Finding
from audit.rules.waivers import State, Waiver, Waivers, allowed

WAIVABLE = (Verdict.FAIL, Verdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True)
class Use:
    """One waiver and what became of it."""

    waiver: Waiver
    state: State
    message: str

    def document(self) -> dict[str, Any]:
        """Return it as it stands in the result."""
        return {**self.waiver.document(), "state": str(self.state), "message": self.message}


def waive(
    findings: Sequence[Finding], waivers: Waivers, files: Collection[str | None]
) -> tuple[list[Finding], tuple[Use, ...]]:
    """Return the findings, those that a waiver covers marked with it, and the fate of each waiver.

    Args:
        findings: judged; one a rule and slice.
        waivers: already checked against the pack.
        files: hex SHA-256 of every input; None for a table in memory.
    """
    changed = list(findings)
    uses = []
    for waiver in waivers.entries:
        place = next((i for i, f in enumerate(changed) if (f.rule.id, f.slice) == (waiver.rule, waiver.slice)), None)
        state, message = _fate(waiver, None if place is None else changed[place], waivers, files)
        if place is not None and state is State.APPLIED:
            changed[place] = replace(changed[place], waiver=waiver)
        uses.append(Use(waiver, state, message))
    return changed, tuple(uses)


def _fate(
    waiver: Waiver, finding: Finding | None, waivers: Waivers, files: Collection[str | None]
) -> tuple[State, str]:
    if finding is None:
        whole = "was not judged" if waiver.slice == ALL else f"has no slice {waiver.slice}"
        return State.UNUSED, f"{waiver.rule} {whole}: the waiver can go"
    if finding.verdict is Verdict.NOT_ASSESSABLE:
        return State.REFUSED, "not assessable: what was not measured has no ceiling and cannot be waived"
    if finding.verdict not in WAIVABLE or not finding.decides:
        return State.UNUSED, f"the finding is {str(finding.verdict).replace('_', ' ')}: the waiver can go"
    if waivers.on > waiver.expires:
        return State.EXPIRED, f"expired {waiver.expires}: the finding counts again"
    if waivers.on < waiver.created:
        return State.REFUSED, f"not in force before {waiver.created}"
    outside = _outside(waiver, finding, files)
    if outside:
        return State.REFUSED, outside
    rule = finding.rule
    room = allowed(rule.operator, rule.limit, rule.center, waiver.ceiling)
    if finding.estimate is None or not room.low <= finding.estimate <= room.high:
        got = "not measured" if finding.estimate is None else f"{finding.estimate:.6g}"
        return State.REFUSED, f"beyond its ceiling: {got}, at worst {waiver.ceiling}"
    return State.APPLIED, f"{waiver.owner} answers for it until {waiver.expires}, approved by {waiver.approver}"


def _outside(waiver: Waiver, finding: Finding, files: Collection[str | None]) -> str | None:
    """Return why the data are not those that the waiver was given for; None when they are."""
    if waiver.files and not (files and set(files) <= set(waiver.files)):
        return "given for other files"
    if not waiver.rows:
        return None
    evidence = finding.evidence
    if evidence is None or evidence.total > len(evidence.rows):
        return "the rows behind the finding are not all listed, so that a waiver of rows cannot be compared"
    strange = sum(ref.digest not in waiver.rows for ref in evidence.rows)
    return f"{strange} of {evidence.total} rows behind the finding are not of its scope" if strange else None

"""The result of an audit: typed objects, and the one canonical document that every report renders.

The document holds no time, path or speed, so the same bytes, rules and version give the same document.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from audit.errors import MissingExtraError
from audit.measure import ALL, Evidence, Measure, Outcome, Slice, Status, Undefined
from audit.rules import Finding

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "https://dpo-audit.dev/result/v1"
DIGITS: Final = 10
"""Significant digits of every number in the document: below them, the order of float sums may show."""

LIMITATIONS: Final = (
    "Says nothing of downstream gains: a fit dataset can still train a worse model.",
    "Process measures generalise to the process that produced these labels, not to another one.",
    "The quality of single labels and the trainer dry run are not measured by this version.",
)


@dataclass(frozen=True)
class AuditResult:
    """What `audit.run` returns."""

    document: dict[str, Any]
    """The canonical result, as written to `result.json`."""
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    evidence: tuple[dict[str, Any], ...] = ()
    """Text of the rows behind findings that did not pass, one entry a row."""
    tables: dict[str, pa.Table] = field(default_factory=dict, repr=False, compare=False)
    """Further evidence by name: `duplicates`, every member of every cluster, and `leakage`."""
    written: dict[str, str] = field(default_factory=dict)
    """Paths of the files written, by kind, when `out` was given."""

    @property
    def verdict(self) -> str:
        """The overall verdict: pass, pass_with_waivers, fail, inconclusive, not_assessable or incomplete."""
        return str(self.document["verdict"])

    @property
    def level(self) -> str:
        """The certificate level that the verdict allows: DPO-READY, STRUCTURAL-ONLY or NONE."""
        return str(self.document["level"])

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure of every auditor."""
        return tuple(m for outcome in self.outcomes for m in outcome.measures)

    @property
    def rows(self) -> dict[str, int]:
        """Source rows: read, accepted, rejected."""
        return dict(self.document["rows"])

    def to_pandas(self, table: str = "measures") -> pd.DataFrame:
        """Return one table of the result as a DataFrame.

        Args:
            table: "measures", "rules", "outcomes", "inputs" or "evidence".

        Raises:
            MissingExtraError: pandas is not installed.
            KeyError: no such table.
        """
        rows = list(self.evidence) if table == "evidence" else self.document[table]
        try:
            pandas = import_module("pandas")
        except ImportError as error:
            raise MissingExtraError("pandas", "dataframe", "to_pandas") from error
        return pandas.json_normalize(rows, sep=".")  # type: ignore[no-any-return]


def measure_entry(outcome: Outcome, measure: Measure) -> dict[str, Any]:
    """Return one measure as it stands in the document."""
    undefined = measure.value if isinstance(measure.value, Undefined) else None
    interval = measure.interval
    return {
        "name": measure.name,
        "auditor": outcome.code,
        "value": None if undefined else number(measure.number),
        "undefined": asdict(undefined) if undefined else None,
        "unit": measure.unit,
        "n": measure.n,
        "n_effective": number(measure.n_effective),
        "low": number(interval.low) if interval else None,
        "high": number(interval.high) if interval else None,
        "level": number(interval.level) if interval else None,
        "standard_error": number(interval.standard_error) if interval else None,
        "interval_method": interval.method if interval else None,
        "kind": str(measure.kind),
        "slice": slice_entry(measure.slice),
        "method": measure.method,
        "evidence": evidence_entry(measure.evidence),
    }


def outcome_entry(outcome: Outcome) -> dict[str, Any]:
    """Return one auditor's outcome as it stands in the document."""
    return {
        "code": outcome.code,
        "name": outcome.name,
        "version": outcome.version,
        "parameters": plain(outcome.parameters),
        "status": str(outcome.status),
        "missing": list(outcome.missing),
        "unlock": [unlock_hint(column) for column in outcome.missing],
        "error": outcome.error,
        "notes": list(outcome.notes),
    }


def unlock_hint(column: str) -> str:
    """Say how a missing signal column is supplied."""
    name = column.removeprefix("judgment.").removeprefix("a_").removeprefix("b_")
    return f"map the source field that records {name!r} (audit inspect DATA --write-mapping mapping.toml)"


def finding_entry(finding: Finding) -> dict[str, Any]:
    """Return one judged rule as it stands in the document."""
    rule = finding.rule
    return {
        "id": rule.id,
        "version": rule.version,
        "title": rule.title,
        "severity": str(rule.severity),
        "required": rule.required and finding.decides,
        "decides": finding.decides,
        "measure": rule.measure,
        "slice": slice_entry(finding.slice),
        "verdict": str(finding.verdict),
        "estimate": number(finding.estimate),
        "low": number(finding.low),
        "high": number(finding.high),
        "confidence": number(rule.decision.confidence) if finding.low is not None else None,
        "operator": str(rule.operator),
        "limit": limit_entry(rule.limit),
        "fail_limit": limit_entry(rule.fail_limit),
        "center": number(rule.center),
        "unit": finding.unit,
        "n": finding.n,
        "n_effective": number(finding.n_effective),
        "method": finding.method,
        "message": finding.message,
        "unlock": finding.unlock,
        "waiver": finding.waiver.id if finding.waiver else None,
        "margin": number(finding.certifiable_margin),
        "rationale": rule.rationale,
        "basis": str(rule.basis),
        "references": list(rule.reference),
        "remediation": rule.remediation,
        "evidence": evidence_entry(finding.evidence),
    }


def limit_entry(limit: float | tuple[float, float] | None) -> Any:
    """Return a limit as it stands in the document: a number, a pair, or null."""
    return [number(end) for end in limit] if isinstance(limit, tuple) else number(limit)


def slice_entry(where: Slice) -> dict[str, str] | None:
    """Return a slice as it stands in the document; None for the whole file."""
    return None if where == ALL else {"by": where.by, "value": where.value}


def evidence_entry(evidence: Evidence | None) -> dict[str, Any] | None:
    """Return evidence as it stands in the document."""
    if evidence is None:
        return None
    rows = [{"file": r.file, "row": r.row, "part": r.part, "digest": r.digest} for r in evidence.rows]
    return {"total": evidence.total, "order": evidence.order, "rows": rows}


def is_complete(outcomes: Iterable[Outcome]) -> bool:
    """True when no auditor failed."""
    return all(outcome.status is not Status.FAILED for outcome in outcomes)


def number(value: float | None) -> float | int | None:
    """Round to DIGITS significant digits; whole numbers become integers, None stays."""
    if value is None or isinstance(value, bool | int):
        return value
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot stand in a result: only finite numbers and null can")
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def plain(value: object) -> Any:
    """Return a parameter value as JSON: mappings, lists, text, numbers, booleans, null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in sorted(value.items(), key=lambda item: str(item[0]))}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sequence | frozenset | set):
        return [plain(v) for v in (value if isinstance(value, Sequence) else sorted(value, key=str))]
    if isinstance(value, int | float):
        return number(value)
    return str(value)

"""The whole way through: the clean support desk passes, the defective one fails for exactly what is planted."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

import audit

FIXTURES = Path(__file__).parents[1] / "fixtures"
DESK = FIXTURES / "support_desk"
GOLDEN = FIXTURES / "golden"
UNASSESSED = dict.fromkeys(
    (
        "POS-004",
        "POS-005",
        "JUD-006",
        "LEN-002",
        "LEN-003",
        "BAL-001",
        "LEK-001",
        "LEK-002",
        "LEK-003",
        "LOT-001",
        "REV-001",
    ),
    "not_assessable",
)
"""No declared target, nothing protected, no gold items, scores, planted or swapped pairs."""
SINGLE_DEFECTS = (
    *("first_slot_wins", "longer_wins", "chosen_signed", "order_by_model", "order_lost", "version_lost", "class_lost"),
    *("label_outvoted", "one_model_wins"),
    *("ties_exported", "strength_reversed", "ties_with_strength", "forced_choice", "negative_weights", "heavy_weights"),
    *("scored_below", "longer_wins_beside_scores", "padding_wins", "swayed_judges", "constant_answers", "near_sides"),
    *("key_leaked", "contacts_leaked", "language_exchanged", "read_as_latin"),
    *("careless_votes", "careless_locale", "disagreements_removed", "contrary_models"),
    *("thin_locale", "empty_answer", "blank_answer", "boolean_answer", "repeated_turn", "same_sides", "broken_json"),
    *("two_objects", "duplicate_key", "lone_surrogate", "invalid_utf8", "cut_last_line"),
)


def worst(result: audit.AuditResult) -> dict[str, str]:
    """The verdict of each rule that did not pass: fail before anything else, slices that decide nothing left out."""
    order = ("fail", "not_assessable", "inconclusive")
    found: dict[str, set[str]] = {}
    for finding in result.findings:
        if finding.decides and finding.verdict != "pass":
            found.setdefault(finding.rule.id, set()).add(str(finding.verdict))
    return {rule: next(v for v in order if v in verdicts) for rule, verdicts in found.items()}


def planted(table: str) -> list[dict[str, Any]]:
    """The defects of a table, as the generator writes it."""
    return list(tomllib.loads(table)["defect"])


def wanted(defects: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Rule -> verdict that defects must cause."""
    found = UNASSESSED | {rule: verdict for defect in defects for rule, verdict in defect["fires"].items()}
    return {rule: verdict for rule, verdict in found.items() if verdict != "pass"}


def digest(result: audit.AuditResult) -> bytes:
    """Return what a golden file keeps: verdicts, counts, and estimates of deciding rules to four decimals."""
    rules = [
        {
            "rule": finding.rule.id,
            "slice": str(finding.slice),
            "verdict": str(finding.verdict),
            "estimate": None if finding.estimate is None else round(finding.estimate, 4),
            "n": finding.n,
        }
        for finding in sorted(result.findings, key=lambda finding: (finding.rule.id, finding.slice))
        if finding.decides
    ]
    kept = {"verdict": result.verdict, "level": result.level, "rows": result.rows, "rules": rules}
    return (json.dumps(kept, indent=1) + "\n").encode()


@pytest.fixture(scope="module")
def clean() -> audit.AuditResult:
    """The audit of the clean version."""
    return audit.run(DESK / "clean.jsonl.gz")


@pytest.fixture(scope="module")
def defective(tmp_path_factory: pytest.TempPathFactory) -> tuple[audit.AuditResult, Path]:
    """The audit of the defective version, and the folder of its outputs."""
    out = tmp_path_factory.mktemp("defective")
    return audit.run(DESK / "defective.jsonl.gz", out=out), out


def test_clean_passes(clean: audit.AuditResult, golden: Callable[[Path, bytes], None]) -> None:
    """The clean version is ready for DPO: every rule passes but the one whose target nobody declared."""
    assert clean.verdict == "pass"
    assert clean.level == "DPO-READY"
    assert worst(clean) == UNASSESSED
    golden(GOLDEN / "support_desk_clean.json", digest(clean))


def test_clean_is_read_whole(clean: audit.AuditResult) -> None:
    """540 comparisons in each of six locales, three judgments each, no row set aside."""
    assert clean.rows == {"read": 6 * 540, "accepted": 6 * 540, "rejected": 0}
    assert clean.document["judgments"] == 3 * 6 * 540
    [source] = clean.document["inputs"]
    assert source["layout"] == "records"


def test_defective_fails_for_what_is_planted(
    defective: tuple[audit.AuditResult, Path], golden: Callable[[Path, bytes], None]
) -> None:
    """All rules that the planted defects must fire do, and no other."""
    result, _ = defective
    assert result.verdict == "fail"
    assert worst(result) == wanted(planted((DESK / "defects.toml").read_text(encoding="utf-8")))
    golden(GOLDEN / "support_desk_defective.json", digest(result))


def test_broken_rows_are_set_aside_with_place_and_reason(defective: tuple[audit.AuditResult, Path]) -> None:
    """rejects.jsonl names exactly the planted lines, each with the reason code that the table documents."""
    result, out = defective
    table = planted((DESK / "defects.toml").read_text(encoding="utf-8"))
    expected = {line: defect["reject"] for defect in table if "reject" in defect for line in defect["lines"]}
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_bytes().splitlines()]
    assert {reject["row"]: reject["code"] for reject in rejects} == expected
    assert result.rows["rejected"] == len(expected)
    assert result.rows["read"] == result.rows["accepted"] + result.rows["rejected"]


def test_structural_evidence_is_the_planted_rows(defective: tuple[audit.AuditResult, Path]) -> None:
    """STR-001 and STR-002 point at the planted lines that could be read, at all of them and at nothing else."""
    result, _ = defective
    table = planted((DESK / "defects.toml").read_text(encoding="utf-8"))
    for rule in ("STR-001", "STR-002"):
        lines = [line for d in table if rule in d["fires"] and "reject" not in d for line in d["lines"]]
        [finding] = [found for found in result.findings if found.rule.id == rule and found.decides]
        assert finding.evidence is not None
        assert sorted(row.row for row in finding.evidence.rows) == sorted(lines)


def test_protected_evaluation_has_sound_structure() -> None:
    """The protected evaluation passes the structural pack."""
    result = audit.run(DESK / "protected_eval.jsonl.gz", rules="structural")
    assert result.verdict == "pass"
    assert result.rows["read"] == 6 * 400


@pytest.fixture(scope="module")
def singles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one version of the desk for each defect."""
    folder = tmp_path_factory.mktemp("singles")
    command = [sys.executable, str(FIXTURES / "make_support_desk.py"), "--out", str(folder), "--each"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", SINGLE_DEFECTS)
def test_each_defect_fires_its_rules_alone(name: str, singles: Path) -> None:
    """Every defect by itself fires the rules that the table names, and leaves all others as they are."""
    table = planted((singles / name / "defects.toml").read_text(encoding="utf-8"))
    result = audit.run(singles / name / "defective.jsonl")
    assert [defect["name"] for defect in table] == [name]
    assert worst(result) == wanted(table)
    reasons = Counter({defect["reject"]: len(defect["lines"]) for defect in table if "reject" in defect})
    assert result.rows["rejected"] == reasons.total()
    assert Counter(result.document["rejects"]) == reasons

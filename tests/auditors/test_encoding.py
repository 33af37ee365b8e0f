"""Encoding: planted damage is counted where it stands, clean text has none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.auditor import audit_with
from audit.auditors.encoding import KINDS, SIDES, Encoding
from audit.measure import Measure, Slice, Status
from audit.signals import Signals
from audit.testing import check_auditor
from tests.signals_of import signals

NOTHING = {f"{side}_{kind}": [0] * 8 for side in SIDES for kind in KINDS}


def planted() -> Signals:
    """Eight comparisons: damage in rows 1 (both sides), 2 (b), 3 (prompt); row 4 has what is only reported."""
    return signals(
        NOTHING
        | {
            "a_replacement": [2, 0, 0, 0, 0, 0, 0, 0],
            "b_mojibake": [1, 3, 0, 0, 0, 0, 0, 0],
            "prompt_controls": [0, 0, 1, 0, 0, 0, 0, 0],
            "a_invisible": [0, 0, 0, 1, 0, 0, 0, 0],
            "label": [1, 2, 1, 2, 1, 2, 1, 2],
            "locale": ["de-DE"] * 8,
        }
    )


def measured(given: Signals) -> dict[str, Measure]:
    outcome = audit_with(Encoding(), given)
    assert outcome.status is Status.MEASURED, outcome.error
    return {m.name: m for m in outcome.measures if m.slice == Slice()}


def test_counts_by_hand() -> None:
    """Damaged are rows 1, 2, 3 of eight; row 2 alone has it on one side only."""
    found = measured(planted())
    counts = {kind: found[f"encoding.{kind}_rows"].number for kind in KINDS}
    assert counts == {"replacement": 1, "mojibake": 2, "controls": 1, "bidi": 0, "invisible": 1, "private_use": 0}
    assert found["encoding.damaged_share"].number == 3 / 8
    assert found["encoding.one_sided_share"].number == 1 / 8
    evidence = found["encoding.damaged_share"].evidence
    assert evidence is not None
    assert sorted(ref.row for ref in evidence.rows) == [1, 2, 3]


def test_slices() -> None:
    """A slice has its own share."""
    given = signals({"a_bidi": [1] * 10 + [0] * 80, "b_replacement": [0] * 90, "locale": ["de"] * 40 + ["fr"] * 50})
    shares = {str(m.slice): m.value for m in audit_with(Encoding(), given).measures if m.name.endswith("damaged_share")}
    assert shares == {"all": 10 / 90, "locale=de": 0.25, "locale=fr": 0.0}


def test_laws() -> None:
    """It obeys every auditor's laws."""
    check_auditor(Encoding(), planted)


def test_what_is_not_there() -> None:
    """No text: undefined; no row: no share; one row, null columns: counted as they are."""
    assert not measured(signals({"label": [1]}))["encoding.damaged_share"].is_defined
    assert not measured(signals({name: [] for name in NOTHING}))["encoding.damaged_share"].is_defined
    one = measured(signals({"a_replacement": [1], "b_replacement": [None]}))
    assert one["encoding.one_sided_share"].number == 1


BROKEN = ["caf\ufffd", "cafÃ© crÃ¨me", "a\x1b[31m", "abc\u202edef"]


@pytest.mark.parametrize("damage", ["", *BROKEN])
def test_files(tmp_path: Path, damage: str) -> None:
    """The rule fails for each kind of damage in two of a hundred rows and passes for clean text in many scripts."""
    clean = ["Straße, café, «été»", "日本語です。", "مرحبا\u200f بكم", "नमस्ते 👩\u200d💻", "tab\tand\r\nline"]
    rows: list[dict[str, Any]] = [
        {"prompt": f"q{i}", "chosen": f"{clean[i % 5]} {i}", "rejected": f"other {clean[i % 5]} {i}"}
        for i in range(100)
    ]
    for row in rows[:2]:
        row["chosen"] += damage
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = audit.run(tmp_path / "pairs.jsonl")
    verdicts = {rule["id"]: rule["verdict"] for rule in result.document["rules"]}
    assert verdicts["ENC-001"] == ("fail" if damage else "pass")

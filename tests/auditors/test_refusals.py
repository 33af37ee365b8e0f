"""Refusals: the table by hand, slices, and what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy.stats import beta

import audit
from audit.auditor import audit_with
from audit.auditors.refusals import Refusals
from audit.measure import Measure, Slice, Status
from audit.signals import Signals
from audit.testing import check_auditor
from tests.signals_of import signals


def table(neither: int, chosen: int, rejected: int, both: int, harm: str = "low", **more: list[object]) -> Signals:
    """Labels by cell; side a won; every prompt stands once."""
    cells = [(0, 0)] * neither + [(1, 0)] * chosen + [(0, 2)] * rejected + [(1, 1)] * both
    n = len(cells)
    columns = {
        "a_refusal": [a for a, _ in cells],
        "b_refusal": [b for _, b in cells],
        "a_code_points": [90] * n,
        "b_code_points": [90] * n,
        "label": [1] * n,
        "slice.harm": [harm] * n,
    }
    return signals(columns | more)


def measured(given: Signals, part: Slice | None = None) -> dict[str, Measure]:
    outcome = audit_with(Refusals(), given)
    assert outcome.status is Status.MEASURED, outcome.error
    return {m.name: m for m in outcome.measures if m.slice == (part or Slice())}


def test_table_by_hand() -> None:
    """100, 30, 10, 20 of 160 labels; the refusal wins 30 of 40; the few-events interval is Clopper and Pearson's."""
    found = measured(table(100, 30, 10, 20))
    cells = [found[f"refusals.{cell}_share"].number for cell in ("neither", "chosen_only", "rejected_only", "both")]
    assert cells == [100 / 160, 30 / 160, 10 / 160, 20 / 160]
    rate = found["refusals.chosen_rate"]
    assert (rate.number, rate.n) == (0.75, 40)
    assert rate.interval is not None
    assert rate.interval.low < 0.75 < rate.interval.high

    sure = measured(table(10, 40, 0, 0))["refusals.chosen_rate"]
    assert sure.interval is not None
    assert sure.interval.low == pytest.approx(beta.ppf(0.05, 40, 1))  # all of 40: alpha^(1/40)
    assert sure.interval.high == 1


def test_a_long_text_answers() -> None:
    """A text that opens with a refusal and goes on for more than a thousand code points is an answer."""
    given = table(0, 0, 120, 0, a_code_points=[90] * 120, b_code_points=[1_001] * 60 + [1_000] * 60)
    assert measured(given)["refusals.rejected_only_share"].number == 0.5


def test_slices() -> None:
    """A slice of a hundred labels has its own table."""
    found = measured(table(60, 50, 10, 0), Slice("harm", "low"))
    assert found["refusals.chosen_rate"].number == 50 / 60


def test_laws() -> None:
    """It obeys every auditor's laws."""
    check_auditor(Refusals(), lambda: table(80, 30, 12, 5))


def test_what_is_not_there() -> None:
    """No label, no text, nobody refusing, one row, all ties: undefined where there is nothing to say."""
    assert not measured(signals({"a_refusal": [1], "b_refusal": [0]}))["refusals.chosen_rate"].is_defined
    assert not measured(table(3, 2, 1, 0, label=[3] * 6))["refusals.both_share"].is_defined
    nobody = measured(table(50, 0, 0, 0))
    assert not nobody["refusals.chosen_rate"].is_defined
    assert nobody["refusals.neither_share"].number == 1
    assert measured(table(0, 1, 0, 0))["refusals.chosen_only_share"].number == 1


def test_a_file(tmp_path: Path) -> None:
    """Refusals in words are found in a file, in several languages."""
    refusals = ["I can't help with that.", "Dabei kann ich nicht helfen.", "抱歉，我无法提供。"]
    made = [
        {"prompt": f"q{i}", "chosen": f"{refusals[i % 3]} {i}", "rejected": f"Of course: take {i} of it."}
        for i in range(30)
    ]
    made += [{"prompt": f"p{i}", "chosen": f"Take {i}.", "rejected": f"Do not take {i}."} for i in range(70)]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
    measures = {m["name"]: m["value"] for m in audit.run(tmp_path / "pairs.jsonl").document["measures"]}
    assert measures["refusals.chosen_only_share"] == pytest.approx(0.3)
    assert measures["refusals.chosen_rate"] == 1

"""Gold answers: who fails them is found, who does not is left alone, and labels are held against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audit
from audit.auditor import audit_with
from audit.auditors.gold import Gold
from audit.measure import Undefined
from audit.testing import check_auditor
from tests.signals_of import signals


def rows(seed: int, *, asleep: bool = False, wrong: float = 0.0, n: int = 300) -> list[dict[str, Any]]:
    """Every third pair is a gold item; eight people, of whom the first may be asleep; some labels are wrong."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        truth = "ab"[rng.integers(0, 2)]
        other = "ba"["ab".index(truth)]
        judgments = []
        for who in rng.choice(8, 3, replace=False):
            right = rng.random() < (0.5 if asleep and who == 0 else 0.92)
            judgments.append({"annotator": f"p{who}", "reviewer_class": "human", "label": truth if right else other})
        made.append(
            {
                "prompt": f"Question {i}?", "response_a": f"One answer {i}.", "response_b": f"Other answer {i}.",
                "label": other if rng.random() < wrong else truth, "judgments": judgments,
                "gold": truth if i % 3 == 0 else None,
            }
        )  # fmt: skip
    return made


def told(tmp_path: Path, own: list[dict[str, Any]], *more: str) -> dict[str, Any]:
    (tmp_path / "votes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in own))
    document = audit.run(tmp_path / "votes.jsonl", overrides=more, duplicates=False).document
    found = {m["name"]: m for m in document["measures"] if m["auditor"] == "GLD" and m["slice"] is None}
    found |= {rule["id"]: rule for rule in document["rules"] if rule["id"].startswith("GLD")}
    found["people"] = [m for m in document["measures"] if m["name"] == "gold.accuracy" and m["slice"] is not None]
    return found


def test_laws() -> None:
    """The contract's laws."""
    rng = np.random.default_rng(0)
    n = 120
    own = {
        "label": rng.integers(1, 3, n), "gold": np.where(rng.random(n) < 0.5, rng.integers(1, 5, n), 0),
        "a_is_first": rng.integers(0, 2, n), "a_key": [f"a{i}" for i in range(n)], "b_key": [f"b{i}" for i in range(n)],
    }  # fmt: skip
    judged = {
        "judgment.comparison": np.repeat(np.arange(n), 3), "judgment.label": rng.integers(1, 5, 3 * n),
        "judgment.annotator": [f"p{who}" for _ in range(n) for who in rng.choice(9, 3, replace=False)],
    }  # fmt: skip
    check_auditor(Gold(least_answers=3), lambda: signals(own, judged))


def test_a_sleeper_is_found_and_nobody_else(tmp_path: Path) -> None:
    """A coin against .92 on about 112 gold answers each; the rule fires, for an eighth of the answers is theirs."""
    clean = told(tmp_path, rows(0, n=900))
    assert clean["gold.failing"]["value"] == 0
    assert (clean["GLD-001"]["verdict"], clean["GLD-002"]["verdict"]) == ("pass", "pass")
    assert clean["gold.items_share"]["value"] == pytest.approx(1 / 3)
    assert len(clean["people"]) == 8
    assert sum(m["n"] for m in clean["people"]) == clean["gold.accuracy"]["n"] == 900
    found = told(tmp_path, rows(0, asleep=True, n=900))
    assert found["gold.failing"]["value"] == 1
    assert "p0: " in found["gold.failing"]["method"]
    assert found["GLD-001"]["verdict"] == "fail"


def test_wrong_labels_are_told(tmp_path: Path) -> None:
    """Four labels in ten are turned; the share on gold items is theirs within three errors of 100 items."""
    found = told(tmp_path, rows(3, wrong=0.4))
    assert found["gold.label_error"]["value"] == pytest.approx(0.4, abs=3 * 0.049)
    assert found["GLD-002"]["verdict"] == "fail"
    assert found["gold.label_error"]["evidence"] is None or found["gold.label_error"]["evidence"]["total"] > 20


def test_the_field_may_have_any_name_and_spelling(tmp_path: Path) -> None:
    """A mapping names it; its words are those of labels."""
    own = rows(1, n=60)
    for row in own:
        row["known"] = {"a": "model_a", "b": "model_b", None: None}[row.pop("gold")]
    assert told(tmp_path, own, "gold=known")["gold.items_share"]["value"] == pytest.approx(1 / 3)
    own[0]["known"] = "purple"
    (tmp_path / "odd.jsonl").write_text("".join(json.dumps(row) + "\n" for row in own))
    result = audit.run(tmp_path / "odd.jsonl", overrides=("gold=known",), duplicates=False)
    assert result.document["rows"]["rejected"] == 1


@pytest.mark.parametrize(
    ("own", "judged"),
    [
        ({"label": []}, {}),
        ({"label": [1]}, {}),
        ({"label": [1], "gold": [None]}, {}),
        ({"label": [3, 3], "gold": [3, 3]}, {"judgment.comparison": [0, 1], "judgment.label": [3, 3]}),
    ],
)
def test_little_or_nothing(own: dict[str, Any], judged: dict[str, Any]) -> None:
    """Empty, one row, null gold, all ties: measured or undefined with what would unlock it."""
    outcome = audit_with(Gold(), signals(own, judged))
    assert outcome.error is None
    for measure in outcome.measures:
        assert measure.is_defined or (isinstance(measure.value, Undefined) and measure.value.unlock)

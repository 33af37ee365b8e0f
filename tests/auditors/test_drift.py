"""Drift: tired people, a pool that slackens and an odd batch are found; steady ones are not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audit
from audit.auditor import audit_with
from audit.auditors.drift import Drift
from audit.measure import Undefined
from audit.testing import check_auditor
from tests.auditors.test_agreement import panel
from tests.signals_of import signals

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
N = 600


def rows(seed: int, *, tired: bool = False, slack: bool = False, odd: bool = False) -> list[dict[str, Any]]:
    """Six hundred pairs, three of eight people each, right in .9.

    From the middle on, person 0 always takes the first slot, or everybody is right in .6; or the last of four batches
    was answered by coins.
    """
    rng = np.random.default_rng(seed)
    made = []
    for i in range(N):
        truth, late = "ab"[rng.integers(0, 2)], i >= N // 2
        judgments = []
        for place, who in enumerate(rng.choice(8, 3, replace=False)):
            chance = 0.5 if odd and i % 4 == 3 else 0.6 if slack and late else 0.9
            label = truth if rng.random() < chance else "ba"["ab".index(truth)]
            shown = "ab"[rng.integers(0, 2)]
            if tired and who == 0 and late:
                label = shown
            judged_at = (START + timedelta(minutes=i, seconds=place)).isoformat()
            judgments.append(
                {
                    "annotator": f"p{who}", "reviewer_class": "human", "label": label, "shown_first": shown,
                    "judged_at": judged_at,
                }
            )  # fmt: skip
        made.append(
            {
                "prompt": f"Question {i}?", "response_a": f"One answer {i}.", "response_b": f"Other answer {i}.",
                "label": truth, "judgments": judgments, "dataset_version": f"batch {i % 4}",
            }
        )  # fmt: skip
    return made


def told(tmp_path: Path, own: list[dict[str, Any]]) -> dict[str, Any]:
    (tmp_path / "votes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in own))
    document = audit.run(tmp_path / "votes.jsonl", duplicates=False).document
    found = {m["name"].removeprefix("drift."): m for m in document["measures"] if m["auditor"] == "DRF"}
    return found | {rule["id"]: rule for rule in document["rules"] if rule["id"].startswith("DRF")}


def test_laws() -> None:
    """The contract's laws."""
    check_auditor(Drift(least_votes=5), lambda: panel(120))


def test_steady_people_are_left_alone(tmp_path: Path) -> None:
    """Nothing changed; no reviewer, no batch; every number has its n."""
    found = told(tmp_path, rows(1))
    assert [found[name]["value"] for name in ("reviewers", "slot_reviewers", "batches")] == [0, 0, 0]
    assert found["reviewers"]["n"] == 8
    assert found["batches"]["n"] == 4
    assert abs(found["agreement_change"]["value"]) < 0.08
    assert found["DRF-002"]["verdict"] == "pass"
    assert found["DRF-001"]["verdict"] in ("pass", "inconclusive")


def test_a_tired_reviewer_is_named(tmp_path: Path) -> None:
    """Half of the answers since the middle disagree, and the first slot wins all of them: both tests see it."""
    found = told(tmp_path, rows(2, tired=True))
    assert found["slot_reviewers"]["value"] == 1
    assert "p0" in found["slot_reviewers"]["method"]
    assert found["reviewers"]["value"] == 1
    assert found["DRF-002"]["verdict"] == "fail"
    assert found["first_rate_change"]["value"] > 0


def test_a_pool_that_slackens(tmp_path: Path) -> None:
    """Where two agree, the third agrees in .89 at first, in .6 x .69 + .4 x .31 = .54 later."""
    found = told(tmp_path, rows(3, slack=True))
    assert found["agreement_change"]["value"] < -0.25
    assert found["DRF-001"]["verdict"] == "fail"


def test_an_odd_batch_is_named(tmp_path: Path) -> None:
    """Coins in one batch of four."""
    found = told(tmp_path, rows(4, odd=True))
    assert "batch 3" in found["batches"]["method"]
    assert found["batches"]["value"] >= 1


def test_false_alarms_are_rare() -> None:
    """Twenty pools of twelve steady people, 5 % false discoveries: at most four have anybody."""
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n = 400
        truth = rng.integers(1, 3, n)
        who = np.concatenate([rng.choice(12, 3, replace=False) for _ in range(n)])
        label = np.where(rng.random(3 * n) < 0.85, np.repeat(truth, 3), 3 - np.repeat(truth, 3))
        judged = {
            "judgment.comparison": np.repeat(np.arange(n), 3), "judgment.label": label,
            "judgment.annotator": [f"p{one}" for one in who],
            "judgment.judged_at": [f"2026-01-01T00:{i // 60:02d}:{i % 60:02d}" for i in range(3 * n)],
        }  # fmt: skip
        keys = {"a_key": [f"a{i}" for i in range(n)], "b_key": [f"b{i}" for i in range(n)], "a_is_first": [1] * n}
        outcome = audit_with(Drift(), signals(keys, judged))
        alarms += next(m.number for m in outcome.measures if m.name == "drift.reviewers") > 0
    assert alarms <= 4


@pytest.mark.parametrize(
    ("own", "judged"),
    [
        ({"label": []}, {}),
        ({"label": [1]}, {"judgment.comparison": [0], "judgment.label": [1], "judgment.annotator": ["p"]}),
        ({"label": [3, 3]}, {"judgment.comparison": [0, 1], "judgment.label": [3, 3], "judgment.annotator": ["p", "q"],
                             "judgment.judged_at": ["2026", None], "judgment.shown_first": [1, 1]}),
    ],
)  # fmt: skip
def test_little_or_nothing(own: dict[str, Any], judged: dict[str, Any]) -> None:
    """Empty, one row, all ties, null times: undefined with what would unlock it."""
    outcome = audit_with(Drift(), signals(own, judged))
    assert outcome.error is None
    for measure in outcome.measures:
        assert measure.is_defined or (isinstance(measure.value, Undefined) and measure.value.unlock)

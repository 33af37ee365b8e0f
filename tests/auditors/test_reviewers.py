"""The reviewers auditor on files: planted people are found, clean pools pass, and what lacks is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audit
from audit.auditors.reviewers import Reviewers
from audit.testing import check_auditor
from tests.auditors.test_agreement import panel

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def pool(seed: int, careless: bool = False, lazy: bool = False, hurried: bool = False) -> list[dict[str, Any]]:
    """Three hundred pairs, three of ten people each; person 0 flips coins, answers in streaks, or never reads."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(300):
        winner = "ab"[rng.integers(0, 2)]
        judgments = []
        for place, who in enumerate(rng.choice(10, 3, replace=False)):
            right = rng.random() < (0.5 if careless and who == 0 else 0.9)
            label = winner if right else "ba"["ab".index(winner)]
            shown = "ab"[rng.integers(0, 2)]
            if lazy and who == 0:
                label = shown if (i // 60) % 2 else "ba"["ab".index(shown)]
            judgments.append(
                {
                    "annotator": f"p{who}", "reviewer_class": "human", "label": label, "shown_first": shown,
                    "judged_at": (START + timedelta(minutes=3 * i + place)).isoformat(),
                    "duration_s": 0.5 if hurried and who == 0 else 60.0 + i % 7,
                }
            )  # fmt: skip
        rows.append(
            {
                "prompt": f"Question {i} about something?", "response_a": f"One answer {i} of some words.",
                "response_b": f"Another answer {i} of other words.", "label": winner, "judgments": judgments,
            }
        )  # fmt: skip
    return rows


def measured(tmp_path: Path, rows: list[dict[str, Any]]) -> dict[str, Any]:
    (tmp_path / "votes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    document = audit.run(tmp_path / "votes.jsonl").document
    told = {m["name"]: m for m in document["measures"] if m["auditor"] == "REV" and m["slice"] is None}
    assert len(told) == len(Reviewers.measures)
    told["panel"] = [m for m in document["measures"] if m["name"] == "reviewers.agreement" and m["slice"] is not None]
    told["rule"] = next(rule for rule in document["rules"] if rule["id"] == "AGR-004")
    return told


def test_laws() -> None:
    """The contract's laws."""
    check_auditor(Reviewers(least_votes=5), lambda: panel(120))


def test_a_clean_pool_passes(tmp_path: Path) -> None:
    """Nobody is flagged; every reviewer has a line; the numbers add up."""
    told = measured(tmp_path, pool(0))
    assert told["reviewers.flagged"]["value"] == told["reviewers.copies"]["value"] == 0
    assert told["reviewers.streaks"]["value"] == told["reviewers.fast_share"]["value"] == 0
    assert told["rule"]["verdict"] == "pass"
    assert {m["slice"]["value"] for m in told["panel"]} == {f"p{i}" for i in range(10)}
    assert sum(m["n"] for m in told["panel"]) == told["reviewers.agreement"]["n"]
    assert told["reviewers.single_share"]["value"] == 0
    assert 0.75 < told["reviewers.agreement"]["value"] < 0.9


@pytest.mark.parametrize(
    ("planted", "name"),
    [("careless", "reviewers.flagged"), ("lazy", "reviewers.streaks"), ("hurried", "reviewers.fast_share")],
)
def test_planted_people_are_found(planted: str, name: str, tmp_path: Path) -> None:
    """One careless, one who answers in streaks, one who never reads: the measure of each, with rows."""
    told = measured(tmp_path, pool(1, **{planted: True}))
    assert told[name]["value"] > 0
    assert told[name]["evidence"]["total"] > 0
    if planted == "careless":
        assert told["rule"]["verdict"] in ("fail", "inconclusive")
        worst = min(told["panel"], key=lambda m: m["value"])
        assert worst["slice"]["value"] == "p0"


def test_pairs_that_hang_on_one_person(tmp_path: Path) -> None:
    """Without one of three who agree nothing falls; of two against one, either of the two is pivotal."""
    rows = pool(2)[:4]
    for row, labels in zip(rows, (["a", "a", "a"], ["a", "a", "b"], ["a"], ["b", "b", "b"]), strict=True):
        row["judgments"] = [{"annotator": f"p{i}", "label": label} for i, label in enumerate(labels)]
    told = measured(tmp_path, rows)
    assert told["reviewers.single_share"]["value"] == 0.25
    assert told["reviewers.pivotal_pairs"]["value"] == 2  # p0: the pair of two against one, and the single one
    assert told["reviewers.streaks"]["undefined"]["unlock"] == "judgment.judged_at"


def test_models_are_no_people(tmp_path: Path) -> None:
    """A file that only models judged has no pool of people."""
    rows = pool(3)
    for row in rows:
        for judgment in row["judgments"]:
            judgment["reviewer_class"] = "model"
    told = measured(tmp_path, rows)
    assert told["reviewers.agreement"]["value"] is None
    assert told["rule"]["verdict"] == "not_assessable"

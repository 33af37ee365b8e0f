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
from audit.signals import Signals
from audit.testing import check_auditor
from tests.auditors.votes_of import panel

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
    check_auditor(Reviewers(least_votes=5, least_checks=2), lambda: checked_panel(120))


def checked_panel(n: int) -> Signals:
    """The panel with times, slots, checks and batches."""
    rng = np.random.default_rng(1)
    return panel(
        n,
        more={"gold_label": (rng.integers(0, 3, n)).tolist(), "slice.batch": [f"b{i % 3}" for i in range(n)]},
        judged={
            "judgment.shown_first": rng.integers(1, 3, 3 * n).tolist(),
            "judgment.judged_at": [f"2026-01-{i % 28 + 1:02d}" for i in range(3 * n)],
            "judgment.check_passed": [None if v > 0.2 else float(v > 0.05) for v in rng.random(3 * n)],
        },
    )


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


def with_checks(rows: list[dict[str, Any]], *, failing: bool) -> list[dict[str, Any]]:
    """Every second pair is a gold item; person 0 errs in most of them, the others as they do anyway."""
    rng = np.random.default_rng(9)
    for row in rows[::2]:
        row["gold_label"] = row["label"]
        for judgment in row["judgments"]:
            if failing and judgment["annotator"] == "p0" and rng.random() < 0.6:
                judgment["label"] = "ba"["ab".index(row["label"])]
    return rows


def test_failed_gold_items_are_found(tmp_path: Path) -> None:
    """The one who errs where the right answer is known; without such answers it is said what would tell."""
    told = measured(tmp_path, with_checks(pool(4), failing=True))
    assert told["reviewers.check_failures"]["value"] == 1
    assert told["reviewers.check_failures"]["evidence"]["total"] > 0
    assert told["reviewers.check_rate"]["n"] == 450  # 150 gold items, three answers each
    (tmp_path / "clean").mkdir()
    clean = measured(tmp_path / "clean", with_checks(pool(4), failing=False))
    assert clean["reviewers.check_failures"]["value"] == 0
    assert clean["reviewers.check_rate"]["value"] > 0.85
    (tmp_path / "none").mkdir()
    none = measured(tmp_path / "none", pool(4))
    assert none["reviewers.check_rate"]["undefined"]["unlock"] == "gold_label or judgment.check_passed"


def test_attention_checks_as_the_source_says(tmp_path: Path) -> None:
    """`check_passed` of the judgment itself, in words; it comes before the gold label."""
    rows = pool(5)[:40]
    for i, row in enumerate(rows):
        row["gold_label"] = row["label"]
        for judgment in row["judgments"]:
            judgment["check_passed"] = "passed" if i % 4 else False
    told = measured(tmp_path, rows)
    assert told["reviewers.check_rate"]["value"] == 0.75
    assert told["reviewers.check_rate"]["n"] == 120


def tired(rows: list[dict[str, Any]], *, who: str = "p0") -> list[dict[str, Any]]:
    """From the middle on one person takes whatever is shown first."""
    for row in rows[150:]:
        for judgment in row["judgments"]:
            if judgment["annotator"] == who:
                judgment["label"] = judgment["shown_first"]
    return rows


def test_drift_of_one_person_is_found(tmp_path: Path) -> None:
    """The tired one drifts in agreement or slot; the pool's change is small; a clean pool has none."""
    told = measured(tmp_path, tired(pool(6)))
    assert told["reviewers.drifting"]["value"] == 1
    assert told["reviewers.drifting"]["evidence"]["total"] > 0
    (tmp_path / "clean").mkdir()
    clean = measured(tmp_path / "clean", pool(6))
    assert clean["reviewers.drifting"]["value"] == 0
    drift = clean["reviewers.agreement_drift"]
    assert drift["low"] < 0 < drift["high"]
    assert clean["reviewers.batches_apart"]["undefined"]["unlock"] == "slice.batch"


def test_a_bad_batch_stands_apart(tmp_path: Path) -> None:
    """In one of three batches everybody tosses coins; the same people do well elsewhere."""
    rng = np.random.default_rng(2)
    rows = pool(7)
    for i, row in enumerate(rows):
        row["batch"] = f"b{i // 100}"
        for judgment in row["judgments"] if i // 100 == 1 else ():
            judgment["label"] = "ab"[rng.integers(0, 2)]
    told = measured(tmp_path, rows)
    assert told["reviewers.batches_apart"]["value"] >= 1
    assert "b1" in told["reviewers.batches_apart"]["method"]
    document = audit.run(tmp_path / "votes.jsonl").document
    changes = {
        m["slice"]["value"]: m["value"]
        for m in document["measures"]
        if m["name"] == "reviewers.agreement_drift" and m["slice"] and m["slice"]["by"] == "batch"
    }
    assert min(changes, key=changes.__getitem__) == "b1"
    assert changes["b1"] < -0.15


def test_who_shows_most_signs_comes_first(tmp_path: Path) -> None:
    """A careless and hurried person has two signs, with words; the count of reviewers with signs is the whole's."""
    told = measured(tmp_path, pool(8, careless=True, hurried=True))
    document = audit.run(tmp_path / "votes.jsonl").document
    signs = {m["slice"]["value"]: m for m in document["measures"] if m["name"] == "reviewers.signs" and m["slice"]}
    assert signs["p0"]["value"] == 2
    assert signs["p0"]["method"] == "signs: agrees too seldom, hurries; n: votes"
    assert told["reviewers.signs"]["value"] == 1


def test_models_are_refused_where_pools_are_apart(tmp_path: Path) -> None:
    """Two groups without a common pair: no model, and what would link them."""
    rows = pool(9)
    for i, row in enumerate(rows):
        for judgment in row["judgments"]:
            judgment["annotator"] += "x" if i % 2 else ""
    told = measured(tmp_path, rows)
    for name in ("changed_share", "models_differ_share", "rank_agreement", "modelled_accuracy"):
        undefined = told[f"reviewers.{name}"]["undefined"]
        assert "2 parts" in undefined["reason"]
        assert undefined["unlock"] == "pairs judged across the parts"


def test_models_say_how_they_ended(tmp_path: Path) -> None:
    """Rounds and convergence stand in the method, of each model; every reviewer has an accuracy with interval."""
    told = measured(tmp_path, pool(10))
    assert "converged after" in told["reviewers.changed_share"]["method"]
    measures = audit.run(tmp_path / "votes.jsonl").document["measures"]
    models = {m["slice"]["value"] for m in measures if m["name"] == "reviewers.changed_share" and m["slice"]}
    assert models == {"one-coin", "MACE"}
    accuracy = [m for m in measures if m["name"] == "reviewers.modelled_accuracy" and m["slice"]]
    assert len(accuracy) == 10
    assert all(m["low"] < m["value"] < m["high"] for m in accuracy)
    assert sum(m["low"] < 0.9 < m["high"] for m in accuracy) >= 7


@pytest.mark.parametrize("labels", [["tie"] * 3, ["a"], ["escalate"] * 2])
def test_ties_and_single_votes_are_legal(labels: list[str], tmp_path: Path) -> None:
    """All ties, one row, and no vote at all give measures or reasons, never a fault."""
    row = pool(0)[0]
    row["judgments"] = [{"annotator": f"p{i}", "label": label} for i, label in enumerate(labels)]
    measured(tmp_path, [row])

"""Templates: planted openings are found on the side where they stand, chance is not, and shares are exact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import audit
from audit.duplicates.templates import log_odds_z, most_frequent, one_sided

OPENING = "Certainly! I am very happy to help you today."


def rows(count: int, planted: float, seed: int) -> list[dict[str, str]]:
    """Pairs of random words; a share of the chosen begin with the opening, and a tenth of both sides with another."""
    rng = np.random.default_rng(seed)
    words = [f"w{i}" for i in range(2_000)]
    made = []
    for i in range(count):
        sides = [" ".join(rng.choice(words, 30)) for _ in range(2)]
        if rng.random() < planted:
            sides[0] = f"{OPENING} {sides[0]}"
        for side in range(2):
            if rng.random() < 0.1:
                sides[side] = f"Well, that is a question that many ask: {sides[side]}"
        made.append({"prompt": f"Question {i}?", "chosen": sides[0], "rejected": sides[1]})
    return made


def measured(tmp_path: Path, made: list[dict[str, str]], **more: Any) -> dict[str, dict[str, Any]]:
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made))
    document = audit.run(tmp_path / "pairs.jsonl", **more).document
    told = {m["name"]: m for m in document["measures"] if m["auditor"] == "TPL"}
    told["rule"] = next(rule for rule in document["rules"] if rule["id"] == "TPL-001")
    return told


def test_a_planted_opening_is_found(tmp_path: Path) -> None:
    """Thirty per cent of the chosen begin alike: one template, its rows, and the rule fails; the shared one is none."""
    made = rows(600, 0.3, 0)
    told = measured(tmp_path, made)
    planted = sum(row["chosen"].startswith(OPENING) or OPENING in row["chosen"] for row in made)
    heads = sum(row["chosen"].startswith(OPENING) for row in made)

    assert told["templates.opening_share"]["value"] == pytest.approx(heads / 1_200)
    assert told["templates.one_sided"]["value"] == 1
    assert told["templates.one_sided_share"]["value"] == pytest.approx(heads / 600)
    assert 0.8 * planted < told["templates.one_sided_share"]["evidence"]["total"] <= planted
    assert told["rule"]["verdict"] == "fail"


def test_chance_is_left_alone(tmp_path: Path) -> None:
    """An opening that stands on either side as often is no finding."""
    told = measured(tmp_path, rows(600, 0.0, 1))
    assert told["templates.one_sided"]["value"] == 0
    assert told["rule"]["verdict"] == "pass"


def test_what_is_not_there(tmp_path: Path) -> None:
    """Without the search, without long texts: undefined, and it says what would unlock it."""
    told = measured(tmp_path, rows(40, 0.0, 2), duplicates=False)
    assert "--no-duplicates" in told["templates.opening_share"]["undefined"]["unlock"]
    short = [{"prompt": f"q{i}", "chosen": f"yes {i}", "rejected": f"no {i}"} for i in range(40)]
    told = measured(tmp_path, short)
    assert told["templates.close_share"]["value"] is None
    assert told["templates.one_sided_share"]["value"] == 0


def test_false_discoveries_are_rare() -> None:
    """Two hundred files of fifty openings without a side: at most one in twenty has a finding."""
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(200):
        winner, loser = rng.integers(0, 50, (2, 3_000))
        found += bool(len(one_sided(winner, loser, np.arange(3_000), np.arange(3_000, 6_000)).templates))
    assert found <= 20


def test_one_text_in_many_pairs_is_no_template() -> None:
    """A text that wins two hundred times has an opening of its own; that it wins says nothing of openings."""
    winner, loser = np.zeros(200, np.int64), np.arange(1, 201)
    assert one_sided(winner, loser, winner, loser).tested == 0
    assert one_sided(winner, loser, np.arange(200), np.arange(200, 400)).templates.tolist() == [0]


def test_scores_by_hand() -> None:
    """Equations 16, 18 and 22 for two templates, the prior by their share of all."""
    won, lost = np.array([30.0, 70.0]), np.array([10.0, 90.0])
    z = log_odds_z(won, lost, 100, 100)
    a = 500 * 40 / 200
    delta = np.log((30 + a) / (600 - 30 - a)) - np.log((10 + a) / (600 - 10 - a))
    assert z[0] == pytest.approx(delta / np.sqrt(1 / (30 + a) + 1 / (10 + a)))
    assert most_frequent(np.array([1, 1, -1]), np.array([2, 1, -1]))[:2] == (3, 4)
    assert most_frequent(np.array([-1]), np.array([-1]))[:2] == (0, 0)

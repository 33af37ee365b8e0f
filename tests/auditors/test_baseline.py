"""The baseline auditor: each blind rule by hand, coverage of the best, and the laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.auditor import audit_with
from audit.auditors.baseline import Baseline
from audit.measure import Measure, Status, Undefined
from audit.schema import A, B
from audit.signals import Signals
from audit.testing import check_auditor
from tests.signals_of import signals


def measured(own: Signals) -> dict[str, Measure]:
    outcome = audit_with(Baseline(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {f"{m.name.removeprefix('baseline.')} {m.slice}".removesuffix(" all"): m for m in outcome.measures}


def noise(n: int, seed: int, **more: Any) -> Signals:
    """Labels that are coin flips beside random lengths, markup, refusals, models and orders."""
    random = np.random.default_rng(seed)
    rows: dict[str, Any] = {"label": random.integers(1, 3, n).tolist(), "locale": ["de-DE", "en-US"] * (n // 2)}
    for side in "ab":
        rows[f"{side}_code_points"] = random.integers(50, 900, n).tolist()
        rows[f"{side}_bullets"] = random.integers(0, 4, n).tolist()
        rows[f"{side}_refusal"] = (random.random(n) < 0.1).astype(int).tolist()
        rows[f"model_{side}"] = [f"m{i}" for i in random.integers(0, 3, n)]
    votes = {
        "judgment.comparison": list(range(n)),
        "judgment.label": rows["label"],
        "judgment.shown_first": random.integers(1, 3, n).tolist(),
    }
    return signals({**rows, **more}, votes)


def test_rules_by_hand() -> None:
    """Four labels a, a, b, a; lengths 9:5, 5:9, 5:9, 7:7. Longest: right, wrong, right, abstains: (2 + 1/2) / 4.

    Shortest is the mirror image. Markup chooses once, rightly: (1 + 3/2) / 4; refusals once, wrongly: (0 + 3/2) / 4.
    First shown: a, b, b, and once each: right, wrong, right, abstains.
    """
    own = signals(
        {
            "label": [A, A, B, A],
            "a_code_points": [9, 5, 5, 7],
            "b_code_points": [5, 9, 9, 7],
            "a_bullets": [3, 0, 1, 0],
            "b_bullets": [1, 0, 1, 0],
            "a_refusal": [0, 1, 0, 0],
            "b_refusal": [0, 0, 0, 0],
        },
        {
            "judgment.comparison": [0, 1, 2, 3, 3],
            "judgment.label": [A, A, B, A, A],
            "judgment.shown_first": [A, B, B, A, B],
        },
    )
    found = measured(own)
    assert found["longest_rate"].number == 0.625
    assert found["shortest_rate"].number == 0.375
    assert found["most_markup_rate"].number == 0.625
    assert found["no_refusal_rate"].number == 0.375
    assert found["first_slot_rate"].number == 0.625
    assert isinstance(found["better_model_rate"].value, Undefined)
    assert found["best_rate"].number == 0.625


def test_the_better_model_is_told_from_other_prompts() -> None:
    """Model m wins every comparison: from four fifths of the prompts that is known of the last, rate 1.

    Where one prompt holds everything nothing is known from elsewhere, and the rule chooses no side.
    """
    rows: dict[str, Any] = {"label": [A, B] * 20, "model_a": ["m", "n"] * 20, "model_b": ["n", "m"] * 20}
    found = measured(signals(rows))
    assert found["better_model_rate"].number == 1.0
    assert "best rule: better model" in found["best_rate"].method
    alone = measured(signals({**rows, "prompt_key": ["one"] * 40}))
    assert isinstance(alone["better_model_rate"].value, Undefined)


def test_longer_wins_shows() -> None:
    """Nine of ten labels go to the longer side: the rate is 0.9, and it is the best."""
    random, n = np.random.default_rng(1), 1_000
    lengths = random.permuted(np.tile([100, 300], (n, 1)), axis=1)
    longer = np.where(lengths[:, 0] > lengths[:, 1], A, B)
    label = np.where(random.random(n) < 0.9, longer, 3 - longer)
    own = noise(n, 2, label=label.tolist(), a_code_points=lengths[:, 0].tolist(), b_code_points=lengths[:, 1].tolist())
    found = measured(own)
    best = found["best_rate"]
    assert best.number == found["longest_rate"].number == pytest.approx(0.9, abs=0.03)
    assert found["longest_rate locale=de-DE"].n == n // 2


def test_the_best_of_noise_is_covered() -> None:
    """Coin flips: of 200 files the best rate is shown above one half in 5 % at most (10, and three errors of 3.1)."""
    above = 0
    for seed in range(200):
        interval = measured(noise(200, seed))["best_rate"].interval
        assert interval is not None
        assert interval.high >= 0.5
        above += interval.low > 0.5
    assert above <= 10 + 3 * 3.1


@pytest.mark.parametrize("n", [2, 4])
def test_degenerate_files_are_legal(n: int) -> None:
    """Two rows, or four: defined or told why not, never a fault; a file without text still has its other rules."""
    found = measured(noise(n, 0))
    assert {name.split()[0] for name in found} == {s.name.removeprefix("baseline.") for s in Baseline.measures}
    textless = measured(signals({"label": [A, B] * 10, "model_a": ["m", "n"] * 10, "model_b": ["n", "m"] * 10}))
    assert isinstance(textless["longest_rate"].value, Undefined)
    assert textless["better_model_rate"].number == 1.0


def test_laws() -> None:
    """The laws of every auditor."""
    check_auditor(Baseline(), lambda: noise(240, 3))

"""Length beside models and quality: planted effects are told apart; what is no control is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from audit.auditor import audit_with
from audit.auditors.verbosity import Verbosity
from audit.measure import Measure, Status, Undefined
from audit.schema import A, B
from audit.signals import Signals
from audit.testing import check_auditor
from tests.signals_of import signals

SHORT, LONG = 200, 600


def measured(own: Signals) -> dict[str, Measure]:
    outcome = audit_with(Verbosity(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {f"{m.name.removeprefix('verbosity.')} {m.slice}".removesuffix(" all"): m for m in outcome.measures}


def simulated(
    n: int, *, length: float = 0.0, model: float = 0.0, quality: float = 0.0, seed: int = 0
) -> dict[str, Any]:
    """Pairs of model "wordy" (600 code points, about) and "terse" (200), or of one of them with itself.

    Log odds that a side wins: `length` per root mean square of the gap (by its tanh), `model` for wordy against terse,
    `quality` per unit of a score that knows nothing of either.
    """
    random = np.random.default_rng(seed)
    wordy = random.random((n, 2)) < 0.5
    lengths = np.where(wordy, LONG, SHORT) + random.integers(-150, 151, (n, 2))
    score = np.round(random.normal(0, 1, (n, 2)), 1)
    gap = (lengths[:, 0] - lengths[:, 1]).astype(float)
    tanh = np.tanh(gap / np.sqrt((gap**2).mean()))
    log_odds = length * tanh + model * (wordy[:, 0].astype(float) - wordy[:, 1]) + quality * (score[:, 0] - score[:, 1])
    return {
        "label": np.where(random.random(n) < expit(log_odds), A, B).tolist(),
        "a_code_points": lengths[:, 0].tolist(),
        "b_code_points": lengths[:, 1].tolist(),
        "model_a": np.where(wordy[:, 0], "wordy", "terse").tolist(),
        "model_b": np.where(wordy[:, 1], "wordy", "terse").tolist(),
        "score_a": score[:, 0].tolist(),
        "score_b": score[:, 1].tolist(),
    }


def test_a_better_model_is_not_taken_for_length() -> None:
    """The wordy model is better, length as such is worth nothing: crude odds far above 1, beside models about 1."""
    found = measured(signals(simulated(4_000, model=1.0)))
    crude, beside = found["length_odds_ratio"], found["length_odds_ratio_models"]
    assert crude.interval is not None
    assert crude.interval.low > 1.8
    assert beside.interval is not None
    assert beside.interval.low < 1 < beside.interval.high
    assert found["same_model_rate"].number == pytest.approx(0.5, abs=0.04)


def test_length_survives_models_and_quality() -> None:
    """Length is worth log odds of 1 per SD: odds at one SD are exp(tanh 1) = 2.14, whatever stands beside it."""
    found = measured(signals(simulated(6_000, length=1.0, model=0.5, quality=0.5)))
    for name in ("length_odds_ratio_models", "length_odds_ratio_quality"):
        interval = found[name].interval
        assert interval is not None
        assert interval.low < np.exp(np.tanh(1.0)) < interval.high
        assert interval.low > 1.3
    assert "score and effects of the models" in found["length_odds_ratio_quality"].method
    assert found["quality_length_auc"].number == pytest.approx(0.5, abs=0.03)
    assert found["equal_quality_rate"].number > 0.6


def test_a_control_covers() -> None:
    """Length worth nothing beside a better model: of 200 files each bound misses odds of 1 in 5 % (10, and 3 x 3.1)."""
    low = high = 0
    for seed in range(200):
        found = measured(signals(simulated(400, model=0.7, quality=0.5, seed=seed)))
        interval = found["length_odds_ratio_quality"].interval
        assert interval is not None
        low += interval.low > 1
        high += interval.high < 1
    assert low <= 10 + 3 * 3.1
    assert high <= 10 + 3 * 3.1


def test_scores_that_made_the_labels_are_no_control() -> None:
    """Every label goes to the higher score: undefined, with the reason."""
    rows = simulated(400, quality=1.0)
    rows["label"] = np.where(np.array(rows["score_a"]) > np.array(rows["score_b"]), A, B).tolist()
    value = measured(signals(rows))["length_odds_ratio_quality"].value
    assert isinstance(value, Undefined)
    assert "they are their source" in value.reason


def test_scores_that_made_the_labels_leave_the_ratings_as_control() -> None:
    """Beside them stand fine-grained ratings that did not: these alone are the quality beside length."""
    rows = simulated(400, quality=1.0)
    rows["label"] = np.where(np.array(rows["score_a"]) > np.array(rows["score_b"]), A, B).tolist()
    random = np.random.default_rng(8)
    for side in "ab":
        rows[f"aspects_{side}"] = (np.array(rows[f"score_{side}"]) + random.normal(0, 1, 400)).tolist()
    method = measured(signals(rows))["length_odds_ratio_quality"].method
    assert "with aspects and effects of the models" in method


def test_scores_that_follow_length_are_no_control() -> None:
    """A score that counts code points tells nothing apart from them: undefined, with the AUC."""
    rows = simulated(400)
    rows["score_a"], rows["score_b"] = ([n / 100 for n in rows[f"{side}_code_points"]] for side in "ab")
    found = measured(signals(rows))
    assert found["quality_length_auc"].number > 0.95
    value = found["length_odds_ratio_quality"].value
    assert isinstance(value, Undefined)
    assert "go with length themselves" in value.reason


def test_padded_copies_by_hand() -> None:
    """Four planted pairs, the padded side of 300 wins three; pairs without the mark do not count."""
    n = 6
    own = signals(
        {
            "label": [A, A, B, B, A, A],
            "a_code_points": [300, 300, 200, 300, 900, 900],
            "b_code_points": [200, 200, 300, 200, 100, 100],
            "slice.probe": ["padding"] * 4 + [None, "gold"],
        }
    )
    rate = measured(own)["padded_wins_rate"]
    assert (rate.n, rate.number) == (4, 0.75)
    assert n == own.comparisons


def test_equal_quality_by_hand() -> None:
    """Of three labels with equal scores one has sides of one length: the longer won one of the other two."""
    own = signals(
        {
            "label": [A, A, A, A],
            "a_code_points": [9, 5, 5, 9],
            "b_code_points": [5, 9, 5, 5],
            "score_a": [1.0, 2.0, 3.0, 5.0],
            "score_b": [1.0, 2.0, 3.0, 1.0],
        }
    )
    rate = measured(own)["equal_quality_rate"]
    assert (rate.n, rate.number) == (2, 0.5)


def test_the_form_that_made_the_labels_fits_best() -> None:
    """Labels by the ratio of lengths up to twice, no further: bends beat the log ratio, which beats nothing."""
    random, n = np.random.default_rng(4), 8_000
    a, b = (np.exp(random.normal(6, 1, n)).astype(int) + 1 for _ in range(2))
    ratio = np.clip(np.log((a + 1) / (b + 1)), -np.log(2), np.log(2))
    label = np.where(random.random(n) < expit(3 * ratio), A, B)
    found = measured(signals({"label": label.tolist(), "a_code_points": a.tolist(), "b_code_points": b.tolist()}))
    losses = {name.removeprefix("form_log_loss form="): m.number for name, m in found.items() if "form=" in name}
    assert min(losses, key=lambda name: losses[name]) == "log ratio with three bends"
    assert losses["log ratio"] < np.log(2) - 0.05
    assert losses["log ratio with three bends"] < losses["log ratio"] - 0.005


def test_laws() -> None:
    """The laws of every auditor, with models, scores and planted pairs."""
    rows = simulated(240, length=0.5)
    rows["slice.probe"] = ["padding", None] * 120
    check_auditor(Verbosity(), lambda: signals(rows), close=1e-7)

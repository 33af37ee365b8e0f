"""The strength auditor: each number by hand, planted against clean, coverage of its intervals, and the laws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.auditor import audit_with
from audit.auditors.strength import Strength
from audit.measure import Measure, Status, Undefined
from audit.schema import BOTH_BAD, ESCALATE, TIE, A, B, Defect
from audit.signals import Signals
from audit.strength.calibration import calibration_error, equal_mass
from audit.strength.links import Links, largest_fall, levels, trend
from audit.testing import check_auditor
from tests.signals_of import signals


def measured(own: Signals) -> dict[str, Measure]:
    outcome = audit_with(Strength(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {f"{m.name.removeprefix('strength.')} {m.slice}".removesuffix(" all"): m for m in outcome.measures}


def panel(n: int = 600, *, slope: float = 0.15, seed: int = 0) -> Signals:
    """Two annotators a pair; the second agrees with the first's confidence, 0.55 + slope * (strength - 1)."""
    random = np.random.default_rng(seed)
    strength = random.integers(1, 4, n)
    likely = 0.55 + slope * (strength - 1)
    agrees = random.random(n) < likely
    rows = {
        "label": [A] * n,
        "a_key": [f"a{i}" for i in range(n)],
        "b_key": [f"b{i}" for i in range(n)],
        "a_is_first": [1] * n,
    }
    votes = {
        "judgment.comparison": np.repeat(np.arange(n), 2).tolist(),
        "judgment.label": np.column_stack([np.full(n, A), np.where(agrees, A, B)]).ravel().tolist(),
        "judgment.annotator": [f"r{i % 2}{i // 2 % 20:02d}" for i in range(2 * n)],
        "judgment.strength": np.column_stack([strength, np.full(n, np.nan)]).ravel().tolist(),
        "judgment.confidence": np.column_stack([likely, np.full(n, np.nan)]).ravel().tolist(),
    }
    return signals(rows, {name: [None if v != v else v for v in values] for name, values in votes.items()})


def test_undecided_rows_by_hand() -> None:
    """Of six rows two are at fault: a tie in training, and a label that no judgment chose. Others are not.

    A tie of weight 0 stays out of training; a label with one vote for it has a choice behind it, two ties or not.
    """
    own = signals(
        {
            "label": [A, TIE, TIE, A, B, A],
            "split": ["train", "train", "train", "train", "train", None],
            "weight": [1.0, 1.0, 0.0, 1.0, 1.0, None],
        },
        {
            "judgment.comparison": [0, 1, 2, 3, 3, 4, 4, 4],
            "judgment.label": [A, TIE, TIE, ESCALATE, BOTH_BAD, B, TIE, TIE],
        },
    )
    found = measured(own)
    assert found["undecided_rows"].number == 2
    assert found["undecided_rows kind=no choice, yet for training"].number == 1
    assert found["undecided_rows kind=no judgment chose that side"].number == 1
    evidence = found["undecided_rows"].evidence
    assert evidence is not None
    assert sorted(row.row for row in evidence.rows) == [2, 4]
    assert found["tie_rate"].number == pytest.approx(5 / 8)


def test_pairs_alone_say_nothing_of_states() -> None:
    """Chosen and rejected without judgments: neither undecided rows nor ties can be told."""
    found = measured(signals({"label": [A] * 4}))
    assert isinstance(found["undecided_rows"].value, Undefined)
    assert isinstance(found["tie_rate"].value, Undefined)


def test_agreement_rises_with_strength() -> None:
    """Planted 0.55, 0.70, 0.85: the odds ratio is above 1, no step falls, the levels are found."""
    found = measured(panel(3_000))
    odds, fall = found["agreement_odds_ratio"], found["largest_fall"]
    assert odds.interval is not None
    assert odds.interval.low > 1.5
    assert fall.interval is not None
    assert fall.interval.high < 0
    for level, share in (("1", 0.55), ("2", 0.70), ("3", 0.85)):
        assert found[f"agreement_by_strength strength={level}"].number == pytest.approx(share, abs=0.05)


def test_reversed_strength_shows() -> None:
    """Stronger is agreed with less: the odds ratio's upper bound is below 1 and a fall is certain."""
    found = measured(panel(3_000, slope=-0.15))
    odds, fall = found["agreement_odds_ratio"], found["largest_fall"]
    assert odds.interval is not None
    assert odds.interval.high < 1
    assert fall.interval is not None
    assert fall.interval.low > 0.05


def test_agreement_by_hand() -> None:
    """Votes a, a, tie, b on one pair: for an a the others are 1, 1/2, 0, mean 1/2; for b 0, 0, 1/2, mean 1/6."""
    own = signals(
        {"label": [A], "a_key": ["x"], "b_key": ["y"], "a_is_first": [1]},
        {
            "judgment.comparison": [0] * 4,
            "judgment.label": [A, A, TIE, B],
            "judgment.annotator": ["p", "q", "r", "s"],
            "judgment.strength": [2.0, 2.0, 0.0, 1.0],
        },
    )
    found = measured(own)
    assert found["agreement_by_strength strength=2"].number == 0.5
    assert isinstance(found["agreement_odds_ratio"].value, Undefined)


def drawn(n: int, off: float, seed: int) -> Links:
    """Votes whose agreement is their confidence less `off`; two votes a prompt, forty annotators."""
    random = np.random.default_rng(seed)
    confidence = np.round(random.uniform(0.5, 0.98, n), 2)
    others = random.integers(1, 3, n)
    agreed = random.binomial(others, confidence - off) / others
    return Links(confidence, agreed, agreed**2, np.arange(n) // 2, np.arange(n) % 40)


@pytest.mark.parametrize("off", [0.0, 0.03, 0.1])
def test_calibration_error_is_covered(off: float) -> None:
    """Of 200 draws each bound misses the true error in 5 % at most (10, and three errors of 3.1)."""
    low = high = 0
    for seed in range(200):
        found = drawn(800, off, seed)
        _, interval = calibration_error(found, equal_mass(found.declared, 15), 0.90)
        low += interval.low > off
        high += interval.high < off
    assert low <= 19
    assert high <= 19


def test_the_trend_seldom_accuses() -> None:
    """Strength that says nothing: of 300 draws the odds ratio is shown below 1 in 5 % at most (15 and three of 3.8)."""
    below = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        agreed = (random.random(400) < 0.8).astype(float)
        found = Links(
            random.integers(1, 4, 400).astype(float), agreed, agreed, np.arange(400) // 2, np.arange(400) % 40
        )
        interval = trend("strength.agreement_odds_ratio", found, "declared strength", 0.90).interval
        assert interval is not None
        below += interval.high < 1
    assert below <= 15 + 3 * 3.8


def test_the_largest_fall_covers() -> None:
    """Four levels of one agreement: of 300 draws the fall is shown above 0 in 5 %, below 0 in 5 %, at most."""
    above = below = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        agreed = (random.random(600) < 0.8).astype(float)
        found = Links(
            random.integers(1, 5, 600).astype(float), agreed, agreed, np.arange(600) // 2, np.arange(600) % 40
        )
        interval = largest_fall("strength.largest_fall", found, "declared strength", 0.90).interval
        assert interval is not None
        above += interval.low > 0
        below += interval.high < 0
    assert above <= 15 + 3 * 3.8
    assert below <= 15 + 3 * 3.8


def test_brier_score_and_overconfidence_by_hand() -> None:
    """120 votes of confidence 0.8, agreed with by 60: overconfident by 0.3; Brier (0.2^2 + 0.8^2) / 2 = 0.34."""
    n = 120
    own = signals(
        {
            "label": [A] * n,
            "a_key": [f"a{i}" for i in range(n)],
            "b_key": [f"b{i}" for i in range(n)],
            "a_is_first": [1] * n,
        },
        {
            "judgment.comparison": np.repeat(np.arange(n), 2).tolist(),
            "judgment.label": [label for i in range(n) for label in (A, A if i % 2 else B)],
            "judgment.annotator": ["p", "q"] * n,
            "judgment.confidence": [0.8, None] * n,
        },
    )
    found = measured(own)
    assert found["overconfidence"].number == pytest.approx(0.3)
    assert found["brier_score"].number == pytest.approx(0.34)
    assert found["calibration_error"].number == pytest.approx(0.3)
    assert isinstance(found["confidence_odds_ratio"].value, Undefined), "one confidence for all"
    assert found["confidence_auc"].number == 0.5


def test_confidence_beyond_one_is_no_probability() -> None:
    """A scale of 1 to 5: the trend is told, calibration is not."""
    own = panel(200)
    votes = {name: own.load(name).to_pylist() for name in own.columns if name.startswith("judgment.")}
    votes["judgment.confidence"] = [None if v is None else 5 * v for v in votes["judgment.confidence"]]
    rows = {"label": [A] * 200, "a_key": list(range(200)), "b_key": list(range(200, 400)), "a_is_first": [1] * 200}
    found = measured(signals(rows, votes))
    assert found["confidence_odds_ratio"].is_defined
    assert isinstance(found["calibration_error"].value, Undefined)
    assert "not a probability" in found["calibration_error"].value.reason


def test_levels_of_many_values_are_bins() -> None:
    """Eleven values or more become five bins of about equal mass; fewer stay as they are."""
    number, names = levels(np.arange(100.0))
    assert np.bincount(number).tolist() == [20] * 5
    assert names[0] == "1: 0 to 19"
    assert levels(np.array([3.0, 1.0, 3.0]))[1] == ["1", "3"]


def test_strength_against_label_by_hand() -> None:
    """Of four comparisons with strength: a tie of strength 2 and a choice of strength 0 contradict, 2 / 4."""
    own = signals(
        {"label": [A, TIE, A, TIE]},
        {
            "judgment.comparison": [0, 1, 2, 3],
            "judgment.label": [A, TIE, B, TIE],
            "judgment.strength": [1.0, 2.0, 0.0, 0.0],
        },
    )
    found = measured(own)
    assert found["contradiction_share"].number == 0.5
    assert found["contradiction_share kind=strength with a tie"].number == 0.5
    assert found["contradiction_share kind=choice without strength"].number == 0.5


def test_the_ten_that_was_a_one() -> None:
    """UltraFeedback's fault: overall 10 beside ratings of mean 1.5 on a scale of 1 to 5; 7 beside 3 is no fault.

    Row 1 has it, and so scores the side of lower ratings higher; so does row 3, 8 over 7 against ratings of 2.5 and 3,
    which is no contradiction of fields.
    """
    own = signals(
        {
            "label": [A, A, A, B],
            "score_a": [10.0, 7.0, 8.0, 1.0],
            "score_b": [6.0, 6.0, 7.0, 9.0],
            "aspects_a": [1.5, 3.0, 2.5, 1.0],
            "aspects_b": [3.0, 2.5, 3.0, 5.0],
        }
    )
    found = measured(own)
    assert found["contradiction_share kind=extreme score against its ratings"].number == 0.25
    assert found["contradiction_share"].number == 0.25
    assert found["score_order_share"].number == 0.5


def test_margins_by_hand() -> None:
    """Chosen less rejected: 2, -1, 0 and 3; one of four is below, the median is 1."""
    own = signals({"label": [A, B, A, A], "score_a": [5.0, 4.0, 1.0, 3.0], "score_b": [3.0, 3.0, 1.0, 0.0]})
    found = measured(own)
    assert found["score_below_share"].number == 0.25
    assert "1 have equal scores" in found["score_below_share"].method
    assert found["score_margin quantile=0.50"].number == 1.0


def test_strong_votes_for_both_sides_by_hand() -> None:
    """Two comparisons have two votes at the top level 3; on one of them these chose both sides."""
    own = signals(
        {"label": [A, A, A]},
        {
            "judgment.comparison": [0, 0, 1, 1, 2, 2],
            "judgment.label": [A, B, A, A, A, B],
            "judgment.strength": [3.0, 3.0, 3.0, 3.0, 3.0, 1.0],
        },
    )
    assert measured(own)["opposed_strong_share"].number == 0.5


def test_weights_by_hand() -> None:
    """Weights 1, 1, 2, 0 and -1: one is invalid; (1 + 1 + 2)^2 / (1 + 1 + 4) / 3 = 16 / 18.

    A hundredth of three weights is 0.03 of the heaviest: 0.03 * 2 / 4.
    """
    own = signals({"label": [A] * 5, "weight": [1.0, 1.0, 2.0, 0.0, -1.0], "locale": ["de"] * 5})
    found = measured(own)
    assert found["invalid_weights"].number == 1
    assert found["weight_effective_share"].number == pytest.approx(16 / 18)
    assert found["top_weight_share"].number == pytest.approx(0.015)
    none = measured(signals({"label": [A] * 5}))
    assert (none["invalid_weights"].number, none["weight_effective_share"].number) == (0, 1.0)


def test_weights_that_follow_the_model_by_hand() -> None:
    """Model m has weights 1 and 3, n has 4 and 6: within 4, all 13; 1 - (4 / 2) / (13 / 3) = 7 / 13."""
    own = signals(
        {"label": [A, B, A, B], "weight": [1.0, 3.0, 4.0, 6.0], "model_a": list("mnnm"), "model_b": list("nmmn")}
    )
    assert measured(own)["weight_explained_share by=chosen model"].number == pytest.approx(7 / 13)


def test_a_missing_weight_beside_others_is_invalid() -> None:
    """Null, infinite and not a number are all unusable."""
    own = signals({"label": [A] * 4, "weight": [1.0, None, float("inf"), float("nan")]})
    assert measured(own)["invalid_weights"].number == 3


def test_difficulty_by_hand() -> None:
    """Of four pairs: one has an empty side, one a refusal, one sides of one cluster, one 5 and 100 code points."""
    own = signals(
        {
            "label": [A, A, A, A],
            "defects": [int(Defect.EMPTY_B), 0, 0, 0],
            "a_refusal": [0, 1, 0, 0],
            "b_refusal": [0, 0, 0, 0],
            "a_code_points": [50, 50, 50, 100],
            "b_code_points": [50, 50, 50, 5],
            "near_a": [1, 2, 3, 4],
            "near_b": [5, 6, 3, 7],
        }
    )
    found = measured(own)
    assert found["easy_share"].number == 0.75
    assert found["ambiguous_share"].number == 0.25
    assert found["uninformative_share"].number == 0.5


@pytest.mark.parametrize(
    ("rows", "votes"),
    [
        ({"label": []}, {}),
        ({"label": [A]}, {"judgment.comparison": [0], "judgment.label": [A], "judgment.strength": [1.0]}),
        ({"label": [TIE] * 3}, {"judgment.comparison": [0, 1, 2], "judgment.label": [TIE] * 3}),
        ({"label": [None] * 3, "weight": [None] * 3}, {}),
    ],
    ids=["empty", "one row", "all ties", "null columns"],
)
def test_degenerate_files_are_legal(rows: dict[str, Any], votes: dict[str, Any]) -> None:
    """Nothing, one row, all ties, null columns: defined or told why not, never a fault."""
    found = measured(signals(rows, votes))
    assert {name.split()[0] for name in found} == {s.name.removeprefix("strength.") for s in Strength.measures}


def test_laws() -> None:
    """The laws of every auditor, on votes with strength, confidence, scores, weights and slices."""
    own = panel(240)
    random = np.random.default_rng(1)
    rows: dict[str, list[Any]] = {name: own.load(name).to_pylist() for name in ("label", "a_is_first") if own.has(name)}
    rows |= {"a_key": [f"a{i}" for i in range(240)], "b_key": [f"b{i}" for i in range(240)]}
    rows |= {"locale": ["de-DE", "en-US"] * 120, "weight": random.random(240).tolist()}
    for name in ("score_a", "score_b", "aspects_a", "aspects_b"):
        rows[name] = random.integers(1, 11, 240).astype(float).tolist()
    votes = {name: own.load(name).to_pylist() for name in own.columns if name.startswith("judgment.")}
    check_auditor(Strength(), lambda: signals(rows, votes))

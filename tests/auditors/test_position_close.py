"""The position auditor: the order held against everything recorded, and the first rate where sides are close."""

from __future__ import annotations

import numpy as np
import pytest

from audit.auditor import audit_with
from audit.auditors.position import Position
from audit.measure import Measure, Status, Undefined
from audit.position.randomisation import largest_excess
from audit.signals import Signals
from audit.stats.clusters import share
from audit.testing import check_auditor
from tests.signals_of import signals


def measured(own: Signals) -> dict[tuple[str, str], Measure]:
    outcome = audit_with(Position(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {(m.name.removeprefix("position."), str(m.slice)): m for m in outcome.measures}


def test_order_excess_needs_no_models() -> None:
    """Slots and lengths, no models: the longer side comes first in 60 of 100, so the excess is 0.1."""
    longer_first = np.arange(100) < 60
    own = signals(
        {"a_code_points": [200] * 100, "b_code_points": [100] * 100, "label": [1] * 100},
        {
            "judgment.comparison": list(range(100)),
            "judgment.label": [1, 2] * 50,
            "judgment.shown_first": np.where(longer_first, 1, 2).tolist(),
        },
    )
    found = measured(own)
    assert isinstance(found["model_first_excess", "all"].value, Undefined)
    excess = found["order_excess", "all"]
    assert excess.number == pytest.approx(0.1)
    assert excess.interval is not None
    assert excess.interval.low <= 0.1 <= excess.interval.high
    assert "longer side" in excess.method


@pytest.mark.parametrize("lean", [0.5, 0.55])
def test_order_excess_covers(lean: float) -> None:
    """Of 200 files of ten pairs and 60 units each, either bound misses the largest true excess in 5 % at most.

    The first pair's first model comes first with probability `lean`, the other nine with one half. Allowed are 10 and
    three errors of 3.1; the lower bound at a lean of one half is above 0 as seldom.
    """
    random, above, below = np.random.default_rng(5), 0, 0
    for _ in range(200):
        first = random.random((10, 60)) < np.array([lean, *[0.5] * 9])[:, None]
        shares = [share(row, {"prompt": np.arange(60)}) for row in first]
        _, interval = largest_excess(shares)
        above += interval.low > lean - 0.5
        below += interval.high < lean - 0.5
    assert above <= 10 + 3 * 3.1
    assert below <= 10 + 3 * 3.1


def test_a_habit_shows_where_sides_are_close() -> None:
    """Forced to the first side with probability 0.6 only where scores differ by less than a third of their range.

    There the first side wins 0.5 + 0.6 / 2 = 0.8, so the closest third is at 0.8 and the odds grow with closeness.
    """
    random, n = np.random.default_rng(6), 3_000
    score = random.random(n)
    shown, answer = random.integers(1, 3, n), random.integers(1, 3, n)
    label = np.where((random.random(n) < 0.6) & (score < 1 / 3), shown, answer).tolist()
    judgments = {
        "judgment.comparison": list(range(n)),
        "judgment.label": label,
        "judgment.shown_first": shown.tolist(),
    }
    found = measured(signals({"label": label, "score_a": score.tolist(), "score_b": [0.0] * n}, judgments))
    close, odds = found["close_first_rate", "all"], found["closeness_odds_ratio", "all"]
    assert close.number == pytest.approx(0.8, abs=0.04)
    assert close.n == 1_000
    assert odds.interval is not None
    assert odds.interval.low > 1.2


def test_closeness_of_the_other_votes_by_hand() -> None:
    """Three votes a comparison: a a b. For either a the others are a and b, gap 0; for b they are a a, gap 1."""
    n = 60
    own = signals(
        {"label": [1] * n},
        {
            "judgment.comparison": np.repeat(np.arange(n), 3).tolist(),
            "judgment.label": [1, 1, 2] * n,
            "judgment.shown_first": [1, 2, 1] * n,
            "judgment.annotator": ["x", "y", "z"] * n,
        },
    )
    close = measured(own)["close_first_rate", "all"]
    assert close.n == 2 * n
    assert close.number == 0.5


def test_laws() -> None:
    """The laws of every auditor, on models, lengths, scores, annotators and several votes a pair."""
    random, n = np.random.default_rng(7), 90
    rows = {
        "label": random.integers(1, 3, n).tolist(),
        "model_a": random.choice(["m", "n", "o"], n).tolist(),
        "model_b": random.choice(["m", "n", "o"], n).tolist(),
        "score_a": random.integers(1, 6, n).astype(float).tolist(),
        "score_b": random.integers(1, 6, n).astype(float).tolist(),
        "a_code_points": random.integers(50, 900, n).tolist(),
        "b_code_points": random.integers(50, 900, n).tolist(),
        "locale": ["de-DE", "en-US", "en-US"] * (n // 3),
    }
    votes = {
        "judgment.comparison": np.repeat(np.arange(n), 3).tolist(),
        "judgment.label": random.integers(1, 4, 3 * n).tolist(),
        "judgment.shown_first": random.integers(1, 3, 3 * n).tolist(),
        "judgment.annotator": [f"r{i}" for i in random.integers(0, 12, 3 * n)],
    }
    check_auditor(Position(), lambda: signals(rows, votes), by_name=("position.model_first_rate",), close=1e-7)

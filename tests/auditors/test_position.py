"""The position auditor: planted position bias, orders that were not random, and files that say nothing of order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.auditor import audit_with
from audit.auditors.position import Position
from audit.measure import Measure, Status, Undefined
from audit.signals import Signals
from tests.signals_of import signals

FILES = 2_000


def measured(own: Signals) -> dict[tuple[str, str], Measure]:
    outcome = audit_with(Position(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {(m.name.removeprefix("position."), str(m.slice)): m for m in outcome.measures}


def votes(n: int = FILES, *, forced: float = 0.0, seed: int = 0, models: str = "random", **more: Any) -> Signals:
    """One judgment a comparison by 40 annotators; a share `forced` of them goes to the side shown first.

    Model "strong" wins 80 % against "weak"; `models` says how often it is shown first.
    """
    random = np.random.default_rng(seed)
    shown = random.integers(1, 3, n)
    strong_first = {"random": random.random(n) < 0.5, "always": np.ones(n, dtype=bool)}[models]
    a_strong = strong_first == (shown == 1)
    a_wins = np.where(a_strong, random.random(n) < 0.8, random.random(n) < 0.2)
    label = np.where(random.random(n) < forced, shown, np.where(a_wins, 1, 2))
    comparisons = {
        "label": label.tolist(),
        "model_a": np.where(a_strong, "strong", "weak").tolist(),
        "model_b": np.where(a_strong, "weak", "strong").tolist(),
        "a_code_points": random.integers(50, 900, n).tolist(),
        "b_code_points": random.integers(50, 900, n).tolist(),
        **more,
    }
    judgments = {
        "judgment.comparison": list(range(n)),
        "judgment.label": label.tolist(),
        "judgment.shown_first": shown.tolist(),
        "judgment.annotator": [f"r{i % 40:02d}" for i in range(n)],
    }
    return signals(comparisons, judgments)


def test_fair_votes_are_near_one_half():
    """No bias: rates near one half, inside their intervals; the order tests as random; nobody is flagged."""
    found = measured(votes())
    for name in ("first_rate", "first_rate_adjusted", "longer_first_rate"):
        interval = found[name, "all"].interval
        assert interval is not None
        assert interval.low < 0.5 < interval.high
        assert interval.high - interval.low < 0.05
    assert found["order_recorded", "all"].number == 1.0
    assert found["randomisation_p", "all"].number > 0.05
    assert found["annotators_flagged", "all"].number == 0
    assert found["annotator_spread", "all"].number < 0.06
    assert "confounded" not in found["first_rate", "all"].method


def test_forced_first_votes_show():
    """A tenth of the votes forced to the first side: 0.5 + 0.1 / 2 = 0.55, and the interval excludes one half."""
    found = measured(votes(20_000, forced=0.1))
    for name in ("first_rate", "first_rate_adjusted"):
        measure = found[name, "all"]
        assert measure.interval is not None
        assert measure.interval.low > 0.5
        assert measure.number == pytest.approx(0.55, abs=0.012)


def test_first_rate_by_hand():
    """Five judgments: first won, first lost, a tie, both bad, first won; 2 / 3 win, 1 / 4 of the answered tie."""
    found = measured(
        signals(
            {"label": [1] * 5},
            {
                "judgment.comparison": [0, 1, 2, 3, 4],
                "judgment.label": [1, 2, 3, 4, 2],
                "judgment.shown_first": [1, 1, 2, 0, 2],
            },
        )
    )
    assert (found["first_rate", "all"].number, found["first_rate", "all"].n) == (pytest.approx(2 / 3), 3)
    assert (found["tie_rate", "all"].number, found["tie_rate", "all"].n) == (0.25, 4)
    assert (found["order_recorded", "all"].number, found["order_recorded", "all"].n) == (1.0, 3)


def test_model_that_always_comes_first_is_confounded():
    """The stronger model always first: the rate says so in words, the order fails, the adjusted rate is undefined."""
    found = measured(votes(models="always"))
    assert found["first_rate", "all"].number > 0.75
    assert "confounded with model" in found["first_rate", "all"].method
    assert found["randomisation_p", "all"].number < 1e-9
    assert found["model_first_rate", "model pair=strong vs weak"].number == 1.0
    excess = found["model_first_excess", "all"]
    assert excess.number == 0.5
    assert excess.interval is not None
    assert excess.interval.low > 0.49
    value = found["first_rate_adjusted", "all"].value
    assert isinstance(value, Undefined)
    assert value.reason.startswith("confounded with model")


def test_adjusted_rate_undoes_a_lopsided_order():
    """Strong shown first 80 % of the time: the raw rate is pulled to 0.68, the adjusted one stays at one half.

    0.8 * 0.8 + 0.2 * 0.2 = 0.68.
    """
    random, n = np.random.default_rng(4), 6_000
    strong_first = random.random(n) < 0.8
    first_wins = random.random(n) < np.where(strong_first, 0.8, 0.2)
    found = measured(
        signals(
            {
                "model_a": np.where(strong_first, "strong", "weak").tolist(),
                "model_b": np.where(strong_first, "weak", "strong").tolist(),
            },
            {
                "judgment.comparison": list(range(n)),
                "judgment.label": np.where(first_wins, 1, 2).tolist(),
                "judgment.shown_first": [1] * n,
            },
        )
    )
    assert found["first_rate", "all"].number == pytest.approx(0.68, abs=0.02)
    assert found["first_rate_adjusted", "all"].number == pytest.approx(0.5, abs=0.03)


def test_longer_side_first_fails_the_order():
    """The longer side always first, models unrecorded: the rate is one and the test of the order names it."""
    n = 200
    lengths = {"a_code_points": [300] * n, "b_code_points": [100] * n}
    judgments = {
        "judgment.comparison": list(range(n)),
        "judgment.label": [1, 2] * 100,
        "judgment.shown_first": [1] * n,
    }
    found = measured(signals(lengths, judgments))
    assert found["longer_first_rate", "all"].number == 1.0
    assert found["randomisation_p", "all"].number < 1e-9
    assert "longer side first" in found["randomisation_p", "all"].method


def test_rare_pairs_are_tested_together():
    """A hundred pairs of models of four judgments each, always in name order: together they betray it."""
    names = [f"m{i:03d}" for i in range(101)]
    comparisons = {
        "model_a": [names[i % 100] for i in range(400)],
        "model_b": [names[i % 100 + 1] for i in range(400)],
    }
    judgments = {
        "judgment.comparison": list(range(400)),
        "judgment.label": [1, 2] * 200,
        "judgment.shown_first": [1] * 400,
    }
    found = measured(signals(comparisons, judgments))
    assert not found["model_first_rate", "all"].is_defined
    assert found["randomisation_p", "all"].number < 1e-9
    assert "rare model pairs" in found["randomisation_p", "all"].method


def test_blocks_of_one_order_fail_the_runs_test():
    """Each annotator sees one order first, then the other: no more than two runs in fifty."""
    n = 500
    annotators = [f"r{i // 50}" for i in range(n)]
    judgments = {
        "judgment.comparison": list(range(n)),
        "judgment.label": [1 + (i * 7) % 2 for i in range(n)],
        "judgment.shown_first": [1 + (i % 50) // 25 for i in range(n)],
        "judgment.annotator": annotators,
    }
    found = measured(signals({"label": [1] * n}, judgments))
    assert found["randomisation_p", "all"].number < 1e-6
    assert "runs" in found["randomisation_p", "all"].method


def test_both_orders_in_turn_are_no_failure():
    """A judge that sees every pair in both orders, one after the other, is counterbalanced: the order passes."""
    n = 300
    judgments = {
        "judgment.comparison": [i // 2 for i in range(2 * n)],
        "judgment.label": [1] * (2 * n),
        "judgment.shown_first": [1 + i % 2 for i in range(2 * n)],
        "judgment.annotator": ["judge"] * (2 * n),
    }
    lengths = {"a_code_points": list(range(10, 10 + n)), "b_code_points": [5] * n}
    found = measured(signals(lengths, judgments))
    assert found["randomisation_p", "all"].number == 1.0
    assert found["first_rate", "all"].number == 0.5
    assert found["order_fixed_share", "all"].value == Undefined(
        "no comparison has two annotators", "a second annotator"
    )


def test_order_fixed_by_hand():
    """Three comparisons of two annotators: two keep one order, one has both: 2 / 3; a lone judgment does not count."""
    judgments = {
        "judgment.comparison": [0, 0, 1, 1, 2, 2, 3],
        "judgment.label": [1] * 7,
        "judgment.shown_first": [1, 1, 2, 2, 1, 2, 1],
        "judgment.annotator": ["x", "y"] * 3 + ["x"],
    }
    found = measured(signals({"label": [1] * 4}, judgments))
    assert (found["order_fixed_share", "all"].number, found["order_fixed_share", "all"].n) == (pytest.approx(2 / 3), 3)


def test_fixed_orders_make_comparisons_the_units():
    """Five annotators see each of 40 pairs in the same order: 40 units, not 200, test the order."""
    shown = np.random.default_rng(1).integers(1, 3, 40)
    judgments = {
        "judgment.comparison": np.repeat(np.arange(40), 5).tolist(),
        "judgment.label": [1, 2, 1, 2, 1] * 40,
        "judgment.shown_first": np.repeat(shown, 5).tolist(),
        "judgment.annotator": ["v", "w", "x", "y", "z"] * 40,
    }
    found = measured(signals({"model_a": ["m"] * 40, "model_b": ["n"] * 40}, judgments))
    assert found["model_first_rate", "model pair=m vs n"].n == 40
    assert found["randomisation_p", "all"].n == 40


def test_one_biased_annotator_is_flagged_and_listed():
    """One of ten annotators always takes the first side: flagged, with the rows, and the spread shows."""
    n, random = 1_000, np.random.default_rng(6)
    shown = random.integers(1, 3, n)
    label = np.where(np.arange(n) % 10 == 3, shown, random.integers(1, 3, n))
    judgments = {
        "judgment.comparison": list(range(n)),
        "judgment.label": label.tolist(),
        "judgment.shown_first": shown.tolist(),
        "judgment.annotator": [f"r{i % 10}" for i in range(n)],
    }
    found = measured(signals({"label": label.tolist()}, judgments))
    flagged = found["annotators_flagged", "all"]
    assert (flagged.number, flagged.n) == (1, 10)
    assert flagged.evidence is not None
    assert (flagged.evidence.total, {r.row % 10 for r in flagged.evidence.rows}) == (100, {4})
    assert found["first_rate", "annotator=r3"].number == 1.0
    assert found["annotator_spread", "all"].number > 0.1


def test_slices_have_rates():
    """A locale whose judges lean to the first side differs from one whose judges do not."""
    n = 400
    first = [True] * 200 + [i % 2 == 0 for i in range(200)]
    judgments = {
        "judgment.comparison": list(range(n)),
        "judgment.label": [1 if f else 2 for f in first],
        "judgment.shown_first": [1] * n,
    }
    found = measured(signals({"locale": ["da"] * 200 + ["de"] * 200}, judgments))
    assert found["first_rate", "locale=da"].number == 1.0
    assert found["first_rate", "locale=de"].number == 0.5


@pytest.mark.parametrize(
    ("own", "recorded"),
    [
        (signals({"label": [1, 1, 1]}), 0.0),  # a pair file
        (signals({"label": [1]}, {"judgment.comparison": [0], "judgment.label": [1]}), 0.0),
        (
            signals(
                {"label": [1]},
                {"judgment.comparison": [0], "judgment.label": [1], "judgment.shown_first": [0]},
            ),
            0.0,
        ),
    ],
    ids=["pairs", "no column", "never recorded"],
)
def test_unrecorded_order_is_told(own, recorded):
    """No order: none of the decisive labels has one, and every other measure names the column that is missing."""
    found = measured(own)
    assert found["order_recorded", "all"].number == recorded
    others = [m for (name, _), m in found.items() if name != "order_recorded"]
    assert len(others) == 13
    assert {m.value for m in others} == {Undefined("the order shown is not recorded", "judgment.shown_first")}


@pytest.mark.parametrize(
    ("label", "shown"),
    [([3] * 40, [1, 2] * 20), ([1], [1]), ([1] * 40, [1] * 40), ([], []), ([5, 6], [1, 1])],
    ids=["all ties", "one row", "always first", "empty", "escalated and invalid"],
)
def test_degenerate_files_are_legal(label, shown):
    """All ties, one row, one order, nothing: defined or told why not, never a fault."""
    n = len(label)
    judgments = {
        "judgment.comparison": list(range(n)),
        "judgment.label": label,
        "judgment.shown_first": shown,
        "judgment.annotator": ["x", "y"] * (n // 2) + ["x"] * (n % 2),
    }
    found = measured(
        signals({"label": label, "model_a": ["m"] * n, "model_b": ["n"] * n, "a_code_points": [None] * n}, judgments)
    )
    assert len(found) >= 11


def test_order_missing_in_part_lists_the_rows():
    """One of four decisive judgments without an order: 0.75, and the row is named."""
    judgments = {
        "judgment.comparison": [0, 1, 2, 3],
        "judgment.label": [1, 2, 1, 2],
        "judgment.shown_first": [1, 0, 2, 1],
    }
    recorded = measured(signals({"label": [1, 2, 1, 2]}, judgments))["order_recorded", "all"]
    assert recorded.number == 0.75
    assert recorded.evidence is not None
    assert [r.row for r in recorded.evidence.rows] == [2]


def test_a_random_order_seldom_fails():
    """Of 100 clean files, a randomisation p value below 0.05 is as rare as it says: at most 5 and 3 errors of 2.2."""
    below = [measured(votes(300, seed=seed))["randomisation_p", "all"].number < 0.05 for seed in range(100)]
    assert sum(below) <= 5 + 3 * 2.2

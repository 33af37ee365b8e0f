"""The balance auditor: slices, labels, models, refusals and declared targets, with the arithmetic in sight."""

from __future__ import annotations

import math

import numpy as np
import pytest

from audit.auditor import audit_with
from audit.auditors.balance import Balance
from audit.errors import UsageError
from audit.measure import Measure, Status, Undefined
from audit.schema import TAG_SEPARATOR
from audit.signals import Signals
from audit.stats.divergence import null_distance, total_variation
from tests.signals_of import signals


def measured(own: Signals, auditor: Balance | None = None) -> dict[tuple[str, str], Measure]:
    outcome = audit_with(auditor or Balance(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {(m.name.removeprefix("balance."), str(m.slice)): m for m in outcome.measures}


def test_slices_by_hand():
    """Sixty Danish, forty German, one with two tags: sizes, the smallest, and 3.29 * 0.5 / sqrt(prompts)."""
    scenario = [f"refund{TAG_SEPARATOR}angry"] + ["refund"] * 99
    found = measured(signals({"locale": ["da"] * 60 + ["de"] * 40, "scenario": scenario}))
    assert found["slice_count", "all"].number == 100
    assert found["slice_count", "locale=da"].number == 60
    assert found["slice_count", "scenario=refund"].number == 100
    assert found["slice_count", "scenario=angry"].number == 1
    assert (found["smallest_slice", "all"].number, found["smallest_slice", "all"].n) == (1, 4)
    assert found["supports", "locale=de"].number == pytest.approx(2 * 1.6448536 * 0.5 / math.sqrt(40))


def test_support_counts_prompts():
    """Forty comparisons of four prompts support what four support."""
    found = measured(signals({"prompt_key": [f"p{i % 4}" for i in range(40)]}))
    assert found["supports", "all"].number == pytest.approx(2 * 1.6448536 * 0.5 / 2)
    assert found["supports", "all"].n_effective == pytest.approx(4)


def test_labels_of_votes_by_hand():
    """Judgments a, a, b, tie, both bad, escalate: a tie in five answers, a in two of three."""
    found = measured(
        signals({"label": [1] * 6}, {"judgment.comparison": range(6), "judgment.label": [1, 1, 2, 3, 4, 5]})
    )
    assert found["tie_rate", "all"].number == 0.2
    assert found["side_a_rate", "all"].number == pytest.approx(2 / 3)
    assert found["label_count", "all"].number == 12
    assert found["label_count", "label=a"].number == 6
    assert {v: found["label_count", f"judgment={v}"].number for v in ("a", "b", "escalate")} == {
        "a": 2,
        "b": 1,
        "escalate": 1,
    }


def test_pairs_have_no_side_balance():
    """Chosen and rejected: that a always wins is the form, not a finding."""
    found = measured(signals({"label": [1] * 50}))
    value = found["side_a_rate", "all"].value
    assert isinstance(value, Undefined)
    assert value.unlock == "judgment.label"
    assert found["label_count", "label=a"].number == 50


def test_models_by_hand():
    """Over y x wins 30 of 40, z beats x 6 of 10, ten are within x: x wins 34 of 50 against others."""
    a = ["x"] * 40 + ["z"] * 10 + ["x"] * 10
    b = ["y"] * 40 + ["x"] * 10 + ["x"] * 10
    label = [1] * 30 + [2] * 10 + [1] * 6 + [2] * 4 + [1] * 10
    found = measured(signals({"model_a": a, "model_b": b, "label": label}))
    assert found["model_win_share", "model=x"].number == pytest.approx((30 + 4) / 50)
    assert found["model_win_share", "model=z"].number == 0.6
    assert found["model_win_share", "model pair=x vs y"].number == 0.75
    assert ("model_win_share", "model pair=x vs z") not in found  # ten comparisons, below 30
    top = found["top_model_win_share", "all"]
    assert (top.number, top.n) == (34 / 50, 50)
    sides = np.array([40 + 10 + 20, 40, 10]) / 120  # x, y, z
    assert found["model_entropy", "all"].number == pytest.approx(-(sides * np.log2(sides)).sum())


def test_one_model_always_chosen_fires():
    """Chosen always from one model: the top share is one; shuffled winners stay near one half."""
    random, n = np.random.default_rng(0), 1_000
    planted = measured(signals({"model_a": ["big"] * n, "model_b": ["small"] * n, "label": [1] * n}))
    assert planted["top_model_win_share", "all"].number == 1.0
    clean = measured(
        signals({"model_a": ["big"] * n, "model_b": ["small"] * n, "label": random.integers(1, 3, n).tolist()})
    )
    assert clean["top_model_win_share", "all"].number < 0.55


def test_one_model_against_itself_has_no_winner():
    """Samples of one policy: nothing to win between models, and no bits of entropy."""
    found = measured(signals({"model_a": ["x"] * 40, "model_b": ["x"] * 40, "label": [1] * 40}))
    assert not found["top_model_win_share", "all"].is_defined
    assert found["model_entropy", "all"].number == 0.0


def test_refusals_by_hand():
    """Four with one refusal of which three chosen, two of both, one of none."""
    found = measured(
        signals(
            {"a_refusal": [1, 1, 0, 0, 1, 2, 0], "b_refusal": [0, 0, 1, 1, 1, 1, 0], "label": [1, 1, 2, 1, 1, 2, 1]}
        )
    )
    assert (found["refusal_chosen_rate", "all"].number, found["refusal_chosen_rate", "all"].n) == (0.75, 4)
    both = found["both_refuse", "all"]
    assert both.number == 2
    assert both.evidence is not None
    assert sorted(r.row for r in both.evidence.rows) == [5, 6]


@pytest.mark.parametrize(("n", "expected"), [(500, 0.077), (2_000, 0.039), (10_000, 0.017)])
def test_chance_distance_of_twenty_equal_cells(n, expected):
    """What chance alone makes of the distance, against a simulation and the known three digits."""
    target = np.full(20, 0.05)
    assert null_distance(target, n) == pytest.approx(expected, abs=0.001)
    draws = np.random.default_rng(1).multinomial(n, target, 2_000) / n
    simulated = [total_variation(row, target) for row in draws]
    assert null_distance(target, n) == pytest.approx(np.mean(simulated), abs=4 * np.std(simulated) / math.sqrt(2_000))


def test_chance_distance_of_unequal_cells():
    """The closed form holds for any target: eleven draws of (.7, .2, .1, 0) enumerated by simulation."""
    target = np.array([0.7, 0.2, 0.1, 0.0])
    draws = np.random.default_rng(2).multinomial(11, target, 40_000) / 11
    assert null_distance(target, 11) == pytest.approx(np.abs(draws - target).sum(axis=1).mean() / 2, abs=0.002)


def test_target_distance_by_hand():
    """Declared halves, observed 0.8 and 0.2 of 1,000: distance 0.3, less what chance gives, and each value's excess."""
    target = {"locale": {"da": 0.5, "de": 0.5}}
    found = measured(signals({"locale": ["da"] * 800 + ["de"] * 200}), Balance(targets=target))
    chance = null_distance(np.array([0.5, 0.5]), 1_000)
    whole = found["target_distance", "all"]
    assert whole.number == pytest.approx(0.3 - chance, abs=1e-4)
    assert whole.interval is not None
    assert whole.interval.low > 0.2
    assert found["cell_excess", "locale=da"].number == pytest.approx(0.3)
    assert found["cell_excess", "locale=de"].number == pytest.approx(-0.3)


def test_target_met_is_near_zero():
    """A file drawn from its target has no excess, and an upper bound that shrinks with the file."""
    locale = np.random.default_rng(3).choice(["da", "de", "fr"], 4_000, p=[0.5, 0.3, 0.2])
    auditor = Balance(targets={"locale": {"da": 0.5, "de": 0.3, "fr": 0.2}})
    whole = measured(signals({"locale": locale.tolist()}), auditor)["target_distance", "all"]
    assert abs(whole.number) < 0.02
    assert whole.interval is not None
    assert whole.interval.high < 0.05


def test_clusters_widen_the_distance():
    """The same counts from forty prompts instead of four thousand support a far higher bound."""
    locale = ["da"] * 2_000 + ["de"] * 2_000
    auditor = Balance(targets={"locale": {"da": 0.5, "de": 0.5}})
    prompts = [f"p{i // 100}" for i in range(4_000)]
    loose = measured(signals({"locale": locale, "prompt_key": prompts}), auditor)["target_distance", "all"]
    tight = measured(signals({"locale": locale}), auditor)["target_distance", "all"]
    assert loose.interval is not None
    assert tight.interval is not None
    assert loose.interval.high > 5 * tight.interval.high


def test_values_outside_the_target_count():
    """A tenth in a language that nobody asked for is a distance of a tenth."""
    found = measured(signals({"locale": (["da"] * 9 + ["xx"]) * 100}), Balance(targets={"locale": {"da": 1.0}}))
    assert found["cell_excess", "locale=(not in the target)"].number == pytest.approx(0.1)
    assert found["target_distance", "all"].number == pytest.approx(0.1, abs=0.01)


def test_targets_must_be_distributions():
    """Shares that do not sum to one are refused when the auditor is made; good ones hash and compare."""
    with pytest.raises(UsageError, match="not a distribution"):
        Balance(targets={"locale": {"da": 0.5}})
    assert hash(Balance(targets={"locale": {"b": 0.5, "a": 0.5}})) == hash(
        Balance(targets=(("locale", (("a", 0.5), ("b", 0.5))),))
    )


def test_no_target_is_told():
    """Without a target there is no distance, and an unrecorded column leaves the whole undefined."""
    assert measured(signals({"label": [1]}))["target_distance", "all"].value == Undefined(
        "no target is declared", "coverage target"
    )
    two = Balance(targets={"locale": {"da": 1.0}, "split": {"train": 1.0}})
    found = measured(signals({"locale": ["da"] * 40}), two)
    assert found["target_distance", "target=locale"].is_defined
    assert found["target_distance", "all"].value == Undefined("split is not recorded", "split")


@pytest.mark.parametrize("label", [[], [3] * 20, [1], [5, 6, 4]], ids=["empty", "ties", "one row", "undecided"])
def test_degenerate_files_are_legal(label):
    """Nothing, all ties, one row, nobody decided: defined or told why not."""
    n = len(label)
    found = measured(
        signals(
            {
                "label": label,
                "model_a": ["m"] * n,
                "model_b": [None] * n,
                "a_refusal": [0] * n,
                "b_refusal": [0] * n,
                "locale": [None] * n,
            }
        )
    )
    assert {name for name, part in found if part == "all"} >= {"slice_count", "smallest_slice", "top_model_win_share"}

"""The agreement auditor on reviewer classes, models, cycles, strengths and public files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import audit
from audit.measure import Measure, Undefined
from audit.signals import Signals
from tests.auditors.votes_of import ballots, measured, panel
from tests.signals_of import signals

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
CLASSES = ("expert", "expert", "crowd", "model")


def test_class_rates_by_hand() -> None:
    """Experts agree on 1 of 2 items; pairs of crowd and expert: aa, aa, and ab, bb: 3 of 4."""
    found = measured(ballots(["aaa", "abb"], classes=CLASSES))
    assert found["class_rate", "reviewers=expert"].number == 0.5
    pairs = found["class_rate", "reviewers=crowd with expert"]
    assert (pairs.number, pairs.n) == (0.75, 4)
    assert found["expert_crowd_difference", "all"].number == pytest.approx(((1 - 1) + (0 - 0.5)) / 2)


def test_a_weaker_crowd_shows() -> None:
    """Experts always agree, the crowd with them in 70 %: the difference is 0.3 and its interval excludes 0."""
    random = np.random.default_rng(0)
    rows = ["".join([v, v, v if random.random() < 0.7 else "ab"[v == "a"]]) for v in random.choice(["a", "b"], 400)]
    found = measured(ballots(rows, classes=CLASSES))["expert_crowd_difference", "all"]
    assert found.interval is not None
    assert found.number == pytest.approx(0.3, abs=0.06)
    assert found.interval.low > 0.2


def judged_by_model(right: float, seed: int = 0) -> Signals:
    """400 items, four humans who are right in 85 %, a model that is right in `right` and votes on all."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, 400)
    rows = [
        "".join("ab"[t if random.random() < skill else 1 - t] for skill in (0.85, 0.85, 0.85, 0.85, right))
        for t in truth
    ]
    return ballots(
        rows, classes=("human", "human", "human", "human", "model"), prompt_key=[f"p{i}" for i in range(400)]
    )


def test_a_good_model_may_stand_in_and_a_bad_one_may_not() -> None:
    """A model that is right in 95 % replaces all four humans, one right in 50 % none; ratio and error follow."""
    good, bad = measured(judged_by_model(0.95)), measured(judged_by_model(0.5))
    assert (good["stand_in_rate", "all"].number, good["stand_in_rate", "all"].n) == (1.0, 4)
    assert bad["stand_in_rate", "all"].number == 0.0
    assert good["stand_in_rate", "model judge=r04"].number == 1.0
    assert good["model_human_ratio", "all"].number > 1 > bad["model_human_ratio", "all"].number
    human = 0.85**2 + 0.15**2
    assert bad["model_human_ratio", "all"].number == pytest.approx(0.5 / human, abs=0.08)
    assert bad["model_label_error", "all"].number == pytest.approx(0.5, abs=0.08)
    assert good["model_label_error", "all"].number < 0.12
    assert bad["model_label_error", "all"].evidence is not None


def test_confidence_sharpens_the_error_of_models() -> None:
    """2,000 items of which humans judged 200; the model is wrong where it doubts: the error is found more sharply."""
    random = np.random.default_rng(0)
    n, labelled = 2_000, 200
    wrong = random.random(n) < 0.2
    model = [(i, 2 if wrong[i] else 1, "m", "model", 0.2 if wrong[i] else 0.95) for i in range(n)]
    human = [(i, 1, f"h{j}", "human", None) for i in range(labelled) for j in range(2)]
    rows = model + human
    columns = ("comparison", "label", "annotator", "reviewer_class", "confidence")
    judgments = {f"judgment.{name}": [row[i] for row in rows] for i, name in enumerate(columns)}
    found = measured(signals({"label": [1] * n}, judgments))["model_label_error", "all"]
    assert found.interval is not None
    assert found.number == pytest.approx(wrong.mean(), abs=0.01)
    assert found.interval.high - found.interval.low < 0.6 * 2 * 1.65 * np.sqrt(0.16 / labelled)
    assert "on 1800 more items" in found.method


def test_models_need_humans_and_classes() -> None:
    """Without classes, models or humans each measure says what is missing."""

    def why(own: Signals) -> str:
        value = measured(own)["model_label_error", "all"].value
        assert isinstance(value, Undefined)
        return value.reason

    assert "no reviewer class" in why(ballots(["ab"]))
    assert "a model's" in why(ballots(["ab"], classes=("human", "human")))
    assert "a human's" in why(ballots(["ab"], classes=("model", "model")))


def cyclic(times: int) -> Signals:
    """Three responses to each of some prompts that beat each other in a circle, two votes a comparison."""
    a, b = [0, 1, 2], [1, 2, 0]
    keys = [(f"p{t}", f"p{t} r{i}", f"p{t} r{j}") for t in range(times) for i, j in zip(a, b, strict=True)]
    n = len(keys)
    return signals(
        {
            "prompt_key": [k[0] for k in keys],
            "a_key": [k[1] for k in keys],
            "b_key": [k[2] for k in keys],
            "a_is_first": [1] * n,
            "label": [1] * n,
        },
        {
            "judgment.comparison": [i for i in range(n) for _ in range(2)],
            "judgment.label": [1] * (2 * n),
            "judgment.annotator": ["r1", "r2"] * n,
        },
    )


def test_cycles_show() -> None:
    """Every triad a cycle: rate 1, consistence 0, far more than noise, and every label is listed."""
    found = measured(cyclic(20))
    assert (found["cyclic_triad_rate", "all"].number, found["cyclic_triad_rate", "all"].n) == (1.0, 20)
    assert found["kendall_zeta", "all"].number == 0.0
    assert found["cycle_excess", "all"].number > 2
    labels = found["cyclic_labels", "all"]
    assert labels.number == 60
    assert labels.evidence is not None
    assert labels.evidence.order == "worst first"


def test_cyclic_labels_need_no_votes() -> None:
    """A pair file without judgments: contradicting labels are found, a chain of labels is none."""
    keys = {"prompt_key": ["p"] * 4, "a_key": ["x", "y", "z", "z"], "b_key": ["y", "z", "x", "w"]}
    found = measured(signals(keys | {"label": [1, 1, 1, 1]}))["cyclic_labels", "all"]
    assert (found.number, found.n) == (3, 4)
    chain = measured(signals(keys | {"label": [1, 1, 2, 1]}))["cyclic_labels", "all"]
    assert chain.number == 0


def test_contradicting_copies_are_no_cycle() -> None:
    """Two rows on one pair with both labels contradict each other, but make no circle of three."""
    keys = {"prompt_key": ["p"] * 3, "a_key": ["x", "x", "x"], "b_key": ["y", "y", "z"]}
    assert measured(signals(keys | {"label": [1, 2, 1]}))["cyclic_labels", "all"].number == 0


def test_noise_alone_is_no_excess() -> None:
    """Votes by coins: a quarter of the triads are cycles, and the null, as noisy, gives as many."""
    found = measured(panel(600, seed=3, spread=30))
    assert found["cyclic_triad_rate", "all"].number == pytest.approx(0.25, abs=0.06)
    assert found["cycle_excess", "all"].number == pytest.approx(1.0, abs=0.25)


def test_strengths_by_hand() -> None:
    """Forty items, sides in turn, one annotator says 2 and the other 3 for the same side.

    Interval: Do = 1; sum x^2 = 40 * 13, sum x = 0, De = 2 * 520 / 79; alpha = 1 - 79 / 1040. Ordinal: midranks 10.5,
    30.5, 50.5, 70.5 of twenty votes each; Do = 400, De = 2 * 20 * (900 + 100 + 100 + 900) / 79; alpha = 1 - 0.395.
    """
    judgments = {
        "judgment.comparison": [i for i in range(40) for _ in range(2)],
        "judgment.label": [1 + (i % 2) for i in range(40) for _ in range(2)],
        "judgment.annotator": ["r1", "r2"] * 40,
        "judgment.strength": [float(2 + j) for _ in range(40) for j in range(2)],
    }
    found = measured(signals({"label": [1] * 40}, judgments))
    assert found["alpha_interval", "all"].number == pytest.approx(1 - 79 / 1040)
    assert found["alpha_ordinal", "all"].number == pytest.approx(1 - 400 * 79 / 80_000)
    assert found["ac2", "all"].number > 0.9
    assert found["alpha_interval", "all"].interval is not None
    nothing = measured(ballots(["ab"]))["ac2", "all"].value
    assert isinstance(nothing, Undefined)
    assert nothing.unlock == "judgment.strength"


def public(name: str) -> dict[tuple[str, str], Measure]:
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("the public files are not here")
    found = audit.run(path, rules="structural").measures
    return {(m.name.removeprefix("agreement."), str(m.slice)): m for m in found if m.name.startswith("agreement.")}


def test_mtbench_whole_way() -> None:
    """MT-Bench without text: 1,814 items from question and models, 960 of two judges (961 keys of two votes, one of
    them one judge's twice), and experts' agreement over both turns: (721 * .6297 + 707 * .6662) / 1428 = .6478.
    """
    found = public("mtbench_human_votes")
    assert found["overlap_items", "all"].number == 960
    assert found["repeat_consistency", "all"].n == 1
    assert found["alpha", "all"].number == pytest.approx(0.4855, abs=0.005)  # sides in another order than by name
    experts = found["class_rate", "reviewers=expert"]
    assert (experts.number, experts.n) == (pytest.approx((721 * 0.6297 + 707 * 0.6662) / 1428, abs=5e-5), 1428)
    decisive = found["class_decisive_rate", "reviewers=expert"]
    assert (decisive.number, decisive.n) == (pytest.approx((479 * 0.8100 + 474 * 0.8186) / 953, abs=5e-5), 953)


def test_pandalm_whole_way() -> None:
    """PandaLM: copies of a pair are one item and six rows are set aside, so figures differ in the third digit."""
    found = public("pandalm_testset_v1")
    kappas = sorted(m.number for (name, _), m in found.items() if name == "cohen_kappa")
    assert kappas == pytest.approx([0.8520, 0.8617, 0.8789], abs=0.005)
    assert found["alpha", "all"].number == pytest.approx(0.8642, abs=0.005)
    assert found["ac1", "all"].number == pytest.approx(0.8864, abs=0.005)
    assert found["unanimous_share", "all"].number == pytest.approx(0.8799, abs=0.005)


def test_ukp_whole_way() -> None:
    """UKPConvArg1: alpha near .2943 though rows of one pair are joined; two topics bound nothing."""
    found = public("ukpconvarg_2topics")
    assert found["alpha", "all"].number == pytest.approx(0.2943, abs=0.01)
    interval = found["percent", "all"].interval
    assert interval is not None
    assert (interval.low, interval.high) == (0.0, 1.0)

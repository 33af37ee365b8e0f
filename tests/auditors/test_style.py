"""The style auditor: planted and clean files, features by hand, laws, and files with too little in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import statsmodels.api as sm

from audit.auditor import audit_with
from audit.auditors.style import Style
from audit.measure import Measure, Status, Undefined
from audit.signals import Signals
from audit.style.decisive import decisive
from audit.style.vector import COLUMNS, STYLE_VECTOR, style_differences
from tests.signals_of import signals

Found = dict[tuple[str, str], Measure]


def measured(own: Signals, auditor: Style | None = None) -> Found:
    """Measures by name (without the prefix) and slice."""
    outcome = audit_with(auditor or Style(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {(m.name.removeprefix("style."), str(m.slice)): m for m in outcome.measures}


def file(
    n: int = 600, *, bullets: float = 0.0, length: float = 0.0, seed: int = 0, **more: Sequence[object]
) -> Signals:
    """Two answers a prompt with a length and bullets; which wins depends on their differences by these log odds.

    `bullets` is per bullet more, `length` per unit of the log ratio.
    """
    rng = np.random.default_rng(seed)
    points = {side: np.exp(rng.normal(6, 0.6, n)).astype(int) for side in "ab"}
    marks = {side: rng.poisson(1.0, n) for side in "ab"}
    odds = bullets * (marks["a"] - marks["b"]) + length * np.log((points["a"] + 1) / (points["b"] + 1))
    columns: dict[str, Sequence[object]] = {
        "label": np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), 1, 2),
        **{f"{side}_code_points": points[side] for side in "ab"},
        **{f"{side}_bullets": marks[side] for side in "ab"},
        **{f"{side}_headers": [0] * n for side in "ab"},
        **{f"{side}_questions": rng.poisson(0.5, n) for side in "ab"},
    }
    return signals({**columns, **more})


def test_planted_style_is_found_and_clean_is_not():
    """Bullets that win: AUC above .6, beyond length too, their effect stands out; clean: the bounds hold one half."""
    planted, clean = measured(file(2000, bullets=0.6)), measured(file(2000))

    auc, beyond = planted["held_out_auc", "all"], planted["beyond_length_auc", "all"]
    assert auc.interval is not None
    assert auc.interval.low > 0.6
    assert beyond.interval is not None
    assert beyond.interval.low > 0.05
    effect = planted["feature_effect", "feature=bullets"]
    assert effect.interval is not None
    assert effect.interval.low > 1.3
    assert "; stands out" in effect.method
    assert "does not stand out" in planted["feature_effect", "feature=questions"].method
    null = clean["held_out_auc", "all"].interval
    assert null is not None
    assert null.low < 0.5 < null.high
    assert all("does not stand out" in m.method for (name, _), m in clean.items() if name == "feature_effect")


def test_length_alone_is_told_apart():
    """When only length wins, both AUCs are high and style adds nothing beyond it."""
    found = measured(file(2000, length=1.0))

    assert found["length_held_out_auc", "all"].number > 0.65
    beyond = found["beyond_length_auc", "all"]
    assert beyond.number == pytest.approx(
        found["held_out_auc", "all"].number - found["length_held_out_auc", "all"].number
    )
    assert beyond.interval is not None
    assert beyond.interval.low < 0 < beyond.interval.high


def test_effect_agrees_with_statsmodels():
    """Bullets with length beside them, one row a comparison: exp(b) of an unpenalised logit without intercept."""
    own = file(500, bullets=0.4, length=0.5)
    label = own.ints("label")
    won, lost = (
        {
            name: np.where(label == 1, own.ints(f"{x}_{name}"), own.ints(f"{y}_{name}"))
            for name in ("bullets", "code_points")
        }
        for x, y in ("ab", "ba")
    )
    x = np.column_stack([np.log1p(won[name]) - np.log1p(lost[name]) for name in ("bullets", "code_points")])
    x /= np.sqrt((x**2).mean(axis=0))
    turned = np.where(np.arange(500) % 2, 1.0, -1.0)  # the likelihood is the same however the comparisons are turned
    oracle = sm.Logit(turned > 0, x * turned[:, None]).fit(disp=0, tol=1e-12)

    found = measured(own)["feature_effect", "feature=bullets"]

    assert found.number == pytest.approx(np.exp(oracle.params[0]), rel=1e-8)


def test_feature_differences_by_hand():
    """Chosen with 3 bullets against 1, and 1 against 0: log 2 each time (4/2 and 2/1)."""
    n = 100
    own = signals(
        {
            "label": [1, 2] * (n // 2),
            "a_code_points": [10, 20] * (n // 2),
            "b_code_points": [20, 30] * (n // 2),
            "a_bullets": [3, 0] * (n // 2),
            "b_bullets": [1, 1] * (n // 2),
        }
    )
    found = measured(own)

    assert found["feature_difference", "feature=bullets"].number == pytest.approx(np.log(2))
    expected = (np.log(11 / 21) + np.log(31 / 21)) / 2
    assert found["feature_difference", "feature=length"].number == pytest.approx(expected)


def test_vector_by_hand():
    """One comparison, side b chosen: each feature of b minus that of a, worked out by hand."""
    a = dict.fromkeys(COLUMNS, 0) | {"words": 10, "distinct_words": 5, "sentences": 2, "opener": 1, "code_points": 50}
    b = dict.fromkeys(COLUMNS, 0) | {
        "words": 20,
        "distinct_words": 15,
        "sentences": 1,
        "refusal": 2,
        "code_points": 99,
        "non_ascii": 33,
        "letters": 60,
        "capitals": 6,
        "hedges": 1,
        "bullets": 3,
    }
    own = signals({"label": [2], **{f"a_{k}": [v] for k, v in a.items()}, **{f"b_{k}": [v] for k, v in b.items()}})
    style = style_differences(own, decisive(own, "code_points"))
    found = dict(zip((feature.name for feature in style.features), style.values[0], strict=True))

    assert found == pytest.approx(
        {
            "length": np.log(100 / 51),
            "words": np.log(21 / 11),
            "sentences": np.log(2 / 3),
            "words_per_sentence": np.log(21 / 6),
            "distinct_word_share": 15 / 20 - 5 / 10,
            "bullets": np.log(4),
            "capital_share": 0.1,
            "non_ascii_share": 1 / 3,
            "hedge_share": 1 / 20,
            "refusal": 1,
            "opener_assent": -1,
        }
    )
    assert len({feature.name for feature in STYLE_VECTOR}) == len(STYLE_VECTOR)


def test_sides_are_only_names():
    """Exchanging a and b with the labels changes no number."""
    own = file(300, bullets=0.5)
    swapped = {name: own.ints(name) for name in own.columns if name[:2] in ("a_", "b_")}
    other = signals(
        {
            "label": 3 - own.ints("label"),
            **{f"{'b' if name[0] == 'a' else 'a'}{name[1:]}": values for name, values in swapped.items()},
        }
    )
    one, two = measured(own), measured(other)

    assert one.keys() == two.keys()
    assert {key: m.value for key, m in one.items()} == {key: m.value for key, m in two.items()}


def test_row_order_is_irrelevant():
    """Shuffled rows give the same AUCs exactly and the same effects to 10 digits, also when only some are fitted."""
    own = file(500, bullets=0.5)
    order = np.random.default_rng(3).permutation(500)
    columns = {name: own.ints(name) for name in own.columns if not name.endswith("_key")}
    keys = np.array([f"c{i}" for i in range(500)])
    prompts = np.array([f"p{i % 180}" for i in range(500)])

    def shuffled(rows: np.ndarray) -> Found:
        moved = {name: values[rows] for name, values in columns.items()}
        return measured(
            signals({**moved, "ordered_key": list(keys[rows]), "prompt_key": list(prompts[rows])}), Style(fit_rows=400)
        )

    one, two = shuffled(np.arange(500)), shuffled(order)

    assert one["held_out_auc", "all"].n == 400
    for key, mine in one.items():
        assert mine.is_defined is two[key].is_defined
        if mine.is_defined:
            assert mine.number == pytest.approx(two[key].number, rel=1e-10, abs=1e-13)
        assert mine.evidence == two[key].evidence


def test_copies_of_a_key_do_not_pass_the_cap():
    """One pair delivered 300 times: still no more than `fit_rows` are fitted."""
    own = file(300, ordered_key=["same"] * 300)

    assert measured(own, Style(fit_rows=120))["held_out_auc", "all"].n == 120


def test_slices_are_fitted_by_themselves():
    """Bullets win in one locale and lose in the other: only the slices see it. Small slices are left out."""
    n = 900
    own = file(n, bullets=0.8)
    label = np.where(np.arange(n) < 450, own.ints("label"), 3 - own.ints("label"))
    columns = {name: own.ints(name) for name in own.columns if name[:2] in ("a_", "b_")}
    mixed = signals({**columns, "label": label, "locale": ["en"] * 440 + ["fr"] * 10 + ["de"] * 450})
    found = measured(mixed)

    assert found["held_out_auc", "all"].number < 0.58
    assert found["held_out_auc", "locale=en"].number > 0.62
    assert found["held_out_auc", "locale=de"].number > 0.62
    assert ("held_out_auc", "locale=fr") not in found


def test_evidence_is_what_style_tells_best():
    """The first row is the comparison with the widest planted difference."""
    own = file(400, bullets=1.0)
    evidence = measured(own)["held_out_auc", "all"].evidence

    assert evidence is not None
    assert evidence.order == "worst first"
    assert 200 < evidence.total < 400
    first = evidence.rows[0].row - 1
    gap = np.where(own.ints("label") == 1, 1, -1) * (own.ints("a_bullets") - own.ints("b_bullets"))
    assert gap[first] >= np.sort(gap)[-20]


@pytest.mark.parametrize(
    ("n", "label", "b_points"),
    [
        (0, [], []),
        (1, [1], [9]),
        (120, [3] * 120, [9] * 120),
        (120, [1] * 120, [5] * 120),
        (120, [1] * 120, [None] * 120),
    ],
    ids=["empty", "one row", "all ties", "no difference", "null column"],
)
def test_degenerate_files(n: int, label: list[int], b_points: list[int | None]):
    """Nothing to fit is told measure by measure, a missing side by naming the column."""
    outcome = audit_with(Style(), signals({"label": label, "a_code_points": [5] * n, "b_code_points": b_points}))

    if n == 0 or b_points[0] is None:
        assert outcome.status is Status.NOT_ASSESSABLE
        assert "b_code_points" in outcome.missing
        return
    assert outcome.status is Status.MEASURED, outcome.error
    assert {m.name for m in outcome.measures} == {spec.name for spec in Style.measures}
    assert all(isinstance(m.value, Undefined) for m in outcome.measures)


def test_few_prompts_cannot_be_held_out():
    """Three prompts do not make five folds; effects are still there."""
    found = measured(file(150, prompt_key=[f"p{i % 3}" for i in range(150)]))
    value = found["held_out_auc", "all"].value

    assert isinstance(value, Undefined)
    assert value.unlock == "5 prompts"
    assert found["feature_difference", "feature=bullets"].interval is not None


def test_a_feature_that_always_wins_has_no_odds_ratio():
    """Every chosen answer has one bullet more: the odds are unbounded, the AUC is high and its bound below 1."""
    n = 200
    rng = np.random.default_rng(0)
    points = np.exp(rng.normal(6, 0.6, (2, n))).astype(int)
    own = signals(
        {
            "label": [1] * n,
            "a_code_points": points[0],
            "b_code_points": points[1],
            "a_bullets": [2] * n,
            "b_bullets": [1] * n,
        }
    )
    found = measured(own)

    assert isinstance(found["feature_effect", "feature=bullets"].value, Undefined)
    auc = found["held_out_auc", "all"]
    assert auc.number == 1
    assert auc.interval is not None
    assert 0.9 < auc.interval.low < 1


def test_docstring_is_a_page():
    """The seven headings, every measure and its unit."""
    page = Style.__doc__ or ""
    for heading in ("What it measures", "Why it matters", "How", "Reads", "Measures and units", "Limits", "References"):
        assert f"\n    {heading}:\n" in page
    for spec in Style.measures:
        assert f"`{spec.name}`" in page
        assert spec.unit in " ".join(page.split())


def test_two_sources_show_in_single_answers():
    """Chosen answers have headers, rejected ones none: single answers tell; with fair labels they do not."""
    rng, n = np.random.default_rng(3), 800
    label = rng.integers(1, 3, n)
    marks = {side: np.where(label == code, rng.integers(1, 4, n), 0) for side, code in (("a", 1), ("b", 2))}
    rows = {f"{side}_headers": list(marks[side]) for side in "ab"}
    rows |= {f"{side}_code_points": list(rng.integers(50, 900, n)) for side in "ab"}
    planted, clean = measured(signals({"label": list(label), **rows})), measured(file(800))

    assert planted["response_only_auc", "all"].number > 0.99
    interval = clean["response_only_auc", "all"].interval
    assert interval is not None
    assert interval.low < 0.5 < interval.high


def test_style_that_wins_pairs_is_less_in_single_answers():
    """Lengths differ more between prompts than within: the longer of a pair wins, yet single answers tell little."""
    rng, n = np.random.default_rng(5), 1_500
    base = np.exp(rng.normal(6, 1.2, n))
    a, b = (base * np.exp(rng.normal(0, 0.1, n)) for _ in range(2))
    found = measured(
        signals(
            {
                "label": np.where(a > b, 1, 2).tolist(),
                "a_code_points": a.astype(int).tolist(),
                "b_code_points": b.astype(int).tolist(),
            }
        )
    )
    assert found["held_out_auc", "all"].number > 0.9
    assert found["response_only_auc", "all"].number < 0.6


def test_a_model_that_wins_is_told_by_its_name():
    """Model m wins 90 % against n: the name alone has AUC about 0.9; without models it is undefined."""
    rng, n = np.random.default_rng(4), 1_000
    m_is_a, m_wins = rng.random(n) < 0.5, rng.random(n) < 0.9
    names = {"model_a": np.where(m_is_a, "m", "n").tolist(), "model_b": np.where(m_is_a, "n", "m").tolist()}
    found = measured(file(n, **names, label=np.where(m_is_a == m_wins, 1, 2).tolist()))

    assert found["source_auc", "all"].number == pytest.approx(0.9, abs=0.04)
    assert isinstance(measured(file(200))["source_auc", "all"].value, Undefined)


def test_the_constant_answer_by_hand():
    """Text x is chosen by four of six labels, but twice for one prompt: for three of five prompts."""
    own = signals(
        {
            "label": [1, 1, 2, 1, 2, 1],
            "prompt_key": ["1", "2", "3", "4", "5", "1"],
            "a_key": ["x", "x", "p", "q", "r", "x"],
            "b_key": ["s", "t", "x", "x", "u", "v"],
            "a_code_points": [5] * 6,
            "b_code_points": [6] * 6,
        }
    )
    constant = measured(own)["constant_chosen_share", "all"]
    assert (constant.number, constant.n) == (0.6, 5)
    assert constant.evidence is not None
    assert sorted(row.row for row in constant.evidence.rows) == [1, 2, 3, 6]


def test_style_within_one_model_is_told_apart():
    """Model m writes headers and wins against n; within one model headers say nothing: a slice of its own, at 1/2."""
    rng, n = np.random.default_rng(6), 2_000
    names = {side: rng.choice(["m", "n"], n) for side in "ab"}
    marks = {side: np.where(names[side] == "m", rng.integers(1, 4, n), 0) for side in "ab"}
    odds = 3.0 * ((names["a"] == "m").astype(float) - (names["b"] == "m"))
    rows = {f"{side}_headers": list(marks[side]) for side in "ab"}
    rows |= {f"{side}_code_points": list(rng.integers(50, 900, n)) for side in "ab"}
    rows |= {f"model_{side}": list(names[side]) for side in "ab"}
    found = measured(signals({"label": list(np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), 1, 2)), **rows}))

    assert found["held_out_auc", "all"].number > 0.7
    assert found["held_out_auc", "sides=of one model"].number == pytest.approx(0.5, abs=0.05)

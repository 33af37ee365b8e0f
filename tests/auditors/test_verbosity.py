"""The verbosity auditor: figures by hand, laws, planted and clean files, and degenerate ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from audit.auditor import audit_with
from audit.auditors.verbosity import RATIOS, Verbosity
from audit.measure import Kind, Measure, Slice, Status, Undefined
from audit.signals import Signals
from tests.signals_of import signals


def measured(own: Signals, auditor: Verbosity | None = None) -> dict[tuple[str, str], Measure]:
    """Measures by name (without the prefix) and slice."""
    outcome = audit_with(auditor or Verbosity(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {(m.name.removeprefix("verbosity."), str(m.slice)): m for m in outcome.measures}


def pairs(chosen: Sequence[int], rejected: Sequence[int], **more: Sequence[object]) -> Signals:
    """A pair file with these code points; words are a fifth of them."""
    return signals(
        {
            "label": [1] * len(chosen),
            "a_code_points": chosen,
            "b_code_points": rejected,
            "a_words": [n // 5 for n in chosen],
            "b_words": [n // 5 for n in rejected],
            **more,
        }
    )


def random_pairs(n: int, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Log-normal lengths; the longer by one SD of the log ratio wins with log odds `slope`."""
    rng = np.random.default_rng(seed)
    a, b = (np.exp(rng.normal(6, 0.7, n)).astype(int) for _ in range(2))
    d = np.log1p(a) - np.log1p(b)
    a_wins = rng.random(n) < expit(slope * d / d.std())
    return np.where(a_wins, a, b), np.where(a_wins, b, a)


def test_by_hand():
    """Six comparisons: gaps +50, -10, +20, 0, +3, +400 code points.

    Longer wins 4 of the 5 that differ; of the two beyond 30, both; one is equal. Words (a fifth, rounded down):
    +10, -2, +4, 0, 0, +80, so 3 of 4.
    """
    chosen, rejected = [100, 90, 120, 70, 54, 500], [50, 100, 100, 70, 51, 100]
    found = measured(pairs(chosen, rejected))

    assert found["longer_wins_rate", "all"].number == pytest.approx(4 / 5)
    assert found["longer_wins_rate", "all"].n == 5
    assert found["longer_wins_rate_words", "all"].number == pytest.approx(3 / 4)
    assert (found["longer_wins_rate_gap30", "all"].number, found["longer_wins_rate_gap30", "all"].n) == (1, 2)
    assert (found["equal_lengths", "all"].number, found["equal_lengths", "all"].n) == (1, 6)
    d = [math.log((c + 1) / (r + 1)) for c, r in zip(chosen, rejected, strict=True)]
    assert found["mean_log_ratio", "all"].number == pytest.approx(sum(d) / 6)
    assert found["length_auc", "all"].number == pytest.approx(
        roc_auc_score([1] * 6 + [0] * 6, [*d, *(-value for value in d)])
    )


def test_overlap_by_hand():
    """Half octaves of length + 1: chosen 7, 8, 31, 32 and rejected 8, 8, 8, 64 fall in bins 5 6 9 10 / 6 6 6 12.

    2 log2 of 8, 9, 32, 33 is 6.0, 6.3, 10.0, 10.1 and of 65 is 12.04: bins 6 6 10 10 / 6 6 6 12, overlap 2 of 4.
    """
    found = measured(pairs([7, 8, 31, 32], [8, 8, 8, 64]))["length_overlap", "all"]

    assert (found.number, found.kind, found.interval) == (0.5, Kind.CENSUS, None)


def test_dose_bins_by_hand():
    """Ratios of length + 1: 99/90 = 1.1 exactly falls in the second bin, 2 in the fifth, 300/20 = 15 in the last."""
    found = measured(pairs([98, 19, 299], [89, 39, 19]))
    bins = {part: m.number for (name, part), m in found.items() if name == "longer_wins_by_gap"}

    assert bins == {
        "length_gap=01.10 to 01.25 times": 1,
        "length_gap=02.00 to 03.00 times": 0,
        "length_gap=10.00 times or more": 1,
    }
    assert sum(m.n for (name, _), m in found.items() if name == "longer_wins_by_gap") == 3
    assert len(RATIOS) == 8


def test_odds_ratio_agrees_with_scikit_learn():
    """M1 without intercept on both orientations of every pair, unpenalised: exp(beta tanh 1)."""
    chosen, rejected = random_pairs(800, 0.5)
    gap = (chosen - rejected).astype(float)
    x = np.tanh(gap / np.sqrt((gap**2).mean()))
    both = np.concatenate([x, -x])[:, None]
    oracle = LogisticRegression(C=1e12, fit_intercept=False, tol=1e-12).fit(both, [1] * 800 + [0] * 800)

    found = measured(pairs(chosen, rejected))["length_odds_ratio", "all"]

    assert found.number == pytest.approx(math.exp(oracle.coef_[0, 0] * math.tanh(1)), rel=1e-6)
    assert found.interval is not None
    assert found.interval.low < found.number < found.interval.high


def test_swapping_sides_changes_nothing():
    """Sides are only names: a and b exchanged together with the label give the same measures."""
    rng = np.random.default_rng(2)
    a, b, label = rng.integers(1, 300, 90), rng.integers(1, 300, 90), rng.integers(1, 4, 90)

    def file(left: np.ndarray, right: np.ndarray, labels: np.ndarray) -> Mapping[tuple[str, str], Measure]:
        return measured(signals({"label": labels, "a_code_points": left, "b_code_points": right}))

    assert file(a, b, label) == file(b, a, np.where(label == 3, 3, 3 - label))


def test_reversed_labels_mirror():
    """When every label is reversed the rate and the AUC turn to 1 minus themselves, the odds ratio to its inverse."""
    chosen, rejected = random_pairs(300, 0.6)
    one, other = measured(pairs(chosen, rejected)), measured(pairs(rejected, chosen))

    for name in ("longer_wins_rate", "longer_wins_rate_words", "longer_wins_rate_gap30", "length_auc"):
        assert one[name, "all"].number + other[name, "all"].number == pytest.approx(1)
    assert one["length_odds_ratio", "all"].number * other["length_odds_ratio", "all"].number == pytest.approx(1)
    assert one["mean_log_ratio", "all"].number == pytest.approx(-other["mean_log_ratio", "all"].number)


def test_row_order_is_irrelevant():
    """Shuffled rows with repeated prompts give numbers equal to 12 digits, and the same evidence."""
    chosen, rejected = random_pairs(400, 0.5)
    prompts = [f"p{i % 90}" for i in range(400)]
    keys = [f"c{i}" for i in range(400)]
    order = np.random.default_rng(1).permutation(400)

    def file(rows: np.ndarray) -> dict[tuple[str, str], Measure]:
        return measured(
            pairs(
                chosen[rows],
                rejected[rows],
                prompt_key=[prompts[i] for i in rows],
                ordered_key=[keys[i] for i in rows],
                row=[int(i) + 1 for i in rows],
            )
        )

    one, other = file(np.arange(400)), file(order)

    assert one.keys() == other.keys()
    for name, mine in one.items():
        theirs = other[name]
        assert (mine.n, mine.evidence) == (theirs.n, theirs.evidence)
        assert mine.is_defined is theirs.is_defined
        if mine.is_defined:
            assert mine.number == pytest.approx(theirs.number, rel=1e-12)
        if mine.interval is not None and theirs.interval is not None:
            assert mine.interval.low == pytest.approx(theirs.interval.low, rel=1e-11)


def test_copies_of_a_prompt_do_not_narrow_the_interval():
    """Every comparison four times under its prompt: same rate, same bounds, a quarter of n effective."""
    chosen, rejected = random_pairs(250, 0.4)
    prompts = [f"p{i}" for i in range(250)]
    single = measured(pairs(chosen, rejected, prompt_key=prompts))
    copied = measured(pairs(np.tile(chosen, 4), np.tile(rejected, 4), prompt_key=prompts * 4))

    for name in ("longer_wins_rate", "length_auc", "length_odds_ratio", "mean_log_ratio"):
        one, four = single[name, "all"], copied[name, "all"]
        assert four.number == pytest.approx(one.number)
        assert one.interval is not None
        assert four.interval is not None
        assert four.interval.low == pytest.approx(one.interval.low, rel=1e-3)
        assert four.n_effective == pytest.approx(250, rel=0.05)


def test_planted_against_clean():
    """2,000 pairs: with each reversed beside it the bounds hold 1/2 and OR 1; with a slope of 0.5 they exclude them."""
    chosen, rejected = random_pairs(2000, 0.5, seed=4)
    clean = measured(pairs(np.append(chosen, rejected), np.append(rejected, chosen)))
    planted = measured(pairs(chosen, rejected))

    for name, neutral in (("longer_wins_rate", 0.5), ("length_auc", 0.5), ("length_odds_ratio", 1.0)):
        inside, outside = clean[name, "all"].interval, planted[name, "all"].interval
        assert inside is not None
        assert outside is not None
        assert inside.low < neutral < inside.high
        assert outside.low > neutral


def test_slices_repeat_the_measures():
    """Long answers win in one locale, short ones in the other; the whole file hides both."""
    chosen, rejected = [200] * 40 + [100] * 40, [100] * 40 + [200] * 40
    found = measured(pairs(chosen, rejected, locale=["en-GB"] * 40 + ["de-DE"] * 40))

    assert found["longer_wins_rate", "all"].number == 0.5
    assert found["longer_wins_rate", "locale=en-GB"].number == 1
    assert found["longer_wins_rate", "locale=de-DE"].number == 0
    assert found["length_auc", "locale=de-DE"].number == 0
    assert isinstance(found["length_odds_ratio", "locale=en-GB"].value, Undefined)
    assert found["longer_wins_rate", "locale=en-GB"].slice == Slice("locale", "en-GB")


def test_evidence_follows_the_direction():
    """Short answers win here, so the evidence is where they do, the widest gap first."""
    found = measured(pairs([10, 90, 20, 30], [100, 10, 400, 70]))["longer_wins_rate", "all"].evidence

    assert found is not None
    assert (found.total, [place.row for place in found.rows], found.order) == (3, [3, 1, 4], "worst first")


def test_ties_and_sides_without_text_are_left_out():
    """Of five rows: a tie, an undecided one, a null side; two remain."""
    found = measured(
        signals(
            {
                "label": [1, 3, 0, 2, 2],
                "a_code_points": [9, 9, 9, 4, 9],
                "b_code_points": [4, 4, 4, 9, None],
            }
        )
    )

    assert (found["longer_wins_rate", "all"].number, found["longer_wins_rate", "all"].n) == (1, 2)
    assert found["equal_lengths", "all"].n == 2


def votes(**more: Sequence[object]) -> Signals:
    """Two comparisons of gaps +5 and -3 (a less b): votes a, a, tie on the first, b, a on the second."""
    return signals(
        {"a_code_points": [9, 4], "b_code_points": [4, 7], **more},
        {"judgment.comparison": [0, 0, 0, 1, 1], "judgment.label": [1, 1, 3, 2, 1]},
    )


@pytest.mark.parametrize("label", [{}, {"label": [3, 0]}], ids=["no label", "no decisive label"])
def test_judgments_stand_in_for_labels(label: dict[str, list[int]]):
    """Without shipped labels the four decisive votes count: longer wins three; each comparison is evidence once."""
    rate = measured(votes(**label))["longer_wins_rate", "all"]

    assert (rate.number, rate.n) == (3 / 4, 4)
    assert "decisive judgments" in rate.method
    assert rate.evidence is not None
    assert (rate.evidence.total, [place.row for place in rate.evidence.rows]) == (2, [1, 2])


def test_shipped_labels_come_before_judgments():
    """One shipped label decides: its comparison alone counts."""
    rate = measured(votes(label=[2, 0]))["longer_wins_rate", "all"]

    assert (rate.number, rate.n) == (0, 1)
    assert "decisive comparisons" in rate.method


def test_no_label_at_all():
    """Text without any label: every measure of it says what would unlock it."""
    own = {f"{side}_{name}": [3, 5] for side in "ab" for name in ("code_points", "words")}
    found = measured(signals(own))
    undefined = [m.value for m in found.values() if m.name != "verbosity.equal_lengths"]

    assert all(isinstance(value, Undefined) and value.unlock == "label" for value in undefined)


def test_one_prompt_has_numbers_but_no_bounds():
    """All comparisons of one prompt say nothing of other prompts."""
    chosen, rejected = random_pairs(100, 0.5)
    found = measured(pairs(chosen, rejected, prompt_key=["p"] * 100))

    for name in ("length_auc", "length_odds_ratio", "mean_log_ratio"):
        assert found[name, "all"].is_defined
        assert found[name, "all"].interval is None
    rate = found["longer_wins_rate", "all"].interval
    assert rate is not None
    assert (rate.low, rate.high) == (0, 1)


def test_without_prompts_copies_of_a_text_are_one_cluster():
    """No prompt recorded: 60 comparisons delivered twice give the bounds of 60."""
    chosen, rejected = random_pairs(60, 0.5)
    keys = [f"c{i}" for i in range(60)]
    once = measured(pairs(chosen, rejected, prompt_key=[None] * 60, ordered_key=keys))
    twice = measured(pairs(np.tile(chosen, 2), np.tile(rejected, 2), prompt_key=[None] * 120, ordered_key=keys + keys))

    one, two = once["length_auc", "all"].interval, twice["length_auc", "all"].interval
    assert one is not None
    assert two is not None
    assert (one.low, one.high) == pytest.approx((two.low, two.high))


def test_words_not_recorded():
    """Without words that rate alone is undefined and names the columns."""
    found = measured(signals({"label": [1, 1], "a_code_points": [3, 5], "b_code_points": [4, 1]}))
    missing = found["longer_wins_rate_words", "all"].value

    assert isinstance(missing, Undefined)
    assert missing.unlock == "a_words, b_words"


@pytest.mark.parametrize(
    ("label", "a", "b"),
    [([], [], []), ([3, 3], [5, 9], [6, 2]), ([1, 2], [7, 7], [7, 7]), ([1], [8], [2]), ([1, 1], [None, 3], [4, None])],
    ids=["empty", "all ties", "equal lengths", "one row", "half null"],
)
def test_degenerate_files(label: list[int], a: list[int | None], b: list[int | None]):
    """Nothing to go on is told measure by measure, never raised; one row has a rate and a trivial interval."""
    own = signals({"label": label, "a_code_points": a, "b_code_points": b, "a_words": a, "b_words": b})
    if not label:
        own = signals(
            {"label": [], "a_code_points": [], "b_code_points": [], "ordered_key": []},
        )
        assert audit_with(Verbosity(), own).status is Status.NOT_ASSESSABLE
        return
    found = measured(own)
    rate = found["longer_wins_rate", "all"]
    if label == [1]:
        assert rate.number == 1
        assert rate.interval is not None
        assert (rate.interval.low, rate.interval.high) == (0, 1)
    else:
        assert isinstance(rate.value, Undefined)
        assert isinstance(found["length_auc", "all"].value, Undefined)
        assert isinstance(found["length_odds_ratio", "all"].value, Undefined)


def test_not_assessable_without_text():
    """A vote file without text names what is missing."""
    outcome = audit_with(Verbosity(), signals({"label": [1, 2]}))

    assert outcome.status is Status.NOT_ASSESSABLE
    assert outcome.missing == ("a_code_points", "b_code_points")


def test_docstring_is_a_page():
    """The seven headings, every measure and its unit."""
    page = Verbosity.__doc__ or ""
    for heading in ("What it measures", "Why it matters", "How", "Reads", "Measures and units", "Limits", "References"):
        assert f"\n    {heading}:\n" in page
    for spec in Verbosity.measures:
        assert f"`{spec.name}`" in page
        assert spec.unit in page

"""Agreement coefficients: published constants, other implementations, definitions written out, public files."""

from __future__ import annotations

import csv
import gzip
import json
import os
import tomllib
import warnings
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import krippendorff as oracle_alpha
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from audit.stats.agreement import (
    METRICS,
    alpha_of_moments,
    coefficients,
    cohen,
    conger,
    krippendorff,
    midranks,
    moments,
    pair_agreement,
    quadratic_weights,
    sums,
)

TABLES = Path(__file__).parents[2] / "fixtures" / "agreement"
DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
EXPECTED: dict[str, Any] = tomllib.loads((TABLES / "expected.toml").read_text(encoding="utf-8"))
NAMES = ("percent_agreement", "fleiss_kappa", "brennan_prediger", "gwet_ac1", "alpha_nominal")


def table(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def krippendorff_votes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, observer and value (0 to 4) of the 4 x 12 data."""
    cells = [(u, o, row[f"observer_{o + 1}"]) for u, row in enumerate(table("krippendorff_4x12")) for o in range(4)]
    found = np.array([(u, o, int(v) - 1) for u, o, v in cells if v])
    return found[:, 0], found[:, 1], found[:, 2]


def counted(item: np.ndarray, category: np.ndarray, k: int) -> np.ndarray:
    return np.bincount(item * k + category, minlength=(item.max() + 1) * k).reshape(-1, k)


def whole(counts: np.ndarray, weights: np.ndarray | None = None) -> dict[str, float]:
    found = coefficients(sums(counts, weights).sum(axis=0), counts.shape[1], weights)
    return dict(zip(NAMES, found.tolist(), strict=True))


def test_krippendorff_data() -> None:
    """All constants of the 4 x 12 data: four alphas, AC1, Fleiss, Brennan-Prediger, Conger, quadratic AC2."""
    item, observer, value = krippendorff_votes()
    counts, wanted = counted(item, value, 5), EXPECTED["krippendorff_4x12"]
    found = whole(counts)
    for name in ("percent_agreement", "fleiss_kappa", "brennan_prediger", "gwet_ac1"):
        assert found[name] == pytest.approx(wanted[name], abs=5e-6)
    values = np.arange(1.0, 6.0)
    for metric in METRICS:
        assert krippendorff(counts, values, metric) == pytest.approx(wanted[f"alpha_{metric}"], abs=5e-4)
    assert found["alpha_nominal"] == pytest.approx(krippendorff(counts, values), abs=1e-12)
    assert conger(item, observer, value, 5) == pytest.approx(0.76207, abs=5e-6)
    assert whole(counts, quadratic_weights(values))["gwet_ac1"] == pytest.approx(wanted["gwet_ac2_quadratic"], abs=5e-4)


def test_standard_errors_of_krippendorff_data() -> None:
    """The jackknife over the eleven and twelve units gives the printed errors: AC1 0.14295, alpha 0.14557, nearly.

    Those were computed by another linearisation, so two digits must agree.
    """
    item, _, value = krippendorff_votes()
    own = sums(counted(item, value, 5))
    left = coefficients(own.sum(axis=0) - own, 5)
    n = len(own)
    error = np.sqrt((n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    assert error[3] == pytest.approx(0.143, abs=0.02)
    assert error[4] == pytest.approx(0.146, abs=0.02)


def test_abstractors() -> None:
    """The 3 x 3 table: kappa, pi, AC1, BP, alpha."""
    cells = np.array([[int(v) for v in list(row.values())[1:]] for row in table("abstractors_3x3")])
    wanted = EXPECTED["abstractors_3x3"]
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(cells[i, j])]
    found = whole(counted(np.repeat(np.arange(100), 2), np.array(pairs).reshape(-1), 3))
    assert cohen(cells) == pytest.approx(wanted["cohen_kappa"], abs=5e-6)
    assert found["fleiss_kappa"] == pytest.approx(wanted["scott_pi"], abs=5e-6)
    for name in ("percent_agreement", "gwet_ac1", "brennan_prediger", "alpha_nominal"):
        assert found[name] == pytest.approx(wanted[name], abs=5e-6)
    first, second = np.array(pairs).T
    item = np.repeat(np.arange(100), 2)
    both = np.column_stack([first, second]).reshape(-1)
    assert conger(item, np.tile([0, 1], 100), both, 3) == pytest.approx(cohen(cells), abs=1e-12)


def test_fleiss_example_and_kappa_paradox() -> None:
    """Fleiss' ten subjects, and two tables of one agreement whose kappas are .70 and .32."""
    counts = np.array([[int(v) for v in list(row.values())[1:]] for row in table("fleiss_10x14")])
    assert whole(counts)["fleiss_kappa"] == pytest.approx(EXPECTED["fleiss_10x14"]["fleiss_kappa"], abs=5e-4)
    for row in table("feinstein_cicchetti_2x2"):
        cells = np.array([int(row[name]) for name in ("yes_yes", "yes_no", "no_yes", "no_no")]).reshape(2, 2)
        wanted = EXPECTED["feinstein_cicchetti_2x2"][row["table"]]["cohen_kappa"]
        assert cohen(cells) == pytest.approx(wanted, abs=5e-3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("metric", METRICS)
def test_alpha_against_another_implementation(seed: int, metric: str) -> None:
    """Random votes with a third missing: the package `krippendorff` gives the same alpha at every level."""
    random = np.random.default_rng(seed)
    values = random.integers(1, 5, (6, 60)).astype(float)
    values[random.random(values.shape) < 0.35] = np.nan
    rater, item = np.nonzero(np.isfinite(values))
    code = values[rater, item].astype(int) - 1
    counts = counted(item, code, 4)
    wanted = oracle_alpha.alpha(reliability_data=values, level_of_measurement=metric)
    assert krippendorff(counts, np.arange(1.0, 5.0), metric) == pytest.approx(wanted, abs=1e-10)
    if metric in ("ordinal", "interval"):
        paired = counts[counts.sum(axis=1) >= 2].sum(axis=0).astype(float)
        x = midranks(paired)[code] if metric == "ordinal" else code + 1.0
        assert float(alpha_of_moments(moments(item, x, 60).sum(axis=0))) == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_kappas_against_other_implementations(seed: int) -> None:
    """Cohen as scikit-learn has it, Fleiss as statsmodels has it."""
    random = np.random.default_rng(seed)
    a = random.integers(0, 3, 200)
    b = np.where(random.random(200) < 0.6, a, random.integers(0, 3, 200))
    cells = np.bincount(a * 3 + b, minlength=9).reshape(3, 3)
    assert cohen(cells) == pytest.approx(cohen_kappa_score(a, b), abs=1e-12)
    counts = random.multinomial(5, [0.5, 0.3, 0.2], 80)
    assert whole(counts)["fleiss_kappa"] == pytest.approx(fleiss_kappa(counts), abs=1e-12)


def test_pair_agreement_is_the_share_of_agreeing_pairs() -> None:
    """pa_i counted pair by pair; nan below two votes."""
    items = [[0, 0, 1], [2, 2], [1], [], [0, 1, 1, 1]]
    counts = np.array([[votes.count(q) for q in range(3)] for votes in items])
    pairs = [[x == y for x, y in combinations(votes, 2)] for votes in items]
    wanted = [np.mean(found) if found else np.nan for found in pairs]
    np.testing.assert_allclose(pair_agreement(counts), wanted)


def test_missing_votes_are_native() -> None:
    """Items with one vote leave alpha and pa; they stay in the shares of Fleiss and Gwet."""
    counts = np.array([[2, 0], [0, 2], [1, 1], [1, 0], [1, 0]])
    found, shorter = whole(counts), whole(counts[:3])
    assert found["alpha_nominal"] == shorter["alpha_nominal"]
    assert found["percent_agreement"] == shorter["percent_agreement"] == pytest.approx(2 / 3)
    pi = (1 + 0 + 0.5 + 1 + 1) / 5
    chance = pi**2 + (1 - pi) ** 2
    assert found["fleiss_kappa"] == pytest.approx((2 / 3 - chance) / (1 - chance))


def test_one_category_is_undefined() -> None:
    """Votes of one category only: nothing is beyond chance, so no coefficient but BP and AC1 has a value."""
    found = whole(np.array([[2, 0], [3, 0]]))
    assert np.isnan([found["fleiss_kappa"], found["alpha_nominal"]]).all()
    assert found["brennan_prediger"] == found["gwet_ac1"] == 1.0
    assert np.isnan(krippendorff(np.array([[2, 0]]), np.array([0.0, 1.0])))
    with pytest.raises(ValueError, match="none of"):
        krippendorff(np.array([[2, 0]]), np.array([0.0, 1.0]), "cubic")


def alpha_by_definition(units: list[list[int]]) -> float:
    """Krippendorff's alpha of nominal values, every pair spelt out."""
    paired = [unit for unit in units if len(unit) > 1]
    values = np.array([v for unit in paired for v in unit])
    n = len(values)
    observed = sum((a != b) / (len(unit) - 1) for unit in paired for a, b in permutations(unit, 2)) / n
    _, times = np.unique(values, return_counts=True)
    return 1 - observed / ((n * n - (times**2).sum()) / (n * (n - 1)))


def rows_of(name: str) -> list[dict[str, Any]]:
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("the public files are not here")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_pandalm_figures() -> None:
    """PandaLM's test set: kappas .8520, .8789, .8617, alpha .8642, AC1 .8864, unanimous .8799, majority 105/422/472."""
    votes = np.array([[row[f"annotator{i}"] for i in (1, 2, 3)] for row in rows_of("pandalm_testset_v1")])
    tables = [
        np.bincount(votes[:, i] * 3 + votes[:, j], minlength=9).reshape(3, 3) for i, j in ((0, 1), (0, 2), (1, 2))
    ]
    assert sorted(cohen(cells) for cells in tables) == pytest.approx(sorted([0.8520, 0.8789, 0.8617]), abs=5e-5)
    item, observer = np.divmod(np.arange(votes.size), 3)
    counts = counted(item, votes.reshape(-1), 3)
    found = whole(counts)
    assert found["alpha_nominal"] == pytest.approx(0.8642, abs=5e-5)
    assert found["gwet_ac1"] == pytest.approx(0.8864, abs=5e-5)
    assert (counts.max(axis=1) == 3).mean() == pytest.approx(0.8799, abs=5e-5)
    decided = counts.max(axis=1) > 1
    majority = np.bincount(counts[decided].argmax(axis=1), minlength=3)
    assert majority.tolist() == [105, 422, 472]
    assert conger(item, observer, votes.reshape(-1), 3) == pytest.approx(found["fleiss_kappa"], abs=1e-3)


def mtbench() -> dict[tuple[Any, ...], list[tuple[str, int]]]:
    """Judge and vote by question, turn and models; votes in name order of the models, 2 for a tie."""
    found: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
    for row in rows_of("mtbench_human_votes"):
        a, b = row["model_a"], row["model_b"]
        vote = 2 if row["winner"] == "tie" else int((row["winner"] == "model_b") == (a <= b))
        key = (row["question_id"], row["turn"], min(a, b), max(a, b))
        found.setdefault(key, []).append((row["judge"], vote))
    return found


def test_mtbench_alpha() -> None:
    """MT-Bench human votes: alpha .4855 over the 961 keys with two votes or more."""
    units = [[vote for _, vote in votes] for votes in mtbench().values()]
    counts = np.array([[unit.count(q) for q in range(3)] for unit in units])
    assert (counts.sum(axis=1) >= 2).sum() == 961
    assert whole(counts)["alpha_nominal"] == pytest.approx(0.4855, abs=5e-5)
    assert whole(counts)["alpha_nominal"] == pytest.approx(alpha_by_definition(units), abs=1e-12)


@pytest.mark.parametrize(
    ("turn", "every", "n", "decisive", "n_decisive"), [(1, 0.6297, 721, 0.8100, 479), (2, 0.6662, 707, 0.8186, 474)]
)
def test_mtbench_experts(turn: int, every: float, n: int, decisive: float, n_decisive: int) -> None:
    """MT-Bench: agreement of experts over all pairs of votes on a key, and over those that both chose a model."""
    units = [
        [v for judge, v in votes if judge.startswith("expert")] for key, votes in mtbench().items() if key[1] == turn
    ]
    counts = np.array([[unit.count(q) for q in range(3)] for unit in units], dtype=float)
    for some, wanted, size in ((counts, every, n), (counts[:, :2], decisive, n_decisive)):
        pairs = some.sum(axis=1) * (some.sum(axis=1) - 1) / 2
        alike = np.nan_to_num(pair_agreement(some)) * pairs
        assert pairs.sum() == size
        assert alike.sum() / pairs.sum() == pytest.approx(wanted, abs=5e-5)


def test_ukp_alpha() -> None:
    """UKPConvArg1, two topics: alpha .2943 of 5,936 votes in the order of the file."""
    units = [[("a1", "a2", "equal").index(v["value"]) for v in row["votes"]] for row in rows_of("ukpconvarg_2topics")]
    counts = np.array([[unit.count(q) for q in range(3)] for unit in units])
    assert counts.sum() == 5936
    assert whole(counts)["alpha_nominal"] == pytest.approx(0.2943, abs=5e-5)


def test_no_warning_on_odd_input() -> None:
    """Empty counts and single votes give nan, quietly."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(list(whole(np.zeros((0, 2), dtype=int)).values())[:1]).all()
        assert np.isnan(whole(np.array([[1, 0]]))["percent_agreement"])
        assert np.isnan(conger(np.array([0]), np.array([0]), np.array([0]), 2))
        assert np.isnan(cohen(np.zeros((2, 2))))

"""The paired AUC against scikit-learn on doubled data, and its clustered error against jackknife and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from audit.stats.auc import difference, excess_ratio, paired_auc, unpaired_auc, weighted_auc


def doubled(advantages: np.ndarray) -> float:
    """Slow twin: every comparison entered from both sides, scored by scikit-learn."""
    n = len(advantages)
    return float(roc_auc_score([1] * n + [0] * n, np.concatenate([advantages, -advantages])))


@pytest.mark.parametrize("seed", range(5))
def test_equals_scikit_learn_with_ties(seed: int) -> None:
    """Whole-number advantages, many of them tied or 0."""
    advantages = np.random.default_rng(seed).integers(-4, 6, 200).astype(float)

    assert paired_auc(advantages, np.arange(200)).value == pytest.approx(doubled(advantages), abs=1e-12)


def test_by_hand() -> None:
    """With d = 2, -1, 0 the sums d_i + d_j: 4 1 2 / 1 -2 -1 / 2 -1 0: five positive, one zero of nine, so 5.5 / 9."""
    assert paired_auc(np.array([2.0, -1.0, 0.0]), np.arange(3)).value == pytest.approx(5.5 / 9)


def test_swapped_sides_mirror() -> None:
    """Changing the sign of every advantage gives 1 - AUC."""
    advantages = np.random.default_rng(4).normal(0.2, 1, 300)

    direct, mirrored = paired_auc(advantages, np.arange(300)), paired_auc(-advantages, np.arange(300))

    assert direct.value + mirrored.value == pytest.approx(1, abs=1e-12)
    assert direct.standard_error == pytest.approx(mirrored.standard_error)


def test_error_is_close_to_the_cluster_jackknife() -> None:
    """The placement values give the delete-one-cluster jackknife's standard error within 3 %."""
    rng = np.random.default_rng(8)
    clusters = rng.integers(0, 80, 400)
    advantages = rng.normal(0.3, 1, 400) + rng.normal(0, 0.8, 80)[clusters]
    found = paired_auc(advantages, clusters)
    without = np.array([paired_auc(advantages[clusters != g], clusters[clusters != g]).value for g in range(80)])
    jackknife = np.sqrt(79 / 80 * ((without - without.mean()) ** 2).sum())

    assert found.standard_error == pytest.approx(jackknife, rel=0.03)
    assert found.influence.sum() == pytest.approx(0, abs=1e-12)


def test_copies_add_no_information() -> None:
    """Each comparison three times in its own cluster: same AUC, same error, a third of n effective."""
    advantages = np.random.default_rng(6).normal(0.3, 1, 150)
    single = paired_auc(advantages, np.arange(150))
    thrice = paired_auc(np.repeat(advantages, 3), np.repeat(np.arange(150), 3))

    assert thrice.value == pytest.approx(single.value)
    assert thrice.standard_error == pytest.approx(single.standard_error)
    assert thrice.n_effective == pytest.approx(150, rel=0.02)


def test_interval_covers() -> None:
    """Of 400 samples of 60 clusters about 90 % of the intervals hold the truth, Phi(sqrt(2) mu / sd) = .6103."""
    from scipy.special import ndtr

    rng = np.random.default_rng(12)
    truth = float(ndtr(np.sqrt(2) * 0.24 / np.hypot(1, 0.7)))
    held = 0
    for _ in range(400):
        advantages = 0.24 + rng.normal(0, 1, 180) + np.repeat(rng.normal(0, 0.7, 60), 3)
        interval = paired_auc(advantages, np.repeat(np.arange(60), 3)).interval(0.90)
        held += interval is not None and interval.low <= truth <= interval.high

    assert held / 400 == pytest.approx(0.90, abs=4 * np.sqrt(0.9 * 0.1 / 400))


def test_always_right() -> None:
    """With 20 of 20 for the same side the lower bound is (.05 ** (1 / 20)) squared; the error alone would say 1."""
    found = paired_auc(np.linspace(1, 2, 20), np.arange(20))
    interval, mirrored = found.interval(0.90), paired_auc(-np.linspace(1, 2, 20), np.arange(20)).interval(0.90)

    assert found.value == 1
    assert interval is not None
    assert interval.low == pytest.approx(0.05 ** (2 / 20))
    assert interval.high == 1
    assert mirrored is not None
    assert mirrored.high == pytest.approx(1 - 0.05 ** (2 / 20))


def test_one_cluster_has_no_interval() -> None:
    """One prompt says nothing of others."""
    assert paired_auc(np.array([1.0, -1.0, 2.0]), np.zeros(3, dtype=np.int64)).interval(0.90) is None


def test_difference_is_paired() -> None:
    """Two scores on the same comparisons: the paired error equals the jackknife of the difference within 3 %."""
    rng = np.random.default_rng(3)
    clusters = rng.integers(0, 70, 350)
    one = rng.normal(0.5, 1, 350)
    other = one + rng.normal(0, 0.5, 350)
    first, second = paired_auc(one, clusters), paired_auc(other, clusters)
    without = np.array(
        [
            paired_auc(one[clusters != g], clusters[clusters != g]).value
            - paired_auc(other[clusters != g], clusters[clusters != g]).value
            for g in range(70)
        ]
    )
    jackknife = np.sqrt(69 / 70 * ((without - without.mean()) ** 2).sum())

    value, interval = difference(first, second, 0.90)

    assert value == pytest.approx(doubled(one) - doubled(other))
    assert interval is not None
    assert interval.standard_error == pytest.approx(jackknife, rel=0.03)
    assert difference(first, first, 0.90)[0] == 0


def test_no_comparisons() -> None:
    """Nothing to rank is an error of the caller."""
    with pytest.raises(ValueError, match="at least one"):
        paired_auc(np.zeros(0), np.zeros(0, dtype=np.int64))


@pytest.mark.parametrize("seed", range(3))
def test_unpaired_equals_scikit_learn_with_ties(seed: int) -> None:
    """Whole-number scores of two kinds, many of them tied."""
    rng = np.random.default_rng(seed)
    positive, negative = rng.integers(0, 8, 150).astype(float), rng.integers(-2, 6, 150).astype(float)
    expected = roc_auc_score([1] * 150 + [0] * 150, np.concatenate([positive, negative]))

    assert unpaired_auc(positive, negative, np.arange(150)).value == pytest.approx(expected, abs=1e-12)


def test_unpaired_error_is_close_to_the_cluster_jackknife() -> None:
    """Pairs that share a shift and clusters that share another: the delete-one-cluster jackknife within 3 %."""
    rng = np.random.default_rng(9)
    clusters = rng.integers(0, 80, 400)
    shift = rng.normal(0, 0.8, 80)[clusters] + rng.normal(0, 0.5, 400)
    positive, negative = shift + rng.normal(0.5, 1, 400), shift + rng.normal(0, 1, 400)
    found = unpaired_auc(positive, negative, clusters)
    kept = [clusters != g for g in range(80)]
    without = np.array([unpaired_auc(positive[k], negative[k], clusters[k]).value for k in kept])
    jackknife = np.sqrt(79 / 80 * ((without - without.mean()) ** 2).sum())

    assert found.standard_error == pytest.approx(jackknife, rel=0.03)


@pytest.mark.parametrize("seed", range(3))
def test_weighted_equals_scikit_learn(seed: int) -> None:
    """Units that are positive in part: each entered twice, as a positive and as a negative of that weight."""
    rng = np.random.default_rng(seed)
    scores, part = rng.integers(0, 9, 120).astype(float), rng.integers(0, 5, 120) / 4
    expected = roc_auc_score([1] * 120 + [0] * 120, np.tile(scores, 2), sample_weight=np.concatenate([part, 1 - part]))

    assert weighted_auc(scores, part, np.arange(120), 120).value == pytest.approx(expected, abs=1e-12)


def test_weighted_error_is_close_to_the_cluster_jackknife() -> None:
    """Delete-one-cluster jackknife within 3 %."""
    rng = np.random.default_rng(3)
    clusters = rng.integers(0, 80, 500)
    scores = rng.normal(0, 1, 500) + rng.normal(0, 0.5, 80)[clusters]
    part = np.clip(np.round(0.6 + 0.2 * scores + rng.normal(0, 0.3, 500), 1), 0, 1)
    found = weighted_auc(scores, part, clusters, 500)
    kept = [clusters != g for g in range(80)]
    without = np.array([weighted_auc(scores[k], part[k], clusters[k], 500).value for k in kept])

    assert found.standard_error == pytest.approx(np.sqrt(79 / 80 * ((without - without.mean()) ** 2).sum()), rel=0.03)


def test_ratio_of_excesses_covers() -> None:
    """Two scores of one advantage and noise: of 200 draws each bound misses the ratio in 5 % (10, and three of 3.1).

    An AUC of pairs of normal advantages of mean m and spread s is Phi(sqrt(2) m / s); a score that is pure noise gives
    None.
    """
    rng, low, high = np.random.default_rng(11), 0, 0
    true = (norm.cdf(np.sqrt(2) * 0.3 / np.sqrt(2)) - 0.5) / (norm.cdf(np.sqrt(2) * 0.3) - 0.5)
    for _ in range(200):
        second = rng.normal(0.3, 1, 600)
        first = second + rng.normal(0, 1, 600)
        found = excess_ratio(paired_auc(first, np.arange(600)), paired_auc(second, np.arange(600)), 0.90)
        assert found is not None
        low += found[1].low > true
        high += found[1].high < true
    assert low <= 10 + 3 * 3.1
    assert high <= 10 + 3 * 3.1
    noise = paired_auc(np.random.default_rng(1).normal(0, 1, 600), np.arange(600))
    assert excess_ratio(noise, noise, 0.90) is None

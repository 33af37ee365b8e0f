"""Alternative annotator test, Benjamini-Yekutieli and prediction-powered means against oracles and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from audit.stats.clusters import cluster_mean
from audit.stats.stand_in import benjamini_yekutieli, prediction_powered_mean, stand_in_tests


@pytest.mark.parametrize("seed", range(4))
def test_benjamini_yekutieli_against_statsmodels(seed: int) -> None:
    """The same tests are rejected as by `fdr_by`."""
    p = np.random.default_rng(seed).random(30) ** 4
    np.testing.assert_array_equal(benjamini_yekutieli(p, 0.05), multipletests(p, 0.05, "fdr_by")[0])
    assert not len(benjamini_yekutieli(np.zeros(0), 0.05))


def test_stand_in_against_the_t_test() -> None:
    """Each annotator's p value is that of a one-sided t test of mean advantage >= cost."""
    random = np.random.default_rng(1)
    human = np.repeat([4, 0, 2], [60, 45, 10])
    advantage = random.integers(-1, 2, len(human)).astype(float)
    found = stand_in_tests(human, advantage, 0.1, 30)
    wanted = [stats.ttest_1samp(advantage[human == j], 0.1, alternative="less").pvalue for j in (0, 4)]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_stand_in_without_spread() -> None:
    """A model always as near as the human may stand in at any cost above none; one always farther may not."""
    human = np.repeat([0, 1], 40)
    assert stand_in_tests(human, np.zeros(80), 0.1, 30).tolist() == [0.0, 0.0]
    assert stand_in_tests(human, np.ones(80), 0.1, 30).tolist() == [1.0, 1.0]


def draw(seed: int, noise: float) -> tuple[np.ndarray, ...]:
    """300 labelled and 3,000 unlabelled items, true mean 0.2, predictions right up to noise."""
    random = np.random.default_rng(seed)
    truth = (random.random(3_300) < 0.2).astype(float)
    predicted = np.clip(truth + noise * random.normal(size=3_300), -1, 2)
    here, there = np.arange(300), np.arange(300, 3_300)
    return truth[here], predicted[here], here, predicted[there], there


def test_good_predictions_sharpen() -> None:
    """Standard errors: the plain mean's is sqrt(0.16 / 300) = 0.023; good predictions need far less."""
    truth, predicted, here, more, there = draw(0, 0.1)
    found = prediction_powered_mean(truth, predicted, here, more, there)
    assert found is not None
    plain = cluster_mean(truth, here).cv3l
    assert plain == pytest.approx(0.023, abs=0.002)
    assert found.error < 0.5 * plain
    assert found.weight > 0.8


def test_useless_predictions_do_no_harm() -> None:
    """Predictions without information get hardly any weight; none at all gives the plain mean."""
    truth, _, here, more, there = draw(1, 0.1)
    noise = np.random.default_rng(2).random(300)
    found = prediction_powered_mean(truth, noise, here, more, there)
    assert found is not None
    assert found.value == pytest.approx(truth.mean(), abs=0.02)
    nothing = prediction_powered_mean(truth, np.zeros(300), here, np.zeros(0), np.zeros(0, dtype=np.int64))
    assert nothing is not None
    assert (nothing.weight, nothing.value) == (0.0, pytest.approx(truth.mean()))
    assert prediction_powered_mean(truth, noise, np.zeros(300, dtype=np.int64), more, there) is None


def test_prediction_powered_intervals_cover() -> None:
    """90 % intervals hold the true mean in at least 84 % of 200 files, biased predictions or not.

    The standard error of a share of 0.9 of 200 is 0.021, so 0.84 is three of them below.
    """
    hits = 0
    for seed in range(200):
        truth, predicted, here, more, there = draw(seed, 0.4)
        found = prediction_powered_mean(truth, predicted + 0.1, here, more + 0.1, there)
        assert found is not None
        hits += abs(found.value - 0.2) <= 1.65 * found.error
    assert hits / 200 >= 0.84

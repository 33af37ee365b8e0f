"""Adjustments for many tests, power, runs and spread: by hand, against statsmodels, and by simulation."""

from __future__ import annotations

import math
from itertools import groupby, permutations

import numpy as np
import pytest
from statsmodels.sandbox.stats.runs import runstest_1samp
from statsmodels.stats.multitest import multipletests

from audit.stats.beta_binomial import spread
from audit.stats.multiple import benjamini_hochberg, holm
from audit.stats.power import margin_in_errors, smallest_margin, units_for_margin
from audit.stats.runs import runs_test


@pytest.mark.parametrize("seed", range(4))
def test_adjustments_equal_statsmodels(seed):
    """Holm's adjusted p values and the Benjamini-Hochberg rejections, on skewed p values with ties."""
    p = np.round(np.random.default_rng(seed).random(30) ** 4, 3)
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert benjamini_hochberg(p, 0.05).tolist() == multipletests(p, 0.05, method="fdr_bh")[0].tolist()


def test_adjustments_of_nothing():
    """No test, nothing rejected."""
    assert holm(np.zeros(0)).tolist() == benjamini_hochberg(np.zeros(0), 0.05).tolist() == []


def test_holm_by_hand():
    """0.01, 0.04, 0.03 of three: 3 * 0.01, then 2 * 0.03 = 0.06, then max(0.06, 0.04)."""
    assert holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])


def test_units_for_margins():
    """Independent units that certify a share within .02, .03, .05 and .10 of one half with power .9."""
    assert [units_for_margin(d) for d in (0.02, 0.03, 0.05, 0.10)] == [6764, 3007, 1083, 271]
    assert smallest_margin(0.01) == pytest.approx(0.01 * margin_in_errors()) == pytest.approx(0.0328971, rel=1e-4)


def test_runs_by_hand():
    """AABBA has 3 runs; with n1 = 3, n2 = 2: mean 1 + 12 / 5, variance 12 * (12 - 5) / (25 * 4)."""
    found = runs_test(np.array([1, 1, 0, 0, 1], dtype=bool), np.zeros(5, dtype=np.int64))
    assert found is not None
    assert (found.observed, found.expected, found.n) == (3, pytest.approx(3.4), 5)
    z = (3 - 3.4) / math.sqrt(0.84)
    assert found.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))


def test_runs_moments_are_those_of_all_orders():
    """Mean and variance over every arrangement of three and four equal the formula's."""
    counts = [len(list(groupby(order))) for order in set(permutations([1] * 3 + [0] * 4))]
    found = runs_test(np.array([1, 1, 1, 0, 0, 0, 0], dtype=bool), np.zeros(7, dtype=np.int64))
    assert found is not None
    assert found.expected == pytest.approx(np.mean(counts))
    z = (found.observed - np.mean(counts)) / np.std(counts)
    assert found.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))


def test_runs_equal_statsmodels():
    """One long sequence has statsmodels' p value."""
    values = np.random.default_rng(3).random(200) < 0.4
    found = runs_test(values, np.zeros(200, dtype=np.int64))
    assert found is not None
    assert found.p_value == pytest.approx(runstest_1samp(values.astype(float), cutoff=0.5, correction=False)[1])


def test_runs_of_constant_groups_say_nothing():
    """Two annotators, each with one order only: nothing to test."""
    assert runs_test(np.array([1, 1, 0, 0], dtype=bool), np.array([0, 0, 1, 1])) is None
    assert runs_test(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64)) is None


def spread_twin(hits: np.ndarray, n: np.ndarray) -> float:
    """The moment estimate of the variance of the true shares, written as a loop."""
    total, share, between = n.sum(), hits.sum() / n.sum(), 0.0
    for k, m in zip(hits, n, strict=True):
        between += m * (k / m - share) ** 2
    extra = len(n) - 1
    return (between - extra * share * (1 - share)) / (total - (n**2).sum() / total - extra)


def test_spread_and_its_jackknife_equal_the_loop():
    """The estimate is the twin's; the interval is the twin's with each annotator left out in turn."""
    random = np.random.default_rng(5)
    n = random.integers(2, 60, 30).astype(float)
    hits = random.binomial(n.astype(int), random.beta(2, 2, 30)).astype(float)
    found = spread(hits, n)
    assert found is not None
    variance = spread_twin(hits, n)
    rest = np.array([spread_twin(np.delete(hits, j), np.delete(n, j)) for j in range(30)])
    error = math.sqrt(29 / 30 * ((rest - variance) ** 2).sum())
    assert found.sd == pytest.approx(math.sqrt(variance))
    assert found.interval.high == pytest.approx(math.sqrt(variance + 1.6991270 * error), rel=1e-5)


def test_spread_is_right_on_average():
    """True rates of standard deviation 0.1, 400 files of 40 annotators: the mean variance is within 3 errors of it."""
    random = np.random.default_rng(8)
    estimates = []
    for _ in range(400):
        n = random.integers(20, 100, 40)
        theta = random.beta(12, 12, 40)  # sd = sqrt(1 / (4 * 25)) = 0.1
        estimates.append(spread_twin(random.binomial(n, theta).astype(float), n.astype(float)))
    assert abs(np.mean(estimates) - 0.01) < 3 * np.std(estimates) / math.sqrt(400)


def test_spread_of_like_annotators_is_small():
    """Forty fair annotators of 500: no spread to speak of, and about one unit of chi-square a degree of freedom."""
    hits = np.random.default_rng(2).binomial(500, 0.5, 40).astype(float)
    found = spread(hits, np.full(40, 500.0))
    assert found is not None
    assert found.sd < 0.02
    assert 0.5 < found.overdispersion < 1.6


@pytest.mark.parametrize("n", [[5.0, 5.0], [1.0] * 9])
def test_spread_undetermined(n):
    """Two annotators, or one judgment each: no variance can be told."""
    assert spread(np.array(n) * 0 + 1, np.array(n)) is None

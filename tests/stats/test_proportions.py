"""Intervals and exact tests of one proportion against published values and scipy.stats."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from audit.stats.proportions import clopper_pearson, even_odds_test, wilson

CASES = [(0, 1), (1, 1), (0, 59), (3, 10), (17, 40), (40, 40), (999, 2000), (1, 100_000)]


@pytest.mark.parametrize(("successes", "n"), CASES)
@pytest.mark.parametrize("level", [0.90, 0.95])
def test_intervals_equal_scipys(successes, n, level):
    """Wilson and Clopper-Pearson are those of scipy.stats.binomtest."""
    oracle = stats.binomtest(successes, n)
    for mine, method in ((wilson, "wilson"), (clopper_pearson, "exact")):
        theirs = oracle.proportion_ci(level, method)
        assert mine(successes, n, level) == pytest.approx((theirs.low, theirs.high), rel=1e-9, abs=1e-12)


def test_zero_events_follow_the_rule_of_three():
    """With no event in n units the upper 95 % bound solves (1 - p)^n = 0.05."""
    assert clopper_pearson(0, 59)[1] == pytest.approx(1 - 0.05 ** (1 / 59), rel=1e-12)


def test_fractional_counts_lie_between_their_neighbours():
    """Effective counts need not be whole, and the bounds move with them."""
    bounds = [clopper_pearson(k, 20.5) for k in (3, 3.5, 4)]
    assert bounds[0][0] < bounds[1][0] < bounds[2][0]
    assert bounds[0][1] < bounds[1][1] < bounds[2][1]


def test_even_odds_by_hand():
    """Nine of ten: 2 * (1 + 10) / 2^10 = 22 / 1024; five of ten is the middle; none of none says nothing."""
    assert even_odds_test([9, 5, 0], [10, 10, 0]).tolist() == pytest.approx([22 / 1024, 1.0, 1.0])


def test_even_odds_equal_scipys():
    """Elementwise the same p values as scipy.stats.binomtest at one half."""
    random = np.random.default_rng(1)
    n = random.integers(1, 400, 60)
    k = random.binomial(n, 0.5 + 0.1 * random.standard_normal(60).clip(-2, 2))
    theirs = [stats.binomtest(int(a), int(b)).pvalue for a, b in zip(k, n, strict=True)]
    assert even_odds_test(k, n) == pytest.approx(theirs, rel=1e-9)

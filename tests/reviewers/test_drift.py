"""Drift: the within estimator against dummies in statsmodels, Fisher's test against scipy, halves by hand."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import hypergeom

from audit.reviewers.drift import Course, fisher, halves, later_half
from audit.stats.within import change


def course(reviewer: list[int], moment: list[int], hit: list[int]) -> Course:
    n = np.arange(len(reviewer))
    return Course("x", "x", np.array(reviewer), np.array(hit, np.bool_), np.array(moment), n, n)


def test_halves_by_hand() -> None:
    """Four answers split in two; of three the middle one is in neither; one time goes to one half; -1 is no time."""
    own = course(
        [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3], [4, 1, 2, 3, 7, 5, 6, 8, 8, 9, -1], [1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1]
    )
    assert later_half(own).tolist() == [1, -1, -1, 1, 1, -1, 0, -1, -1, 1, 0]
    assert list(halves(own)) == [(0, (0, 2), (2, 2)), (1, (1, 1), (1, 1)), (2, (1, 2), (1, 1))]


def test_fisher_equals_twice_the_smaller_tail() -> None:
    """By scipy's hypergeometric distribution."""
    for earlier, later in (((18, 20), (10, 20)), ((5, 9), (6, 9)), ((0, 4), (4, 4)), ((7, 7), (7, 7))):
        hits, lot = earlier[0] + later[0], earlier[1] + later[1]
        low = hypergeom.cdf(later[0], lot, hits, later[1])
        high = hypergeom.sf(later[0] - 1, lot, hits, later[1])
        assert fisher(earlier, later) == pytest.approx(min(1.0, 2 * min(low, high)))


def test_change_equals_dummies_for_each_group() -> None:
    """The slope of least squares with a constant for each group; residuals clustered, G / (G - 1)."""
    rng = np.random.default_rng(0)
    groups, clusters = rng.integers(0, 6, 300), rng.integers(0, 25, 300)
    x = (rng.random(300) < 0.4).astype(float)
    y = (rng.random(300) < 0.5 + 0.1 * x).astype(float)
    found = change(x, y, groups, {"prompt": clusters})
    assert found is not None
    design = np.column_stack([x, *(groups == g for g in range(6))]).astype(float)
    fit = sm.OLS(y, design).fit()
    scores = design * fit.resid[:, None]
    sums = np.stack([scores[clusters == c].sum(axis=0) for c in range(25)])
    bread = np.linalg.inv(design.T @ design)
    error = np.sqrt((25 / 24 * bread @ sums.T @ sums @ bread)[0, 0])
    assert found.value == pytest.approx(fit.params[0])
    assert found.error == pytest.approx(error)
    assert found.df == 24


def test_change_needs_two_sides_within_a_group() -> None:
    """Groups wholly on one side say nothing, and new reviewers are no drift."""
    groups = np.repeat([0, 1], 20)
    assert change((groups == 1).astype(float), np.ones(40), groups, {"prompt": np.arange(40)}) is None


def test_p_values_of_no_change_are_even() -> None:
    """500 draws without a change: about a twentieth below .05."""
    rng = np.random.default_rng(1)
    groups, clusters = np.repeat(np.arange(5), 40), np.tile(np.arange(100), 2)
    x = np.tile(np.repeat([0.0, 1.0], 20), 5)
    p = []
    for _ in range(500):
        found = change(x, (rng.random(200) < 0.8).astype(float), groups, {"prompt": clusters})
        assert found is not None
        p.append(found.p_value)
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.08

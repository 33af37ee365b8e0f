"""The clustered logit against statsmodels, the exact delete-one jackknife, and its own edge cases."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from audit.stats.logit import DEPENDENT, EMPTY, ONE_CLUSTER, SEPARATED, dense, logit, maximise, penalised


def clustered_sample(n: int = 900, groups: int = 60, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two columns, a shared shift in each cluster, clusters of unequal size."""
    rng = np.random.default_rng(seed)
    clusters = np.minimum(rng.geometric(0.05, n), groups) - 1
    shift = rng.normal(0, 0.7, groups)
    x = rng.normal(size=(n, 2)) + shift[clusters][:, None] * [0.5, 0.0]
    y = (rng.random(n) < 1 / (1 + np.exp(-(0.3 + 0.8 * x[:, 0] - 0.4 * x[:, 1] + shift[clusters])))).astype(float)
    return x, y, clusters


def test_agrees_with_statsmodels() -> None:
    """Coefficients and CV1 standard errors equal statsmodels' to 1e-8, after its extra factor (n - 1) / (n - k)."""
    x, y, clusters = clustered_sample()
    oracle = sm.Logit(y, sm.add_constant(x)).fit(
        disp=0, tol=1e-14, cov_type="cluster", cov_kwds={"groups": clusters}, method="newton"
    )
    n, k = len(y), 3

    fit = logit(x, y, clusters)

    assert fit.problem is None
    np.testing.assert_allclose(fit.coefficients, oracle.params, rtol=1e-8)
    ours = np.sqrt(np.diag(fit.covariance_sandwich) * (n - 1) / (n - k))
    np.testing.assert_allclose(ours, oracle.bse, rtol=1e-8)
    np.testing.assert_allclose(
        fit.covariance_naive, sm.Logit(y, sm.add_constant(x)).fit(disp=0).cov_params(), rtol=1e-6
    )


def test_cv3l_is_close_to_the_exact_jackknife() -> None:
    """The linearised standard errors are within 2 % of refitting without each cluster in turn."""
    x, y, clusters = clustered_sample()
    fit = logit(x, y, clusters)
    names = np.unique(clusters)
    moved = np.array([logit(x[clusters != g], y[clusters != g], clusters[clusters != g]).coefficients for g in names])
    exact = np.sqrt((len(names) - 1) / len(names) * ((moved - fit.coefficients) ** 2).sum(axis=0))

    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), exact, rtol=0.02)


def test_cv3l_equals_its_definition() -> None:
    """The vectorised elimination equals solving H - H_g for each cluster, written out."""
    x, y, clusters = clustered_sample(n=200, groups=9)
    fit = logit(x, y, clusters)
    design = np.column_stack([np.ones(len(y)), x])
    p = 1 / (1 + np.exp(-design @ fit.coefficients))
    total = (design * (p * (1 - p))[:, None]).T @ design
    expected = np.zeros((3, 3))
    names = np.unique(clusters)
    for g in names:
        own = clusters == g
        score = design[own].T @ (y - p)[own]
        information = (design[own] * (p * (1 - p))[own][:, None]).T @ design[own]
        step = np.linalg.solve(total - information, score)
        expected += (len(names) - 1) / len(names) * np.outer(step, step)

    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-9)


def test_penalised_fit_agrees_with_scikit_learn() -> None:
    """L2 penalty, sampling weights, no intercept: the coefficients of LogisticRegression with C = 1 / l2."""
    x, y, clusters = clustered_sample()
    weights = np.random.default_rng(1).integers(1, 4, len(y)).astype(float)
    oracle = LogisticRegression(C=1 / 2.5, fit_intercept=False, tol=1e-12, max_iter=10_000).fit(x, y, weights)

    fit = logit(x, y, clusters, weights=weights, intercept=False, l2=2.5)

    np.testing.assert_allclose(fit.coefficients, oracle.coef_[0], rtol=1e-5)


def test_a_whole_weight_is_a_repeated_row() -> None:
    """Weight 2 gives the coefficients and CV3L of a row that stands twice."""
    x, y, clusters = clustered_sample(n=120, groups=8)
    weights = np.tile([1.0, 2.0], 60)
    twice = np.repeat(np.arange(120), weights.astype(int))

    fit, repeated = logit(x, y, clusters, weights=weights), logit(x[twice], y[twice], clusters[twice])

    np.testing.assert_allclose(fit.coefficients, repeated.coefficients, rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, repeated.covariance, rtol=1e-9)


def test_interval_and_effective_numbers() -> None:
    """The interval is coefficient +- t(G - 1) quantile times the error; copies of rows add no information."""
    x, y, _ = clustered_sample(n=150, groups=150)
    alone = np.arange(150)
    single = logit(x[:, :1], y, alone, intercept=False)
    thrice = logit(np.repeat(x[:, :1], 3, axis=0), np.repeat(y, 3), np.repeat(alone, 3), intercept=False)

    line = single.interval(0.90)

    assert line.df == 149
    assert line.high - single.coefficients[0] == pytest.approx(1.6551445 * single.standard_error(), rel=1e-7)
    assert thrice.interval(0.90) == single.interval(0.90) or np.allclose(
        [thrice.interval(0.90).low, thrice.interval(0.90).high], [line.low, line.high], rtol=1e-9
    )
    assert thrice.n_effective() == pytest.approx(450 / 3, rel=0.2)
    assert thrice.clusters_effective == pytest.approx(150)


def test_p_value() -> None:
    """The p value is that of the t statistic with G - 1 degrees of freedom."""
    from scipy import stats

    x, y, clusters = clustered_sample(n=300, groups=20)
    fit = logit(x, y, clusters)
    statistic = fit.coefficients[2] / fit.standard_error(2)

    assert fit.p_value(2) == pytest.approx(2 * stats.t.sf(abs(statistic), fit.clusters - 1))


@pytest.mark.parametrize(
    ("x", "y", "clusters", "problem"),
    [
        ([], [], [], EMPTY),
        ([1.0, 2.0, 3.0], [1, 1, 1], [0, 1, 2], SEPARATED),
        ([1.0, -2.0, 3.0, 0.0], [1, 0, 1, 1], [0, 1, 2, 3], SEPARATED),
        ([0.0, 0.0], [1, 0], [0, 1], DEPENDENT),
        ([1.0, -1.0, 1.0, 1.0], [1, 1, 0, 1], [7, 7, 7, 7], ONE_CLUSTER),
        ([1.0, 0.0, 0.0, 1.0], [1, 1, 0, 0], [0, 1, 2, 0], ONE_CLUSTER),
    ],
)
def test_problems_are_told_not_raised(x: list[float], y: list[int], clusters: list[int], problem: str) -> None:
    """Without a sound estimate the fit says why, and nothing in it is NaN."""
    fit = logit(np.array(x), np.array(y, dtype=float), np.array(clusters, dtype=np.int64), intercept=False)

    assert fit.problem == problem
    assert np.isfinite(fit.coefficients).all()
    assert np.isfinite(fit.covariance).all()


def test_quasi_separation_is_seen_among_several_columns() -> None:
    """A flag that occurs only with outcome 1 runs away while the other column is sound: still told."""
    x, y, clusters = clustered_sample(n=300)
    flag = np.zeros(300)
    flag[np.flatnonzero(y)[:5]] = 1.0

    assert logit(np.column_stack([x, flag]), y, clusters).problem == SEPARATED
    assert logit(np.column_stack([x, flag]), y, clusters, l2=1.0).problem is None


def test_extreme_effects_are_not_taken_for_separation() -> None:
    """A slope of 8 with overlapping outcomes is estimated."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=4000)
    y = (rng.random(4000) < 1 / (1 + np.exp(-8 * x))).astype(float)

    fit = logit(x, y, np.arange(4000), intercept=False)

    assert fit.problem is None
    assert fit.coefficients[0] == pytest.approx(8, abs=4 * fit.standard_error())


def test_row_order_does_not_matter() -> None:
    """Shuffled rows give the same numbers to 12 digits."""
    x, y, clusters = clustered_sample()
    order = np.random.default_rng(9).permutation(len(y))

    fit, shuffled = logit(x, y, clusters), logit(x[order], y[order], clusters[order])

    np.testing.assert_allclose(fit.coefficients, shuffled.coefficients, rtol=1e-12)
    np.testing.assert_allclose(fit.covariance, shuffled.covariance, rtol=1e-11)


def test_dense_numbers() -> None:
    """Gaps are closed in order, sorted or not."""
    assert dense(np.array([2, 2, 5, 9])).tolist() == [0, 0, 1, 2]
    assert dense(np.array([9, 2, 5, 2])).tolist() == [2, 0, 1, 0]
    assert dense(np.zeros(0, dtype=np.int64)).tolist() == []


@pytest.mark.parametrize("start", [0.0, 5.0, -40.0, 300.0])
def test_the_maximum_does_not_depend_on_where_the_climb_begins(start: float) -> None:
    """From far out, where probabilities are 0 or 1 and a Newton step overshoots by far, the same point is reached."""
    x, y, _ = clustered_sample()
    ones, penalty = np.ones(len(y)), np.full(2, 0.5)
    expected = maximise(x, y, penalty=penalty)
    found = penalised(x, y, ones, penalty, np.full(2, start))

    np.testing.assert_allclose(found, expected.coefficients, rtol=1e-10)
    gradient = x.T @ expected.residuals - penalty * expected.coefficients
    np.testing.assert_allclose(gradient, 0.0, atol=1e-9)

"""Cluster-robust means against a slow twin, statsmodels, and the cases where nothing can be estimated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from audit.stats.clusters import cluster_mean, share, t_quantile
from audit.stats.proportions import clopper_pearson


def clustered(seed: int, clusters: int = 25, spread: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Votes whose log odds vary by cluster; clusters of 1 to 9 units, numbers with gaps."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 10, clusters)
    groups = np.repeat(random.permutation(3 * clusters)[:clusters], sizes)
    odds = np.repeat(spread * random.standard_normal(clusters), sizes)
    return random.random(len(groups)) < 1 / (1 + np.exp(-odds)), groups.astype(np.int64)


def jackknife_twin(y: np.ndarray, groups: np.ndarray) -> float:
    """Delete each cluster, take the mean of the rest: sqrt((G - 1) / G * sum (mean_(g) - mean)^2)."""
    names = sorted(set(groups.tolist()))
    rest = [y[groups != name].mean() for name in names]
    return math.sqrt((len(names) - 1) / len(names) * sum((m - y.mean()) ** 2 for m in rest))


@pytest.mark.parametrize("seed", range(5))
def test_cv3l_is_the_delete_one_cluster_jackknife(seed):
    """The closed form equals deleting each cluster in turn."""
    y, groups = clustered(seed)
    assert cluster_mean(y, groups).cv3l == pytest.approx(jackknife_twin(y, groups), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_cv1_is_statsmodels(seed):
    """A regression on a constant with clustered covariance and its G / (G - 1) correction gives the same error."""
    y, groups = clustered(seed)
    fit = sm.OLS(y.astype(float), np.ones(len(y))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    count = len(set(groups.tolist()))
    assert cluster_mean(y, groups).cv1 == pytest.approx(fit.bse[0] * math.sqrt(count / (count - 1)), rel=1e-10)


def test_singletons_give_the_textbook_error():
    """With one unit a cluster CV1 is s / sqrt(n), s with n - 1: sqrt(0.24 * 10 / 9 / 10) for six of ten."""
    mean = cluster_mean(np.array([True] * 6 + [False] * 4), np.arange(10))
    assert (mean.mean, mean.clusters, mean.effective_clusters) == (0.6, 10, 10.0)
    assert mean.cv1 == pytest.approx(math.sqrt(0.24 / 9), rel=1e-12)


def test_effective_clusters_by_hand():
    """Sizes 6, 2, 2: 10^2 / (36 + 4 + 4) = 100 / 44."""
    groups = np.repeat([0, 1, 2], [6, 2, 2])
    assert cluster_mean(np.ones(10), groups).effective_clusters == pytest.approx(100 / 44)


def test_share_uses_the_widest_clustering():
    """Annotators that never waver, prompts that mix: the annotators decide, with t(G - 1) around the mean."""
    hits = np.repeat([True, True, True, False] * 10, 20)
    annotators, prompts = np.repeat(np.arange(40), 20), np.tile(np.arange(20), 40)
    found = share(hits, {"prompt": prompts, "annotator": annotators})
    assert found.interval.method.startswith("t, CV3L clustered by annotator, 40 clusters")
    half = found.standard_errors["annotator"] * stats.t.ppf(0.95, 39)
    assert (found.interval.low, found.interval.high) == pytest.approx((0.75 - half, 0.75 + half))
    assert found.n_effective == pytest.approx(0.75 * 0.25 / found.standard_errors["annotator"] ** 2)
    assert (found.n, found.interval.df) == (800, 39.0)


def test_share_of_no_events_is_exact():
    """No hit in 50 prompts of one: Clopper-Pearson on 50 units, not a point."""
    found = share(np.zeros(50, dtype=bool), {"prompt": np.arange(50)})
    assert (found.interval.low, found.interval.high) == pytest.approx(clopper_pearson(0, 50))
    assert found.interval.standard_error is None


def test_share_of_no_events_rests_on_the_fewest_clusters():
    """No hit in 100 prompts by 5 annotators: only five annotators are known to do without, and the method says so."""
    clusters = {"prompt": np.arange(100), "annotator": np.arange(100) % 5}
    found = share(np.zeros(100, dtype=bool), clusters)
    assert "clustered by annotator" in found.interval.method
    assert found.n_effective == pytest.approx(5)
    assert found.interval.high > clopper_pearson(0, 5)[1] - 1e-9


def test_share_of_balanced_clusters_is_no_point():
    """Every prompt one third: no spread to estimate, so the effective units are the prompts."""
    hits = np.tile([True, False, False], 12)
    found = share(hits, {"prompt": np.repeat(np.arange(12), 3)})
    assert found.value == pytest.approx(1 / 3)
    assert found.interval.low < 0.2 < 0.5 < found.interval.high


def test_one_cluster_says_nothing_of_others():
    """One prompt holds every vote: the interval is the whole range, and says why."""
    found = share(np.array([True, False, True]), {"prompt": np.zeros(3, dtype=np.int64)})
    assert (found.interval.low, found.interval.high) == (0.0, 1.0)
    assert "one prompt" in found.interval.method


def test_one_annotator_leaves_the_prompts():
    """A lone judge: clustered by prompt, and the method tells that it is one annotator's."""
    hits = np.arange(60) % 2 == 0
    found = share(hits, {"prompt": np.arange(60), "annotator": np.zeros(60, dtype=np.int64)})
    assert found.interval.method == "t, CV3L clustered by prompt, 60 clusters; one annotator"


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_interval_covers(spread):
    """Over 400 files of 40 clusters the 90 % interval covers the true 0.5 in at least 86 % (3 errors of 1.5 %)."""
    covered = 0
    for seed in range(400):
        y, groups = clustered(seed + 1000, 40, spread)
        interval = share(y, {"prompt": groups}).interval
        covered += interval.low <= 0.5 <= interval.high
    assert 0.86 <= covered / 400 <= 0.96


def test_t_quantile_is_scipys():
    """The half-width in standard errors for 90 % and 7 degrees of freedom."""
    assert t_quantile(0.90, 7) == pytest.approx(stats.t.ppf(0.95, 7), rel=1e-10)

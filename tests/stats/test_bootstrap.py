"""The pattern bootstrap: the slow twin resamples units one by one; intervals cover; seeds come from names."""

from __future__ import annotations

import numpy as np
import pytest

from audit.stats import bootstrap
from audit.stats.agreement import coefficients, sums
from audit.stats.bootstrap import MOST_PATTERNS, Patterns, cluster_patterns, distinct, linearised, seed_of, spread


def votes(n: int, seed: int, raters: int = 3) -> np.ndarray:
    """Counts of n items whose share for the first category is Beta(1/2, 1/2)."""
    random = np.random.default_rng(seed)
    first = random.binomial(raters, random.beta(0.5, 0.5, n))
    return np.column_stack([first, raters - first])


def patterns(counts: np.ndarray) -> Patterns:
    first, number = distinct(counts)
    return Patterns(sums(counts[first]), np.bincount(number))


def test_distinct_rows() -> None:
    """Each row's pattern is its own; patterns are sorted; many wide columns take the hash and still agree."""
    random = np.random.default_rng(0)
    for width, most in ((3, 4), (40, 9)):
        counts = random.integers(0, most, (5, width))[random.integers(0, 5, 200)]
        first, number = distinct(counts)
        assert len(first) == len(np.unique(counts, axis=0))
        np.testing.assert_array_equal(counts[first][number], counts)
        again, _ = distinct(counts[::-1])
        np.testing.assert_array_equal(counts[::-1][again], counts[first])


def test_totals_are_those_of_the_items() -> None:
    """Patterns times how often they stand is the sum over items."""
    counts = votes(500, 1)
    np.testing.assert_allclose(patterns(counts).totals, sums(counts).sum(axis=0))


def test_spread_agrees_with_resampling_items() -> None:
    """The slow twin draws items with replacement: standard errors agree within Monte-Carlo error.

    With 1,500 resamples each the standard error of a standard error is about s / sqrt(3,000), 1.8 %.
    """
    counts = votes(150, 2)
    fast = spread(patterns(counts), lambda t: coefficients(t, 2), 0.9, seed_of("twin"), 1_500)
    random, own = np.random.default_rng(5), sums(counts)
    slow = np.array([coefficients(own[random.integers(0, 150, 150)].sum(axis=0), 2) for _ in range(1_500)])
    np.testing.assert_allclose(fast.error, slow.std(axis=0, ddof=1), rtol=0.12)
    np.testing.assert_allclose(fast.low, np.quantile(slow, 0.05, axis=0), atol=0.25 * fast.error.max())
    np.testing.assert_allclose(fast.high, np.quantile(slow, 0.95, axis=0), atol=0.25 * fast.error.max())


def test_clusters_of_equal_content_are_one_pattern() -> None:
    """Clusters are told apart by how often they hold each pattern, whatever the order of units and numbers."""
    number = np.array([0, 1, 1, 0, 2, 0, 1])
    cluster = np.array([7, 7, 3, 3, 5, 9, 9])
    rows = np.array([[1.0, 0.0], [0.0, 2.0], [5.0, 5.0]])
    found = cluster_patterns(number, cluster, rows)
    assert sorted(zip(map(tuple, found.rows.tolist()), found.times.tolist(), strict=True)) == [
        ((1.0, 2.0), 3),
        ((5.0, 5.0), 1),
    ]
    order = np.array([6, 2, 0, 5, 4, 1, 3])
    again = cluster_patterns(number[order], 100 - cluster[order], rows)
    np.testing.assert_array_equal(again.rows, found.rows)
    np.testing.assert_array_equal(again.times, found.times)


def test_cluster_bootstrap_is_wider_for_copies() -> None:
    """Every item five times in its cluster: the cluster's error is that of one copy, sqrt(5) times the item's."""
    counts = np.repeat(votes(200, 3), 5, axis=0)
    first, number = distinct(counts)
    rows = sums(counts[first])
    items = spread(Patterns(rows, np.bincount(number)), lambda t: coefficients(t, 2), 0.9, 1)
    clusters = spread(
        cluster_patterns(number, np.repeat(np.arange(200), 5), rows), lambda t: coefficients(t, 2), 0.9, 1
    )
    np.testing.assert_allclose(clusters.error / items.error, np.sqrt(5), rtol=0.08)


def test_linearised_agrees_with_resampling() -> None:
    """The infinitesimal jackknife and the bootstrap tell one standard error."""
    own = patterns(votes(400, 4))
    one = linearised(own, lambda t: coefficients(t, 2), 0.9)
    other = spread(own, lambda t: coefficients(t, 2), 0.9, 1)
    np.testing.assert_allclose(one.error, other.error, rtol=0.08)


def test_many_patterns_are_linearised() -> None:
    """Above MOST_PATTERNS distinct rows no matrix of draws is made."""
    random = np.random.default_rng(0)
    rows = random.random((MOST_PATTERNS + 1, 2))
    found = spread(Patterns(rows, np.ones(len(rows), dtype=np.int64)), lambda t: t[..., :1] / t[..., 1:], 0.9, 1)
    assert found.method == "normal, linearised"
    ratio = rows[:, 0].sum() / rows[:, 1].sum()
    error = np.sqrt(((rows[:, 0] - ratio * rows[:, 1]) ** 2).sum()) / rows[:, 1].sum()
    np.testing.assert_allclose(found.error, [error], rtol=0.01)


def test_undefined_in_many_resamples_has_no_interval() -> None:
    """Two items of which one holds all the variance: alpha is undefined in a quarter of the resamples."""
    own = patterns(np.array([[2, 0], [1, 1]]))
    found = spread(own, lambda t: coefficients(t, 2), 0.9, 1)
    assert np.isnan(found.low[4])
    assert np.isfinite(found.low[0])


def test_seeds_come_from_names() -> None:
    """One name, one seed; other names, other seeds."""
    assert seed_of("agreement", "items") == seed_of("agreement", "items")
    assert len({seed_of("agreement", "items"), seed_of("agreement", "prompts"), seed_of("agreementitems")}) == 3


def test_resampling_many_items_costs_few_products() -> None:
    """17,000 items of five votes have few patterns: 2,000 resamples of five coefficients are a small matrix."""
    own = patterns(votes(17_000, 6, raters=5))
    assert len(own.times) <= 6
    assert spread(own, lambda t: coefficients(t, 2), 0.9, 1).error.shape == (5,)
    assert bootstrap.RESAMPLES == 2_000


@pytest.mark.parametrize("n", [60, 300])
def test_intervals_cover(n: int) -> None:
    """90 % intervals of pa, AC1 and alpha cover the truth in at least 84 % of 200 files.

    Truth: p is Beta(1/2, 1/2), so pa = (a + 1) / (2 a + 1) = 0.75 and, with even categories, 2 pa - 1 = 0.5. The
    standard error of a covered share of 0.9 is sqrt(0.09 / 200) = 0.021; 0.84 is three of them below.
    """
    inside = np.zeros(5)
    for seed in range(200):
        found = spread(patterns(votes(n, seed)), lambda t: coefficients(t, 2), 0.9, seed_of("cover"), 400)
        truth = np.array([0.75, 0.5, 0.5, 0.5, 0.5])
        inside += (found.low <= truth) & (truth <= found.high)
    assert (inside[[0, 2, 3, 4]] / 200 >= 0.84).all()

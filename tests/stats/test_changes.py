"""Changes of shares: against leaving clusters out by hand, against scipy's Fisher test, and by coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from audit.stats.changes import change, table_probability


def test_the_jackknife_by_hand() -> None:
    """Three clusters; each left out in turn; sqrt(2/3 sum (d_g - d)^2) t_2(.95)."""
    hits = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1], np.bool_)
    late = np.array([0, 0, 1, 1] * 3, np.bool_)
    groups = np.repeat([0, 1, 2], 4)
    d = 6 / 6 - 2 / 6
    without = []
    for g in range(3):
        kept = groups != g
        without.append(hits[kept & late].mean() - hits[kept & ~late].mean())
    error = math.sqrt(2 / 3 * sum((one - d) ** 2 for one in without))
    found = change(hits, late, {"prompt": groups})
    assert found is not None
    assert found.value == pytest.approx(d)
    assert found.interval.standard_error == pytest.approx(error)
    assert found.interval.low == pytest.approx(max(-1, d - error * stats.t.ppf(0.95, 2)))


def test_what_cannot_be_told() -> None:
    """One part is empty: None. A cluster that is a whole part: everything is possible."""
    hits, late = np.ones(4, np.bool_), np.array([0, 0, 1, 1], np.bool_)
    assert change(hits, np.zeros(4, np.bool_), {"prompt": np.arange(4)}) is None
    found = change(hits, late, {"prompt": np.array([0, 1, 2, 2])})
    assert found is not None
    assert (found.interval.low, found.interval.high) == (-1.0, 1.0)


def test_coverage_with_clusters() -> None:
    """Of 400 files without a change 40 intervals at 90 % should miss it; three errors are 18."""
    rng = np.random.default_rng(4)
    missed = 0
    for _ in range(400):
        skill = np.repeat(rng.beta(8, 2, 40), 20)
        late = np.tile(np.arange(20) >= 10, 40)
        found = change(rng.random(800) < skill, late, {"annotator": np.repeat(np.arange(40), 20)})
        assert found is not None
        missed += not found.interval.low <= 0 <= found.interval.high
    assert 22 <= missed <= 58


@pytest.mark.parametrize(("a", "n", "b", "m"), [(7, 10, 2, 12), (0, 5, 5, 5), (3, 6, 3, 6), (20, 40, 33, 41)])
def test_exact_tables(a: int, n: int, b: int, m: int) -> None:
    """Twice the smaller of scipy's one-sided p values."""
    table = [[a, n - a], [b, m - b]]
    sides = [stats.fisher_exact(table, alternative=side).pvalue for side in ("less", "greater")]
    assert table_probability(a, n, b, m) == pytest.approx(min(1.0, 2 * min(sides)), rel=1e-9)

"""Partial pooling and ratios of sums: by hand, by deletion, and at their limits."""

from __future__ import annotations

import numpy as np
import pytest

from audit.stats.partial_pooling import pooled
from audit.stats.ratios import ratio


def test_groups_that_noise_explains_are_pooled_wholly() -> None:
    """Spread below the errors: tau is zero and every group gets the weighted mean, (0.6 + 0.62) / 2 = 0.61."""
    found = pooled(np.array([0.60, 0.62]), np.array([0.05, 0.05]))
    assert found.spread == 0.0
    assert found.value.tolist() == pytest.approx([0.61, 0.61])
    assert found.error.tolist() == pytest.approx([0.05 / np.sqrt(2)] * 2)


def test_groups_that_differ_stay_apart() -> None:
    """Errors far below the spread leave the estimates; a noisy group is drawn most."""
    values = np.array([0.5, 0.7, 0.9, 0.2])
    sharp = pooled(values, np.full(4, 1e-4))
    np.testing.assert_allclose(sharp.value, values, atol=1e-4)
    mixed = pooled(values, np.array([0.01, 0.01, 0.01, 0.3]))
    assert abs(mixed.value[3] - mixed.mean) < 0.7 * abs(0.2 - mixed.mean)
    low, high = mixed.ends(0.9)
    assert (low < mixed.value).all()
    assert (mixed.value < high).all()


def test_pooling_is_nearer_to_the_truth() -> None:
    """Of 40 groups with true spread 0.05 and errors 0.05, pooled estimates have less squared error; spread is found."""
    random = np.random.default_rng(0)
    truth = random.normal(0.7, 0.05, 400)
    seen = truth + random.normal(0, 0.05, 400)
    found = pooled(seen, np.full(400, 0.05))
    assert ((found.value - truth) ** 2).mean() < 0.7 * ((seen - truth) ** 2).mean()
    assert found.spread == pytest.approx(0.05, abs=0.01)
    low, high = found.ends(0.9)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.9, abs=0.05)


def test_one_group_is_itself() -> None:
    """A single group has nothing to be drawn to."""
    found = pooled(np.array([0.4]), np.array([0.1]))
    assert found.value[0] == pytest.approx(0.4)


def test_ratio_by_deletion() -> None:
    """The standard error is that of recomputing without each cluster in turn."""
    random = np.random.default_rng(0)
    above, below = random.random(30), random.integers(0, 4, 30).astype(float)
    cluster = random.integers(0, 7, 30) * 3
    found = ratio(above * below, below, cluster)
    value = (above * below).sum() / below.sum()
    left = [(above * below)[cluster != c].sum() / below[cluster != c].sum() for c in np.unique(cluster[below > 0])]
    count = len(left)
    assert found.value == pytest.approx(value)
    assert found.error == pytest.approx(np.sqrt((count - 1) / count * ((np.array(left) - value) ** 2).sum()))
    assert found.clusters == count
    assert ratio(np.ones(3), np.ones(3), np.zeros(3, dtype=np.int64)).error is None

"""Held-out scores against scikit-learn fold by fold, and the laws of antisymmetric models."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from audit.stats.auc import paired_auc
from audit.stats.folds import held_out_advantages, rescaled


def sample(n: int = 300, k: int = 4, slope: float = 0.6) -> tuple[np.ndarray, np.ndarray]:
    """Differences, chosen minus rejected, of which the first column carries a signal; two comparisons a prompt."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(n, k))
    a_won = rng.random(n) < 1 / (1 + np.exp(-slope * x[:, 0]))
    return np.where(a_won[:, None], x, -x), np.arange(n) // 2


def test_equals_scikit_learn_fold_by_fold():
    """Each fold's scores are those of LogisticRegression fitted on the other folds, sides turned at random there."""
    x, clusters = sample()
    turned = np.where(np.random.default_rng(0).random(len(x)) < 0.5, 1.0, -1.0)
    expected = np.zeros(len(x))
    for fold in range(5):
        held = clusters % 5 == fold
        oracle = LogisticRegression(C=1 / 2.0, fit_intercept=False, tol=1e-12, max_iter=10_000)
        oracle.fit((x * turned[:, None])[~held], turned[~held] > 0)
        expected[held] = x[held] @ oracle.coef_[0]

    scores = held_out_advantages(x, clusters, folds=5, l2=2.0)

    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_nothing_leaks_from_the_held_out_fold():
    """Reversing one prompt's comparisons changes its own score only in sign: its model never saw it."""
    x, clusters = sample()
    reversed_one = np.where((clusters == 7)[:, None], -x, x)

    scores, other = (held_out_advantages(d, clusters, folds=5, l2=1.0) for d in (x, reversed_one))

    np.testing.assert_allclose(other[clusters == 7], -scores[clusters == 7], atol=2e-9)


def test_null_data_score_one_half():
    """Without a signal the mean held-out AUC over 40 samples is within four errors of 1/2."""
    rng = np.random.default_rng(2)
    found = [
        paired_auc(
            held_out_advantages(rng.normal(size=(400, 6)), np.arange(400), folds=5, l2=1.0), np.arange(400)
        ).value
        for _ in range(40)
    ]

    assert np.mean(found) == pytest.approx(0.5, abs=4 * np.std(found) / np.sqrt(40))


def test_one_cluster_and_no_column():
    """Nothing to learn from gives scores of 0."""
    x, _ = sample(20)

    assert not held_out_advantages(x, np.zeros(20, dtype=np.int64), folds=5, l2=1.0).any()
    assert not held_out_advantages(x[:, :0], np.arange(20), folds=5, l2=1.0).any()


def test_rescaled():
    """Columns 3, -3 and 0, 0 over their root mean square, 3 and 0: 1, -1 and zeros."""
    assert rescaled(np.array([[3.0, 0.0], [-3.0, 0.0]])).tolist() == [[1, 0], [-1, 0]]
    assert rescaled(np.zeros(0)).tolist() == []

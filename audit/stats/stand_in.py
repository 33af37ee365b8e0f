"""May a model stand in for a human annotator, and what is its error on items that no human judged?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.stats.clusters import cluster_mean

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEWEST_UNLABELLED = 30
"""Items without a human vote below which predictions say nothing of them."""


def benjamini_yekutieli(p: Floats, rate: float) -> Bools:
    """Return which tests are rejected at a false discovery rate, however the tests depend on each other.

    The Benjamini-Hochberg procedure at rate / (1 + 1/2 + ... + 1/m).

    Args:
        p: shape (m,).
        rate: above 0.

    Source: Benjamini and Yekutieli 2001, Ann. Statist. 29, theorem 1.3.
    """
    m = len(p)
    if not m:
        return np.zeros(0, dtype=np.bool_)
    harmonic = float((1.0 / np.arange(1, m + 1)).sum())
    ranked = np.sort(p)
    passing = np.flatnonzero(ranked <= rate / harmonic * np.arange(1, m + 1) / m)
    return np.asarray(p <= ranked[passing[-1]]) if len(passing) else np.zeros(m, dtype=np.bool_)


def stand_in_tests(human: Ints, advantage: Floats, cost: float, least: int) -> Floats:
    """Return one p value an annotator of "the human is better than the model by at least `cost`".

    Args:
        human: shape (n,), whose item it is.
        advantage: shape (n,), 1 where the human is nearer to the other humans than the model is, -1 where the model
            is, 0 where both are as near.
        cost: what a human costs more, as a share of items.
        least: items that an annotator needs.

    Source: Calderon, Reichart and Dror 2025, arXiv 2501.10970 (alternative annotator test, paired t test).
    """
    from scipy.special import stdtr  # a fifth of a second, so only here

    size = np.bincount(human)
    tested = np.flatnonzero(size >= max(least, 2))
    n = size[tested].astype(np.float64)
    mean = np.bincount(human, weights=advantage)[tested] / n
    square = np.bincount(human, weights=advantage**2)[tested]
    error = np.sqrt(np.maximum(square - n * mean**2, 0) / (n - 1) / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = stdtr(n - 1, (mean - cost) / error)
    return np.asarray(np.where(error > 0, p, np.where(mean < cost, 0.0, 1.0)), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A mean over labelled and unlabelled items."""

    value: float
    error: float
    df: float
    weight: float
    """What predictions counted for: 0 is the mean of the labelled items alone."""


def prediction_powered_mean(
    truth: Floats, predicted: Floats, clusters: Ints, predicted_more: Floats, clusters_more: Ints
) -> Corrected | None:
    """Return the mean truth of all items from truths of some and predictions of all; None below two clusters.

    theta = w mean(f, unlabelled) + mean(y - w f, labelled), w = cov(y, f) / ((1 + n / N) var f), n labelled and N
    unlabelled items. It is unbiased whatever the predictions; good ones make it sharper.

    Args:
        truth: shape (n,), y of the labelled items.
        predicted: shape (n,), f of the labelled items.
        clusters: shape (n,).
        predicted_more: shape (N,), f of the unlabelled items.
        clusters_more: shape (N,).

    Sources: Angelopoulos et al. 2023, Science 382 (prediction-powered inference); Angelopoulos, Duchi and Zrnic 2023,
    arXiv 2311.01453, for the weight.
    """
    weight = 0.0
    n, more = len(truth), len(predicted_more)
    if more >= FEWEST_UNLABELLED and n > 2:
        everything = float(np.concatenate([predicted, predicted_more]).var())
        shared = float(np.cov(truth, predicted)[0, 1])
        weight = min(1.0, max(0.0, shared / ((1 + n / more) * everything))) if everything > 0 else 0.0
    rest = cluster_mean(truth - weight * predicted, clusters)
    if rest.cv3l is None:
        return None
    if weight == 0.0:
        return Corrected(rest.mean, rest.cv3l, rest.clusters - 1.0, 0.0)
    whole = cluster_mean(predicted_more, clusters_more)
    if whole.cv3l is None:
        return None
    error = math.hypot(rest.cv3l, weight * whole.cv3l)
    return Corrected(weight * whole.mean + rest.mean, error, rest.clusters - 1.0, weight)

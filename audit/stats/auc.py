"""Area under the ROC curve of paired comparisons, with an interval that is clustered.

Every comparison enters twice, once from each side, so that the positive scores are d_1..d_n and the negative ones
-d_1..-d_n. Then AUC = mean over i, j of [d_i + d_j > 0] + [d_i + d_j = 0] / 2: the chance that the summed advantage of
two comparisons points to their chosen sides, half of it for ties (Wilcoxon's signed-rank statistic, scaled).

Variance: the placement values of DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988) 837, summed by cluster as in
Obuchowski, Biometrics 53 (1997) 567.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from audit.measure import Interval
from audit.stats.logit import dense
from audit.student import t_quantile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Auc:
    """An AUC, and what each cluster adds to its sampling error."""

    value: float
    influence: Floats
    """Shape (G,): by how much each cluster moves the estimate, to first order; they sum to 0."""
    n: int
    variance_naive: float
    """Variance as if comparisons were independent."""

    @property
    def standard_error(self) -> float:
        """Clustered standard error, G/(G - 1) corrected; 0 with fewer than two clusters."""
        return _standard_error(self.influence)

    @property
    def n_effective(self) -> float:
        """Comparisons divided by the design effect of the clusters, at most n."""
        variance = self.standard_error**2
        return self.n * min(self.variance_naive / variance, 1.0) if variance > 0 else float(len(self.influence))

    def interval(self, level: float) -> Interval | None:
        """Return the two-sided t(G - 1) interval, cut to [0, 1]; None with fewer than two clusters.

        When every comparison points the same way the standard error is 0 and says nothing. Then the exact binomial
        bound P on the share of clusters that point that way gives AUC >= P^2, as two comparisons that both do suffice.
        """
        groups = len(self.influence)
        if groups < 2:
            return None
        error = self.standard_error
        if self.value in (0.0, 1.0):
            bound = (0.5 - level / 2) ** (2 / groups)
            low, high = (bound, 1.0) if self.value == 1.0 else (0.0, 1.0 - bound)
            return Interval(low, high, level, "exact binomial over prompts, squared")
        half = t_quantile(groups - 1.0, 0.5 + level / 2) * error
        low, high = max(self.value - half, 0.0), min(self.value + half, 1.0)
        return Interval(low, high, level, "t, placement values clustered by prompt", error, groups - 1.0)


def paired_auc(advantages: Floats, clusters: Ints) -> Auc:
    """Return the AUC of the chosen side's advantages, every comparison entered from both sides.

    Args:
        advantages: shape (n,), score of the chosen side minus score of the rejected; equal sums count half.
        clusters: shape (n,), cluster of each comparison.

    Raises:
        ValueError: when there is no comparison.
    """
    n = len(advantages)
    if not n:
        raise ValueError("an AUC needs at least one comparison")
    order = np.argsort(advantages)
    ranked = advantages[order]
    mirrored = -ranked[::-1]
    ranks = np.searchsorted(ranked, mirrored, side="left")
    ranks += np.searchsorted(ranked, mirrored, side="right")
    del ranked, mirrored  # at a million rows every column counts
    placements = np.empty(n, dtype=np.int64)
    placements[order] = 2 * n - ranks[::-1]  # twice the number of j with d_j > -d_i, ties once: exact
    del order, ranks
    total = int(placements.sum())
    mean = total / n
    groups = dense(clusters)
    spread = placements - mean
    by_cluster: Floats = np.bincount(groups, weights=spread).astype(np.float64, copy=False)
    scale = 1.0 / n**2  # influence 2 (V_i - A) / n with V_i = placements / 2n
    naive = float(np.square(spread, out=spread).sum()) * scale**2
    return Auc(total / (2 * n * n), by_cluster * scale, n, naive * n / max(n - 1, 1))


def unpaired_auc(positive: Floats, negative: Floats, clusters: Ints) -> Auc:
    """Return the AUC of scores of two kinds of which every cluster has the same number: P(positive > negative).

    Unlike `paired_auc` every positive is held against every negative, whatever it was compared with.

    Args:
        positive: shape (n,).
        negative: shape (n,); equal scores count half.
        clusters: shape (n,), of the i-th positive and of the i-th negative.

    Raises:
        ValueError: when there is no score.
    """
    n = len(positive)
    if not n:
        raise ValueError("an AUC needs at least one score of each kind")
    kind = np.repeat([1.0, 0.0], n)
    return weighted_auc(np.concatenate([positive, negative]), kind, np.concatenate([clusters, clusters]), n)


def weighted_auc(scores: Floats, positive: Floats, clusters: Ints, n: int) -> Auc:
    """Return the AUC of scores of units that are positive in part: P(score of a positive > score of a negative).

    Args:
        scores: shape (m,); equal ones count half.
        positive: shape (m,), how far each unit is positive, 0 to 1; it is negative for the rest.
        clusters: shape (m,).
        n: units to report.

    Raises:
        ValueError: when everything is positive, or nothing.
    """
    negative = 1 - positive
    for_all, against_all = float(positive.sum()), float(negative.sum())
    if not for_all or not against_all:
        raise ValueError("an AUC needs positives and negatives")
    rank = np.unique(scores, return_inverse=True)[1].reshape(-1)
    there = np.bincount(rank, negative), np.bincount(rank, positive)
    below = ((np.cumsum(there[0]) - there[0] / 2) / against_all)[rank]
    above = (1 - (np.cumsum(there[1]) - there[1] / 2) / for_all)[rank]
    value = float((positive * below).sum()) / for_all
    one, other = positive * (below - value) / for_all, negative * (above - value) / against_all
    by_cluster: Floats = np.bincount(dense(clusters), weights=one + other).astype(np.float64, copy=False)
    naive = float((one**2).sum() + (other**2).sum())
    return Auc(value, by_cluster, n, naive * n / max(n - 1, 1))


def difference(first: Auc, second: Auc, level: float) -> tuple[float, Interval | None]:
    """Return first - second, measured on the same comparisons, with its paired clustered t interval."""
    value = first.value - second.value
    groups = len(first.influence)
    if groups < 2:
        return value, None
    error = _standard_error(first.influence - second.influence)
    half = t_quantile(groups - 1.0, 0.5 + level / 2) * error
    method = "t, paired placement values clustered by prompt"
    return value, Interval(max(value - half, -1.0), min(value + half, 1.0), level, method, error, groups - 1.0)


def excess_ratio(first: Auc, second: Auc, level: float) -> tuple[float, Interval] | None:
    """Return (first - 1/2) / (second - 1/2), measured on the same comparisons, with its linearised t interval.

    None where the second is not shown to be above one half: the ratio then has no bound.
    """
    groups, beyond = len(first.influence), second.value - 0.5
    below = second.interval(level)
    if below is None or below.low <= 0.5:
        return None
    value = (first.value - 0.5) / beyond
    error = _standard_error((first.influence - value * second.influence) / beyond)
    half = t_quantile(groups - 1.0, 0.5 + level / 2) * error
    method = "t, linearised, placement values clustered by prompt"
    return value, Interval(value - half, value + half, level, method, error, groups - 1.0)


def _standard_error(influence: Floats) -> float:
    groups = len(influence)
    return float(np.sqrt(groups / (groups - 1) * (influence**2).sum())) if groups > 1 else 0.0

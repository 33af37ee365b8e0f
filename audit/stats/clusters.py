"""Means of clustered units: cluster-robust standard errors, effective numbers, and the interval of a share.

Units of one prompt, or of one annotator, are alike, so a file holds less information than its rows suggest. With
clusters g of n_g units and residual sums e_g = sum(y - mean) the two estimators of the variance of the mean are

    CV1   = G / (G - 1) * sum(e_g^2) / N^2
    CV3L  = (G - 1) / G * sum((e_g / (N - n_g))^2)

(MacKinnon, Nielsen and Webb, arXiv 2406.00650, their CV1 and linearised CV3, with a constant as the only regressor and
an identity link, where the linearised jackknife is the exact delete-one-cluster jackknife). CV3L is what intervals use;
quantiles are t(G - 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from audit import student
from audit.measure import Interval
from audit.stats.proportions import LEVEL, clopper_pearson

FEW_CLUSTERS: Final = 10
"""Fewer effective clusters than this and the interval says so."""
NO_SPREAD: Final = 1e-12
"""Standard errors below this are rounding: every cluster has the same mean."""
FEW_EVENTS: Final = 5
"""Fewer effective units than this on either side of a share and the t interval gives way to Clopper-Pearson."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClusterMean:
    """The mean of clustered units. Standard errors are None where one cluster holds everything."""

    mean: float
    n: int
    clusters: int
    effective_clusters: float
    """(sum n_g)^2 / sum n_g^2: equals the clusters when they are of one size (Kish 1965, section 8.2, for weights)."""
    cv1: float | None
    cv3l: float | None


def cluster_mean(y: npt.NDArray[np.generic], groups: Ints) -> ClusterMean:
    """Return the mean of `y` with its cluster-robust standard errors.

    Args:
        y: shape (n,), n > 0; whole numbers give results that do not depend on the order of rows.
        groups: shape (n,), cluster number of each unit, 0-based, gaps allowed; sorted is faster.
    """
    size, total = _sums(y, groups)
    n, count = float(size.sum()), len(size)
    mean = float(total.sum()) / n
    effective = n * n / float(size @ size)
    if count < 2:
        return ClusterMean(mean, int(n), count, effective, None, None)
    residual = total - mean * size
    cv1 = math.sqrt(count / (count - 1) * float(residual @ residual)) / n
    moved = residual / (n - size)
    return ClusterMean(mean, int(n), count, effective, cv1, math.sqrt((count - 1) / count * float(moved @ moved)))


def _sums(y: npt.NDArray[np.generic], groups: Ints) -> tuple[Floats, Floats]:
    """Return units and sum of each cluster in the order of their numbers; fast where groups never fall."""
    if (groups[1:] >= groups[:-1]).all():
        starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
        sizes = np.diff(np.append(starts, len(groups)))
        return sizes.astype(np.float64), np.add.reduceat(y.astype(np.float64), starts)
    counts = np.bincount(groups)
    used = np.flatnonzero(counts)
    return counts[used].astype(np.float64), np.bincount(groups, weights=y)[used].astype(np.float64)


def t_quantile(level: float, df: float) -> float:
    """Return the half-width of a two-sided t interval in standard errors."""
    return student.t_quantile(float(df), 0.5 + level / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of clustered units with its interval."""

    value: float
    n: int
    n_effective: float
    """n over the design effect of the clustering that was used; never above n."""
    interval: Interval
    standard_errors: Mapping[str, float]
    """CV3L by clustering, where there are at least two clusters; the interval uses the one that makes it widest."""
    exact_units: float | None = None
    """Effective units behind a Clopper-Pearson interval; None for another interval."""

    def bounds(self, level: float) -> tuple[float, float]:
        """Return the ends of the same kind of interval at another two-sided level."""
        if self.exact_units is not None:
            return clopper_pearson(self.value * self.exact_units, self.exact_units, level)
        error, df = self.interval.standard_error, self.interval.df
        if error is None or df is None:
            return 0.0, 1.0
        half = error * t_quantile(level, df)
        return max(0.0, self.value - half), min(1.0, self.value + half)


def share(hits: npt.NDArray[np.bool_], clusterings: Mapping[str, Ints], level: float = LEVEL) -> Share:
    """Return the share of hits with an interval that allows for clustering.

    The widest of the t intervals (CV3L, one per clustering) is used. Where there are fewer than FEW_EVENTS effective
    hits or misses it is Clopper and Pearson's on effective units with the degrees-of-freedom adjustment of Korn and
    Graubard 1998 (Survey Methodology 24, p. 193-201); where one cluster holds everything it is the whole range.

    Args:
        hits: shape (n,), n > 0.
        clusterings: by name ("prompt", "annotator"), each shape (n,); at least one. One that has a single cluster is
            passed over while another has more, and the method says so.
        level: two-sided.
    """
    fits = {name: cluster_mean(hits, groups) for name, groups in clusterings.items()}
    first = next(iter(fits.values()))
    lone = [name for name, fit in fits.items() if fit.clusters < 2]
    errors = {name: fit.cv3l for name, fit in fits.items() if fit.cv3l is not None}
    if not errors:
        trivial = Interval(0.0, 1.0, level, f"one {' and one '.join(lone)}: nothing can be said of others")
        return Share(first.mean, first.n, 1.0, trivial, {})
    by = max(errors, key=lambda name: (errors[name] * t_quantile(level, fits[name].clusters - 1), name))
    fit, error = fits[by], errors[by]
    if error > NO_SPREAD:
        effective = min(float(fit.n), fit.mean * (1 - fit.mean) / error**2)
    else:  # every cluster has the same mean: only their number can be told
        by = min(errors, key=lambda name: (fits[name].effective_clusters, name))
        fit, effective = fits[by], fits[by].effective_clusters
    few_events = effective * min(fit.mean, 1 - fit.mean) < FEW_EVENTS
    notes = [f"one {name}" for name in lone]
    if fit.effective_clusters < FEW_CLUSTERS:
        notes.append(f"only {fit.effective_clusters:.1f} effective clusters")
    if error <= NO_SPREAD or few_events:
        spread = t_quantile(level, max(fit.n - 1, 1)) / t_quantile(level, fit.clusters - 1)
        units = max(effective * min(1.0, spread) ** 2, 1.0)
        low, high = clopper_pearson(fit.mean * units, units, level)
        text = "; ".join([f"Clopper-Pearson on {units:.1f} effective units, clustered by {by}", *notes])
        return Share(fit.mean, fit.n, effective, Interval(low, high, level, text), errors, units)
    half = error * t_quantile(level, fit.clusters - 1)
    text = "; ".join([f"t, CV3L clustered by {by}, {fit.clusters} clusters", *notes])
    low, high = max(0.0, fit.mean - half), min(1.0, fit.mean + half)
    interval = Interval(low, high, level, text, error, float(fit.clusters - 1))
    return Share(fit.mean, fit.n, effective, interval, errors)

"""Calibration of declared confidence against independent reviewers: the ceiling is their agreement, not 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import Interval, Kind, Measure, Slice, Undefined
from audit.paired_measures import mean_difference
from audit.signals import Floats, Ints
from audit.stats.auc import weighted_auc
from audit.stats.clusters import cluster_mean, t_quantile
from audit.stats.logit import dense
from audit.strength.links import LEAST, Links, too_few, widest

ECE: Final = "strength.calibration_error"
BRIER: Final = "strength.brier_score"
OVER: Final = "strength.overconfidence"
RELIABILITY: Final = "strength.agreement_by_confidence"
AUC: Final = "strength.confidence_auc"
BINS: Final = 15
FOLDS: Final = 10
"""Parts of the prompts whose signs come from the other parts."""


def calibration_measures(found: Links | None, level: float) -> Iterator[Measure]:
    """Yield calibration error, Brier score, overconfidence and the reliability curve of confidence in [0, 1].

    Args:
        found: votes with their confidence; None where none is recorded.
        level: two-sided.
    """
    none = _unfit(found)
    if found is None or none is not None:
        for name, unit in ((ECE, "share"), (BRIER, "score"), (OVER, "share"), (RELIABILITY, "share")):
            yield Measure(name, none or too_few("confidence"), unit, Kind.PROCESS, 0 if found is None else len(found))
        return
    bins = equal_mass(found.declared, BINS)
    value, interval = calibration_error(found, bins, level)
    n = "n: decisive votes with another beside"
    method = f"mean |agreement - confidence| over {int(bins.max()) + 1} bins of equal mass; {n}"
    yield Measure(ECE, value, "share", Kind.PROCESS, len(found), interval, method=method)
    over, clusters = found.declared - found.agreed, found.clusters
    by = widest(over, clusters, level)
    yield mean_difference(OVER, over, clusters[by], by, unit="share", what="confidence less agreement", level=level)
    score = found.declared**2 - 2 * found.declared * found.agreed + found.agreed_squared
    by = widest(score, clusters, level)
    what = f"(confidence - agreement)^2; {_decomposed(found, bins)}"
    yield mean_difference(BRIER, score, clusters[by], by, unit="score", what=what, level=level)
    yield from _curve(found, bins, level)


def discrimination(found: Links | None, level: float) -> Measure:
    """Return how well confidence tells votes that others agree with from those that they do not; on any scale."""
    if found is None:
        none = Undefined("no judgment records its confidence", "judgment.confidence")
        return Measure(AUC, none, "AUC", Kind.PROCESS, 0)
    if len(found) < LEAST:
        return Measure(AUC, too_few("confidence"), "AUC", Kind.PROCESS, len(found))
    if found.agreed.min() == 1.0 or found.agreed.max() == 0.0:
        none = Undefined("every vote is agreed with, or none is", "votes that disagree")
        return Measure(AUC, none, "AUC", Kind.PROCESS, len(found))
    by_name = {
        name: weighted_auc(found.declared, found.agreed, groups, len(found)) for name, groups in found.clusters.items()
    }
    by = max(by_name, key=lambda name: (by_name[name].standard_error, name))
    auc = by_name[by]
    method = f"confidence of votes, each agreed with in part; n: decisive votes with another beside; by {by}"
    interval, units = auc.interval(level), auc.n_effective
    return Measure(AUC, auc.value, "AUC", Kind.PROCESS, len(found), interval, units, method=method)


def _unfit(found: Links | None) -> Undefined | None:
    if found is None:
        return Undefined("no judgment records its confidence", "judgment.confidence")
    if len(found) and (found.declared.min() < 0 or found.declared.max() > 1):
        return Undefined("confidence is not a probability: values beyond 0 to 1 are recorded", "confidence in 0 to 1")
    return too_few("confidence") if len(found) < LEAST else None


def equal_mass(values: Floats, bins: int) -> Ints:
    """Return bins of about equal mass, equal values together; shape (n,), numbered from 0."""
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins))
    return dense(np.searchsorted(edges, values, side="right"))


def calibration_error(found: Links, bins: Ints, level: float) -> tuple[float, Interval]:
    """Return the expected calibration error sum_b w_b |agreement_b - confidence_b|, without the bias of |noise|.

    With any signs fixed beforehand, sum_b w_b sign_b gap_b is a mean that does not exceed the error. The estimate takes
    each prompt's signs from the other folds; the lower bound is the t bound of the mean over every second prompt, with
    signs from the prompts between. The plain error, whose signs come from the same data, is at least the mean with the
    true signs, so the upper bound is the plain error plus the half-width of its t interval.

    Args:
        found: votes with confidence.
        bins: shape (n,), numbered from 0.
        level: two-sided.

    Source: Naeini, Cooper and Hauskrecht 2015, AAAI (the error); Roelofs et al. 2022, AISTATS (its bias).
    """
    width = int(bins.max()) + 1
    gap, prompt = found.agreed - found.declared, dense(found.prompt)
    plain = np.sign(np.bincount(bins, gap, width))[bins] * gap
    value = max(0.0, float((_signs(gap, bins, prompt % FOLDS, FOLDS, width) * gap).mean()))
    half = found.take(prompt % 2 == 0)
    apart = (_signs(gap, bins, prompt % 2, 2, width) * gap)[prompt % 2 == 0]
    low, error, t = _mean(apart, half, level)
    most, plain_error, plain_t = _mean(plain, found, level)
    method = "lower end t, signs from other prompts; upper end t above the plain error; clustered"
    ends = max(0.0, low - t * error), min(1.0, most + plain_t * plain_error)
    return value, Interval(min(ends[0], value), max(ends[1], value), level, method)


def _signs(gap: Floats, bins: Ints, fold: Ints, folds: int, width: int) -> Floats:
    """Return for each vote the sign of its bin's gap in the other folds."""
    sums = np.bincount(fold * width + bins, gap, folds * width).reshape(folds, width)
    return np.asarray(np.sign(sums.sum(axis=0) - sums)[fold, bins])


def _mean(values: Floats, found: Links, level: float) -> tuple[float, float, float]:
    """Return the mean, its larger clustered standard error and that one's t quantile."""
    clusters = found.clusters
    fit = cluster_mean(values, clusters[widest(values, clusters, level)])
    return fit.mean, fit.cv3l or 0.0, t_quantile(level, max(fit.clusters - 1, 1))


def _decomposed(found: Links, bins: Ints) -> str:
    """Murphy's parts of the Brier score, within bins (1973, J. Applied Meteorology 12): reliability less resolution."""
    mass = np.bincount(bins)
    agreed, declared = np.bincount(bins, found.agreed) / mass, np.bincount(bins, found.declared) / mass
    share, whole = mass / mass.sum(), float(found.agreed.mean())
    reliability = float((share * (declared - agreed) ** 2).sum())
    resolution = float((share * (agreed - whole) ** 2).sum())
    return f"reliability {reliability:.4f}, resolution {resolution:.4f}, uncertainty {whole * (1 - whole):.4f}"


def _curve(found: Links, bins: Ints, level: float) -> Iterator[Measure]:
    for i in range(int(bins.max()) + 1):
        some = found.take(bins == i)
        part = Slice("confidence", f"{some.declared.min():.3f} to {some.declared.max():.3f}")
        by = widest(some.agreed, some.clusters, level)
        what = f"agreement with the other votes; mean confidence {some.declared.mean():.3f}"
        values, clusters = some.agreed, some.clusters[by]
        yield mean_difference(RELIABILITY, values, clusters, by, unit="share", what=what, part=part, level=level)

"""The rate at which the first side would win if every comparison had been shown in both orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.measure import Interval, Undefined
from audit.position.presentations import Models, Presentations, length_difference, models
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.clusters import t_quantile
from audit.stats.logit import Fit, logit

MODELS: Final = 20
"""Models with an effect of their own; judgments of rarer ones are left out."""
CELLS: Final = 4_000_000
"""Clusters times columns squared that one fit may hold in memory, as numbers of eight bytes."""
LEAST: Final = 30
"""Fewer judgments than this give no estimate."""
PRIOR: Final = 1.0
"""Ridge on length and model effects (not on the order): keeps a model that always wins from being infinite."""
CONFOUNDED: Final = "confounded with model: no pair of models was shown in both orders often enough"


@dataclass(frozen=True, slots=True)
class FirstEffect:
    """The share won by the side shown first, averaged over both orders."""

    value: float
    n: int
    n_effective: float
    interval: Interval
    method: str


def first_effect(signals: Signals, decisive: Presentations, most: int, level: float) -> FirstEffect | Undefined:
    """Fit logit P(first wins) = order + length * d + model of first - model of second, and turn it into a share.

    Every covariate changes its sign when the sides change places, so the intercept is the order's own effect; without
    it the expected share over both orders is one half. (The intercept itself as a share, what wins between equals, is
    further from one half than the labels that the order spoils.) Model effects are told from the order's only by pairs
    of models that were shown in both orders: other pairs are left out.

    Args:
        signals: with `a_code_points`, `b_code_points` or `model_a`, `model_b`, or both.
        decisive: judgments that chose a side, with order.
        most: judgments that are fitted at most; the prompts of smallest key are kept.
        level: two-sided.
    """
    named, length = models(signals), length_difference(signals, decisive.comparison)
    if named is None and length is None:
        return Undefined("neither text nor models are recorded", "response_a")
    few = Undefined(f"fewer than {LEAST} decisive judgments with order", f"{LEAST} decisive judgments")
    if len(decisive) < LEAST:
        return few
    kept = np.ones(len(decisive), dtype=np.bool_)
    if length is not None:
        kept &= np.isfinite(length)
    if named is not None:
        kept &= _in_both_orders(named, decisive)
        if kept.sum() < LEAST:
            return Undefined(CONFOUNDED, "model pairs shown in both orders")
    if kept.sum() < LEAST:
        return few
    rows = _within_budget(decisive, np.flatnonzero(kept), named, most)
    rows = _canonical(decisive, rows, length, named)
    x, says = _design(decisive, rows, length, named)
    return _estimate(decisive.take(rows), x, says, level)


def _in_both_orders(named: Models, decisive: Presentations) -> Bools:
    """Judgments of one model, of unrecorded models, or of a pair each of whose orders has a twentieth of it."""
    pair, first_named_a, differ = named.pairs(decisive.comparison)
    numbers, inverse, total = np.unique(pair[differ], return_inverse=True, return_counts=True)
    inverse = inverse.reshape(-1)
    firsts = np.bincount(inverse, weights=(first_named_a == decisive.a_first)[differ], minlength=len(numbers))
    common = _common_models(named, decisive)
    low, high = np.divmod(numbers, len(named.names))
    mixed = (np.minimum(firsts, total - firsts) * 20 >= total) & common[low] & common[high]
    usable = ~differ
    usable[differ] = mixed[inverse]
    return usable


def _common_models(named: Models, decisive: Presentations) -> Bools:
    """Which models are among the MODELS most frequent."""
    sides = np.concatenate([named.a[decisive.comparison], named.b[decisive.comparison]])
    counts = np.bincount(sides[sides >= 0], minlength=len(named.names))
    common = np.zeros(len(named.names), dtype=np.bool_)
    common[np.argsort(-counts, kind="stable")[:MODELS]] = True
    return common


def _canonical(decisive: Presentations, rows: Ints, length: Floats | None, named: Models | None) -> Ints:
    """Sort by prompt and by content, so that sums of floats do not depend on the order of rows."""
    keys: list[npt.NDArray[np.generic]] = [decisive.label[rows], decisive.a_first[rows]]
    if decisive.annotator is not None:
        keys.append(decisive.annotator[rows])
    if named is not None:
        keys += [named.a[decisive.comparison[rows]], named.b[decisive.comparison[rows]]]
    if length is not None:
        keys.append(length[rows])
    return rows[np.lexsort((*keys, decisive.prompt[rows]))]


def _design(
    decisive: Presentations, rows: Ints, length: Floats | None, named: Models | None
) -> tuple[Floats, list[str]]:
    """Return the antisymmetric covariates, first side minus second, shape (rows, k), and what they are."""
    sign = np.where(decisive.a_first[rows], 1.0, -1.0)
    columns: list[Floats] = []
    says: list[str] = []
    if length is not None:
        difference = length[rows] * sign
        scale = float(np.sqrt(np.mean(difference**2)))
        if scale > 0:
            columns.append(difference / scale)
            says.append("log length ratio")
    if named is not None:
        a, b = named.a[decisive.comparison[rows]], named.b[decisive.comparison[rows]]
        differ = (a != b) & (a >= 0) & (b >= 0)
        effects = [
            sign * ((a == m).astype(float) - (b == m)) * differ for m in np.unique(np.concatenate([a, b])) if m >= 0
        ]
        columns += [effect for effect in effects if effect.any()]
        says.append("model effects of pairs shown in both orders")
    return np.column_stack(columns or [np.zeros(len(rows))]), says


def _within_budget(decisive: Presentations, rows: Ints, named: Models | None, most: int) -> Ints:
    """Keep whole prompts, of smallest key first, until `most` judgments or the memory of a fit is reached."""
    columns = 2 + (0 if named is None else min(MODELS, len(named.names)))
    limit = min(most, CELLS // columns**2)
    if len(rows) <= limit:
        return rows
    prompts = decisive.prompt[rows]
    inside = prompts < prompts[limit] if prompts[limit] > prompts[0] else prompts == prompts[0]
    return rows[np.flatnonzero(inside)]


def _estimate(decisive: Presentations, x: Floats, says: list[str], level: float) -> FirstEffect | Undefined:
    y = decisive.first_won.astype(np.float64)
    fits = {name: logit(x, y, groups, l2=PRIOR) for name, groups in decisive.clusters.items()}
    sound: dict[str, Fit] = {name: fit for name, fit in fits.items() if fit.problem is None}
    if not sound:
        return Undefined(next(iter(fits.values())).problem or "no fit", "more judgments")
    value, slope = _both_orders(x, next(iter(sound.values())).coefficients)
    errors = {name: float(np.sqrt(slope @ fit.covariance @ slope)) for name, fit in sound.items()}
    halves = {name: errors[name] * t_quantile(level, fit.df) for name, fit in sound.items()}
    by = max(halves, key=lambda name: (halves[name], name))
    fit, half = sound[by], halves[by]
    text = f"t, CV3L clustered by {by}, {fit.clusters} clusters, delta method from log odds"
    interval = Interval(max(0.0, value - half), min(1.0, value + half), level, text, errors[by], fit.df)
    method = (
        f"expected over both orders of each comparison, logit given {' and '.join(says) or 'nothing that differs'}; "
        f"n: decisive judgments; {text}"
    )
    return FirstEffect(value, len(y), fit.n_effective(), interval, method)


def _both_orders(x: Floats, coefficients: Floats) -> tuple[float, Floats]:
    """Return the mean fitted P(first wins) over both orders of each row, and its gradient, shape (k + 1,).

    Turning the order changes the sign of every covariate and of nothing else.
    """
    from scipy.special import expit  # a fifth of a second, so only here

    order, tilt = coefficients[0], x @ coefficients[1:]
    one, other = expit(order + tilt), expit(order - tilt)
    slope_one, slope_other = one * (1 - one), other * (1 - other)
    gradient = np.concatenate(
        [[(slope_one + slope_other).mean()], ((slope_one - slope_other)[:, None] * x).mean(axis=0)]
    )
    return float((one + other).mean() / 2), gradient / 2

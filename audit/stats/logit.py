"""Logistic regression with cluster-robust inference: Newton's method, CV1 sandwich, linearised cluster jackknife CV3L.

Sources: MacKinnon, Nielsen & Webb, "Cluster-robust jackknife and bootstrap inference for logistic regression models"
(arXiv:2406.00650), for CV1 and CV3L; Cameron & Miller, Journal of Human Resources 50 (2015) 317, for the t(G - 1)
reference distribution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.measure import Interval
from audit.student import t_cdf, t_quantile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEPARATED: Final = "the outcome is separated: some combination of the columns predicts it without error"
DEPENDENT: Final = "the columns are constant or linearly dependent"
EMPTY: Final = "there are no rows"
UNFINISHED: Final = "the maximum was not reached"
ONE_CLUSTER: Final = "one cluster holds all the information on a coefficient"

_STEPS: Final = 100
_CONTRACTION: Final = 0.1
"""Least gain of a step, in the squared distance to the maximum, for which the old curvature is kept."""
_DECREMENT: Final = 1e-20
"""Squared length of the next Newton step, in standard errors, below which it is not taken."""
_LEFT: Final = 1e-24
"""A step is the last when the next would be of less than this, its length squared as that of _DECREMENT, at the pace
of the step before."""
_NEAR: Final = 1e-10
"""Squared length of a step, in standard errors, below which it cannot overshoot, but rounding may say so."""
_OVERSHOT: Final = 0.5
_HALVINGS: Final = 30
_VANISHED: Final = 1e-7
"""Share of the information at zero below which a direction has run away to infinity."""
_RANK: Final = 1e-10
_BLOCK: Final = 1 << 13
"""Rows that are summed at once."""


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the penalised likelihood is largest, without inference."""

    coefficients: Floats
    """Shape (k,), the intercept first."""
    hessian: Floats
    """Shape (k, k): information plus the penalty."""
    residuals: Floats
    """Shape (n,): weight * (outcome - probability)."""
    information: Floats
    """Shape (n,): weight * probability * (1 - probability)."""
    problem: str | None = None
    """Why the coefficients are not a maximum; None when they are."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model; `problem` says why a number of it must not be used."""

    coefficients: Floats
    """Shape (k,), log odds per unit, the intercept first."""
    covariance: Floats
    """Shape (k, k), CV3L."""
    covariance_sandwich: Floats
    """Shape (k, k), CV1."""
    covariance_naive: Floats
    """Shape (k, k), inverse information, as if rows were independent."""
    n: int
    clusters: int
    clusters_effective: float
    """(sum n_g)^2 / sum n_g^2 over cluster sizes n_g."""
    problem: str | None

    @property
    def is_estimated(self) -> bool:
        """True when the coefficients are sound, whether or not their errors are."""
        return self.problem in {None, ONE_CLUSTER}

    @property
    def df(self) -> float:
        """Degrees of freedom of the t reference, clusters - 1."""
        return float(self.clusters - 1)

    def standard_error(self, j: int = 0) -> float:
        """Return the CV3L standard error of coefficient `j`."""
        return float(np.sqrt(self.covariance[j, j]))

    def n_effective(self, j: int = 0) -> float:
        """Return n divided by the design effect of the clusters on coefficient `j`, at most n."""
        deff = self.covariance[j, j] / self.covariance_naive[j, j]
        return self.n / max(float(deff), 1.0)

    def interval(self, level: float, j: int = 0) -> Interval:
        """Return the two-sided t interval of coefficient `j` on the log odds scale."""
        error = self.standard_error(j)
        half = t_quantile(self.df, 0.5 + level / 2) * error
        middle = float(self.coefficients[j])
        return Interval(middle - half, middle + half, level, "t, CV3L clustered by prompt", error, self.df)

    def p_value(self, j: int = 0) -> float:
        """Return the two-sided p value of coefficient `j` being zero."""
        return 2 * t_cdf(self.df, -abs(float(self.coefficients[j])) / self.standard_error(j))


def logit(
    x: Floats, y: Floats, clusters: Ints, *, weights: Floats | None = None, intercept: bool = True, l2: float = 0.0
) -> Fit:
    """Fit P(y = 1) = 1 / (1 + exp(-x b)) and its clustered covariances.

    A separated outcome, dependent columns or too few clusters never raise: they are told in `Fit.problem`.

    Args:
        x: shape (n, k) or (n,), without an intercept column.
        y: shape (n,), 0 or 1.
        clusters: shape (n,), any integers; rows of one cluster may depend on each other.
        weights: shape (n,), sampling weights; None is one each.
        intercept: put a column of ones first; it is not penalised.
        l2: penalty l2 / 2 * |b|^2 on the sum of the log likelihood.
    """
    design = (x[:, None] if x.ndim == 1 else x).astype(np.float64, copy=False)
    if intercept:
        design = np.column_stack([np.ones(len(y)), design])
    penalty = np.full(design.shape[1], l2)
    penalty[: int(intercept)] = 0.0
    found = maximise(design, y, weights=weights, penalty=penalty)
    groups = dense(clusters)
    sizes = np.bincount(groups)
    effective = float(sizes.sum()) ** 2 / float((sizes.astype(np.float64) ** 2).sum()) if len(sizes) else 0.0
    nothing = np.zeros((design.shape[1],) * 2)
    if found.problem is not None or len(sizes) < 2:
        problem = found.problem or ONE_CLUSTER
        return Fit(found.coefficients, nothing, nothing, nothing, len(y), len(sizes), effective, problem)
    naive: Floats = np.linalg.inv(found.hessian).astype(np.float64, copy=False)
    sandwich, jackknife = _clustered(design, found, groups, naive)
    sound = bool(np.isfinite(jackknife).all())
    return Fit(
        found.coefficients,
        jackknife if sound else nothing,
        sandwich,
        naive,
        len(y),
        len(sizes),
        effective,
        None if sound else ONE_CLUSTER,
    )


def dense(clusters: Ints) -> Ints:
    """Renumber clusters as 0, 1, ... in the order of their numbers; shape (n,)."""
    if len(clusters) and (np.diff(clusters) >= 0).all():
        return np.concatenate([[0], np.cumsum(np.diff(clusters) > 0)]).astype(np.int64)
    return np.unique(clusters, return_inverse=True)[1].reshape(-1).astype(np.int64)


def maximise(
    x: Floats, y: Floats, *, weights: Floats | None = None, penalty: Floats | None = None, start: Floats | None = None
) -> Maximum:
    """Maximise the penalised log likelihood by Newton's method with step halving.

    Args:
        x: shape (n, k), the whole design.
        y: shape (n,), 0 or 1.
        weights: shape (n,), 0 leaves a row out; None is one each.
        penalty: shape (k,), coefficients of b^2 / 2; None is none.
        start: shape (k,), where to begin; None is zero.
    """
    n, k = x.shape
    data = _Data(
        x,
        y,
        np.broadcast_to(1.0, n) if weights is None else weights,
        np.zeros(k) if penalty is None else penalty,
    )
    b = np.zeros(k) if start is None else start
    if not n or not k:
        return Maximum(b, np.diag(data.ridge), np.zeros(n), np.zeros(n), None if n else EMPTY)
    is_penalised = bool(data.ridge.all())  # then there is one maximum, and it is finite
    at_zero = None if is_penalised else _information(data, np.zeros(k))
    if at_zero is not None and not _has_full_rank(at_zero):
        return Maximum(b, at_zero, np.zeros(n), np.zeros(n), DEPENDENT)
    b, problem = _climb(data, b, at_zero)
    hessian, residuals, information = np.diag(data.ridge), np.empty(n), np.empty(n)
    for rows in _blocks(n):
        p = _probability(x[rows] @ b)
        residuals[rows] = data.w[rows] * (y[rows] - p)
        information[rows] = data.w[rows] * p * (1.0 - p)
        hessian = hessian + (x[rows] * information[rows, None]).T @ x[rows]
    if problem is None and at_zero is not None and _least_share(hessian, at_zero) < _VANISHED:
        problem = SEPARATED
    return Maximum(b, hessian, residuals, information, problem)


def penalised(x: Floats, y: Floats, weights: Floats, penalty: Floats, start: Floats) -> Floats:
    """Return where the likelihood is largest, shape (k,); arguments as those of `maximise`, each penalty above 0."""
    return _climb(_Data(x, y, weights, penalty), start, None)[0]


@dataclass(frozen=True, slots=True)
class _Data:
    """What a likelihood is of."""

    x: Floats
    y: Floats
    w: Floats
    ridge: Floats


def _climb(data: _Data, b: Floats, at_zero: Floats | None) -> tuple[Floats, str | None]:
    """Return the maximum, climbing from `b`, and what is wrong with it.

    The curvature is computed anew only when the old one no longer brings the maximum nearer by a factor of ten a step
    (the chord method), for it is the gradient that says where the maximum is. The last step is the one behind which,
    at the pace of the step before, nothing is left.

    Args:
        data: the likelihood.
        b: shape (k,).
        at_zero: information at zero, against which a run to infinity is told; None where the penalty forbids one.
    """
    hessian, is_fresh, last = _information(data, b), True, 0.0
    gradient = _gradient(data, b)
    for _ in range(_STEPS):
        if at_zero is not None and is_fresh and _least_share(hessian, at_zero) < _VANISHED:
            return b, SEPARATED
        step: Floats = np.asarray(np.linalg.solve(hessian, gradient), dtype=np.float64)
        decrement = float(gradient @ step)
        if decrement < _DECREMENT:
            return b, None
        if decrement > _CONTRACTION * last and not is_fresh:  # the old curvature no longer serves
            hessian, is_fresh = _information(data, b), True
            continue
        if decrement * decrement < _LEFT * last:
            return b + step, None
        b, gradient = _halved(data, b, step, gradient, decrement)
        is_fresh, last = False, decrement
    return b, UNFINISHED


def _halved(data: _Data, b: Floats, step: Floats, gradient: Floats, decrement: float) -> tuple[Floats, Floats]:
    """Take the step, halved until it does not overshoot by much; return the point with its gradient.

    The likelihood is concave, so it has risen where its slope along the step is not negative. A slope that is negative
    but less than half as steep as the first is past the top by little: the curvature condition of Wolfe.
    """
    for _ in range(_HALVINGS):
        there = _gradient(data, b + step)
        if decrement < _NEAR or float(there @ step) >= -_OVERSHOT * float(gradient @ step):
            break
        step = step / 2
    return b + step, there


def _gradient(data: _Data, b: Floats) -> Floats:
    """First derivatives of the penalised log likelihood, shape (k,)."""
    gradient = -data.ridge * b
    for rows in _blocks(len(data.y)):
        x = data.x[rows]
        gradient = gradient + (data.w[rows] * (data.y[rows] - _probability(x @ b))) @ x
    return np.asarray(gradient)


def _information(data: _Data, b: Floats) -> Floats:
    """Negative second derivatives of the penalised log likelihood, shape (k, k); the dear part of a Newton step."""
    hessian = np.diag(data.ridge)
    for rows in _blocks(len(data.y)):
        x = data.x[rows]
        p = _probability(x @ b)
        hessian = hessian + (x * (data.w[rows] * p * (1.0 - p))[:, None]).T @ x
    return np.asarray(hessian)


def _probability(linear: Floats) -> Floats:
    """1 / (1 + exp(-linear)), without overflow, exact to rounding far out on either side."""
    small = np.exp(-np.abs(linear))
    return np.asarray(np.where(linear >= 0, 1.0, small) / (1.0 + small))


def _blocks(n: int) -> Iterator[slice]:
    """Cut n rows so that temporary arrays stay in cache and memory does not grow with n."""
    return (slice(start, start + _BLOCK) for start in range(0, n, _BLOCK))


def _least_share(hessian: Floats, at_zero: Floats) -> float:
    """The least share of the information at zero that is left in any direction: smallest eigenvalue of H0^-1 H."""
    root = np.linalg.inv(np.linalg.cholesky(at_zero))
    return float(np.linalg.eigvalsh(root @ hessian @ root.T)[0])


def _has_full_rank(matrix: Floats) -> bool:
    scale = np.sqrt(np.diag(matrix))
    return bool(scale.min() > 0 and np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0] > _RANK)


def _clustered(x: Floats, found: Maximum, clusters: Ints, inverse: Floats) -> tuple[Floats, Floats]:
    """CV1 and CV3L covariances; CV3L is not finite where a cluster holds all the information on a coefficient.

    With cluster scores s_g and informations H_g: CV1 = G/(G-1) H^-1 (sum s_g s_g') H^-1, and
    CV3L = (G-1)/G sum d_g d_g' with d_g = -(H - H_g)^-1 s_g, the first Newton step of the estimate without cluster g.
    """
    k, groups = x.shape[1], int(clusters.max()) + 1
    scores = np.empty((groups, k))
    kept = np.empty((groups, k, k))
    for i in range(k):
        scores[:, i] = np.bincount(clusters, found.residuals * x[:, i], groups)
        for j in range(i + 1):
            own = np.bincount(clusters, found.information * x[:, i] * x[:, j], groups)
            kept[:, i, j] = kept[:, j, i] = found.hessian[i, j] - own
    steps = _solve_each(kept, scores)
    sandwich = groups / (groups - 1) * inverse @ (scores.T @ scores) @ inverse
    return sandwich, (groups - 1) / groups * (steps.T @ steps)


def _solve_each(matrices: Floats, vectors: Floats) -> Floats:
    """Solve one small positive definite system a cluster, all at once; inf where a pivot has vanished.

    Plain elimination without pivoting, which positive definite systems allow; its loops run over k, not over clusters.

    Args:
        matrices: shape (G, k, k); overwritten.
        vectors: shape (G, k).
    """
    k, right = vectors.shape[1], vectors.copy()
    sound = np.ones(len(vectors), dtype=np.bool_)
    for i in range(k):
        first = matrices[:, i, i]
        sound &= first > 0
        first[~sound] = 1.0
        for j in range(i + 1, k):
            factor = matrices[:, j, i] / first
            matrices[:, j, i:] -= factor[:, None] * matrices[:, i, i:]
            right[:, j] -= factor * right[:, i]
    for i in reversed(range(k)):
        right[:, i] = (right[:, i] - (matrices[:, i, i + 1 :] * right[:, i + 1 :]).sum(axis=1)) / matrices[:, i, i]
    right[~sound] = np.inf
    return right

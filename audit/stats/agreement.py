"""Chance-corrected agreement from counts, with any number of votes an item and missing ones.

For item i and category q let r_iq be the votes, r_i = sum_q r_iq, w the weights (1 on the diagonal), k categories.

    pa_i  = sum_q r_iq (sum_k w_qk r_ik - 1) / (r_i (r_i - 1))     items with r_i >= 2
    pi_q  = mean of r_iq / r_i                                     items with r_i >= 1
    coefficient = (pa - pe) / (1 - pe), where pe is
    Fleiss (Scott): sum_qk w_qk pi_q pi_k        Brennan-Prediger: sum w / k^2
    Gwet AC1, AC2:  sum w / (k (k - 1)) * sum_q pi_q (1 - pi_q)
    Krippendorff's alpha = 1 - Do / De           over the votes of items with r_i >= 2

All but Conger's are functions of sums over items, so they can be resampled from few distinct rows of counts.

Sources: Fleiss 1971, Psychol. Bull. 76; Brennan and Prediger 1981, Educ. Psychol. Meas. 41; Gwet 2008, Br. J. Math.
Stat. Psychol. 61, and Handbook of Inter-Rater Reliability (missing ratings, weights); Conger 1980, Psychol. Bull. 88;
Krippendorff 2011, Computing Krippendorff's Alpha-Reliability; Cohen 1960, Educ. Psychol. Meas. 20.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COEFFICIENTS: Final = ("percent", "fleiss", "brennan_prediger", "gwet", "alpha")
METRICS: Final = ("nominal", "ordinal", "interval", "ratio")
NO_ROOM: Final = 1e-12
"""Chance agreement this close to one leaves a coefficient undefined."""


def identity_weights(k: int) -> Floats:
    """Return nominal weights, shape (k, k): one category or another."""
    return np.eye(k)


def quadratic_weights(values: Floats) -> Floats:
    """Return weights 1 - (x_q - x_k)^2 / range^2 of ordered values, shape (k, k), k >= 2."""
    span = float(values.max() - values.min())
    return np.asarray(1.0 - ((values[:, None] - values[None, :]) / span) ** 2)


def pair_agreement(counts: npt.NDArray[np.generic], weights: Floats | None = None) -> Floats:
    """Return pa_i of each item, shape (items,); nan where it has fewer than two votes."""
    votes = counts.astype(np.float64)
    size = votes.sum(axis=1)
    near = votes if weights is None else votes @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (votes * near).sum(axis=1) - size
        return np.asarray(np.where(size >= 2, found / (size * (size - 1)), np.nan))


def sums(counts: npt.NDArray[np.generic], weights: Floats | None = None) -> Floats:
    """Return what each item adds to the coefficients, shape (items, 4 + 2 k).

    The columns are: has a vote; has two; pa_i; r_iq / r_i for each q; r_iq for each q where r_i >= 2; and the
    disagreement sum over q != k of r_iq r_ik (1 - w_qk) / (r_i - 1).

    Args:
        counts: shape (items, k), votes of each item by category.
        weights: shape (k, k), symmetric, 1 on the diagonal; None: nominal.
    """
    votes = counts.astype(np.float64)
    size = votes.sum(axis=1)
    some, paired = size >= 1, size >= 2
    near = votes if weights is None else votes @ weights
    alike = (votes * near).sum(axis=1)
    shares = votes / np.maximum(size, 1)[:, None]
    room = np.maximum(size - 1, 1)
    agreement = np.where(paired, (alike - size) / np.maximum(size * room, 1), 0.0)
    apart = np.where(paired, (size * size - alike) / room, 0.0)
    return np.column_stack([some, paired, agreement, shares, votes * paired[:, None], apart])


def coefficients(totals: Floats, k: int, weights: Floats | None = None) -> Floats:
    """Return COEFFICIENTS of summed rows of `sums`, shape (..., 5); nan where one is undefined.

    Args:
        totals: shape (..., 4 + 2 k).
        k: categories that could be chosen.
        weights: as for `sums`; AC1 becomes AC2, alpha uses the distances 1 - w.
    """
    w = identity_weights(k) if weights is None else weights
    some, paired, agreement = totals[..., 0], totals[..., 1], totals[..., 2]
    marks, apart = totals[..., 3 + k : 3 + 2 * k], totals[..., 3 + 2 * k]
    with np.errstate(invalid="ignore", divide="ignore"):
        pa = agreement / paired
        pi = totals[..., 3 : 3 + k] / some[..., None]
        chance = np.stack(
            [
                ((pi @ w) * pi).sum(axis=-1),
                np.full_like(pa, float(w.sum()) / k**2),
                float(w.sum()) / (k * max(k - 1, 1)) * (pi * (1 - pi)).sum(axis=-1),
            ],
            axis=-1,
        )
        corrected = np.where(chance < 1 - NO_ROOM, (pa[..., None] - chance) / (1 - chance), np.nan)
        n = marks.sum(axis=-1)
        expected = ((marks @ (1 - w)) * marks).sum(axis=-1) / (n * (n - 1))
        alpha = np.where(expected > NO_ROOM, 1 - apart / n / expected, np.nan)
    return np.concatenate([pa[..., None], corrected, alpha[..., None]], axis=-1)


def krippendorff(counts: npt.NDArray[np.generic], values: Floats, metric: str = "nominal") -> float:
    """Return Krippendorff's alpha at one level of measurement; nan where all values are one.

    Args:
        counts: shape (items, k).
        values: shape (k,), rising; what the categories stand for.
        metric: one of METRICS.

    Raises:
        ValueError: for another metric.
    """
    votes = counts.astype(np.float64)
    votes = votes[votes.sum(axis=1) >= 2]
    total = votes.sum(axis=0)
    n = float(total.sum())
    x, y = values[:, None], values[None, :]
    if metric == "nominal":
        distance = (x != y).astype(np.float64)
    elif metric == "ordinal":
        ranks = midranks(total)
        distance = (ranks[:, None] - ranks[None, :]) ** 2
    elif metric == "interval":
        distance = (x - y) ** 2
    elif metric == "ratio":
        distance = np.divide(x - y, x + y, out=np.zeros((len(values), len(values))), where=x + y != 0) ** 2
    else:
        raise ValueError(f"{metric!r} is none of {METRICS}")
    size = votes.sum(axis=1, keepdims=True)
    apart = ((votes @ distance) * votes / np.maximum(size - 1, 1)).sum()
    anyhow = float(total @ distance @ total)
    return float(1 - (n - 1) * apart / anyhow) if n > 1 and anyhow > 0 else float("nan")


def midranks(total: Floats) -> Floats:
    """Return the mean rank of each of the ordered values that stand `total` times, shape (k,)."""
    return np.asarray(np.cumsum(total) - total / 2 + 0.5)


def moments(item: Ints, x: Floats, items: int) -> Floats:
    """Return what each item adds to alpha with squared differences, shape (items, 4).

    The columns are r_i, the disagreement 2 (r_i sum x^2 - (sum x)^2) / (r_i - 1), sum x and sum x^2; zeros for items
    with fewer than two values. Midranks in place of values give the ordinal alpha.
    """
    size = np.bincount(item, minlength=items).astype(np.float64)
    first = np.bincount(item, weights=x, minlength=items)
    second = np.bincount(item, weights=x * x, minlength=items)
    apart = 2 * (size * second - first * first) / np.maximum(size - 1, 1)
    return np.column_stack([size, apart, first, second]) * (size >= 2)[:, None]


def alpha_of_moments(totals: Floats) -> Floats:
    """Return alpha of summed rows of `moments`, shape (...,); nan where all values are one."""
    n, apart, first, second = np.moveaxis(totals, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        anyhow = 2 * (n * second - first * first) / (n * (n - 1))
        return np.asarray(np.where(anyhow > NO_ROOM, 1 - apart / n / anyhow, np.nan))


def conger(item: Ints, annotator: Ints, category: Ints, k: int) -> float:
    """Return Conger's kappa, Cohen's for two annotators, from the marginals of each annotator; missing votes allowed.

    pe = sum_q (m_q^2 - s_q^2 / J) with m_q and s_q^2 the mean and the variance over the J annotators of their share of
    category q.

    Args:
        item: shape (n,), 0-based, of one vote of each annotator on an item.
        annotator: shape (n,).
        category: shape (n,), 0-based.
        k: categories.
    """
    counts = np.bincount(item * k + category, minlength=(int(item.max(initial=-1)) + 1) * k).reshape(-1, k)
    pa = pair_agreement(counts)
    people, number = np.unique(annotator, return_inverse=True)
    if len(people) < 2 or not np.isfinite(pa).any():
        return float("nan")
    given = np.bincount(number.reshape(-1) * k + category, minlength=len(people) * k).reshape(-1, k)
    shares = given / given.sum(axis=1, keepdims=True)
    pe = float((shares.mean(axis=0) ** 2 - shares.var(axis=0, ddof=1) / len(people)).sum())
    return (float(np.nanmean(pa)) - pe) / (1 - pe) if pe < 1 - NO_ROOM else float("nan")


def cohen(table: npt.NDArray[np.generic]) -> float:
    """Return Cohen's kappa of a square table, shape (k, k); nan where both annotators know one category only."""
    cells = table.astype(np.float64)
    n = float(cells.sum())
    if n == 0:
        return float("nan")
    pa, pe = float(np.trace(cells)) / n, float(cells.sum(axis=0) @ cells.sum(axis=1)) / n**2
    return (pa - pe) / (1 - pe) if pe < 1 - NO_ROOM else float("nan")

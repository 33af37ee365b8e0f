"""What models of the votes make of a pool: answers that they would change, and whether they agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from audit.agreement.votes import CATEGORIES
from audit.measure import Interval, Kind, Measure, Undefined
from audit.reviewers.models import Cast, Fitted, dawid_skene, mace, one_coin, parts
from audit.reviewers.others import Others
from audit.reviewers.pool import ANNOTATOR, Pool
from audit.shares import share_measure
from audit.signals import Bools, Floats
from audit.stats.clusters import t_quantile

CHANGED: Final = "reviewers.changed_share"
ONE_COIN: Final = "reviewers.one_coin_changed_share"
MACE: Final = "reviewers.mace_changed_share"
DIFFER: Final = "reviewers.models_differ_share"
RANKS: Final = "reviewers.rank_agreement"
RHO: Final = "Spearman's rho"
APART: Final = Undefined("the reviewers fall into parts without a common pair", "pairs judged across the parts")
ONE: Final = Undefined("one reviewer judged everything", "a second reviewer")
THIN: Final = Undefined("reviewers have too few votes to be told apart", "ten votes a reviewer")
LEAST_MEAN: Final = 10
"""Votes a reviewer, on the mean, below which the models are worse than the plurality."""


def modelled(people: Pool, found: Others, least_votes: int, level: float) -> Iterator[Measure]:
    """Yield what each model would change, where they differ, and how the first ranks reviewers.

    Args:
        people: the votes.
        found: leave-one-out agreement of the same votes.
        least_votes: comparable votes that a reviewer needs to be ranked.
        level: two-sided.
    """
    votes = people.votes
    none = _hindrance(people)
    if none is not None:
        for name in (CHANGED, ONE_COIN, MACE, DIFFER):
            yield Measure(name, none, "share", Kind.PROCESS, 0)
        yield Measure(RANKS, none, RHO, Kind.PROCESS, 0)
        return
    item, dense = np.unique(votes.item, return_inverse=True)
    counts = votes.counts()[item]
    plural = _has_plurality(counts)
    clusters = {"prompt": votes.prompt[item][plural]}
    used, answer = np.unique(votes.category, return_inverse=True)
    full = Cast.of(dense.astype(np.int64), votes.annotator, votes.category, len(CATEGORIES))
    lean = Cast.of(full.item, votes.annotator, answer.astype(np.int64), len(used))
    model = dawid_skene(full)
    best = [model.posterior.argmax(axis=1)]
    yield _changed(CHANGED, model, best[0], counts, plural, level, clusters)
    kinds: tuple[tuple[str, Callable[[Cast], Fitted]], ...] = ((ONE_COIN, one_coin), (MACE, mace))
    for name, fit in kinds:
        other = fit(lean)
        best.append(used[other.posterior.argmax(axis=1)])
        yield _changed(name, other, best[-1], counts, plural, level, clusters)
    differ = (best[0] != best[1]) | (best[0] != best[2])
    what = "pairs with a plurality of several votes"
    yield share_measure(DIFFER, differ[plural], clusters, what, level=level)
    yield _ranks(found, model, least_votes, level)


def _hindrance(people: Pool) -> Undefined | None:
    """Return why no model can be fitted."""
    votes = people.votes
    if len(people.names) < 2:
        return ONE
    if parts(votes.item, votes.annotator) != 1:
        return APART
    return THIN if len(votes) < LEAST_MEAN * len(people.names) else None


def _has_plurality(counts: np.ndarray) -> Bools:
    """Return which items have several votes and one answer with most of them; counts of shape (items, answers)."""
    most = counts.max(axis=1)
    return np.asarray((counts.sum(axis=1) > 1) & ((counts == most[:, None]).sum(axis=1) == 1))


def _changed(
    name: str,
    model: Fitted,
    best: np.ndarray,
    counts: np.ndarray,
    plural: Bools,
    level: float,
    clusters: dict[str, np.ndarray],
) -> Measure:
    state = "converged" if model.converged else "not converged"
    what = f"pairs with a plurality of several votes ({state} after {model.rounds} rounds)"
    return share_measure(name, (best != counts.argmax(axis=1))[plural], clusters, what, level=level)


def _ranks(found: Others, model: Fitted, least_votes: int, level: float) -> Measure:
    enough = np.flatnonzero(found.n >= least_votes)
    if len(enough) < 4:
        none = Undefined("fewer than four reviewers have enough votes", ANNOTATOR)
        return Measure(RANKS, none, RHO, Kind.PROCESS, 0)
    agreement = found.hits[enough] / found.n[enough]
    rho = spearman(agreement, model.accuracy[found.names[enough]])
    half = t_quantile(level, 10**6) * math.sqrt((1 + rho * rho / 2) / (len(enough) - 3))
    middle, how = math.atanh(min(max(rho, -1 + 1e-9), 1 - 1e-9)), "Fisher's z, Bonett and Wright's variance"
    interval = Interval(math.tanh(middle - half), math.tanh(middle + half), level, how)
    method = "rank correlation of leave-one-out agreement and modelled accuracy; n: reviewers"
    return Measure(RANKS, rho, RHO, Kind.PROCESS, len(enough), interval, method=method)


def spearman(one: Floats, other: Floats) -> float:
    """Return the rank correlation of two arrays of shape (n,), equal values sharing their mean rank."""

    def ranks(values: Floats) -> Floats:
        _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
        return np.asarray((np.cumsum(count) - (count - 1) / 2)[inverse])

    left, right = ranks(one) - (len(one) + 1) / 2, ranks(other) - (len(one) + 1) / 2
    scale = math.sqrt(float(left @ left) * float(right @ right))
    return float(left @ right) / scale if scale else 0.0

"""What three models make of the votes: Dawid and Skene's, its one-coin form, and MACE, which need not say the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol
from weakref import ref

import numpy as np

from audit.agreement.votes import CATEGORIES
from audit.measure import Interval, Kind, Measure, Slice, Undefined
from audit.reviewers.case import Case, Part
from audit.reviewers.dawid_skene import dawid_skene, parts
from audit.reviewers.mace import mace
from audit.reviewers.one_coin import one_coin
from audit.reviewers.others import Others
from audit.reviewers.pool import ANNOTATOR, Pool
from audit.shares import share_measure
from audit.signals import Floats, Ints, Signals
from audit.stats.clusters import t_quantile
from audit.stats.proportions import wilson

CHANGED, RANKS = "reviewers.changed_share", "reviewers.rank_agreement"
DIFFER, ACCURACY = "reviewers.models_differ_share", "reviewers.modelled_accuracy"
RHO: Final = "Spearman's rho"
APART: Final = "the reviewers fall into {} parts without a common pair, and nothing compares one part with another"
ACROSS: Final = "pairs judged across the parts"


class Model(Protocol):
    """What every model says."""

    @property
    def posterior(self) -> Floats:
        """Chance of each true answer of each item, shape (items, answers)."""

    @property
    def accuracy(self) -> Floats:
        """Chance that a reviewer gives the true answer, shape (reviewers,)."""

    @property
    def rounds(self) -> int:
        """Of expectation maximisation."""

    @property
    def converged(self) -> bool:
        """Whether the likelihood came to rest."""


FITTED: Final[dict[str, Callable[[Ints, Ints, Ints, int], Model]]] = {
    "Dawid-Skene": dawid_skene,
    "one-coin": one_coin,
    "MACE": mace,
}
"""The first is the one that whole-file measures are of."""


@dataclass(frozen=True)
class Truth:
    """The fitted models of a pool whose reviewers are linked by common pairs."""

    item: Ints
    """Item number of each row of the posteriors."""
    dense: Ints
    """Row of each vote, shape (votes,)."""
    models: dict[str, Model]

    @property
    def first(self) -> Model:
        """Dawid and Skene's."""
        return next(iter(self.models.values()))


_LAST: Final[list[tuple[ref[Signals], Truth | Undefined]]] = []


def truth(signals: Signals, people: Pool) -> Truth | Undefined:
    """Fit the models to the votes of a pool; refused where no common pair links all reviewers.

    Two auditors ask in turn: the last answer is kept while its signals live.
    """
    if _LAST and _LAST[0][0]() is signals:
        return _LAST[0][1]
    found = _fitted(people)
    _LAST[:] = [(ref(signals), found)]
    return found


def _fitted(people: Pool) -> Truth | Undefined:
    votes = people.votes
    if len(people.names) < 2:
        return Undefined("one reviewer judged everything", "a second reviewer")
    linked = parts(votes.item, votes.annotator)
    if linked > 1:
        return Undefined(APART.format(linked), ACROSS)
    item, dense = np.unique(votes.item, return_inverse=True)
    dense = dense.reshape(-1).astype(np.int64)
    fitted = {name: fit(dense, votes.annotator, votes.category, len(CATEGORIES)) for name, fit in FITTED.items()}
    return Truth(item, dense, fitted)


def modelled(case: Case, found: Others) -> Part:
    """Return what the models would change, whether they say the same, and each reviewer's accuracy by the first."""
    fitted = truth(case.signals, case.people)
    if isinstance(fitted, Undefined):
        return Part((
            *(Measure(name, fitted, "share", Kind.PROCESS, 0) for name in (CHANGED, DIFFER, ACCURACY)),
            Measure(RANKS, fitted, RHO, Kind.PROCESS, 0),
        ))  # fmt: skip
    whole = (*_changed(case, fitted), _differ(case, fitted), *_ranks(case, fitted, found))
    mean = Undefined("told reviewer by reviewer")
    return Part(
        (*whole, Measure(ACCURACY, mean, "share", Kind.PROCESS, 0)), each=lambda one: [_accuracy(case, fitted, one)]
    )


def _changed(case: Case, fitted: Truth) -> Iterator[Measure]:
    counts = case.people.votes.counts()[fitted.item]
    plural = (counts.sum(axis=1) > 1) & ((counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1)
    where = {"prompt": case.people.votes.prompt[fitted.item][plural]}
    for name, model in fitted.models.items():
        state = f"{'converged' if model.converged else 'not converged'} after {model.rounds} rounds"
        changed = model.posterior[plural].argmax(axis=1) != counts[plural].argmax(axis=1)
        what = f"pairs with a plurality of several votes that {name} would change ({state})"
        if model is fitted.first:
            yield share_measure(CHANGED, changed, where, what, level=case.level)
        elif len(changed):
            yield share_measure(CHANGED, changed, where, what, part=Slice("model", name), level=case.level)


def _differ(case: Case, fitted: Truth) -> Measure:
    answers = np.stack([model.posterior.argmax(axis=1) for model in fitted.models.values()])
    differs = (answers != answers[0]).any(axis=0)
    where = {"prompt": case.people.votes.prompt[fitted.item]}
    what = f"judged pairs on which {', '.join(fitted.models)} do not agree"
    return share_measure(DIFFER, differs, where, what, level=case.level)


def _ranks(case: Case, fitted: Truth, found: Others) -> Iterator[Measure]:
    enough = np.flatnonzero(found.n >= case.least_votes)
    if len(enough) < 4:
        none = Undefined("fewer than four reviewers have enough votes", ANNOTATOR)
        yield Measure(RANKS, none, RHO, Kind.PROCESS, 0)
        return
    agreement = found.hits[enough] / found.n[enough]
    for name, model in fitted.models.items():
        rho = spearman(agreement, model.accuracy[found.names[enough]])
        half = t_quantile(case.level, 10**6) * math.sqrt((1 + rho * rho / 2) / (len(enough) - 3))
        middle = math.atanh(min(max(rho, -1 + 1e-9), 1 - 1e-9))
        how = "Fisher's z, Bonett and Wright's variance"
        interval = Interval(math.tanh(middle - half), math.tanh(middle + half), case.level, how)
        method = f"rank correlation of leave-one-out agreement and accuracy by {name}; n: reviewers"
        part = Slice() if model is fitted.first else Slice("model", name)
        yield Measure(RANKS, rho, RHO, Kind.PROCESS, len(enough), interval, slice=part, method=method)


def _accuracy(case: Case, fitted: Truth, reviewer: int) -> Measure:
    """Return a reviewer's accuracy by Dawid and Skene's model, with an interval from what is known of their votes."""
    votes, model = case.people.votes, fitted.first
    own = votes.annotator == reviewer
    units = known_votes(model.posterior[fitted.dense[own], votes.category[own]])
    value, n = float(np.clip(model.accuracy[reviewer], 0.0, 1.0)), int(own.sum())
    low, high = wilson(value * units, units, case.level) if units > 0 else (0.0, 1.0)
    interval = Interval(low, high, case.level, f"Wilson on {units:.1f} votes' worth of known answers")
    method = "chance of the true answer by Dawid and Skene's model; n: votes"
    where = case.slice_of(reviewer)
    return Measure(ACCURACY, value, "share", Kind.PROCESS, n, interval, units, slice=where, method=method)


def known_votes(right: Floats) -> float:
    """Return how many votes of known truth tell as much of a reviewer's accuracy as these do.

    Were the true answers known, the information on the logit of the accuracy c would be n c (1 - c); not knowing them
    takes away the variance of the number of right votes, sum h (1 - h), h the chance that a vote is right.

    Args:
        right: h of each vote, shape (n,).

    Source: Louis 1982, J. R. Statist. Soc. B 44, p. 226-233, for one reviewer with the other parameters given.
    """
    n = len(right)
    centre = (float(right.sum()) + 0.5) / (n + 1)
    return n * max(0.0, 1.0 - float((right * (1 - right)).sum()) / (n * centre * (1 - centre)))


def spearman(one: Floats, other: Floats) -> float:
    """Return Spearman's rank correlation, ties by mid-ranks; 0 where one side does not vary."""

    def ranks(values: Floats) -> Floats:
        _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
        return np.asarray((np.cumsum(count) - (count - 1) / 2)[inverse])

    left, right = ranks(one) - (len(one) + 1) / 2, ranks(other) - (len(one) + 1) / 2
    scale = math.sqrt(float(left @ left) * float(right @ right))
    return float(left @ right) / scale if scale else 0.0

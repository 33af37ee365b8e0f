"""Is the habit of a slot stronger where the two sides are close? How close they are, and the first rate among those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.position.presentations import Presentations, models, score_difference
from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.folds import rescaled
from audit.stats.logit import Fit, logit

CLOSEST: Final = 1 / 3
"""Share of the judgments that are called closest, at least: judgments of one gap are kept together."""
MOST_CLOSEST: Final = 2 / 3
"""Above this share the gaps do not tell a closest part from the rest."""
LEAST: Final = 100
"""Decisive judgments with a gap below which nothing is told."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """How far apart the sides of each decisive judgment are."""

    value: Floats
    """Shape (n,): 0 is no difference; nan where it is not known."""
    what: str


def gaps(signals: Signals, shown: Presentations, decisive: Presentations) -> Gaps | None:
    """Return how far the two sides of each judgment are apart, by the first of these that is recorded of most.

    The distance of the scores; how one-sided the other judgments of the comparison are; how one-sided the judgments of
    the two models are. None of it knows which side was shown first, so that without a habit the first rate is one half
    at every gap.

    Args:
        signals: for scores and models.
        shown: all judgments that answered.
        decisive: judgments that chose a side.
    """
    score = score_difference(signals, decisive.comparison)
    candidates = (
        (None if score is None else np.abs(score), "distance of the scores"),
        (_other_votes(shown, decisive), "majority of the other judgments"),
        (_model_gap(signals, decisive), "one-sidedness of the pair of models"),
    )
    for value, what in candidates:
        if value is not None and np.isfinite(value).mean() > 0.5 and np.isfinite(value).sum() >= LEAST:
            return Gaps(value, what)
    return None


def _other_votes(shown: Presentations, decisive: Presentations) -> Floats | None:
    """|votes for a - votes for b| / votes, of the other judgments of a comparison, ties too; nan where none is."""
    if not len(decisive):
        return None
    votes = np.bincount(shown.comparison)[decisive.comparison] - 1
    sums = np.bincount(shown.comparison, _signed(shown.label))[decisive.comparison] - _signed(decisive.label)
    return np.where(votes > 0, np.abs(sums) / np.maximum(votes, 1), np.nan)


def _signed(label: Ints) -> Floats:
    return np.where(label == A, 1.0, np.where(label == B, -1.0, 0.0))


def _model_gap(signals: Signals, decisive: Presentations) -> Floats | None:
    """|share that the first-named model of a pair wins - 1/2|, over all judgments of the pair; nan within one model."""
    named = models(signals)
    if named is None or not len(decisive):
        return None
    pair, first_named_a, differ = named.pairs(decisive.comparison)
    won = np.where(first_named_a, decisive.label == A, decisive.label == B)
    numbers = np.unique(pair[differ], return_inverse=True)[1].reshape(-1)
    found = np.full(len(decisive), np.nan)
    found[differ] = np.abs((np.bincount(numbers, won[differ]) / np.maximum(np.bincount(numbers), 1))[numbers] - 0.5)
    return np.round(found, 9)


def closest(found: Gaps) -> Bools | None:
    """Return the judgments of smallest gap, a third of them or all of the smallest gap; None where that is most.

    Where judgments of one gap are many, and so the third is more than two, those of smaller gap alone are closest.
    """
    known = np.isfinite(found.value)
    values = np.sort(found.value[known])
    limit = values[max(0, int(np.ceil(len(values) * CLOSEST)) - 1)]
    mask = np.zeros(len(known), dtype=np.bool_)
    mask[known] = found.value[known] <= limit
    if mask.sum() > MOST_CLOSEST * known.sum():
        mask[known] = found.value[known] < limit
    return mask if mask.any() else None


def interaction(decisive: Presentations, found: Gaps) -> Fit:
    """Fit logit P(first wins) = order + b * closeness, closeness the negative gap over its standard deviation.

    exp(b) is by how much the odds of the first side grow with each standard deviation of closeness. Of the clusterings
    the one with the larger standard error is kept.
    """
    rows = np.flatnonzero(np.isfinite(found.value))
    rows = rows[_canonical(decisive, rows, found.value)]
    some = decisive.take(rows)
    gap = found.value[rows]
    x = np.column_stack([rescaled(gap.mean() - gap), np.ones(len(rows))])
    y = some.first_won.astype(np.float64)
    fits = [logit(x, y, groups, intercept=False) for groups in some.clusters.values()]
    sound = [fit for fit in fits if fit.problem is None]
    return max(sound, key=lambda fit: fit.standard_error()) if sound else fits[0]


def _canonical(decisive: Presentations, rows: Ints, gap: Floats) -> Ints:
    """Sort by prompt and content, so that sums of floats do not depend on the order of rows."""
    return np.asarray(np.lexsort((decisive.label[rows], decisive.a_first[rows], gap[rows], decisive.prompt[rows])))

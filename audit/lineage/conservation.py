"""Votes to labels: whether what is shipped follows from what was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.schema import INVALID, LABELS, A, B
from audit.signals import Bools, Ints, Signals

KINDS: Final = len(LABELS)


@dataclass(frozen=True, slots=True)
class Tallies:
    """The votes of each comparison: by answer, of everyone and of those who adjudicate; shape (comparisons, 7)."""

    everyone: Ints
    adjudicators: Ints

    @property
    def is_judged(self) -> Bools:
        """Which comparisons have a vote, shape (comparisons,)."""
        return np.asarray(self.everyone.sum(axis=1) > 0)

    def supports(self, label: Ints) -> Bools:
        """Return where `label` got as many votes as any other answer, of everyone or of the adjudicators."""
        return _leads(self.everyone, label) | _leads(self.adjudicators, label)

    def undecided(self) -> Bools:
        """Return where more votes are for one answer that chooses no side than for either side."""
        return np.asarray(self.everyone[:, B + 1 :].max(axis=1) > self.everyone[:, A : B + 1].max(axis=1))


def _leads(votes: Ints, label: Ints) -> Bools:
    mine = votes[np.arange(len(label)), label]
    return np.asarray((mine > 0) & (mine == votes.max(axis=1, initial=0)))


def tallies(signals: Signals, adjudicators: tuple[str, ...]) -> Tallies | None:
    """Count the votes of each comparison; None where no raw judgment is recorded.

    Args:
        signals: any.
        adjudicators: reviewer classes whose majority may overrule the others'.
    """
    if not signals.has("judgment.comparison", "judgment.label"):
        return None
    label, comparison = signals.ints("judgment.label"), signals.ints("judgment.comparison")
    is_vote = (label > 0) & (label < INVALID)
    may_overrule = np.zeros(len(label), dtype=np.bool_)
    if signals.has("judgment.reviewer_class"):
        codes, classes = signals.codes("judgment.reviewer_class")
        may_overrule = np.array([name in adjudicators for name in classes] + [False], dtype=np.bool_)[codes]
    both = [_count(comparison[which], label[which], signals.comparisons) for which in (is_vote, is_vote & may_overrule)]
    return Tallies(*both)


def _count(comparison: Ints, label: Ints, comparisons: int) -> Ints:
    flat = np.bincount(comparison * KINDS + label, minlength=comparisons * KINDS)
    return flat.reshape(comparisons, KINDS).astype(np.int64)

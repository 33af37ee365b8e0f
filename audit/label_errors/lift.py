"""What a queue is worth: how much more often the labels at its top are wrong than labels in general."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.agreement.votes import FIRST
from audit.label_errors.doubt import Shipped, by_votes
from audit.measure import Interval, Kind, Measure, Undefined
from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.auc import weighted_auc
from audit.stats.clusters import share

TOP: Final = 0.05
"""Share of the queue that is its top."""
LEAST: Final = 100
LEAST_WRONG: Final = 5


@dataclass(frozen=True)
class Witness:
    """Something beside the doubt that tells wrong labels; arrays of shape (n,)."""

    rows: Ints
    """Positions among the shipped labels."""
    wrong: Bools
    what: str
    """What a wrong label is here."""


def by_gold(signals: Signals, at: Shipped) -> Witness | None:
    """Return the labels whose right answer is known; wrong are those that choose the other side."""
    if not signals.has("gold_label", "label"):
        return None
    gold = signals.ints("gold_label")[at.rows]
    rows = np.flatnonzero((gold == A) | (gold == B))
    wrong = gold[rows] != signals.ints("label")[at.rows][rows]
    return Witness(rows, wrong, "labels that contradict their gold label")


@dataclass(frozen=True)
class HeldOut:
    """One vote of each pair as witness of what the others say; arrays of shape (n,)."""

    witness: Witness
    doubt: Floats
    """Of the others' majority, by their votes."""
    is_shipped: Bools
    """Whether their majority is the shipped label."""


def held_out(at: Shipped) -> HeldOut | None:
    """Return pairs of three decisive votes or more on which the others than the witness have a majority.

    The shipped label itself may owe its side to the witness: it is the others' majority that is doubted. The witness is
    drawn by the item's key, so that neither side nor the order of rows has a say.
    """
    if at.cast is None or at.agreement is None:
        return None
    size = np.bincount(at.cast.item, minlength=at.cast.items)
    drawn = np.cumsum(size) - size + np.floor(at.cast.fraction * np.maximum(size, 1)).astype(np.int64)
    place = np.full(int(at.item_of.max(initial=-1)) + 1, -1, np.int64)
    place[at.item_of[at.cast.comparison]] = at.cast.item
    rows = np.flatnonzero(at.votes >= 3)
    opposes = (at.cast.category[drawn[place[at.item[rows]]]] == FIRST) != at.is_first[rows]
    fors, against = at.fors[rows] - ~opposes, at.against[rows] - opposes
    kept = np.flatnonzero(fors != against)
    rows, opposes, fors, against = rows[kept], opposes[kept], fors[kept], against[kept]
    is_shipped = fors > against
    witness = Witness(rows, opposes == is_shipped, "majorities of the other votes that a held-out vote opposes")
    doubt = by_votes(at.agreement, np.maximum(fors, against), np.minimum(fors, against))
    return HeldOut(witness, doubt, is_shipped)


def lift_measure(name: str, doubt: Floats, wrong: Bools, prompt: Ints, what: str, level: float) -> Measure:
    """Return the share of wrong labels in the top of a queue over that in all of it.

    Args:
        name: of the measure.
        doubt: shape (n,); the largest come first; all that are as large as the last of the top are in it.
        wrong: shape (n,).
        prompt: shape (n,).
        what: what a wrong label is.
        level: two-sided.
    """
    n, base = len(doubt), float(wrong.mean()) if len(wrong) else 0.0
    if n < LEAST or wrong.sum() < LEAST_WRONG:
        reason = f"fewer than {LEAST} labels, or {LEAST_WRONG} of them wrong, tell it: {what}"
        return Measure(name, Undefined(reason, "gold_label or more votes"), "ratio", Kind.PROCESS, n)
    last = np.partition(doubt, n - max(1, round(TOP * n)))[n - max(1, round(TOP * n))]
    top = np.flatnonzero(doubt >= last)
    if 2 * len(top) > n:
        alike = Undefined(f"{len(top)} of {n} labels are doubted alike: there is no order", "more votes, or --words")
        return Measure(name, alike, "ratio", Kind.PROCESS, n)
    found = share(wrong[top], {"prompt": prompt[top]}, level)
    ends = found.interval
    interval = Interval(ends.low / base, ends.high / base, level, f"of the top over the whole: {ends.method}")
    method = f"share of {what} among the {len(top)} most doubtful ({found.value:.3g}) over that of all ({base:.3g})"
    return Measure(name, found.value / base, "ratio", Kind.PROCESS, n, interval, found.n_effective, method=method)


def auc_measure(name: str, doubt: Floats, wrong: Bools, prompt: Ints, what: str, level: float) -> Measure:
    """Return the chance that a wrong label is doubted more than a right one; arguments as for `lift_measure`."""
    if len(doubt) < LEAST or not LEAST_WRONG <= wrong.sum() < len(wrong):
        reason = f"fewer than {LEAST} labels, or {LEAST_WRONG} of them wrong, tell it: {what}"
        return Measure(name, Undefined(reason, "gold_label or more votes"), "AUC", Kind.PROCESS, len(doubt))
    found = weighted_auc(doubt, wrong.astype(np.float64), prompt, len(doubt))
    method = f"doubt of {what} against that of the others; n: labels"
    interval = found.interval(level)
    return Measure(name, found.value, "AUC", Kind.PROCESS, found.n, interval, found.n_effective, method=method)

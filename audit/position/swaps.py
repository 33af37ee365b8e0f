"""Pairs that one annotator judged in both orders: did the answer stay with the text, or with the slot?

A cell is one annotator on one unordered pair. Answers are coded by the text that won, in the order of the texts' keys,
so that a pair shown again with its sides exchanged, in one row or in two, is the same pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow.compute as pc

from audit.agreement.votes import first_side, items_of
from audit.schema import BOTH_BAD, TIE, A, B
from audit.signals import Bools, Floats, Ints, Signals

FIRST_TEXT, OTHER_TEXT, TIED, NEITHER = range(4)
ANSWERS: Final = 4
NEEDS: Final = ("judgment.comparison", "judgment.label", "judgment.shown_first", "judgment.annotator")


@dataclass(frozen=True, slots=True)
class Cells:
    """Annotators on pairs, one entry each, sorted by pair and annotator."""

    counts: Ints
    """Shape (n, 2, 4): answers by order (the first text shown first, or the other) and text that won."""
    comparison: Ints
    """The comparison of the pair that comes first in the source."""
    prompt: Ints
    annotator: Ints
    """Codes of the annotators' names."""
    names: list[str]

    def __len__(self) -> int:
        return len(self.comparison)

    def take(self, which: Bools | Ints) -> Cells:
        """Return the selected cells."""
        return Cells(self.counts[which], self.comparison[which], self.prompt[which], self.annotator[which], self.names)

    @property
    def in_both(self) -> Bools:
        """Which were judged in both orders."""
        return np.asarray((self.counts.sum(axis=2) > 0).all(axis=1))

    @property
    def answers(self) -> Ints:
        """Shape (n, 2): the answer in each order; of several the most frequent, a tie where two are."""
        most = self.counts.max(axis=2, keepdims=True)
        several = (self.counts == most).sum(axis=2) > 1
        return np.where(several, TIED, self.counts.argmax(axis=2))

    @property
    def clusters(self) -> dict[str, Ints]:
        """Clusterings by name: prompts. The judges are those that are asked about, no sample of others."""
        return {"prompt": self.prompt}


def cells(signals: Signals) -> Cells | None:
    """Return annotators on pairs from judgments with an answer, an order and a name; None where there is none."""
    if not signals.has(*NEEDS):
        return None
    label, shown = signals.ints("judgment.label"), signals.ints("judgment.shown_first")
    named = ~pc.is_null(signals.load("judgment.annotator")).to_numpy()
    rows = np.flatnonzero((label >= A) & (label <= BOTH_BAD) & (shown > 0) & named)
    if not len(rows):
        return None
    comparison, label, shown = signals.ints("judgment.comparison")[rows], label[rows], shown[rows]
    codes, names = signals.codes("judgment.annotator")
    item, first_is = items_of(signals)[0][comparison], first_side(signals)[comparison]
    answer = np.select([label == first_is, label <= B, label == TIE], [FIRST_TEXT, OTHER_TEXT, TIED], NEITHER)
    order = (shown != first_is).astype(np.int64)
    seat = item * len(names) + codes[rows]
    seats, first, cell = np.unique(seat, return_index=True, return_inverse=True)
    flat = (cell.reshape(-1) * 2 + order) * ANSWERS + answer
    counts = np.bincount(flat, minlength=len(seats) * 2 * ANSWERS).reshape(len(seats), 2, ANSWERS)
    one = _earliest(signals, comparison, cell.reshape(-1), len(seats))
    prompt = signals.groups("prompt_key") if signals.has("prompt_key") else np.arange(signals.comparisons)
    return Cells(counts, one, prompt[one], codes[rows][first], names)


def _earliest(signals: Signals, comparison: Ints, cell: Ints, count: int) -> Ints:
    """Return the comparison of each cell that stands first by file name, row and part, whatever order signals have."""
    rank = np.argsort(np.argsort(np.array(signals.files)))
    part = signals.ints("part") if signals.has("part") else np.zeros(signals.comparisons, dtype=np.int64)
    order = np.lexsort((part, signals.ints("row"), rank[signals.ints("file")]))
    place = np.empty(signals.comparisons, dtype=np.int64)
    place[order] = np.arange(signals.comparisons)
    lowest = np.full(count, signals.comparisons)
    np.minimum.at(lowest, cell, place[comparison])
    return np.asarray(order[lowest])


@dataclass(frozen=True, slots=True)
class Marks:
    """Judgments of annotators of whom the source says whether an answer held when the sides were swapped."""

    held: Bools
    comparison: Ints
    prompt: Ints
    annotator: Ints
    names: list[str]

    @property
    def clusters(self) -> dict[str, Ints]:
        """Clusterings by name: prompts. The judges are those that are asked about, no sample of others."""
        return {"prompt": self.prompt}


def marks(signals: Signals) -> Marks | None:
    """Return what the source itself says of swapped sides (`swap_held`), one entry a judgment; None where nothing.

    Where it only ever notes answers that changed, the other answers of the same annotators held.
    """
    if not signals.has("swap_held", "judgment.comparison", "judgment.label", "judgment.annotator"):
        return None
    label, at = signals.ints("judgment.label"), signals.ints("judgment.comparison")
    held = signals.floats("swap_held")[at]
    codes, names = signals.codes("judgment.annotator")
    is_told, answered = np.isfinite(held), (label >= A) & (label <= BOTH_BAD) & (codes >= 0)
    if not (held == 1).any():
        tells = np.zeros(len(names) + 1, dtype=np.bool_)
        tells[codes[is_told & answered]] = True
        is_told = tells[codes]
    rows = np.flatnonzero(is_told & answered)
    prompt = signals.groups("prompt_key") if signals.has("prompt_key") else np.arange(signals.comparisons)
    return Marks(held[rows] != 0, at[rows], prompt[at[rows]], codes[rows], names)


def label_hits(signals: Signals, found: Cells) -> Floats | None:
    """Return for each cell the share of its judgments that are the shipped label, nan where no side was shipped."""
    if not signals.has("label"):
        return None
    label, first_is = signals.ints("label")[found.comparison], first_side(signals)[found.comparison]
    chosen = np.where(label == first_is, FIRST_TEXT, OTHER_TEXT)
    hits = found.counts.sum(axis=1)[np.arange(len(found)), chosen] / found.counts.sum(axis=(1, 2))
    return np.where((label == A) | (label == B), hits, np.nan)


def repeats(found: Cells) -> tuple[Floats, Ints]:
    """Return the share of equal answers among judgments of one cell in one order, where there are two or more.

    Returns:
        Shares, shape (m,), and the cell of each, shape (m,).
    """
    n = found.counts.sum(axis=2)
    same = (found.counts * (found.counts - 1)).sum(axis=2)
    cell, order = np.nonzero(n > 1)
    return same[cell, order] / (n * (n - 1))[cell, order], cell.astype(np.int64)

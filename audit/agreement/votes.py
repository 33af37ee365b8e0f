"""The votes behind the labels, coded so that agreement can be told: whose, on which pair, for which response.

An item is an unordered pair of responses to one prompt; rows that show the same pair share it. Sides are renamed to
*first* and *second* in the order of the responses' keys, which no file and no annotator chose: an order that depends
on the label (chosen, rejected) or on the presentation would make agreement of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow.compute as pc

from audit.schema import BOTH_BAD, A, B
from audit.schema import TIE as TIED
from audit.signals import Bools, Floats, Ints, Signals, key_matrix

CATEGORIES: Final = ("first", "second", "tie", "both_bad")
FIRST, SECOND, TIE, NEITHER = range(4)
IDENTITY: Final = ("prompt_key", "a_key", "b_key", "pair_key")
"""What must be recorded of a row for it to share its item with other rows."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Answers of annotators on items, each array of shape (n,), sorted by item, annotator and category."""

    item: Ints
    """0-based and dense."""
    category: Ints
    """Index into CATEGORIES."""
    annotator: Ints
    """Cluster numbers; a vote without a name has a number of its own."""
    is_named: Bools
    reviewer_class: Ints
    """Index into `classes`, -1 where not recorded."""
    strength: Floats
    """Declared strength: positive for the first, negative for the second, 0 for a tie, nan where none is recorded."""
    confidence: Floats
    comparison: Ints
    """Row number into the comparisons."""
    classes: tuple[str, ...]
    prompt: Ints
    """Shape (items,): the prompt's number of each item."""
    fraction: Floats
    """Shape (items,): in [0, 1), from the item's key: the same in every file and as good as random."""

    def __len__(self) -> int:
        return len(self.item)

    @property
    def items(self) -> int:
        """How many items have a vote."""
        return len(self.prompt)

    def take(self, which: Bools | Ints) -> Votes:
        """Return the selected votes, items keeping their numbers; `which` is a mask or rising positions."""
        rows = np.flatnonzero(which) if which.dtype == np.bool_ else which
        return Votes(
            self.item[rows],
            self.category[rows],
            self.annotator[rows],
            self.is_named[rows],
            self.reviewer_class[rows],
            self.strength[rows],
            self.confidence[rows],
            self.comparison[rows],
            self.classes,
            self.prompt,
            self.fraction,
        )

    def of_class(self, name: str) -> Bools:
        """Return which votes are of a reviewer class, shape (n,)."""
        if name not in self.classes:
            return np.zeros(len(self), dtype=np.bool_)
        return np.asarray(self.reviewer_class == self.classes.index(name))

    def counts(self) -> Ints:
        """Return how often each item got each category, shape (items, 4)."""
        width = len(CATEGORIES)
        flat = np.bincount(self.item * width + self.category, minlength=self.items * width)
        return flat.reshape(self.items, width).astype(np.int64)

    def groups(self) -> Ints:
        """Return a number for each vote that votes of one annotator on one item share, never falling; shape (n,)."""
        fresh = np.ones(len(self), dtype=np.bool_)
        fresh[1:] = (self.item[1:] != self.item[:-1]) | (self.annotator[1:] != self.annotator[:-1])
        return np.cumsum(fresh) - 1

    def one_each(self) -> Votes:
        """Return one vote of each annotator on each item.

        Of several, the one at the place that the item's fraction marks among them, in order of category and strength:
        a draw that does not depend on the order of rows, and that neither side is favoured by.
        """
        group = self.groups()
        if not len(group) or group[-1] == len(self) - 1:
            return self
        size = np.bincount(group)
        start = np.cumsum(size) - size
        return self.take(start + np.floor(self.fraction[self.item[start]] * size).astype(np.int64))


def votes(signals: Signals) -> Votes | None:
    """Return every vote that answers: chose a side, tied or rejected both; None where no raw judgment does."""
    if not signals.has("judgment.comparison", "judgment.label"):
        return None
    label = signals.ints("judgment.label")
    rows = np.flatnonzero((label >= A) & (label <= BOTH_BAD))
    if not len(rows):
        return None
    comparison, label = signals.ints("judgment.comparison")[rows], label[rows]
    number, fraction = items_of(signals)
    first_is = first_side(signals)[comparison]
    category = np.select([label == first_is, label <= B, label == TIED], [FIRST, SECOND, TIE], NEITHER)
    annotator, is_named = _annotators(signals, rows)
    code, classes = _classes(signals, rows)
    strength = np.where(category == FIRST, 1.0, -1.0) * np.abs(_numbers(signals, "judgment.strength", rows))
    strength[category == TIE] = 0.0
    strength[category == NEITHER] = np.nan
    order = _order(number[comparison], annotator, category, strength)
    owner = number[comparison[order]]
    fresh = np.concatenate([[True], owner[1:] != owner[:-1]])
    place = comparison[order][fresh]
    prompt = signals.groups("prompt_key") if signals.has("prompt_key") else np.arange(signals.comparisons)
    return Votes(
        np.cumsum(fresh) - 1,
        category[order].astype(np.int64),
        annotator[order],
        is_named[order],
        code[order],
        strength[order],
        _numbers(signals, "judgment.confidence", rows)[order],
        comparison[order],
        classes,
        prompt[place],
        fraction[place],
    )


def items_of(signals: Signals) -> tuple[Ints, Floats]:
    """Return the item's number and fraction of each comparison; a row of unknown prompt or side is its own item."""
    if not signals.has(*IDENTITY):
        return np.arange(signals.comparisons), np.full(signals.comparisons, 0.5)
    number = signals.groups("pair_key")
    fraction = (key_matrix(signals.load("pair_key"))[:, 1] >> np.uint64(11)) / 2.0**53
    alone = np.zeros(signals.comparisons, dtype=np.bool_)
    for name in IDENTITY[:3]:
        column = signals.load(name)
        if column.null_count:
            alone |= pc.is_null(column).to_numpy()
    number[alone] = signals.comparisons + np.arange(int(alone.sum()))
    return number, fraction


def first_side(signals: Signals) -> Ints:
    """Return the label that names the canonical first side of each comparison."""
    if not signals.has("a_is_first"):
        return np.full(signals.comparisons, A, dtype=np.int64)
    return np.where(signals.ints("a_is_first") > 0, A, B)


def _annotators(signals: Signals, rows: Ints) -> tuple[Ints, Bools]:
    if not signals.has("judgment.annotator"):
        return np.arange(len(rows)), np.zeros(len(rows), dtype=np.bool_)
    is_named = ~pc.is_null(signals.load("judgment.annotator")).to_numpy()[rows]
    return signals.groups("judgment.annotator")[rows], is_named


def _classes(signals: Signals, rows: Ints) -> tuple[Ints, tuple[str, ...]]:
    if not signals.has("judgment.reviewer_class"):
        return np.full(len(rows), -1, dtype=np.int64), ()
    codes, names = signals.codes("judgment.reviewer_class")
    return codes[rows], tuple(names)


def _numbers(signals: Signals, name: str, rows: Ints) -> Floats:
    return signals.floats(name)[rows] if signals.has(name) else np.full(len(rows), np.nan)


def _order(item: Ints, annotator: Ints, category: Ints, strength: Floats) -> Ints:
    """Return the order by item, annotator and category; strength decides only where an annotator repeats."""
    width = int(annotator.max(initial=0)) + 1
    packed = (item * width + annotator) * len(CATEGORIES) + category
    order = np.argsort(packed, kind="stable")
    ranked = packed[order] // len(CATEGORIES)
    if (ranked[1:] == ranked[:-1]).any():
        order = np.lexsort((strength, packed))
    return order

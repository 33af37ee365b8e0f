"""Judgments whose order was recorded, and what stood on the side that was shown first.

One judgment is one presentation: an annotator saw the two sides of a comparison in one order. Where a comparison keeps
one order for all its annotators, the comparison is what was randomised; `units` returns what was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.schema import BOTH_BAD, TIE, A, B
from audit.signals import Bools, Floats, Ints, Signals

FIXED: Final = 0.9
"""Comparisons of several judgments that keep one order: above this share, the order belongs to the comparison."""


@dataclass(frozen=True, slots=True)
class Presentations:
    """Judgments with a recorded order and an answer, one entry each, shape (n,)."""

    comparison: Ints
    """Row numbers into the comparisons."""
    label: Ints
    """a, b, tie or both bad, as codes of the schema."""
    a_first: Bools
    prompt: Ints
    """Cluster numbers; never falling in what `presentations` returns."""
    annotator: Ints | None
    """Cluster numbers; a judgment without a name is a cluster of its own. None: no name is recorded."""

    def __len__(self) -> int:
        return len(self.comparison)

    def take(self, which: Bools | Ints) -> Presentations:
        """Return the selected judgments; `which` is a mask, shape (n,), or positions."""
        rows = np.flatnonzero(which) if which.dtype == np.bool_ else which
        annotator = None if self.annotator is None else self.annotator[rows]
        return Presentations(self.comparison[rows], self.label[rows], self.a_first[rows], self.prompt[rows], annotator)

    def decisive(self) -> Presentations:
        """Return those that chose a side."""
        return self.take((self.label == A) | (self.label == B))

    @property
    def first_won(self) -> Bools:
        """Whether the side shown first was chosen; meant for decisive judgments."""
        return np.asarray((self.label == A) == self.a_first)

    @property
    def clusters(self) -> dict[str, Ints]:
        """Clusterings by name: prompt, and annotator where recorded."""
        named = {"prompt": self.prompt}
        return named if self.annotator is None else {**named, "annotator": self.annotator}


def presentations(signals: Signals) -> Presentations | None:
    """Return the judgments with a recorded order; None where no judgment has one."""
    if not signals.has("judgment.comparison", "judgment.label", "judgment.shown_first"):
        return None
    shown, label = signals.ints("judgment.shown_first"), signals.ints("judgment.label")
    chosen = np.flatnonzero((shown > 0) & np.isin(label, (A, B, TIE, BOTH_BAD)))
    if not len(chosen):
        return None
    comparison = signals.ints("judgment.comparison")[chosen]
    prompt = signals.groups("prompt_key")[comparison] if signals.has("prompt_key") else comparison
    order = np.argsort(prompt, kind="stable")
    chosen, comparison, prompt = chosen[order], comparison[order], prompt[order]
    annotator = signals.groups("judgment.annotator")[chosen] if signals.has("judgment.annotator") else None
    return Presentations(comparison, label[chosen], shown[chosen] == A, prompt, annotator)


@dataclass(frozen=True, slots=True)
class Seats:
    """The comparisons that were judged, one entry each."""

    judgments: Ints
    a_first: Ints
    """Judgments shown with side a first."""
    annotators: Ints
    """Different annotators; 0 where none is recorded."""

    @property
    def one_order(self) -> Bools:
        """Which comparisons were shown in one order only."""
        return np.asarray((self.a_first == 0) | (self.a_first == self.judgments))

    @property
    def order_is_fixed(self) -> bool:
        """True when comparisons of several judgments keep one order: they were randomised, not the judgments."""
        several = self.judgments > 1
        return bool(several.any() and self.one_order[several].mean() > FIXED)


def seats(shown: Presentations) -> Seats:
    """Count judgments, orders and annotators of each comparison."""
    counts = np.bincount(shown.comparison)
    firsts = np.bincount(shown.comparison, weights=shown.a_first).astype(np.int64)
    used = np.flatnonzero(counts)
    people = np.zeros_like(counts)
    if shown.annotator is not None and counts.max(initial=0) > 1:
        width = int(shown.annotator.max(initial=0)) + 1
        pairs = np.sort(shown.comparison * width + shown.annotator)
        fresh = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
        people = np.bincount(fresh // width, minlength=len(counts))
    elif shown.annotator is not None:
        people = counts
    return Seats(counts[used], firsts[used], people[used])


def units(shown: Presentations, found: Seats) -> tuple[Presentations, str]:
    """Return what was randomised, one entry each, and its name: presentations, or comparisons with a fixed order."""
    if not found.order_is_fixed:
        return shown, "presentations"
    _, first = np.unique(shown.comparison, return_index=True)
    return shown.take(np.sort(first[found.one_order])), "comparisons, whose order is fixed"


@dataclass(frozen=True, slots=True)
class Models:
    """Who wrote each side, as numbers into one sorted list of names; -1 where not recorded. Shape (comparisons,)."""

    a: Ints
    b: Ints
    names: list[str]

    def pairs(self, rows: Ints) -> tuple[Ints, Bools, Bools]:
        """Return, for comparison row numbers, the pair's number, whether side a is its first name, and which differ.

        A pair's number is first * len(names) + second with first < second in name order; it is meaningless where the
        third array is False: one model, or an unrecorded one.
        """
        a, b = self.a[rows], self.b[rows]
        pair = np.minimum(a, b) * len(self.names) + np.maximum(a, b)
        return pair, a < b, (a != b) & (a >= 0) & (b >= 0)

    def pair_name(self, pair: int) -> str:
        """Return "first vs second"."""
        first, second = divmod(pair, len(self.names))
        return f"{self.names[first]} vs {self.names[second]}"


def models(signals: Signals) -> Models | None:
    """Return the models of both sides; None where no comparison records both columns."""
    if not signals.has("model_a", "model_b"):
        return None
    a, names_a = signals.codes("model_a")
    b, names_b = signals.codes("model_b")
    names = sorted({*names_a, *names_b})
    number = {name: i for i, name in enumerate(names)}
    to_a = np.array([number[name] for name in names_a] + [-1], dtype=np.int64)
    to_b = np.array([number[name] for name in names_b] + [-1], dtype=np.int64)
    return Models(to_a[a], to_b[b], names)


def length_difference(signals: Signals, rows: Ints) -> Floats | None:
    """Return log((code points of a + 1) / (of b + 1)) of comparison row numbers, nan without text; None: no text."""
    if not signals.has("a_code_points", "b_code_points"):
        return None
    a, b = signals.floats("a_code_points")[rows], signals.floats("b_code_points")[rows]
    return np.log((a + 1) / (b + 1))


def score_difference(signals: Signals, rows: Ints) -> Floats | None:
    """Return score of a - score of b of comparison row numbers, nan where either has none; None: no scores."""
    if not signals.has("score_a", "score_b"):
        return None
    return np.asarray(signals.floats("score_a")[rows] - signals.floats("score_b")[rows])

"""SWP: does an answer stay the same when the two sides are shown in the other order?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.paired_measures import mean_difference
from audit.position.swaps import FIRST_TEXT, NEEDS, OTHER_TEXT, Cells, Marks, cells, label_hits, marks, repeats
from audit.schema import A, B
from audit.shares import share_measure
from audit.signals import Signals
from audit.slices import slices
from audit.stats.proportions import LEVEL, even_odds_test
from audit.strength.links import widest

COVERED: Final = "swap.covered_share"
CONSISTENCY: Final = "swap.consistency_rate"
FIRST: Final = "swap.first_twice_rate"
SECOND: Final = "swap.second_twice_rate"
PREFERENCE: Final = "swap.slot_preference"
TEST: Final = "swap.slot_preference_p"
REPEAT: Final = "swap.repeat_agreement"
LABEL: Final = "swap.label_rate"
UNSUPPORTED: Final = "swap.unsupported_share"
MOST_SINGLES: Final = 50
"""Annotators reported one by one: those with most pairs in both orders."""
_WHAT: Final = "pairs that an annotator judged in both orders"
_NONE: Final = Undefined("no annotator judged a pair in both orders", "judgments of one pair in both orders")


@dataclass(frozen=True)
class Swap:
    """Swap: whether a judge keeps to the response, or to the slot, when the two are shown the other way round.

    What it measures:
        For pairs that one annotator judged in both orders: how often the answers agree (`swap.consistency_rate`), how
        often the slot won twice (`swap.first_twice_rate`, `swap.second_twice_rate`, their difference
        `swap.slot_preference` and its test `swap.slot_preference_p`), how often the same order twice gives the same
        answer (`swap.repeat_agreement`), how often answers are the shipped label (`swap.label_rate`), how many shipped
        labels no judge holds in both orders (`swap.unsupported_share`), and what part of the judging was done in both
        orders (`swap.covered_share`).

    Why it matters:
        A judge that changes its answer with the order has no preference between the two, or prefers a slot. Models
        that judge are asked in both orders for this reason; a pair whose two answers disagree is a tie.

    How:
        A cell is one named annotator on one unordered pair (same prompt, same two texts, in one row or in several).
        Judgments are coded by the text that won. Of several judgments in one order the most frequent answer counts, a
        tie where two are. Consistency = cells whose two answers are equal, ties included, of all cells in both orders.
        With b cells in which the slot shown first won twice and c in which the second did, the preference is
        (b - c) / n and its p value the exact test of McNemar, b of b + c at even odds. Repeat: mean over cells and
        orders with several judgments of the share of equal pairs of answers; a judge that is inconsistent there is
        only noisy. Unsupported are shipped labels for which no annotator's two answers are both that side, among pairs
        all of whose judgments are in both orders (others may have their label from elsewhere). Where the source itself
        notes that an answer did not hold (MT-Bench: "tie (inconsistent)"), consistency is counted from its notes, and
        the rest is undefined. Intervals are clustered by prompt: what is told is told of these judges.

    Reads:
        Nothing is required. It uses `judgment.comparison`, `judgment.label`, `judgment.shown_first`,
        `judgment.annotator`, `prompt_key`, `pair_key`, `a_key`, `b_key`, `a_is_first`, `label`, `swap_held`.

    Measures and units:
        `swap.covered_share`, `swap.unsupported_share`: share, census. `swap.consistency_rate` (also per slice and
        annotator), `swap.first_twice_rate`, `swap.second_twice_rate`, `swap.label_rate` (these three also per
        annotator), `swap.slot_preference`, `swap.repeat_agreement`: share, process. `swap.slot_preference_p`: p value,
        process.

    Limits:
        Judgments without a name or an order are in no cell; null answers neither. Copies of a row count as repeats.
        Deterministic judges repeat themselves, so that a consistent one may still be wrong both times. Where labels are
        not the judges' (a gold label beside model judges), unsupported labels tell of the judges, not of the labels.

    References:
        Zheng et al. 2023, arXiv 2306.05685 (swapping, ties by inconsistency). Zeng et al. 2024, arXiv 2310.07641
        (LLMBar: accuracy and positional agreement). Shi et al. 2024, arXiv 2406.07791 (repetition stability, position
        consistency, preference fairness). McNemar 1947, Psychometrika 12.
    """

    level: float = LEVEL
    """Two-sided level of intervals."""
    slice_cells: int = 30
    """Cells below which a slice or an annotator is left out."""

    code: ClassVar[str] = "SWP"
    name: ClassVar[str] = "swap"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (*NEEDS, "label", "swap_held")
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec(COVERED, "share", Kind.CENSUS, "annotators on pairs that judged both orders"),
        Spec(CONSISTENCY, "share", Kind.PROCESS, "answers that stay with the text in both orders"),
        Spec(FIRST, "share", Kind.PROCESS, "the side shown first wins in both orders"),
        Spec(SECOND, "share", Kind.PROCESS, "the side shown second wins in both orders"),
        Spec(PREFERENCE, "share", Kind.PROCESS, "first twice less second twice"),
        Spec(TEST, "p value", Kind.PROCESS, "exact p value that neither slot is preferred"),
        Spec(REPEAT, "share", Kind.PROCESS, "equal answers to one pair in one order"),
        Spec(LABEL, "share", Kind.PROCESS, "answers in both orders that are the shipped label"),
        Spec(UNSUPPORTED, "share", Kind.CENSUS, "shipped labels that no judge gave in both orders"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield every measure; without a pair in both orders most are undefined."""
        every = cells(signals)
        yield _covered(every)
        found = None if every is None else every.take(every.in_both)
        noted = marks(signals) if found is None or not len(found) else None
        if found is None or not len(found):
            yield from self._noted(signals, noted)
            kinds = {spec.name: spec for spec in self.measures}
            for name in (FIRST, SECOND, PREFERENCE, TEST, LABEL, UNSUPPORTED):
                yield Measure(name, _NONE, kinds[name].unit, kinds[name].kind, 0)
        else:
            yield from self._consistency(signals, found)
            yield from self._slots(found)
            yield from self._labels(signals, found)
        yield self._repeats(every)

    def _noted(self, signals: Signals, noted: Marks | None) -> Iterator[Measure]:
        """Consistency as the source notes it."""
        if noted is None:
            yield Measure(CONSISTENCY, _NONE, "share", Kind.PROCESS, 0)
            return
        what = "judgments whose answer held with the sides swapped, as the source notes"
        yield share_measure(CONSISTENCY, noted.held, noted.clusters, what, level=self.level)
        for part, mask in slices(signals, self.slice_cells):
            inside = mask[noted.comparison]
            if inside.sum() >= self.slice_cells:
                own = {name: groups[inside] for name, groups in noted.clusters.items()}
                yield share_measure(CONSISTENCY, noted.held[inside], own, what, part=part, level=self.level)

    def _consistency(self, signals: Signals, found: Cells) -> Iterator[Measure]:
        answers = found.answers
        same = answers[:, 0] == answers[:, 1]
        yield share_measure(CONSISTENCY, same, found.clusters, _WHAT, level=self.level)
        for part, mask in slices(signals, self.slice_cells):
            inside = mask[found.comparison]
            if inside.sum() >= self.slice_cells:
                own = found.take(inside)
                yield share_measure(CONSISTENCY, same[inside], own.clusters, _WHAT, part=part, level=self.level)

    def _slots(self, found: Cells) -> Iterator[Measure]:
        """Slots that won twice, of everyone and of the busiest annotators."""
        answers = found.answers
        first = (answers[:, 0] == FIRST_TEXT) & (answers[:, 1] == OTHER_TEXT)
        second = (answers[:, 0] == OTHER_TEXT) & (answers[:, 1] == FIRST_TEXT)
        same = answers[:, 0] == answers[:, 1]
        yield share_measure(FIRST, first, found.clusters, _WHAT, level=self.level)
        yield share_measure(SECOND, second, found.clusters, _WHAT, level=self.level)
        signed = first.astype(np.float64) - second
        by = widest(signed, found.clusters, self.level)
        what, groups = "slot shown first won twice less second won twice", found.clusters[by]
        yield mean_difference(PREFERENCE, signed, groups, by, unit="share", what=what, level=self.level)
        b, c = int(first.sum()), int(second.sum())
        p = float(even_odds_test(b, b + c))
        told = f"exact McNemar test, {b} first twice, {c} second twice; n: {_WHAT}, taken as independent"
        yield Measure(TEST, p, "p value", Kind.PROCESS, len(found), method=told)
        for code in _busiest(found, self.slice_cells):
            mine = found.annotator == code
            part, own = Slice("annotator", found.names[code]), {"prompt": found.prompt[mine]}
            for name, hits in ((CONSISTENCY, same), (FIRST, first), (SECOND, second)):
                yield share_measure(name, hits[mine], own, _WHAT, part=part, level=self.level)

    def _labels(self, signals: Signals, found: Cells) -> Iterator[Measure]:
        hits = label_hits(signals, found)
        if hits is None or not np.isfinite(hits).any():
            none = Undefined("no side is shipped as the label of a pair in both orders", "label")
            yield Measure(LABEL, none, "share", Kind.PROCESS, 0)
            yield Measure(UNSUPPORTED, none, "share", Kind.CENSUS, 0)
            return
        known = np.isfinite(hits)
        some, hits, what = found.take(known), hits[known], "answers in both orders that are the shipped label"
        by = widest(hits, some.clusters, self.level)
        groups = some.clusters[by]
        yield mean_difference(LABEL, hits, groups, by, unit="share", what=what, part=ALL, level=self.level)
        for code in _busiest(some, self.slice_cells):
            mine, part = some.annotator == code, Slice("annotator", some.names[code])
            own, prompts = hits[mine], some.prompt[mine]
            yield mean_difference(LABEL, own, prompts, "prompt", unit="share", what=what, part=part, level=self.level)
        yield _unsupported(signals, some)

    def _repeats(self, every: Cells | None) -> Measure:
        shares, cell = (np.zeros(0), np.zeros(0, np.int64)) if every is None else repeats(every)
        if every is None or not len(shares):
            none = Undefined("no annotator judged a pair twice in one order", "repeated judgments")
            return Measure(REPEAT, none, "share", Kind.PROCESS, 0)
        clusters = {name: groups[cell] for name, groups in every.clusters.items()}
        by = widest(shares, clusters, self.level)
        what = "equal answers among an annotator's judgments of one pair in one order"
        return mean_difference(REPEAT, shares, clusters[by], by, unit="share", what=what, level=self.level)


def _covered(every: Cells | None) -> Measure:
    if every is None:
        none = Undefined("no judgment has a name, an order and an answer", "judgment.shown_first, judgment.annotator")
        return Measure(COVERED, none, "share", Kind.CENSUS, 0)
    method = "exact share; n: annotators on pairs"
    return Measure(COVERED, int(every.in_both.sum()) / len(every), "share", Kind.CENSUS, len(every), method=method)


def _busiest(found: Cells, least: int) -> list[int]:
    counts = np.bincount(found.annotator, minlength=len(found.names))
    order = np.argsort(-counts, kind="stable")[:MOST_SINGLES]
    return [int(code) for code in order if counts[code] >= least]


def _unsupported(signals: Signals, found: Cells) -> Measure:
    """Shipped labels that no annotator holds in both orders, among those that were judged in both orders only."""
    answers = found.answers
    held = (answers[:, 0] == answers[:, 1]) & (label_hits(signals, found) == 1.0)
    label = signals.ints("label")
    judged = np.zeros(signals.comparisons, dtype=np.bool_)
    judged[found.comparison] = True
    judged &= (label == A) | (label == B)
    answers_all = np.bincount(signals.ints("judgment.comparison"), minlength=signals.comparisons)
    answers_in = np.bincount(found.comparison, found.counts.sum(axis=(1, 2)), minlength=signals.comparisons)
    judged &= answers_in >= answers_all
    is_held = np.zeros(signals.comparisons, dtype=np.bool_)
    is_held[found.comparison[held]] = True
    lacking, n = judged & ~is_held, int(judged.sum())
    if not n:
        none = Undefined("every label has judgments in one order beside those in both")
        return Measure(UNSUPPORTED, none, "share", Kind.CENSUS, 0)
    evidence = signals.evidence(lacking) if signals.has("ordered_key", "row", "file") else None
    method = "exact share; n: shipped labels of pairs judged in both orders only"
    return Measure(UNSUPPORTED, int(lacking.sum()) / n, "share", Kind.CENSUS, n, evidence=evidence, method=method)

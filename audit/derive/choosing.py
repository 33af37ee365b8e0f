"""Which comparisons may be trained on, and for each other one the first reason why it may not.

Reasons are looked for in the order of `REASONS`. What depends on other rows (contradictions, copies) is looked for
among those that no earlier reason took out, so that a copy of a broken row is not lost with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from audit.auditors.lineage import Lineage
from audit.duplicates.copies import Sides, both_ways, exact_sides, near_sides
from audit.duplicates.leakage import PROTECTED_SPLIT
from audit.duplicates.leaks import Leak
from audit.lineage.conservation import tallies
from audit.schema import BOTH_BAD, ESCALATE, INVALID, LABELS, NONE, TIE, A, B, Defect
from audit.signals import Bools, Floats, Ints, Signals, key_matrix

REASONS: Final = {
    "no_text": "the prompt or a response is not recorded",
    "no_label": "nobody's answer is recorded",
    "no_majority": "no label is shipped, and no answer has more than half of the votes",
    "tie": "the answer is a tie",
    "both_bad": "both responses were found bad",
    "escalated": "the comparison was escalated",
    "invalid": "the answer is marked as invalid",
    "unsupported": "another answer got more votes than the shipped label, of everyone and of the adjudicators",
    "unjudged": "no vote stands behind the shipped label, while votes are recorded of other rows",
    "broken": "an empty text, or turns whose roles are out of order",
    "no_contrast": "both sides are the same text, or answer different prompts",
    "protected_split": "the row is of a split that is kept for evaluation",
    "excluded_split": "the row's split says that it is left out",
    "bad_weight": "the weight is negative, not finite, or missing beside others",
    "no_weight": "the weight is 0",
    "leaked": "the prompt, the conversation or the pair stands in a protected set",
    "contradicted": "the same pair, or nearly the same, is labelled the other way elsewhere",
    "duplicate": "the same pair, or nearly the same, is kept from another row",
}
"""Reason -> meaning; the first that applies is the row's."""
LEAKS: Final = Leak.PROMPT | Leak.CONVERSATION | Leak.NEAR_PROMPT | Leak.WORDS | Leak.PAIR
"""What of a leak takes a row out; a response alone (a stock phrase) does not."""
BROKEN: Final = (
    Defect.EMPTY_PROMPT
    | Defect.EMPTY_A
    | Defect.EMPTY_B
    | Defect.ROLE_REPEAT_A
    | Defect.ROLE_REPEAT_B
    | Defect.ROLE_UNKNOWN
    | Defect.PROMPT_END
    | Defect.RESPONSE_ROLE
)
UNFOUNDED: Final = ("unsupported", "unjudged")
"""Reasons of labels that do not follow from votes."""
NO_CONTRAST: Final = Defect.PROMPT_MISMATCH | Defect.IDENTICAL_SIDES
_OF_LABEL: Final = ((TIE, "tie"), (BOTH_BAD, "both_bad"), (ESCALATE, "escalated"), (INVALID, "invalid"))
_UNUSED: Final = re.compile(r"(?i)^(excluded|unused|dropped|discarded|removed|rejected)$")


@dataclass(frozen=True)
class Choice:
    """What becomes of each comparison; arrays of shape (comparisons,)."""

    reason: Ints
    """Index into `REASONS`, -1 for a pair that is kept."""
    label: Ints
    """Code of the answer that counts: the shipped one or, where none is, the majority of the votes."""
    votes: Ints
    """Answers of annotators that choose a side or tie."""
    support: Floats
    """Share of those votes for the chosen side, a tie counting half; nan where there is none or no side is chosen."""
    weight: Floats
    """Recorded training weight, 1 where none is."""
    stands_for: Ints
    """Comparison that is kept in place of a duplicate or against which a contradiction stands; -1 for others."""
    prompts: Ints
    """Number of each comparison's group of prompts that are the same, nearly the same, or of one conversation."""

    def by_votes(self) -> Choice:
        """Return the same with weights from the votes: the recorded one times how far they favour the chosen side.

        That is max(0, 2 support - 1): 1 where all votes agree, 0 where as many are against as for it. A pair without
        votes keeps its recorded weight.
        """
        lead = np.maximum(2 * self.support - 1, 0.0)
        return replace(self, weight=np.where(np.isnan(lead), self.weight, self.weight * lead))

    @property
    def kept(self) -> Bools:
        """Comparisons that become pairs."""
        return np.asarray(self.reason < 0)

    def counts(self) -> dict[str, int]:
        """Return how many comparisons each reason took out, in the order of the reasons; none are left out."""
        found = np.bincount(self.reason[self.reason >= 0], minlength=len(REASONS))
        return {name: int(count) for name, count in zip(REASONS, found, strict=True) if count}


def choose(signals: Signals, *, keep_unsupported: bool = False) -> Choice:
    """Decide about every comparison.

    Args:
        signals: of the data, with the columns of near duplicates and leaks.
        keep_unsupported: keep shipped labels that votes do not support, or that have none.
    """
    answers = _answers(signals)
    label = _labels(signals, answers)
    first = np.full(signals.comparisons, -1, np.int64)
    for mask, name in _alone(signals, label, answers):
        if not (keep_unsupported and name in UNFOUNDED):
            _take_out(first, mask, name)
    sides = replace(_sides(signals), label=np.where(first < 0, label, NONE))
    opposed = both_ways(sides) & (first < 0)
    _take_out(first, opposed, "contradicted")
    stands_for = np.full(len(first), -1, np.int64)
    copies, lead = _copies(signals, sides.pair, first < 0)
    stands_for[copies] = lead
    first[copies] = list(REASONS).index("duplicate")
    stands_for[opposed] = _opponents(sides, opposed)
    votes = answers[:, A] + answers[:, B] + answers[:, TIE]
    chosen = np.where(label == B, answers[:, B], answers[:, A]) + answers[:, TIE] / 2
    decisive = ((label == A) | (label == B)) & (votes > 0)
    support = np.divide(chosen, votes, out=np.full(len(votes), np.nan), where=decisive)
    weight = signals.floats("weight") if signals.has("weight") else np.ones(len(first))
    return Choice(first, label, votes, support, weight, stands_for, _prompt_groups(signals))


def _answers(signals: Signals) -> Ints:
    """Return how often each comparison got each answer, shape (comparisons, labels)."""
    width = len(LABELS)
    if not signals.has("judgment.comparison", "judgment.label"):
        return np.zeros((signals.comparisons, width), np.int64)
    owner, label = signals.ints("judgment.comparison"), signals.ints("judgment.label")
    return np.bincount(owner * width + label, minlength=signals.comparisons * width).reshape(-1, width)


def _labels(signals: Signals, answers: Ints) -> Ints:
    """Return the shipped label, and where none is shipped the answer that more than half of the votes gave."""
    shipped = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, np.int64)
    valid = answers[:, A : ESCALATE + 1]
    majority = np.where(2 * valid.max(axis=1) > valid.sum(axis=1), valid.argmax(axis=1) + A, NONE)
    return np.where(shipped == NONE, majority, shipped)


def _alone(signals: Signals, label: Ints, answers: Ints) -> list[tuple[Bools, str]]:
    """Return what can be said of a row without looking at others, in the order of the reasons."""
    n = signals.comparisons
    bits = signals.ints("defects") if signals.has("defects") else np.zeros(n, np.int64)
    has_text = signals.has("prompt_bytes", "a_bytes", "b_bytes")
    voted = answers[:, A : ESCALATE + 1].sum(axis=1) > 0
    found = [
        ((bits & int(Defect.MISSING_SIDE)) > 0 if has_text else np.ones(n, np.bool_), "no_text"),
        ((label == NONE) & ~voted, "no_label"),
        (label == NONE, "no_majority"),
        *((label == code, name) for code, name in _OF_LABEL),
        *_unfounded(signals, label),
        ((bits & int(BROKEN)) > 0, "broken"),
        ((bits & int(NO_CONTRAST)) > 0, "no_contrast"),
        (_in_split(signals, PROTECTED_SPLIT), "protected_split"),
        (_in_split(signals, _UNUSED), "excluded_split"),
    ]
    if signals.has("weight"):
        weight = signals.floats("weight")
        found.append((~np.isfinite(weight) | (weight < 0), "bad_weight"))
        found.append((weight == 0, "no_weight"))
    if signals.has("leaks"):
        found.append(((np.maximum(signals.ints("leaks"), 0) & int(LEAKS)) > 0, "leaked"))
    return found


def _unfounded(signals: Signals, label: Ints) -> list[tuple[Bools, str]]:
    """Return the labels that the lineage auditor would not find to follow from votes; none where none are recorded."""
    found = tallies(signals, Lineage().adjudicators)
    if found is None:
        return []
    return [(found.is_judged & ~found.supports(label), UNFOUNDED[0]), (~found.is_judged, UNFOUNDED[1])]


def _in_split(signals: Signals, pattern: re.Pattern[str]) -> Bools:
    if not signals.has("split"):
        return np.zeros(signals.comparisons, np.bool_)
    codes, values = signals.codes("split")
    return np.array([pattern.search(v) is not None for v in values] + [False], np.bool_)[codes]


def _take_out(first: Ints, mask: Bools, name: str) -> None:
    first[mask & (first < 0)] = list(REASONS).index(name)


def _sides(signals: Signals) -> Sides:
    return near_sides(signals) if signals.has("near_prompt", "near_a", "near_b") else exact_sides(signals)


def _copies(signals: Signals, pair: Ints, free: Bools) -> tuple[Ints, Ints]:
    """Return the free rows that repeat another free one, and the row that stands for each.

    Of a cluster the most frequent exact pair is kept, among equals that of the smallest digest, and the place decides
    among copies of it only: what the kept rows say depends neither on the order of rows nor on that of files.
    """
    rows = np.flatnonzero(free)
    exact = signals.groups("pair_key")[rows]
    keys = key_matrix(signals.load("pair_key"))[rows]
    often = np.bincount(exact)[exact] if len(rows) else exact
    order = np.lexsort((rows, keys[:, 1], keys[:, 0], -often, pair[rows]))
    groups, first = np.unique(pair[rows][order], return_index=True)
    lead = rows[order][first][np.searchsorted(groups, pair[rows])]
    copies = lead != rows
    return rows[copies], lead[copies]


def _opponents(sides: Sides, opposed: Bools) -> Ints:
    """Return, for each contradicted row, the first row of its pair that prefers the other text."""
    rows = np.flatnonzero(opposed)
    up = (sides.winner < sides.loser)[rows].astype(np.int64)
    cell = sides.pair[rows] * 2 + up
    cells, first = np.unique(cell, return_index=True)
    return rows[first][np.searchsorted(cells, sides.pair[rows] * 2 + (1 - up))]


def _prompt_groups(signals: Signals) -> Ints:
    """Return connected groups of comparisons by near-duplicate prompt and by conversation."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = signals.comparisons
    keys = [signals.groups("prompt_key")]
    if signals.has("near_prompt"):
        near = signals.ints("near_prompt", missing=-1)
        keys.append(np.where(near < 0, int(near.max(initial=0)) + 1 + np.arange(n), near))
    if signals.has("conversation_key"):
        keys.append(signals.groups("conversation_key"))
    start, rows, columns = n, [], []
    for key in keys:
        rows.append(np.arange(n))
        columns.append(key + start)
        start += int(key.max(initial=-1)) + 1
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = coo_array((np.ones(len(row), np.int8), (row, column)), shape=(start, start))
    return np.asarray(connected_components(graph, directed=False)[1][:n], dtype=np.int64)

"""The states of an answer: only "choose" makes a pair. Rows made from another state, and how often answers tie."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.lineage.splits import TRAIN, purpose
from audit.measure import Kind, Measure, Slice, Undefined
from audit.schema import BOTH_BAD, ESCALATE, LABELS, TIE, A, B
from audit.shares import share_measure
from audit.signals import Bools, Ints, Signals

UNDECIDED_ROWS = "strength.undecided_rows"
TIE_RATE = "strength.tie_rate"
KINDS = len(LABELS)


def state_measures(signals: Signals, level: float) -> Iterator[Measure]:
    """Yield how many training rows no choice stands behind, whole and by kind, and the tie rate of the answers."""
    yield from _undecided(signals)
    yield _tie_rate(signals, level)


def _undecided(signals: Signals) -> Iterator[Measure]:
    label = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, dtype=np.int64)
    votes = _votes(signals)
    if not signals.has("label"):
        none = Undefined("no label is shipped", "label")
        yield Measure(UNDECIDED_ROWS, none, "count", Kind.CENSUS, 0)
        return
    if votes is None and not (label > B).any():
        none = Undefined(
            "neither raw judgments nor ties are recorded: nothing says that a pair was chosen", "judgments"
        )
        yield Measure(UNDECIDED_ROWS, none, "count", Kind.CENSUS, len(label))
        return
    kinds: dict[str, Bools] = {"no choice, yet for training": (label >= TIE) & trained(signals)}
    if votes is not None:
        chosen = (label == A) | (label == B)
        own = votes[np.arange(len(label)), label]
        kinds["no judgment chose that side"] = chosen & (own == 0) & (votes[:, A:].sum(axis=1) > 0)
    found = np.logical_or.reduce(list(kinds.values()))
    method = "exact count; n: comparisons with a shipped label"
    n = int((label > 0).sum())
    evidence = signals.evidence(found) if signals.has("ordered_key", "row", "file") else None
    yield Measure(UNDECIDED_ROWS, int(found.sum()), "count", Kind.CENSUS, n, evidence=evidence, method=method)
    for kind, mask in kinds.items():
        count, part = int(mask.sum()), Slice("kind", kind)
        yield Measure(UNDECIDED_ROWS, count, "count", Kind.CENSUS, n, slice=part, method=method)


def trained(signals: Signals) -> Bools:
    """Return which comparisons are marked for training: weight above 0, a run that lists them, or a training split.

    A comparison of weight 0 is not, whatever its split; one with none of the three marks is not known to be.
    """
    found = np.zeros(signals.comparisons, dtype=np.bool_)
    if signals.has("runs"):
        found |= signals.codes("runs")[0] >= 0
    if signals.has("split"):
        codes, names = signals.codes("split")
        found |= np.array([purpose(name) == TRAIN for name in names] + [False], dtype=np.bool_)[codes]
    if signals.has("weight"):
        weight = signals.floats("weight")
        found = (found & ~(weight == 0)) | (weight > 0)
    return found


def _votes(signals: Signals) -> Ints | None:
    """How often each comparison got each answer, shape (comparisons, 7); None where no judgment is recorded."""
    if not signals.has("judgment.comparison", "judgment.label"):
        return None
    flat = signals.ints("judgment.comparison") * KINDS + signals.ints("judgment.label")
    return np.bincount(flat, minlength=signals.comparisons * KINDS).reshape(signals.comparisons, KINDS)


def _tie_rate(signals: Signals, level: float) -> Measure:
    """The share of ties among answers of judgments, or among shipped labels where there are no judgments."""
    judged = signals.has("judgment.comparison", "judgment.label")
    label = signals.ints("judgment.label" if judged else "label") if judged or signals.has("label") else None
    answered = np.zeros(0, dtype=np.int64) if label is None else np.flatnonzero((label >= A) & (label <= ESCALATE))
    rows = signals.ints("judgment.comparison")[answered] if judged else answered
    one_sided = label is not None and any((label[answered] == side).all() for side in (A, B))
    if one_sided and not judged:
        none = Undefined("a file of chosen and rejected has no tie to count", "judgment.label")
        return Measure(TIE_RATE, none, "share", Kind.PROCESS, 0)
    prompt = signals.groups("prompt_key")[rows] if signals.has("prompt_key") else rows
    order = np.argsort(prompt, kind="stable")
    hits = np.zeros(0, dtype=np.bool_) if label is None else np.isin(label[answered][order], (TIE, BOTH_BAD))
    what = "answers that tie or reject both" if judged else "shipped labels that tie or reject both"
    return share_measure(TIE_RATE, hits, {"prompt": prompt[order]}, what, level=level, unlock="judgment.label")

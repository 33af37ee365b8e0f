"""Pairs that look too easy or too close: told, never held against a file, since what to do with them is in dispute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import Kind, Measure, Slice, Undefined
from audit.schema import A, B, Defect
from audit.signals import Bools, Signals

EASY: Final = "strength.easy_share"
AMBIGUOUS: Final = "strength.ambiguous_share"
PLAIN: Final = "strength.uninformative_share"
EMPTY: Final = "one side is empty"
FAR: Final = 10
"""Times longer at which one answer beside the other is hardly a comparison."""


def difficulty_measures(signals: Signals) -> Iterator[Measure]:
    """Yield the shares of easy, ambiguous and uninformative pairs among decisive shipped labels, by reason too."""
    label = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, dtype=np.int64)
    decisive = (label == A) | (label == B)
    n = int(decisive.sum())
    easy, close, votes = _easy(signals), _close(signals), _split(signals)
    plain = {name: mask for name, mask in easy.items() if name == EMPTY} | close
    for name, reasons in ((EASY, easy), (AMBIGUOUS, {**close, **votes}), (PLAIN, plain)):
        yield from _shares(signals, name, reasons, decisive, n)


def _shares(signals: Signals, name: str, reasons: dict[str, Bools], decisive: Bools, n: int) -> Iterator[Measure]:
    if not n or not reasons:
        lacks = "no decisive label is shipped" if not n else "neither text nor votes of pairs are recorded"
        yield Measure(name, Undefined(lacks, "label" if not n else "response_a"), "share", Kind.CENSUS, n)
        return
    method = "exact share; n: comparisons with a decisive shipped label"
    found = decisive & np.logical_or.reduce(list(reasons.values()))
    evidence = signals.evidence(found) if signals.has("ordered_key", "row", "file") else None
    yield Measure(name, int(found.sum()) / n, "share", Kind.CENSUS, n, evidence=evidence, method=method)
    for reason, mask in reasons.items():
        value = int((mask & decisive).sum()) / n
        yield Measure(name, value, "share", Kind.CENSUS, n, slice=Slice("reason", reason), method=method)


def _easy(signals: Signals) -> dict[str, Bools]:
    found: dict[str, Bools] = {}
    if signals.has("defects"):
        defects = signals.ints("defects")
        found[EMPTY] = ((defects & Defect.EMPTY_A) > 0) != ((defects & Defect.EMPTY_B) > 0)
    if signals.has("a_refusal", "b_refusal"):
        found["one side refuses"] = (signals.ints("a_refusal") > 0) != (signals.ints("b_refusal") > 0)
    if signals.has("a_code_points", "b_code_points"):
        a, b = signals.ints("a_code_points"), signals.ints("b_code_points")
        longer = np.maximum(a, b) > FAR * np.maximum(np.minimum(a, b), 1)
        found[f"one side is more than {FAR} times as long"] = longer
    return found


def _close(signals: Signals) -> dict[str, Bools]:
    """Pairs whose two answers are one text, or belong to one near-duplicate cluster."""
    found: dict[str, Bools] = {}
    if signals.has("near_a", "near_b"):
        a, b = signals.ints("near_a", missing=-1), signals.ints("near_b", missing=-2)
        found["the sides are nearly the same text"] = (a == b) & (a >= 0)
    elif signals.has("defects"):
        found["the sides are nearly the same text"] = (signals.ints("defects") & Defect.IDENTICAL_SIDES) > 0
    return found


def _split(signals: Signals) -> dict[str, Bools]:
    """Pairs that annotators judged twice or more without a majority for a side."""
    if not signals.has("judgment.comparison", "judgment.label"):
        return {}
    at, label = signals.ints("judgment.comparison"), signals.ints("judgment.label")
    n = signals.comparisons
    votes = np.bincount(at[label > 0], minlength=n)
    most = np.maximum(np.bincount(at[label == A], minlength=n), np.bincount(at[label == B], minlength=n))
    return {"no majority of the votes chose a side": (votes > 1) & (2 * most <= votes)}

"""Fields of one record that contradict each other: strength and label, overall score and fine-grained ratings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import Kind, Measure, Slice, Undefined
from audit.schema import BOTH_BAD, TIE, A, B
from audit.signals import Bools, Floats, Ints, Signals

SHARE: Final = "strength.contradiction_share"
OPPOSED: Final = "strength.opposed_strong_share"
BELOW: Final = "strength.score_below_share"
TURNED: Final = "strength.score_order_share"
MARGIN: Final = "strength.score_margin"
EXTREME: Final = 0.25
"""Part of the range of fine-grained ratings, at the other end, that contradicts an extreme overall score."""
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)


def contradiction_measures(signals: Signals) -> Iterator[Measure]:
    """Yield the share of comparisons whose fields contradict each other, whole and by kind; and the score margins."""
    yield from _contradictions(signals)
    yield _turned(signals)
    yield _opposed(signals)
    yield from _margins(signals)


def _contradictions(signals: Signals) -> Iterator[Measure]:
    kinds = {**_strength_against_label(signals), **_scores_against_aspects(signals)}
    if not kinds:
        need = "judgment.strength, or score and aspects of both sides"
        none = Undefined("neither strength nor fine-grained ratings beside scores are recorded", need)
        yield Measure(SHARE, none, "share", Kind.CENSUS, 0)
        return
    read = np.logical_or.reduce([able for able, _ in kinds.values()])
    found = np.logical_or.reduce([able & broken for able, broken in kinds.values()])
    n, method = int(read.sum()), "exact share; n: comparisons with fields that could contradict each other"
    if not n:
        yield Measure(SHARE, Undefined("no comparison has both fields"), "share", Kind.CENSUS, 0)
        return
    evidence = signals.evidence(found) if signals.has("ordered_key", "row", "file") else None
    yield Measure(SHARE, int(found.sum()) / n, "share", Kind.CENSUS, n, evidence=evidence, method=method)
    for kind, (able, broken) in kinds.items():
        mine = int(able.sum())
        if mine:
            value, part = int((able & broken).sum()) / mine, Slice("kind", kind)
            yield Measure(SHARE, value, "share", Kind.CENSUS, mine, slice=part, method=method)


def _strength_against_label(signals: Signals) -> dict[str, tuple[Bools, Bools]]:
    """Comparisons with a declared strength, and those whose tie is strong or whose choice has none."""
    if not signals.has("judgment.strength", "judgment.label", "judgment.comparison"):
        return {}
    strength, label = signals.floats("judgment.strength"), signals.ints("judgment.label")
    at = signals.ints("judgment.comparison")
    told, size = np.isfinite(strength), np.nan_to_num(np.abs(strength))
    chose, tied = (label == A) | (label == B), (label == TIE) | (label == BOTH_BAD)
    return {
        "strength with a tie": (
            _touched(signals, at[told & tied]),
            _touched(signals, at[told & tied & (size > 0)]),
        ),
        "choice without strength": (
            _touched(signals, at[told & chose]),
            _touched(signals, at[told & chose & (size == 0)]),
        ),
    }


def _touched(signals: Signals, comparisons: Ints) -> Bools:
    found = np.zeros(signals.comparisons, dtype=np.bool_)
    found[comparisons] = True
    return found


def _scores_against_aspects(signals: Signals) -> dict[str, tuple[Bools, Bools]]:
    """Comparisons with overall scores and fine-grained ratings on both sides, and those where they part.

    An overall score at the end of its range with ratings in the opposite quarter of theirs is the mark of a parser that
    read 1.0 as 10; the ranges are those that the file holds.
    """
    names = ("score_a", "score_b", "aspects_a", "aspects_b")
    if not signals.has(*names):
        return {}
    score_a, score_b, aspects_a, aspects_b = (signals.floats(name) for name in names)
    both = np.isfinite(score_a) & np.isfinite(score_b) & np.isfinite(aspects_a) & np.isfinite(aspects_b)
    if not both.any():
        return {}
    scores, aspects = _range(score_a[both], score_b[both]), _range(aspects_a[both], aspects_b[both])
    extreme = np.zeros(len(both), dtype=np.bool_)
    for score, aspect in ((score_a, aspects_a), (score_b, aspects_b)):
        where = _placed(aspect, aspects)
        extreme |= (score == scores[1]) & (where <= EXTREME) | (score == scores[0]) & (where >= 1 - EXTREME)
    wide = scores[1] > scores[0] and aspects[1] > aspects[0]
    return {
        "extreme score against its ratings": (both, both & extreme & wide),
    }


def _turned(signals: Signals) -> Measure:
    """The share of comparisons whose higher score is on the side of lower fine-grained ratings."""
    if not signals.has("score_a", "score_b", "aspects_a", "aspects_b"):
        none = Undefined("no fine-grained ratings are recorded beside scores", "aspects_a")
        return Measure(TURNED, none, "share", Kind.CENSUS, 0)
    gap = (signals.floats("score_a") - signals.floats("score_b")) * (
        signals.floats("aspects_a") - signals.floats("aspects_b")
    )
    told = np.isfinite(gap) & (gap != 0)
    n = int(told.sum())
    if not n:
        none = Undefined("no comparison has scores and ratings that both differ", "aspects_a")
        return Measure(TURNED, none, "share", Kind.CENSUS, 0)
    method = "exact share; n: comparisons whose scores and ratings both differ"
    return Measure(TURNED, int((gap[told] < 0).sum()) / n, "share", Kind.CENSUS, n, method=method)


def _range(one: Floats, other: Floats) -> tuple[float, float]:
    return min(float(one.min()), float(other.min())), max(float(one.max()), float(other.max()))


def _placed(values: Floats, ends: tuple[float, float]) -> Floats:
    """Return values as a part of their range, 0 to 1."""
    return np.asarray((values - ends[0]) / max(ends[1] - ends[0], 1e-300))


def _opposed(signals: Signals) -> Measure:
    """The share of comparisons with votes at the strongest level on which two such votes chose different sides."""
    what = "share of comparisons with two votes at the strongest level that chose different sides"
    if not signals.has("judgment.strength", "judgment.label", "judgment.comparison"):
        return Measure(OPPOSED, Undefined("no strength is recorded", "judgment.strength"), "share", Kind.CENSUS, 0)
    size, label = np.nan_to_num(np.abs(signals.floats("judgment.strength"))), signals.ints("judgment.label")
    top = float(size.max(initial=0.0))
    is_strong, at = (size == top) & (top > 0), signals.ints("judgment.comparison")
    for_a = np.bincount(at[is_strong & (label == A)], minlength=signals.comparisons)
    for_b = np.bincount(at[is_strong & (label == B)], minlength=signals.comparisons)
    n = int((for_a + for_b >= 2).sum())
    if not n:
        none = Undefined("no comparison has two votes at the strongest level", "further judgments")
        return Measure(OPPOSED, none, "share", Kind.CENSUS, 0)
    split = int(((for_a > 0) & (for_b > 0)).sum())
    return Measure(OPPOSED, split / n, "share", Kind.CENSUS, n, method=what)


def _margins(signals: Signals) -> Iterator[Measure]:
    """The score of the chosen side less that of the rejected, and how often it is below 0."""
    margin = margins(signals)
    if margin is None or not len(margin[0]):
        none = Undefined("no decisive label has scores of both sides", "score_a")
        yield Measure(BELOW, none, "share", Kind.CENSUS, 0)
        yield Measure(MARGIN, none, "source's own scale", Kind.CENSUS, 0)
        return
    rows, gap = margin
    n, method = len(gap), "exact; n: comparisons with a decisive shipped label and both scores"
    evidence = signals.evidence(rows[gap < 0]) if signals.has("ordered_key", "row", "file") else None
    equal = f"{method}; {int((gap == 0).sum())} have equal scores"
    yield Measure(BELOW, int((gap < 0).sum()) / n, "share", Kind.CENSUS, n, evidence=evidence, method=equal)
    for q in QUANTILES:
        part, told = Slice("quantile", f"{q:.2f}"), f"quantile of chosen less rejected score; {method}"
        value = float(np.quantile(gap, q))
        yield Measure(MARGIN, value, "source's own scale", Kind.CENSUS, n, slice=part, method=told)


def margins(signals: Signals) -> tuple[Ints, Floats] | None:
    """Return the comparisons with a decisive shipped label and both scores, and chosen less rejected score of each."""
    if not signals.has("score_a", "score_b", "label"):
        return None
    label, gap = signals.ints("label"), signals.floats("score_a") - signals.floats("score_b")
    rows = np.flatnonzero(((label == A) | (label == B)) & np.isfinite(gap))
    return rows, np.where(label[rows] == A, gap[rows], -gap[rows])

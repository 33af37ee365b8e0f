"""Habits as measures: copies, streaks, one slot, hurry; each with the reviewers accused of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import Kind, Measure, Undefined
from audit.reviewers.agreeing import FEW
from audit.reviewers.case import Case, Part, count
from audit.reviewers.drift import moments
from audit.reviewers.habits import LEAST_SHARED, compared, streak_p, too_fast
from audit.reviewers.pool import MODEL
from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.multiple import benjamini_hochberg
from audit.stats.proportions import even_odds_test

COPIES, STREAKS, FAST, SLOT = "reviewers.copies", "reviewers.streaks", "reviewers.fast_share", "reviewers.one_slot"
NO_TIME: Final = Undefined("how long a judgment took is not recorded", "judgment.duration_s")
NO_ORDER: Final = Undefined("slots or times of judgments are not recorded", "judgment.judged_at")
NO_SLOT: Final = Undefined("the order shown is not recorded", "judgment.shown_first")
OFTEN: Final = 0.1
"""Share of hurried judgments at which a reviewer is said to hurry."""


def copies(case: Case) -> Part:
    """Return how many pairs of reviewers answer too much alike, and who they are."""
    people, found = case.people, compared(case.people.votes)
    if len(found.one) < 2:
        none = Undefined(f"fewer than two pairs of reviewers share {LEAST_SHARED} pairs", "more common pairs")
        return Part((Measure(COPIES, none, "count", Kind.PROCESS, len(found.one)),))
    flagged = benjamini_hochberg(found.p_value, case.false_discovery_rate)
    worst = [
        f"{people.names[int(a)]} and {people.names[int(b)]}: {same} of {shared}"
        for a, b, same, shared in zip(
            found.one[flagged], found.other[flagged], found.same[flagged], found.shared[flagged], strict=True
        )
    ][:3]
    told = f"; {'; '.join(worst)}" if worst else ""
    method = f"exact binomial against all other pairs, Benjamini-Hochberg; n: pairs of reviewers{told}"
    both = np.unique(np.concatenate([found.one[flagged], found.other[flagged]]))
    return Part((count(COPIES, int(flagged.sum()), len(found.one), method),), "answers as another does", both)


def _slots(case: Case) -> tuple[Ints, Ints, Bools]:
    """Return decisive judgments of known slot, the reviewer of each, and whether the slot shown first won."""
    rows, who = case.judgments()
    if not case.signals.has("judgment.label", "judgment.shown_first"):
        return rows[:0], who[:0], np.zeros(0, np.bool_)
    label, shown = case.signals.ints("judgment.label")[rows], case.signals.ints("judgment.shown_first")[rows]
    kept = np.isin(label, (A, B)) & (shown > 0)
    return rows[kept], who[kept], (label == shown)[kept]


def streaks(case: Case) -> Part:
    """Return whose chosen slot changes too seldom."""
    rows, who, first = _slots(case)
    when = moments(case.signals)[rows]
    kept = np.flatnonzero(when >= 0)
    if not len(kept):
        return Part((Measure(STREAKS, NO_ORDER, "count", Kind.PROCESS, 0),))
    order = kept[np.lexsort((first[kept], when[kept], who[kept]))]
    tested = np.flatnonzero(np.bincount(who[order]) >= case.least_votes)
    if not len(tested):
        return Part((Measure(STREAKS, FEW, "count", Kind.PROCESS, 0),))
    accused = case.accused(tested, streak_p(first[order], who[order])[tested])
    method = f"one-sided runs test, Benjamini-Hochberg; n: reviewers with at least {case.least_votes} choices"
    return Part((_told(case, STREAKS, accused, len(tested), method, rows[order], who[order]),), "streaks", accused)


def one_slot(case: Case) -> Part:
    """Return who chooses one slot too often."""
    rows, who, first = _slots(case)
    if not len(rows):
        return Part((Measure(SLOT, NO_SLOT, "count", Kind.PROCESS, 0),))
    n, hits = np.bincount(who), np.bincount(who, weights=first)
    tested = np.flatnonzero(n >= case.least_votes)
    if not len(tested):
        return Part((Measure(SLOT, FEW, "count", Kind.PROCESS, 0),))
    accused = case.accused(tested, even_odds_test(hits[tested], n[tested]))
    method = f"exact test of even odds, Benjamini-Hochberg; n: reviewers with at least {case.least_votes} choices"
    return Part((_told(case, SLOT, accused, len(tested), method, rows, who),), "prefers one slot", accused)


def _told(case: Case, name: str, accused: Ints, tested: int, method: str, rows: Ints, who: Ints) -> Measure:
    theirs = np.unique(case.signals.ints("judgment.comparison")[rows[np.isin(who, accused)]])
    evidence = case.signals.evidence(theirs) if len(accused) else None
    return count(name, len(accused), tested, method, evidence=evidence)


def fast(signals: Signals, case: Case | None) -> Part:
    """Return the share of hurried judgments of people, named or not, and which of the named hurry."""
    if not signals.has("judgment.comparison", "judgment.duration_s", "a_words", "b_words"):
        return Part((Measure(FAST, NO_TIME, "share", Kind.CENSUS, 0),))
    known, hurried, comparison = _hurried(signals)
    if not known.any():
        return Part((Measure(FAST, NO_TIME, "share", Kind.CENSUS, 0),))
    method = "exact share; more than 15 words of prompt and responses a second; n: judgments of people with a duration"
    evidence = signals.evidence(np.unique(comparison[hurried])) if hurried.any() else None
    n = int(known.sum())
    whole = Measure(FAST, int(hurried.sum()) / n, "share", Kind.CENSUS, n, evidence=evidence, method=method)
    if case is None:
        return Part((whole,))
    rows, who = case.judgments()
    size = len(case.people.names)
    timed = np.bincount(who, weights=known[rows], minlength=size).astype(np.int64)
    quick = np.bincount(who, weights=hurried[rows], minlength=size).astype(np.int64)

    def each(one: int) -> Iterator[Measure]:
        if timed[one]:
            value, m, where = int(quick[one]) / int(timed[one]), int(timed[one]), case.slice_of(one)
            yield Measure(FAST, value, "share", Kind.CENSUS, m, slice=where, method=method)

    tested = np.flatnonzero(timed >= case.least_votes)
    accused = tested[:0]
    if len(tested):
        accused = case.accused(tested, _more(quick[tested], timed[tested], int(hurried.sum()) / n))
        accused = accused[quick[accused] >= OFTEN * timed[accused]]
    return Part((whole,), "hurries", accused, each)


def _more(hits: Ints, n: Ints, rate: float) -> Floats:
    """Return the exact chance of so many hits or more at a rate."""
    from scipy.special import bdtrc  # loaded by those who need it

    return np.asarray(bdtrc(hits - 1.0, n, rate), dtype=np.float64)


def _hurried(signals: Signals) -> tuple[Bools, Bools, Ints]:
    """Return which judgments are people's with a duration, which of them are too fast, and all comparisons."""
    seconds, comparison = signals.floats("judgment.duration_s"), signals.ints("judgment.comparison")
    words = signals.floats("a_words") + signals.floats("b_words")
    if signals.has("prompt_words"):
        words = words + np.nan_to_num(signals.floats("prompt_words"))
    is_person = np.ones(len(seconds), np.bool_)
    if signals.has("judgment.reviewer_class"):
        codes, names = signals.codes("judgment.reviewer_class")
        is_person = codes != (names.index(MODEL) if MODEL in names else -2)
    known = np.asarray(is_person & np.isfinite(seconds) & np.isfinite(words[comparison]))
    return known, known & too_fast(words[comparison], seconds), comparison

"""Drift: do the same reviewers agree less, or choose the slot shown first more often, later on or in one batch?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.agreement.votes import Votes, items_of
from audit.measure import Interval, Kind, Measure, Slice, Undefined
from audit.reviewers.case import Case, Part, count
from audit.reviewers.others import Others
from audit.schema import SLICE_PREFIX, A, B
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.differences import Ends, difference
from audit.stats.lots import hypergeometric_cdf
from audit.stats.multiple import benjamini_hochberg
from audit.stats.proportions import wilson
from audit.stats.within import change

BATCH: Final = f"{SLICE_PREFIX}batch"
AGREEMENT, FIRST = "reviewers.agreement_drift", "reviewers.first_rate_drift"
DRIFTING, BATCHES = "reviewers.drifting", "reviewers.batches_apart"
SHARE: Final = "reviewers.drifting_part"
MOST_BATCHES: Final = 50
"""Busiest batches that are shown."""
NO_TIMES: Final = Undefined("no times of comparable judgments are recorded", "judgment.judged_at")
NO_SLOTS: Final = Undefined("no times of judgments with a known slot are recorded", "judgment.judged_at, shown_first")
NO_BATCH: Final = Undefined("judgments are not in batches, or no reviewer worked in two", "slice.batch")


@dataclass(frozen=True)
class Course:
    """Answers of reviewers of which each is a hit or not; arrays of shape (n,)."""

    name: str
    what: str
    reviewer: Ints
    hit: Bools
    moment: Ints
    """Rank in time among all judgments, -1 where not recorded."""
    comparison: Ints
    prompt: Ints


def moments(signals: Signals) -> Ints:
    """Rank of each judgment's time among all, -1 where none is recorded; times are ISO 8601, whose text sorts."""
    if not signals.has("judgment.judged_at"):
        return np.full(signals.judgments, -1, np.int64)
    codes, names = signals.codes("judgment.judged_at")
    rank = np.empty(len(names) + 1, np.int64)
    rank[np.argsort(np.array(names, dtype=object), kind="stable")] = np.arange(len(names))
    rank[-1] = -1
    return rank[codes]


def drift(case: Case, found: Others) -> Part:
    """Return what changes with time and with batch, of the pool and of each reviewer."""
    courses = (_agreement(case, found), _first(case))
    measures: list[Measure] = []
    own: dict[int, list[tuple[Course, tuple[int, int], tuple[int, int]]]] = {}
    tests: list[tuple[int, float]] = []
    for course, none in zip(courses, (NO_TIMES, NO_SLOTS), strict=True):
        measures.append(_pool(case, course, none))
        for reviewer, earlier, later in halves(course):
            if earlier[1] + later[1] < case.least_votes:
                continue
            own.setdefault(reviewer, []).append((course, earlier, later))
            tests.append((reviewer, fisher(earlier, later)))
    accused = _accused(case, tests)
    measures += [*_drifting(case, courses, tests, accused), *_batches(case, courses)]
    return Part(
        tuple(measures),
        "drifts",
        accused,
        lambda one: [_own(case, course, one, *two) for course, *two in own.get(one, ())],
    )


def _accused(case: Case, tests: list[tuple[int, float]]) -> Ints:
    reviewers = np.array([reviewer for reviewer, _ in tests], dtype=np.int64)
    return np.unique(case.accused(reviewers, np.array([p for _, p in tests]))) if tests else reviewers


def _drifting(
    case: Case, courses: tuple[Course, ...], tests: list[tuple[int, float]], accused: Ints
) -> Iterator[Measure]:
    if not tests:
        none = Undefined(f"no reviewer has {case.least_votes} comparable votes with times", "judgment.judged_at")
        yield Measure(DRIFTING, none, "count", Kind.PROCESS, 0)
        yield Measure(SHARE, none, "share", Kind.CENSUS, 0)
        return
    rows = [course.comparison[np.isin(course.reviewer, accused)] for course in courses]
    evidence = case.signals.evidence(np.unique(np.concatenate(rows))) if len(accused) else None
    method = "Fisher's exact test of the later half of their judgments against the earlier, Benjamini-Hochberg over "
    method += f"{len(tests)} tests of agreement and slot; n: reviewers tested"
    yield count(DRIFTING, len(accused), len({who for who, _ in tests}), method, evidence=evidence)
    everyone = np.concatenate([course.reviewer for course in courses])
    theirs = int(np.isin(everyone, accused).sum()) / len(everyone)
    how = "exact share of answers with a time, given who drifts; n: answers to either question"
    yield Measure(SHARE, theirs, "share", Kind.CENSUS, len(everyone), evidence=evidence, method=how)


def _agreement(case: Case, found: Others) -> Course:
    votes = case.people.votes.take(found.vote)
    return Course(
        AGREEMENT, "agreement with the others", votes.annotator, found.hit, _first_moments(case, votes),
        votes.comparison, votes.prompt[votes.item],
    )  # fmt: skip


def _first_moments(case: Case, votes: Votes) -> Ints:
    """Return when each vote's reviewer first judged its pair."""
    item, people = items_of(case.signals)[0], len(case.people.names)
    rows, who = case.judgments()
    moment = moments(case.signals)[rows]
    timed = np.flatnonzero(moment >= 0)
    keys, at = np.unique(
        item[case.signals.ints("judgment.comparison")[rows[timed]]] * people + who[timed], return_inverse=True
    )
    first = np.full(len(keys) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, at, moment[timed])
    first[-1] = -1
    wanted = item[votes.comparison] * people + votes.annotator
    place = np.searchsorted(keys, wanted)
    is_timed = place < len(keys)
    is_timed[is_timed] = keys[place[is_timed]] == wanted[is_timed]
    return first[np.where(is_timed, place, len(keys))]


def _first(case: Case) -> Course:
    """Return the decisive judgments of people whose slots are known: hit where the slot shown first won."""
    signals = case.signals
    rows, who = case.judgments()
    label = signals.ints("judgment.label")[rows]
    shown = signals.ints("judgment.shown_first")[rows] if signals.has("judgment.shown_first") else np.zeros(len(rows))
    kept = np.isin(label, (A, B)) & (shown > 0)
    comparison = signals.ints("judgment.comparison")[rows[kept]]
    return Course(
        FIRST, "share of choices that fall on the response shown first", who[kept], (label == shown)[kept],
        moments(signals)[rows[kept]], comparison, case.prompts(comparison),
    )  # fmt: skip


def later_half(course: Course) -> Ints:
    """Return 1 for the later half of each reviewer's timed answers, -1 for the earlier, 0 without time or between.

    Answers of one time go together, to the half that their mean rank lies in.
    """
    found = np.zeros(len(course.hit), np.int64)
    timed = np.flatnonzero(course.moment >= 0)
    order = timed[np.lexsort((course.moment[timed], course.reviewer[timed]))]
    who, when = course.reviewer[order], course.moment[order]
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = (who[1:] != who[:-1]) | (when[1:] != when[:-1])
    block = np.cumsum(fresh) - 1
    place = np.arange(len(order), dtype=np.float64)
    middle = np.bincount(block, weights=place) / np.maximum(np.bincount(block), 1)
    centre = np.bincount(who, weights=place) / np.maximum(np.bincount(who), 1)
    found[order] = np.sign(middle[block] - centre[who])
    return found


def halves(course: Course) -> Iterator[tuple[int, tuple[int, int], tuple[int, int]]]:
    """Yield each reviewer with hits and answers of the earlier and of the later half, where both have some."""
    half, size = later_half(course), int(course.reviewer.max(initial=-1)) + 1

    def told(side: int) -> tuple[Ints, Ints]:
        own = half == side
        hits = np.bincount(course.reviewer[own], weights=course.hit[own], minlength=size).astype(np.int64)
        return hits, np.bincount(course.reviewer[own], minlength=size)

    (hit, n), (later, m) = told(-1), told(1)
    for one in np.flatnonzero((n > 0) & (m > 0)).tolist():
        yield one, (int(hit[one]), int(n[one])), (int(later[one]), int(m[one]))


def fisher(earlier: tuple[int, int], later: tuple[int, int]) -> float:
    """Return the two-sided p value of no change between two shares, each (hits, answers): twice the smaller tail."""
    hits, lot = earlier[0] + later[0], earlier[1] + later[1]
    low = hypergeometric_cdf(later[0], lot, hits, later[1])
    high = 1.0 - (hypergeometric_cdf(later[0] - 1, lot, hits, later[1]) if later[0] > 0 else 0.0)
    return min(1.0, 2 * min(low, max(high, 0.0)))


def _own(case: Case, course: Course, reviewer: int, earlier: tuple[int, int], later: tuple[int, int]) -> Measure:
    ends = [Ends(hits / n, *wilson(hits, n, case.level)) for hits, n in (earlier, later)]
    moved = difference(*ends)
    interval = Interval(moved.low, moved.high, case.level, "Newcombe's, of Wilson intervals")
    method = f"{course.what}: later half of the reviewer's answers less the earlier; n: answers"
    n = earlier[1] + later[1]
    return Measure(
        course.name, moved.value, "share", Kind.PROCESS, n, interval, slice=case.slice_of(reviewer), method=method
    )


def _pool(case: Case, course: Course, none: Undefined) -> Measure:
    half = later_half(course)
    kept = np.flatnonzero(half)
    where = {"prompt": course.prompt[kept], "annotator": course.reviewer[kept]}
    moved = change((half[kept] > 0).astype(np.float64), _floats(course.hit[kept]), course.reviewer[kept], where)
    if moved is None:
        return Measure(course.name, none, "share", Kind.PROCESS, 0)
    method = f"{course.what}: later half of each reviewer's answers less the earlier, within reviewers; n: answers"
    return Measure(course.name, moved.value, "share", Kind.PROCESS, moved.n, moved.interval(case.level), method=method)


def _batches(case: Case, courses: tuple[Course, ...]) -> Iterator[Measure]:
    """Yield each batch against the others, the same reviewers in both, and how many batches stand apart."""
    if not case.signals.has(BATCH):
        yield Measure(BATCHES, NO_BATCH, "count", Kind.PROCESS, 0)
        return
    codes, names = case.signals.codes(BATCH)
    tested, p_values = [], []
    for course in courses:
        batch = codes[course.comparison]
        kept = np.flatnonzero(batch >= 0)
        busiest = np.argsort(-np.bincount(batch[kept], minlength=len(names)), kind="stable")[:MOST_BATCHES]
        where = {"prompt": course.prompt[kept], "annotator": course.reviewer[kept]}
        for one in sorted(busiest.tolist()):
            inside = _floats(batch[kept] == one)
            moved = change(inside, _floats(course.hit[kept]), course.reviewer[kept], where)
            if moved is None or min(inside.sum(), len(inside) - inside.sum()) < case.least_votes:
                continue
            tested.append(one)
            p_values.append(moved.p_value)
            method = f"{course.what}: this batch less the others, within reviewers; n: answers of those in both"
            yield Measure(
                course.name, moved.value, "share", Kind.PROCESS, moved.n, moved.interval(case.level),
                slice=Slice("batch", names[one]), method=method,
            )  # fmt: skip
    if not tested:
        yield Measure(BATCHES, NO_BATCH, "count", Kind.PROCESS, 0)
        return
    apart = np.unique(np.array(tested)[benjamini_hochberg(np.array(p_values), case.false_discovery_rate)])
    told = f"; {', '.join(names[one] for one in apart[:3])}" if len(apart) else ""
    method = f"t tests of agreement and slot within reviewers, Benjamini-Hochberg; n: batches tested{told}"
    evidence = case.signals.evidence(np.isin(codes, apart)) if len(apart) else None
    yield count(BATCHES, len(apart), len(set(tested)), method, evidence=evidence)


def _floats(values: Bools) -> Floats:
    return values.astype(np.float64)

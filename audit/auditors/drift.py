"""DRF: whether judging changed on the way, over time and from batch to batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import Kind, Measure, Undefined
from audit.reviewers.moments import moments
from audit.reviewers.others import Others, others
from audit.reviewers.pool import ANNOTATOR, Pool, pool
from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.changes import change, table_probability
from audit.stats.multiple import benjamini_hochberg
from audit.stats.proportions import LEVEL

WHEN: Final = "judgment.judged_at"
BATCHES: Final = ("slice.batch", "dataset_version")
"""Columns that say which batch a comparison came in; the first that is recorded counts."""
NOBODY: Final = Undefined("no judgment of a person has a name", ANNOTATOR)
NO_TIME: Final = Undefined("when judgments were given is not recorded", WHEN)
NO_SLOT: Final = Undefined("slots or times of judgments are not recorded", "judgment.shown_first")
NO_BATCH: Final = Undefined("which batch a comparison came in is not recorded", BATCHES[0])
FEW: Final = Undefined("no reviewer has enough votes with a time", "more votes of a reviewer")
FEW_BATCHES: Final = Undefined("fewer than two batches have enough votes", "more votes of the same pairs in each batch")
ALONE: Final = Undefined("no pair with a time was judged by three people of whom two agree", "more judgments of a pair")


def _spec(name: str, unit: str, kind: Kind, meaning: str) -> Spec:
    return Spec(f"drift.{name}", unit, kind, meaning)


@dataclass(frozen=True)
class _Halves:
    """Votes in the order of time, each in the earlier or later half of its reviewer's; arrays of shape (n,)."""

    hit: Bools
    is_late: Bools
    annotator: Ints
    comparison: Ints


@dataclass(frozen=True)
class Drift:
    """Drift: whether the people judged at the end as they had at the start, and one batch as the others.

    What it measures:
        How much agreement with the others changed from the earlier to the later half of the judgments
        (`drift.agreement_change`), and how much the share of first responses that won (`drift.first_rate_change`); how
        many reviewers agree with the others in the later half of their own judgments unlike in the earlier
        (`drift.reviewers`), how many choose the first slot unlike before (`drift.slot_reviewers`), and what share of
        the judgments is theirs (`drift.reviewers_share`); and how many batches agree within unlike the other batches
        (`drift.batches`).

    Why it matters:
        People tire, learn, and find the quick way through; guidelines change between batches. A mean over the whole
        file hides that its last third was clicked through.

    How:
        People only, one vote a reviewer and pair, each held against the plurality of the others, even splits left out,
        as the reviewers auditor does. Halves are cut at the median of the times recorded, of all votes for the pool and
        of each reviewer's own for the reviewers; equal times stay together. Changes of the pool are differences of
        shares with a jackknife over prompts and over reviewers, the wider. Reviewers of at least `least_votes` such
        votes, and batches of as many, are tested by Fisher's exact test, two-sided, at a false discovery rate of
        `false_discovery_rate` (Benjamini-Hochberg).

    Reads:
        Nothing is required. `judgment.comparison`, `judgment.label`, `judgment.annotator` and `judgment.judged_at`
        unlock most; `judgment.shown_first` the slots; `slice.batch` (mapped as a slice), or else `dataset_version`, the
        batches; `judgment.reviewer_class` tells people from models.

    Measures and units:
        `drift.agreement_change`, `drift.first_rate_change`: share, process. `drift.reviewers`,
        `drift.slot_reviewers`, `drift.batches`: count, process. `drift.reviewers_share`: share, census.

    Limits:
        A change has many causes: harder pairs that came later look like tired people. Two halves show a trend and hide
        what went up and down again. Reviewers who drift together drag the plurality with them.

    References:
        Fisher 1935, J. R. Statist. Soc. 98; MacKinnon, Nielsen and Webb 2023, J. Applied Econometrics 38; Benjamini and
        Hochberg 1995, J. R. Statist. Soc. B 57.
    """

    least_votes: int = 40
    """Comparable votes below which a reviewer or batch is not tested."""
    false_discovery_rate: float = 0.05
    level: float = LEVEL

    code: ClassVar[str] = "DRF"
    name: ClassVar[str] = "drift"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        "judgment.comparison", "judgment.label", ANNOTATOR, WHEN, "judgment.shown_first", "judgment.reviewer_class",
        *BATCHES,
    )  # fmt: skip
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("agreement_change", "share", Kind.PROCESS, "agreement in the later half less that in the earlier"),
        _spec("first_rate_change", "share", Kind.PROCESS, "the same of the share of first responses that won"),
        _spec("reviewers", "count", Kind.PROCESS, "reviewers whose agreement changed"),
        _spec("slot_reviewers", "count", Kind.PROCESS, "reviewers whose choice of the first slot changed"),
        _spec("reviewers_share", "share", Kind.CENSUS, "judgments of the reviewers of whom one of the two changed"),
        _spec("batches", "count", Kind.PROCESS, "batches whose agreement is unlike that of the others"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield changes of the pool, of reviewers and of batches."""
        people = pool(signals)
        if people is None:
            return [Measure(spec.name, NOBODY, spec.unit, spec.kind, 0) for spec in self.measures]
        return self._measured(signals, people)

    def _measured(self, signals: Signals, people: Pool) -> Iterator[Measure]:
        found = others(people.votes)
        yield self._batches(signals, people, found)
        if not signals.has(WHEN):
            for spec in self.measures[:-1]:
                yield Measure(spec.name, NO_TIME, spec.unit, spec.kind, 0)
            return
        when = _times(signals, people)
        agreement = found.hit, found.annotator, found.vote
        slots = _slots(signals, people)
        yield self._change("drift.agreement_change", people, agreement, when, ALONE)
        yield self._change("drift.first_rate_change", people, slots, when, NO_SLOT)
        names = found.names[found.annotator]
        one, first = self._reviewers(signals, "drift.reviewers", people, (found.hit, names, found.vote), when, FEW)
        yield one
        two, second = self._reviewers(signals, "drift.slot_reviewers", people, slots, when, NO_SLOT)
        yield two
        yield self._theirs(signals, people, np.union1d(first, second), (one, two))

    def _change(
        self, name: str, people: Pool, told: tuple[Bools, Ints, Ints] | None, when: Ints, none: Undefined
    ) -> Measure:
        if told is None:
            return Measure(name, none, "share", Kind.PROCESS, 0)
        hit, annotator, vote = told
        timed = when[vote] >= 0
        hit, annotator, vote = hit[timed], annotator[timed], vote[timed]
        clusters = {"prompt": people.votes.prompt[people.votes.item[vote]], "annotator": annotator}
        found = change(hit, _late(when[vote]), clusters, self.level) if len(vote) else None
        if found is None:
            return Measure(name, none, "share", Kind.PROCESS, 0)
        method = f"later half less earlier half of the votes by time; n: votes; {found.interval.method}"
        return Measure(name, found.value, "share", Kind.PROCESS, found.n, found.interval, method=method)

    def _reviewers(
        self,
        signals: Signals,
        name: str,
        people: Pool,
        told: tuple[Bools, Ints, Ints] | None,
        when: Ints,
        none: Undefined,
    ) -> tuple[Measure, Ints]:
        """Return the measure and the dense numbers of the reviewers that changed."""
        nobody = np.zeros(0, np.int64)
        if told is None:
            return Measure(name, none, "count", Kind.PROCESS, 0), nobody
        hit, annotator, vote = told
        timed = when[vote] >= 0
        hit, annotator, vote = hit[timed], annotator[timed], vote[timed]
        tested = np.flatnonzero(np.bincount(annotator, minlength=1) >= self.least_votes)
        if not len(tested):
            return Measure(name, FEW, "count", Kind.PROCESS, 0), nobody
        p = [_halves_probability(hit[annotator == who], when[vote[annotator == who]]) for who in tested]
        changed = _rejected(tested, np.array(p), self.false_discovery_rate)
        rows = np.unique(people.votes.comparison[vote[np.isin(annotator, changed)]])
        named = ", ".join(people.named(changed)[:3])
        method = (
            f"Fisher's exact test of a reviewer's later half against the earlier, Benjamini-Hochberg; n: reviewers of "
            f"at least {self.least_votes} votes{f': {named}' if named else ''}"
        )
        evidence = signals.evidence(rows) if len(changed) else None
        return Measure(
            name, len(changed), "count", Kind.PROCESS, len(tested), evidence=evidence, method=method
        ), changed

    def _theirs(self, signals: Signals, people: Pool, changed: Ints, of: tuple[Measure, ...]) -> Measure:
        name = "drift.reviewers_share"
        if all(one.n == 0 for one in of):
            return Measure(name, FEW, "share", Kind.CENSUS, 0)
        theirs = np.isin(people.votes.annotator, changed)
        rows = signals.evidence(np.unique(people.votes.comparison[theirs])) if len(changed) else None
        method = "exact share of votes, given who changed; n: votes of people"
        return Measure(
            name, int(theirs.sum()) / len(theirs), "share", Kind.CENSUS, len(theirs), evidence=rows, method=method
        )

    def _batches(self, signals: Signals, people: Pool, found: Others) -> Measure:
        name = "drift.batches"
        column = next((one for one in BATCHES if signals.has(one)), None)
        if column is None:
            return Measure(name, NO_BATCH, "count", Kind.PROCESS, 0)
        codes, names = signals.codes(column)
        comparison = people.votes.comparison[found.vote]
        batch, hit = codes[comparison], found.hit
        n = np.bincount(batch[batch >= 0], minlength=len(names))
        tested = np.flatnonzero(n >= self.least_votes)
        if len(tested) < 2:
            return Measure(name, FEW_BATCHES, "count", Kind.PROCESS, 0)
        hits = np.bincount(batch[batch >= 0], weights=hit[batch >= 0], minlength=len(names)).astype(np.int64)
        whole_n, whole = int(n.sum()), int(hits.sum())
        p = [table_probability(int(hits[b]), int(n[b]), whole - int(hits[b]), whole_n - int(n[b])) for b in tested]
        changed = _rejected(tested, np.array(p), self.false_discovery_rate)
        rows = signals.evidence(np.unique(comparison[np.isin(batch, changed)])) if len(changed) else None
        told = ", ".join(f"{names[b]}: {hits[b]} of {n[b]}" for b in changed[:3])
        method = (
            f"Fisher's exact test of a batch ({column}) against the others, Benjamini-Hochberg; n: batches of at least "
            f"{self.least_votes} votes{f'; {told}' if told else ''}"
        )
        return Measure(name, len(changed), "count", Kind.PROCESS, len(tested), evidence=rows, method=method)


def _rejected(tested: Ints, p: Floats, rate: float) -> Ints:
    """Return which of the tested changed, the smallest p value first."""
    order = np.argsort(p, kind="stable")
    return np.asarray(tested[order][benjamini_hochberg(p, rate)[order]])


def _times(signals: Signals, people: Pool) -> Ints:
    """Return the rank of the time of each vote of the pool, -1 where none is recorded; shape (votes,).

    A person's several judgments of one pair have their latest time.
    """
    votes, rank = people.votes, moments(signals)
    code, comparison = signals.codes(ANNOTATOR)[0], signals.ints("judgment.comparison")
    width = signals.comparisons + 1
    packed = code * width + comparison
    latest = np.full(len(votes), -1, np.int64)
    wanted = people.numbers[votes.annotator] * width + votes.comparison
    order = np.lexsort((rank, packed))
    at = np.searchsorted(packed[order], wanted, side="right") - 1
    same = packed[order][at] == wanted
    latest[same] = rank[order][at][same]
    return latest


def _slots(signals: Signals, people: Pool) -> tuple[Bools, Ints, Ints] | None:
    """Return whether the first slot won, the reviewer, and the vote, of each decisive vote whose order is known."""
    if not signals.has("judgment.shown_first"):
        return None
    label, shown = signals.ints("judgment.label"), signals.ints("judgment.shown_first")
    code, comparison = signals.codes(ANNOTATOR)[0], signals.ints("judgment.comparison")
    votes = people.votes
    width = signals.comparisons + 1
    own = people.numbers[votes.annotator] * width + votes.comparison
    kept = np.flatnonzero(np.isin(label, (A, B)) & (shown > 0) & (code >= 0))
    packed = code[kept] * width + comparison[kept]
    once, first, count = np.unique(packed, return_index=True, return_counts=True)
    order = np.argsort(own)
    at = np.minimum(np.searchsorted(own[order], once), len(own) - 1)
    known = (own[order][at] == once) & (count == 1)
    row = kept[first[known]]
    vote = order[at[known]]
    if not len(vote):
        return None
    return np.asarray(label[row] == shown[row]), votes.annotator[vote], vote


def _late(when: Ints) -> Bools:
    """Return which times lie in the later half; equal times stay together."""
    return np.asarray(when > np.sort(when)[(len(when) - 1) // 2])


def _halves_probability(hit: Bools, when: Ints) -> float:
    late = _late(when)
    return table_probability(int(hit[late].sum()), int(late.sum()), int(hit[~late].sum()), int((~late).sum()))

"""REV: each reviewer against the others, and the habits that say that nobody read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import Kind, Measure, Slice, Undefined
from audit.reviewers.habits import LEAST_SHARED, compared, streak_p, too_fast
from audit.reviewers.modelled import modelled
from audit.reviewers.moments import moments
from audit.reviewers.others import Others, below, others, shrunk
from audit.reviewers.pool import ANNOTATOR, MODEL, Pool, pool
from audit.schema import A, B
from audit.shares import share_measure
from audit.signals import Signals
from audit.stats.beta_binomial import spread
from audit.stats.multiple import benjamini_hochberg
from audit.stats.proportions import LEVEL

SHOWN: Final = 50
"""Busiest reviewers that are shown one by one."""
NOBODY: Final = Undefined("no judgment of a person has a name", ANNOTATOR)
ALONE: Final = Undefined("no pair was judged by three people of whom two agree", "more judgments of the same pairs")
NO_TIME: Final = Undefined("how long a judgment took is not recorded", "judgment.duration_s")
NO_ORDER: Final = Undefined("slots or times of judgments are not recorded", "judgment.judged_at")
FEW: Final = Undefined("no reviewer has enough votes", "more votes of a reviewer")


def _spec(name: str, unit: str, kind: Kind, meaning: str) -> Spec:
    return Spec(f"reviewers.{name}", unit, kind, meaning)


@dataclass(frozen=True)
class Reviewers:
    """Reviewers: whom the labels come from, and whose answers deserve a second look.

    What it measures:
        How often a reviewer agrees with the plurality of the others on the same pair (`reviewers.agreement`, whole and
        for each of the busiest), how much reviewers differ in it (`reviewers.agreement_spread`), how many lie clearly
        below the pool (`reviewers.flagged`) and what share of the judgments is theirs (`reviewers.flagged_share`); what
        Dawid and Skene's model makes of the votes: answers that it would change (`reviewers.changed_share`) and whether
        it ranks reviewers alike (`reviewers.rank_agreement`); what two other models would change, the one-coin model
        (`reviewers.one_coin_changed_share`) and MACE (`reviewers.mace_changed_share`), and where the three do not give
        one answer (`reviewers.models_differ_share`); pairs of reviewers who answer too much alike
        (`reviewers.copies`); reviewers whose chosen slot changes too seldom (`reviewers.streaks`); judgments given
        faster than anybody reads (`reviewers.fast_share`); and how much hangs on one person: pairs with a single
        judgment (`reviewers.single_share`), the busiest reviewer's share of judgments (`reviewers.busiest_share`), and
        pairs whose majority falls without one reviewer (`reviewers.pivotal_pairs`).

    Why it matters:
        One careless, hurried or copying reviewer spoils every pair that hangs on them, and the mean agreement of the
        pool hardly shows it.

    How:
        People only; models are held against people by the agreement auditor. One vote a reviewer and pair. A reviewer's
        own vote is no part of the plurality that it is held against; even splits are left out. Flagged are reviewers of
        at least `least_votes` such votes whose agreement is, by an exact binomial test, below the pool's mean less
        `margin`, at a false discovery rate of `false_discovery_rate` (Benjamini-Hochberg); the same rate for copies and
        streaks. Copies are compared on at least 20 common pairs with the rate at which all other reviewers agree.
        Streaks are a one-sided runs test of the slot chosen, in the order of the times judged. Dawid and Skene's model
        is fitted by EM from the vote shares, with 0.01 added to each count, where common pairs link all reviewers; so
        are the others: one chance of being right for each reviewer; a chance of caring and what is answered without
        (plain EM, no restarts). Whether they converged is told. Too fast is more than 15 words of prompt and responses
        a second. A pair's majority falls without a reviewer when the plurality of the rest is another answer or none.

    Reads:
        Nothing is required. `judgment.comparison`, `judgment.label`, `judgment.annotator` unlock most; further
        `judgment.reviewer_class`, `judgment.shown_first`, `judgment.judged_at`, `judgment.duration_s`, and the word
        counts `prompt_words`, `a_words`, `b_words`.

    Measures and units:
        `reviewers.agreement` (also per annotator), `reviewers.agreement_spread`, `reviewers.changed_share`,
        `reviewers.one_coin_changed_share`, `reviewers.mace_changed_share`, `reviewers.models_differ_share`: share,
        process. `reviewers.rank_agreement`: Spearman's rho, process. `reviewers.flagged`, `reviewers.copies`,
        `reviewers.streaks`: count, process. `reviewers.flagged_share`, `reviewers.fast_share`,
        `reviewers.single_share`, `reviewers.busiest_share`: share, census. `reviewers.pivotal_pairs`: count, census.

    Limits:
        Agreement is not accuracy: a lone expert among careless people is flagged, and mistakes that all make are not
        seen. Reviewers of few votes are not tested: 5 % bad reviewers of 39 votes are found with a chance of .16 where
        they agree in .65 instead of .80. The models judge reviewers by each other as well: where they differ, believe
        none of them unseen. With fewer than ten votes a reviewer they are not fitted: on 1,128 pairs of UKPConvArg with
        four votes a worker they found the released gold in .79, .86 and .78, the plurality in .86. Gold
        answers and change over time have auditors of their own.

    References:
        Dawid and Skene 1979, Applied Statistics 28; Kleinman 1973, JASA 68; Benjamini and Hochberg 1995, J. R. Statist.
        Soc. B 57; Hovy et al. 2013, NAACL; Zhang et al. 2016, JMLR 17; Wald and Wolfowitz 1940,
        Annals of Mathematical Statistics 11.
    """

    least_votes: int = 20
    """Comparable votes below which a reviewer is not tested."""
    margin: float = 0.10
    """How far below the pool's mean agreement is still taken as usual."""
    false_discovery_rate: float = 0.05
    level: float = LEVEL

    code: ClassVar[str] = "REV"
    name: ClassVar[str] = "reviewers"
    version: ClassVar[str] = "2"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        "judgment.comparison", "judgment.label", ANNOTATOR, "judgment.reviewer_class", "judgment.shown_first",
        "judgment.judged_at", "judgment.duration_s", "prompt_words", "a_words", "b_words",
    )  # fmt: skip
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("agreement", "share", Kind.PROCESS, "votes that agree with the plurality of the others"),
        _spec("agreement_spread", "share", Kind.PROCESS, "standard deviation of the reviewers' true agreement"),
        _spec("flagged", "count", Kind.PROCESS, "reviewers whose agreement is below the pool's less the margin"),
        _spec("flagged_share", "share", Kind.CENSUS, "judgments of the flagged reviewers"),
        _spec("changed_share", "share", Kind.PROCESS, "pairs whose most probable answer is not the plurality"),
        _spec("one_coin_changed_share", "share", Kind.PROCESS, "the same by the one-coin model"),
        _spec("mace_changed_share", "share", Kind.PROCESS, "the same by MACE"),
        _spec("models_differ_share", "share", Kind.PROCESS, "pairs to which the three models give no one answer"),
        _spec("rank_agreement", "Spearman's rho", Kind.PROCESS, "agreement and modelled accuracy rank reviewers alike"),
        _spec("copies", "count", Kind.PROCESS, "pairs of reviewers who answer too much alike"),
        _spec("streaks", "count", Kind.PROCESS, "reviewers whose chosen slot changes too seldom"),
        _spec("fast_share", "share", Kind.CENSUS, "judgments given faster than anybody reads"),
        _spec("single_share", "share", Kind.CENSUS, "judged pairs with one judgment of a person"),
        _spec("busiest_share", "share", Kind.CENSUS, "judgments of the busiest reviewer"),
        _spec("pivotal_pairs", "count", Kind.CENSUS, "pairs whose majority falls without one reviewer, at most"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield agreement, flags, habits and what hangs on one person."""
        people = pool(signals)
        yield _fast(signals)
        yield self._streaks(signals, people)
        if people is None:
            apart = ("reviewers.fast_share", "reviewers.streaks")
            for spec in self.measures:
                if spec.name not in apart:
                    yield Measure(spec.name, NOBODY, spec.unit, spec.kind, 0)
            return
        found = others(people.votes)
        yield from self._agreement(signals, people, found)
        yield from modelled(people, found, self.least_votes, self.level)
        yield self._copies(people)
        yield from _hanging(people)

    def _agreement(self, signals: Signals, people: Pool, found: Others) -> Iterator[Measure]:
        prompt = people.votes.prompt[people.votes.item[found.vote]]
        clusters = {"prompt": prompt, "annotator": found.annotator}
        what = "votes on pairs where the others have a plurality"
        if not len(found.vote):
            yield Measure("reviewers.agreement", ALONE, "share", Kind.PROCESS, 0)
        else:
            yield share_measure("reviewers.agreement", found.hit, clusters, what, level=self.level)
        for one in np.argsort(-found.n, kind="stable")[:SHOWN]:
            own = found.annotator == one
            part = Slice("annotator", people.names[int(found.names[one])])
            yield share_measure(
                "reviewers.agreement", found.hit[own], {"prompt": prompt[own]}, what, part=part, level=self.level
            )
        yield self._spread(found)
        yield from self._flagged(signals, people, found)

    def _spread(self, found: Others) -> Measure:
        name, n = "reviewers.agreement_spread", found.n
        told = spread(found.hits.astype(np.float64), n.astype(np.float64), self.level) if len(n) else None
        if told is None:
            none = Undefined("fewer than three reviewers with several comparable votes", ANNOTATOR)
            return Measure(name, none, "share", Kind.PROCESS, len(n))
        pulled = shrunk(found.hits, n)
        method = (
            f"moment estimate, sd of true agreement; shrunk to {pulled.min():.3g} to {pulled.max():.3g}; n: reviewers; "
            f"{told.interval.method}"
        )
        return Measure(name, told.sd, "share", Kind.PROCESS, len(n), told.interval, method=method)

    def _flagged(self, signals: Signals, people: Pool, found: Others) -> Iterator[Measure]:
        n, hits = found.n, found.hits
        tested = np.flatnonzero(n >= self.least_votes)
        if not len(tested):
            yield Measure("reviewers.flagged", FEW, "count", Kind.PROCESS, 0)
            yield Measure("reviewers.flagged_share", FEW, "share", Kind.CENSUS, 0)
            return
        rate = max(0.0, float(hits.sum()) / float(n.sum()) - self.margin)
        bad = tested[benjamini_hochberg(below(hits[tested], n[tested], rate), self.false_discovery_rate)]
        theirs = np.isin(people.votes.annotator, found.names[bad])
        rows = signals.evidence(np.unique(people.votes.comparison[theirs])) if len(bad) else None
        method = (
            f"exact binomial against {rate:.3g}, Benjamini-Hochberg at {self.false_discovery_rate}; n: reviewers with "
            f"at least {self.least_votes} comparable votes"
        )
        yield Measure("reviewers.flagged", len(bad), "count", Kind.PROCESS, len(tested), evidence=rows, method=method)
        share, how = int(theirs.sum()) / len(theirs), "exact share of votes, given who is flagged; n: votes of people"
        yield Measure("reviewers.flagged_share", share, "share", Kind.CENSUS, len(theirs), evidence=rows, method=how)

    def _copies(self, people: Pool) -> Measure:
        found = compared(people.votes)
        if len(found.one) < 2:
            none = Undefined(f"fewer than two pairs of reviewers share {LEAST_SHARED} pairs", "more common pairs")
            return Measure("reviewers.copies", none, "count", Kind.PROCESS, len(found.one))
        flagged = benjamini_hochberg(found.p_value, self.false_discovery_rate)
        worst = [
            f"{people.names[int(a)]} and {people.names[int(b)]}: {same} of {shared}"
            for a, b, same, shared in zip(
                found.one[flagged], found.other[flagged], found.same[flagged], found.shared[flagged], strict=True
            )
        ][:3]
        told = f"; {'; '.join(worst)}" if worst else ""
        method = f"exact binomial against all other pairs, Benjamini-Hochberg; n: pairs of reviewers{told}"
        return Measure("reviewers.copies", int(flagged.sum()), "count", Kind.PROCESS, len(found.one), method=method)

    def _streaks(self, signals: Signals, people: Pool | None) -> Measure:
        name, needed = "reviewers.streaks", ("judgment.label", "judgment.shown_first", "judgment.judged_at")
        if people is None or not signals.has(*needed):
            return Measure(name, NO_ORDER, "count", Kind.PROCESS, 0)
        label, shown = signals.ints("judgment.label"), signals.ints("judgment.shown_first")
        code, when = signals.codes(ANNOTATOR)[0], moments(signals)
        kept = np.flatnonzero(np.isin(label, (A, B)) & (shown > 0) & (when >= 0) & np.isin(code, people.numbers))
        order = kept[np.lexsort((shown[kept], label[kept], when[kept], code[kept]))]
        dense = np.unique(code[order], return_inverse=True)[1].astype(np.int64)
        tested = np.flatnonzero(np.bincount(dense) >= self.least_votes) if len(order) else np.zeros(0, np.int64)
        if not len(tested):
            return Measure(name, FEW, "count", Kind.PROCESS, 0)
        p = streak_p(label[order] == shown[order], dense)[tested]
        flagged = tested[benjamini_hochberg(p, self.false_discovery_rate)]
        rows = np.unique(signals.ints("judgment.comparison")[order][np.isin(dense, flagged)])
        method = f"one-sided runs test, Benjamini-Hochberg; n: reviewers with at least {self.least_votes} choices"
        evidence = signals.evidence(rows) if len(flagged) else None
        return Measure(name, len(flagged), "count", Kind.PROCESS, len(tested), evidence=evidence, method=method)


def _fast(signals: Signals) -> Measure:
    name, needed = "reviewers.fast_share", ("judgment.comparison", "judgment.duration_s", "a_words", "b_words")
    if not signals.has(*needed):
        return Measure(name, NO_TIME, "share", Kind.CENSUS, 0)
    seconds, comparison = signals.floats("judgment.duration_s"), signals.ints("judgment.comparison")
    words = signals.floats("a_words") + signals.floats("b_words")
    if signals.has("prompt_words"):
        words = words + np.nan_to_num(signals.floats("prompt_words"))
    is_person = np.ones(len(seconds), np.bool_)
    if signals.has("judgment.reviewer_class"):
        codes, names = signals.codes("judgment.reviewer_class")
        is_person = codes != (names.index(MODEL) if MODEL in names else -2)
    known = is_person & np.isfinite(seconds) & np.isfinite(words[comparison])
    if not known.any():
        return Measure(name, NO_TIME, "share", Kind.CENSUS, 0)
    fast = known & too_fast(words[comparison], seconds)
    method = "exact share; more than 15 words of prompt and responses a second; n: judgments of people with a duration"
    evidence = signals.evidence(np.unique(comparison[fast])) if fast.any() else None
    n = int(known.sum())
    return Measure(name, int(fast.sum()) / n, "share", Kind.CENSUS, n, evidence=evidence, method=method)


def _hanging(people: Pool) -> Iterator[Measure]:
    votes = people.votes
    counts = votes.counts()
    judged = counts.sum(axis=1)
    pairs = int((judged > 0).sum())
    single = int((judged == 1).sum())
    method = "exact share; n: pairs judged by people"
    yield Measure("reviewers.single_share", single / pairs, "share", Kind.CENSUS, pairs, method=method)
    own = np.bincount(votes.annotator)
    busiest, method = int(own.argmax()), "exact share; n: votes of people"
    yield Measure(
        "reviewers.busiest_share", int(own[busiest]) / len(votes), "share", Kind.CENSUS, len(votes), method=method
    )
    rest = counts[votes.item].copy()
    rest[np.arange(len(votes)), votes.category] -= 1
    whole = counts[votes.item]
    before = (whole == whole.max(axis=1, keepdims=True)).sum(axis=1) == 1
    after = (rest == rest.max(axis=1, keepdims=True)).sum(axis=1) == 1
    falls = before & (~after | (rest.argmax(axis=1) != whole.argmax(axis=1)))
    pivotal = np.bincount(votes.annotator, weights=falls).astype(np.int64)
    method = "exact count, of the reviewer for whom it is largest; n: pairs judged by people"
    yield Measure("reviewers.pivotal_pairs", int(pivotal.max()), "count", Kind.CENSUS, pairs, method=method)

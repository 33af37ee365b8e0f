"""REV: each reviewer against the others, and the habits that say that nobody read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import Kind, Measure, Undefined
from audit.reviewers.agreeing import agreeing
from audit.reviewers.case import Case, Part, count
from audit.reviewers.checks import checks
from audit.reviewers.drift import drift
from audit.reviewers.hanging import hanging
from audit.reviewers.others import others
from audit.reviewers.pool import ANNOTATOR, pool
from audit.reviewers.routine import FAST, NO_ORDER, STREAKS, copies, fast, one_slot, streaks
from audit.reviewers.truth import modelled
from audit.signals import Bools, Ints, Signals
from audit.stats.proportions import LEVEL

SHOWN: Final = 50
"""Reviewers that are shown one by one: those of most signs first, then the busiest."""
SIGNS: Final = "reviewers.signs"
NOBODY: Final = Undefined("no judgment of a person has a name", ANNOTATOR)


def _spec(name: str, unit: str, kind: Kind, meaning: str) -> Spec:
    return Spec(f"reviewers.{name}", unit, kind, meaning)


@dataclass(frozen=True)
class Reviewers:
    """Reviewers: whom the labels come from, and whose answers deserve a second look.

    What it measures:
        How often a reviewer agrees with the plurality of the others on the same pair (`reviewers.agreement`), the same
        drawn towards the pool (`reviewers.shrunk_agreement`), how much reviewers differ in it
        (`reviewers.agreement_spread`), how many lie clearly below the pool (`reviewers.flagged`) and what share of the
        judgments is theirs (`reviewers.flagged_share`). What three models make of the votes: a reviewer's accuracy
        (`reviewers.modelled_accuracy`), pairs whose answer each would change (`reviewers.changed_share`), pairs on
        which they contradict each other (`reviewers.models_differ_share`), and whether they rank reviewers as the
        agreement does (`reviewers.rank_agreement`). Answers of which the right one is known: attention checks and gold
        items passed (`reviewers.check_rate`) and who fails them (`reviewers.check_failures`). Drift: by how much
        agreement and the choice of the first slot change later on and in a batch (`reviewers.agreement_drift`,
        `reviewers.first_rate_drift`), for how many reviewers (`reviewers.drifting`) with what share of the answers
        (`reviewers.drifting_part`), and how many batches stand apart
        (`reviewers.batches_apart`). Habits: pairs of reviewers who answer too much alike (`reviewers.copies`), a chosen
        slot that changes too seldom (`reviewers.streaks`), one slot chosen too often (`reviewers.one_slot`), judgments
        given faster than anybody reads (`reviewers.fast_share`). How much hangs on one person: pairs with a single
        judgment (`reviewers.single_share`), the busiest reviewer's share of judgments (`reviewers.busiest_share`), and
        pairs whose majority falls without one reviewer (`reviewers.pivotal_pairs`). And how many of these signs each
        reviewer shows (`reviewers.signs`): whom to look at first.

    Why it matters:
        One careless, hurried or copying reviewer spoils every pair that hangs on them, and the mean agreement of the
        pool hardly shows it.

    How:
        People only; models are held against people by the agreement auditor. One vote a reviewer and pair. A reviewer's
        own vote is no part of the plurality that it is held against; even splits are left out. Flagged are reviewers of
        at least `least_votes` such votes whose agreement is, by an exact binomial test, below the pool's mean less
        `margin`, at a false discovery rate of `false_discovery_rate` (Benjamini-Hochberg); the same rate holds for
        checks, drift, copies, streaks and slots, each by itself. The models are Dawid and Skene's (a matrix of chances
        for each reviewer), its one-coin form and MACE (knows the answer, or draws one by habit), fitted by EM from the
        vote shares, with 0.01 added to each count; they are refused where common pairs do not link all reviewers. The
        whole-file measures are Dawid and Skene's, the others stand as slices. A model's accuracy has the interval of as
        many votes of known truth as it amounts to (Louis). Checks: answers against the gold label, or as the source
        says itself. Drift is the later half of each reviewer's answers less the earlier, or a batch less the others;
        for the pool within reviewers, clustered by prompt or reviewer, so that new reviewers are no drift; for one
        reviewer by Fisher's exact test. Copies are compared on at least 20 common pairs with the rate at which all
        other reviewers agree. Streaks are a one-sided runs test of the slot chosen, in the order of the times judged.
        Too fast is more than 15 words of prompt and responses a second; who does it in a tenth of their judgments and,
        by an exact binomial test, more often than the pool, hurries. A pair's majority falls without a reviewer when
        the plurality of the rest is another answer or none.

    Reads:
        Nothing is required. `judgment.comparison`, `judgment.label`, `judgment.annotator` unlock most; further
        `judgment.reviewer_class`, `judgment.shown_first`, `judgment.judged_at`, `judgment.duration_s`,
        `judgment.check_passed`, `gold_label`, `slice.batch`, `prompt_key`, and the word counts `prompt_words`,
        `a_words`, `b_words`.

    Measures and units:
        `reviewers.agreement`, `reviewers.shrunk_agreement`, `reviewers.modelled_accuracy`, `reviewers.check_rate` (each
        also or only per annotator), `reviewers.agreement_drift`, `reviewers.first_rate_drift` (also per annotator and
        batch), `reviewers.agreement_spread`, `reviewers.changed_share` (also per model),
        `reviewers.models_differ_share`: share, process. `reviewers.rank_agreement`: Spearman's rho, process.
        `reviewers.flagged`, `reviewers.check_failures`, `reviewers.drifting`, `reviewers.batches_apart`,
        `reviewers.copies`, `reviewers.streaks`, `reviewers.one_slot`, `reviewers.signs` (also per annotator): count,
        process. `reviewers.flagged_share`, `reviewers.fast_share` (also per annotator), `reviewers.single_share`,
        `reviewers.busiest_share`, `reviewers.drifting_part`: share, census. `reviewers.pivotal_pairs` (also per
        annotator): count, census.

    Limits:
        Agreement is not accuracy: a lone expert among careless people is flagged, and mistakes that all make are not
        seen; only checks see those. Reviewers of few votes are not tested: 5 % bad reviewers of 39 votes are found with
        a chance of .16 where they agree in .65 instead of .80. The models take pairs to be alike in difficulty; where
        they contradict each other, believe none. Drift may also be that of the pairs: harder ones later on.

    References:
        Dawid and Skene 1979, Applied Statistics 28; Hovy et al. 2013, NAACL (MACE); Louis 1982, J. R. Statist. Soc.
        B 44; Kleinman 1973, JASA 68; Benjamini and Hochberg 1995, J. R. Statist.
        Soc. B 57; Wald and Wolfowitz 1940, Annals of Mathematical Statistics 11.
    """

    least_votes: int = 20
    """Comparable votes below which a reviewer is not tested."""
    margin: float = 0.10
    """How far below the pool's mean agreement is still taken as usual."""
    false_discovery_rate: float = 0.05
    least_checks: int = 5
    """Checked answers below which a reviewer is not tested."""
    level: float = LEVEL

    code: ClassVar[str] = "REV"
    name: ClassVar[str] = "reviewers"
    version: ClassVar[str] = "2"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        "judgment.comparison", "judgment.label", ANNOTATOR, "judgment.reviewer_class", "judgment.shown_first",
        "judgment.judged_at", "judgment.duration_s", "judgment.check_passed", "gold_label", "slice.batch", "prompt_key",
        "prompt_words", "a_words", "b_words",
    )  # fmt: skip
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("agreement", "share", Kind.PROCESS, "votes that agree with the plurality of the others"),
        _spec("shrunk_agreement", "share", Kind.PROCESS, "a reviewer's agreement, drawn towards the pool's"),
        _spec("agreement_spread", "share", Kind.PROCESS, "standard deviation of the reviewers' true agreement"),
        _spec("flagged", "count", Kind.PROCESS, "reviewers whose agreement is below the pool's less the margin"),
        _spec("flagged_share", "share", Kind.CENSUS, "judgments of the flagged reviewers"),
        _spec("changed_share", "share", Kind.PROCESS, "pairs whose most probable answer is not the plurality"),
        _spec("rank_agreement", "Spearman's rho", Kind.PROCESS, "agreement and modelled accuracy rank reviewers alike"),
        _spec("models_differ_share", "share", Kind.PROCESS, "pairs on which the models contradict each other"),
        _spec("modelled_accuracy", "share", Kind.PROCESS, "a reviewer's chance of the true answer, by the model"),
        _spec("check_rate", "share", Kind.PROCESS, "attention checks and gold items that are passed"),
        _spec("check_failures", "count", Kind.PROCESS, "reviewers who pass clearly fewer checks than the pool"),
        _spec("agreement_drift", "share", Kind.PROCESS, "change of agreement later on, or in a batch"),
        _spec("first_rate_drift", "share", Kind.PROCESS, "change of the first slot's share later on, or in a batch"),
        _spec("drifting", "count", Kind.PROCESS, "reviewers whose agreement or slot changes with time"),
        _spec("drifting_part", "share", Kind.CENSUS, "answers of the reviewers who drift"),
        _spec("batches_apart", "count", Kind.PROCESS, "batches in which the same reviewers answer otherwise"),
        _spec("copies", "count", Kind.PROCESS, "pairs of reviewers who answer too much alike"),
        _spec("streaks", "count", Kind.PROCESS, "reviewers whose chosen slot changes too seldom"),
        _spec("one_slot", "count", Kind.PROCESS, "reviewers who choose one slot too often"),
        _spec("fast_share", "share", Kind.CENSUS, "judgments given faster than anybody reads"),
        _spec("single_share", "share", Kind.CENSUS, "judged pairs with one judgment of a person"),
        _spec("busiest_share", "share", Kind.CENSUS, "judgments of the busiest reviewer"),
        _spec("pivotal_pairs", "count", Kind.CENSUS, "pairs whose majority falls without one reviewer, at most"),
        _spec("signs", "count", Kind.PROCESS, "reviewers with a sign that calls for a look, and each one's signs"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield what each part finds of the pool, and of the reviewers that are shown, and their signs."""
        people = pool(signals)
        if people is None:
            yield from fast(signals, None).measures
            yield Measure(STREAKS, NO_ORDER, "count", Kind.PROCESS, 0)
            for spec in self.measures:
                if spec.name not in (FAST, STREAKS):
                    yield Measure(spec.name, NOBODY, spec.unit, spec.kind, 0)
            return
        case = Case(signals, people, self.level, self.least_votes, self.margin, self.false_discovery_rate)
        found = others(people.votes)
        parts = (
            agreeing(case, found),
            modelled(case, found),
            checks(case, self.least_checks),
            drift(case, found),
            copies(case),
            streaks(case),
            one_slot(case),
            fast(signals, case),
            hanging(case),
        )
        signs = _signs(parts, len(people.names))
        votes = np.bincount(people.votes.annotator, minlength=len(people.names))
        shown = np.zeros(len(votes), np.bool_)
        shown[np.lexsort((-votes, np.array([-len(own) for own in signs])))[:SHOWN]] = True
        for part in parts:
            yield from part.of(shown)
        yield from _told(case, signs, shown, votes)


def _signs(parts: Sequence[Part], people: int) -> list[list[str]]:
    """Return the signs of each reviewer."""
    found: list[list[str]] = [[] for _ in range(people)]
    for part in parts:
        for one in () if part.accused is None else part.accused.tolist():
            found[one].append(part.sign)
    return found


def _told(case: Case, signs: Sequence[Sequence[str]], shown: Bools, votes: Ints) -> Iterator[Measure]:
    marked = np.array([bool(own) for own in signs])
    rows = np.unique(case.people.votes.comparison[marked[case.people.votes.annotator]])
    evidence = case.signals.evidence(rows) if len(rows) else None
    method = "reviewers with at least one sign; n: reviewers"
    yield count(SIGNS, int(marked.sum()), len(signs), method, evidence=evidence)
    for one in np.flatnonzero(shown).tolist():
        told = ", ".join(signs[one]) or "none"
        yield count(SIGNS, len(signs[one]), int(votes[one]), f"signs: {told}; n: votes", slice=case.slice_of(one))

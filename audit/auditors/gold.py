"""GLD: answers to items whose right answer is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from audit.agreement.votes import FIRST, NEITHER, SECOND, TIE, first_side
from audit.auditor import Spec
from audit.measure import Kind, Measure, Slice, Undefined
from audit.reviewers.others import below
from audit.reviewers.pool import ANNOTATOR, Pool, pool
from audit.schema import BOTH_BAD, A, B
from audit.schema import TIE as TIED
from audit.shares import share_measure
from audit.signals import Ints, Signals
from audit.stats.multiple import benjamini_hochberg
from audit.stats.proportions import LEVEL

GOLD: Final = "gold"
SHOWN: Final = 50
"""Reviewers with most gold answers that are shown one by one."""
NO_GOLD: Final = Undefined("no right answer is recorded", GOLD)
NOBODY: Final = Undefined("no judgment of a person with a name is of a gold item", ANNOTATOR)
FEW: Final = Undefined("no reviewer has enough gold answers", "more gold items for each reviewer")


def _spec(name: str, unit: str, kind: Kind, meaning: str) -> Spec:
    return Spec(f"gold.{name}", unit, kind, meaning)


@dataclass(frozen=True)
class Gold:
    """Gold answers: how people answer where the right answer is known, and how often the shipped label is wrong there.

    What it measures:
        The share of comparisons that have a known right answer, gold items and attention checks alike
        (`gold.items_share`); the share of people's answers to them that are right (`gold.accuracy`, whole and for each
        of those with most); how many people fail them (`gold.failing`) and what share of all judgments is theirs
        (`gold.failing_share`); and the share of shipped labels on them that are wrong (`gold.label_error`).

    Why it matters:
        Agreement does not see what all get wrong, and a reviewer who never reads agrees with the easy half of a file.
        Known answers see both; of all that is measured here only they and a review by hand tell an error rate without
        a model.

    How:
        A person's answer is right when it is the gold answer, a tie being an answer of its own. One vote a person and
        pair. Failing are people of at least `least_answers` answers whose accuracy is, by an exact binomial test, below
        `least_accuracy` at a false discovery rate of `false_discovery_rate` (Benjamini-Hochberg).

    Reads:
        Nothing is required. `gold` (map it: `--map gold=FIELD`), `label`, `judgment.comparison`, `judgment.label`,
        `judgment.annotator`, `judgment.reviewer_class`.

    Measures and units:
        `gold.items_share`, `gold.failing_share`: share, census. `gold.accuracy` (also per annotator),
        `gold.label_error`: share, process. `gold.failing`: count, process.

    Limits:
        Gold items are mostly chosen because they are clear: accuracy there is above that elsewhere, and the error of
        labels below. A vendor who knows which items are gold can answer just those well.

    References:
        Le et al. 2010, SIGIR workshop on crowdsourcing (gold items); Benjamini and Hochberg 1995, J. R. Statist. Soc.
        B 57.
    """

    least_answers: int = 5
    """Gold answers below which a person is not tested."""
    least_accuracy: float = 0.7
    """Accuracy on clear items that people who read them reach."""
    false_discovery_rate: float = 0.05
    level: float = LEVEL

    code: ClassVar[str] = "GLD"
    name: ClassVar[str] = "gold answers"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        GOLD, "label", "judgment.comparison", "judgment.label", ANNOTATOR, "judgment.reviewer_class",
    )  # fmt: skip
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("items_share", "share", Kind.CENSUS, "comparisons whose right answer is known"),
        _spec("accuracy", "share", Kind.PROCESS, "people's answers to them that are right"),
        _spec("failing", "count", Kind.PROCESS, "people whose accuracy is below what reading gives"),
        _spec("failing_share", "share", Kind.CENSUS, "judgments of the people who fail"),
        _spec("label_error", "share", Kind.PROCESS, "shipped labels of gold items that are wrong"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield how many items there are, how people answer them, and how labels do."""
        gold = signals.ints(GOLD) if signals.has(GOLD) else np.zeros(signals.comparisons, np.int64)
        known = (gold >= A) & (gold <= BOTH_BAD)
        if not known.any():
            return [Measure(spec.name, NO_GOLD, spec.unit, spec.kind, 0) for spec in self.measures]
        return self._measured(signals, np.where(known, gold, 0))

    def _measured(self, signals: Signals, gold: Ints) -> Iterator[Measure]:
        n, method = signals.comparisons, "exact share; n: comparisons"
        yield Measure("gold.items_share", int((gold > 0).sum()) / n, "share", Kind.CENSUS, n, method=method)
        yield self._labels(signals, gold)
        yield from self._people(signals, gold)

    def _labels(self, signals: Signals, gold: Ints) -> Measure:
        name = "gold.label_error"
        if not signals.has("label"):
            return Measure(name, Undefined("no shipped label is recorded", "label"), "share", Kind.PROCESS, 0)
        label = signals.ints("label")
        both = np.flatnonzero((gold > 0) & (label >= A) & (label <= BOTH_BAD))
        prompt = signals.groups("prompt_key")[both] if signals.has("prompt_key") else both
        found = share_measure(
            name, label[both] != gold[both], {"prompt": prompt}, "labels of gold items", level=self.level
        )
        wrong = both[label[both] != gold[both]]
        return replace(found, evidence=signals.evidence(wrong)) if len(wrong) else found

    def _people(self, signals: Signals, gold: Ints) -> Iterator[Measure]:
        people = pool(signals)
        votes = None if people is None else people.votes
        right = None if votes is None else _categories(signals, gold)[votes.comparison]
        kept = np.zeros(0, np.int64) if right is None else np.flatnonzero(right >= 0)
        if people is None or votes is None or right is None or not len(kept):
            for spec in self.measures[1:4]:
                yield Measure(spec.name, NOBODY, spec.unit, spec.kind, 0)
            return
        hit, who = votes.category[kept] == right[kept], votes.annotator[kept]
        prompt = votes.prompt[votes.item[kept]]
        what = "answers to gold items"
        yield share_measure("gold.accuracy", hit, {"prompt": prompt, "annotator": who}, what, level=self.level)
        n = np.bincount(who, minlength=len(people.names))
        hits = np.bincount(who, weights=hit, minlength=len(people.names)).astype(np.int64)
        for one in np.argsort(-n, kind="stable")[:SHOWN]:
            if n[one]:
                own, part = who == one, Slice("annotator", people.names[int(one)])
                clusters = {"prompt": prompt[own]}
                yield share_measure("gold.accuracy", hit[own], clusters, what, part=part, level=self.level)
        yield from self._failing(signals, people, hits, n)

    def _failing(self, signals: Signals, people: Pool, hits: Ints, n: Ints) -> Iterator[Measure]:
        votes = people.votes
        tested = np.flatnonzero(n >= self.least_answers)
        if not len(tested):
            yield Measure("gold.failing", FEW, "count", Kind.PROCESS, 0)
            yield Measure("gold.failing_share", FEW, "share", Kind.CENSUS, 0)
            return
        p = below(hits[tested], n[tested], self.least_accuracy)
        bad = tested[benjamini_hochberg(p, self.false_discovery_rate)]
        theirs = np.isin(votes.annotator, bad)
        rows = signals.evidence(np.unique(votes.comparison[theirs])) if len(bad) else None
        told = ", ".join(f"{people.names[int(one)]}: {hits[one]} of {n[one]}" for one in bad[:3])
        method = (
            f"exact binomial against {self.least_accuracy}, Benjamini-Hochberg; n: people of at least "
            f"{self.least_answers} gold answers{f'; {told}' if told else ''}"
        )
        yield Measure("gold.failing", len(bad), "count", Kind.PROCESS, len(tested), evidence=rows, method=method)
        how = "exact share of votes, given who fails; n: votes of people"
        share = int(theirs.sum()) / len(theirs)
        yield Measure("gold.failing_share", share, "share", Kind.CENSUS, len(theirs), evidence=rows, method=how)


def _categories(signals: Signals, gold: Ints) -> Ints:
    """Return the gold answer of each comparison as votes are coded, -1 where none is known; shape (comparisons,)."""
    is_side = (gold == A) | (gold == B)
    cases = [is_side & (gold == first_side(signals)), is_side, gold == TIED, gold == BOTH_BAD]
    return np.select(cases, [FIRST, SECOND, TIE, NEITHER], -1)

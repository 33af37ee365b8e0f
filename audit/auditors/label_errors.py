"""LER: which shipped labels are probably wrong, as a queue for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.label_errors.doubt import (
    NO_LABEL,
    NO_OVERLAP,
    Shipped,
    by_models,
    by_votes,
    shipped,
    slope,
    towards_other,
)
from audit.label_errors.lift import auc_measure, by_gold, held_out, lift_measure
from audit.measure import Kind, Measure, Undefined
from audit.shares import share_measure
from audit.signals import Floats, Signals
from audit.stats.proportions import LEVEL
from audit.words.names import LEAD, PLANTED

QUEUE: Final = "labels.queue"
EVEN: Final = 1e-9
"""Distance from one half that is rounding: as many votes for a label as against it."""
NO_WORDS: Final = Undefined("no model of the texts was fitted", "--words")
NO_WITNESS: Final = Undefined(
    "nothing beside the queue tells wrong labels", "gold_label, or three votes that chose a side on the same pairs"
)
NO_GOLD: Final = Undefined("no shipped label has a gold label", "gold_label")


def _spec(name: str, unit: str, kind: Kind, meaning: str) -> Spec:
    return Spec(f"labels.{name}", unit, kind, meaning)


@dataclass(frozen=True)
class LabelErrors:
    """Labels: which of them are probably wrong, the most doubtful first.

    What it measures:
        Shipped labels that can be doubted at all (`labels.assessed_share`), those that are more probably wrong than
        right (`labels.candidate_share`), and the queue of all of them, worst first (`labels.queue`: its evidence).
        What the queue is worth: how often the labels at its top are wrong compared with labels in general
        (`labels.queue_lift`); the same of a model of the texts alone (`labels.text_lift`, `labels.text_auc`), also
        where it is known which labels are wrong because they were turned round (`labels.planted_lift`,
        `labels.planted_auc`). And, where right answers are recorded, how many labels contradict them
        (`labels.gold_error`).

    Why it matters:
        People who look again find more wrong labels an hour in the right order. The queue says where to begin; it is no
        measure of how many labels are wrong.

    How:
        With k votes for the label and m against it, and Beta(a, a) over pairs as disagreement implies it, a label is
        wrong with probability I_1/2(a + k, a + m): the share of annotators who prefer its side is below one half. A
        label without votes is one vote for itself. Where common pairs link all reviewers and they gave at least ten
        votes on the mean, it is averaged with what Dawid and Skene's model and its one-coin form say. With `--words`
        the held-out log odds of a bag of words (folds by prompt) for the other side are added, times a slope fitted to
        the labels: words that say nothing add nothing. Without overlapping votes the words alone give the order, and
        nothing is called a candidate. Lift is the share of wrong labels among the 5 % of greatest doubt over that among
        all; wrong is what a gold label contradicts, or else a majority of votes that one vote more, held out of it,
        opposes: there words and votes are judged on that majority, not on the label. For planted flips a tenth of the
        labels, by the pair's key, is turned round and the model fitted again.

    Reads:
        `label`. It uses `judgment.comparison`, `judgment.label`, `judgment.annotator`, `judgment.reviewer_class`,
        `pair_key`, `a_is_first`, `prompt_key`, `gold_label`, and of `--words` `word_lead`, `word_flip`,
        `word_flip_doubt`.

    Measures and units:
        `labels.assessed_share`, `labels.candidate_share`: share, census. `labels.queue`: count, census.
        `labels.queue_lift`, `labels.text_lift`, `labels.planted_lift`: ratio, process. `labels.text_auc`,
        `labels.planted_auc`: AUC, process. `labels.gold_error`: share, process.

    Limits:
        A candidate is a suspicion: it is probable that most annotators would say otherwise, not that they are right. A
        model of the texts is weak on preferences (AUC of planted flips about .64 on HH-RLHF, .78 on arguments); it
        doubts what it does not understand. No rule fails by any of this, and no share here is an error rate: that takes
        a random review (`audit sample`). A held-out vote is not always right. `labels.gold_error`
        stands for all labels only if the gold items were drawn at random.

    References:
        Northcutt, Jiang and Chuang 2021, JAIR 70 (confident learning); Skellam 1948, JRSS B 10; Dawid and Skene 1979,
        Applied Statistics 28; Gururangan et al. 2018, arXiv 1803.02324.
    """

    level: float = LEVEL

    code: ClassVar[str] = "LER"
    name: ClassVar[str] = "labels"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ("label",)
    uses: ClassVar[tuple[str, ...]] = (
        *("judgment.comparison", "judgment.label", "judgment.annotator", "judgment.reviewer_class", "pair_key"),
        *("a_is_first", "prompt_key", "gold_label", LEAD, *PLANTED),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("assessed_share", "share", Kind.CENSUS, "shipped labels that votes or words have something to say of"),
        _spec("candidate_share", "share", Kind.CENSUS, "of them, labels that are more probably wrong than right"),
        _spec("queue", "count", Kind.CENSUS, "labels ranked for review, the most doubtful first"),
        _spec("queue_lift", "ratio", Kind.PROCESS, "wrong labels at the top of the queue over those in all of it"),
        _spec("text_lift", "ratio", Kind.PROCESS, "the same of the words alone"),
        _spec("text_auc", "AUC", Kind.PROCESS, "words doubt a wrong label more than a right one"),
        _spec("planted_lift", "ratio", Kind.PROCESS, "the same lift where a tenth of the labels is turned round"),
        _spec("planted_auc", "AUC", Kind.PROCESS, "words doubt a turned label more than another"),
        _spec("gold_error", "share", Kind.PROCESS, "shipped labels that contradict their gold label"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield the queue, what it is worth, and labels against gold."""
        at = shipped(signals)
        if not len(at):
            for spec in self.measures:
                yield Measure(spec.name, NO_LABEL, spec.unit, spec.kind, 0)
            return
        words = towards_other(signals, at)
        doubt, is_probability, how = _doubt(signals, at, words)
        yield from _queue(signals, at, doubt, how, is_probability=is_probability)
        yield from self._worth(signals, at, doubt, words)
        yield from self._planted(signals, at)
        yield self._gold(signals, at)

    def _worth(self, signals: Signals, at: Shipped, doubt: Floats, words: Floats) -> Iterator[Measure]:
        gold, held = by_gold(signals, at), held_out(at)
        if gold is not None and len(gold.rows):
            witness, scores = gold, doubt[gold.rows]
        elif held is not None:
            witness, scores = held.witness, held.doubt
            words = words.copy()
            words[witness.rows] *= np.where(held.is_shipped, 1.0, -1.0)
        else:
            yield Measure("labels.queue_lift", NO_WITNESS, "ratio", Kind.PROCESS, 0)
            yield Measure("labels.text_lift", NO_WITNESS, "ratio", Kind.PROCESS, 0)
            yield Measure("labels.text_auc", NO_WITNESS, "AUC", Kind.PROCESS, 0)
            return
        told, prompt = np.isfinite(scores), at.prompt[witness.rows]
        yield lift_measure(
            "labels.queue_lift", scores[told], witness.wrong[told], prompt[told], witness.what, self.level
        )
        told = np.isfinite(words[witness.rows])
        if not told.any():
            yield Measure("labels.text_lift", NO_WORDS, "ratio", Kind.PROCESS, 0)
            yield Measure("labels.text_auc", NO_WORDS, "AUC", Kind.PROCESS, 0)
            return
        found = (words[witness.rows][told], witness.wrong[told], prompt[told], witness.what, self.level)
        yield lift_measure("labels.text_lift", *found)
        yield auc_measure("labels.text_auc", *found)

    def _planted(self, signals: Signals, at: Shipped) -> Iterator[Measure]:
        if not signals.has(*PLANTED):
            yield Measure("labels.planted_lift", NO_WORDS, "ratio", Kind.PROCESS, 0)
            yield Measure("labels.planted_auc", NO_WORDS, "AUC", Kind.PROCESS, 0)
            return
        doubt = signals.floats(PLANTED[1])[at.rows]
        told = np.isfinite(doubt)
        turned = signals.ints(PLANTED[0])[at.rows][told] > 0
        found = (doubt[told], turned, at.prompt[told], "labels turned round", self.level)
        yield lift_measure("labels.planted_lift", *found)
        yield auc_measure("labels.planted_auc", *found)

    def _gold(self, signals: Signals, at: Shipped) -> Measure:
        gold = by_gold(signals, at)
        if gold is None or not len(gold.rows):
            return Measure("labels.gold_error", NO_GOLD, "share", Kind.PROCESS, 0)
        what = "labels with a gold label that contradict it"
        where = {"prompt": at.prompt[gold.rows]}
        found = share_measure("labels.gold_error", gold.wrong, where, what, level=self.level)
        evidence = signals.evidence(at.rows[gold.rows[gold.wrong]]) if gold.wrong.any() else None
        return Measure(
            found.name, found.value, found.unit, found.kind, found.n, found.interval, found.n_effective,
            evidence=evidence, method=found.method,
        )  # fmt: skip


def _doubt(signals: Signals, at: Shipped, words: Floats) -> tuple[Floats, bool, str]:
    """Return each label's doubt, nan where nothing is said, whether it is a probability, and by what."""
    has_words = np.isfinite(words)
    if at.agreement is None:
        return words, False, "held-out words"
    chance, how = by_votes(at.agreement, at.fors, at.against), "votes"
    models = by_models(signals, at)
    if models is not None:
        every = np.vstack([chance, models])
        chance, how = np.where(np.isfinite(models).all(axis=0), every.mean(axis=0), chance), "votes and two models"
    if has_words.any():
        b = slope(words[has_words])
        odds = np.log(np.maximum(chance, 1e-300)) - np.log1p(-chance) + np.where(has_words, b * words, 0.0)
        chance, how = 1 / (1 + np.exp(-np.clip(odds, -700, 700))), f"{how}, words with slope {b:.2g}"
    return np.asarray(np.where((at.votes > 0) | has_words, chance, np.nan)), True, how


def _queue(signals: Signals, at: Shipped, doubt: Floats, how: str, *, is_probability: bool) -> Iterator[Measure]:
    told = np.isfinite(doubt)
    n, ranked = len(at), int(told.sum())
    method = f"exact; by {how}; n: shipped labels"
    yield Measure("labels.assessed_share", ranked / n, "share", Kind.CENSUS, n, method=method)
    worst = np.full(signals.comparisons, -np.inf)
    worst[at.rows[told]] = doubt[told]
    if is_probability and ranked:
        bad = at.rows[told & (doubt > 0.5 + EVEN)]
        evidence = signals.evidence(bad, worst) if len(bad) else None
        method = f"exact, given the model: P(wrong) above 1/2 by {how}; n: assessed labels"
        yield Measure(
            "labels.candidate_share", len(bad) / ranked, "share", Kind.CENSUS, ranked, evidence=evidence, method=method
        )
    else:
        yield Measure("labels.candidate_share", NO_OVERLAP, "share", Kind.CENSUS, ranked)
    evidence = signals.evidence(at.rows[told], worst) if ranked else None
    method = f"exact count; by {how}; the evidence is the queue, most doubtful first; n: shipped labels"
    yield Measure(QUEUE, ranked, "count", Kind.CENSUS, n, evidence=evidence, method=method)

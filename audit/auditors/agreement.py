"""AGR: do annotators who judge the same pair agree, and what does that say of the labels?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from audit.agreement.classes import class_measures
from audit.agreement.coefficients import coefficient_measures
from audit.agreement.cycles import cycle_measures, cyclic_labels
from audit.agreement.form import form_measures, raw_votes
from audit.agreement.labels import label_measures, overlaps_needed
from audit.agreement.models import model_measures
from audit.agreement.panel import Panel
from audit.agreement.parts import slice_measures
from audit.agreement.votes import votes
from audit.auditor import Spec
from audit.measure import Kind, Measure, Undefined
from audit.signals import Signals
from audit.stats.bootstrap import RESAMPLES
from audit.stats.proportions import LEVEL

NO_VOTES: Final = Undefined(
    "no raw judgment is recorded, and agreement told without them may leave out the disagreements", "judgment.label"
)


def _process(name: str, meaning: str, unit: str = "share") -> Spec:
    return Spec(f"agreement.{name}", unit, Kind.PROCESS, meaning)


def _census(name: str, meaning: str, unit: str = "share") -> Spec:
    return Spec(f"agreement.{name}", unit, Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Agreement:
    """Agreement: whether annotators who judge the same pair give the same answer.

    What it measures:
        What agreement rests on (`agreement.raw_votes_share`, `agreement.overlap_items`, `agreement.overlap_share`,
        `agreement.connected_share`, `agreement.class_recorded_share`, `agreement.overlaps_needed`); how often two
        annotators agree (`agreement.percent`, `agreement.percent_decisive`, `agreement.unanimous_share`,
        `agreement.class_rate`, `agreement.class_decisive_rate`), by slice, drawn towards the mean
        (`agreement.pooled_percent`), and in the worst slice (`agreement.worst_slice_drop`); agreement beyond chance
        (`agreement.alpha`, `agreement.ac1`, `agreement.fleiss_kappa`, `agreement.conger_kappa`,
        `agreement.cohen_kappa`, `agreement.brennan_prediger`, `agreement.pabak`) and of declared strengths
        (`agreement.alpha_ordinal`, `agreement.alpha_interval`, `agreement.ac2`), with two signs that chance correction
        misleads (`agreement.prevalence`, `agreement.paradox_gap`); what disagreement implies for the labels
        (`agreement.implied_label_error`, `agreement.implied_error_of_votes`, `agreement.against_majority`); answers
        that are no votes (`agreement.escalate_rate`, `agreement.invalid_rate`); annotators who judge an item again
        (`agreement.repeat_consistency`); experts and the crowd (`agreement.expert_crowd_difference`); models beside
        humans (`agreement.stand_in_rate`, `agreement.model_human_ratio`, `agreement.model_label_error`); preferences
        that go round (`agreement.cyclic_triad_rate`, `agreement.cycle_excess`, `agreement.kendall_zeta`,
        `agreement.cyclic_labels`).

    Why it matters:
        Wrong labels cost more than their share: ten points more of label noise cost up to thirty points of win rate.
        Where annotators disagree, some labels must be wrong; how many is what this auditor infers. It is a lower
        bound, as mistakes that all annotators share do not show.

    How:
        Votes are joined into items, unordered pairs of responses to one prompt, over rows; the side whose key is
        smaller is called first. So no coefficient depends on the order shown or on who is called chosen. The
        categories are first, second, tie, both bad. An annotator counts once an item: of repeats, one is drawn by
        the item's key, and `agreement.repeat_consistency` is told apart. pa is the mean over items of
        the share of agreeing pairs of votes; a coefficient is (pa - pe) / (1 - pe), and they differ in pe. Intervals
        of pa are from the jackknife by prompt or by annotator, whichever is wider; those of coefficients from the
        bootstrap by item or by prompt, whichever is wider. `agreement.class_rate` and its like pool all pairs of
        votes. The implied error takes the share p of annotators who prefer the first response to be Beta(a, a) over
        items with a = (1 - pa) / (2 pa - 1), pa of decisive votes; it is the mean over shipped labels of the chance
        that the majority of their R votes is not the population's. A label without votes of its own counts as one
        vote. The worst slice is told by the largest difference between the whole and a slice. The alternative
        annotator test asks, human by human, whether a model is as near to the other humans as that human is, less a
        cost. The error of models' labels is corrected by items that humans judged; their declared confidence sharpens
        it. Cycles are compared with those of
        votes by fitted Bradley-Terry strengths, as noisy as the votes are.

    Reads:
        Nothing is required; without raw judgments only `agreement.raw_votes_share`, `agreement.cyclic_labels` and
        `agreement.overlaps_needed` have a value. It uses `judgment.comparison`, `judgment.label`, `judgment.annotator`,
        `judgment.reviewer_class`, `judgment.strength`, `judgment.confidence`, `pair_key`, `a_is_first`, `prompt_key`,
        `a_key`, `b_key`, `label`, and the columns that make slices.

    Measures and units:
        Shares of this file, census: `agreement.raw_votes_share`, `agreement.overlap_share`,
        `agreement.connected_share`, `agreement.class_recorded_share`; counts, census: `agreement.overlap_items`,
        `agreement.against_majority`, `agreement.cyclic_labels`. Shares of the process: `agreement.percent`,
        `agreement.percent_decisive`, `agreement.implied_label_error` (also per slice), `agreement.pooled_percent` (per
        slice), `agreement.worst_slice_drop`, `agreement.implied_error_of_votes` (per number of votes),
        `agreement.class_rate` and `agreement.class_decisive_rate` (per pair of reviewer classes), and the other
        rates, errors and differences. Coefficients (1 is full agreement, 0 what chance gives): the kappas
        (`agreement.cohen_kappa` per pair of annotators), alphas, AC1, AC2, and `agreement.kendall_zeta`. Ratios:
        `agreement.model_human_ratio`, `agreement.cycle_excess`. `agreement.overlaps_needed`: count, process.

    Limits:
        Says how far labels are reproducible, not whether they are right; only a review of labels measures that.
        Disagreement is not always error: some pairs are matters of taste. If disagreements were removed before
        delivery, agreement is inflated: unanimity of all items is refused, a milder selection cannot be seen.
        Responses without text and without model names share no item with other rows. Intervals of coefficients allow
        for prompts, not for annotators. A repeat in swapped order also carries position bias. Alphas of strengths
        take the ranks of this file as given. The null of cycles is fitted to the same votes and takes
        noise to be alike for all items.

    References:
        Krippendorff 2011 (alpha). Gwet 2008 and Handbook of Inter-Rater Reliability (AC1, AC2, missing votes, sample
        sizes). Cohen 1960; Fleiss 1971; Conger 1980; Brennan and Prediger 1981; Byrt, Bishop and Carlin 1993 (PABAK).
        Skellam 1948 (beta-binomial). Gao et al. 2024, arXiv 2404.09824 (label noise in alignment). Zheng et al. 2023,
        arXiv 2306.05685 (MT-Bench). Calderon et al. 2025, arXiv 2501.10970 (alternative annotator test). Angelopoulos
        et al. 2023, Science 382 (prediction-powered inference). Kendall and Babington Smith 1940; Bradley and Terry
        1952 (cycles). Morris 1983 (empirical Bayes).
    """

    level: float = LEVEL
    """Two-sided level of intervals."""
    resamples: int = RESAMPLES
    """Of each bootstrap."""
    least_slice: int = 200
    """Items with two decisive votes that a slice and its rest need to be compared."""
    least_pair: int = 50
    """Items in common for two annotators to be compared."""
    suspicious_unanimity: int = 300
    """Items with two decisive votes, all unanimous, at which disagreements must have been taken out."""
    wanted_half_width: float = 0.05
    """Of alpha, for `agreement.overlaps_needed`."""
    stand_in_cost: float = 0.1
    """Share of items by which a human may be better before a model may not stand in."""
    least_human_items: int = 30
    """Items that a human needs beside a model and another human."""
    null_draws: int = 200
    """Draws of the null of cycles."""

    code: ClassVar[str] = "AGR"
    name: ClassVar[str] = "agreement"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        "judgment.comparison",
        "judgment.label",
        "judgment.annotator",
        "judgment.reviewer_class",
        "judgment.strength",
        "judgment.confidence",
        "pair_key",
        "a_is_first",
        "prompt_key",
        "a_key",
        "b_key",
        "label",
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        _census("raw_votes_share", "comparisons that come with a raw judgment"),
        _census("overlap_items", "items with votes of two annotators", "count"),
        _census("overlap_share", "items with votes of two annotators, among those with any"),
        _census("connected_share", "votes of overlapping items in the largest group of linked annotators"),
        _census("class_recorded_share", "votes whose reviewer class is recorded"),
        _process("escalate_rate", "judgments that escalate"),
        _process("invalid_rate", "judgments marked invalid"),
        _process("repeat_consistency", "equal answers of an annotator who judges an item again"),
        _process("percent", "agreement of two annotators on an item"),
        _process("percent_decisive", "agreement of two annotators who both chose a side"),
        _process("unanimous_share", "items with two votes whose votes are all equal"),
        _process("pooled_percent", "decisive agreement of a slice, drawn towards the slices' mean"),
        _process("worst_slice_drop", "decisive agreement of the whole minus that of the worst slice"),
        _process("class_rate", "agreeing pairs of votes of two reviewer classes"),
        _process("class_decisive_rate", "the same of votes that chose a side"),
        _process("fleiss_kappa", "beyond chance, categories as frequent as all annotators make them", "coefficient"),
        _process("conger_kappa", "beyond chance, each annotator's own frequencies", "coefficient"),
        _process("cohen_kappa", "the same of two annotators", "coefficient"),
        _process("brennan_prediger", "beyond chance, categories equally frequent", "coefficient"),
        _process("ac1", "Gwet's AC1, steady where one category prevails", "coefficient"),
        _process("alpha", "Krippendorff's alpha, nominal", "coefficient"),
        _process("alpha_ordinal", "Krippendorff's alpha of signed strengths, ordinal", "coefficient"),
        _process("alpha_interval", "Krippendorff's alpha of signed strengths, interval", "coefficient"),
        _process("ac2", "Gwet's AC2 of signed strengths, quadratic weights", "coefficient"),
        _process("pabak", "2 pa - 1 of decisive votes", "coefficient"),
        _process("prevalence", "share of the most frequent category"),
        _process("paradox_gap", "distance of AC1 and alpha", "coefficient"),
        _process("implied_label_error", "shipped labels that are wrong, as disagreement implies"),
        _process("implied_error_of_votes", "the same if every label had so many votes"),
        _census("against_majority", "shipped labels that most of their own votes oppose", "count"),
        _process("expert_crowd_difference", "agreement among experts minus that of crowd and experts"),
        _process("stand_in_rate", "humans whom a model may stand in for"),
        _process("model_human_ratio", "agreement of models and humans over that among humans", "ratio"),
        _process("model_label_error", "models' labels that are not the humans'"),
        _process("cyclic_triad_rate", "cycles among three responses, 0.25 by chance"),
        _process("cycle_excess", "the same over what noise in votes would give", "ratio"),
        _process("kendall_zeta", "consistence of complete tournaments", "coefficient"),
        _census("cyclic_labels", "shipped labels that contradict each other in a cycle", "count"),
        _process("overlaps_needed", "further items with two votes for the wanted interval of alpha", "count"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield every measure; without raw votes nearly all are undefined."""
        every = votes(signals)
        if every is None:
            yield from self._without_votes(signals)
            return
        panel = Panel(signals, every, self.level)
        yield from form_measures(panel)
        yield from slice_measures(panel, self.least_slice)
        coefficients = tuple(coefficient_measures(panel, self.least_pair, self.resamples))
        yield from coefficients
        alpha = next(one for one in coefficients if one.name == "agreement.alpha")
        yield overlaps_needed(int((panel.overlap.size >= 2).sum()), alpha, self.wanted_half_width, self.level)
        yield from label_measures(panel, self.suspicious_unanimity)
        yield from class_measures(panel)
        yield from model_measures(panel, self.stand_in_cost, self.least_human_items, self.resamples)
        yield from cycle_measures(panel, self.null_draws)

    def _without_votes(self, signals: Signals) -> Iterator[Measure]:
        told = {
            "agreement.raw_votes_share": raw_votes(signals),
            "agreement.cyclic_labels": cyclic_labels(signals),
            "agreement.overlaps_needed": overlaps_needed(0, None, self.wanted_half_width, self.level),
        }
        for spec in self.measures:
            yield told.get(spec.name) or Measure(spec.name, NO_VOTES, spec.unit, spec.kind, 0)

"""PRF: what stands behind a preference: state, strength, confidence, scores, weight, difficulty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.agreement.votes import Votes, votes
from audit.auditor import Spec
from audit.measure import Kind, Measure, Undefined
from audit.signals import Signals
from audit.stats.proportions import LEVEL
from audit.strength.calibration import calibration_measures, discrimination
from audit.strength.contradictions import contradiction_measures
from audit.strength.difficulty import difficulty_measures
from audit.strength.links import by_level, largest_fall, links, trend
from audit.strength.states import state_measures
from audit.strength.weights import weight_measures

TREND: Final = "strength.agreement_odds_ratio"
FALL: Final = "strength.largest_fall"
BY_STRENGTH: Final = "strength.agreement_by_strength"
CONFIDENCE: Final = "strength.confidence_odds_ratio"


def _share(name: str, meaning: str, kind: Kind = Kind.CENSUS) -> Spec:
    return Spec(f"strength.{name}", "share", kind, meaning)


@dataclass(frozen=True)
class Strength:
    """Strength: what stands behind a preference beside its direction, and whether it means what it says.

    What it measures:
        Whether every training row comes from a choice (`strength.undecided_rows`) and how often answers tie
        (`strength.tie_rate`); whether a stronger declared preference is agreed with more often
        (`strength.agreement_odds_ratio`, `strength.agreement_by_strength`, `strength.largest_fall`); whether declared
        confidence is calibrated (`strength.confidence_odds_ratio`, `strength.confidence_auc`,
        `strength.calibration_error`, `strength.overconfidence`, `strength.brier_score`,
        `strength.agreement_by_confidence`); whether fields of a record contradict each other
        (`strength.contradiction_share`, `strength.score_order_share`, `strength.opposed_strong_share`,
        `strength.score_below_share`) and the score margins (`strength.score_margin`); training weights
        (`strength.invalid_weights`, `strength.weight_effective_share`, `strength.top_weight_share`,
        `strength.weight_share`, `strength.weight_explained_share`); and pairs that look too easy or too close
        (`strength.easy_share`, `strength.ambiguous_share`, `strength.uninformative_share`).

    Why it matters:
        Only "choose" makes a pair: a tie, a rejection of both or an escalation exported as a pair teaches a preference
        that nobody had. Strength and confidence become margins and weights of the loss; if they do not rise with the
        agreement of other annotators they add noise with authority. Heavy weights leave few pairs. A score that
        contradicts its own ratings is a parser's fault: UltraFeedback had 2,628 of them.

    How:
        A row is undecided when it is marked for training (weight above 0, a run, a training split) without a choice, or
        when its label is a side that none of its judgments chose. Agreement of a vote is the mean over the other
        annotators' votes on the same pair of 1 for the same side, 1/2 for neither, 0 for the other; it is held against
        |strength| or confidence by a logit (odds ratio per SD) and level by level; scales of more than ten values are
        cut in five bins of equal mass. The largest fall is the largest loss of agreement from a level of 30 votes to
        the next: its bounds are simultaneous. Calibration error: mean |agreement - confidence| over 15 bins of equal
        mass, the sign of each bin taken from other prompts so that noise adds nothing; AUC: the chance that a vote
        agreed with declares more confidence than one not; overconfidence: mean of confidence - agreement; Brier score:
        mean of (confidence - agreement)^2 over pairs of votes. The ceiling of all of these is the agreement of
        annotators, not 1. Contradictions: a tie with a strength, a choice with none, an overall score at the end of its
        range with ratings in the opposite quarter of theirs. The order of scores against that of ratings is told apart:
        near ties turn it honestly. Effective weights: (sum w)^2 / (n sum w^2); explained: Kelley's epsilon squared of
        weights above 0 between chosen models, or fifths of mean duration. Easy: one side empty or a refusal, or more
        than ten times as long; ambiguous: sides nearly the same text, or no majority of the votes for a side;
        uninformative: one side empty, or both nearly the same text. Intervals are clustered by prompt or annotator,
        whichever is wider.

    Reads:
        Nothing is required. It uses `label`, `judgment.comparison`, `judgment.label`, `judgment.annotator`,
        `judgment.strength`, `judgment.confidence`, `prompt_key`, `pair_key`, `a_key`, `b_key`, `a_is_first`, `score_a`,
        `score_b`, `aspects_a`, `aspects_b`, `weight`, `split`, `runs`, `defects`, `a_refusal`, `b_refusal`,
        `a_code_points`, `b_code_points`, `near_a`, `near_b`, `model_a`, `model_b`, `judgment.duration_s`.

    Measures and units:
        `strength.undecided_rows` (also by kind), `strength.invalid_weights`: count, census.
        `strength.contradiction_share` (also by kind), `strength.score_order_share`, `strength.opposed_strong_share`,
        `strength.score_below_share`, `strength.weight_effective_share`, `strength.top_weight_share`,
        `strength.weight_share` (per slice), `strength.weight_explained_share` (by what explains),
        `strength.easy_share`, `strength.ambiguous_share`, `strength.uninformative_share` (all three also by reason):
        share, census. `strength.score_margin` (per quantile): source's own scale, census. `strength.tie_rate`,
        `strength.agreement_by_strength` (per level), `strength.agreement_by_confidence` (per bin),
        `strength.largest_fall`, `strength.calibration_error`, `strength.overconfidence`: share, process.
        `strength.agreement_odds_ratio`, `strength.confidence_odds_ratio`: odds ratio per SD, process.
        `strength.brier_score`: score, process. `strength.confidence_auc`: AUC, process.

    Limits:
        Agreement needs pairs that several annotators judged. Annotators' scales are pooled as they stand. Strength is
        read without its sign. A score that is below on the chosen side is a contradiction only where the scores made
        the labels; independent scores may differ. Whether easy or ambiguous pairs help or harm is in dispute (see the
        references): no rule fails for them. Whether a tie could be given is not recorded: a file without ties may have
        been forced choice, or stripped of them; its interval is by prompt, told of these annotators and their form.

    References:
        Chen et al. 2024, arXiv 2409.17431 (ties in preference optimization). Cui et al. 2023, arXiv 2310.01377, and
        its correction of overall scores (contradictions). Naeini, Cooper and Hauskrecht 2015, AAAI; Roelofs et al.
        2022, AISTATS (calibration error). Murphy 1973, J. Applied Meteorology 12 (Brier score). Papke and Wooldridge
        1996, J. Applied Econometrics 11 (logit of shares). Kish 1965, Survey Sampling (weights). Gao et al. 2025,
        arXiv 2502.09650 and Qi et al. 2025, arXiv 2508.04149 (drop the hard pairs; keep the hard pairs).
    """

    level: float = LEVEL
    """Two-sided level of intervals."""

    code: ClassVar[str] = "PRF"
    name: ClassVar[str] = "strength"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        *("label", "judgment.label", "judgment.comparison", "judgment.strength", "judgment.confidence"),
        *("score_a", "score_b", "aspects_a", "aspects_b", "weight", "split", "runs", "model_a", "model_b"),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec("strength.undecided_rows", "count", Kind.CENSUS, "training rows that no choice stands behind"),
        _share("tie_rate", "answers that tie or reject both", Kind.PROCESS),
        Spec(TREND, "odds ratio per SD", Kind.PROCESS, "odds that others agree per SD of declared strength"),
        _share("agreement_by_strength", "agreement of others at each level of strength", Kind.PROCESS),
        _share("largest_fall", "largest fall of agreement from a level of strength to the next", Kind.PROCESS),
        Spec(CONFIDENCE, "odds ratio per SD", Kind.PROCESS, "odds that others agree per SD of declared confidence"),
        Spec("strength.confidence_auc", "AUC", Kind.PROCESS, "how well confidence tells agreed votes from others"),
        _share("calibration_error", "mean distance of agreement from declared confidence", Kind.PROCESS),
        _share("overconfidence", "declared confidence less agreement", Kind.PROCESS),
        Spec("strength.brier_score", "score", Kind.PROCESS, "mean squared distance of confidence from agreement"),
        _share("agreement_by_confidence", "agreement of others in each bin of confidence", Kind.PROCESS),
        _share("contradiction_share", "comparisons whose fields contradict each other"),
        _share("score_order_share", "higher score on the side of lower fine-grained ratings"),
        _share("opposed_strong_share", "comparisons on which the strongest votes chose different sides"),
        _share("score_below_share", "chosen sides scored below the rejected"),
        Spec("strength.score_margin", "source's own scale", Kind.CENSUS, "quantiles of chosen less rejected score"),
        Spec("strength.invalid_weights", "count", Kind.CENSUS, "weights missing, negative or not finite"),
        _share("weight_effective_share", "effective number of weighted pairs, of their number"),
        _share("top_weight_share", "weight of the heaviest hundredth"),
        _share("weight_share", "portion of all weight"),
        _share("weight_explained_share", "variance of the weights that chosen model, or duration, explains"),
        _share("easy_share", "pairs that look too easy"),
        _share("ambiguous_share", "pairs that look too close"),
        _share("uninformative_share", "pairs of which one side is empty, or both are nearly one text"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield every measure."""
        yield from state_measures(signals, self.level)
        declared = [name for name in ("judgment.strength", "judgment.confidence") if signals.has(name)]
        cast = votes(signals) if declared else None
        own = None if cast is None else cast.one_each()
        yield from self._strength(own if "judgment.strength" in declared else None)
        yield from self._confidence(own if "judgment.confidence" in declared else None)
        yield from contradiction_measures(signals)
        yield from weight_measures(signals)
        yield from difficulty_measures(signals)

    def _strength(self, own: Votes | None) -> Iterator[Measure]:
        found = None if own is None else links(own, np.abs(own.strength))
        if found is None or not len(found):
            none = Undefined("no judgment with a strength has another on its pair", "judgment.strength")
            yield Measure(TREND, none, "odds ratio per SD", Kind.PROCESS, 0)
            yield Measure(FALL, none, "share", Kind.PROCESS, 0)
            yield Measure(BY_STRENGTH, none, "share", Kind.PROCESS, 0)
            return
        yield trend(TREND, found, "declared strength", self.level)
        yield largest_fall(FALL, found, "declared strength", self.level)
        levels = list(by_level(BY_STRENGTH, found, "strength", self.level))
        few = Undefined("no level of strength has two votes with another beside", "further judgments")
        yield from levels or [Measure(BY_STRENGTH, few, "share", Kind.PROCESS, len(found))]

    def _confidence(self, own: Votes | None) -> Iterator[Measure]:
        found = None if own is None else links(own, own.confidence)
        if found is None:
            none = Undefined("no judgment records its confidence", "judgment.confidence")
            yield Measure(CONFIDENCE, none, "odds ratio per SD", Kind.PROCESS, 0)
        else:
            yield trend(CONFIDENCE, found, "declared confidence", self.level)
        yield discrimination(found, self.level)
        yield from calibration_measures(found, self.level)

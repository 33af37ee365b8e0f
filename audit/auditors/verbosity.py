"""Verbosity: how far the label goes with the length of the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from audit.auditor import Spec
from audit.measure import ALL, Evidence, Kind, Measure, Slice, Undefined
from audit.paired_measures import mean_difference, odds_ratio
from audit.signals import Bools, Floats, Ints, Signals
from audit.slices import slices
from audit.stats.auc import paired_auc
from audit.stats.clusters import share
from audit.stats.folds import rescaled
from audit.stats.logit import SEPARATED, logit
from audit.style.controls import CIRCULAR, EQUAL_QUALITY, FORM, MODELS, PADDED, QUALITY, SAME_MODEL, control_measures
from audit.style.decisive import Decisive, decisive, following

RATE: Final = "verbosity.longer_wins_rate"
RATE_WORDS: Final = "verbosity.longer_wins_rate_words"
RATE_GAP30: Final = "verbosity.longer_wins_rate_gap30"
BY_GAP: Final = "verbosity.longer_wins_by_gap"
AUC: Final = "verbosity.length_auc"
ODDS: Final = "verbosity.length_odds_ratio"
MEAN_LOG: Final = "verbosity.mean_log_ratio"
OVERLAP: Final = "verbosity.length_overlap"
EQUAL: Final = "verbosity.equal_lengths"

CLEAR_GAP: Final = 30
"""Code points by which AlpacaEval counts one answer as longer."""
RATIOS: Final = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Where the bins of the length ratio start."""
_UNASSESSED: Final = "length association, cause not assessed"
_NONE: Final = Undefined("no label that chose a side of a comparison with text on both", "label")


@dataclass(frozen=True, slots=True)
class _Lengths:
    """Lengths of the decisive comparisons, each array of shape (n,)."""

    at: Decisive
    gap: Ints
    """Code points of the chosen side minus the rejected."""
    log_ratio: Floats
    """log((chosen + 1) / (rejected + 1)): defined for an empty side, and exactly antisymmetric."""
    words_gap: Ints | None
    """Words of the chosen side minus the rejected; None when words are not recorded."""

    def take(self, mask: Bools) -> _Lengths:
        which = np.flatnonzero(mask)
        words = None if self.words_gap is None else self.words_gap[which]
        return _Lengths(self.at.take(which), self.gap[which], self.log_ratio[which], words)


@dataclass(frozen=True)
class Verbosity:
    """Verbosity: whether longer answers win, and how that depends on the difference.

    What it measures:
        Whether the chosen answer tends to be the longer or the shorter one, how that grows with the difference, and
        how far the lengths of chosen and rejected answers differ as a whole.

    Why it matters:
        The log probability of an answer is a sum over its tokens, so preference optimization picks up length with ease:
        a length signal in the labels comes back as longer (or shorter) answers, whatever their worth. The numbers here
        are a length association, cause not assessed: longer answers may win because they are better. It is called bias
        where it stays beside models and quality, among answers of equal quality, or for padded copies. Human votes are
        known from about 0.44 (harmlessness) to 0.74; one half is not a norm.

    How:
        The shipped labels that chose a side, or the judgments where no such label was shipped (each method says
        which), of comparisons with text on both sides. With c and r the lengths of chosen and rejected in code points,
        whole response text as stored, nothing stripped:
        rate = share of c > r among c != r; the same in words, and among |c - r| > 30; by bins of the ratio
        (longer + 1) / (shorter + 1). AUC of d = log((c + 1) / (r + 1)) with every comparison entered from both sides
        = mean over i, j of [d_i + d_j > 0] + [d_i + d_j = 0] / 2; above the rate where large gaps decide more often.
        Odds ratio: logit without intercept of "chosen" on tanh((c - r) / s), s = root mean square of c - r, given as
        exp(beta tanh 1), the odds that an answer one s longer wins. Overlap = 1 - sum |p_k - q_k| / 2 over half
        octaves of length + 1. Controls: the same logit with a column for each of the 20 most frequent models (chosen
        minus rejected), and with differences of scores and of fine-grained ratings, ridge 1; undefined where the scores
        made the labels, or go with length themselves (AUC beyond 0.4 to 0.6). Forms: held-out log loss of difference,
        its tanh, log ratio, and log ratio with bends at its quartiles; where tanh or bends win, the effect levels off.
        Controls and forms rest on 20,000 and 10,000 labels of smallest key. Planted pairs are those whose slice `probe`
        says padding; the longer side is the padded copy. Intervals are clustered by prompt: CV3L with t(G - 1), or
        Clopper-Pearson on effective units where events are few; AUC by placement values.

    Reads:
        `a_code_points`, `b_code_points`, `ordered_key`, `row`, `file`; `label`, or else `judgment.label` and
        `judgment.comparison`. `a_words` and `b_words` unlock the rate in words, `prompt_key` the clustering (without it
        comparisons of different text count as independent), `model_a`, `model_b`, `score_a`, `score_b`, `aspects_a`,
        `aspects_b` and `slice.probe` the controls.

    Measures and units:
        `verbosity.longer_wins_rate`, `verbosity.longer_wins_rate_words`, `verbosity.longer_wins_rate_gap30`,
        `verbosity.longer_wins_by_gap` (one slice a bin of the ratio): share. `verbosity.length_auc`: AUC.
        `verbosity.length_odds_ratio`, `verbosity.length_odds_ratio_models` and `verbosity.length_odds_ratio_quality`:
        odds ratio per SD. `verbosity.quality_length_auc`: AUC. `verbosity.equal_quality_rate`,
        `verbosity.same_model_rate`, `verbosity.padded_wins_rate`: share. `verbosity.form_log_loss` (by form): nats.
        `verbosity.mean_log_ratio`: log ratio. All of these describe the process. `verbosity.length_overlap` (share) and
        `verbosity.equal_lengths` (count) are a census. The rates in code points and in words, the AUC and the odds
        ratio are repeated by slice. Evidence of the rate: the comparisons that follow its direction, largest gap first.

    Limits:
        Association: a control holds only what it knows, and models or scores that are wrong hold nothing. Judgments are
        clustered by prompt, not by annotator. Code points serve every script; words are those of the extractor, which
        counts Chinese, Japanese, Korean and Thai by its own rule. Markup counts as length. Tokens of a particular
        tokenizer are not known here.

    References:
        Dubois et al., arXiv:2404.04475 (the tanh model; AlpacaEval for the gap of 30). Park et al., arXiv:2403.19159,
        and Singhal et al., arXiv:2310.03716 (length in preference optimization). DeLong et al., Biometrics 44 (1988)
        837; Obuchowski, Biometrics 53 (1997) 567. MacKinnon, Nielsen & Webb, arXiv:2406.00650.
    """

    code: ClassVar[str] = "LEN"
    name: ClassVar[str] = "verbosity"
    version: ClassVar[str] = "2"
    reads: ClassVar[tuple[str, ...]] = ("a_code_points", "b_code_points", "ordered_key", "row", "file")
    uses: ClassVar[tuple[str, ...]] = (
        *("label", "judgment.label", "judgment.comparison"),
        *("a_words", "b_words", "prompt_key", "model_a", "model_b", "score_a", "score_b", "aspects_a", "aspects_b"),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec(RATE, "share", Kind.PROCESS, "longer side (code points) wins, among lengths that differ"),
        Spec(RATE_WORDS, "share", Kind.PROCESS, "side with more words wins, among counts that differ"),
        Spec(RATE_GAP30, "share", Kind.PROCESS, "longer side wins, among gaps of more than 30 code points"),
        Spec(BY_GAP, "share", Kind.PROCESS, "longer side wins, by the ratio of lengths"),
        Spec(AUC, "AUC", Kind.PROCESS, "how well the log length ratio tells the chosen side; below 0.5: short wins"),
        Spec(ODDS, "odds ratio per SD", Kind.PROCESS, "odds that an answer one SD longer wins"),
        Spec(MODELS, "odds ratio per SD", Kind.PROCESS, "the same with effects of the models beside length"),
        Spec(QUALITY, "odds ratio per SD", Kind.PROCESS, "the same with quality, and models where recorded, beside it"),
        Spec(CIRCULAR, "AUC", Kind.PROCESS, "how well length tells the side of higher quality"),
        Spec(EQUAL_QUALITY, "share", Kind.PROCESS, "longer side wins, among sides of equal quality"),
        Spec(SAME_MODEL, "share", Kind.PROCESS, "longer side wins, among sides of one model"),
        Spec(PADDED, "share", Kind.PROCESS, "padded copy wins against the same answer without padding"),
        Spec(FORM, "nats", Kind.PROCESS, "held-out log loss of labels by length, by form of the effect"),
        Spec(MEAN_LOG, "log ratio", Kind.PROCESS, "mean log of chosen over rejected length"),
        Spec(OVERLAP, "share", Kind.CENSUS, "overlap of the length histograms of chosen and rejected"),
        Spec(EQUAL, "count", Kind.CENSUS, "decisive labels whose sides are equally long"),
    )

    level: float = 0.90
    """Two-sided level of the intervals."""
    slice_comparisons: int = 30
    """Comparisons below which a slice is left out."""

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield every measure, whole file and slices."""
        at = decisive(signals, "code_points")
        chosen, rejected = at.chosen_and_rejected(signals, "code_points")
        yield _overlap(chosen, rejected)
        bins = _ratio_bins(chosen, rejected)
        log_ratio = np.log1p(chosen) - np.log1p(rejected)
        chosen -= rejected
        del rejected  # at a million rows every column counts
        lengths = _Lengths(at, chosen, log_ratio, _words_gap(signals, at))
        by = "prompt" if signals.has("prompt_key") else "comparison"
        yield from self._repeated(lengths, ALL, by, _evidence(signals, lengths))
        yield self._rate(RATE_GAP30, lengths.gap, at, ALL, by, least=CLEAR_GAP)
        yield from self._by_ratio(lengths, bins, by)
        yield self._mean_log(lengths, by)
        yield from control_measures(signals, at, lengths.gap, lengths.log_ratio, self.level)
        equal, method = int((lengths.gap == 0).sum()), f"decisive {at.what} with as many code points on both sides"
        yield Measure(EQUAL, equal, "count", Kind.CENSUS, len(at), method=method)
        for part, mask in slices(signals, self.slice_comparisons):
            yield from self._repeated(lengths.take(mask[at.rows]), part, by)

    def _repeated(self, lengths: _Lengths, part: Slice, by: str, evidence: Evidence | None = None) -> Iterator[Measure]:
        """The measures that every slice repeats."""
        yield self._rate(RATE, lengths.gap, lengths.at, part, by, evidence=evidence)
        if lengths.words_gap is None:
            missing = Undefined("words are not recorded", "a_words, b_words")
            yield Measure(RATE_WORDS, missing, "share", Kind.PROCESS, 0, slice=part)
        else:
            yield self._rate(RATE_WORDS, lengths.words_gap, lengths.at, part, by, unit="words")
        yield self._auc(lengths, part)
        yield self._odds(lengths, part)

    def _rate(
        self,
        name: str,
        gap: Ints,
        at: Decisive,
        part: Slice,
        by: str,
        *,
        least: int = 0,
        unit: str = "code points",
        evidence: Evidence | None = None,
    ) -> Measure:
        differ = np.abs(gap) > least
        n = int(differ.sum())
        if not n:
            nothing = Undefined(f"no decisive {at.what} whose lengths differ") if len(at) else _NONE
            return Measure(name, nothing, "share", Kind.PROCESS, 0, slice=part)
        found = share(gap[differ] > 0, {by: at.take(differ).clusters}, self.level)
        which = f"differ by more than {least} {unit}" if least else f"differ in {unit}"
        return Measure(
            name,
            found.value,
            "share",
            Kind.PROCESS,
            n,
            found.interval,
            found.n_effective,
            part,
            evidence,
            f"share of decisive {at.what} whose lengths {which} that the longer side won; {_UNASSESSED}",
        )

    def _by_ratio(self, lengths: _Lengths, bins: npt.NDArray[np.int8], by: str) -> Iterator[Measure]:
        differ = lengths.gap != 0
        if not differ.any():
            yield self._rate(BY_GAP, lengths.gap, lengths.at, ALL, by)
            return
        for i, low in enumerate(RATIOS):
            mask = differ & (bins == i)
            if mask.any():
                last = i + 1 == len(RATIOS)
                text = f"{low:05.2f} times or more" if last else f"{low:05.2f} to {RATIOS[i + 1]:05.2f} times"
                yield self._rate(BY_GAP, lengths.gap[mask], lengths.at.take(mask), Slice("length_gap", text), by)

    def _auc(self, lengths: _Lengths, part: Slice) -> Measure:
        ratio = lengths.log_ratio
        if not ratio.any():
            nothing = Undefined("every comparison has sides of equal length") if len(ratio) else _NONE
            return Measure(AUC, nothing, "AUC", Kind.PROCESS, len(ratio), slice=part)
        found = paired_auc(ratio, lengths.at.clusters)
        return Measure(
            AUC,
            found.value,
            "AUC",
            Kind.PROCESS,
            found.n,
            found.interval(self.level),
            found.n_effective,
            part,
            method=f"log length ratio, decisive {lengths.at.what} entered from both sides; {_UNASSESSED}",
        )

    def _odds(self, lengths: _Lengths, part: Slice) -> Measure:
        scaled = rescaled(lengths.gap.astype(np.float64))
        won = np.broadcast_to(1.0, len(scaled))
        fit = logit(np.tanh(scaled, out=scaled), won, lengths.at.clusters, intercept=False)
        n, unit = len(scaled), "odds ratio per SD"
        if not fit.is_estimated:
            always = "the longer side always wins, or always loses: the odds have no bound"
            reason = Undefined(always if fit.problem == SEPARATED else str(fit.problem)) if n else _NONE
            return Measure(ODDS, reason, unit, Kind.PROCESS, n, slice=part)
        what = f"logit of chosen on tanh(difference / SD), no intercept, at one SD; {_UNASSESSED}"
        return odds_ratio(ODDS, fit, unit=unit, what=what, part=part, level=self.level, at_value=math.tanh(1.0))

    def _mean_log(self, lengths: _Lengths, by: str) -> Measure:
        if not len(lengths.at):
            return Measure(MEAN_LOG, _NONE, "log ratio", Kind.PROCESS, 0)
        what = f"log((chosen + 1) / (rejected + 1)) in code points; {_UNASSESSED}"
        values, clusters = lengths.log_ratio, lengths.at.clusters
        return mean_difference(MEAN_LOG, values, clusters, by, unit="log ratio", what=what, level=self.level)


def _words_gap(signals: Signals, at: Decisive) -> Ints | None:
    if not signals.has("a_words", "b_words"):
        return None
    chosen, rejected = at.chosen_and_rejected(signals, "words")
    return chosen - rejected


def _ratio_bins(chosen: Ints, rejected: Ints) -> npt.NDArray[np.int8]:
    """Return the bin in RATIOS of (longer + 1) / (shorter + 1), shape (n,)."""
    ratio = (np.maximum(chosen, rejected) + 1) / (np.minimum(chosen, rejected) + 1)
    bins: npt.NDArray[np.int8] = (np.searchsorted(RATIOS, ratio, side="right") - 1).astype(np.int8)
    return bins


def _overlap(chosen: Ints, rejected: Ints) -> Measure:
    n = len(chosen)
    method = "1 - total variation distance of the histograms of chosen and rejected length in half octaves"
    if not n:
        return Measure(OVERLAP, _NONE, "share", Kind.CENSUS, 0, method=method)
    chosen_bins, rejected_bins = (np.floor(2 * np.log2(side + 1)).astype(np.int64) for side in (chosen, rejected))
    bins = int(max(chosen_bins.max(), rejected_bins.max())) + 1
    apart = np.abs(np.bincount(chosen_bins, minlength=bins) - np.bincount(rejected_bins, minlength=bins)).sum()
    return Measure(OVERLAP, 1 - int(apart) / (2 * n), "share", Kind.CENSUS, n, method=method)


def _evidence(signals: Signals, lengths: _Lengths) -> Evidence:
    """The comparisons that follow the direction of the association, largest gap first."""
    gap = lengths.gap
    sign = 1 if 2 * int((gap > 0).sum()) >= int((gap != 0).sum()) else -1
    return following(signals, lengths.at, gap * sign)

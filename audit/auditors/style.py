"""STY: how far the label can be told from the form of the answers alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.paired_measures import mean_difference, odds_ratio
from audit.signals import Floats, Ints, Signals
from audit.slices import slices
from audit.stats.auc import Auc, difference, excess_ratio, paired_auc, unpaired_auc
from audit.stats.folds import held_out_advantages, rescaled
from audit.stats.logit import SEPARATED, Fit, logit
from audit.stats.multiple import benjamini_hochberg
from audit.style.decisive import Decisive, decisive, following, smallest_keys, smallest_positions
from audit.style.single import constant_chosen, model_advantages, one_model, single_auc
from audit.style.vector import COLUMNS, LENGTH, StyleDifferences, style_differences
from audit.words.names import LEAD, SCORES

HELD_OUT: Final = "style.held_out_auc"
LENGTH_HELD_OUT: Final = "style.length_held_out_auc"
BEYOND_LENGTH: Final = "style.beyond_length_auc"
EFFECT: Final = "style.feature_effect"
DIFFERENCE: Final = "style.feature_difference"
RESPONSE_ONLY: Final = "style.response_only_auc"
SOURCE: Final = "style.source_auc"
CONSTANT: Final = "style.constant_chosen_share"
WORDS: Final = "style.words_auc"
WORDS_ONLY: Final = "style.words_response_only_auc"
OF_WORDS: Final = "style.words_ratio"

_AUCS: Final = ((HELD_OUT, "AUC"), (LENGTH_HELD_OUT, "AUC"), (BEYOND_LENGTH, "AUC difference"))
_EFFECT_UNIT: Final = "odds ratio per SD"
_DIFFERENCE_UNIT: Final = "mean difference"


@dataclass(frozen=True)
class Style:
    """Style: whether form alone, without a word of content, tells which answer was chosen.

    What it measures:
        How well a model that sees only the style of the two answers (lengths, markup, punctuation, set phrases) finds
        the chosen one in comparisons that it has not seen; how much of that is length alone; and which features differ
        between chosen and rejected answers.

    Why it matters:
        What form alone predicts, training can learn instead of the content: a policy then earns its margin by headers,
        bullets or a set opening. Some of it is deserved, since a better answer may also be better laid out, so a high
        value is a style association, cause not assessed. One half means that style says nothing.

    How:
        The shipped labels that chose a side, or the judgments where no such label was shipped, of comparisons with text
        on both sides; beyond `fit_rows` of them, those of comparisons of smallest key. Every answer becomes a vector
        (log counts, shares, flags); x = chosen minus rejected, each column over its root mean square, so exchanging the
        sides changes the sign of x. Logit of "chosen" on x, no intercept, penalty l2 / 2 |b|^2, fitted on all folds but
        one and applied to that one; a prompt is in one fold. AUC = mean over i, j of [s_i + s_j > 0] + [s_i + s_j = 0]
        / 2 for the held-out log odds s, interval by placement values clustered by prompt. The same with length alone,
        and the paired difference of the two; and with the models alone. Single answers: a logit of chosen against
        rejected on the style of one answer, held out by prompt; AUC = the chance that a chosen answer scores above a
        rejected one of whatever comparison, so near 1 only where the two sides come from different sources. Per
        feature: odds ratio exp(b) per SD of x in a logit with length beside it (length itself alone), unpenalised; mean
        of chosen minus rejected; CV3L by prompt with t(G - 1). The method of each effect says whether it stands out at
        a Benjamini-Hochberg false discovery rate of `discovery_rate` over all features. With `--words` the texts of up
        to 4,000 labels of smallest key are read again, and the two held-out AUCs are also told of a logit on words and
        word pairs (1 + log(texts / texts with it), rows of length one), and the ratio is that of the two excesses over
        one half. Constant: the prompts for which that text is chosen which is chosen for most of them.

    Reads:
        `a_code_points`, `b_code_points`, `ordered_key`, `row`, `file`; `label`, or else `judgment.label` and
        `judgment.comparison`. The other text features of both sides are used where recorded, `model_a` and `model_b`
        for the models, `a_key` and `b_key` for constant answers, `prompt_key` for folds and clusters (without it
        comparisons of different text count as independent).

    Measures and units:
        `style.response_only_auc`, `style.source_auc`, `style.words_auc`, `style.words_response_only_auc`,
        `style.held_out_auc`, `style.length_held_out_auc`: AUC. `style.words_ratio`: ratio. `style.beyond_length_auc`:
        AUC difference. The last three are repeated by slice, where a slice has `slice_rows` of the rows that are
        fitted; one of the slices is the comparisons within one model. `style.constant_chosen_share`: share, census.
        `style.feature_effect` (in odds ratio per SD) and `style.feature_difference` (mean difference, in the unit that
        its method names), one slice a feature. Evidence of the held-out AUC: comparisons that style tells best, surest
        first.

    Limits:
        A linear model of counts: a lower bound on what style gives away. The interval holds the fitted models fixed, so
        it leaves out the chance of another training sample. Below a few hundred comparisons the models learn little
        and the AUC is drawn towards one half, or under it. Set phrases are those of the extractor's lists, most of them
        English. A feature's effect with length held fixed is still no cause.

    References:
        Chiang et al., arXiv:2403.04132, and the style control of its leaderboard (features as differences). Gururangan
        et al., NAACL 2018, arXiv:1803.02324 (partial-input baselines). DeLong et al., Biometrics 44 (1988) 837;
        Obuchowski, Biometrics 53 (1997) 567. MacKinnon, Nielsen & Webb, arXiv:2406.00650. Benjamini & Hochberg, JRSS B
        57 (1995) 289.
    """

    code: ClassVar[str] = "STY"
    name: ClassVar[str] = "style"
    version: ClassVar[str] = "2"
    reads: ClassVar[tuple[str, ...]] = ("a_code_points", "b_code_points", "ordered_key", "row", "file")
    uses: ClassVar[tuple[str, ...]] = (
        *("label", "judgment.label", "judgment.comparison"),
        *(f"{side}_{column}" for column in COLUMNS for side in "ab" if column != "code_points"),
        *("prompt_key", "model_a", "model_b", "a_key", "b_key", "word_lead", "a_word_score", "b_word_score"),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec(HELD_OUT, "AUC", Kind.PROCESS, "how well style alone tells the chosen side of unseen comparisons"),
        Spec(LENGTH_HELD_OUT, "AUC", Kind.PROCESS, "the same from length alone"),
        Spec(BEYOND_LENGTH, "AUC difference", Kind.PROCESS, "what style tells beyond length"),
        Spec(RESPONSE_ONLY, "AUC", Kind.PROCESS, "how well style tells single chosen answers from rejected ones"),
        Spec(SOURCE, "AUC", Kind.PROCESS, "how well the models alone tell the chosen side of unseen comparisons"),
        Spec(
            WORDS, "AUC", Kind.PROCESS, "how well the words of both answers tell the chosen side of unseen comparisons"
        ),
        Spec(WORDS_ONLY, "AUC", Kind.PROCESS, "how well words tell single chosen answers from rejected ones"),
        Spec(OF_WORDS, "ratio", Kind.PROCESS, "what style tells as a part of what words tell; may be above 1"),
        Spec(CONSTANT, "share", Kind.CENSUS, "prompts whose chosen text is the one chosen for most of them"),
        Spec(EFFECT, _EFFECT_UNIT, Kind.PROCESS, "odds of being chosen per SD of a feature, at equal length"),
        Spec(DIFFERENCE, _DIFFERENCE_UNIT, Kind.PROCESS, "mean of a feature, chosen minus rejected"),
    )

    level: float = 0.90
    """Two-sided level of the intervals."""
    folds: int = 5
    """Parts of the prompts that are held out in turn."""
    l2: float = 1.0
    """Penalty of the held-out models on scaled coefficients."""
    fit_rows: int = 40_000
    """Most comparisons that are fitted: those of smallest key."""
    single_rows: int = 5_000
    """Most comparisons whose answers are told apart one by one."""
    least_rows: int = 100
    """Comparisons below which no model is fitted."""
    slice_rows: int = 400
    """Comparisons below which a slice is left out."""
    discovery_rate: float = 0.05
    """False discovery rate of the note on each feature."""

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield every measure: AUCs of the whole and by slice, effects and differences by feature."""
        every = decisive(signals, "code_points")
        at = smallest_keys(signals, every, self.fit_rows)
        single = smallest_positions(signals, at, self.single_rows)
        style = style_differences(signals, at, single)
        by = "prompt" if signals.has("prompt_key") else "comparison"
        yield from self._aucs(signals, at, style, ALL)
        yield from self._origins(signals, at, style, single)
        yield from self._words(signals, every)
        yield _constant(signals, every)
        for part, mask in (*slices(signals, self.slice_rows), *one_model(signals)):
            which = np.flatnonzero(mask[at.rows])
            if len(which) >= self.slice_rows:
                yield from self._aucs(signals, at.take(which), replace(style, values=style.values[which]), part)
        if len(at) < self.least_rows or not style.features:
            for name, unit in ((EFFECT, _EFFECT_UNIT), (DIFFERENCE, _DIFFERENCE_UNIT)):
                yield Measure(name, self._too_little(at, style), unit, Kind.PROCESS, len(at))
            return
        yield from self._effects(at, style)
        for j, feature in enumerate(style.features):
            yield mean_difference(
                DIFFERENCE,
                style.values[:, j],
                at.clusters,
                by,
                unit=_DIFFERENCE_UNIT,
                what=f"chosen minus rejected, {feature.scale}",
                part=Slice("feature", feature.name),
                level=self.level,
            )

    def _too_little(self, at: Decisive, style: StyleDifferences) -> Undefined:
        """Why nothing is fitted."""
        if len(at) >= self.least_rows and not style.features:
            return Undefined("chosen and rejected answers do not differ in any feature of style")
        return Undefined(
            f"{len(at)} labels that chose a side of a comparison with text on both are too few to fit and hold out",
            f"{self.least_rows} decisive labels",
        )

    def _aucs(self, signals: Signals, at: Decisive, style: StyleDifferences, part: Slice) -> Iterator[Measure]:
        """The held-out AUC of the whole vector and of length, and their difference."""
        prompts = int(at.clusters[-1]) + 1 if len(at) else 0
        if len(at) < self.least_rows or not style.features or prompts < self.folds:
            none = self._too_little(at, style)
            if len(at) >= self.least_rows and style.features:
                none = Undefined(f"{prompts} prompts cannot be split in {self.folds} folds", f"{self.folds} prompts")
            for name, unit in _AUCS:
                yield Measure(name, none, unit, Kind.PROCESS, len(at), slice=part)
            return
        full = self._held_out(style.values, at)
        is_length = [feature is LENGTH for feature in style.features]
        length = paired_auc(self._held_out(style.values[:, is_length], at), at.clusters)
        found = paired_auc(full, at.clusters)
        how = (
            f"{self.folds} folds by prompt, logit of {len(style.features)} features, L2 {self.l2:g}; decisive {at.what}"
        )
        evidence = following(signals, at, full) if part == ALL else None
        yield replace(self._auc(HELD_OUT, found, how, part), evidence=evidence)
        yield self._auc(
            LENGTH_HELD_OUT, length, f"{self.folds} folds by prompt, logit of length; decisive {at.what}", part
        )
        value, interval = difference(found, length, self.level)
        text = "held-out AUC of style less that of length, on the same labels"
        yield Measure(BEYOND_LENGTH, value, "AUC difference", Kind.PROCESS, len(at), interval, slice=part, method=text)

    def _origins(self, signals: Signals, at: Decisive, style: StyleDifferences, single: Ints) -> Iterator[Measure]:
        """The held-out AUC of single answers by style, and of the models alone."""
        few, sides = at.take(single), style.sides
        prompts = int(few.clusters[-1]) + 1 if len(few) else 0
        if len(few) < self.least_rows or prompts < self.folds or not sides.shape[1]:
            none = Undefined("too few labels or prompts to hold out, or no style", f"{self.least_rows} decisive labels")
            yield Measure(RESPONSE_ONLY, none, "AUC", Kind.PROCESS, len(few))
        else:
            found = single_auc(sides, few.clusters, folds=self.folds, l2=self.l2)
            how = f"{self.folds} folds by prompt, logit of single answers on {sides.shape[1]} features; n: {few.what}"
            yield self._auc(RESPONSE_ONLY, found, how, ALL)
        odds = model_advantages(signals, at, folds=self.folds, l2=self.l2) if len(at) >= self.least_rows else None
        if odds is None or not odds.any():
            none = Undefined("models are not recorded, or tell nothing of other prompts", "model_a")
            yield Measure(SOURCE, none, "AUC", Kind.PROCESS, len(at))
        else:
            how = f"{self.folds} folds by prompt, logit of the models alone; decisive {at.what}"
            yield self._auc(SOURCE, paired_auc(odds, at.clusters), how, ALL)

    def _words(self, signals: Signals, every: Decisive) -> Iterator[Measure]:
        """The held-out AUC of the words of both answers, and of single answers, where they were asked for."""
        if not signals.has(LEAD, *SCORES):
            none = Undefined("no bag of words was asked for, or labels are too few", "--words")
            yield Measure(WORDS, none, "AUC", Kind.PROCESS, 0)
            yield Measure(WORDS_ONLY, none, "AUC", Kind.PROCESS, 0)
            yield Measure(OF_WORDS, none, "ratio", Kind.PROCESS, 0)
            return
        leads = signals.floats(LEAD)[every.rows]
        told = np.flatnonzero(np.isfinite(leads))
        at = every.take(told)
        how = f"bag of words and word pairs, logit, 5 folds by prompt, texts read again; decisive {at.what}"
        found = paired_auc(np.where(at.a_won, leads[told], -leads[told]), at.clusters)
        yield self._auc(WORDS, found, how, ALL)
        a, b = (signals.floats(name)[at.rows] for name in SCORES)
        alone = unpaired_auc(np.where(at.a_won, a, b), np.where(at.a_won, b, a), at.clusters)
        yield self._auc(WORDS_ONLY, alone, f"the same of single answers; n: {at.what}", ALL)
        values = style_differences(signals, at).values
        of_words = excess_ratio(paired_auc(self._held_out(values, at), at.clusters), found, self.level)
        if of_words is None:
            none = Undefined("words do not tell the labels: there is nothing that style could be a part of")
            yield Measure(OF_WORDS, none, "ratio", Kind.PROCESS, len(at))
        else:
            text = "(AUC of style - 1/2) / (AUC of words - 1/2), held out, on the same labels"
            yield Measure(OF_WORDS, of_words[0], "ratio", Kind.PROCESS, len(at), of_words[1], method=text)

    def _held_out(self, differences: Floats, at: Decisive) -> Floats:
        return held_out_advantages(rescaled(differences), at.clusters, folds=self.folds, l2=self.l2)

    def _auc(self, name: str, found: Auc, how: str, part: Slice) -> Measure:
        interval = found.interval(self.level)
        return Measure(name, found.value, "AUC", Kind.PROCESS, found.n, interval, found.n_effective, part, method=how)

    def _effects(self, at: Decisive, style: StyleDifferences) -> Iterator[Measure]:
        """Each feature's odds ratio at equal length."""
        scaled, won = rescaled(style.values), np.broadcast_to(1.0, len(at))
        beside = [scaled[:, j] for j, feature in enumerate(style.features) if feature is LENGTH]
        fits: list[Fit] = []
        for j, feature in enumerate(style.features):
            columns = [scaled[:, j], *(beside if feature is not LENGTH else ())]
            fits.append(logit(np.column_stack(columns), won, at.clusters, intercept=False))
        sound = [fit for fit in fits if not fit.problem]
        found = benjamini_hochberg(np.array([fit.p_value() for fit in sound]), self.discovery_rate)
        notes = iter("stands out" if is_found else "does not stand out" for is_found in found)
        for feature, fit in zip(style.features, fits, strict=True):
            control = "alone" if feature is LENGTH or not beside else "with length beside it"
            how = f"logit of chosen on {feature.scale}, {control}, no intercept"
            where = Slice("feature", feature.name)
            if fit.problem is None:
                how += f"; {next(notes)} at a false discovery rate {self.discovery_rate:g} over {len(sound)} features"
            if fit.is_estimated:
                yield odds_ratio(EFFECT, fit, unit=_EFFECT_UNIT, what=how, part=where, level=self.level)
            else:
                reason = "every answer that has more of it wins, or loses" if fit.problem == SEPARATED else fit.problem
                none = Undefined(str(reason))
                yield Measure(EFFECT, none, _EFFECT_UNIT, Kind.PROCESS, fit.n, slice=where, method=how)


def _constant(signals: Signals, at: Decisive) -> Measure:
    found = constant_chosen(signals, at)
    if found is None:
        return Measure(CONSTANT, Undefined("no text was chosen", "label, response_a"), "share", Kind.CENSUS, 0)
    times, chose = found
    prompts = int(at.clusters[-1]) + 1
    evidence = signals.evidence(np.unique(at.rows[chose])) if times > 1 else None
    method = f"exact share; n: prompts of decisive {at.what}"
    return Measure(CONSTANT, times / prompts, "share", Kind.CENSUS, prompts, evidence=evidence, method=method)

"""POS: does the side that is shown first win because it is shown first?"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.paired_measures import odds_ratio
from audit.position.closeness import closest, gaps, interaction
from audit.position.first_effect import FirstEffect, first_effect
from audit.position.presentations import (
    Presentations,
    Seats,
    length_difference,
    models,
    presentations,
    seats,
    units,
)
from audit.position.randomisation import (
    ModelPair,
    OrderTest,
    largest_excess,
    lean_shares,
    lean_tests,
    model_pairs,
    rare_pairs_test,
    sequence_test,
)
from audit.schema import TIE, A, B
from audit.shares import share_measure
from audit.signals import Bools, Floats, Ints, Signals
from audit.slices import slices
from audit.stats.beta_binomial import spread
from audit.stats.multiple import benjamini_hochberg, holm
from audit.stats.proportions import LEVEL, even_odds_test

ORDER: Final = "judgment.shown_first"
ANNOTATOR: Final = "judgment.annotator"
MOST_SINGLES: Final = 50
"""Annotators, and pairs of models, that are reported one by one: those with most judgments."""


def _process(name: str, meaning: str, unit: str = "share") -> Spec:
    return Spec(f"position.{name}", unit, Kind.PROCESS, meaning)


@dataclass(frozen=True)
class Position:
    """Position: whether the order in which sides are shown decides who wins.

    What it measures:
        Whether the order is recorded (`position.order_recorded`), whether it was random (`position.randomisation_p`,
        `position.model_first_rate`, `position.model_first_excess`, `position.longer_first_rate`,
        `position.order_excess`, `position.order_fixed_share`), how often the side shown first wins
        (`position.first_rate`), the same as if every comparison had been shown in both orders
        (`position.first_rate_adjusted`) and among the comparisons whose sides are closest
        (`position.close_first_rate`, `position.closeness_odds_ratio`), how much annotators differ in it
        (`position.annotator_spread`, `position.annotators_flagged`), how often they tie (`position.tie_rate`).

    Why it matters:
        If a fraction f of judgments goes to the first side whatever it holds, the first side wins 0.5 + f / 2 of the
        time and up to f / 2 of the labels are wrong; and if the order was not random, whatever stood first is
        preferred for no reason of its own.

    How:
        Rates are over judgments that chose a side and have a recorded order, with t intervals from the linearised
        cluster jackknife, by prompt and by annotator, of which the wider is kept. The adjusted rate is what a logistic
        regression expects over both orders of every comparison; its covariates change sign with the order: log length
        ratio, and effects of the models, told from the order's by the model pairs that were shown in both orders.
        `position.randomisation_p` is the Holm-adjusted smallest p value of: exact binomial tests of which model comes
        first, one a pair of models with `least_units` units and one for the rarer pairs together; of the longer side
        first, overall and per file; of the side of higher score first; and a runs test of the order within annotators.
        The units of these tests are presentations, or comparisons where the order belongs to the comparison.
        `position.order_excess` is the largest |share - 1/2| that the first slot holds of model pairs, longer sides and
        higher scores with `least_units` units: its upper bound is the largest of theirs, its lower bound their largest
        at a Bonferroni level. Close are the third of the judgments whose scores differ least, else whose other votes,
        else whose pair of models is least one-sided; the odds ratio is that of the first side winning, per SD of
        closeness. The spread is the moment estimate of the standard deviation of the annotators' true rates; an
        annotator is flagged by the exact two-sided binomial test among those with `least_votes` decisive judgments, at
        a false discovery rate.

    Reads:
        Nothing is required; without `judgment.shown_first` only `position.order_recorded` has a value. It uses
        `judgment.comparison`, `judgment.label`, `judgment.annotator`, `prompt_key`, `model_a`, `model_b`,
        `a_code_points`, `b_code_points`, `score_a`, `score_b`, and `label` where there are no judgments.

    Measures and units:
        `position.order_recorded`, `position.order_fixed_share`: share, census. `position.first_rate` (also per slice
        and annotator), `position.first_rate_adjusted`, `position.tie_rate` (also per slice),
        `position.model_first_rate` (per pair of models), `position.longer_first_rate`, `position.model_first_excess`
        (largest distance of a pair from one half), `position.order_excess` (the same over model pairs, the longer side
        and the side of higher score), `position.close_first_rate`, `position.annotator_spread`: share, process.
        `position.closeness_odds_ratio`: odds ratio per SD, process. `position.randomisation_p`: p value, process.
        `position.annotators_flagged`: count, process.

    Limits:
        Order is read only from a field that records it, never from names such as chosen or response_1. Biases of
        annotators that cancel do not move the rate; see the spread. An order confounded with the model is named in
        the method of `position.first_rate`; it cannot be undone, only `position.first_rate_adjusted` is then of use,
        and it is undefined where no pair of models has both orders. Above `most_fitted` judgments the adjusted rate
        rests on the prompts of smallest key. The runs test and the test of rare pairs are approximations.

    References:
        Zheng et al. 2023, arXiv 2306.05685; Shi et al. 2024, arXiv 2406.07791 (position bias of judges, and that it
        grows with closeness). Berger 1982, Technometrics 24 (intersection-union). MacKinnon, Nielsen and Webb 2024,
        arXiv 2406.00650 (cluster jackknife). Kleinman 1973, JASA 68 (spread). Wald and Wolfowitz 1940 (runs). Holm
        1979; Benjamini and Hochberg 1995 (many tests).
    """

    level: float = LEVEL
    """Two-sided level of intervals."""
    least_votes: int = 20
    """Decisive judgments below which an annotator is not tested."""
    least_units: int = 30
    """Units below which a pair of models is not tested alone."""
    false_discovery_rate: float = 0.05
    """Of the annotators flagged."""
    confounding_level: float = 0.001
    """Adjusted p value of the model tests below which the order is called confounded with the model."""
    most_fitted: int = 100_000
    """Judgments that the adjusted rate is fitted to, at most."""

    code: ClassVar[str] = "POS"
    name: ClassVar[str] = "position"
    version: ClassVar[str] = "2"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        ORDER,
        ANNOTATOR,
        "judgment.comparison",
        "judgment.label",
        "label",
        "model_a",
        "model_b",
        "a_code_points",
        "b_code_points",
        "score_a",
        "score_b",
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec("position.order_recorded", "share", Kind.CENSUS, "decisive judgments whose order is recorded"),
        Spec("position.order_fixed_share", "share", Kind.CENSUS, "comparisons of several annotators kept in one order"),
        _process("first_rate", "decisive judgments won by the side shown first"),
        _process("first_rate_adjusted", "the same, expected over both orders of every comparison"),
        _process("close_first_rate", "the same, among the judgments whose sides are closest"),
        _process("closeness_odds_ratio", "odds that the first side wins per SD of closeness", "odds ratio per SD"),
        _process("tie_rate", "judgments with order that are ties"),
        _process("model_first_rate", "how often the first-named model of a pair is shown first"),
        _process("model_first_excess", "largest distance of that from one half over pairs of models"),
        _process("order_excess", "largest distance from one half over model pairs, longer side, higher score first"),
        _process("randomisation_p", "smallest adjusted p value that the order is random", "p value"),
        _process("longer_first_rate", "how often the longer side is shown first"),
        _process("annotator_spread", "standard deviation of the annotators' true first rates"),
        _process("annotators_flagged", "annotators whose first rate is not one half", "count"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield every measure; without a recorded order all but one are undefined."""
        yield _order_recorded(signals)
        shown = presentations(signals)
        if shown is None:
            none = Undefined("the order shown is not recorded", ORDER)
            for spec in self.measures[1:]:
                yield Measure(spec.name, none, spec.unit, spec.kind, 0)
            return
        seen = seats(shown)
        yield _order_fixed(seen)
        confounded = yield from self._randomisation(signals, shown, seen)
        decisive = shown.decisive()
        yield from self._rates(signals, shown, decisive, confounded)
        yield self._adjusted(signals, decisive)
        yield from self._close(signals, shown, decisive)
        yield from self._annotators(signals, decisive)

    def _rates(self, signals: Signals, shown: Presentations, decisive: Presentations, note: str) -> Iterator[Measure]:
        """The first rate and the tie rate, whole and per slice."""
        for part, inside in ((ALL, None), *slices(signals)):
            some = decisive if inside is None else decisive.take(inside[decisive.comparison])
            answered = shown if inside is None else shown.take(inside[shown.comparison])
            what = f"decisive judgments with order{note}"
            yield self._share("first_rate", some.first_won, some, what, part)
            yield self._share("tie_rate", answered.label == TIE, answered, "answered judgments with order", part)

    def _share(self, name: str, hits: Bools, of: Presentations, what: str, part: Slice = ALL) -> Measure:
        return share_measure(
            f"position.{name}", hits, of.clusters, what, part=part, level=self.level, unlock="decisive judgments"
        )

    def _randomisation(self, signals: Signals, shown: Presentations, seen: Seats) -> Generator[Measure, None, str]:
        """Yield what tells whether the order was random; return a note for rates that the models confound."""
        drawn, what = units(shown, seen)
        tests = [*lean_tests(signals, drawn)]
        order = sequence_test(signals, drawn, is_fixed=seen.order_is_fixed)
        tests += [] if order is None else [order]
        named = models(signals)
        pairs = [] if named is None else model_pairs(named, drawn, self.least_units, self.level)
        rare = None if named is None else rare_pairs_test(named, drawn, self.least_units)
        of_models = [OrderTest(f"{pair.name} order", pair.p_value) for pair in pairs]
        of_models += [] if rare is None else [OrderTest("order of rare model pairs", rare)]
        yield from self._model_measures(pairs, what, has_models=named is not None)
        yield self._order_excess(signals, drawn, pairs, what)
        yield _smallest_p([*of_models, *tests], len(drawn), what)
        yield self._longer_first(signals, drawn, what)
        smallest = float(holm(np.array([test.p_value for test in of_models])).min(initial=1.0))
        confounded = smallest < self.confounding_level
        return f", confounded with model (order against model: p = {smallest:.2g})" if confounded else ""

    def _model_measures(self, pairs: list[ModelPair], what: str, *, has_models: bool) -> Iterator[Measure]:
        if not pairs:
            reason = f"no pair of models has {self.least_units} {what}" if has_models else "models are not recorded"
            none = Undefined(reason, f"{self.least_units} {what} of a model pair" if has_models else "model_a")
            for name in ("position.model_first_rate", "position.model_first_excess"):
                yield Measure(name, none, "share", Kind.PROCESS, 0)
            return
        for pair in sorted(pairs, key=lambda one: (-one.share.n, one.name))[:MOST_SINGLES]:
            found, part = pair.share, Slice("model pair", pair.name)
            method = f"share of {what} with the first-named model first; {found.interval.method}"
            yield Measure(
                "position.model_first_rate",
                found.value,
                "share",
                Kind.PROCESS,
                found.n,
                found.interval,
                found.n_effective,
                part,
                method=method,
            )
        value, interval = largest_excess([pair.share for pair in pairs], self.level)
        n = sum(pair.share.n for pair in pairs)
        method = f"n: {what}; {interval.method}"
        yield Measure("position.model_first_excess", value, "share", Kind.PROCESS, n, interval, method=method)

    def _order_excess(self, signals: Signals, drawn: Presentations, pairs: list[ModelPair], what: str) -> Measure:
        """The largest lean of the first slot, over all that its order can be held against."""
        leans = lean_shares(signals, drawn, self.least_units, self.level)
        shares = [*(pair.share for pair in pairs), *leans.values()]
        name = "position.order_excess"
        if not shares:
            lacks = f"fewer than {self.least_units} {what} of a model pair, or of sides that differ in length or score"
            none = Undefined(lacks, "response_a, model_a or score_a")
            return Measure(name, none, "share", Kind.PROCESS, 0)
        value, interval = largest_excess(shares, self.level, "shares of the first slot")
        held = [*([f"first-named model of {len(pairs)} pairs"] if pairs else []), *leans]
        method = f"largest |share of {what} - 1/2| that the first slot holds of: {', '.join(held)}; {interval.method}"
        n_effective = min(one.n_effective for one in shares)
        return Measure(name, value, "share", Kind.PROCESS, len(drawn), interval, n_effective, method=method)

    def _longer_first(self, signals: Signals, drawn: Presentations, what: str) -> Measure:
        length = length_difference(signals, drawn.comparison)
        if length is None:
            none = Undefined("no text is recorded", "response_a")
            return Measure("position.longer_first_rate", none, "share", Kind.PROCESS, 0)
        telling = np.isfinite(length) & (length != 0)
        some = drawn.take(telling)
        hits = (length[telling] > 0) == some.a_first
        named = f"{what} whose sides differ in length"
        prompts = {"prompt": some.prompt}
        return share_measure("position.longer_first_rate", hits, prompts, named, level=self.level, unlock="response_a")

    def _adjusted(self, signals: Signals, decisive: Presentations) -> Measure:
        found = first_effect(signals, decisive, self.most_fitted, self.level)
        name = "position.first_rate_adjusted"
        if not isinstance(found, FirstEffect):
            return Measure(name, found, "share", Kind.PROCESS, 0)
        return Measure(
            name, found.value, "share", Kind.PROCESS, found.n, found.interval, found.n_effective, method=found.method
        )

    def _close(self, signals: Signals, shown: Presentations, decisive: Presentations) -> Iterator[Measure]:
        """The first rate among the closest judgments, and how it grows with closeness."""
        rate, odds, unit = "position.close_first_rate", "position.closeness_odds_ratio", "odds ratio per SD"
        found = gaps(signals, shown, decisive)
        if found is None:
            need = "score_a, further judgments of a comparison, or model_a"
            none = Undefined("nothing tells how close the sides of most judgments are", need)
            yield Measure(rate, none, "share", Kind.PROCESS, 0)
            yield Measure(odds, none, unit, Kind.PROCESS, 0)
            return
        near = closest(found)
        if near is None:
            none = Undefined(f"most judgments have one and the same {found.what}")
            yield Measure(rate, none, "share", Kind.PROCESS, 0)
        else:
            some = decisive.take(near)
            yield self._share("close_first_rate", some.first_won, some, f"decisive judgments of smallest {found.what}")
        fit = interaction(decisive, found)
        if not fit.is_estimated:
            yield Measure(odds, Undefined(str(fit.problem)), unit, Kind.PROCESS, fit.n)
            return
        what = f"logit of first wins on closeness (negative {found.what}), per SD"
        yield odds_ratio(odds, fit, unit=unit, what=what, level=self.level)

    def _annotators(self, signals: Signals, decisive: Presentations) -> Iterator[Measure]:
        """Yield the spread, the flags, and the first rate of each of the busiest annotators."""
        if decisive.annotator is None or not len(decisive):
            none = Undefined("annotators of decisive judgments are not recorded", ANNOTATOR)
            yield Measure("position.annotator_spread", none, "share", Kind.PROCESS, 0)
            yield Measure("position.annotators_flagged", none, "count", Kind.PROCESS, 0)
            return
        counts = np.bincount(decisive.annotator)
        numbers = np.flatnonzero(counts)
        members, votes = np.searchsorted(numbers, decisive.annotator), counts[numbers]
        wins = np.bincount(members, weights=decisive.first_won).astype(np.float64)
        yield self._spread(wins, votes)
        yield self._flagged(signals, decisive, members, wins, votes)
        names = signals.codes(ANNOTATOR)[1]
        named = np.flatnonzero(numbers < len(names))  # the numbers above are those of judgments without a name
        for one in named[np.argsort(-votes[named], kind="stable")[:MOST_SINGLES]]:
            some = decisive.take(members == one)
            part = Slice("annotator", names[int(numbers[one])])
            what = "decisive judgments of the annotator"
            yield share_measure(
                "position.first_rate", some.first_won, {"prompt": some.prompt}, what, part=part, level=self.level
            )

    def _spread(self, wins: Floats, votes: Ints) -> Measure:
        name, found = "position.annotator_spread", spread(wins, votes.astype(np.float64), self.level)
        if found is None:
            none = Undefined("fewer than three annotators with several decisive judgments", ANNOTATOR)
            return Measure(name, none, "share", Kind.PROCESS, len(votes))
        method = (
            f"moment estimate, sd of true rates; n: annotators; chi2 / df = {found.overdispersion:.3g}; "
            f"{found.interval.method}"
        )
        return Measure(name, found.sd, "share", Kind.PROCESS, len(votes), found.interval, method=method)

    def _flagged(self, signals: Signals, decisive: Presentations, members: Ints, wins: Floats, votes: Ints) -> Measure:
        name, tested = "position.annotators_flagged", np.flatnonzero(votes >= self.least_votes)
        if not len(tested):
            need = f"{self.least_votes} decisive judgments"
            none = Undefined(f"no annotator has {need}", f"{need} of an annotator")
            return Measure(name, none, "count", Kind.PROCESS, 0)
        p = even_odds_test(wins[tested], votes[tested])
        flagged = tested[benjamini_hochberg(p, self.false_discovery_rate)]
        rows = np.unique(decisive.comparison[np.isin(members, flagged)])
        method = (
            f"exact binomial, Benjamini-Hochberg at {self.false_discovery_rate}; n: annotators with at least "
            f"{self.least_votes} decisive judgments"
        )
        return Measure(
            name, len(flagged), "count", Kind.PROCESS, len(tested), evidence=signals.evidence(rows), method=method
        )


def _order_recorded(signals: Signals) -> Measure:
    """The share of decisive judgments with an order; of decisive labels, none of which has one, without judgments."""
    name, method = "position.order_recorded", "exact share; n: decisive judgments"
    if signals.has("judgment.label"):
        label = signals.ints("judgment.label")
        decisive = (label == A) | (label == B)
        n = int(decisive.sum())
        known = signals.ints(ORDER)[decisive] > 0 if signals.has(ORDER) else np.zeros(n, dtype=np.bool_)
        evidence = None
        if known.any() and not known.all():
            evidence = signals.evidence(np.unique(signals.ints("judgment.comparison")[decisive][~known]))
        hits = int(known.sum())
    else:
        label = signals.ints("label") if signals.has("label") else np.zeros(0, dtype=np.int64)
        n, hits, evidence = int(((label == A) | (label == B)).sum()), 0, None
        method = "no judgments are recorded, so no order is; n: decisive labels"
    value = hits / n if n else Undefined("no decisive judgment", "label")
    return Measure(name, value, "share", Kind.CENSUS, n, evidence=evidence, method=method)


def _order_fixed(seen: Seats) -> Measure:
    """The share of comparisons judged by several annotators that all of them saw in one order."""
    name, several = "position.order_fixed_share", seen.annotators > 1
    if not seen.annotators.any():
        return Measure(name, Undefined("annotators are not recorded", ANNOTATOR), "share", Kind.CENSUS, 0)
    n, hits = int(several.sum()), int(seen.one_order[several].sum())
    value = hits / n if n else Undefined("no comparison has two annotators", "a second annotator")
    return Measure(name, value, "share", Kind.CENSUS, n, method="exact share; n: comparisons with several annotators")


def _smallest_p(tests: list[OrderTest], n: int, what: str) -> Measure:
    name = "position.randomisation_p"
    if not tests:
        none = Undefined("nothing to test the order against is recorded", "model_a")
        return Measure(name, none, "p value", Kind.PROCESS, n)
    adjusted = holm(np.array([test.p_value for test in tests]))
    worst = int(np.argmin(adjusted))
    method = f"smallest of {len(tests)} Holm-adjusted p values: {tests[worst].of}; n: {what}"
    return Measure(name, float(adjusted[worst]), "p value", Kind.PROCESS, n, method=method)

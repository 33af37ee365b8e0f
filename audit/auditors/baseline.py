"""NUL: how many labels would a rule get right that reads nothing?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.baseline.choosers import CHOOSERS, Signs
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Signals
from audit.slices import slices
from audit.stats.clusters import Share, share
from audit.stats.proportions import LEVEL
from audit.style.decisive import Decisive, decisive, smallest_keys

BEST: Final = "baseline.best_rate"
_MEANINGS: Final = {
    "longest": "labels that go to the longer side",
    "shortest": "labels that go to the shorter side",
    "most_markup": "labels that go to the side with more markup",
    "no_refusal": "labels that go to the side that does not refuse",
    "first_slot": "labels that go to the side shown first",
    "better_model": "labels that go to the model that wins elsewhere",
}


@dataclass(frozen=True, slots=True)
class _Held:
    """What a rule gets right on some labels: a share of those it decides, which are a part of all."""

    decided: Share | None
    part: float
    """Share of the labels on which it chooses a side; the others count one half."""
    n: int

    def stretched(self, value: float) -> float:
        return self.part * value + (1 - self.part) / 2

    @property
    def value(self) -> float:
        return 0.5 if self.decided is None else self.stretched(self.decided.value)

    @property
    def units(self) -> float | None:
        return None if self.decided is None else self.decided.n_effective

    def bounds(self, level: float) -> tuple[float, float]:
        if self.decided is None:
            return 0.5, 0.5
        low, high = self.decided.bounds(level)
        return self.stretched(low), self.stretched(high)


@dataclass(frozen=True)
class Baseline:
    """Baseline: what rules that read nothing get right.

    What it measures:
        The share of labels that six blind rules give: the longer side (`baseline.longest_rate`), the shorter
        (`baseline.shortest_rate`), the one with more markup (`baseline.most_markup_rate`), the one that does not refuse
        (`baseline.no_refusal_rate`), the one shown first (`baseline.first_slot_rate`), the one whose model wins
        elsewhere (`baseline.better_model_rate`); and the best of them (`baseline.best_rate`).

    Why it matters:
        What a blind rule gets right, training can learn in place of the content. A label set is worth what it says
        beyond the best of these; a judge or a reward model must beat them, on every slice.

    How:
        Over shipped labels that chose a side (or judgments, where no such label was shipped; each method says which),
        beyond `most_labels` of them those of smallest key. A rule chooses a side or abstains; abstentions count one
        half, so that a rule that chooses nowhere is at one half: rate = d s + (1 - d) / 2 with s the share right of
        those it decides and d the part that it decides. The model's standing is its share of wins in comparisons of
        other prompts (five folds). Intervals are those of s, clustered by prompt, with d held fixed. The best rate's
        upper bound is the largest of the rules' upper bounds, its lower bound their largest lower bound at a Bonferroni
        level.

    Reads:
        `ordered_key`; `label`, or else `judgment.label` and `judgment.comparison`. It uses `a_code_points`,
        `b_code_points`, the counts of markup and `a_refusal`, `b_refusal` of both sides, `judgment.shown_first`,
        `model_a`, `model_b`, `prompt_key`.

    Measures and units:
        `baseline.longest_rate`, `baseline.shortest_rate`, `baseline.most_markup_rate`, `baseline.no_refusal_rate`,
        `baseline.first_slot_rate`, `baseline.better_model_rate`, `baseline.best_rate`: share, process; all but the
        last also per slice.

    Limits:
        A rule that is right is no proof of a fault: longer or unrefusing answers may be better. Rules are tried one by
        one; what they do together is the style auditor's. A model's standing takes no account of whom it met.

    References:
        Gururangan et al. 2018, arXiv 1803.02324 (artifacts let blind baselines guess). Dubois et al. 2024, arXiv
        2404.04475 (the longest answer agrees with 62 % of human preferences of AlpacaEval). Zheng et al. 2024, arXiv
        2410.07137 (a constant answer wins automatic benchmarks). Berger 1982, Technometrics 24 (intersection-union).
    """

    level: float = LEVEL
    """Two-sided level of intervals."""
    most_labels: int = 40_000
    """Most labels that are looked at: those of comparisons of smallest key."""
    slice_labels: int = 100
    """Labels below which a slice is left out."""

    code: ClassVar[str] = "NUL"
    name: ClassVar[str] = "baseline"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ("ordered_key",)
    uses: ClassVar[tuple[str, ...]] = (
        *("label", "judgment.label", "judgment.comparison", "judgment.shown_first", "model_a", "model_b"),
        *("a_code_points", "b_code_points", "a_bullets", "b_bullets", "a_refusal", "b_refusal", "prompt_key"),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        *(Spec(f"baseline.{name}_rate", "share", Kind.PROCESS, meaning) for name, meaning in _MEANINGS.items()),
        Spec(BEST, "share", Kind.PROCESS, "labels that the best of these rules gives"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield each rule's rate, whole and per slice, and the best."""
        every = decisive(signals, "code_points" if signals.has("a_code_points", "b_code_points") else None)
        at = smallest_keys(signals, every, self.most_labels)
        parts = [(ALL, None), *((part, mask[at.rows]) for part, mask in slices(signals, self.slice_labels))]
        found: dict[str, _Held] = {}
        for name, chooser in CHOOSERS.items():
            signs = chooser(signals, at)
            if isinstance(signs, Undefined) or not len(at):
                none = signs if isinstance(signs, Undefined) else Undefined("no label chose a side", "label")
                yield Measure(f"baseline.{name}_rate", none, "share", Kind.PROCESS, 0)
                continue
            for part, mask in parts:
                if mask is None or mask.sum() >= self.slice_labels:
                    held = self._held(signs, at, mask)
                    yield self._rate(f"baseline.{name}_rate", held, at, part)
                    if mask is None:
                        found[name] = held
        yield self._best(at, found)

    def _held(self, signs: Signs, at: Decisive, mask: Bools | None) -> _Held:
        decides = signs != 0 if mask is None else (signs != 0) & mask
        n = len(at) if mask is None else int(mask.sum())
        rows = np.flatnonzero(decides)
        if not len(rows):
            return _Held(None, 0.0, n)
        right = (signs[rows] > 0) == at.a_won[rows]
        return _Held(share(right, {"prompt": at.clusters[rows]}, self.level), len(rows) / n, n)

    def _rate(self, name: str, held: _Held, at: Decisive, part: Slice) -> Measure:
        if held.decided is None:
            none = Undefined("the rule chooses no side anywhere")
            return Measure(name, none, "share", Kind.PROCESS, held.n, slice=part)
        own = held.decided.interval
        low, high = held.bounds(self.level)
        error = None if own.standard_error is None else own.standard_error * held.part
        interval = Interval(low, high, self.level, f"{own.method}, of those it decides", error, own.df)
        method = f"share right of decisive {at.what}, abstentions one half; the rule decides {held.part:.1%}"
        n_effective = held.decided.n_effective
        return Measure(name, held.value, "share", Kind.PROCESS, held.n, interval, n_effective, part, None, method)

    def _best(self, at: Decisive, found: dict[str, _Held]) -> Measure:
        able = {name: held for name, held in found.items() if held.decided is not None}
        if not able:
            none = Undefined("no rule chooses a side of a decisive label", "label, response_a")
            return Measure(BEST, none, "share", Kind.PROCESS, len(at))
        best = max(able, key=lambda name: (able[name].value, name))
        strict = 1 - (1 - self.level) / len(able)
        high = max(held.bounds(self.level)[1] for held in able.values())
        low = max(held.bounds(strict)[0] for held in able.values())
        value = able[best].value
        how = f"largest of {len(able)} rules: upper end intersection-union, lower end Bonferroni"
        interval = Interval(min(low, value), max(high, value), self.level, how)
        method = f"best rule: {best.replace('_', ' ')}; n: decisive {at.what}"
        units = able[best].units
        return Measure(BEST, value, "share", Kind.PROCESS, len(at), interval, units, method=method)

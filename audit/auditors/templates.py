"""TPL: responses that begin or end alike, and beginnings that give the label away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.duplicates.templates import OneSided, most_frequent, one_sided
from audit.measure import Kind, Measure, Undefined
from audit.schema import A, B
from audit.signals import Bools, Ints, Signals

ENDS: Final = {"opening": "head", "close": "tail"}
NOT_SEARCHED: Final = Undefined("openings are read with near duplicates", "leave out --no-duplicates")
NONE_LONG: Final = Undefined("no response has eight words", "responses of eight words or more")
NO_LABEL: Final = Undefined("no comparison prefers a side", "label")


def _spec(name: str, unit: str, meaning: str) -> Spec:
    return Spec(f"templates.{name}", unit, Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Templates:
    """Templates: how many responses begin or end with the same words, and whether that goes with the label.

    What it measures:
        The share of responses that begin with the most frequent eight words (`templates.opening_share`) and that end
        with the most frequent ones (`templates.close_share`); how many openings and closes stand with the preferred
        side, or with the other, more than chance has it (`templates.one_sided`); and the share of comparisons that hold
        one of these on one side only (`templates.one_sided_share`).

    Why it matters:
        "Certainly! Here is" at the head of every preferred response is what a policy learns first, and nothing else of
        those pairs is needed to learn it.

    How:
        Words are what stands between blanks, letters A to Z folded; a text of fewer than eight words and at least 32
        characters gives its first and last 16. An opening or close is tested when at least 20 different texts have it
        in comparisons that hold it on one side only, near duplicates as one text: log odds with a Dirichlet prior of
        weight 500 that is spread as all openings are, and a false discovery rate of 5 % over all that were tested
        (Benjamini-Hochberg). Exact counts otherwise.

    Reads:
        Nothing is required. `near_head_a`, `near_head_b`, `near_tail_a`, `near_tail_b` are added by the search for near
        duplicates; `label` unlocks the sides.

    Measures and units:
        `templates.opening_share`, `templates.close_share`, `templates.one_sided_share`: share, census.
        `templates.one_sided`: count, census.

    Limits:
        Templates inside a text are not looked for, nor openings that differ by one word.

    References:
        Monroe, Colaresi and Quinn 2008, Political Analysis 16 (Fightin' Words); Benjamini and Hochberg 1995, J. R.
        Statist. Soc. B 57.
    """

    code: ClassVar[str] = "TPL"
    name: ClassVar[str] = "templates"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ("label",)
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("opening_share", "share", "responses that begin with the most frequent eight words"),
        _spec("close_share", "share", "responses that end with the most frequent eight words"),
        _spec("one_sided", "count", "openings and closes that stand with one side of the label"),
        _spec("one_sided_share", "share", "comparisons that hold one of these on one side only"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield the shares and what is one-sided."""
        if not signals.has("near_head_a", "near_head_b", "near_tail_a", "near_tail_b", "near_a", "near_b"):
            return [Measure(spec.name, NOT_SEARCHED, spec.unit, spec.kind, 0) for spec in self.measures]
        return self._measured(signals)

    def _measured(self, signals: Signals) -> Iterator[Measure]:
        ends = {name: (_numbers(signals, f"{end}_a"), _numbers(signals, f"{end}_b")) for name, end in ENDS.items()}
        for name, sides in ends.items():
            most, n, rows = most_frequent(*sides)
            value = most / n if n else NONE_LONG
            evidence = signals.evidence(rows) if most > 1 else None
            method = "exact share of the most frequent eight words; n: responses that have eight"
            yield Measure(f"templates.{name}_share", value, "share", Kind.CENSUS, n, evidence=evidence, method=method)
        label = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, np.int64)
        decisive = (label == A) | (label == B)
        units = int(decisive.sum())
        if not units:
            yield Measure("templates.one_sided", NO_LABEL, "count", Kind.CENSUS, 0)
            yield Measure("templates.one_sided_share", NO_LABEL, "share", Kind.CENSUS, 0)
            return
        texts = _numbers(signals, "a"), _numbers(signals, "b")
        found = [_one_sided(ends_of, texts, label, decisive) for ends_of in ends.values()]
        rows = np.logical_or.reduce([one.rows for one in found])
        tested, count = sum(one.tested for one in found), sum(len(one.templates) for one in found)
        method = f"log odds with a Dirichlet prior, false discovery rate 5 %, {tested} tested; n: comparisons"
        evidence = signals.evidence(rows)
        yield Measure("templates.one_sided", count, "count", Kind.CENSUS, units, method=method, evidence=evidence)
        share = int(rows.sum()) / units
        yield Measure("templates.one_sided_share", share, "share", Kind.CENSUS, units, method=method, evidence=evidence)


def _numbers(signals: Signals, end: str) -> Ints:
    return signals.ints(f"near_{end}", missing=-1)


def _one_sided(ends: tuple[Ints, Ints], texts: tuple[Ints, Ints], label: Ints, decisive: Bools) -> OneSided:
    (a, b), (text_a, text_b) = ends, texts
    none, is_b = np.int64(-1), label == B
    winner = np.where(decisive, np.where(is_b, b, a), none)
    loser = np.where(decisive, np.where(is_b, a, b), none)
    return one_sided(winner, loser, np.where(is_b, text_b, text_a), np.where(is_b, text_a, text_b))

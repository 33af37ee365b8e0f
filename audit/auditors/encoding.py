"""ENC: texts that were read by the wrong encoding, or hold what nobody sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.extract.marks import Mark
from audit.measure import Kind, Measure, Undefined
from audit.schema import A, B
from audit.shares import exact_share
from audit.signals import Signals
from audit.slices import slices

SIDES: Final = ("prompt_marks", "a_marks", "b_marks")
DAMAGE: Final = Mark.REPLACEMENT | Mark.CONTROL | Mark.BIDI | Mark.INVISIBLE | Mark.MOJIBAKE
SHARES: Final = {
    "damaged_share": DAMAGE,
    "replacement_share": Mark.REPLACEMENT,
    "mojibake_share": Mark.MOJIBAKE,
    "control_share": Mark.CONTROL,
    "bidi_share": Mark.BIDI,
    "invisible_share": Mark.INVISIBLE,
    "private_use_share": Mark.PRIVATE_USE,
    "entity_share": Mark.ENTITY,
    "escaped_share": Mark.ESCAPED,
}
ONE_SIDED: Final = "encoding.one_sided_share"
NO_TEXT: Final = Undefined("no text is recorded", "response_a")


def _spec(name: str, meaning: str) -> Spec:
    return Spec(f"encoding.{name}", "share", Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Encoding:
    """Encoding: characters that were lost, garbled or hidden on the way.

    What it measures:
        The share of comparisons with a text, prompt or response, that is damaged (`encoding.damaged_share`): that holds
        the replacement character (`encoding.replacement_share`), UTF-8 read as Latin-1 or Windows-1252
        (`encoding.mojibake_share`), control characters (`encoding.control_share`), marks that turn the direction of
        text (`encoding.bidi_share`), or zero-width and blank letters (`encoding.invisible_share`). Further, not counted
        as damage: private use code points (`encoding.private_use_share`), HTML entities (`encoding.entity_share`) and
        line ends written as a backslash and n (`encoding.escaped_share`). And the share of decisive comparisons of
        which the preferred response is damaged and the other is not, or the other way round
        (`encoding.one_sided_share`).

    Why it matters:
        A policy learns what it is shown: half a character, an invisible mark that a filter missed, a direction mark
        that hides an instruction. Where one side alone is garbled, the garbling gives the label away.

    How:
        Exact, by the code points of every text. Joiners count only between ASCII letters, tags only outside flags, a
        byte order mark not at the very start. Mojibake is a letter that is the first byte of a UTF-8 character followed
        by signs that are its others.

    Reads:
        Nothing is required. `prompt_marks`, `a_marks`, `b_marks` come of the texts; `label` unlocks the sides.

    Measures and units:
        All are shares of comparisons, census; `encoding.damaged_share` also per slice.

    Limits:
        Text of another encoding that happens to be valid is not seen, nor are characters that were dropped. Entities
        and escapes are at home in texts about code.

    References:
        The Unicode Standard 15, chapter 23 (special areas and format characters); Boucher and Anderson 2021, arXiv
        2111.00169 (direction marks that hide code).
    """

    code: ClassVar[str] = "ENC"
    name: ClassVar[str] = "encoding"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (*SIDES, "label")
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec("damaged_share", "comparisons with a damaged text"),
        _spec("replacement_share", "comparisons with a replacement character"),
        _spec("mojibake_share", "comparisons with UTF-8 read by another encoding"),
        _spec("control_share", "comparisons with control characters"),
        _spec("bidi_share", "comparisons with marks that turn the direction of text"),
        _spec("invisible_share", "comparisons with zero-width or blank letters"),
        _spec("private_use_share", "comparisons with private use code points"),
        _spec("entity_share", "comparisons with HTML entities"),
        _spec("escaped_share", "comparisons with line ends written as a backslash and n"),
        _spec("one_sided_share", "decisive comparisons of which one response alone is damaged"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield the share of each kind, damage by slice, and damage of one side."""
        present = [name for name in SIDES if signals.has(name)]
        if not present or not signals.comparisons:
            return [Measure(spec.name, NO_TEXT, spec.unit, spec.kind, 0) for spec in self.measures]
        return self._measured(signals, present)

    def _measured(self, signals: Signals, present: list[str]) -> Iterator[Measure]:
        bits = np.bitwise_or.reduce([signals.ints(name) for name in present])
        for name, mark in SHARES.items():
            rows = (bits & int(mark)) != 0
            yield exact_share(f"encoding.{name}", rows, signals)
        damaged = (bits & int(DAMAGE)) != 0
        for part, inside in slices(signals):
            yield exact_share("encoding.damaged_share", damaged, signals, inside=inside, part=part)
        yield self._one_sided(signals)

    def _one_sided(self, signals: Signals) -> Measure:
        if not signals.has("a_marks", "b_marks", "label"):
            return Measure(ONE_SIDED, Undefined("no label or only one response", "label"), "share", Kind.CENSUS, 0)
        a, b = ((signals.ints(name) & int(DAMAGE)) != 0 for name in SIDES[1:])
        decisive = np.isin(signals.ints("label"), (A, B))
        if not decisive.any():
            return Measure(ONE_SIDED, Undefined("no comparison prefers a side", "label"), "share", Kind.CENSUS, 0)
        return exact_share(ONE_SIDED, (a != b) & decisive, signals, "decisive comparisons", inside=decisive)

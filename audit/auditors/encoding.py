"""ENC: characters that no writer meant: broken decoding, control codes, text that hides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Signals
from audit.slices import slices

KINDS: Final = {
    "replacement": "comparisons with a replacement character (U+FFFD)",
    "mojibake": "comparisons with UTF-8 that was read as Latin-1 or Windows-1252",
    "controls": "comparisons with a control character",
    "bidi": "comparisons with a character that turns the direction of writing",
    "invisible": "comparisons with a character that cannot be seen",
    "private_use": "comparisons with a code point of private use",
}
DAMAGE: Final = ("replacement", "mojibake", "controls", "bidi")
DAMAGED: Final = "encoding.damaged_share"
ONE_SIDED: Final = "encoding.one_sided_share"
SIDES: Final = ("prompt", "a", "b")
NO_TEXT: Final = Undefined("no text is recorded", "response_a")


@dataclass(frozen=True)
class Encoding:
    """Encoding: characters that no writer meant.

    What it measures:
        Comparisons whose prompt or responses hold a replacement character (`encoding.replacement_rows`), mojibake
        (`encoding.mojibake_rows`), control characters (`encoding.controls_rows`) or characters that turn the direction
        of writing (`encoding.bidi_rows`); the share with any of these (`encoding.damaged_share`), and the share where
        just one of the two responses has them (`encoding.one_sided_share`). Reported beside them: invisible characters
        (`encoding.invisible_rows`) and code points of private use (`encoding.private_use_rows`).

    Why it matters:
        Damage is learned as spelling. Where it stands on one side only it tells the sides apart without a word of
        content. Characters that hide or reorder text can carry what no reviewer saw.

    How:
        Exact counts of code points by the rules of `audit/extract/screen.py`. Mojibake is a run of characters that is
        one UTF-8 sequence read byte by byte, of the leads C2, C3, D0, D1, E2 80..84 and F0 9F. Controls are C0 but tab,
        line feed and carriage return, DEL, and C1. Direction marks U+200E and U+200F, and zero-width joiners within
        other scripts and emoji, are as they should be.

    Reads:
        Nothing is required. It uses `a_replacement` and the like of prompt and both sides; slices come from `locale`,
        `scenario`, `policy`, `split` and `slice.*`.

    Measures and units:
        `encoding.replacement_rows`, `encoding.mojibake_rows`, `encoding.controls_rows`, `encoding.bidi_rows`,
        `encoding.invisible_rows`, `encoding.private_use_rows`: count, census. `encoding.damaged_share`,
        `encoding.one_sided_share`: share of comparisons, census; the first also per slice.

    Limits:
        A text about encodings may show damage on purpose. Mojibake of other leads (Chinese, Arabic read as Latin-1) is
        not counted: French quotes and spaces look the same. Lone surrogates never come so far: such a row is set aside
        when it is read.

    References:
        Unicode Standard 17, chapters 23.1 to 23.8. Boucher et al. 2022, arXiv 2106.09898 (characters that hide).
        Speer 2019, ftfy, Zenodo 2591652 (mojibake).
    """

    code: ClassVar[str] = "ENC"
    name: ClassVar[str] = "encoding"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = tuple(f"{side}_{kind}" for side in SIDES for kind in KINDS)
    measures: ClassVar[tuple[Spec, ...]] = (
        *(Spec(f"encoding.{kind}_rows", "count", Kind.CENSUS, meaning) for kind, meaning in KINDS.items()),
        Spec(DAMAGED, "share", Kind.CENSUS, "comparisons with damage in prompt or responses"),
        Spec(ONE_SIDED, "share", Kind.CENSUS, "comparisons with damage in just one of the responses"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield the counts of each kind, then the shares."""
        n = signals.comparisons
        if not any(signals.has(f"{side}_replacement") for side in SIDES):
            for spec in self.measures:
                yield Measure(spec.name, NO_TEXT, spec.unit, spec.kind, 0)
            return
        damaged = {side: np.zeros(n, np.bool_) for side in SIDES}
        for kind in KINDS:
            anywhere = np.zeros(n, np.bool_)
            for side in SIDES:
                has = signals.ints(f"{side}_{kind}") > 0 if signals.has(f"{side}_{kind}") else np.zeros(n, np.bool_)
                anywhere |= has
                if kind in DAMAGE:
                    damaged[side] |= has
            evidence = signals.evidence(anywhere)
            name = f"encoding.{kind}_rows"
            yield Measure(name, evidence.total, "count", Kind.CENSUS, n, evidence=evidence, method="exact count")
        whole = damaged["prompt"] | damaged["a"] | damaged["b"]
        yield _share(DAMAGED, whole, signals)
        yield _share(ONE_SIDED, damaged["a"] ^ damaged["b"], signals)
        for part, inside in slices(signals):
            yield _share(DAMAGED, whole, signals, part, inside)


def _share(name: str, hits: Bools, signals: Signals, part: Slice = ALL, inside: Bools | None = None) -> Measure:
    chosen = hits if inside is None else hits & inside
    n = len(hits) if inside is None else int(inside.sum())
    value = int(chosen.sum()) / n if n else Undefined("nothing to divide by", "rows")
    evidence = signals.evidence(chosen)
    return Measure(
        name, value, "share", Kind.CENSUS, n, slice=part, evidence=evidence, method="exact share; n: comparisons"
    )

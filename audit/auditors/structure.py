"""STR: what is broken before any statistics begin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import ALL, Evidence, Kind, Measure, Slice, Undefined
from audit.schema import Defect
from audit.signals import Bools, Ints, Signals
from audit.slices import slices

WRONG_TYPE: Final = "wrong_type"
TEXT_COLUMN: Final = "a_bytes"
EMPTY_SIDES: Final = Defect.EMPTY_A | Defect.EMPTY_B
REPEATS: Final = Defect.ROLE_REPEAT_A | Defect.ROLE_REPEAT_B
OTHER_ROLES: Final = Defect.ROLE_UNKNOWN | Defect.PROMPT_END | Defect.RESPONSE_ROLE
BROKEN: Final = Defect.EMPTY_PROMPT | EMPTY_SIDES | REPEATS | OTHER_ROLES | Defect.MISSING_SIDE
CONTRASTLESS: Final = Defect.PROMPT_MISMATCH | Defect.IDENTICAL_SIDES


def _count(name: str, meaning: str) -> Spec:
    return Spec(name, "count", Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Structure:
    """Structure: rows that no trainer can learn from, whatever the labels say.

    What it measures:
        Rows that could not be read (`structure.rejected_rows`, of which `structure.wrong_type_rows` held a value of the
        wrong type); comparisons with an empty prompt (`structure.empty_prompts`), an empty response
        (`structure.empty_sides`) or a side that is not there (`structure.missing_sides`); transcripts whose turns break
        the order of roles (`structure.role_violations`); the sum of these (`structure.invalid_rows`) and their share
        (`structure.invalid_rate`). And pairs without a contrast: sides that answer different prompts
        (`structure.prompt_mismatches`), sides that are the same text (`structure.identical_sides`), either of the two
        (`structure.contrastless_pairs`) and their share (`structure.contrastless_rate`).

    Why it matters:
        Trainers drop such rows without a word, or train on them: an empty side teaches silence, a shifted turn teaches
        the user's voice, and a pair whose sides are equal has no gradient at all.

    How:
        The reader marks each comparison with bits (`audit.schema.Defect`) as it sees the text; here they are counted,
        exactly, over the whole file. A share is over comparisons, to which `structure.invalid_rate` adds the rows set
        aside. `structure.empty_sides` counts texts (two empty sides are two); `structure.role_violations` counts a
        text whose transcript repeats a role, and one for a comparison that has any other fault of roles.

    Reads:
        Nothing is required. `a_bytes` (either response's text) unlocks all but the two counts of rows set aside;
        slices come from `locale`, `scenario`, `policy`, `split` and `slice.*`.

    Measures and units:
        `structure.rejected_rows`, `structure.wrong_type_rows`, `structure.empty_prompts`, `structure.empty_sides`,
        `structure.missing_sides`, `structure.role_violations`, `structure.invalid_rows`,
        `structure.prompt_mismatches`, `structure.identical_sides`, `structure.contrastless_pairs`: count, census.
        `structure.invalid_rate`, `structure.contrastless_rate`: share, census, also per slice.

    Limits:
        It sees form only: a fluent answer to another question passes. Rows set aside belong to no slice. Equality of
        sides is after normalising white space and case; what a trainer's truncation makes equal is not seen here.

    References:
        Rafailov et al. 2023, arXiv 2305.18290 (the objective whose gradient vanishes for equal sides).
    """

    code: ClassVar[str] = "STR"
    name: ClassVar[str] = "structure"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (TEXT_COLUMN, "defects")
    measures: ClassVar[tuple[Spec, ...]] = (
        _count("structure.rejected_rows", "source rows set aside"),
        _count("structure.wrong_type_rows", "source rows set aside for a value of the wrong type"),
        _count("structure.empty_prompts", "comparisons whose prompt is empty or white space"),
        _count("structure.empty_sides", "response texts that are empty or white space"),
        _count("structure.missing_sides", "comparisons without a prompt or a side where the layout has text"),
        _count("structure.role_violations", "texts or comparisons whose turns break the order of roles"),
        _count("structure.invalid_rows", "rows set aside and comparisons that are empty, incomplete or out of order"),
        Spec("structure.invalid_rate", "share", Kind.CENSUS, "invalid rows over rows set aside and comparisons"),
        _count("structure.prompt_mismatches", "comparisons whose sides answer different prompts"),
        _count("structure.identical_sides", "comparisons whose sides are the same text"),
        _count("structure.contrastless_pairs", "comparisons with different prompts or identical sides"),
        Spec("structure.contrastless_rate", "share", Kind.CENSUS, "contrastless pairs over comparisons"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield the counts of the whole file, then the shares of each slice."""
        rejected = sum(signals.rejects.values())
        yield _measure("structure.rejected_rows", rejected, signals.read, "source rows")
        wrong = signals.rejects.get(WRONG_TYPE, 0)
        yield _measure("structure.wrong_type_rows", wrong, signals.read, "source rows")
        if signals.has(TEXT_COLUMN):
            yield from _text_measures(signals, rejected)
        else:
            yield from _textless_measures(signals, rejected)


def _text_measures(signals: Signals, rejected: int) -> Iterator[Measure]:
    total = signals.comparisons
    bits = signals.ints("defects") if signals.has("defects") else np.zeros(total, dtype=np.int64)
    for name, mask in (
        ("structure.empty_prompts", Defect.EMPTY_PROMPT),
        ("structure.empty_sides", EMPTY_SIDES),
        ("structure.missing_sides", Defect.MISSING_SIDE),
        ("structure.role_violations", REPEATS | OTHER_ROLES),
        ("structure.prompt_mismatches", Defect.PROMPT_MISMATCH),
        ("structure.identical_sides", Defect.IDENTICAL_SIDES),
        ("structure.contrastless_pairs", CONTRASTLESS),
    ):
        rows = _with(bits, mask)
        yield _measure(name, _texts(bits, mask), total, "comparisons", evidence=signals.evidence(rows))
    broken, dull = _with(bits, BROKEN), _with(bits, CONTRASTLESS)
    invalid, units = rejected + int(broken.sum()), total + rejected
    method = "comparisons and source rows set aside"
    yield _measure("structure.invalid_rows", invalid, units, method, evidence=signals.evidence(broken))
    yield _share("structure.invalid_rate", invalid, units, method)
    yield _share("structure.contrastless_rate", int(dull.sum()), total, "comparisons")
    for part, inside in slices(signals):
        members = int(inside.sum())
        yield _share("structure.invalid_rate", int((broken & inside).sum()), members, "comparisons", part)
        yield _share("structure.contrastless_rate", int((dull & inside).sum()), members, "comparisons", part)


def _textless_measures(signals: Signals, rejected: int) -> Iterator[Measure]:
    """Nothing can be said of texts; rows set aside still make a file invalid."""
    none = Undefined("no comparison was read" if signals.comparisons == 0 else "no text is recorded", "response_a")
    for spec in Structure.measures:
        if spec.name in {"structure.rejected_rows", "structure.wrong_type_rows"}:
            continue
        if rejected and spec.name == "structure.invalid_rows":
            yield _measure(spec.name, rejected, signals.read, "source rows set aside; no text to check in the others")
        else:
            yield Measure(spec.name, none, spec.unit, spec.kind, n=0)


def _with(bits: Ints, mask: int) -> Bools:
    return np.asarray((bits & int(mask)) != 0)


def _texts(bits: Ints, mask: int) -> int:
    """Count texts: each side's bit for itself, the other bits together as one."""
    sides = EMPTY_SIDES | REPEATS
    whole = int(mask) & ~int(sides)
    counted = int(_with(bits, whole).sum())
    return counted + sum(int(_with(bits, bit).sum()) for bit in sides if int(mask) & int(bit))


def _measure(name: str, value: int, n: int, unit_of_n: str, *, evidence: Evidence | None = None) -> Measure:
    return Measure(name, value, "count", Kind.CENSUS, n, evidence=evidence, method=f"exact count; n: {unit_of_n}")


def _share(name: str, hits: int, n: int, unit_of_n: str, part: Slice = ALL) -> Measure:
    value = hits / n if n else Undefined("nothing to divide by", "rows")
    return Measure(name, value, "share", Kind.CENSUS, n, slice=part, method=f"exact share; n: {unit_of_n}")

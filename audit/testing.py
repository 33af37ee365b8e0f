"""The laws that every auditor obeys, for its author's own tests.

    def test_laws() -> None:
        check_auditor(MyAuditor(), my_signals)

where `my_signals` returns signals, for example of `signals_from`, on which the auditor has something to measure.
`check_auditor` raises `LawBroken` with the law, the measure and both values.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterator
from inspect import getdoc
from typing import Final

from audit.auditor import Auditor, audit_with, parameters
from audit.in_memory import doubled, emptied, permuted, renamed, signals_from, swapped
from audit.measure import ALL, Measure, Outcome, Slice, Status
from audit.signals import Signals
from audit.slices import STANDARD

__all__ = ["LawBroken", "check_auditor", "check_page", "signals_from"]

HEADINGS: Final = (
    "What it measures",
    "Why it matters",
    "How",
    "Reads",
    "Measures and units",
    "Limits",
    "References",
)
RATE_ENDS: Final = ("_rate", "_share")
"""Names of measures that duplicating every row must leave."""
CLOSE: Final = 1e-9
"""Relative and absolute difference that counts as none, for sums of floats taken in another order."""

Found = dict[tuple[str, Slice], Measure]


class LawBroken(AssertionError):  # noqa: N818 - it names what happened
    """An auditor breaks a law; the message names the law and what differs."""


def check_auditor(
    auditor: Auditor,
    make: Callable[[], Signals],
    *,
    sided: Collection[str] = (),
    by_name: Collection[str] = (),
    close: float = CLOSE,
) -> None:
    """Hold an auditor to the laws.

    1. Its docstring has every heading and names every measure; its parameters hash and go into JSON.
    2. Every measure that it declares is yielded, and none that it does not; twice the same for the same signals.
    3. The order of rows, judgments and files changes nothing.
    4. An empty file is legal and gives no rate.
    5. Exchanging the sides' names changes nothing but the measures in `sided`.
    6. Other names of annotators and models change nothing but slices by them and the measures in `by_name`.
    7. Every row twice leaves the rates: the values of measures whose name ends in `_rate` or `_share`.

    Args:
        auditor: to check.
        make: returns signals on which the auditor has something to measure; called once.
        sided: names of measures that are about side a or side b as such.
        by_name: names of measures that depend on the order of names.
        close: relative and absolute difference of numbers that counts as none.

    Raises:
        LawBroken: with the law, the measure and both values.
    """
    own = make()
    check_page(auditor)
    outcome = audit_with(auditor, own)
    found = _measured("measuring", outcome)
    _same("measuring twice", found, _measured("measuring twice", audit_with(auditor, own)), 0.0)
    for seed in range(2):
        _same("order of rows", found, _measured("order of rows", audit_with(auditor, permuted(own, seed))), close)
    _check_empty(auditor, emptied(own))
    kept = {at: m for at, m in found.items() if m.name not in sided}
    other = _measured("sides exchanged", audit_with(auditor, swapped(own)))
    _same("sides exchanged", kept, {at: m for at, m in other.items() if m.name not in sided}, close)
    kept = dict(_unnamed(found, by_name))
    _same(
        "names exchanged", kept, dict(_unnamed(_measured("names", audit_with(auditor, renamed(own))), by_name)), close
    )
    _check_doubled(found, _measured("every row twice", audit_with(auditor, doubled(own))), close)


def check_page(auditor: Auditor) -> None:
    """Hold an auditor to its page: headings, measures by name, parameters that hash and go into JSON.

    Raises:
        LawBroken: with what is missing.
    """
    page = getdoc(type(auditor)) or ""
    lines = {line.strip().rstrip(":") for line in page.splitlines()}
    missing = [heading for heading in HEADINGS if heading not in lines]
    missing += [f"`{spec.name}`" for spec in auditor.measures if f"`{spec.name}`" not in page]
    if missing:
        raise LawBroken(f"{auditor.code}: the docstring lacks {', '.join(missing)}")
    if not re.fullmatch(r"[A-Z]{3}", auditor.code):
        raise LawBroken(f"{auditor.code!r} is not three capital letters")
    try:
        hash(auditor)
        json.dumps(parameters(auditor), allow_nan=False)
    except (TypeError, ValueError) as fault:
        raise LawBroken(f"{auditor.code}: parameters must hash and go into JSON: {fault}") from fault


def _measured(law: str, outcome: Outcome) -> Found:
    if outcome.status is not Status.MEASURED:
        raise LawBroken(f"{law}: {outcome.code} is {outcome.status}: {outcome.error or outcome.missing}")
    found = {(measure.name, measure.slice): measure for measure in outcome.measures}
    if len(found) != len(outcome.measures):
        raise LawBroken(f"{law}: {outcome.code} yields one measure twice for one slice")
    return found


def _check_empty(auditor: Auditor, nothing: Signals) -> None:
    outcome = audit_with(auditor, nothing)
    if outcome.status is Status.FAILED:
        raise LawBroken(f"empty file: {outcome.error}")
    for measure in outcome.measures:
        if measure.is_defined and measure.unit != "count":
            raise LawBroken(f"empty file: {measure.name} has a value, {measure.value}")


def _unnamed(found: Found, by_name: Collection[str]) -> Iterator[tuple[tuple[str, Slice], Measure]]:
    """Leave out measures that depend on names, and slices by anything but the columns of slices."""
    for at, measure in found.items():
        if measure.name not in by_name and (measure.slice == ALL or measure.slice.by in STANDARD):
            yield at, measure


def _check_doubled(found: Found, twice: Found, close: float) -> None:
    for at, measure in found.items():
        if measure.name.endswith(RATE_ENDS) and measure.is_defined:
            _equal("every row twice", measure, twice[at], close, values_only=True)


def _same(law: str, one: Found, other: Found, close: float) -> None:
    if one.keys() != other.keys():
        raise LawBroken(f"{law}: other measures or slices: {sorted(map(str, one.keys() ^ other.keys()))[:5]}")
    for at, measure in one.items():
        _equal(law, measure, other[at], close)


def _equal(law: str, one: Measure, other: Measure, close: float, *, values_only: bool = False) -> None:
    def numbers(measure: Measure) -> list[float]:
        ends = [] if measure.interval is None else [measure.interval.low, measure.interval.high]
        return [measure.number] if values_only else [measure.number, float(measure.n), *ends]

    where = f"{law}: {one.name} ({one.slice})"
    if not one.is_defined or not other.is_defined:
        if one.value != other.value:
            raise LawBroken(f"{where}: {one.value} became {other.value}")
        return
    pairs = list(zip(numbers(one), numbers(other), strict=False))
    if len(numbers(one)) != len(numbers(other)) or not all(
        math.isclose(a, b, rel_tol=close, abs_tol=close) for a, b in pairs
    ):
        raise LawBroken(f"{where}: {numbers(one)} became {numbers(other)}")

"""`claims.toml`: what a vendor states of a delivery, read strictly.

format = 1
vendor = "Acme Labels"

[price]
amount = 21500
currency = "EUR"
per = "delivery"                       # or "row"

[[claim]]
clause = "3.2"
text = "Annotators agree with Krippendorff's alpha of at least 0.7 in German."
measure = "agreement.alpha"
slice = { by = "locale", value = "de-DE" }
at_least = 0.7                         # or at_most, equal_to, between = [low, high]
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from audit.derive.price import Price
from audit.errors import UsageError
from audit.files import read_toml
from audit.measure import ALL, Slice
from audit.rules.pack import Band
from audit.rules.reading import MEASURE, Key, Table, choice, read_table, real, table, text

FORMAT: Final = 1
BOUNDS: Final = ("at_least", "at_most", "equal_to", "between")
COUNTS: Final = ("rows.read", "rows.accepted", "rows.rejected", "comparisons", "judgments", "pairs.usable")
"""What may be claimed besides measures: counts of the result; usable pairs, as `audit derive` finds them."""


class Per(StrEnum):
    """What a price is for."""

    DELIVERY = "delivery"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is stated."""

    clause: str
    measure: str
    """Name of a measure, or one of COUNTS."""
    band: Band
    """Values of which the statement is true."""
    bound: str
    """One of BOUNDS."""
    slice: Slice = ALL
    text: str = ""
    each: str = ""
    """A slice column: the claim is made of every value of it that was measured."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Everything that is stated of one delivery."""

    entries: tuple[Claim, ...]
    vendor: str = ""
    dataset: str = ""
    price: Price | None = None


def _two(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2 or any(isinstance(end, bool) for end in value):
        raise ValueError
    low, high = (float(end) for end in value)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError
    return low, high


def _one(value: object) -> int:
    if isinstance(value, bool) or value != FORMAT:
        raise ValueError
    return FORMAT


def _tables(value: object) -> list[Table]:
    if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
        raise ValueError
    return value


_CLAIM: Final[dict[str, Key]] = {
    "clause": text(),
    "text": text(required=False),
    "measure": text(rf"{MEASURE}|comparisons|judgments", "a dotted measure name, or one of " + ", ".join(COUNTS)),
    "slice": table({"by": text(), "value": text()}),
    "each": text(required=False),
    "at_least": real(),
    "at_most": real(),
    "equal_to": real(),
    "between": Key(_two, "two numbers, the smaller first", required=False),
}
_FILE: Final[dict[str, Key]] = {
    "format": Key(_one, f"{FORMAT}"),
    "vendor": text(required=False),
    "dataset": text(required=False),
    "price": table(
        {
            "amount": real(0.0, math.inf, required=True),
            "currency": text(r"[A-Z]{3}", "a currency code of three capital letters"),
            "per": choice(Per, required=False),
        }
    ),
    "claim": Key(_tables, "[[claim]] tables"),
}


def load_claims(path: Path, measures: Collection[str]) -> Claims:
    """Read a file of claims.

    Args:
        path: of the file.
        measures: names of every measure that an auditor promises.

    Raises:
        UsageError: naming file, key, got and expected.
    """
    raw = read_toml(path, "the file of claims")
    values = _read(raw, _FILE, str(path), "")
    price = values.get("price")
    return Claims(
        tuple(_claim(entry, str(path), f"claim[{i}]", measures) for i, entry in enumerate(values["claim"])),
        vendor=values.get("vendor", ""),
        dataset=values.get("dataset", ""),
        price=Price(price["amount"], price["currency"], str(price.get("per", Per.DELIVERY))) if price else None,
    )


def _read(raw: Table, keys: Mapping[str, Key], file: str, where: str) -> dict[str, Any]:
    values, problems = read_table(raw, keys, where)
    if problems:
        raise problems[0].as_error(UsageError, file)
    return values


def _claim(raw: Table, file: str, where: str, measures: Collection[str]) -> Claim:
    values = _read(raw, _CLAIM, file, where)
    name, part = values["measure"], values.get("slice")
    known = {*measures, *COUNTS}
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        fix = f"did you mean {' or '.join(near)}?" if near else "`audit explain CODE` lists the measures of an auditor"
        raise UsageError("no auditor measures this", where=f"{file}: {where}.measure", got=name, fix=fix)
    each = values.get("each", "")
    if name in COUNTS and (part or each):
        raise UsageError("counts of the whole have no slices", where=f"{file}: {where}.slice", got=name)
    if part and each:
        what = "a claim is about one slice or about each of a column"
        raise UsageError(what, where=f"{file}: {where}", got="slice and each", expected="one of them")
    stated = [bound for bound in BOUNDS if bound in values]
    if len(stated) != 1:
        got = " and ".join(stated) or "none of them"
        raise UsageError("a claim states one thing", where=f"{file}: {where}", got=got, expected=", ".join(BOUNDS))
    place = Slice(part["by"], part["value"]) if part else ALL
    return Claim(values["clause"], name, _band(values), stated[0], place, values.get("text", ""), each)


def _band(values: Mapping[str, Any]) -> Band:
    if "between" in values:
        return Band(*values["between"])
    low, high = values.get("at_least", -math.inf), values.get("at_most", math.inf)
    return Band(values.get("equal_to", low), values.get("equal_to", high))

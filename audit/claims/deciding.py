"""Confirmed, refuted, undecided or not measured: each claim against the interval of what was measured.

A claim is a band of values. It is *confirmed* when both ends of the interval lie in it: each end is a one-sided 95 %
bound, so a false claim at the edge is confirmed with a chance of 5 % at most. It is *refuted* when the interval lies
outside and the p value of "the claim is true", adjusted by Holm over all claims tested, is at most 5 %: a refutation is
an accusation, and the chance of any false one in the whole file of claims is held. What is counted exactly is decided
exactly. Everything else is *undecided*, with how many more rows would decide it if things stay as they look.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from scipy.special import ndtr, ndtri

from audit.claims.reading import COUNTS, Claim, Claims
from audit.measure import ALL, Interval, Kind, Measure, Slice
from audit.result import number, slice_entry
from audit.rules import decision
from audit.rules.pack import Band
from audit.stats.differences import Ends, degrees

SCHEMA: Final = "https://dpo-audit.dev/claims/v1"
ALPHA: Final = 0.05
"""Chance of a false confirmation of one claim, and of any false refutation."""
POWER: Final = 0.9
"""Chance that the rows which are said to be needed would decide."""
EXACTLY: Final = "counted exactly, no chance is in it"
STATUSES: Final = ("refuted", "undecided", "not_measured", "confirmed")

Document = Mapping[str, Any]


def decide_claims(claims: Claims, result: Document, usable: int | None = None) -> dict[str, Any]:
    """Return the document of claims against a result.

    Args:
        claims: what is stated.
        result: the result document.
        usable: pairs that `audit derive` would keep, where the data are at hand.
    """
    stated = [one for claim in claims.entries for one in _each(claim, result)]
    found = [_measured(claim, result, usable) for claim in stated]
    entries = [_entry(claim, one) for claim, one in zip(stated, found, strict=True)]
    tested = [i for i, entry in enumerate(entries) if entry["p"] is not None]
    for i, adjusted in zip(tested, decision.holm([entries[i]["p"] for i in tested]), strict=True):
        entries[i]["p_adjusted"] = number(adjusted)
    for entry, claim, one in zip(entries, stated, found, strict=True):
        if isinstance(one, Measure):
            _decide(entry, claim, one, len(tested), result["comparisons"])
    counts = {status: sum(entry["status"] == status for entry in entries) for status in STATUSES}
    return {
        "schema": SCHEMA,
        "vendor": claims.vendor or None,
        "dataset": claims.dataset or None,
        "answer": next((status for status in STATUSES if counts[status]), "confirmed"),
        "counts": counts,
        "tested": len(tested),
        "result": {
            "complete": result["complete"],
            "rows": result["rows"],
            "comparisons": result["comparisons"],
            "tool": result["tool"],
            "inputs": [{"name": entry["name"], "sha256": entry["sha256"]} for entry in result["inputs"]],
        },
        "claims": entries,
    }


def _each(claim: Claim, result: Document) -> list[Claim]:
    """Return a claim about every value of a column as one claim for each that was measured; others as they are."""
    if not claim.each:
        return [claim]
    slices = [m["slice"] for m in result["measures"] if m["name"] == claim.measure and m["slice"]]
    values = sorted({part["value"] for part in slices if part["by"] == claim.each})
    return [replace(claim, slice=Slice(claim.each, value)) for value in values] or [
        replace(claim, slice=Slice(claim.each, "each value"))
    ]


def _measured(claim: Claim, result: Document, usable: int | None) -> Measure | tuple[str, str | None]:
    """Return what was measured, or why nothing was and what would unlock it."""
    if claim.measure in COUNTS:
        return _counted(claim.measure, result, usable)
    wanted = slice_entry(claim.slice)
    named = [m for m in result["measures"] if m["name"] == claim.measure]
    entry = next((m for m in named if m["slice"] == wanted), None)
    if entry is None:
        return _absent(claim, result, named)
    if entry["value"] is None:
        return entry["undefined"]["reason"], entry["undefined"]["unlock"]
    return Measure(
        entry["name"],
        entry["value"],
        entry["unit"],
        Kind(entry["kind"]),
        entry["n"],
        _interval(entry),
        entry["n_effective"],
        claim.slice,
        method=entry["method"],
    )


def _counted(name: str, result: Document, usable: int | None) -> Measure | tuple[str, str | None]:
    if name == "pairs.usable":
        if usable is None:
            return "the result does not tell which rows are left together", "the data themselves instead of the result"
        return Measure(name, usable, "count", Kind.CENSUS, result["comparisons"], method="as `audit derive` keeps them")
    value = result["rows"][name.removeprefix("rows.")] if name.startswith("rows.") else result[name]
    return Measure(name, value, "count", Kind.CENSUS, value, method="exact count")


def _absent(claim: Claim, result: Document, named: Sequence[Document]) -> tuple[str, str | None]:
    if named and claim.slice != ALL:
        there = sorted({m["slice"]["value"] for m in named if m["slice"] and m["slice"]["by"] == claim.slice.by})
        if there:
            return f"no slice {claim.slice} was measured", f"rows of that slice; measured: {', '.join(there[:8])}"
        return f"{claim.measure} was not measured by {claim.slice.by}", f"a field mapped as {claim.slice.by}"
    family = claim.measure.partition(".")[0]
    for outcome in result["outcomes"]:
        if outcome["name"] == family or claim.measure.startswith(f"{outcome['name']}."):
            if outcome["status"] == "failed":
                return f"the auditor {outcome['code']} failed: {outcome['error']}", None
            if outcome["missing"]:
                return f"the auditor {outcome['code']} lacks {', '.join(outcome['missing'])}", outcome["unlock"][0]
    return "this result has no such measure", "an audit by this version of the tool"


def _interval(entry: Document) -> Interval | None:
    if entry["low"] is None or entry["high"] is None:
        return None
    error, level = entry["standard_error"], entry["level"]
    df = degrees(Ends(entry["value"], entry["low"], entry["high"]), error, level) if error else None
    return Interval(entry["low"], entry["high"], level, entry["interval_method"] or "", error, df)


def _entry(claim: Claim, one: Measure | tuple[str, str | None]) -> dict[str, Any]:
    measure = one if isinstance(one, Measure) else None
    reason, unlock = ("", None) if isinstance(one, Measure) else one
    interval = measure.interval if measure else None
    return {
        "clause": claim.clause,
        "text": claim.text or None,
        "measure": claim.measure,
        "slice": slice_entry(claim.slice),
        "stated": {
            "bound": claim.bound,
            "low": number(claim.band.low) if math.isfinite(claim.band.low) else None,
            "high": number(claim.band.high) if math.isfinite(claim.band.high) else None,
        },
        "status": "not_measured",
        "value": number(measure.number) if measure else None,
        "low": number(interval.low) if interval else None,
        "high": number(interval.high) if interval else None,
        "level": interval.level if interval else None,
        "unit": measure.unit if measure else None,
        "kind": str(measure.kind) if measure else None,
        "n": measure.n if measure else 0,
        "p": number(_p_value(measure, claim.band)) if measure and interval else None,
        "p_adjusted": None,
        "needed_n": None,
        "more_rows": None,
        "message": reason,
        "unlock": unlock,
    }


def _p_value(measure: Measure, band: Band) -> float | None:
    """Return the p value of "the claim is true".

    Exact where the interval is of a t or a binomial; of any other, the normal tail on the scale of its side towards the
    claim, so that it is 5 % just where the interval's end touches the claim.
    """
    exact = decision.fail_probability(measure, band)
    interval, value = measure.interval, measure.number
    if exact is not None or interval is None:
        return exact
    if band.low <= value <= band.high:
        return 1.0
    beyond, reach = (
        (value - band.high, value - interval.low) if value > band.high else (band.low - value, interval.high - value)
    )
    return 0.0 if reach <= 0 else float(ndtr(-beyond / reach * ndtri(0.5 + interval.level / 2)))


def _decide(entry: dict[str, Any], claim: Claim, measure: Measure, tested: int, comparisons: int) -> None:
    """Fill in status, message and what would decide an open claim."""
    ends = decision.bounds(measure, 1 - ALPHA)
    if ends is None:
        entry["status"], entry["message"] = "undecided", "there is no interval to decide on"
        return
    exact = measure.interval is None
    if decision.inside(ends, claim.band):
        entry["status"] = "confirmed"
        entry["message"] = EXACTLY if exact else "the whole interval agrees with it"
        return
    if decision.outside(ends, claim.band):
        adjusted = entry["p_adjusted"]
        if exact or (adjusted is not None and adjusted <= ALPHA):
            entry["status"] = "refuted"
            told = "the whole interval speaks against it"
            entry["message"] = EXACTLY if exact else f"{told}; p {_p_told(adjusted)} over {tested} claims tested"
            return
    entry["status"] = "undecided"
    entry["message"] = _open(entry, claim, measure, tested, comparisons)


def _open(entry: dict[str, Any], claim: Claim, measure: Measure, tested: int, comparisons: int) -> str:
    value, band, interval = measure.number, claim.band, measure.interval
    agrees = band.low <= value <= band.high
    room = min(value - band.low, band.high - value) if agrees else max(band.low - value, value - band.high)
    if interval is None or room <= 0:
        return "the estimate lies on the edge of what is stated: no amount of rows would decide it"
    error = interval.standard_error
    if error is None:
        error = (interval.high - interval.low) / 2 / float(ndtri(0.5 + interval.level / 2))
    alpha = ALPHA if agrees else ALPHA / max(tested, 1)
    needed = math.ceil(measure.n * ((ndtri(1 - alpha) + ndtri(POWER)) * error / room) ** 2)
    entry["needed_n"] = needed
    entry["more_rows"] = max(math.ceil((needed - measure.n) * comparisons / measure.n), 1) if measure.n else None
    about = float(f"{entry['more_rows'] or 0:.2g}")
    rows = f"; about {about:,.0f} more rows would {'confirm' if agrees else 'refute'} it if this estimate holds"
    return f"the estimate {'agrees' if agrees else 'disagrees'}, the interval does not settle it{rows}"


def _p_told(p: float | None) -> str:
    return "< 0.0001" if p is None or p < 1e-4 else f"{p:.2g}"


def cost(claims: Claims, result: Document, usable: int | None) -> dict[str, Any] | None:
    """Return what a usable pair costs; None where no price is stated.

    Without the data usable pairs are bounded: pairs with a chosen side, less the rows flagged by failed rules that
    count rows, taken all together at best and each for itself at worst.
    """
    if claims.price is None:
        return None
    read = result["rows"]["read"]
    if usable is not None:
        return {**claims.price.told(read, usable), "usable_at_least": usable, "basis": "rows that audit derive keeps"}
    pairs = sum(
        m["value"]
        for m in result["measures"]
        if m["name"] == "balance.label_count" and m["slice"] in ({"by": "label", "value": s} for s in ("a", "b"))
    )
    flagged = [
        rule["evidence"]["total"]
        for rule in result["rules"]
        if rule["verdict"] == "fail" and rule["low"] is None and rule["evidence"] and rule["slice"] is None
    ]
    most, least = pairs - max(flagged, default=0), max(pairs - sum(flagged), 0)
    told = claims.price.told(read, most)
    basis = "pairs with a chosen side, less the rows flagged by failed rules; the data would give the exact number"
    return {**told, "usable_at_least": least, "basis": basis}

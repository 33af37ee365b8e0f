"""Measures of two results side by side: differences with intervals, and which of many really moved.

A difference is tested only where the same auditor, of the same version and with the same parameters, measured both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from audit.result import number
from audit.stats.differences import Ends, degrees, difference, moved_probability, ratio, welch_probability
from audit.stats.multiple import benjamini_hochberg

DISCOVERY_RATE: Final = 0.05
"""Expected share of false ones among the measures, and among the slices, that are said to have moved."""
METHOD: Final = "independent estimates, MOVER from the two intervals"

Document = Mapping[str, Any]
Place = tuple[str, str, str]


def compare_measures(before: Document, after: Document) -> list[dict[str, Any]]:
    """Return every measure that either result has, whole files first, with its difference.

    An entry has `name`, `slice`, `unit`, `kind`, the two sides (`before`, `after`: value, low, high, n; null where it
    was not measured), `difference` (null where there is none, then `reason`), and `moved`: whether it is among those
    that moved at the false discovery rate of its family (whole files, or slices), null where it was not tested. Of
    measures without uncertainty `moved` says whether they differ.
    """
    apart = _measured_otherwise(before, after)
    old, new = _by_place(before), _by_place(after)
    entries = [_entry(old.get(key), new.get(key), apart) for key in sorted(old.keys() | new.keys(), key=_order)]
    found = [entry for entry in entries if entry is not None]
    for family in (False, True):
        _mark_moved([entry for entry in found if (entry["slice"] is not None) is family])
    return found


def _by_place(document: Document) -> dict[Place, Document]:
    return {(m["name"], *_slice(m["slice"])): m for m in document["measures"]}


def _slice(part: Document | None) -> tuple[str, str]:
    return (part["by"], part["value"]) if part else ("", "")


def _order(place: Place) -> tuple[bool, Place]:
    return place[1] != "", place


def _measured_otherwise(before: Document, after: Document) -> dict[str, str]:
    """Return, by auditor, why its two sets of measures are not the same measurement."""
    old, new = ({o["code"]: o for o in document["outcomes"]} for document in (before, after))
    reasons = {}
    for code in old.keys() & new.keys():
        if old[code]["version"] != new[code]["version"]:
            versions = f"{old[code]['version']} and {new[code]['version']}"
            reasons[code] = f"measured by two versions of the auditor {code}, {versions}"
        elif old[code]["parameters"] != new[code]["parameters"]:
            reasons[code] = f"measured with other parameters of the auditor {code}: {_unlike(old[code], new[code])}"
    return reasons


def _unlike(old: Document, new: Document) -> str:
    one, other = old["parameters"], new["parameters"]
    return ", ".join(name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name))


def _entry(old: Document | None, new: Document | None, apart: Mapping[str, str]) -> dict[str, Any] | None:
    """Return one line; None when neither side has a value."""
    sides = [None if m is None or m["value"] is None else m for m in (old, new)]
    if sides == [None, None]:
        return None
    known = next(m for m in (new, old) if m is not None)
    entry: dict[str, Any] = {
        **{key: known[key] for key in ("name", "slice", "unit", "kind", "auditor")},
        **{side: _side(m) for side, m in zip(("before", "after"), sides, strict=True)},
        "difference": None,
        "moved": None,
        "reason": None,
    }
    if sides[0] is None or sides[1] is None:
        entry["reason"] = _absent(old if sides[0] is None else new)
    elif known["auditor"] in apart:
        entry["reason"] = apart[known["auditor"]]
    else:
        entry["difference"], entry["reason"] = _difference(sides[0], sides[1])
    return entry


def _side(measure: Document | None) -> dict[str, Any] | None:
    return None if measure is None else {key: measure[key] for key in ("value", "low", "high", "n", "n_effective")}


def _absent(measure: Document | None) -> str:
    if measure is None:
        return "there is no such measure or slice on one side"
    return str(measure["undefined"]["reason"])


def _difference(a: Document, b: Document) -> tuple[dict[str, Any] | None, str | None]:
    if a["kind"] == "census" and b["kind"] == "census":
        return _told(Ends(*(3 * [b["value"] - a["value"]])), None, None, "exact: both count what is in the file"), None
    if any(m["low"] is None or m["high"] is None for m in (a, b)):
        return None, "a side has no interval, so that chance cannot be told from movement"
    if a["level"] != b["level"]:
        return None, f"intervals of two levels, {a['level']} and {b['level']}"
    ends = [Ends(m["value"], m["low"], m["high"]) for m in (a, b)]
    level = float(a["level"])
    if a["unit"] == "ratio" or a["unit"].startswith("odds ratio"):
        found = ratio(*ends)
        if found is None:
            return None, "a ratio whose interval reaches 0"
        p = moved_probability(Ends(*map(math.log, found)), level)
        return _told(found, level, p, f"ratio on the log scale; {METHOD}", form="ratio"), None
    found = difference(*ends)
    return _told(found, level, _p_value(a, b, found, level), METHOD), None


def _p_value(a: Document, b: Document, found: Ends, level: float) -> float:
    """Return Welch's p value where both sides are t estimates, else the one that the interval stands for."""
    errors = [m["standard_error"] or 0.0 for m in (a, b)]
    df = [degrees(Ends(m["value"], m["low"], m["high"]), e, level) for m, e in zip((a, b), errors, strict=True)]
    if df[0] is None or df[1] is None:
        return moved_probability(found, level)
    return welch_probability(found.value, (errors[0], errors[1]), (df[0], df[1]))


def _told(found: Ends, level: float | None, p: float | None, method: str, form: str = "difference") -> dict[str, Any]:
    sure = level is None
    return {
        "form": form,
        "value": number(found.value),
        "low": None if sure else number(found.low),
        "high": None if sure else number(found.high),
        "level": level,
        "p": number(p),
        "method": method,
    }


def _mark_moved(entries: Sequence[dict[str, Any]]) -> None:
    tested = [entry for entry in entries if entry["difference"] and entry["difference"]["p"] is not None]
    p = np.array([entry["difference"]["p"] for entry in tested], dtype=np.float64)
    for entry, rejected in zip(tested, benjamini_hochberg(p, DISCOVERY_RATE), strict=True):
        entry["moved"] = bool(rejected)
    for entry in entries:
        if entry["difference"] and entry["difference"]["p"] is None:
            entry["moved"] = entry["difference"]["value"] != 0


def tested(entries: Sequence[Document], *, slices: bool) -> Iterator[Document]:
    """Yield the entries that were tested, of whole files or of slices."""
    for entry in entries:
        if (entry["slice"] is not None) is slices and entry["difference"] and entry["difference"]["p"] is not None:
            yield entry

"""Rules whose verdict is another one in the second result, and what of the two results cannot be compared at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Document = Mapping[str, Any]
WORSE_LAST: Final = ("not_applicable", "pass", "pass_with_waivers", "not_assessable", "inconclusive", "fail")
"""Verdicts from none to the worst."""
UNJUDGED: Final = ("not_assessable", "not_applicable")
MOST_NAMED: Final = 6


def changed_rules(before: Document, after: Document) -> list[dict[str, Any]]:
    """Return the rules, slice by slice, whose verdict differs; those that got worse first, as the pack orders them.

    `change` is "worse", "better", "new" (decided in the second only) or "gone"; `worse` is also true of a rule that
    fails and was not decided before; `restated` tells that the rule itself differs: its version, limits or severity.
    """
    old, new = _by_place(before), _by_place(after)
    changes = []
    for place in [*new, *(place for place in old if place not in new)]:
        one, other = old.get(place), new.get(place)
        if one and other and one["verdict"] == other["verdict"]:
            continue
        changes.append(_change(one, other))
    return sorted(changes, key=_rank)


def _by_place(document: Document) -> dict[tuple[str, str, str], Document]:
    return {(rule["id"], *_slice(rule["slice"])): rule for rule in document["rules"]}


def _slice(part: Document | None) -> tuple[str, str]:
    return (part["by"], part["value"]) if part else ("", "")


def _change(one: Document | None, other: Document | None) -> dict[str, Any]:
    known = other or one or {}
    kind = "new" if other else "gone"
    if one and other and not (one["verdict"] in UNJUDGED and other["verdict"] not in UNJUDGED):
        kind = "worse" if _badness(other) > _badness(one) else "better"
    return {
        **{key: known[key] for key in ("id", "title", "slice", "severity", "required", "unit", "measure")},
        "change": kind,
        "worse": kind == "worse" or (kind == "new" and known["verdict"] == "fail"),
        "restated": one is not None and other is not None and _is_restated(one, other),
        "before": _side(one),
        "after": _side(other),
    }


_STATED: Final = ("version", "limit", "fail_limit", "center", "operator", "severity")


def _is_restated(one: Document, other: Document) -> bool:
    """True when the rule itself differs; its confidence is told only where it was judged on an interval."""
    sure = [rule["confidence"] for rule in (one, other) if rule["low"] is not None]
    return any(one[key] != other[key] for key in _STATED) or len(set(sure)) > 1


def _side(rule: Document | None) -> dict[str, Any] | None:
    return None if rule is None else {key: rule[key] for key in ("verdict", "estimate", "low", "high", "n", "message")}


def _badness(rule: Document) -> int:
    return WORSE_LAST.index(rule["verdict"])


def _rank(change: Document) -> tuple[int, bool, bool, int]:
    after = change["after"]
    is_bad = after is not None and after["verdict"] in ("fail", "inconclusive", "not_assessable")
    kind = ("worse", "new", "better", "gone").index(change["change"])
    worst = -WORSE_LAST.index(after["verdict"]) if after else 0
    return (kind if is_bad or kind != 1 else 2), not change["required"], change["slice"] is not None, worst


def warnings(before: Document, after: Document) -> Iterator[str]:
    """Yield what makes the two results differ that is no difference of the data."""
    if not (before["complete"] and after["complete"]):
        yield "One of the audits is incomplete: an auditor failed, and its measures are missing."
    for key, what in (("version", "versions of the tool"), ("extractor", "versions of the text extractor")):
        one, other = before["tool"][key], after["tool"][key]
        if one != other:
            yield f"Measured by two {what}, {one} and {other}: a number may have moved because the tool changed."
    one, other = before["pack"], after["pack"]
    if one["digest"] != other["digest"]:
        names = f"{one['name']} {one['version']} and {other['name']} {other['version']}"
        yield f"Judged by two rule packs, {names}: a verdict may have changed because its rule did."
    yield from _mappings(before, after)
    yield from _auditors(before, after)
    one, other = ((document["waivers"] or {}).get("digest") for document in (before, after))
    if one != other:
        yield "The waivers are not the same: a fail may be waived in one of the two only."


def _mappings(before: Document, after: Document) -> Iterator[str]:
    one, other = ({_frozen(entry["mapping"]): entry["mapping"] for entry in d["inputs"]} for d in (before, after))
    if one.keys() == other.keys():
        return
    layouts = [sorted({str(m.get("layout")) for m in found.values()}) for found in (one, other)]
    if layouts[0] != layouts[1]:
        told = " and ".join(", ".join(names) for names in layouts)
        yield f"Read by other layouts, {told}: what one file records, the other may not."
        return
    fields = [{f"{k}={v}" for m in found.values() for k, v in m["fields"].items()} for found in (one, other)]
    unlike = sorted({entry.partition("=")[0] for entry in fields[0] ^ fields[1]})
    named = ", ".join(unlike[:MOST_NAMED]) + (", ..." if len(unlike) > MOST_NAMED else "")
    yield "Read by other mappings" + (f" ({named})" if named else "") + ": a number may rest on another field."


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(sorted((key, _frozen(item)) for key, item in value.items()))
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _auditors(before: Document, after: Document) -> Iterator[str]:
    old, new = ({o["code"]: o for o in document["outcomes"]} for document in (before, after))
    for key, what in (("version", "other versions"), ("parameters", "other parameters")):
        codes = sorted(code for code in old.keys() & new.keys() if old[code][key] != new[code][key])
        if codes:
            yield f"Auditors of {what}: {', '.join(codes)}. Their measures are shown and not compared."
    alone = sorted(old.keys() ^ new.keys())
    if alone:
        yield f"Auditors of one side only: {', '.join(alone)}."

"""Compare a result with the same audit run again: the answer to an auditor who lies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.canonical import digest
from audit.certificate.statement import statement
from audit.errors import VerificationError

SHOWN: Final = 3
"""Differences that a message names."""


def compare_replay(
    predicate: Mapping[str, Any], certified: Sequence[Mapping[str, Any]] | None, again: Mapping[str, Any]
) -> str:
    """Compare the certified numbers with the verifier's own run, and say what was compared.

    Args:
        predicate: of the certificate.
        certified: measures of its result document, already compared by digest; None when it was not shown: then only
            the rules' estimates and bounds are compared.
        again: result document of the verifier's run.

    Raises:
        VerificationError: naming the first numbers that differ, or a run by another pack.
    """
    mine = statement(again)["predicate"]
    if mine["policy"]["resolvedDigest"] != predicate["policy"]["resolvedDigest"]:
        fix = "give --rules the certified pack"
        raise VerificationError("run again with another rule pack", where="replay", fix=fix)
    for name in ("verdict", "level"):
        if predicate.get(name) != mine[name]:
            what = f"the audit run again has another {name}"
            raise VerificationError(what, where="replay", got=mine[name], expected=ascii(predicate.get(name))[:80])
    compared = [("rules", predicate["rules"], mine["rules"])]
    if certified is not None:
        compared.append(("measures", certified, again["measures"]))
    for what, theirs, ours in compared:
        differ = _differences(theirs, ours)
        if differ:
            raise _difference(what, len(ours), differ, predicate.get("tool"), mine["tool"])
    told = " and ".join(f"{len(ours)} {what}" for what, _, ours in compared)
    same = digest(again) == predicate["results"]["digest"]
    return f"the same {'result, byte for byte' if same else 'numbers'}: {told}"


def _difference(what: str, count: int, differ: Sequence[str], theirs: object, ours: object) -> VerificationError:
    return VerificationError(
        "the audit run again has other numbers",
        where="replay",
        got=f"{len(differ)} of {count} {what} differ: {'; '.join(differ[:SHOWN])}",
        expected=f"the certified numbers (certified by {ascii(theirs)[:80]}, run again by {ascii(ours)[:80]})",
    )


def _differences(certified: Sequence[Mapping[str, Any]], again: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of entries that are not alike in both lists; where their rows lie may differ."""
    left, right = _by_name(certified), _by_name(again)
    return [ascii(name)[:120] for name in sorted({*left, *right}) if left.get(name) != right.get(name)]


def _by_name(entries: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found = {}
    for entry in entries:
        name = f"{entry.get('id') or entry.get('name')} {json.dumps(entry.get('slice'), sort_keys=True)}"
        found[name] = {key: value for key, value in entry.items() if key != "evidence"}
    return found

"""The unsigned statement: an in-toto Statement v1 that binds verdict, rules and results to the audited files.

A pure function of the result document. It holds no time, no random id and no path of this machine, so equal results
give equal statements; `issuedAt` and `expiresAt` stay null until someone signs and answers for them. Unsigned it proves
nothing: anyone can write one. `reports/certificate.schema.json` describes every field.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from audit.canonical import digest
from audit.report.jsonfile import dump_document

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://dpo-audit.dev/certificate/v1"
SPEC_VERSION: Final = "1.1.0"
"""Of every predicate of ours. A reader ignores fields that it does not know, so no new field may turn an accept into a
must-refuse; what must be refused by old readers gets a new major version (or, as waivers did, a verdict unknown to
them)."""
SEED_DERIVATION: Final = "dpo-sample/v1"
REVIEW: Final = "LOT"
"""Code of the auditor of hand reviews."""
VERDICTS: Final = ("pass", "fail", "inconclusive", "not_assessable", "not_applicable")
CERTIFYING: Final = ("pass", "pass_with_waivers")
UNSPECIFIED: Final = "The training profile is unspecified: no trainer, tokenizer, template or truncation was tried."
FILES_ONLY: Final = "Binds whole files by SHA-256; rows are not bound one by one."
LIMITATIONS: Final = (
    "Says nothing of downstream gains: a fit dataset can still train a worse model.",
    UNSPECIFIED,
    FILES_ONLY,
)
UNSIGNED: Final = "Unsigned: it proves nothing of who made it. Rely on it only after computing the result again."


def statement(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement of a result document, in plain JSON values.

    Args:
        document: the result, as `reports/result.schema.json` describes it.

    Returns:
        A certificate when the verdict is `pass` and the audit complete; otherwise a statement that says it is none.

    Raises:
        ValueError: for a document that holds NaN or an infinity.
        KeyError: for a document that lacks a field of the schema.
    """
    written = dump_document(document)
    result: dict[str, Any] = json.loads(written)  # as a verifier reads it back: rounded, every string encodable
    return {
        "_type": STATEMENT_TYPE,
        "subject": _subjects(result),
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "specVersion": SPEC_VERSION,
            **_standing(result),
            "issuedAt": None,
            "expiresAt": None,
            "tool": result["tool"],
            "files": [_file(entry) for entry in result["inputs"]],
            "rows": {**result["rows"], "comparisons": result["comparisons"], "judgments": result["judgments"]},
            "training": None,
            "sampling": sampling(result),
            "waivers": waivers(result),
            "policy": _policy(result["pack"]),
            "results": {"digest": digest(result), "counts": _counts(result["rules"])},
            "rules": [_rule(entry) for entry in result["rules"]],
            "notAssessable": sorted({r["id"] for r in result["rules"] if r["verdict"] == "not_assessable"}),
            "limitations": list(dict.fromkeys([*LIMITATIONS, *_unbound(result), *result["limitations"]])),
            "byproducts": [_byproduct("result.json", "application/json", written)],
            "notes": [UNSIGNED],
        },
    }


def _byproduct(name: str, media_type: str, content: bytes) -> dict[str, str]:
    return {"name": name, "mediaType": media_type, "sha256": hashlib.sha256(content).hexdigest()}


def _standing(result: Mapping[str, Any]) -> dict[str, Any]:
    certifies = result["verdict"] in CERTIFYING and result["complete"] is True
    if certifies:
        waived = "" if result["verdict"] == "pass" else " or is waived by people who answer for it"
        meaning = f"Certificate: every required rule passed{waived}; the data may be called {result['level']}."
    else:
        meaning = f"Not a certificate: the audit ended in {result['verdict']}."
    return {
        "certifies": certifies,
        "meaning": meaning,
        "verdict": result["verdict"],
        "level": result["level"],
        "complete": result["complete"],
    }


def _subjects(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the files with their digests; tables in memory have none, so then the result itself is the subject."""
    files = [{"name": f["name"], "digest": {"sha256": f["sha256"]}} for f in result["inputs"] if f["sha256"]]
    alone = {"name": "result.json as RFC 8785", "digest": {"sha256": digest(result).removeprefix("sha256:")}}
    return files or [alone]


def _unbound(result: Mapping[str, Any]) -> list[str]:
    return [f"Not bound to {f['name']}, which has no file digest." for f in result["inputs"] if not f["sha256"]]


def _file(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "path": entry["name"],
        "size": entry["bytes"],
        "sha256": entry["sha256"],
        "format": entry["format"],
        "layout": entry["layout"],
        "rows": entry["rows"],
    }


def _policy(pack: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "packs": [{"name": pack["name"], "version": pack["version"], "digest": pack["digest"]}],
        "resolvedDigest": pack["digest"],
        "weakened": pack["weakened"],
        "lockDigest": pack["lock"]["digest"] if pack.get("lock") else None,
        "lockedAt": pack["lock"]["lockedAt"] if pack.get("lock") else None,
    }


def waivers(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the waivers that the verdict rests on: everything that a reader needs to agree or not."""
    found = result.get("waivers") or {"entries": [], "on": None}
    applied = [
        {key: value for key, value in entry.items() if key not in ("state", "message")}
        for entry in found["entries"]
        if entry["state"] == "applied"
    ]
    return {
        "count": len(applied),
        "digest": digest(applied),
        "on": found["on"],
        "earliestExpiry": min((entry["expires"] for entry in applied), default=None),
        "entries": applied,
    }


def sampling(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the rows of the hand review were drawn; None where there was none."""
    told = [entry["parameters"].get("reviewed") for entry in result["outcomes"] if entry["code"] == REVIEW]
    if not told or told[0] is None:
        return None
    return {
        "seedDerivation": SEED_DERIVATION,
        "setRoot": told[0]["set_root"],
        "buyerNonce": told[0]["nonce"],
        "by": told[0]["by"] or None,
        "size": told[0]["size"],
        "n": told[0]["drawn"],
        "judged": told[0]["judged"],
        "indicesDigest": told[0]["rows_digest"],
    }


def _counts(rules: list[Mapping[str, Any]]) -> dict[str, int]:
    found = Counter(rule["verdict"] for rule in rules)
    return {_camel(verdict): found[verdict] for verdict in VERDICTS}


def _rule(entry: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "version", "required", "severity", "measure", "slice", "verdict", "estimate", "low", "high")
    more = ("confidence", "method", "unit", "n", "n_effective", "operator", "limit", "fail_limit", "center", "waiver")
    return {_camel(name): entry.get(name) for name in (*names, *more)}


def _camel(name: str) -> str:
    """Return a field name as in-toto predicates write it: fail_limit as failLimit."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)

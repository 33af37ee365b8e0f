"""The checks of a certificate whose signature holds: each says what it found, or raises why not."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

from audit.canonical import digest
from audit.certificate.binding import mismatches
from audit.certificate.claim import LEVELS
from audit.certificate.clock import write_time
from audit.certificate.predicates import ROLES
from audit.certificate.question import CLOCK_SKEW, MOST_RESULT_BYTES, Found, Noted, Question, refusal, shown
from audit.certificate.shape import Shape
from audit.certificate.statement import CERTIFYING
from audit.certificate.strict_json import parse_strict
from audit.rules.pack import COUNTED

SIDES: Final = ("prompt", "response_a", "response_b", "label")
"""Canonical columns that a trainer reads."""


def issuer(q: Question) -> Found:
    """The key may speak for this verifier in this role, and the role is enough."""
    claim = q.claim
    said = f"{shown(claim.issuer)} as {claim.role}, verifier {shown(claim.verifier)}"
    if q.trust is None:
        return Noted(f"{said}: trust not evaluated")
    entries = q.trust.trusted(q.keyid, "certificate")
    named = [entry for entry in entries if entry.verifier == claim.verifier]
    if not named:
        known = ", ".join(sorted({entry.verifier for entry in entries}))
        raise refusal("the key is not trusted for this verifier", "verifier.id", claim.verifier, known)
    if all(entry.role != claim.role for entry in named):
        raise refusal("the key is not trusted for this role", "issuer.role", claim.role, named[0].role)
    if ROLES.index(claim.role) < ROLES.index(q.trust.min_role):
        raise refusal("the issuer's role is not enough", "issuer.role", claim.role, f"at least {q.trust.min_role}")
    return said


def time(q: Question) -> Found:
    """Issued before now, not expired, not older than the buyer takes."""
    claim = q.claim
    if claim.issued_at > q.now + CLOCK_SKEW:
        raise refusal("issued in the future", "issuedAt", write_time(claim.issued_at), f"before {write_time(q.now)}")
    if claim.expires_at <= claim.issued_at:
        raise refusal("expires before it was issued", "expiresAt", write_time(claim.expires_at))
    if claim.expires_at <= q.now:
        raise refusal("expired", "expiresAt", write_time(claim.expires_at), f"after {write_time(q.now)}")
    most = q.trust.max_age_days if q.trust else None
    if most is not None and q.now - claim.issued_at > timedelta(days=most):
        raise refusal("older than the trust policy takes", "issuedAt", write_time(claim.issued_at), f"{most} days")
    return f"issued {write_time(claim.issued_at)}, expires {write_time(claim.expires_at)}"


def scope(q: Question) -> Found:
    """The product and version that the buyer asked for."""
    claim, trust = q.claim, q.trust
    if trust and trust.resource is not None and claim.resource != trust.resource:
        raise refusal("a certificate of something else", "resourceUri", claim.resource, trust.resource)
    if trust and trust.version is not None and claim.dataset_version != trust.version:
        raise refusal(
            "a certificate of another version", "datasetVersion", claim.dataset_version or "none", trust.version
        )
    named = f"{shown(claim.resource)}" + (f", version {shown(claim.dataset_version)}" if claim.dataset_version else "")
    return named if trust and trust.resource else Noted(f"{named}: the trust policy asks for no resource")


def policy(q: Question) -> Found:
    """Judged by a rule pack that the buyer accepts."""
    if q.trust is None:
        return Noted(f"{q.claim.policy}: trust not evaluated")
    if q.claim.policy not in q.trust.packs:
        fix = "read the pack (audit rules show PACK), and add its digest to packs only if its limits suit you"
        raise refusal("the rule pack is not one that you accept", "policy.resolvedDigest", q.claim.policy, fix=fix)
    return q.claim.policy


def weakened(q: Question) -> Found:
    """Rules that ask less than the pack which this one extends are always shown."""
    if not q.claim.weakened:
        return "no rule asks less than its upstream pack"
    return Noted("weaker than upstream: " + "; ".join(str(shown(entry)) for entry in q.claim.weakened))


def reading(q: Question) -> Found:
    """Which source fields were taken for prompt and responses: a trainer that reads others trains on other data."""
    ways = [way.inner("fields") for way in Shape.of(dict(q.claim.predicate), "predicate").each("readings")]
    said = [", ".join(f"{name} = {shown(way.text(name))}" for name in SIDES if way.has(name)) for way in ways]
    return Noted("; ".join(dict.fromkeys(said)) or "by a layout without named fields")


def rows(q: Question) -> Found:
    """The rows at hand are the rows that were audited: none changed, dropped, added or repeated."""
    strict = bool(q.trust and q.trust.strict_order)
    found = mismatches(q.claim.predicate, q.rows, None, strict_order=strict)
    if found:
        raise found[0].error()
    same = q.predicate_rows.get("orderedRoot") == q.rows.ordered_root
    order = "same order" if same else "order differs, which a trainer that shuffles does not see"
    return f"{q.rows.n} rows, set root {q.rows.set_root[:16]}..., {order}"


def files(q: Question) -> Found:
    """The files are byte for byte those audited; or else hold no row that nobody read."""
    found = {file.sha256 for file in q.rows.files}
    certified = set(q.claim.files.values())
    if None not in found and found == certified:
        return f"{len(q.rows.files)} of {len(q.claim.files)} byte for byte"
    if mismatches(q.claim.predicate, q.rows, None):
        return Noted("other bytes, and other rows: see rows")
    if q.rows.excluded:
        raise refusal(
            "the files differ, and rows that nobody audited are in them",
            "files",
            f"{q.rows.excluded} rows set aside",
            "none, or the certified bytes",
            "leave those rows out (rejects.jsonl of an audit names them), or use the certified files",
        )
    return Noted("other bytes with the same rows: re-serialised or re-sharded")


def training(q: Question) -> Found:
    """The training specification is the certified one, field by field."""
    if q.spec is not None:
        found = [m for m in mismatches(q.claim.predicate, q.rows, q.spec) if m.field.startswith("training")]
        if found:
            raise found[0].error()
        return f"{q.spec.digest}, as certified"
    if q.trust and q.trust.require_training:
        fix = "give --spec training.toml"
        raise refusal("the trust policy asks for a training specification", "training", "none to compare", fix=fix)
    bound = "certified for a training specification: give --spec to compare it"
    return Noted(bound if q.claim.has_training else "none certified: the training profile is unspecified")


def verdict(q: Question) -> Found:
    """Verdict, level, rules and flags tell one story, and the level is one that the buyer takes."""
    claim = q.claim
    if claim.verdict not in CERTIFYING or not (claim.certifies and claim.complete) or claim.level not in LEVELS:
        raise refusal("a certificate that does not certify", "verdict", f"{claim.verdict}, level {claim.level}")
    is_waived = False
    for rule in claim.rules:
        ended, required = rule.text("verdict"), rule.flag("required")
        is_counted = ended == "fail" and rule.text("severity") in COUNTED
        if is_counted or (required and ended not in ("pass", "not_applicable")):
            if not rule.has("waiver"):
                what = "a required rule did not pass" if required else "a rule that counts failed"
                raise refusal(what, f"rules {shown(rule.text('id'))}", ended, "pass")
            is_waived = True
    if is_waived is not (claim.verdict == "pass_with_waivers"):
        raise refusal("the verdict hides waivers, or names some that are not there", "verdict", claim.verdict)
    if q.trust and claim.level not in q.trust.levels:
        raise refusal("the level is not one that you accept", "level", claim.level, ", ".join(q.trust.levels))
    counts = ", ".join(f"{count} {shown(name)}" for name, count in sorted(claim.counts.items()) if count)
    return f"{claim.verdict.replace('_', ' ')}, {claim.level} ({counts})"


def results(q: Question) -> Found:
    """The outputs that lie beside the certificate are those that it lists."""
    compared = []
    for name, content in sorted(q.beside.outputs.items()):
        listed = q.claim.byproducts.get(name)
        if listed is None:
            continue
        got = hashlib.sha256(content).hexdigest()
        if got != listed:
            raise refusal("an output differs from the certified one", f"byproducts {name}", got, listed)
        if name == "result.json":
            document = parse_strict(content, name, most_bytes=MOST_RESULT_BYTES)
            if digest(document) != q.claim.results:
                raise refusal(
                    "the result is not the certified one", "results.digest", digest(document), q.claim.results
                )
        compared.append(name)
    return ", ".join(compared) if compared else Noted("no output lies beside the certificate")

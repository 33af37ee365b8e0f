"""The single checks of a certificate whose signature holds: each says what it found, or raises why not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from audit.canonical import digest
from audit.certificate.binding import mismatches
from audit.certificate.bundle import Bundle, Statement, read_bundle
from audit.certificate.claim import LEVELS, Claim, read_claim
from audit.certificate.clock import write_time
from audit.certificate.issuer_log import read_log
from audit.certificate.lock import read_lock
from audit.certificate.predicates import CERTIFICATE, ROLES
from audit.certificate.rows import RowDigests
from audit.certificate.status import read_status
from audit.certificate.strict_json import parse_strict
from audit.certificate.trust import StatusPolicy, TrustPolicy
from audit.errors import VerificationError
from audit.training import TrainingSpec

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead an issuer's clock may be."""
MOST_RESULT_BYTES: Final = 1 << 30


@dataclass(frozen=True)
class Beside:
    """What lies beside a certificate and can be compared with it; all of it optional."""

    outputs: Mapping[str, bytes] = field(default_factory=dict)
    """Files by the names that the certificate lists: result.json, report.html, ..."""
    previous: tuple[bytes, ...] = ()
    """Bundles of the certificates that this one replaces, the newest first."""
    lock: bytes | None = None
    log: bytes | None = None
    replayed: Mapping[str, Any] | None = None
    """Result document of the same audit, run again by the verifier."""


@dataclass(frozen=True)
class Question:
    """A certificate and everything that it is held against."""

    statement: Statement
    claim: Claim
    keyid: str
    trust: TrustPolicy | None
    rows: RowDigests
    spec: TrainingSpec | None
    now: datetime
    beside: Beside

    @property
    def predicate_rows(self) -> Mapping[str, Any]:
        """The certificate's `rows`."""
        found: Mapping[str, Any] = self.claim.predicate["rows"]
        return found


@dataclass(frozen=True)
class Noted:
    """Something to be read that neither holds nor fails."""

    detail: str


Found = str | Noted
CheckFunction = Callable[[Question], Found]


def _refuse(
    what: str, where: str, got: object = None, expected: object = None, fix: str | None = None
) -> VerificationError:
    return VerificationError(what, where=where, got=_short(got), expected=_short(expected), fix=fix)


def _short(value: object) -> str | None:
    """Return a value of the certificate for a message: escaped and cut."""
    return None if value is None else ascii(value)[:160].strip("'")


def issuer(q: Question) -> Found:
    """The key may speak for this verifier in this role, and the role is enough."""
    claim = q.claim
    said = f"{_short(claim.issuer)} as {claim.role}, verifier {_short(claim.verifier)}"
    if q.trust is None:
        return Noted(f"{said}: trust not evaluated")
    entries = q.trust.trusted(q.keyid, "certificate")
    named = [entry for entry in entries if entry.verifier == claim.verifier]
    if not named:
        known = ", ".join(sorted({entry.verifier for entry in entries}))
        raise _refuse("the key is not trusted for this verifier", "verifier.id", claim.verifier, known)
    if all(entry.role != claim.role for entry in named):
        raise _refuse("the key is not trusted for this role", "issuer.role", claim.role, named[0].role)
    if ROLES.index(claim.role) < ROLES.index(q.trust.min_role):
        raise _refuse("the issuer's role is not enough", "issuer.role", claim.role, f"at least {q.trust.min_role}")
    return said


def time(q: Question) -> Found:
    """Issued before now, not expired, not older than the buyer takes."""
    claim = q.claim
    if claim.issued_at > q.now + CLOCK_SKEW:
        raise _refuse("issued in the future", "issuedAt", write_time(claim.issued_at), f"before {write_time(q.now)}")
    if claim.expires_at <= claim.issued_at:
        raise _refuse("expires before it was issued", "expiresAt", write_time(claim.expires_at))
    if claim.expires_at <= q.now:
        raise _refuse("expired", "expiresAt", write_time(claim.expires_at), f"after {write_time(q.now)}")
    most = q.trust.max_age_days if q.trust else None
    if most is not None and q.now - claim.issued_at > timedelta(days=most):
        raise _refuse("older than the trust policy takes", "issuedAt", write_time(claim.issued_at), f"{most} days")
    return f"issued {write_time(claim.issued_at)}, expires {write_time(claim.expires_at)}"


def scope(q: Question) -> Found:
    """The product and version that the buyer asked for."""
    claim, trust = q.claim, q.trust
    if trust and trust.resource is not None and claim.resource != trust.resource:
        raise _refuse("a certificate of something else", "resourceUri", claim.resource, trust.resource)
    if trust and trust.version is not None and claim.dataset_version != trust.version:
        raise _refuse(
            "a certificate of another version", "datasetVersion", claim.dataset_version or "none", trust.version
        )
    named = f"{_short(claim.resource)}" + (
        f", version {_short(claim.dataset_version)}" if claim.dataset_version else ""
    )
    return named if trust and trust.resource else Noted(f"{named}: the trust policy asks for no resource")


def policy(q: Question) -> Found:
    """Judged by a rule pack that the buyer accepts."""
    if q.trust is None:
        return Noted(f"{q.claim.policy}: trust not evaluated")
    if q.claim.policy not in q.trust.packs:
        fix = "read the pack (audit rules show PACK), and add its digest to packs only if its limits suit you"
        raise _refuse("the rule pack is not one that you accept", "policy.resolvedDigest", q.claim.policy, fix=fix)
    return q.claim.policy


def weakened(q: Question) -> Found:
    """Rules that ask less than the pack which this one extends are always shown."""
    if not q.claim.weakened:
        return "no rule asks less than its upstream pack"
    return Noted("weaker than upstream: " + "; ".join(str(_short(entry)) for entry in q.claim.weakened))


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
    if q.rows.excluded:
        raise _refuse(
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
        found = mismatches(q.claim.predicate, q.rows, q.spec)
        if found:
            raise found[0].error()
        return f"{q.spec.digest}, as certified"
    if q.trust and q.trust.require_training:
        fix = "give --spec training.toml"
        raise _refuse("the trust policy asks for a training specification", "training", "none to compare", fix=fix)
    bound = "certified for a training specification: give --spec to compare it"
    return Noted(bound if q.claim.has_training else "none certified: the training profile is unspecified")


def verdict(q: Question) -> Found:
    """Verdict, level, rules and flags tell one story, and the level is one that the buyer takes."""
    claim = q.claim
    if (claim.verdict, claim.certifies, claim.complete) != ("pass", True, True) or claim.level not in LEVELS:
        raise _refuse("a certificate that does not certify", "verdict", f"{claim.verdict}, level {claim.level}")
    for rule in claim.rules:
        if rule.flag("required") and rule.text("verdict") not in ("pass", "not_applicable"):
            where = f"rules {_short(rule.text('id'))}"
            raise _refuse("a required rule did not pass", where, rule.text("verdict"), "pass")
    if q.trust and claim.level not in q.trust.levels:
        raise _refuse("the level is not one that you accept", "level", claim.level, ", ".join(q.trust.levels))
    counts = ", ".join(f"{count} {_short(name)}" for name, count in sorted(claim.counts.items()) if count)
    return f"pass, {claim.level} ({counts})"


def results(q: Question) -> Found:
    """The outputs that lie beside the certificate are those that it lists."""
    compared = []
    for name, content in sorted(q.beside.outputs.items()):
        listed = q.claim.byproducts.get(name)
        if listed is None:
            continue
        got = hashlib.sha256(content).hexdigest()
        if got != listed:
            raise _refuse("an output differs from the certified one", f"byproducts {name}", got, listed)
        if name == "result.json":
            document = parse_strict(content, name, most_bytes=MOST_RESULT_BYTES)
            if digest(document) != q.claim.results:
                raise _refuse(
                    "the result is not the certified one", "results.digest", digest(document), q.claim.results
                )
        compared.append(name)
    return ", ".join(compared) if compared else Noted("no output lies beside the certificate")


def lock(q: Question) -> Found:
    """The rule pack was committed to before the certificate was issued."""
    claim, content = q.claim, q.beside.lock
    if claim.lock_digest is None or claim.locked_at is None:
        if (q.trust and q.trust.require_lock) or content is not None:
            raise _refuse("the certificate names no policy lock", "policy.lockDigest", "none")
        return Noted("no policy lock")
    if claim.locked_at > claim.issued_at:
        raise _refuse("locked after it was issued", "policy.lockedAt", write_time(claim.locked_at))
    if content is None:
        if q.trust and q.trust.require_lock:
            raise _refuse("the policy lock was not shown", "policy.lockDigest", fix="give --lock FILE, as you got it")
        return Noted(f"locked {write_time(claim.locked_at)} by the issuer's word: give --lock to compare")
    found = read_lock(_signed(q, read_bundle(content, "lock"), "lock"))
    if found.digest != claim.lock_digest:
        raise _refuse("another policy lock", "policy.lockDigest", found.digest, claim.lock_digest)
    if found.pack != claim.policy or found.locked_at != claim.locked_at or found.verifier != claim.verifier:
        raise _refuse("the policy lock commits to something else", "lock", found.pack, claim.policy)
    return f"locked {write_time(found.locked_at)}, before it was issued"


def status(q: Question) -> Found:
    """Neither certificate nor key is revoked, by a list that is neither old nor rolled back."""
    wanted = q.trust.status if q.trust else None
    if wanted is None:
        return Noted("revocation not checked: the trust policy names no status list")
    if wanted.content is None:
        return _unknown(wanted, "there is no status list")
    found = read_status(_signed(q, read_bundle(wanted.content, "status list"), "status"))
    if found.verifier != q.claim.verifier:
        return _unknown(wanted, f"the status list is of another verifier, {_short(found.verifier)}")
    wanted.memory.check(found)
    if found.issued_at > q.now + CLOCK_SKEW:
        raise _refuse("a status list of the future", "status.issuedAt", write_time(found.issued_at))
    for entry in found.entries:
        if entry.about(q.claim.certificate_id, q.keyid):
            what = "the key" if entry.keyid else "the certificate"
            raise _refuse(f"{what} is {entry.status}", "status", f"{write_time(entry.at)}: {_short(entry.reason)}")
    wanted.memory.remember(found)
    if found.next_update <= q.now:
        return _unknown(wanted, f"the status list was to be replaced by {write_time(found.next_update)}")
    return f"not revoked by list {found.sequence}, next due {write_time(found.next_update)}"


def _unknown(wanted: StatusPolicy, why: str) -> Noted:
    if wanted.required:
        raise _refuse(why, "status", fix="fetch the issuer's current list")
    return Noted(why)


def chain(q: Question) -> Found:
    """Each certificate shown names the one before it, by digest."""
    claim = q.claim
    if not q.beside.previous:
        if claim.supersedes is None:
            return "the first of its line"
        return Noted(f"replaces {_short(claim.supersedes)}, which was not shown: give --previous")
    for content in q.beside.previous:
        bundle = read_bundle(content, "previous certificate")
        earlier = read_claim(_signed(q, bundle, "certificate"))
        if (claim.previous, claim.supersedes) != (bundle.digest, earlier.certificate_id):
            raise _refuse("not the certificate that was replaced", "previousCertificate", bundle.digest, claim.previous)
        if earlier.issued_at > claim.issued_at:
            raise _refuse("replaced before it was issued", "issuedAt", write_time(earlier.issued_at))
        claim = earlier
    return f"{len(q.beside.previous)} replaced certificates, each named by the next"


def log(q: Question) -> Found:
    """The certificate stands in the issuer's log where it says, and the log grew out of what it was then."""
    claim, content = q.claim, q.beside.log
    if content is None:
        if q.trust and q.trust.require_log:
            raise _refuse("the issuer's log was not shown", "log", fix="give --log FILE, as the issuer publishes it")
        return Noted("the issuer's log was not shown")
    if claim.log_size is None or claim.log_root is None:
        raise _refuse("the certificate names no log", "issuerLog", "none")
    found = read_log(content)
    found.check_head(claim.log_size, claim.log_root)
    if len(found.entries) <= claim.log_size or found.entries[claim.log_size].statement != q.statement.digest:
        raise _refuse("the certificate is not in the issuer's log", f"log, line {claim.log_size + 1}")
    same = [entry for entry in found.entries if entry.resource == claim.resource]
    refused = sum(entry.predicate_type != CERTIFICATE for entry in same)
    said = f"line {claim.log_size + 1}; of this resource: {len(same)} audits, {refused} of them refused"
    return Noted(said) if refused else said


def _signed(q: Question, bundle: Bundle, use: str) -> Statement:
    """Return a companion's statement, signed by a key that is trusted for it or, without a policy, by nobody known."""
    if q.trust is None:
        raise _refuse("nothing else can be trusted without a trust policy", use, fix="give --trust")
    entries = [e for e in q.trust.trusted(bundle.hint, use) if e.verifier == q.claim.verifier]
    if not entries:
        raise _refuse("signed by a key that is not trusted for it", use, bundle.hint)
    if not bundle.signed_by(entries[0].key):
        raise _refuse("the signature does not hold", use)
    return bundle.statement()

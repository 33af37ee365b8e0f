"""The checks of a certificate against its companions: policy lock, status list, replaced certificates, issuer's log."""

from __future__ import annotations

from audit.certificate.bundle import Bundle, Statement, read_bundle
from audit.certificate.claim import read_claim
from audit.certificate.clock import write_time
from audit.certificate.issuer_log import read_log
from audit.certificate.lock import read_lock
from audit.certificate.predicates import CERTIFICATE
from audit.certificate.question import CLOCK_SKEW, Found, Noted, Question, refusal, shown
from audit.certificate.status import read_status
from audit.certificate.trust import StatusPolicy


def lock(q: Question) -> Found:
    """The rule pack was committed to before the audit: its result names the commitment."""
    claim, content = q.claim, q.beside.lock
    if claim.lock_digest is None or claim.locked_at is None:
        if (q.trust and q.trust.require_lock) or content is not None:
            raise refusal("the certificate names no policy lock", "policy.lockDigest", "none")
        return Noted("no policy lock")
    if claim.locked_at > claim.issued_at:
        raise refusal("locked after it was issued", "policy.lockedAt", write_time(claim.locked_at))
    if content is None:
        if q.trust and q.trust.require_lock:
            raise refusal("the policy lock was not shown", "policy.lockDigest", fix="give --lock FILE, as you got it")
        return Noted(f"locked {write_time(claim.locked_at)} by the issuer's word: give --lock to compare")
    found = read_lock(_signed(q, read_bundle(content, "lock"), "lock"))
    if found.digest != claim.lock_digest:
        raise refusal("another policy lock", "policy.lockDigest", found.digest, claim.lock_digest)
    if found.pack != claim.policy or found.locked_at != claim.locked_at or found.verifier != claim.verifier:
        raise refusal("the policy lock commits to something else", "lock", found.pack, claim.policy)
    said = f"locked {write_time(found.locked_at)}, before it was issued"
    if claim.spec_version.startswith("1.0."):
        return f"{said}; of an old version, which does not show that it was before the audit"
    document = q.certified_result()
    if document is not None:
        pack = document.inner("pack")
        if not pack.has("lock") or pack.inner("lock").hex("digest") != claim.lock_digest:
            raise refusal("the audit knew of no such lock", "result.json pack.lock")
    return f"{said}, and the audit was run under it"


def status(q: Question) -> Found:
    """Neither certificate nor key is revoked, by a list that is neither old nor rolled back."""
    wanted = q.trust.status if q.trust else None
    if wanted is None:
        return Noted("revocation not checked: the trust policy names no status list")
    if wanted.content is None:
        return _unknown(wanted, "there is no status list")
    found = read_status(_signed(q, read_bundle(wanted.content, "status list"), "status"))
    if found.verifier != q.claim.verifier:
        return _unknown(wanted, f"the status list is of another verifier, {shown(found.verifier)}")
    wanted.memory.check(found)
    wanted.memory.remember(found)  # before its entries speak: a list that revokes must not be forgotten either
    if found.issued_at > q.now + CLOCK_SKEW:
        raise refusal("a status list of the future", "status.issuedAt", write_time(found.issued_at))
    for entry in found.entries:
        if entry.about(q.claim.certificate_id, q.keyid):
            what = "the key" if entry.keyid else "the certificate"
            raise refusal(f"{what} is {entry.status}", "status", f"{write_time(entry.at)}: {shown(entry.reason)}")
    if found.next_update <= q.now:
        return _unknown(wanted, f"the status list was to be replaced by {write_time(found.next_update)}")
    return f"not revoked by list {found.sequence}, next due {write_time(found.next_update)}"


def _unknown(wanted: StatusPolicy, why: str) -> Noted:
    if wanted.required:
        raise refusal(why, "status", fix="fetch the issuer's current list")
    return Noted(why)


def chain(q: Question) -> Found:
    """Each certificate shown names the one before it, by digest."""
    claim = q.claim
    if not q.beside.previous:
        if claim.supersedes is None:
            return "the first of its line"
        return Noted(f"replaces {shown(claim.supersedes)}, which was not shown: give --previous")
    for content in q.beside.previous:
        bundle = read_bundle(content, "previous certificate")
        earlier = read_claim(_signed(q, bundle, "certificate"))
        if (claim.previous, claim.supersedes) != (bundle.digest, earlier.certificate_id):
            raise refusal("not the certificate that was replaced", "previousCertificate", bundle.digest, claim.previous)
        if earlier.issued_at > claim.issued_at:
            raise refusal("replaced before it was issued", "issuedAt", write_time(earlier.issued_at))
        claim = earlier
    return f"{len(q.beside.previous)} replaced certificates, each named by the next"


def log(q: Question) -> Found:
    """The certificate stands in the issuer's log where it says, and the log grew out of what it was then."""
    claim, content = q.claim, q.beside.log
    if content is None:
        if q.trust and q.trust.require_log:
            raise refusal("the issuer's log was not shown", "log", fix="give --log FILE, as the issuer publishes it")
        return Noted("the issuer's log was not shown")
    if claim.log_size is None or claim.log_root is None:
        raise refusal("the certificate names no log", "issuerLog", "none")
    found = read_log(content)
    found.check_head(claim.log_size, claim.log_root)
    if len(found.entries) <= claim.log_size or found.entries[claim.log_size].statement != q.statement.digest:
        raise refusal("the certificate is not in the issuer's log", f"log, line {claim.log_size + 1}")
    same = [entry for entry in found.entries if entry.resource == claim.resource]
    refused = sum(entry.predicate_type != CERTIFICATE for entry in same)
    said = f"line {claim.log_size + 1}; of this resource: {len(same)} audits, {refused} of them refused"
    return Noted(said) if refused else said


def _signed(q: Question, bundle: Bundle, use: str) -> Statement:
    """Return a companion's statement, signed by a key that is trusted for it or, without a policy, by nobody known."""
    if q.trust is None:
        raise refusal("nothing else can be trusted without a trust policy", use, fix="give --trust")
    entries = [e for e in q.trust.trusted(bundle.hint, use) if e.verifier == q.claim.verifier]
    if not entries:
        raise refusal("signed by a key that is not trusted for it", use, bundle.hint)
    if not bundle.signed_by(entries[0].key):
        raise refusal("the signature does not hold", use)
    return bundle.statement()

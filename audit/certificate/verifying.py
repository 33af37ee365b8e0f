"""Verify a certificate: one line a check, and the first reason to refuse.

Nothing of a bundle is read before its signature holds, and nothing is accepted that a check did not ask about. Without
a trust policy the signature may hold, but nobody knows whose it is: that is never an acceptance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from audit.certificate import checking, companions, waived
from audit.certificate.bundle import Bundle, Statement, read_bundle
from audit.certificate.claim import read_claim
from audit.certificate.keys import PublicKey
from audit.certificate.predicates import CERTIFICATE, REFUSAL
from audit.certificate.question import Beside, CheckFunction, Noted, Question
from audit.certificate.replay import compare_replay
from audit.certificate.rows import RowDigests
from audit.certificate.trust import TrustPolicy
from audit.errors import AuditError, VerificationError
from audit.training import TrainingSpec

NOT_EVALUATED: Final = "signature valid, trust not evaluated"


class Status(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    NOTED = "noted"
    """To be read; neither held nor failed."""
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """One line of a verification."""

    name: str
    status: Status
    detail: str


@dataclass(frozen=True)
class Verification:
    """What came of it."""

    checks: tuple[Check, ...]
    accepted: bool
    reason: str | None
    """First reason to refuse; None when accepted."""
    predicate: Mapping[str, Any] | None = None
    """Of a statement whose signature holds."""

    def error(self) -> VerificationError:
        """Return the refusal as an error.

        Raises:
            ValueError: when the certificate was accepted.
        """
        if self.reason is None:
            raise ValueError("the certificate was accepted")
        failed = next((check.name for check in self.checks if check.status is Status.FAILED), "trust")
        return VerificationError(f"certificate refused: {self.reason}", where=failed)

    def to_json(self) -> dict[str, Any]:
        """Return the verification as plain JSON values."""
        checks = [{"name": c.name, "status": str(c.status), "detail": c.detail} for c in self.checks]
        return {"accepted": self.accepted, "reason": self.reason, "checks": checks}


Rows = RowDigests | Callable[[Mapping[str, Any]], RowDigests]
"""Digests of the data, or what computes them from an authentic predicate (which tells how the rows were read)."""


def _replay(q: Question) -> str | Noted:
    if q.beside.replayed is None:
        return Noted("the audit was not run again: give --replay")
    document = q.certified_result()
    certified = None if document is None else [entry.value for entry in document.each("measures")]
    return compare_replay(q.claim.predicate, certified, q.beside.replayed)


CHECKS: Final[tuple[tuple[str, CheckFunction], ...]] = (
    ("issuer", checking.issuer),
    ("time", checking.time),
    ("scope", checking.scope),
    ("policy", checking.policy),
    ("weakened", checking.weakened),
    ("reading", checking.reading),
    ("rows", checking.rows),
    ("files", checking.files),
    ("training", checking.training),
    ("verdict", checking.verdict),
    ("waivers", waived.waivers),
    ("sampling", waived.sampling),
    ("results", checking.results),
    ("lock", companions.lock),
    ("status", companions.status),
    ("chain", companions.chain),
    ("log", companions.log),
    ("replay", _replay),
)


def verify_bundle(
    bundle: bytes,
    trust: TrustPolicy | None,
    rows: Rows,
    spec: TrainingSpec | None = None,
    *,
    now: datetime,
    key: PublicKey | None = None,
    beside: Beside | None = None,
) -> Verification:
    """Verify a certificate against data, training and a trust policy.

    Args:
        bundle: the Sigstore bundle, as bytes from anywhere.
        trust: the buyer's policy; None: the certificate is checked but never accepted.
        rows: digests of the data at hand, or a function that computes them once the signature holds.
        spec: the training about to start; None: it is not compared.
        now: the time to judge by, with its zone.
        key: without a policy, the key to check the signature with.
        beside: files beside the certificate.

    Raises:
        UsageError: the policy's memory of status lists cannot be read.
        InputError: the data cannot be read.
        ValueError: the time has no zone.
    """
    if now.tzinfo is None:
        raise ValueError("the time to judge by has no zone")
    checks: list[Check] = []

    def refuse(name: str, fault: AuditError) -> Verification:
        checks.append(Check(name, Status.FAILED, str(fault)))
        return Verification(tuple(checks), accepted=False, reason=f"{name}: {fault.what}")

    try:
        opened = read_bundle(bundle)
    except VerificationError as fault:
        return refuse("form", fault)
    checks.append(Check("form", Status.PASSED, f"a Sigstore bundle, {len(bundle)} bytes"))
    try:
        checks.append(Check("signature", Status.PASSED, _authentic(opened, trust, key)))
    except VerificationError as fault:
        return refuse("signature", fault)
    try:
        statement = opened.statement()
        checks.append(Check("type", Status.PASSED, _certificate(statement)))
        claim = read_claim(statement)
    except VerificationError as fault:
        return refuse("type" if len(checks) == 2 else "fields", fault)
    try:
        found = rows(claim.predicate) if callable(rows) else rows
    except VerificationError as fault:
        return refuse("reading", fault)
    question = Question(statement, claim, opened.hint, trust, found, spec, now, beside or Beside())
    checks += [_check(name, check, question) for name, check in CHECKS]
    return _concluded(checks, trust, claim.predicate)


def _check(name: str, check: CheckFunction, question: Question) -> Check:
    try:
        found = check(question)
    except VerificationError as fault:
        return Check(name, Status.FAILED, str(fault).removeprefix(f"{name}: "))
    if isinstance(found, Noted):
        return Check(name, Status.NOTED, found.detail)
    return Check(name, Status.PASSED, found)


def _concluded(checks: list[Check], trust: TrustPolicy | None, predicate: Mapping[str, Any]) -> Verification:
    failed = next((check for check in checks if check.status is Status.FAILED), None)
    reason = f"{failed.name}: {failed.detail.splitlines()[0]}" if failed else None
    if reason is None and trust is None:
        reason = NOT_EVALUATED
    return Verification(tuple(checks), accepted=reason is None, reason=reason, predicate=predicate)


def _authentic(opened: Bundle, trust: TrustPolicy | None, key: PublicKey | None) -> str:
    """Check the signature by a key of the policy or, without one, by the key given; the bundle's own word is no key."""
    if trust is not None:
        entries = trust.trusted(opened.hint, "certificate")
        if not entries:
            raise VerificationError("signed by a key that the trust policy does not list", where="key", got=opened.hint)
        key = entries[0].key
    if key is None:
        raise VerificationError("the signature cannot be checked without a key", fix="give --trust FILE (or --key PUB)")
    if opened.hint != key.keyid:
        raise VerificationError("signed by another key", where="key", got=opened.hint, expected=key.keyid)
    if not opened.signed_by(key):
        raise VerificationError("the signature does not hold: bundle or payload was changed", where="signature")
    return f"by key {key.keyid[:16]}..."


def _certificate(statement: Statement) -> str:
    if statement.predicate_type == REFUSAL:
        verdict = ascii(statement.predicate.value.get("verdict"))[:40]
        raise VerificationError("a signed refusal, not a certificate", where="predicateType", got=f"verdict {verdict}")
    if statement.predicate_type != CERTIFICATE:
        got = ascii(statement.predicate_type)[:160]
        raise VerificationError("not a certificate of a major version read here", got=got, expected=CERTIFICATE)
    return "a certificate, version 1"

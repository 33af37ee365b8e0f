"""The policy lock: a signed commitment to a rule pack, made and handed over before the audit.

It shows that limits were not chosen after the result was seen. The times in it are the issuer's own word; the proof is
that the buyer held the lock before the data were audited.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.certificate.bundle import Statement
from audit.certificate.clock import write_time
from audit.certificate.predicates import LOCK, SPEC_VERSION
from audit.certificate.statement import STATEMENT_TYPE
from audit.errors import VerificationError


@dataclass(frozen=True)
class PolicyLock:
    """A lock as read."""

    verifier: str
    pack: str
    """Digest of the resolved pack, with its prefix."""
    locked_at: datetime
    digest: str
    """Hex SHA-256 of the signed payload."""


def lock_statement(name: str, version: str, pack_digest: str, verifier: str, at: datetime) -> dict[str, Any]:
    """Return the statement that commits to a rule pack.

    Args:
        name: of the pack.
        version: of the pack.
        pack_digest: of the resolved pack, with its prefix.
        verifier: id of the issuer.
        at: now.
    """
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": f"{name}@{version}", "digest": {"sha256": pack_digest.removeprefix("sha256:")}}],
        "predicateType": LOCK,
        "predicate": {
            "specVersion": SPEC_VERSION,
            "verifier": {"id": verifier},
            "lockedAt": write_time(at),
            "pack": {"name": name, "version": version, "digest": pack_digest},
        },
    }


def read_lock(statement: Statement) -> PolicyLock:
    """Read the statement of a policy lock.

    Raises:
        VerificationError: it is another statement, or a field is missing or wrong.
    """
    if statement.predicate_type != LOCK:
        raise VerificationError("not a policy lock", where="lock", got=statement.predicate_type[:100], expected=LOCK)
    body = statement.predicate
    pack = body.inner("pack").digest("digest")
    if [sha for _, sha in statement.subjects] != [pack.removeprefix("sha256:")]:
        raise VerificationError("the subject is not the pack of the predicate", where="lock.subject")
    return PolicyLock(body.inner("verifier").text("id"), pack, body.time("lockedAt"), statement.digest)

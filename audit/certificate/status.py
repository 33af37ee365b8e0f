"""The signed status list: which certificates and keys no longer hold, numbered so that an old list is not taken again.

A verifier keeps the highest number that it has seen of each issuer, with the digest of that list: a lower number, or
another list under the same number, is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from audit.canonical import canonical_json, digest
from audit.certificate.bundle import Statement
from audit.certificate.clock import write_time
from audit.certificate.predicates import SPEC_VERSION, STATUS
from audit.certificate.shape import HEX, Shape
from audit.certificate.statement import STATEMENT_TYPE
from audit.certificate.strict_json import parse_strict
from audit.errors import UsageError, VerificationError
from audit.report.atomic import write_atomically

REVOKED: Final = "revoked"
SUSPENDED: Final = "suspended"
SUPERSEDED: Final = "superseded"
STATUSES: Final = (REVOKED, SUSPENDED, SUPERSEDED)
DEFAULT_DAYS: Final = 30


@dataclass(frozen=True)
class Entry:
    """One certificate, or one key with all its certificates, that no longer holds."""

    status: str
    reason: str
    at: datetime
    certificate_id: str | None = None
    keyid: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the entry as the list holds it."""
        named = {"certificateId": self.certificate_id, "keyid": self.keyid}
        plain = {"status": self.status, "reason": self.reason, "at": write_time(self.at)}
        return plain | {name: value for name, value in named.items() if value is not None}

    def about(self, certificate_id: str, keyid: str) -> bool:
        """True when it speaks of that certificate or its key."""
        return certificate_id == self.certificate_id or keyid == self.keyid


@dataclass(frozen=True)
class StatusList:
    """A list as read."""

    verifier: str
    sequence: int
    issued_at: datetime
    next_update: datetime
    entries: tuple[Entry, ...]
    digest: str
    """Hex SHA-256 of its signed payload."""


def status_statement(
    verifier: str, sequence: int, entries: Sequence[Entry], at: datetime, days: int = DEFAULT_DAYS
) -> dict[str, Any]:
    """Return the statement of a status list.

    Args:
        verifier: id of the issuer.
        sequence: one more than that of the list before, from 1.
        entries: everything that no longer holds: those of the list before, and new ones.
        at: now.
        days: when the next list comes, at the latest.
    """
    listed = [entry.to_json() for entry in entries]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "entries", "digest": {"sha256": digest(listed).removeprefix("sha256:")}}],
        "predicateType": STATUS,
        "predicate": {
            "specVersion": SPEC_VERSION,
            "verifier": {"id": verifier},
            "sequence": sequence,
            "issuedAt": write_time(at),
            "nextUpdate": write_time(at + timedelta(days=days)),
            "entries": listed,
        },
    }


def read_status(statement: Statement) -> StatusList:
    """Read the statement of a status list.

    Raises:
        VerificationError: it is another statement, or a field is missing or wrong.
    """
    if statement.predicate_type != STATUS:
        raise VerificationError(
            "not a status list", where="status", got=statement.predicate_type[:100], expected=STATUS
        )
    body = statement.predicate
    entries = tuple(_entry(entry) for entry in body.each("entries"))
    listed = digest([entry.to_json() for entry in entries]).removeprefix("sha256:")
    if statement.subjects != (("entries", listed),):
        raise VerificationError("the subject is not the list's entries", where="status.subject")
    return StatusList(
        verifier=body.inner("verifier").text("id"),
        sequence=body.whole("sequence"),
        issued_at=body.time("issuedAt"),
        next_update=body.time("nextUpdate"),
        entries=entries,
        digest=statement.digest,
    )


def _entry(shape: Shape) -> Entry:
    shape.only(("status", "reason", "at", "certificateId", "keyid"))
    entry = Entry(
        status=shape.one_of("status", STATUSES),
        reason=shape.text("reason"),
        at=shape.time("at"),
        certificate_id=shape.maybe_text("certificateId"),
        keyid=shape.hex("keyid") if shape.has("keyid") else None,
    )
    if (entry.certificate_id is None) == (entry.keyid is None):
        raise VerificationError("an entry names one certificate or one key", where=shape.where)
    return entry


@dataclass(frozen=True)
class StatusMemory:
    """The newest list seen of each issuer, in a small file of the verifier's own."""

    path: Path

    def check(self, found: StatusList) -> None:
        """Refuse a list that is older than, or differs from, one seen before.

        Raises:
            VerificationError: for a rollback, or two lists of one number.
            UsageError: the memory cannot be read; without it no rollback would be noticed.
        """
        seen = self._read().get(found.verifier)
        if seen is None:
            return
        sequence, known = seen
        if found.sequence < sequence:
            raise VerificationError(
                "an older status list than one seen before",
                where="status.sequence",
                got=str(found.sequence),
                expected=f"at least {sequence}",
                fix="fetch the issuer's current list",
            )
        if found.sequence == sequence and found.digest != known:
            raise VerificationError(
                "two status lists of one number: the issuer says two things", where="status.sequence"
            )

    def remember(self, found: StatusList) -> None:
        """Note a list that was checked.

        Raises:
            AuditError: when the file system refuses.
        """
        seen = self._read()
        if seen.get(found.verifier) == (found.sequence, found.digest):
            return
        seen[found.verifier] = (found.sequence, found.digest)
        plain: Mapping[str, Any] = {name: {"sequence": n, "digest": sha} for name, (n, sha) in sorted(seen.items())}
        write_atomically(self.path, json.dumps(plain, indent=2).encode("utf-8") + b"\n")

    def _read(self) -> dict[str, tuple[int, str]]:
        where = str(self.path)
        try:
            content = self.path.read_bytes() if self.path.exists() else canonical_json({})
            shape = Shape.of(parse_strict(content, where), where)
            entries = {name: shape.inner(name) for name in shape.value}
            return {name: (e.whole("sequence"), e.matching("digest", HEX, "hex")) for name, e in entries.items()}
        except (OSError, VerificationError) as fault:
            fix = "restore it from a backup; delete it only if you accept that an older list may be shown to you"
            raise UsageError(
                "the memory of status lists cannot be read", where=where, got=str(fault), fix=fix
            ) from fault

"""`audit status`: write the signed list of certificates and keys that no longer hold."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import Final

from audit.certificate.bundle import read_bundle, seal
from audit.certificate.claim import CERTIFICATE_ID
from audit.certificate.clock import current_time, write_time
from audit.certificate.keys import SigningKey
from audit.certificate.shape import HEX
from audit.certificate.status import (
    REVOKED,
    SUPERSEDED,
    SUSPENDED,
    Entry,
    StatusList,
    read_status,
    status_statement,
)
from audit.commands.passphrase import open_key, verifier_id
from audit.errors import UsageError
from audit.report.atomic import write_atomically

MOST_DAYS: Final = 365


def main(arguments: Namespace) -> int:
    """Write the next list: all entries of the one before, and the new ones."""
    key, now, out = open_key(arguments), current_time(), Path(arguments.out)
    if not 1 <= arguments.next_days <= MOST_DAYS:
        raise UsageError("no such term", where="--next-days", expected=f"1 to {MOST_DAYS}")
    before = _before(out, key)
    entries = [*(before.entries if before else ()), *_added(arguments, now)]
    sequence = before.sequence + 1 if before else 1
    verifier = before.verifier if before and not arguments.verifier else verifier_id(arguments, key)
    if before and before.verifier != verifier:
        raise UsageError("the list is of another verifier", where=str(out), got=verifier, expected=before.verifier)
    made = status_statement(verifier, sequence, entries, now, arguments.next_days)
    write_atomically(out, seal(made, key))
    due = made["predicate"]["nextUpdate"]
    sys.stdout.write(f"{out}: list {sequence} of {write_time(now)}, {len(entries)} entries, next due {due}\n")
    return 0


def _before(out: Path, key: SigningKey) -> StatusList | None:
    if not out.exists():
        return None
    bundle = read_bundle(out.read_bytes(), str(out))
    if not bundle.signed_by(key.public):
        raise UsageError(
            "the list there was signed by another key", where=str(out), fix="use that key, or another --out"
        )
    return read_status(bundle.statement())


def _added(arguments: Namespace, now: datetime) -> list[Entry]:
    wanted = (
        *((name, REVOKED) for name in arguments.revoke),
        *((name, SUSPENDED) for name in arguments.suspend),
        *((name, SUPERSEDED) for name in arguments.supersede),
    )
    if wanted and not arguments.reason:
        raise UsageError("an entry needs a reason", fix="give --reason TEXT")
    return [_entry(name, status, arguments.reason, now) for name, status in wanted]


def _entry(name: str, status: str, reason: str, now: datetime) -> Entry:
    if CERTIFICATE_ID.fullmatch(name):
        return Entry(status, reason, now, certificate_id=name)
    if HEX.fullmatch(name):
        return Entry(status, reason, now, keyid=name)
    raise UsageError("neither a certificate nor a key", got=repr(name[:100]), expected="urn:uuid:... or a hex keyid")

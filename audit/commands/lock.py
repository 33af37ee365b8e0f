"""`audit lock`: commit to a rule pack before the audit."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from audit.certificate.bundle import read_bundle, seal
from audit.certificate.clock import current_time
from audit.certificate.lock import lock_statement, read_lock
from audit.choices import PackLock
from audit.commands.passphrase import open_key, verifier_id
from audit.files import read_file
from audit.report.atomic import write_atomically
from audit.rules import load_pack


def main(arguments: Namespace) -> int:
    """Sign the digest of a pack and write the bundle."""
    pack = load_pack(arguments.pack)
    key = open_key(arguments)
    made = lock_statement(pack.name, pack.version, pack.digest, verifier_id(arguments, key), current_time())
    write_atomically(Path(arguments.out), seal(made, key))
    sys.stdout.write(f"{arguments.out}: commits to {pack.ref}, {pack.digest}\n")
    sys.stdout.write("Hand it over before the audit; then run and sign with --lock.\n")
    return 0


def commitment(name: str) -> PackLock:
    """Return what a policy lock commits to; whose it is, `audit sign` and `audit verify` check.

    Raises:
        UsageError: the file cannot be read.
        VerificationError: it is no policy lock.
    """
    found = read_lock(read_bundle(read_file(name), name).statement())
    return PackLock(found.pack, found.digest, found.locked_at)

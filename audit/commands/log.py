"""`audit log check`: compute every root of an issuer's log again."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final

from audit.certificate.issuer_log import read_log
from audit.certificate.predicates import CERTIFICATE
from audit.errors import UsageError
from audit.files import read_file

_HEAD: Final = re.compile(r"(\d{1,12}):([0-9a-f]{64})", re.ASCII)


def main(arguments: Namespace) -> int:
    """Check a log, and that it grew out of an earlier head; print its head."""
    log = read_log(read_file(arguments.file, "the log"), Path(arguments.file).name)
    if arguments.since:
        head = _HEAD.fullmatch(arguments.since)
        if head is None:
            raise UsageError("no head of a log", where="--since", got=repr(arguments.since[:100]), expected="SIZE:ROOT")
        log.check_head(int(head[1]), head[2])
    passed = sum(entry.predicate_type == CERTIFICATE for entry in log.entries)
    sys.stdout.write(f"{len(log.entries)} statements: {passed} certificates, {len(log.entries) - passed} refusals\n")
    sys.stdout.write(f"head: {len(log.entries)}:{log.roots[-1]}\n")
    return 0

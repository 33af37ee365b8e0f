"""Coverage-guided fuzzing of the parsers of foreign documents: `python fuzz_with_atheris.py -max_total_time=60`.

Needs the package atheris (Linux). A crash is any error but ours; an acceptance of anything but the honest bundle is a
crash, too. The first byte of an input picks the parser.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["audit.certificate"]):
    from audit.certificate.bundle import Bundle, read_bundle
    from audit.certificate.claim import read_claim
    from audit.certificate.issuer_log import read_log
    from audit.certificate.lock import read_lock
    from audit.certificate.proofs import check_proof
    from audit.certificate.status import read_status
    from audit.certificate.strict_json import parse_strict
    from audit.certificate.trust import parse_trust
    from audit.errors import AuditError
    from tests.certificate.issued import made

HONEST = made()


def bundle(data: bytes) -> None:
    found = HONEST.verify(bundle=data)
    if found.accepted and read_bundle(data) != read_bundle(HONEST.bundle):
        raise AssertionError("a bundle that nobody signed was accepted")


def claim(data: bytes) -> None:
    read_claim(Bundle(data, b"", "").statement())


def status(data: bytes) -> None:
    read_status(Bundle(data, b"", "").statement())


def lock(data: bytes) -> None:
    read_lock(Bundle(data, b"", "").statement())


def log(data: bytes) -> None:
    read_log(data)


def proof(data: bytes) -> None:
    check_proof(data, HONEST.rows.set_root, HONEST.rows.n)


def trust(data: bytes) -> None:
    try:
        raw = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return
    parse_trust(raw, Path("/nonexistent"), "trust.toml")


def strict(data: bytes) -> None:
    json.dumps(parse_strict(data, "fuzz"), allow_nan=False)


PARSERS: list[Callable[[bytes], None]] = [bundle, claim, status, lock, log, proof, trust, strict]


def one_input(data: bytes) -> None:
    """Give one input to one parser."""
    if not data:
        return
    try:
        PARSERS[data[0] % len(PARSERS)](data[1:])
    except AuditError:
        return


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()

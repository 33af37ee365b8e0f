"""Coverage-guided fuzzing of the parsers of foreign documents: `python fuzz_with_atheris.py -max_total_time=60`.

Needs the package atheris (Linux). A crash is any error but ours; an acceptance of anything but the honest bundle is a
crash, too. The first byte of an input picks the parser. `--seeds DIR` writes the corpus to start from and ends: the
documents of `fixtures/certificates`, each for the parser that reads it.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import atheris

with atheris.instrument_imports(include=["audit.certificate"]):
    from audit.canonical import canonical_json
    from audit.certificate.bundle import Bundle, read_bundle
    from audit.certificate.claim import read_claim
    from audit.certificate.data import open_as_recorded
    from audit.certificate.issuer_log import read_log
    from audit.certificate.lock import read_lock
    from audit.certificate.proofs import check_proof, prove
    from audit.certificate.row_source import given_row
    from audit.certificate.rows import sorted_leaves
    from audit.certificate.status import read_status
    from audit.certificate.strict_json import parse_strict
    from audit.certificate.trust import parse_trust
    from audit.errors import AuditError
    from audit.reading import Selection
    from audit.rules.waivers import parse_waivers
    from tests.certificate.issued import PAIRS, lines, made

HONEST = made()
DAY = date(2026, 11, 24)
CERTIFICATES = Path(__file__).resolve().parents[2] / "fixtures" / "certificates"


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


def waivers(data: bytes) -> None:
    try:
        raw = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return
    parse_waivers(raw, DAY, "waivers.toml")


def strict(data: bytes) -> None:
    json.dumps(parse_strict(data, "fuzz"), allow_nan=False)


PARSERS: list[Callable[[bytes], None]] = [bundle, claim, status, lock, log, proof, trust, strict, waivers]


def one_input(data: bytes) -> None:
    """Give one input to one parser."""
    if not data:
        return
    try:
        PARSERS[data[0] % len(PARSERS)](data[1:])
    except AuditError:
        return


def write_seeds(folder: Path) -> int:
    """Write real documents of every kind, the parser's number in front; return how many."""
    read: dict[Callable[[bytes], None], list[bytes]] = {parser: [] for parser in PARSERS}
    read[bundle].append(HONEST.bundle)
    for version in sorted(path for path in CERTIFICATES.iterdir() if path.is_dir()):
        certificate = (version / "certificate.sigstore.json").read_bytes()
        read[bundle].append(certificate)
        read[claim].append(read_bundle(certificate).payload)
        read[status].append(read_bundle((version / "status.sigstore.json").read_bytes()).payload)
        read[lock].append(read_bundle((version / "lock.sigstore.json").read_bytes()).payload)
        read[log].append((version / "log.jsonl").read_bytes())
        read[trust].append((version / "trust.toml").read_bytes())
        read[strict].append((version / "result.json").read_bytes())
        read[waivers] += [path.read_bytes() for path in version.glob("waivers.toml")]
    read[proof] += [canonical_json(made_one) for made_one in _proofs()]
    folder.mkdir(parents=True, exist_ok=True)
    documents = [(number, document) for number, parser in enumerate(PARSERS) for document in read[parser]]
    for place, (number, document) in enumerate(documents):
        (folder / f"seed-{place:02d}").write_bytes(bytes([number]) + document)
    return len(documents)


def _proofs() -> list[dict[str, Any]]:
    """Return a proof that a row is there and one that another is not."""
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / "pairs.jsonl"
        path.write_bytes(lines(PAIRS))
        readings = open_as_recorded([str(path)], {}, Selection())
        leaves = sorted_leaves(readings)
        rows = (PAIRS[0], {**PAIRS[0], "chosen": "another"})
        return [prove(given_row(json.dumps(row).encode(), readings), leaves) for row in rows]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--seeds"]:
        sys.stdout.write(f"{write_seeds(Path(sys.argv[2]))} seeds\n")
        sys.exit(0)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()

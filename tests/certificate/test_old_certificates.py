"""Certificates of every past version are verified for ever, and refused for ever where they should be."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.certificate.bundle import read_bundle
from audit.certificate.data import open_as_recorded, recorded_ways
from audit.certificate.keys import read_public
from audit.certificate.question import Beside
from audit.certificate.rows import digest_rows
from audit.certificate.trust import load_trust
from audit.certificate.verifying import Verification, verify_bundle
from audit.reading import Selection

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "certificates"
VERSIONS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and (path / "trust.toml").is_file())
THEN = datetime(2026, 11, 25, tzinfo=UTC)
"""A day after the oldest was issued."""


def verified(folder: Path, now: datetime, data: bytes | None = None) -> Verification:
    """Verify the certificate of a folder with everything that lies in it."""
    if data is not None:
        (folder / "pairs.jsonl").write_bytes(data)
    return verify_bundle(
        (folder / "certificate.sigstore.json").read_bytes(),
        load_trust(folder / "trust.toml"),
        lambda predicate: digest_rows(
            open_as_recorded([str(folder / "pairs.jsonl")], recorded_ways(predicate), Selection())
        ),
        now=now,
        beside=Beside(
            outputs={"result.json": (folder / "result.json").read_bytes()},
            lock=(folder / "lock.sigstore.json").read_bytes(),
            log=(folder / "log.jsonl").read_bytes(),
        ),
    )


@pytest.fixture(params=VERSIONS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the files of one version, for verifying remembers status lists beside them."""
    return Path(shutil.copytree(FOLDER / request.param, tmp_path / "copy"))


def test_there_is_a_certificate_of_the_first_version() -> None:
    """The folder was not emptied."""
    assert "0.1" in VERSIONS


def test_an_old_certificate_still_holds(folder: Path) -> None:
    """At its own time, under its policy, with its data, result, lock, log and status list."""
    found = verified(folder, THEN)

    assert found.reason is None
    assert {check.name for check in found.checks if check.status == "passed"} >= {
        "form", "signature", "type", "issuer", "time", "scope", "policy", "rows", "files", "verdict", "results",
        "lock", "status", "log",
    }  # fmt: skip


def test_an_old_certificate_expires(folder: Path) -> None:
    """For ever does not mean at any time: its policy takes 90 days."""
    assert (verified(folder, THEN + timedelta(days=90)).reason or "").startswith("time: ")


def test_an_old_certificate_does_not_hold_for_other_data(folder: Path) -> None:
    """A row fewer is refused."""
    lines = (folder / "pairs.jsonl").read_bytes().splitlines(keepends=True)

    assert (verified(folder, THEN, b"".join(lines[1:])).reason or "").startswith("rows: ")


def test_every_bundle_of_a_version_is_signed_by_its_test_key(folder: Path) -> None:
    """Certificate, summary, files, lock and status list."""
    key = read_public(folder / "TEST-ONLY.pub")
    bundles = sorted(folder.glob("*.sigstore.json"))

    assert len(bundles) == 5
    assert all(read_bundle(path.read_bytes()).signed_by(key) for path in bundles)

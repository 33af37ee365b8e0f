"""What a certificate claims, read strictly from its signed predicate; unknown fields are ignored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from audit.certificate.bundle import Statement
from audit.certificate.issuing import ROW_SUBJECT
from audit.certificate.predicates import ROLES
from audit.certificate.shape import DIGEST, Shape
from audit.certificate.statement import VERDICTS
from audit.errors import VerificationError

CERTIFICATE_ID: Final = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
VERSION: Final = re.compile(r"1\.\d{1,6}\.\d{1,6}", re.ASCII)
LEVELS: Final = ("DPO-READY", "STRUCTURAL-ONLY")


@dataclass(frozen=True)
class Claim:
    """The fields that verification rests on."""

    spec_version: str
    certificate_id: str
    issued_at: datetime
    expires_at: datetime
    issuer: str
    role: str
    verifier: str
    resource: str
    dataset_version: str | None
    verdict: str
    level: str
    certifies: bool
    complete: bool
    files: Mapping[str, str | None]
    """Path -> hex SHA-256 of the stored bytes."""
    excluded: int
    policy: str
    """Digest of the resolved rule pack."""
    weakened: tuple[str, ...]
    locked_at: datetime | None
    lock_digest: str | None
    has_training: bool
    results: str
    counts: Mapping[str, int]
    rules: tuple[Shape, ...]
    waivers: Shape
    sampling: Shape | None
    byproducts: Mapping[str, str]
    """Name -> hex SHA-256."""
    limitations: tuple[str, ...]
    supersedes: str | None
    previous: str | None
    """Hex SHA-256 of the payload of the certificate that this one replaces."""
    log_size: int | None
    log_root: str | None
    predicate: Mapping[str, Any]


def read_claim(statement: Statement) -> Claim:
    """Read the predicate of a certificate or refusal.

    Raises:
        VerificationError: naming the field that is missing, of another kind, or contradicts another one.
    """
    claim = _claim(statement.predicate)
    _check_subjects(statement, claim, statement.predicate.inner("rows").hex("setRoot"))
    _check_counts(claim)
    return claim


def _claim(body: Shape) -> Claim:
    issuer, policy, results = body.inner("issuer"), body.inner("policy"), body.inner("results")
    log = body.inner("issuerLog") if body.has("issuerLog") else None
    return Claim(
        spec_version=body.matching("specVersion", VERSION, "1.x.y"),
        certificate_id=body.matching("certificateId", CERTIFICATE_ID, "urn:uuid:..."),
        issued_at=body.time("issuedAt"),
        expires_at=body.time("expiresAt"),
        issuer=issuer.text("name"),
        role=issuer.one_of("role", ROLES),
        verifier=body.inner("verifier").text("id"),
        resource=body.text("resourceUri"),
        dataset_version=body.maybe_text("datasetVersion"),
        verdict=body.text("verdict"),
        level=body.text("level"),
        certifies=body.flag("certifies"),
        complete=body.flag("complete"),
        files={file.text("path"): file.hex("sha256") if file.has("sha256") else None for file in body.each("files")},
        excluded=body.inner("rows").inner("excluded").whole("n"),
        policy=policy.digest("resolvedDigest"),
        weakened=tuple(_weakening(entry) for entry in policy.each("weakened")),
        locked_at=policy.time("lockedAt") if policy.has("lockedAt") else None,
        lock_digest=policy.hex("lockDigest") if policy.has("lockDigest") else None,
        has_training=_training(body),
        results=results.digest("digest"),
        counts={name: results.inner("counts").whole(name) for name in results.inner("counts").value},
        rules=tuple(body.each("rules")),
        waivers=body.inner("waivers"),
        sampling=body.inner("sampling") if body.has("sampling") else None,
        byproducts={entry.text("name"): entry.hex("sha256") for entry in body.each("byproducts")},
        limitations=body.texts("limitations"),
        supersedes=body.maybe_text("supersedes"),
        previous=_inner(body, "previousCertificate", "digest"),
        log_size=log.whole("size") if log else None,
        log_root=log.hex("root") if log else None,
        predicate=body.value,
    )


def _inner(body: Shape, name: str, key: str) -> str | None:
    return body.inner(name).hex(key) if body.has(name) else None


def _weakening(entry: Shape) -> str:
    return f"{entry.text('rule')} {entry.text('key')}: {entry.text('was')} became {entry.text('now')}"


def _training(body: Shape) -> bool:
    if not body.has("training"):
        return False
    body.inner("training").matching("specDigest", DIGEST, "sha256:...")
    return True


def _check_subjects(statement: Statement, claim: Claim, set_root: str) -> None:
    """The statement's subjects have to be the files and the row set that its predicate tells of."""
    expected = sorted([(name, sha) for name, sha in claim.files.items() if sha] + [(ROW_SUBJECT, set_root)])
    if sorted(statement.subjects) != expected:
        raise VerificationError("the subjects are not the files and rows of the predicate", where="statement.subject")


def _check_counts(claim: Claim) -> None:
    found = Counter(rule.one_of("verdict", VERDICTS) for rule in claim.rules)
    listed = {name.replace("A", "_a"): count for name, count in claim.counts.items() if count}
    if listed != dict(found):
        raise VerificationError("the counts are not those of the rules", where="predicate.results.counts")

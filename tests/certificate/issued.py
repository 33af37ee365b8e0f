"""A small certified dataset, made once: eight pairs, judged by the structural pack, signed by a test desk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

import audit
from audit.canonical import canonical_json
from audit.certificate.bundle import Bundle, read_bundle, seal
from audit.certificate.data import open_as_recorded, result_ways
from audit.certificate.issuing import Issue, Issuer
from audit.certificate.keys import SigningKey
from audit.certificate.question import Beside
from audit.certificate.rows import RowDigests, digest_rows
from audit.certificate.signing import CERTIFICATE_NAME, sign_result
from audit.certificate.trust import TrustedKey, TrustPolicy
from audit.certificate.verifying import Status, Verification, verify_bundle
from audit.reading import Selection
from audit.report.jsonfile import dump_document
from audit.training import TrainingSpec

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
DESK = "https://audits.example/desk"
RESOURCE = "pkg:generic/pairs@1"
KEY = SigningKey(ec.derive_private_key(0x5EED, ec.SECP256R1()))
OTHER_KEY = SigningKey(ec.derive_private_key(0x07E5, ec.SECP256R1()))
PAIRS = [
    {"prompt": f"How is device {i} reset?", "chosen": f"Hold button {i} for ten seconds.", "rejected": f"No idea {i}."}
    for i in range(8)
]


@dataclass(frozen=True)
class Case:
    """A certificate and everything that a buyer holds it against; `replace` one part and verify."""

    bundle: bytes
    rows: RowDigests
    trust: TrustPolicy | None
    document: Mapping[str, Any]
    now: datetime = AT
    beside: Beside | None = None
    spec: TrainingSpec | None = None

    def verify(self, **changes: Any) -> Verification:
        case = replace(self, **changes)
        return verify_bundle(case.bundle, case.trust, case.rows, case.spec, now=case.now, beside=case.beside)

    def statement(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(read(self.bundle).payload)
        return found

    def resigned(self, key: SigningKey = KEY, **changes: Any) -> bytes:
        """The certificate with fields of its predicate changed, signed (by the desk itself, unless told otherwise)."""
        statement = self.statement()
        statement["predicate"].update(changes)
        return seal(statement, key)


def read(bundle: bytes) -> Bundle:
    return read_bundle(bundle)


def lines(pairs: list[dict[str, str]]) -> bytes:
    return b"".join(json.dumps(pair).encode() + b"\n" for pair in pairs)


def digests(content: bytes, document: Mapping[str, Any] | None = None, name: str = "pairs.jsonl") -> RowDigests:
    """Digests of a file with that content, read as the result says or, without one, as detected."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return digest_rows(open_as_recorded([str(path)], result_ways(document) if document else {}, Selection()))


def policy_of(document: Mapping[str, Any], **changes: Any) -> TrustPolicy:
    plain = TrustPolicy(
        keys=(TrustedKey(KEY.public, DESK, "independent"),),
        min_role="independent",
        packs=(document["pack"]["digest"],),
        resource=RESOURCE,
    )
    return replace(plain, **changes)


def plain_issue(**changes: Any) -> Issue:
    return replace(Issue(Issuer("Desk", "independent", DESK), AT, resource=RESOURCE), **changes)


def audited(pairs: list[dict[str, str]]) -> dict[str, Any]:
    """The result of auditing pairs by the structural pack."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.jsonl"
        path.write_bytes(lines(pairs))
        found: dict[str, Any] = json.loads(dump_document(audit.run(path, rules="structural").document))
        return found


@cache
def made() -> Case:
    """The honest case."""
    document = audited(PAIRS)
    rows = digests(lines(PAIRS), document)
    signed = sign_result(document, rows, plain_issue(), KEY)
    return Case(signed.bundles[CERTIFICATE_NAME], rows, policy_of(document), document)


def result_bytes(case: Case) -> bytes:
    return dump_document(case.document)


def same_json(content: bytes) -> bytes:
    """The same bundle, written by another JSON writer: spaces, other order of members."""
    return json.dumps(json.loads(content), indent=2, sort_keys=True).encode()


def altered(statement: Mapping[str, Any], key: SigningKey = KEY) -> bytes:
    return seal(json.loads(canonical_json(statement)), key)


def failed(found: Verification) -> list[str]:
    """Names of the checks that refused."""
    return [check.name for check in found.checks if check.status is Status.FAILED]


def is_refused(found: Verification, by: str) -> bool:
    """Refused, for the reason of that check first, which is named."""
    return not found.accepted and failed(found)[:1] == [by] and (found.reason or "").startswith(f"{by}: ")


def reissued(key: Any = KEY, **changes: Any) -> bytes:
    """The honest audit, signed with other particulars."""
    rows = digests(lines(PAIRS), made().document)
    document = under_lock(made().document, changes.get("lock"))
    return sign_result(document, rows, plain_issue(**changes), key).bundles[CERTIFICATE_NAME]


def under_lock(document: Mapping[str, Any], lock: Mapping[str, str] | None) -> dict[str, Any]:
    """The same audit, run under a policy lock."""
    named = {"digest": lock["lockDigest"], "lockedAt": lock["lockedAt"]} if lock else None
    return {**document, "pack": {**document["pack"], "lock": named}}

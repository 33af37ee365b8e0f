"""Statements that other tools read: OpenSSF model signing (OMS) v1.0 of the files, and a SLSA summary (VSA)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from audit.certificate.predicates import CERTIFICATE, FILES, SUMMARY
from audit.certificate.rows import RowDigests
from audit.certificate.statement import STATEMENT_TYPE
from audit.errors import UsageError

SLSA_VERSION: Final = "1.0"
LEVELS: Final = {"DPO-READY": "DPO_READY_L1", "STRUCTURAL-ONLY": "STRUCTURAL_ONLY_L1"}
"""Level of a certificate -> verified level of the summary; names of our own may not begin with SLSA_."""


def files_statement(rows: RowDigests, name: str) -> dict[str, Any]:
    """Return the OMS v1.0 statement of the delivered files; `model_signing verify key` reads its bundle.

    Its root is the SHA-256 of the files' digests, one after the other, files by name.

    Args:
        rows: digests of the data; every file needs stored bytes.
        name: of the dataset.

    Raises:
        UsageError: a table in memory has no bytes to sign.
    """
    resources = []
    root = hashlib.sha256()
    for file in sorted(rows.files, key=lambda file: file.path.split("/")):
        if file.sha256 is None:
            raise UsageError("a table in memory has no bytes to sign", where=file.path)
        root.update(bytes.fromhex(file.sha256))
        resources.append({"name": file.path, "algorithm": "sha256", "digest": file.sha256})
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": root.hexdigest()}}],
        "predicateType": FILES,
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
            "resources": resources,
        },
    }


def summary_statement(signed: Mapping[str, Any], payload_digest: str, name: str) -> dict[str, Any]:
    """Return the SLSA verification summary v1 of a certificate or refusal.

    Args:
        signed: the statement that was signed.
        payload_digest: hex SHA-256 of its signed bytes.
        name: file name of its bundle.
    """
    body = signed["predicate"]
    passed = signed["predicateType"] == CERTIFICATE
    pack = body["policy"]["packs"][0]
    return {
        "_type": STATEMENT_TYPE,
        "subject": signed["subject"],
        "predicateType": SUMMARY,
        "predicate": {
            "verifier": {"id": body["verifier"]["id"], "version": {"dpo-audit": body["tool"]["version"]}},
            "timeVerified": body["issuedAt"],
            "resourceUri": body["resourceUri"],
            "policy": {
                "uri": f"{pack['name']}@{pack['version']}",
                "digest": {"sha256": body["policy"]["resolvedDigest"].removeprefix("sha256:")},
            },
            "inputAttestations": [{"uri": name, "digest": {"sha256": payload_digest}}],
            "verificationResult": "PASSED" if passed else "FAILED",
            "verifiedLevels": [LEVELS[body["level"]]] if passed else [],
            "slsaVersion": SLSA_VERSION,
        },
    }

"""Sign a result: the certificate (or refusal), and the two statements that other tools read, a bundle each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from audit.certificate.bundle import read_bundle, seal
from audit.certificate.issuing import Issue, signable
from audit.certificate.keys import SigningKey
from audit.certificate.predicates import CERTIFICATE
from audit.certificate.rows import RowDigests
from audit.certificate.standards import files_statement, summary_statement
from audit.errors import UsageError

CERTIFICATE_NAME: Final = "certificate.sigstore.json"
REFUSAL_NAME: Final = "refusal.sigstore.json"
FILES_NAME: Final = "files.sigstore.json"
SUMMARY_NAME: Final = "summary.sigstore.json"


@dataclass(frozen=True)
class Signed:
    """What signing a result made."""

    statement: Mapping[str, Any]
    digest: str
    """Hex SHA-256 of the statement's signed bytes."""
    bundles: Mapping[str, bytes]
    """File name -> bundle; the certificate or refusal first."""

    @property
    def certifies(self) -> bool:
        """True for a certificate, False for a refusal."""
        return bool(self.statement["predicateType"] == CERTIFICATE)


def sign_result(document: Mapping[str, Any], rows: RowDigests, issue: Issue, key: SigningKey) -> Signed:
    """Bind a result to its data and sign it. Equal inputs give equal bytes.

    A refusal comes without a statement of the files, which could be taken for a recommendation of them.

    Args:
        document: the result.
        rows: digests of the data at hand.
        issue: who signs, when, and what else is bound.
        key: signs everything.

    Raises:
        UsageError: the result is not one of these data, or is no whole result.
    """
    try:
        statement = signable(document, rows, issue)
    except KeyError as fault:
        raise UsageError("the result lacks a field of its schema", where="result.json", got=str(fault)) from fault
    certifies = statement["predicateType"] == CERTIFICATE
    name = CERTIFICATE_NAME if certifies else REFUSAL_NAME
    bundles = {name: seal(statement, key)}
    digest = read_bundle(bundles[name]).digest
    bundles[SUMMARY_NAME] = seal(summary_statement(statement, digest, name), key)
    if certifies:
        bundles[FILES_NAME] = seal(files_statement(rows, issue.dataset_name or "dataset"), key)
    return Signed(statement, digest, bundles)

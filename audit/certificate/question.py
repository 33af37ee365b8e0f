"""A certificate and all that it is held against; and how a check says what it found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from audit.certificate.bundle import Statement
from audit.certificate.claim import Claim
from audit.certificate.rows import RowDigests
from audit.certificate.shape import Shape
from audit.certificate.strict_json import parse_strict
from audit.certificate.trust import TrustPolicy
from audit.errors import VerificationError
from audit.training import TrainingSpec

MOST_RESULT_BYTES: Final = 1 << 30
CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far ahead an issuer's clock may be."""


@dataclass(frozen=True)
class Beside:
    """What lies beside a certificate and can be compared with it; all of it optional."""

    outputs: Mapping[str, bytes] = field(default_factory=dict)
    """Files by the names that the certificate lists: result.json, report.html, ..."""
    previous: tuple[bytes, ...] = ()
    """Bundles of the certificates that this one replaces, the newest first."""
    lock: bytes | None = None
    log: bytes | None = None
    redrawn: str | None = None
    """Digest of the hand review's sample, drawn again by the verifier."""
    replayed: Mapping[str, Any] | None = None
    """Result document of the same audit, run again by the verifier."""


@dataclass(frozen=True)
class Question:
    """A certificate and everything that it is held against."""

    statement: Statement
    claim: Claim
    keyid: str
    trust: TrustPolicy | None
    rows: RowDigests
    spec: TrainingSpec | None
    now: datetime
    beside: Beside

    @property
    def predicate_rows(self) -> Mapping[str, Any]:
        """The certificate's `rows`."""
        found: Mapping[str, Any] = self.claim.predicate["rows"]
        return found

    def certified_result(self) -> Shape | None:
        """Return the result document beside the certificate; None when there is none of the certified bytes.

        Raises:
            VerificationError: it is not JSON of the strict kind.
        """
        content = self.beside.outputs.get("result.json", b"")
        if hashlib.sha256(content).hexdigest() != self.claim.byproducts.get("result.json"):
            return None
        return Shape.of(parse_strict(content, "result.json", most_bytes=MOST_RESULT_BYTES), "result.json")


@dataclass(frozen=True)
class Noted:
    """Something to be read that neither holds nor fails."""

    detail: str


Found = str | Noted
CheckFunction = Callable[[Question], Found]


def refusal(
    what: str, where: str, got: object = None, expected: object = None, fix: str | None = None
) -> VerificationError:
    """Return the error of a check that failed, the certificate's own words escaped and cut."""
    return VerificationError(what, where=where, got=shown(got), expected=shown(expected), fix=fix)


def shown(value: object) -> str | None:
    """Return a value of the certificate for a message: escaped and cut."""
    return None if value is None else ascii(value)[:160].strip("'")

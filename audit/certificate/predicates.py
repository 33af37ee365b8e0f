"""Names of the statements that are signed here; the major version is part of the name."""

from __future__ import annotations

from typing import Final

from audit.certificate.statement import PREDICATE_TYPE, SPEC_VERSION

CERTIFICATE: Final = PREDICATE_TYPE
REFUSAL: Final = "https://dpo-audit.dev/refusal/v1"
"""Of an audit that did not pass: it has every field of a certificate and can never be taken for one."""
STATUS: Final = "https://dpo-audit.dev/status/v1"
LOCK: Final = "https://dpo-audit.dev/policy-lock/v1"
FILES: Final = "https://model_signing/signature/v1.0"
SUMMARY: Final = "https://slsa.dev/verification_summary/v1"

SELF: Final = "self"
BUYER: Final = "buyer"
INDEPENDENT: Final = "independent"
ROLES: Final = (SELF, BUYER, INDEPENDENT)
"""Who signs, from the least to the most that a buyer may ask for."""

__all__ = [
    "BUYER",
    "CERTIFICATE",
    "FILES",
    "INDEPENDENT",
    "LOCK",
    "REFUSAL",
    "ROLES",
    "SELF",
    "SPEC_VERSION",
    "STATUS",
    "SUMMARY",
]

"""The container: one in-toto statement in one DSSE envelope with one signature, as a Sigstore bundle v0.3 in JSON.

The signature covers the pre-authentication encoding (PAE) of the payload's type and bytes (DSSE v1). The reader accepts
exactly the members below: anything else could mean something to another reader.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from audit.canonical import canonical_json
from audit.certificate.keys import PublicKey, SigningKey
from audit.certificate.shape import Shape
from audit.certificate.statement import STATEMENT_TYPE
from audit.certificate.strict_json import parse_strict
from audit.errors import VerificationError

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
_MOST_SIGNATURE: Final = 512


@dataclass(frozen=True)
class Bundle:
    """A bundle as read: its form is right, nothing else is known of it."""

    payload: bytes
    signature: bytes
    hint: str
    """Name of the key that it claims to be signed with."""

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the payload: the name of the statement, whatever envelope it comes in."""
        return hashlib.sha256(self.payload).hexdigest()

    def signed_by(self, key: PublicKey) -> bool:
        """True when that key signed the payload, and the bundle says so."""
        return self.hint == key.keyid and key.verifies(self.signature, pae(PAYLOAD_TYPE, self.payload))

    def statement(self) -> Statement:
        """Parse the payload; call it only after `signed_by`.

        Raises:
            VerificationError: when it is no in-toto Statement v1.
        """
        shape = Shape.of(parse_strict(self.payload, "statement"), "statement")
        shape.one_of("_type", (STATEMENT_TYPE,))
        subjects = shape.each("subject")
        if not subjects:
            raise VerificationError("a statement about nothing", where="statement.subject")
        named = tuple((subject.text("name"), subject.inner("digest").hex("sha256")) for subject in subjects)
        return Statement(shape.text("predicateType"), named, shape.inner("predicate"), self.digest)


@dataclass(frozen=True)
class Statement:
    """An in-toto Statement v1."""

    predicate_type: str
    subjects: tuple[tuple[str, str], ...]
    """Name and hex SHA-256 of each subject."""
    predicate: Shape
    digest: str
    """Hex SHA-256 of the signed payload."""


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that DSSE signs: both parts with their lengths, so that neither can run into the other."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(statement: Mapping[str, Any], key: SigningKey) -> bytes:
    """Sign a statement and return its bundle; equal statements give equal bytes.

    Raises:
        ValueError: when the statement has no RFC 8785 form.
    """
    payload = canonical_json(statement)
    return canonical_json(
        {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": key.public.keyid}},
            "dsseEnvelope": {
                "payload": _encode(payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": _encode(key.sign(pae(PAYLOAD_TYPE, payload)))}],
            },
        }
    )


def read_bundle(data: bytes, where: str = "bundle") -> Bundle:
    """Read a bundle.

    Args:
        data: the JSON text.
        where: name for messages.

    Raises:
        VerificationError: naming the member that is missing, wrong or unknown.
    """
    shape = Shape.of(parse_strict(data, where), where)
    shape.only(("mediaType", "verificationMaterial", "dsseEnvelope"))
    shape.one_of("mediaType", (MEDIA_TYPE,))
    material = shape.inner("verificationMaterial")
    material.only(("publicKey", "tlogEntries"))
    if material.value.get("tlogEntries", []) != []:
        raise VerificationError("transparency log entries are not read by this verifier", where=material.where)
    hint = material.inner("publicKey")
    hint.only(("hint",))
    envelope = shape.inner("dsseEnvelope")
    envelope.only(("payload", "payloadType", "signatures"))
    envelope.one_of("payloadType", (PAYLOAD_TYPE,))
    signatures = envelope.each("signatures")
    if len(signatures) != 1:
        raise VerificationError("a bundle holds exactly one signature", where=envelope.where, got=str(len(signatures)))
    signatures[0].only(("sig", "keyid"))
    if signatures[0].value.get("keyid", "") not in ("", hint.value.get("hint")):
        raise VerificationError("the signature names another key than the bundle", where=signatures[0].where)
    signature = _decode(signatures[0], "sig")
    if len(signature) > _MOST_SIGNATURE:
        raise VerificationError("no signature is that long", where=signatures[0].where, got=f"{len(signature)} bytes")
    return Bundle(_decode(envelope, "payload"), signature, hint.hex("hint"))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(shape: Shape, key: str) -> bytes:
    """Return the bytes of a base64 text; only the one canonical spelling is taken."""
    value = shape.value.get(key)
    if not isinstance(value, str) or not value:
        raise shape.wrong(key, "base64")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise shape.wrong(key, "base64") from None
    if _encode(data) != value:
        raise shape.wrong(key, "base64 in its canonical form")
    return data

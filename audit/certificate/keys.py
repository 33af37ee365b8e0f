"""Signing keys: ECDSA over P-256 (deterministic, RFC 6979) by default, Ed25519 as an option.

Private keys are PKCS#8 PEM, public ones SPKI PEM, as `openssl genpkey` writes them. A key is named by the hex SHA-256
of its public PEM, the convention of the OpenSSF model-signing tools. No message ever holds a key or a passphrase.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.errors import MissingExtraError, UsageError

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
except ImportError as fault:
    raise MissingExtraError("cryptography", "sign", "signing and verifying") from fault

P256: Final = "p256"
ED25519: Final = "ed25519"
KINDS: Final = (P256, ED25519)
PRIVATE_NAME: Final = "audit.key"
PUBLIC_NAME: Final = "audit.pub"
_MOST_PEM: Final = 1 << 16
_EXPECTED: Final = "a P-256 or Ed25519 key"


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies."""

    pem: bytes
    """SubjectPublicKeyInfo as PEM."""
    _key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the PEM."""
        return hashlib.sha256(self.pem).hexdigest()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """True when the private half signed exactly this message."""
        try:
            if isinstance(self._key, ed25519.Ed25519PublicKey):
                self._key.verify(signature, message)
            else:
                self._key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A key that signs. Its representation shows the public name only."""

    _key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

    @classmethod
    def generate(cls, kind: str = P256) -> SigningKey:
        """Make a new key from the operating system's randomness.

        Raises:
            UsageError: for a kind that is not one of `KINDS`.
        """
        if kind == P256:
            return cls(ec.generate_private_key(ec.SECP256R1()))
        if kind == ED25519:
            return cls(ed25519.Ed25519PrivateKey.generate())
        raise UsageError("no such kind of key", got=repr(kind), expected=" or ".join(KINDS))

    @property
    def public(self) -> PublicKey:
        """The half that may be shown to anyone."""
        return _public(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message: DER for P-256, 64 bytes for Ed25519; the same each time."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def pem(self, passphrase: bytes | None) -> bytes:
        """Return the private key as PKCS#8 PEM, encrypted unless the passphrase is None."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            encryption = serialization.BestAvailableEncryption(passphrase)
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.keyid[:16]}...)"


def public_key(pem: bytes, where: str) -> PublicKey:
    """Read a public key.

    Args:
        pem: SPKI PEM.
        where: name for messages.

    Raises:
        UsageError: when it is none, or of a kind that is not used here.
    """
    try:
        found = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        fix = "give the public file: openssl pkey -in KEY -pubout"
        raise UsageError("no public key in PEM form", where=where, expected=_EXPECTED, fix=fix) from None
    return _public(found, where)


def read_public(path: Path) -> PublicKey:
    """Read a public key file.

    Raises:
        UsageError: when the file cannot be read or holds none.
    """
    return public_key(_read(path), str(path))


def read_private(path: Path, passphrase: bytes | None) -> SigningKey:
    """Read a private key file.

    Args:
        path: PKCS#8 PEM.
        passphrase: None for a key that is not encrypted.

    Raises:
        UsageError: when the file cannot be read, the passphrase does not open it, or it holds another kind of key.
    """
    try:
        found = serialization.load_pem_private_key(_read(path), passphrase)
    except TypeError:  # a passphrase for an open key, or none for an encrypted one
        what = "the key needs a passphrase" if passphrase is None else "the key is not encrypted, but a passphrase came"
        raise UsageError(what, where=str(path)) from None
    except (ValueError, UnsupportedAlgorithm):
        fix = "check the passphrase and that the file is PKCS#8 PEM"
        raise UsageError("the private key cannot be opened", where=str(path), expected=_EXPECTED, fix=fix) from None
    if isinstance(found, ed25519.Ed25519PrivateKey):
        return SigningKey(found)
    if isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1):
        return SigningKey(found)
    raise UsageError("a private key of a kind that is not used here", where=str(path), expected=_EXPECTED)


def is_encrypted(path: Path) -> bool:
    """True when a private key file asks for a passphrase.

    Raises:
        UsageError: when the file cannot be read.
    """
    return b"ENCRYPTED" in _read(path)


def write_keys(folder: Path, key: SigningKey, passphrase: bytes | None) -> tuple[Path, Path]:
    """Write `audit.key` (mode 0600) and `audit.pub` into a folder and return their paths.

    Raises:
        UsageError: when one of them is there already: an overwritten key is lost for ever.
    """
    private, public = folder / PRIVATE_NAME, folder / PUBLIC_NAME
    for path in (private, public):
        if path.exists():
            raise UsageError("a key is there already", where=str(path), fix="choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_new(private, key.pem(passphrase), 0o600)
        _write_new(public, key.public.pem, 0o644)
    except OSError as fault:
        raise UsageError("the key cannot be written", where=str(folder), got=fault.strerror) from None
    return private, public


def _write_new(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_PEM)
    except OSError as fault:
        raise UsageError("the key file cannot be read", where=str(path), got=fault.strerror) from None


def _public(found: object, where: str = "key") -> PublicKey:
    if isinstance(found, ed25519.Ed25519PublicKey) or (
        isinstance(found, ec.EllipticCurvePublicKey) and isinstance(found.curve, ec.SECP256R1)
    ):
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return PublicKey(found.public_bytes(serialization.Encoding.PEM, form), found)
    raise UsageError("a public key of a kind that is not used here", where=where, expected=_EXPECTED)

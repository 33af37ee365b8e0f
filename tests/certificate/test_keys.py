"""Keys: round trips, determinism, openssl's files, and that nothing secret shows."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from audit.certificate.keys import (
    KINDS,
    PublicKey,
    SigningKey,
    is_encrypted,
    public_key,
    read_private,
    read_public,
    write_keys,
)
from audit.errors import UsageError

SECRET = b"correct horse battery"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passphrase", [SECRET, None])
def test_a_written_key_signs_as_before(tmp_path: Path, kind: str, passphrase: bytes | None) -> None:
    """Both halves come back from their files; the private one is readable by its owner only."""
    key = SigningKey.generate(kind)
    private, public = write_keys(tmp_path / "keys", key, passphrase)

    assert private.stat().st_mode & 0o777 == 0o600
    assert is_encrypted(private) is (passphrase is not None)
    again = read_private(private, passphrase)
    assert read_public(public).verifies(again.sign(b"message"), b"message")
    assert again.public.keyid == key.public.keyid == hashlib.sha256(public.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_signatures_repeat_and_bind_the_message(kind: str) -> None:
    """One message has one signature; another message, key or signature does not verify."""
    key, other = SigningKey.generate(kind), SigningKey.generate(kind)
    signature = key.sign(b"message")

    assert signature == key.sign(b"message")
    assert key.public.verifies(signature, b"message")
    assert not key.public.verifies(signature, b"massage")
    assert not other.public.verifies(signature, b"message")
    assert not key.public.verifies(signature[:-1], b"message")
    assert not key.public.verifies(b"", b"message")


def test_a_known_answer_of_rfc_6979() -> None:
    """RFC 6979 appendix A.2.5: P-256, SHA-256, message "sample": r and s as printed there."""
    private = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    der = SigningKey(ec.derive_private_key(private, ec.SECP256R1())).sign(b"sample")

    # DER: SEQUENCE of two INTEGERs, each with a leading zero byte because its first bit is set
    assert der == b"\x30\x46" + b"".join(b"\x02\x21\x00" + n.to_bytes(32, "big") for n in (r, s))


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    """A key that is there stays, whichever half it is."""
    write_keys(tmp_path, SigningKey.generate(), None)
    kept = (tmp_path / "audit.key").read_bytes()
    with pytest.raises(UsageError, match="there already"):
        write_keys(tmp_path, SigningKey.generate(), None)
    (tmp_path / "audit.pub").unlink()
    with pytest.raises(UsageError, match="there already"):
        write_keys(tmp_path, SigningKey.generate(), None)

    assert (tmp_path / "audit.key").read_bytes() == kept


def test_secrets_show_nowhere(tmp_path: Path) -> None:
    """No message, traceback or representation holds a passphrase or a line of a key."""
    key = SigningKey.generate()
    private, public = write_keys(tmp_path, key, SECRET)
    (tmp_path / "open.key").write_bytes(key.pem(None))
    (tmp_path / "broken.key").write_bytes(key.pem(None).replace(b"M", b"N"))
    secrets = [line.decode() for line in key.pem(None).splitlines()[1:-1]] + [SECRET.decode(), "wrong passphrase"]
    said = [repr(key), str(key)]
    for name, passphrase in (
        ("audit.key", b"wrong passphrase"), ("audit.key", None), ("open.key", SECRET), ("broken.key", None),
        ("absent.key", None), ("audit.pub", None),
    ):  # fmt: skip
        with pytest.raises(UsageError) as fault:
            read_private(tmp_path / name, passphrase)
        said += [str(fault.value), "".join(traceback.format_exception(fault.value))]
    with pytest.raises(UsageError) as fault:
        read_public(private)
    said += [str(fault.value), "".join(traceback.format_exception(fault.value)), repr(read_public(public))]

    assert [text for text in said for secret in secrets if secret in text] == []


def test_other_kinds_of_key_are_refused(tmp_path: Path) -> None:
    """RSA and other curves would make a second set of rules: not here."""
    form, encoding = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.PEM
    for other in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(UsageError, match="not used here"):
            public_key(other.public_key().public_bytes(encoding, form), "k")
        path = tmp_path / "other.key"
        plain = serialization.NoEncryption()
        path.write_bytes(other.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
        with pytest.raises(UsageError, match="not used here"):
            read_private(path, None)
    with pytest.raises(UsageError, match="no such kind"):
        SigningKey.generate("rsa")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
@pytest.mark.parametrize("kind", ["-algorithm ed25519", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"])
@pytest.mark.parametrize("cipher", [[], ["-aes256", "-pass", "pass:correct horse battery"]])
def test_keys_of_openssl_are_taken(tmp_path: Path, kind: str, cipher: list[str]) -> None:
    """`openssl genpkey` writes keys that sign here, and its public PEM has the same name."""
    path = tmp_path / "k.pem"
    subprocess.run(["openssl", "genpkey", *kind.split(), *cipher, "-out", path], check=True, capture_output=True)
    key = read_private(path, SECRET if cipher else None)
    out = subprocess.run(
        ["openssl", "pkey", "-in", path, "-pubout", *(["-passin", cipher[-1]] if cipher else [])],
        check=True,
        capture_output=True,
    ).stdout

    assert key.public.pem == out
    assert isinstance(public_key(out, "k"), PublicKey)
    assert public_key(out, "k").verifies(key.sign(b"m"), b"m")

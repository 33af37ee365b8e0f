"""The container: PAE, one form only, strict JSON."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest

from audit.canonical import canonical_json
from audit.certificate.bundle import MEDIA_TYPE, PAYLOAD_TYPE, pae, read_bundle, seal
from audit.certificate.strict_json import MOST_DEPTH, parse_strict
from audit.errors import VerificationError
from tests.certificate.issued import KEY, made, same_json

BUNDLE = made().bundle


def test_the_known_encoding_of_dsse() -> None:
    """The example of the DSSE protocol page."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_type_and_payload_cannot_run_into_each_other() -> None:
    """Lengths are signed, and counted in bytes."""
    assert pae("ab", b"c") != pae("a", b"bc")
    assert pae("\u00e9", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_a_bundle_comes_back() -> None:
    """What was sealed is read: payload, key's name, signature; the same each time."""
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "urn:x", "predicate": {}}
    sealed = seal({**statement, "subject": [{"name": "f", "digest": {"sha256": "ab" * 32}}]}, KEY)
    bundle = read_bundle(sealed)

    assert sealed == seal({**statement, "subject": [{"name": "f", "digest": {"sha256": "ab" * 32}}]}, KEY)
    assert bundle.hint == KEY.public.keyid
    assert bundle.signed_by(KEY.public)
    assert bundle.statement().subjects == (("f", "ab" * 32),)
    assert read_bundle(same_json(sealed)) == bundle


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(BUNDLE)
    return found


def changed(*path: str | int, value: Any) -> bytes:
    """The bundle with one member replaced (or, for value None, left out)."""
    whole = document()
    place: Any = whole
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return canonical_json(whole)


PAYLOAD = document()["dsseEnvelope"]["payload"]
SIGNATURE = document()["dsseEnvelope"]["signatures"][0]["sig"]


@pytest.mark.parametrize(
    "content",
    [
        changed("mediaType", value="application/vnd.dev.sigstore.bundle.v0.2+json"),
        changed("mediaType", value=None),
        changed("extra", value=1),
        changed("verificationMaterial", "certificate", value={"rawBytes": "AAAA"}),
        changed("verificationMaterial", "timestampVerificationData", value={}),
        changed("verificationMaterial", "tlogEntries", value=[{"logIndex": "1"}]),
        changed("verificationMaterial", "publicKey", value={"hint": "AB" * 32}),
        changed("verificationMaterial", "publicKey", "rawBytes", value="AAAA"),
        changed("verificationMaterial", value=None),
        changed("dsseEnvelope", "payloadType", value="application/json"),
        changed("dsseEnvelope", "payload", value=PAYLOAD + "\n"),
        changed("dsseEnvelope", "payload", value=PAYLOAD.rstrip("=") + "===="),
        changed("dsseEnvelope", "payload", value="-_" + PAYLOAD[2:]),
        changed("dsseEnvelope", "payload", value=""),
        changed("dsseEnvelope", "payload", value=5),
        changed("dsseEnvelope", "signatures", value=[]),
        changed("dsseEnvelope", "signatures", value=[{"sig": SIGNATURE}] * 2),
        changed("dsseEnvelope", "signatures", 0, "keyid", value="ab" * 32),
        changed("dsseEnvelope", "signatures", 0, "cert", value="x"),
        changed("dsseEnvelope", "signatures", 0, "sig", value=base64.b64encode(bytes(600)).decode()),
        changed("dsseEnvelope", value=[]),
        b"[]",
        b"",
        BUNDLE + BUNDLE,
        BUNDLE[:-1] + b',"mediaType":"' + MEDIA_TYPE.encode() + b'"}',
        b"\xef\xbb\xbf" + BUNDLE,
    ],
)
def test_another_form_is_refused(content: bytes) -> None:
    """Missing, unknown, doubled, or spelt otherwise: every bundle has one form."""
    with pytest.raises(VerificationError):
        read_bundle(content)


def test_harmless_members_of_other_writers_are_taken() -> None:
    """An empty list of log entries, and the key's own name beside the signature, say nothing new."""
    assert read_bundle(changed("verificationMaterial", "tlogEntries", value=[])) == read_bundle(BUNDLE)
    for name in ("", KEY.public.keyid):
        assert read_bundle(changed("dsseEnvelope", "signatures", 0, "keyid", value=name)) == read_bundle(BUNDLE)
    assert document()["dsseEnvelope"]["payloadType"] == PAYLOAD_TYPE


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "\\u0062": 2}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"1e999",
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"[" * 100_000,
        b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1),
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"1 2",
        b"{'a': 1}",
        b"",
        b" " * 200,
    ],
)
def test_json_that_readers_read_differently_is_refused(text: bytes) -> None:
    """Doubled keys (also by escapes), no numbers, too large numbers, no text, too deep, too long, nothing."""
    with pytest.raises(VerificationError):
        parse_strict(text, "text", most_bytes=max(len(text) - 1, 1) if text.isspace() else 1 << 20)


def test_json_that_all_readers_read_alike_is_taken() -> None:
    """Numbers up to 53 bits, floats, escapes of pairs, nesting up to the limit."""
    assert parse_strict(b"[9007199254740991, -1.5e-300, true, null]", "t") == [2**53 - 1, -1.5e-300, True, None]
    assert parse_strict(b'"\\ud83d\\ude00 \xc3\xa9"', "t") == "\U0001f600 \u00e9"
    deep = parse_strict(b"[" * (MOST_DEPTH - 1) + b"1" + b"]" * (MOST_DEPTH - 1), "t")
    for _ in range(MOST_DEPTH - 1):
        deep = deep[0]
    assert deep == 1
    assert math.isclose(parse_strict(b"1e-400", "t"), 0)

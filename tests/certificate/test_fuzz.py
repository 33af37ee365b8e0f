"""Noise into every parser of foreign documents: an error that names itself, never a crash, never an acceptance."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.canonical import canonical_json
from audit.certificate.bundle import read_bundle, seal
from audit.certificate.data import recorded_ways, result_ways
from audit.certificate.issuer_log import read_log
from audit.certificate.lock import lock_statement
from audit.certificate.question import Beside
from audit.certificate.status import Entry, StatusMemory, status_statement
from audit.certificate.trust import StatusPolicy, parse_trust
from audit.certificate.verifying import Verification
from audit.errors import AuditError, UsageError, VerificationError
from tests.certificate.issued import AT, DESK, KEY, made, policy_of

HONEST = made()
STATEMENT = HONEST.statement()
PACK = HONEST.document["pack"]["digest"]
LOCK = lock_statement("structural", "1.0.0", PACK, DESK, AT)
STATUS = status_statement(DESK, 1, [Entry("revoked", "r", AT, keyid="ab" * 32)], AT)
TRUST = {
    "format": 1,
    "min_role": "self",
    "packs": [PACK],
    "max_age_days": 3,
    "key": [{"verifier": DESK, "role": "self", "pem": KEY.public.pem.decode(), "uses": ["status"]}],
    "status": {"file": "s", "require": True},
}
quick = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every member and element of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in inner for found in ((*path, key), *places(item, (*path, key)))]


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> Any:
    """A document with one to three members replaced by noise, or dropped."""
    whole = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(whole) or [()]))
        if not path:
            break
        place = whole
        for step in path[:-1]:
            place = place[step]
        if draw(st.booleans()):
            place[path[-1]] = draw(values)
        else:
            del place[path[-1]]
    return whole


@quick
@given(st.binary(max_size=300))
def test_noise_is_no_bundle(noise: bytes) -> None:
    """Bytes at random are refused by their form."""
    found = HONEST.verify(bundle=noise)
    assert not found.accepted
    assert (found.reason or "").startswith("form: ")


@quick
@given(damaged(json.loads(HONEST.bundle)))
def test_a_damaged_bundle_is_refused(document: Any) -> None:
    """A bundle with members replaced or dropped is refused by form or signature, unless it is still the same one."""
    content = canonical_json(document)
    found = HONEST.verify(bundle=content)
    try:
        is_same = read_bundle(content) == read_bundle(HONEST.bundle)
    except VerificationError:
        is_same = False

    assert found.accepted is is_same


@quick
@given(damaged(STATEMENT))
def test_a_damaged_statement_is_judged_without_a_crash(statement: Any) -> None:
    """Whatever the issuer signs, verification ends; a statement that lost a field is refused by name."""
    beside = Beside(outputs={"result.json": b"[]"}, replayed=HONEST.document)
    for trust in (HONEST.trust, None):
        found = HONEST.verify(bundle=seal(statement, KEY), trust=trust, beside=beside)
        assert isinstance(found, Verification)
        assert found.accepted is (found.reason is None)


@quick
@given(damaged(STATEMENT))
def test_a_damaged_statement_without_its_signature_is_refused(statement: Any) -> None:
    """The old signature over other bytes never holds."""
    bundle = json.loads(seal(statement, KEY))
    bundle["dsseEnvelope"]["signatures"] = json.loads(HONEST.bundle)["dsseEnvelope"]["signatures"]

    assert HONEST.verify(bundle=canonical_json(bundle)).accepted is (statement == STATEMENT)


@quick
@given(damaged(STATUS))
def test_a_damaged_status_list_is_judged_without_a_crash(statement: Any) -> None:
    """A list that names this key in any way that can be read refuses; noise never crashes."""
    with TemporaryDirectory() as folder:
        status = StatusPolicy(seal(statement, KEY), True, StatusMemory(Path(folder) / "seen"))
        found = HONEST.verify(trust=policy_of(HONEST.document, status=status))
    assert found.accepted is (found.reason is None)


@quick
@given(damaged(LOCK))
def test_a_damaged_lock_is_refused(statement: Any) -> None:
    """A certificate that names a lock holds with that lock only."""
    named = {"lockedAt": LOCK["predicate"]["lockedAt"], "lockDigest": read_bundle(seal(LOCK, KEY)).digest}
    policy = {**STATEMENT["predicate"]["policy"], **named}
    bundle = HONEST.resigned(policy=policy)

    found = HONEST.verify(bundle=bundle, beside=Beside(lock=seal(statement, KEY)))
    assert found.accepted is (statement == LOCK)


@quick
@given(damaged(TRUST))
def test_a_damaged_trust_policy_is_an_error_or_a_policy(document: Any) -> None:
    """No crash but the one error of wrong input."""
    try:
        policy = parse_trust(document, Path("/nonexistent"), "trust.toml")
    except UsageError:
        return
    assert policy.keys
    assert policy.packs


@quick
@given(st.binary(max_size=200) | st.lists(values, max_size=3).map(lambda v: b"".join(map(canonical_json, v)) + b"\n"))
def test_noise_is_no_log(noise: bytes) -> None:
    """A log is empty or well formed."""
    try:
        log = read_log(noise)
    except VerificationError:
        return
    assert noise == b""
    assert log.entries == ()


@quick
@given(damaged(HONEST.statement()["predicate"]))
def test_damaged_readings_are_errors_or_mappings(predicate: Any) -> None:
    """How files were read comes from the certificate: noise in it is an error of ours."""
    for read, document in ((recorded_ways, predicate), (result_ways, {"inputs": predicate.get("readings")})):
        try:
            read(document)
        except AuditError:
            continue


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b"1", b'""', b"[[]]"])
def test_small_documents_are_refused(content: bytes) -> None:
    """The least that JSON allows is no bundle."""
    with pytest.raises(VerificationError):
        read_bundle(content)

"""The statements that are signed: schema, determinism, what each of them binds."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit.certificate.bundle import read_bundle
from audit.certificate.issuing import Issue, Issuer
from audit.certificate.predicates import CERTIFICATE, FILES, REFUSAL, SUMMARY
from audit.certificate.rows import FileDigest
from audit.certificate.signing import CERTIFICATE_NAME, FILES_NAME, REFUSAL_NAME, SUMMARY_NAME, sign_result
from audit.certificate.standards import files_statement
from audit.errors import UsageError
from audit.resources import resource
from audit.training import load_spec
from tests.certificate.issued import (
    AT,
    DESK,
    KEY,
    PAIRS,
    audited,
    digests,
    lines,
    made,
    plain_issue,
    under_lock,
)

HONEST = made()
BAD = [*PAIRS, {"prompt": "p", "chosen": "same", "rejected": "same"}]
SPEC = Path(__file__).resolve().parents[2] / "fixtures" / "training" / "training.toml"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """The published schema of certificates."""
    return Draft202012Validator(json.loads(resource("reports", "certificate.schema.json").read_text(encoding="utf-8")))


def payload(bundle: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_bundle(bundle).payload)
    return found


def signed(**changes: Any) -> dict[str, Any]:
    document = under_lock(HONEST.document, changes.get("lock"))
    bundles = sign_result(document, HONEST.rows, plain_issue(**changes), KEY).bundles
    return payload(bundles[CERTIFICATE_NAME])


def test_certificate_and_refusal_obey_the_schema(validator: Draft202012Validator) -> None:
    """Both are valid; a refusal that claims to certify is not."""
    document = audited(BAD)
    bundles = sign_result(document, digests(lines(BAD), document), plain_issue(), KEY).bundles
    refusal = payload(bundles[REFUSAL_NAME])
    validator.validate(signed())
    validator.validate(refusal)

    assert (signed()["predicateType"], refusal["predicateType"]) == (CERTIFICATE, REFUSAL)
    refusal["predicate"] |= {"certifies": True, "verdict": "pass", "level": "STRUCTURAL-ONLY"}
    assert not validator.is_valid(refusal)


def test_everything_optional_obeys_the_schema(validator: Draft202012Validator) -> None:
    """Lock, log, status list, chain, names and a contact."""
    made_one = signed(
        issuer=Issuer("Desk", "buyer", DESK, "desk@example.org"),
        dataset_name="pairs",
        dataset_version="1",
        lock={"lockedAt": "2026-11-23T08:00:00Z", "lockDigest": "ab" * 32},
        log={"size": 3, "root": "cd" * 32},
        status_list={"uri": "https://audits.example/status", "keyid": KEY.public.keyid},
        supersedes={"certificateId": "urn:uuid:00000000-0000-0000-0000-000000000000", "digest": "ef" * 32},
    )
    validator.validate(made_one)

    assert made_one["predicate"]["previousCertificate"] == {"digest": "ef" * 32}
    for field in ("certificateId", "issuer", "readings", "issuerLog"):
        less = json.loads(json.dumps(made_one))
        del less["predicate"][field]
        assert not validator.is_valid(less), field


def test_a_training_specification_is_bound(validator: Draft202012Validator) -> None:
    """Its fields and digest stand in the certificate, and the words on limits change with it."""
    spec = load_spec(SPEC)
    body = signed(spec=spec)["predicate"]
    validator.validate(signed(spec=spec))

    assert body["training"] == {**spec.to_json(), "specDigest": spec.digest}
    assert not any("unspecified" in text for text in body["limitations"])
    assert any("bound as declared" in text for text in body["limitations"])
    assert any("unspecified" in text for text in signed()["predicate"]["limitations"])


def test_equal_inputs_give_equal_bytes() -> None:
    """Key, time and result decide every byte, the id included; another hour is another certificate."""
    one, two = (sign_result(HONEST.document, HONEST.rows, plain_issue(), KEY) for _ in range(2))
    later = sign_result(HONEST.document, HONEST.rows, plain_issue(at=AT + timedelta(hours=1)), KEY)

    assert one.bundles == two.bundles
    assert one.statement["predicate"]["certificateId"] != later.statement["predicate"]["certificateId"]


def test_the_term_is_half_a_year_or_as_told() -> None:
    """180 days from 24 November 2026 end on 23 May 2027: 6 + 31 + 31 + 28 + 31 + 30 + 23."""
    assert 6 + 31 + 31 + 28 + 31 + 30 + 23 == 180

    assert signed()["predicate"]["expiresAt"] == "2027-05-23T08:00:00Z"
    assert signed(days=1)["predicate"]["expiresAt"] == "2026-11-25T08:00:00Z"
    for days in (0, -1, 100_000):
        with pytest.raises(UsageError, match="live that long"):
            Issue(Issuer("Desk", "self", DESK), AT, days)
    with pytest.raises(UsageError, match="no such role"):
        Issuer("Desk", "auditor", DESK)


def test_a_dataset_without_a_name_is_named_by_its_rows() -> None:
    """The resource is then a URN of the set root."""
    assert signed(resource=None)["predicate"]["resourceUri"] == f"urn:dpo-rows:v1:{HONEST.rows.set_root}"


def test_the_files_statement_is_that_of_model_signing() -> None:
    """One subject; root = SHA-256 of the digests in the order of path parts (a/z before a-b)."""
    names = ("a-b/x.jsonl", "a/z.jsonl", "B.jsonl")
    found = tuple(FileDigest(name, 1, hashlib.sha256(name.encode()).hexdigest(), 1, "00" * 32) for name in names)
    rows = HONEST.rows.__class__(**{**{f: getattr(HONEST.rows, f) for f in HONEST.rows.__slots__}, "files": found})
    statement = files_statement(rows, "d")
    ordered = ["B.jsonl", "a/z.jsonl", "a-b/x.jsonl"]
    root = hashlib.sha256(b"".join(hashlib.sha256(name.encode()).digest() for name in ordered)).hexdigest()

    assert statement["predicateType"] == FILES
    assert statement["subject"] == [{"name": "d", "digest": {"sha256": root}}]
    assert [entry["name"] for entry in statement["predicate"]["resources"]] == ordered


def test_a_table_in_memory_has_no_files_to_sign() -> None:
    """Neither a statement of files nor a certificate can be bound to what has no bytes."""
    table = (FileDigest("DataFrame", None, None, 8, "00" * 32),)
    rows = HONEST.rows.__class__(**{**{f: getattr(HONEST.rows, f) for f in HONEST.rows.__slots__}, "files": table})
    with pytest.raises(UsageError, match="no bytes"):
        files_statement(rows, "d")
    document = {**HONEST.document, "inputs": [{**HONEST.document["inputs"][0], "name": "DataFrame", "sha256": None}]}
    with pytest.raises(UsageError, match="not one of these data"):
        sign_result(document, rows, plain_issue(), KEY)


def test_the_summary_points_at_the_certificate() -> None:
    """SLSA VSA v1: verifier, time, digest of the certificate, result and level; FAILED for a refusal."""
    done = sign_result(HONEST.document, HONEST.rows, plain_issue(), KEY)
    summary = payload(done.bundles[SUMMARY_NAME])
    document = audited(BAD)
    refused = sign_result(document, digests(lines(BAD), document), plain_issue(), KEY)
    failing = payload(refused.bundles[SUMMARY_NAME])["predicate"]

    assert summary["predicateType"] == SUMMARY
    assert summary["predicate"]["verifier"]["id"] == DESK
    assert summary["predicate"]["timeVerified"] == "2026-11-24T08:00:00Z"
    assert summary["predicate"]["inputAttestations"] == [{"uri": CERTIFICATE_NAME, "digest": {"sha256": done.digest}}]
    assert (summary["predicate"]["verificationResult"], summary["predicate"]["verifiedLevels"]) == (
        "PASSED",
        ["STRUCTURAL_ONLY_L1"],
    )
    assert (failing["verificationResult"], failing["verifiedLevels"]) == ("FAILED", [])
    assert FILES_NAME not in refused.bundles


def test_a_mutilated_result_is_not_signed() -> None:
    """A result that lacks a field of its schema is named as such."""
    document = {key: value for key, value in HONEST.document.items() if key != "rules"}
    with pytest.raises(UsageError, match="lacks a field"):
        sign_result(document, HONEST.rows, plain_issue(), KEY)


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "fail", "level": "NONE"},
        {"verdict": "inconclusive", "level": "NONE"},
        {"verdict": "not_assessable", "level": "NONE"},
        {"verdict": "incomplete", "level": "NONE", "complete": False},
        {"complete": False},
    ],
)
def test_only_a_complete_pass_is_certified(validator: Draft202012Validator, changes: dict[str, Any]) -> None:
    """Every other end of an audit is signed as a refusal, valid against the schema."""
    done = sign_result({**HONEST.document, **changes}, HONEST.rows, plain_issue(), KEY)

    assert set(done.bundles) == {REFUSAL_NAME, SUMMARY_NAME}
    validator.validate(payload(done.bundles[REFUSAL_NAME]))

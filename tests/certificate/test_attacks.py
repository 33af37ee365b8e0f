"""Every dishonest act that the documentation's table of threats names is refused, by the check that it names."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audit.canonical import canonical_json
from audit.certificate.bundle import seal
from audit.certificate.issuing import Issuer
from audit.certificate.predicates import REFUSAL
from audit.certificate.question import Beside
from audit.certificate.signing import CERTIFICATE_NAME, REFUSAL_NAME, sign_result
from audit.certificate.trust import TrustedKey
from audit.errors import UsageError
from tests.certificate.issued import (
    AT,
    DESK,
    KEY,
    OTHER_KEY,
    PAIRS,
    Case,
    audited,
    digests,
    failed,
    is_refused,
    lines,
    made,
    plain_issue,
    policy_of,
    reissued,
    result_bytes,
    same_json,
)

HONEST = made()


# ---- honest acts ------------------------------------------------------------------------------------------------


def test_the_honest_certificate_is_accepted() -> None:
    """Nothing refuses the honest case, and its outputs beside it hold too."""
    found = HONEST.verify(beside=Beside(outputs={"result.json": result_bytes(HONEST)}))

    assert found.accepted
    assert failed(found) == []
    assert found.reason is None


def test_reordered_rows_are_accepted_and_told() -> None:
    """Another order of the same rows holds, is said, and is refused only where the buyer pins the order."""
    turned = digests(lines(PAIRS[::-1]), HONEST.document)
    found = HONEST.verify(rows=turned)

    assert found.accepted
    assert any("order differs" in check.detail for check in found.checks if check.name == "rows")
    strict = policy_of(HONEST.document, strict_order=True)
    assert HONEST.verify(trust=strict).accepted
    assert is_refused(HONEST.verify(rows=turned, trust=strict), "rows")


def test_reserialised_rows_are_accepted_and_told() -> None:
    """The same rows with other spacing, key order and escapes, in a JSON array: other bytes, same rows."""
    spaced = json.dumps([dict(reversed(pair.items())) for pair in PAIRS], indent=1).encode()
    found = HONEST.verify(rows=digests(spaced, HONEST.document, "pairs.json"))

    assert found.accepted
    assert any("other bytes" in check.detail for check in found.checks if check.name == "files")


def test_a_bundle_written_by_another_writer_is_accepted() -> None:
    """The bundle's own spacing and order of members are not signed and mean nothing."""
    assert HONEST.verify(bundle=same_json(HONEST.bundle)).accepted


# ---- the data ---------------------------------------------------------------------------------------------------


def flipped() -> list[dict[str, str]]:
    first = {**PAIRS[0], "chosen": PAIRS[0]["rejected"], "rejected": PAIRS[0]["chosen"]}
    return [first, *PAIRS[1:]]


@pytest.mark.parametrize(
    "pairs",
    [
        flipped(),
        PAIRS[1:],
        [*PAIRS, PAIRS[0]],
        [*PAIRS, {"prompt": "new", "chosen": "good", "rejected": "bad"}],
        [{**PAIRS[0], "chosen": PAIRS[0]["chosen"] + " "}, *PAIRS[1:]],
        [{**PAIRS[0], "prompt": PAIRS[1]["prompt"]}, *PAIRS[1:]],
        [],
    ],
    ids=["flip a pair", "drop a row", "repeat a row", "add a row", "add a space", "swap a prompt", "drop all"],
)
def test_changed_rows_are_refused(pairs: list[dict[str, str]]) -> None:
    """Whatever is done to a row after the audit, the buyer's own digests differ."""
    content = lines(pairs)
    rows = digests(content, HONEST.document) if pairs else replace(HONEST.rows, n=0, set_root="0" * 64)

    assert is_refused(HONEST.verify(rows=rows), "rows")


def test_rows_that_no_audit_read_are_refused() -> None:
    """A row that our reader sets aside, and a trainer may take, cannot ride along."""
    content = lines(PAIRS) + b'{"prompt": "poison", "chosen": "", "rejected": null}\n'
    found = HONEST.verify(rows=digests(content, HONEST.document))

    assert not found.accepted
    assert set(failed(found)) & {"rows", "files"}


def test_rows_set_aside_cannot_be_exchanged() -> None:
    """Where rows were set aside, they are bound by the files' bytes: other bytes with other such rows are refused."""
    bad = [b'{"prompt": "a", "chosen": 1, "rejected": null}\n', b'{"prompt": "b", "chosen": 2, "rejected": null}\n']
    first, second = (digests(lines(PAIRS) + one, HONEST.document) for one in bad)
    assert first.excluded == second.excluded == 1
    assert first.set_root == second.set_root
    statement = HONEST.statement()
    statement["predicate"]["rows"] |= first.to_json()["rows"]
    for file in statement["predicate"]["files"]:
        file["sha256"] = first.files[0].sha256
    statement["subject"][0]["digest"]["sha256"] = first.files[0].sha256
    bundle = seal(statement, KEY)

    assert HONEST.verify(bundle=bundle, rows=first).accepted
    assert is_refused(HONEST.verify(bundle=bundle, rows=second), "files")


# ---- the certificate --------------------------------------------------------------------------------------------


def reworded(change: Any) -> bytes:
    """The bundle with its payload changed and the old signature left on it."""
    bundle = json.loads(HONEST.bundle)
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    change(statement)
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(canonical_json(statement)).decode()
    return canonical_json(bundle)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["predicate"]["rules"].pop(),
        lambda s: s["predicate"]["rules"][0].update(estimate=7),
        lambda s: s["predicate"]["limitations"].clear(),
        lambda s: s["predicate"]["issuer"].update(role="independent", name="Someone else"),
        lambda s: s["predicate"].update(expiresAt="2099-01-01T00:00:00Z"),
        lambda s: s["predicate"].update(level="DPO-READY"),
        lambda s: s.update(predicateType=REFUSAL),
    ],
    ids=["drop a rule", "edit an estimate", "strip limits", "another issuer", "later expiry", "higher level", "type"],
)
def test_an_edited_payload_is_refused(change: Any) -> None:
    """Findings, limits, names and times are all under the signature."""
    assert is_refused(HONEST.verify(bundle=reworded(change)), "signature")


def is_noticed(place: int, flip: int) -> bool:
    bundle = bytearray(HONEST.bundle)
    bundle[place] ^= flip
    found = HONEST.verify(bundle=bytes(bundle))
    return not found.accepted and failed(found)[0] in ("form", "signature")


def test_every_flipped_byte_is_refused_by_name() -> None:
    """A bit of any byte of the bundle is turned, another bit from byte to byte: a named check refuses it."""
    assert [place for place in range(len(HONEST.bundle)) if not is_noticed(place, 1 << place % 8)] == []


@pytest.mark.slow
@pytest.mark.parametrize("bit", range(8))
def test_every_flipped_bit_is_refused_by_name(bit: int) -> None:
    """Any bit of any byte."""
    assert [place for place in range(len(HONEST.bundle)) if not is_noticed(place, 1 << bit)] == []


def test_every_truncation_is_refused() -> None:
    """A bundle cut short anywhere is refused by its form."""
    for length in range(0, len(HONEST.bundle), 7):
        assert is_refused(HONEST.verify(bundle=HONEST.bundle[:length]), "form")


def test_findings_stripped_from_the_result_are_seen() -> None:
    """A result.json beside the certificate that is not the certified one is refused."""
    document = {**HONEST.document, "rules": HONEST.document["rules"][:-1]}
    beside = Beside(outputs={"result.json": json.dumps(document).encode()})

    assert is_refused(HONEST.verify(beside=beside), "results")


def test_a_self_signed_certificate_is_refused() -> None:
    """A key that the buyer does not list counts for nothing, whatever it says of itself."""
    assert is_refused(HONEST.verify(bundle=reissued(OTHER_KEY)), "signature")


def test_a_key_trusted_for_something_else_is_refused() -> None:
    """A key listed for another verifier, another role or another use cannot speak as the auditor."""
    listed = policy_of(HONEST.document).keys
    elsewhere = TrustedKey(OTHER_KEY.public, "https://elsewhere.example", "independent")
    forged = reissued(OTHER_KEY)
    assert is_refused(
        HONEST.verify(bundle=forged, trust=policy_of(HONEST.document, keys=(*listed, elsewhere))), "issuer"
    )

    lesser = TrustedKey(OTHER_KEY.public, DESK, "self")
    trust = policy_of(HONEST.document, keys=(*listed, lesser))
    assert is_refused(HONEST.verify(bundle=forged, trust=trust), "issuer")

    narrow = TrustedKey(OTHER_KEY.public, DESK, "independent", uses=("status",))
    trust = policy_of(HONEST.document, keys=(*listed, narrow))
    assert is_refused(HONEST.verify(bundle=forged, trust=trust), "signature")


def test_a_self_issued_certificate_is_never_independent() -> None:
    """The role self does not satisfy a buyer who asks for an independent one, trusted key or not."""
    bundle = reissued(issuer=Issuer("Vendor", "self", DESK))
    keys = (TrustedKey(KEY.public, DESK, "self"),)

    assert is_refused(HONEST.verify(bundle=bundle, trust=policy_of(HONEST.document, keys=keys)), "issuer")
    assert HONEST.verify(bundle=bundle, trust=policy_of(HONEST.document, keys=keys, min_role="self")).accepted


def test_another_keys_name_on_the_bundle_is_refused() -> None:
    """A bundle that names the auditor's key and was signed by another one does not hold."""
    bundle = json.loads(reissued(OTHER_KEY))
    bundle["verificationMaterial"]["publicKey"]["hint"] = KEY.public.keyid

    assert is_refused(HONEST.verify(bundle=canonical_json(bundle)), "signature")


def test_without_a_trust_policy_nothing_is_accepted() -> None:
    """The signature may hold, and still nobody knows whose it is."""
    found = HONEST.verify(trust=None)
    assert not found.accepted
    assert "cannot be checked" in (found.reason or "")


# ---- rules and verdict ------------------------------------------------------------------------------------------


def test_own_lax_rules_are_refused() -> None:
    """A rule pack that the buyer did not accept does not count."""
    other = "sha256:" + "ab" * 32
    policy = {**HONEST.statement()["predicate"]["policy"], "resolvedDigest": other}

    assert is_refused(HONEST.verify(bundle=HONEST.resigned(policy=policy)), "policy")


def test_weakened_rules_are_shown() -> None:
    """Every rule that asks less than upstream is named, even under an accepted pack."""
    entry = {"rule": "STR-002", "key": "limit", "was": "0", "now": "100", "reason": "r", "pack": "p"}
    policy = {**HONEST.statement()["predicate"]["policy"], "weakened": [entry]}
    found = HONEST.verify(bundle=HONEST.resigned(policy=policy))

    assert [c.detail for c in found.checks if c.name == "weakened"] == [
        "weaker than upstream: STR-002 limit: 0 became 100"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "fail"},
        {"certifies": False},
        {"complete": False},
        {"level": "NONE"},
        {"verdict": "pass_with_everything"},
    ],
)
def test_a_certificate_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    """Verdict, level and flags have to tell one story, even when the issuer itself signed another."""
    assert is_refused(HONEST.verify(bundle=HONEST.resigned(**changes)), "verdict")


def test_a_required_rule_that_failed_is_refused() -> None:
    """An issuer who signs a certificate over a failed required rule is refused; and the counts have to add up."""
    body = HONEST.statement()["predicate"]
    rules = [{**body["rules"][0], "verdict": "fail"}, *body["rules"][1:]]
    counted = {"digest": body["results"]["digest"], "counts": {**body["results"]["counts"], "fail": 1, "pass": 1}}

    assert is_refused(HONEST.verify(bundle=HONEST.resigned(rules=rules, results=counted)), "verdict")
    assert is_refused(HONEST.verify(bundle=HONEST.resigned(rules=rules)), "fields")


def test_a_level_that_the_buyer_does_not_take_is_refused() -> None:
    """STRUCTURAL-ONLY does not do where DPO-READY is asked for."""
    assert is_refused(HONEST.verify(trust=policy_of(HONEST.document, levels=("DPO-READY",))), "verdict")


def test_a_failed_audit_is_signed_as_a_refusal_only() -> None:
    """Of data that fail, `sign_result` makes no certificate; its refusal is refused by name."""
    bad = [*PAIRS, {"prompt": "p", "chosen": "same", "rejected": "same"}]
    document = audited(bad)
    signed = sign_result(document, digests(lines(bad), document), plain_issue(), KEY)

    assert document["verdict"] == "fail"
    assert not signed.certifies
    assert CERTIFICATE_NAME not in signed.bundles
    found = HONEST.verify(bundle=signed.bundles[REFUSAL_NAME])
    assert is_refused(found, "type")
    assert "a signed refusal" in (found.reason or "")


def test_a_result_of_other_data_is_not_signed() -> None:
    """The signer hashes the data itself: a good result cannot be lent to other files or rows."""
    with pytest.raises(UsageError, match="not one of these data"):
        sign_result(HONEST.document, digests(lines(PAIRS[1:]), HONEST.document), plain_issue(), KEY)

    forged = {**HONEST.document, "comparisons": 9}
    with pytest.raises(UsageError, match="counts other rows"):
        sign_result(forged, HONEST.rows, plain_issue(), KEY)


@pytest.mark.parametrize("name", ["files.sigstore.json", "summary.sigstore.json"])
def test_another_statement_of_the_same_key_is_no_certificate(name: str) -> None:
    """The auditor's signature over something else is not a certificate."""
    signed = sign_result(HONEST.document, HONEST.rows, plain_issue(), KEY)

    assert is_refused(HONEST.verify(bundle=signed.bundles[name]), "type")


def test_another_major_version_is_refused() -> None:
    """A certificate in a language that this verifier does not speak is refused, not half understood."""
    statement = HONEST.statement()
    statement["predicateType"] = statement["predicateType"].replace("/v1", "/v2")

    assert is_refused(HONEST.verify(bundle=seal(statement, KEY)), "type")
    assert is_refused(HONEST.verify(bundle=HONEST.resigned(specVersion="2.0.0")), "fields")


def test_unknown_fields_are_ignored() -> None:
    """Fields of later minor versions do not turn an accept into a refusal."""
    assert HONEST.verify(bundle=HONEST.resigned(specVersion="1.9.0", newField={"x": [1]})).accepted


def test_subjects_that_are_not_the_predicates_files_are_refused() -> None:
    """Other tools look at the subjects only: they must be the files and rows that the predicate tells of."""
    statement = HONEST.statement()
    statement["subject"] = [{"name": "other.jsonl", "digest": {"sha256": "ab" * 32}}]

    assert is_refused(HONEST.verify(bundle=seal(statement, KEY)), "fields")


# ---- time and scope ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "most_age"),
    [(timedelta(days=181), None), (timedelta(days=180), None), (timedelta(days=31), 30), (-timedelta(minutes=6), None)],
    ids=["expired", "at its end", "too old for the buyer", "not yet issued"],
)
def test_a_certificate_out_of_its_time_is_refused(after: timedelta, most_age: int | None) -> None:
    """180 days from issue and not a second more; less where the buyer says so; never before it was issued."""
    trust = policy_of(HONEST.document, max_age_days=most_age)

    assert is_refused(HONEST.verify(now=AT + after, trust=trust), "time")


def test_a_certificate_of_another_product_or_version_is_refused() -> None:
    """An old or foreign certificate cannot be replayed for what the buyer asked for."""
    assert is_refused(HONEST.verify(bundle=reissued(resource="pkg:generic/other@1")), "scope")
    assert is_refused(HONEST.verify(bundle=reissued(resource=None)), "scope")
    wanted = policy_of(HONEST.document, version="2026.11")
    assert is_refused(HONEST.verify(bundle=reissued(dataset_version="2026.10"), trust=wanted), "scope")
    assert HONEST.verify(bundle=reissued(dataset_version="2026.11"), trust=wanted).accepted


def test_the_case_of_these_tests_is_what_it_seems() -> None:
    """Changing nothing changes nothing: the refusals above come from what they change."""
    assert HONEST.verify(bundle=HONEST.resigned()).accepted
    assert reissued() == HONEST.bundle
    assert isinstance(HONEST, Case)


def test_a_time_without_a_zone_is_an_error() -> None:
    """Nobody guesses which zone an expiry is compared in."""
    with pytest.raises(ValueError, match="no zone"):
        HONEST.verify(now=AT.replace(tzinfo=None))

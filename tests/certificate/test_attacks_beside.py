"""Dishonest acts against what lies beside a certificate: lock, log, replay, replaced certificates."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.canonical import digest
from audit.certificate.bundle import read_bundle, seal
from audit.certificate.clock import write_time
from audit.certificate.issuer_log import append_entry, held
from audit.certificate.lock import lock_statement
from audit.certificate.predicates import REFUSAL
from audit.certificate.question import Beside
from audit.certificate.signing import CERTIFICATE_NAME, sign_result
from audit.errors import UsageError
from audit.report.jsonfile import dump_document
from audit.training import TrainingSpec, load_spec
from tests.certificate.issued import (
    AT,
    DESK,
    KEY,
    OTHER_KEY,
    is_refused,
    made,
    plain_issue,
    policy_of,
    reissued,
    result_bytes,
    under_lock,
)

HONEST = made()
PACK = HONEST.document["pack"]["digest"]
SPEC = Path(__file__).resolve().parents[2] / "fixtures" / "training" / "training.toml"


def lock_of(pack: str = PACK, key: Any = KEY, hours: int = -1, verifier: str = DESK) -> tuple[bytes, dict[str, str]]:
    at = AT + timedelta(hours=hours)
    bundle = seal(lock_statement("structural", "1.0.0", pack, verifier, at), key)
    return bundle, {"lockedAt": write_time(at), "lockDigest": read_bundle(bundle).digest}


def test_limits_chosen_after_the_result_are_refused() -> None:
    """The lock has to be the one named, of this pack, by this verifier, and from before the certificate."""
    lock, named = lock_of()
    bundle = reissued(lock=named)
    wanted = policy_of(HONEST.document, require_lock=True)
    assert HONEST.verify(bundle=bundle, trust=wanted, beside=Beside(lock=lock)).accepted

    assert is_refused(HONEST.verify(trust=wanted), "lock")  # names no lock
    assert is_refused(HONEST.verify(bundle=bundle, trust=wanted), "lock")  # not shown
    late, late_named = lock_of(hours=1)
    assert is_refused(HONEST.verify(bundle=reissued(lock=late_named), beside=Beside(lock=late)), "lock")
    for other in (lock_of("sha256:" + "ab" * 32), lock_of(key=OTHER_KEY), lock_of(verifier="urn:other")):
        found = HONEST.verify(bundle=reissued(lock=other[1]), beside=Beside(lock=other[0]))
        assert is_refused(found, "lock")
        assert is_refused(HONEST.verify(bundle=bundle, beside=Beside(lock=other[0])), "lock")


def test_a_lock_made_after_the_audit_is_refused() -> None:
    """The result names the lock that it was run under: one of later is not signed, nor believed where it was."""
    lock, named = lock_of()
    with pytest.raises(UsageError, match="knew of no policy lock"):
        sign_result(HONEST.document, HONEST.rows, plain_issue(lock=named), KEY)
    other = under_lock(HONEST.document, lock_of(hours=-2)[1])
    with pytest.raises(UsageError, match="under another policy lock"):
        sign_result(other, HONEST.rows, plain_issue(lock=named), KEY)

    policy = HONEST.statement()["predicate"]["policy"]
    forged = HONEST.resigned(policy={**policy, **named})
    beside = Beside(lock=lock, outputs={"result.json": result_bytes(HONEST)})
    assert is_refused(HONEST.verify(bundle=forged, beside=beside), "lock")
    honest = {"result.json": dump_document(under_lock(HONEST.document, named))}
    found = HONEST.verify(bundle=reissued(lock=named), beside=Beside(lock=lock, outputs=honest))
    assert found.accepted
    assert any("the audit was run under it" in check.detail for check in found.checks)


def test_shopping_for_a_pass_leaves_a_trace(tmp_path: Any) -> None:
    """Three refusals before the pass stand in the log, the certificate pins them, and a log without them is refused."""
    path = tmp_path / "log.jsonl"
    for hour in range(3):
        with held(path) as log:
            issue = plain_issue(at=AT - timedelta(hours=4 - hour), log=log.head)
            statement = json.loads(read_bundle(HONEST.bundle).payload)
            statement["predicateType"] = REFUSAL
            statement["predicate"] |= {"verdict": "fail", "issuerLog": issue.log}
            append_entry(path, log, statement, f"{hour:064x}")
    with held(path) as log:
        signed = sign_result(HONEST.document, HONEST.rows, plain_issue(log=log.head), KEY)
        append_entry(path, log, signed.statement, signed.digest)
    bundle, whole = signed.bundles[CERTIFICATE_NAME], path.read_bytes()
    wanted = policy_of(HONEST.document, require_log=True)

    found = HONEST.verify(bundle=bundle, trust=wanted, beside=Beside(log=whole))
    assert found.accepted
    assert [c.detail for c in found.checks if c.name == "log"] == [
        "line 4; of this resource: 4 audits, 3 of them refused"
    ]
    assert is_refused(HONEST.verify(bundle=bundle, trust=wanted), "log")  # not shown
    assert is_refused(HONEST.verify(trust=wanted, beside=Beside(log=whole)), "log")  # names no log
    written = whole.splitlines(keepends=True)
    for cut in (written[:3], written[3:], written[1:], []):
        assert is_refused(HONEST.verify(bundle=bundle, beside=Beside(log=b"".join(cut))), "log")
    clean = tmp_path / "clean.jsonl"
    with held(clean) as log:
        append_entry(clean, log, signed.statement, signed.digest)
    assert is_refused(HONEST.verify(bundle=bundle, beside=Beside(log=clean.read_bytes())), "log")


def test_a_lying_auditor_is_found_out_by_replay() -> None:
    """An estimate that the issuer made up and signed differs from the buyer's own run."""
    assert HONEST.verify(beside=Beside(replayed=HONEST.document)).accepted
    body = HONEST.statement()["predicate"]
    rules = [{**body["rules"][0], "estimate": 0.123}, *body["rules"][1:]]
    results = {**body["results"], "digest": "sha256:" + "ab" * 32}
    for lie in (HONEST.resigned(rules=rules, results=results), HONEST.resigned(rules=rules)):
        assert HONEST.verify(bundle=lie).accepted  # nothing but the replay can tell
        found = HONEST.verify(bundle=lie, beside=Beside(replayed=HONEST.document))
        assert is_refused(found, "replay")
        assert "1 of 2 rules differ" in next(c.detail for c in found.checks if c.name == "replay")
    higher = HONEST.resigned(level="DPO-READY")
    assert HONEST.verify(bundle=higher).accepted
    assert is_refused(HONEST.verify(bundle=higher, beside=Beside(replayed=HONEST.document)), "replay")


def test_measures_are_replayed_where_the_result_is_shown() -> None:
    """A number that no rule looks at is compared, too, once result.json is the certified one."""
    forged = json.loads(json.dumps(HONEST.document))
    forged["measures"][0]["value"] = 12345
    content = json.dumps(forged).encode()
    body = HONEST.statement()["predicate"]
    listed = {"name": "result.json", "mediaType": "application/json", "sha256": hashlib.sha256(content).hexdigest()}
    results = {**body["results"], "digest": digest(forged)}
    lie = HONEST.resigned(byproducts=[listed], results=results)
    shown = Beside(outputs={"result.json": content})
    assert HONEST.verify(bundle=lie, beside=shown).accepted

    found = HONEST.verify(bundle=lie, beside=replace(shown, replayed=HONEST.document))
    assert is_refused(found, "replay")
    assert "measures differ" in next(c.detail for c in found.checks if c.name == "replay")


def test_a_replay_by_another_pack_is_no_replay() -> None:
    """Running other rules proves nothing of the certified ones."""
    other = {**HONEST.document, "pack": {**HONEST.document["pack"], "digest": "sha256:" + "ab" * 32}}

    assert is_refused(HONEST.verify(beside=Beside(replayed=other)), "replay")


def test_a_broken_chain_is_refused() -> None:
    """A certificate that replaces another names it by digest: another one in its place is refused."""
    first = HONEST.bundle
    first_id = HONEST.statement()["predicate"]["certificateId"]
    named = {"certificateId": first_id, "digest": read_bundle(first).digest}
    second = reissued(at=AT + timedelta(hours=1), supersedes=named)
    later = AT + timedelta(hours=2)
    assert HONEST.verify(bundle=second, now=later, beside=Beside(previous=(first,))).accepted

    other = reissued(dataset_name="another")
    assert is_refused(HONEST.verify(bundle=second, now=later, beside=Beside(previous=(other,))), "chain")
    forged = HONEST.resigned(OTHER_KEY)
    assert is_refused(HONEST.verify(bundle=second, now=later, beside=Beside(previous=(forged,))), "chain")
    early = reissued(at=AT - timedelta(hours=1), supersedes=named)
    assert is_refused(HONEST.verify(bundle=early, beside=Beside(previous=(first,))), "chain")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("beta",), "0.5"),
        (("objective",), "ipo"),
        (("maxLength",), 512),
        (("truncation",), "keep_end"),
        (("precision",), "fp16"),
        (("chatTemplate", "sha256"), "ab" * 32),
        (("trainer", "version"), "9.9"),
        (("newSetting",), "x"),
    ],
)
def test_a_training_setting_that_differs_is_refused(path: tuple[str, ...], value: object) -> None:
    """Another beta, loss, length, truncation, precision, template or trainer is another training, and is named."""
    spec = load_spec(SPEC)
    bundle = reissued(spec=spec)
    wanted = policy_of(HONEST.document, require_training=True)
    assert HONEST.verify(bundle=bundle, trust=wanted, spec=spec).accepted
    changed = json.loads(json.dumps(spec.to_json()))
    place = changed
    for step in path[:-1]:
        place = place[step]
    assert place.get(path[-1]) != value
    place[path[-1]] = value

    found = HONEST.verify(bundle=bundle, trust=wanted, spec=TrainingSpec(changed))
    assert is_refused(found, "training")
    assert f"training.{'.'.join(path)}" in (found.reason or "")


def test_a_certificate_without_the_training_asked_for_is_refused() -> None:
    """None bound, and none shown to compare, where the buyer asks for one."""
    spec = load_spec(SPEC)
    wanted = policy_of(HONEST.document, require_training=True)

    assert is_refused(HONEST.verify(spec=spec), "training")  # none bound
    assert is_refused(HONEST.verify(bundle=reissued(spec=spec), trust=wanted), "training")  # none shown
    assert HONEST.verify(bundle=reissued(spec=spec)).accepted

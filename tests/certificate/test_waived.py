"""Certificates that rest on waivers or on a hand review, and the dishonest ways to get one."""

from __future__ import annotations

import hashlib
import json
import re
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import audit
from audit.canonical import digest
from audit.certificate.signing import CERTIFICATE_NAME, sign_result
from audit.cli import main
from audit.errors import UsageError
from audit.report.jsonfile import dump_document
from audit.rules.waivers import parse_waivers
from tests.certificate.issued import AT, KEY, PAIRS, Case, digests, is_refused, lines, plain_issue, policy_of

ROWS = [*PAIRS, PAIRS[0]]
"""One pair twice: DUP-001 fails."""
PACK = """
format = 1
name = "one"
version = "1.0.0"
title = "One rule"
level = "DPO-READY"
[[rule]]
id = "DUP-001"
version = 1
title = "Comparisons repeat"
name = "repeats"
measure = "duplicates.exact_pairs"
kind = "census"
operator = "le"
limit = 0
required = true
severity = "blocker"
basis = "policy"
rationale = "r"
reference = ["r"]
remediation = "r"
since = "0.1.0"
"""
UNTIL = AT.date() + timedelta(days=30)


def waiver(content: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "id": "W-1",
        "rule": "DUP-001",
        "scope": {"files": [hashlib.sha256(content).hexdigest()]},
        "reason": "repeated on purpose",
        "owner": "ann",
        "approver": "bob",
        "created": AT.date(),
        "expires": UNTIL,
        "ceiling": 1,
        **changes,
    }


@cache
def waived() -> Case:
    """The honest case: a repeat that somebody answers for."""
    content = lines(ROWS)
    with TemporaryDirectory() as folder:
        data, pack = Path(folder) / "pairs.jsonl", Path(folder) / "one.toml"
        data.write_bytes(content)
        pack.write_text(PACK)
        given = parse_waivers({"waiver": [waiver(content)]}, AT.date(), "w")
        document = json.loads(dump_document(audit.run(data, rules=pack, waivers=given).document))
    rows = digests(content, document)
    signed = sign_result(document, rows, plain_issue(), KEY)
    trust = policy_of(document, waived=("DUP-001",))
    return Case(signed.bundles[CERTIFICATE_NAME], rows, trust, document)


def test_it_is_accepted_where_the_buyer_lets_that_rule_be_waived() -> None:
    """And only there: no trust policy accepts waivers by default. The certificate ends with the waiver."""
    case = waived()
    found = case.verify()
    assert found.accepted
    assert any("ann, approved by bob, until" in check.detail for check in found.checks)
    assert is_refused(case.verify(trust=policy_of(case.document)), "waivers")
    assert is_refused(case.verify(trust=policy_of(case.document, waived=("DUP-002",))), "waivers")

    body = case.statement()["predicate"]
    assert (body["verdict"], body["waivers"]["count"]) == ("pass_with_waivers", 1)
    assert body["expiresAt"] == f"{UNTIL}T23:59:59Z"
    assert is_refused(case.verify(now=datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=UTC) + timedelta(1)), "time")


def changed(**entry: Any) -> bytes:
    """The certificate with one waiver changed and counted again, signed by the desk itself."""
    case = waived()
    told = deepcopy(case.statement()["predicate"]["waivers"])
    told["entries"][0].update(entry)
    told["digest"] = digest(told["entries"])
    told["earliestExpiry"] = told["entries"][0]["expires"]
    return case.resigned(waivers=told)


@pytest.mark.parametrize(
    "entry",
    [
        {"approver": "Ann"},
        {"expires": str(UNTIL + timedelta(days=300))},
        {"created": str(UNTIL + timedelta(days=1))},
        {"expires": str(UNTIL - timedelta(days=10))},
        {"rule": "STR-001"},
        {"slice": {"by": "locale", "value": "da"}},
        {"ceiling": 0.5},
        {"ceiling": "none"},
        {"ceiling": None},
        {"expires": "soon"},
        {"owner": ""},
        {"id": "W-2"},
    ],
)
def test_a_desk_that_bends_its_own_rules_is_refused(entry: dict[str, Any]) -> None:
    """No own approval, no life beyond 180 days or beyond the waiver, no other finding, no ceiling that broke."""
    assert is_refused(waived().verify(bundle=changed(**entry)), "waivers")


def test_an_expired_waiver_refuses_even_in_a_certificate_that_lives_on() -> None:
    """The dates of the waivers are read on their own."""
    case = waived()
    late = AT + timedelta(days=60)
    bundle = case.resigned(expiresAt="2027-11-24T08:00:00Z")
    assert is_refused(case.verify(bundle=bundle, now=late), "waivers")


def test_hidden_waivers_are_refused() -> None:
    """Verdict, rules and list of waivers have to tell one story."""
    case = waived()
    body = case.statement()["predicate"]
    none = {"count": 0, "digest": digest([]), "on": None, "earliestExpiry": None, "entries": []}
    bare = [{**rule, "waiver": None} for rule in body["rules"]]

    assert is_refused(case.verify(bundle=case.resigned(verdict="pass")), "verdict")
    assert is_refused(case.verify(bundle=case.resigned(waivers=none)), "waivers")
    assert is_refused(case.verify(bundle=case.resigned(waivers=none, rules=bare)), "verdict")
    assert is_refused(case.verify(bundle=case.resigned(waivers={**body["waivers"], "count": 0})), "waivers")
    assert is_refused(case.verify(bundle=case.resigned(waivers={**body["waivers"], "digest": digest([])})), "waivers")


def test_nothing_is_signed_after_a_waiver_expired() -> None:
    """The audit passed in time; the signature comes too late."""
    case = waived()
    with pytest.raises(UsageError, match="expired since the audit"):
        sign_result(case.document, case.rows, plain_issue(at=AT + timedelta(days=31)), KEY)


def test_waivers_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fail, waive, pass with waivers; every output names who answers; a tighter ceiling fails again."""
    (tmp_path / "pairs.jsonl").write_bytes(lines(ROWS))
    (tmp_path / "one.toml").write_text(PACK)
    data, out, own = str(tmp_path / "pairs.jsonl"), str(tmp_path / "out"), str(tmp_path / "w.toml")
    run = ["run", data, "--rules", str(tmp_path / "one.toml"), "--out", out, "--no-cache"]
    assert main(run) == 1
    capsys.readouterr()
    people = [
        "--owner",
        "ann@desk",
        "--approver",
        "bob@desk",
        "--reason",
        "repeated <b>on purpose</b> \N{SLIGHTLY SMILING FACE}",
    ]
    assert main(["waive", out, "DUP-001", *people]) == 0
    written = capsys.readouterr().out
    Path(own).write_text(written)
    assert "Comparisons repeat" in written

    assert main([*run, "--waivers", own]) == 0
    said = capsys.readouterr().out
    assert "VERDICT: PASS WITH WAIVERS" in said
    assert "ann@desk answers for it until" in said
    assert "(waived) Comparisons repeat" in said
    page = (tmp_path / "out" / "report.html").read_text()
    assert "ann@desk" in page
    assert "<b>on purpose</b>" not in page
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["waivers"]["entries"][0]["state"] == "applied"
    assert result["rules"][0]["waiver"] == result["waivers"]["entries"][0]["id"]

    expired = written.replace(f"created = {date.today()}", "created = 2026-01-01")  # noqa: DTZ011 - as the command
    expired = re.sub(r"expires = \S+", "expires = 2026-02-01", expired)
    Path(own).write_text(expired)
    assert main([*run, "--waivers", own]) == 1
    assert "expired 2026-02-01: the finding counts again" in " ".join(capsys.readouterr().out.split())
    assert main(["waive", out, "DUP-001", *people[:2], "--approver", "ann@desk", "--reason", "r"]) == 2
    assert main(["waive", out, "DUP-009", *people]) == 2


def test_replay_takes_the_waivers_of_the_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verifier's own run is judged under the same waivers, on the same day, and gives the same numbers."""
    (tmp_path / "pairs.jsonl").write_bytes(lines(ROWS))
    (tmp_path / "one.toml").write_text(PACK)
    data, out = str(tmp_path / "pairs.jsonl"), str(tmp_path / "out")
    run = ["run", data, "--rules", str(tmp_path / "one.toml"), "--out", out, "--no-cache", "--quiet"]
    assert main(run) == 1
    capsys.readouterr()
    assert main(["waive", out, "DUP-001", "--owner", "a", "--approver", "b", "--reason", "r"]) == 0
    (tmp_path / "w.toml").write_text(capsys.readouterr().out)
    assert main([*run, "--waivers", str(tmp_path / "w.toml")]) == 0
    assert main(["keygen", "--out", str(tmp_path / "keys"), "--no-passphrase"]) == 0
    key = ["--key", str(tmp_path / "keys" / "audit.key"), "--verifier", "urn:desk"]
    assert main(["sign", out, "--data", data, *key]) == 0
    pack = json.loads((tmp_path / "out" / "result.json").read_text())["pack"]["digest"]
    trust = tmp_path / "trust.toml"
    trust.write_text(
        f'format = 1\nmin_role = "self"\npacks = ["{pack}"]\nwaived = ["DUP-001"]\n'
        '[[key]]\nverifier = "urn:desk"\nrole = "self"\nfile = "keys/audit.pub"\n'
    )
    capsys.readouterr()
    verify = ["verify", f"{out}/certificate.sigstore.json", "--data", data, "--trust", str(trust), "--replay"]
    assert main([*verify, "--rules", str(tmp_path / "one.toml")]) == 0
    assert "the same numbers: 1 rules" in capsys.readouterr().out

"""Revocation: entries, the term of a list, roll-back, equivocation, and who may sign it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.certificate.bundle import seal
from audit.certificate.predicates import STATUS
from audit.certificate.status import REVOKED, SUPERSEDED, SUSPENDED, Entry, StatusMemory, status_statement
from audit.certificate.trust import StatusPolicy, TrustedKey, TrustPolicy
from audit.errors import UsageError
from tests.certificate.issued import AT, DESK, KEY, OTHER_KEY, is_refused, made, policy_of

HONEST = made()
ID = HONEST.statement()["predicate"]["certificateId"]


def listed(entries: Sequence[Entry] = (), sequence: int = 1, key: Any = KEY, verifier: str = DESK) -> bytes:
    return seal(status_statement(verifier, sequence, entries, AT), key)


def asking(content: bytes | None, folder: Path, *, required: bool = True, **changes: Any) -> TrustPolicy:
    status = StatusPolicy(content, required, StatusMemory(folder / "seen.json"))
    return policy_of(HONEST.document, status=status, **changes)


def test_a_certificate_on_no_list_is_accepted(tmp_path: Path) -> None:
    """An empty list, and one that speaks of others, revoke nothing."""
    other = Entry(REVOKED, "r", AT, certificate_id="urn:uuid:00000000-0000-0000-0000-000000000000")

    assert HONEST.verify(trust=asking(listed(), tmp_path)).accepted
    assert HONEST.verify(trust=asking(listed([other], 2), tmp_path)).accepted


@pytest.mark.parametrize("status", [REVOKED, SUSPENDED, SUPERSEDED])
def test_a_listed_certificate_is_refused(tmp_path: Path, status: str) -> None:
    """Whatever the status, it no longer holds; the reason is told."""
    found = HONEST.verify(trust=asking(listed([Entry(status, "labels leaked", AT, certificate_id=ID)]), tmp_path))

    assert is_refused(found, "status")
    assert status in (found.reason or "")
    assert any("labels leaked" in check.detail for check in found.checks)


def test_a_listed_key_revokes_all_its_certificates(tmp_path: Path) -> None:
    """A stolen key could date its certificates back, so the time of the entry does not matter."""
    late = Entry(REVOKED, "key stolen", AT + timedelta(days=9), keyid=KEY.public.keyid)

    assert is_refused(HONEST.verify(trust=asking(listed([late]), tmp_path)), "status")


def test_a_rolled_back_list_is_refused(tmp_path: Path) -> None:
    """After list 2, also one that refused, list 1 is no longer taken."""
    revoking = listed([Entry(REVOKED, "r", AT, certificate_id=ID)], sequence=2)
    assert HONEST.verify(trust=asking(listed(), tmp_path)).accepted
    assert is_refused(HONEST.verify(trust=asking(revoking, tmp_path)), "status")

    found = HONEST.verify(trust=asking(listed(), tmp_path))
    assert is_refused(found, "status")
    assert "older status list" in (found.reason or "")


def test_two_lists_of_one_number_are_refused(tmp_path: Path) -> None:
    """An issuer that shows two buyers two lists is found out by whoever sees both."""
    assert HONEST.verify(trust=asking(listed(), tmp_path)).accepted
    other = listed([Entry(REVOKED, "r", AT, certificate_id="urn:uuid:00000000-0000-0000-0000-000000000000")])

    assert is_refused(HONEST.verify(trust=asking(other, tmp_path)), "status")


def test_a_list_past_its_term_is_refused_where_it_is_required(tmp_path: Path) -> None:
    """The next list is due after 30 days; withholding it does not keep a certificate alive."""
    for days, accepted in ((29, True), (30, False)):
        found = HONEST.verify(trust=asking(listed(), tmp_path), now=AT + timedelta(days=days))
        assert found.accepted is accepted
    assert HONEST.verify(trust=asking(listed(), tmp_path, required=False), now=AT + timedelta(days=30)).accepted


def test_a_missing_or_foreign_list_is_refused_where_it_is_required(tmp_path: Path) -> None:
    """No list, and another verifier's list, say nothing of this certificate."""
    keys = (*policy_of(HONEST.document).keys, TrustedKey(OTHER_KEY.public, DESK, "self", uses=("certificate",)))
    for content in (None, listed(key=OTHER_KEY), listed(verifier="urn:someone-else")):
        assert is_refused(HONEST.verify(trust=asking(content, tmp_path, keys=keys)), "status")
    assert HONEST.verify(trust=asking(None, tmp_path, required=False)).accepted


def test_a_forged_list_is_refused_even_where_none_is_required(tmp_path: Path) -> None:
    """A list that is there has to hold."""
    forged = bytearray(listed())
    forged[-200] ^= 1
    for content in (bytes(forged), b"{}", HONEST.bundle, listed(key=OTHER_KEY)):
        assert is_refused(HONEST.verify(trust=asking(content, tmp_path, required=False)), "status")
    assert not (tmp_path / "seen.json").exists()


def test_a_list_of_the_future_is_refused(tmp_path: Path) -> None:
    """A list dated ahead would outlive its successors."""
    assert is_refused(HONEST.verify(trust=asking(listed(), tmp_path), now=AT - timedelta(minutes=4)), "status") is False
    ahead = seal(status_statement(DESK, 1, [], AT + timedelta(hours=1)), KEY)

    assert is_refused(HONEST.verify(trust=asking(ahead, tmp_path)), "status")


def test_a_lost_memory_is_an_error(tmp_path: Path) -> None:
    """A damaged memory of lists is no licence to take an old one."""
    (tmp_path / "seen.json").write_text("not JSON")

    with pytest.raises(UsageError, match="memory of status lists"):
        HONEST.verify(trust=asking(listed(), tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        {"entries": [{"status": "revoked", "reason": "r", "at": "2026-11-24T08:00:00Z"}]},
        {"entries": [{"status": "gone", "reason": "r", "at": "2026-11-24T08:00:00Z", "certificateId": ID}]},
        {"entries": [{"status": "revoked", "reason": "r", "at": "yesterday", "certificateId": ID}]},
        {"entries": None},
        {"sequence": -1},
        {"sequence": "1"},
        {"nextUpdate": "2026-13-01T00:00:00Z"},
        {"verifier": DESK},
    ],
)
def test_a_malformed_list_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """Signed or not, a list that says nothing clear is not taken for an empty one."""
    statement = status_statement(DESK, 1, [], AT)
    assert statement["predicateType"] == STATUS
    statement["predicate"] |= change

    assert is_refused(HONEST.verify(trust=asking(seal(statement, KEY), tmp_path)), "status")


def test_entries_are_bound_by_the_subject(tmp_path: Path) -> None:
    """Other tools see the subject only: it is the digest of the entries."""
    statement = status_statement(DESK, 1, [Entry(REVOKED, "r", AT, certificate_id=ID)], AT)
    statement["predicate"]["entries"] = []

    assert is_refused(HONEST.verify(trust=asking(seal(statement, KEY), tmp_path)), "status")


def test_the_memory_is_a_file_that_a_person_can_read(tmp_path: Path) -> None:
    """One line of JSON a verifier, with the highest number."""
    HONEST.verify(trust=asking(listed(sequence=7), tmp_path))

    assert json.loads((tmp_path / "seen.json").read_text())[DESK]["sequence"] == 7

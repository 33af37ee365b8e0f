"""The certificate before it is signed: the statement of a result, bound to rows, issuer, time and training.

A result that did not pass becomes a refusal instead: another predicate type, so that nobody can take one for the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from audit.canonical import digest
from audit.certificate.clock import end_of, write_time
from audit.certificate.predicates import CERTIFICATE, REFUSAL, ROLES, SPEC_VERSION
from audit.certificate.rows import RowDigests
from audit.certificate.statement import FILES_ONLY, UNSPECIFIED, statement
from audit.errors import UsageError
from audit.training import TrainingSpec

DEFAULT_DAYS: Final = 180
MOST_DAYS: Final = 3650
ROW_SUBJECT: Final = "rowset:dpo-rows/v1"
DECLARED: Final = "The training specification is bound as declared: nobody trained, the trainer has to compare it."
OWN_CLOCK: Final = "Times are the issuer's own word: no time-stamping authority countersigned them."


@dataclass(frozen=True)
class Issuer:
    """Who answers for the certificate."""

    name: str
    role: str
    verifier: str
    """URI of the service or person whose key signs; a trust policy lists it with the key."""
    contact: str | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError("no such role", where="role", got=repr(self.role), expected=", ".join(ROLES))


@dataclass(frozen=True)
class Issue:
    """Everything of a certificate that is not in the result."""

    issuer: Issuer
    at: datetime
    days: int = DEFAULT_DAYS
    resource: str | None = None
    """What is certified, as a package URL or URL; None: a URN of the row set."""
    dataset_name: str | None = None
    dataset_version: str | None = None
    spec: TrainingSpec | None = None
    byproducts: Sequence[Mapping[str, str]] = ()
    """Other outputs: name, mediaType, sha256."""
    supersedes: Mapping[str, str] | None = None
    """certificateId and digest of the certificate that this one replaces."""
    lock: Mapping[str, str] | None = None
    """lockedAt and lockDigest of the commitment to the rule pack."""
    log: Mapping[str, Any] | None = None
    """size and root of the issuer's log before this entry."""
    status_list: Mapping[str, str] | None = None
    """uri and keyid of the list that would revoke this certificate."""

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise UsageError(
                "a certificate cannot live that long", got=str(self.days), expected=f"1 to {MOST_DAYS} days"
            )


def signable(document: Mapping[str, Any], rows: RowDigests, issue: Issue) -> dict[str, Any]:
    """Return the statement to sign: a certificate when the audit passed, else a refusal.

    Args:
        document: the result, as `reports/result.schema.json` describes it.
        rows: digests of the data at hand.
        issue: who signs, when, and what else is bound.

    Raises:
        UsageError: the result is not one of these data.
        KeyError: a field of the result's schema is missing.
    """
    check_belongs(document, rows)
    made = statement(document)
    body = dict(made["predicate"])
    del body["notes"]
    certifies = bool(body["certifies"])
    _check_companions(body, rows, issue)
    readings, files = _files(document, body["files"], rows)
    body |= {
        "specVersion": SPEC_VERSION,
        "issuedAt": write_time(issue.at),
        "expiresAt": write_time(_expiry(body["waivers"], issue)),
        "issuer": {"name": issue.issuer.name, "role": issue.issuer.role, "contact": issue.issuer.contact},
        "verifier": {"id": issue.issuer.verifier, "version": {"tool": body["tool"]["version"]}},
        "resourceUri": issue.resource or row_urn(rows),
        "datasetName": issue.dataset_name,
        "datasetVersion": issue.dataset_version,
        "files": files,
        "readings": readings,
        "rows": {**body["rows"], **rows.to_json()["rows"]},
        "training": {**issue.spec.to_json(), "specDigest": issue.spec.digest} if issue.spec else None,
        "limitations": _limitations(body["limitations"], issue),
        "byproducts": [*body["byproducts"], *(dict(entry) for entry in issue.byproducts)],
        "statusList": dict(issue.status_list) if issue.status_list else None,
        "supersedes": issue.supersedes["certificateId"] if issue.supersedes else None,
        "previousCertificate": {"digest": issue.supersedes["digest"]} if issue.supersedes else None,
        "issuerLog": dict(issue.log) if issue.log else None,
    }
    body["certificateId"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest(body))}"
    subject = [*made["subject"], {"name": ROW_SUBJECT, "digest": {"sha256": rows.set_root}}]
    kind = CERTIFICATE if certifies else REFUSAL
    return {"_type": made["_type"], "subject": subject, "predicateType": kind, "predicate": body}


def _expiry(waivers: Mapping[str, Any], issue: Issue) -> datetime:
    """Return when the certificate ends: as asked, and never after a waiver that it rests on."""
    wanted = issue.at + timedelta(days=issue.days)
    if waivers["earliestExpiry"] is None:
        return wanted
    last = end_of(date.fromisoformat(waivers["earliestExpiry"]))
    if last <= issue.at:
        raise UsageError(
            "a waiver has expired since the audit", got=waivers["earliestExpiry"], fix="audit again, then sign that"
        )
    return min(wanted, last)


def _check_companions(body: Mapping[str, Any], rows: RowDigests, issue: Issue) -> None:
    """What the result says of lock and hand review has to be about this lock and these rows."""
    known, given = body["policy"]["lockDigest"], issue.lock["lockDigest"] if issue.lock else None
    if known != given:
        if known is None:
            what, fix = (
                "the audit knew of no policy lock",
                "run it again with --lock FILE: a lock comes before the audit",
            )
        else:
            what, fix = (
                "the audit was run under another policy lock",
                "give --lock the file that the audit was run with",
            )
        raise UsageError(what, where="--lock", got=given or "no --lock", expected=known or "none", fix=fix)
    if body["sampling"] is not None and body["sampling"]["setRoot"] != rows.set_root:
        raise UsageError(
            "the hand review is of other rows",
            where="result.json",
            got=body["sampling"]["setRoot"],
            expected=rows.set_root,
        )


def row_urn(rows: RowDigests) -> str:
    """Return the name of a dataset that has no other: its rows."""
    return f"urn:{rows.scheme.replace('/', ':')}:{rows.set_root}"


def check_belongs(document: Mapping[str, Any], rows: RowDigests) -> None:
    """Check that a result is one of these files and these rows.

    Raises:
        UsageError: naming the file or count that differs.
    """
    audited = {entry["name"]: entry["sha256"] for entry in document["inputs"]}
    found = {file.path: file.sha256 for file in rows.files}
    for name in sorted({*audited, *found}):
        if audited.get(name) is None or audited.get(name) != found.get(name):
            raise UsageError(
                "the result is not one of these data",
                where=name,
                got=found.get(name) or "no such file with stored bytes",
                expected=audited.get(name) or "no such file in the result",
                fix="audit these files again with `audit run`, then sign that result",
            )
    counts = (
        (rows.n, document["comparisons"], "comparisons"),
        (rows.excluded, document["rows"]["rejected"], "rejects"),
    )
    for got, expected, what in counts:
        if got != expected:
            raise UsageError("the result counts other rows", where=what, got=str(got), expected=str(expected))


def _files(
    document: Mapping[str, Any], files: Sequence[Mapping[str, Any]], rows: RowDigests
) -> tuple[list[Any], list[dict[str, Any]]]:
    """Return the distinct ways in which files were read, and the files, each with its roots and its way by index."""
    shards = {file.path: file.to_json() for file in rows.files}
    ways = {entry["name"]: entry["mapping"] for entry in document["inputs"]}
    readings: list[Any] = []
    made = []
    for file in files:
        way = ways[file["path"]]
        if way not in readings:
            readings.append(way)
        shard = shards[file["path"]]
        made.append(
            {
                **file,
                "comparisons": shard["rows"],
                "shardRoot": shard["shardRoot"],
                "reading": readings.index(way),
            }
        )
    return readings, made


def _limitations(said: Sequence[str], issue: Issue) -> list[str]:
    outdated = (FILES_ONLY, UNSPECIFIED) if issue.spec else (FILES_ONLY,)
    kept = [text for text in said if text not in outdated]
    return [*kept, *([DECLARED] if issue.spec else []), OWN_CLOCK]

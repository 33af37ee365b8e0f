"""`audit sign`: bind a result to its data and sign it, as a certificate or as a refusal."""

from __future__ import annotations

import hashlib
import sys
from argparse import Namespace
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from audit.certificate.bundle import read_bundle
from audit.certificate.claim import read_claim
from audit.certificate.clock import current_time, write_time
from audit.certificate.data import open_as_recorded, result_ways
from audit.certificate.issuer_log import IssuerLog, append_entry, held
from audit.certificate.issuing import Issue, Issuer
from audit.certificate.keys import SigningKey
from audit.certificate.lock import read_lock
from audit.certificate.rows import digest_rows
from audit.certificate.shape import Shape
from audit.certificate.signing import CERTIFICATE_NAME, Signed, sign_result
from audit.commands.passphrase import open_key, verifier_id
from audit.commands.settings import default_spec
from audit.errors import UsageError
from audit.files import read_file
from audit.outputs import NAMES
from audit.reading import Selection
from audit.report.atomic import write_atomically
from audit.saved import read_result
from audit.training import load_spec

MEDIA_TYPES: Final = {
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".parquet": "application/vnd.apache.parquet",
}


def main(arguments: Namespace) -> int:
    """Sign a result; return 0 for a certificate and 1 for a refusal."""
    key = open_key(arguments)
    path = Path(arguments.result)
    path = path / "result.json" if path.is_dir() else path
    document = read_result(path)
    rows = digest_rows(open_as_recorded(arguments.data, result_ways(document), Selection()))
    log = Path(arguments.log) if arguments.log else None
    with held(log) if log else nullcontext() as before:
        signed = sign_result(document, rows, _issue(arguments, key, document, path.parent, before), key)
        if log and before:  # first the log, then the bundle: nothing is handed out that the log does not know
            append_entry(log, before, signed.statement, signed.digest)
    return _write(signed, Path(arguments.out) if arguments.out else path.parent, key)


def _issue(
    arguments: Namespace, key: SigningKey, document: Mapping[str, Any], folder: Path, log: IssuerLog | None
) -> Issue:
    return Issue(
        issuer=Issuer(arguments.issuer, arguments.role, verifier_id(arguments, key), arguments.contact),
        at=current_time(),
        days=arguments.expires_days,
        resource=arguments.resource,
        dataset_name=arguments.dataset_name,
        dataset_version=arguments.dataset_version,
        spec=load_spec(Path(named)) if (named := default_spec(arguments.spec)) else None,
        byproducts=[_byproduct(name, content) for name, content in outputs_beside(folder).items()],
        supersedes=_superseded(arguments.supersedes, key),
        lock=_lock(arguments.lock, key, Shape.of(dict(document), "result", UsageError).inner("pack").digest("digest")),
        log=log.head if log else None,
        status_list={"uri": arguments.status_uri, "keyid": key.public.keyid} if arguments.status_uri else None,
    )


def outputs_beside(folder: Path) -> dict[str, bytes]:
    """Return the outputs of an audit that lie in a folder, by name; the result and the unsigned statement apart."""
    fixed = (folder / name for kind, name in NAMES.items() if kind not in ("result", "certificate"))
    found = {path.name: path for path in (*fixed, *folder.glob("*.parquet")) if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items())}


def _byproduct(name: str, content: bytes) -> dict[str, str]:
    kind = MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
    return {"name": name, "mediaType": kind, "sha256": hashlib.sha256(content).hexdigest()}


def _superseded(name: str | None, key: SigningKey) -> dict[str, str] | None:
    if name is None:
        return None
    bundle = read_bundle(read_file(name), name)
    if not bundle.signed_by(key.public):
        raise UsageError("the certificate to replace was signed by another key", where=name)
    return {"certificateId": read_claim(bundle.statement()).certificate_id, "digest": bundle.digest}


def _lock(name: str | None, key: SigningKey, pack: str) -> dict[str, str] | None:
    if name is None:
        return None
    bundle = read_bundle(read_file(name), name)
    if not bundle.signed_by(key.public):
        raise UsageError("the policy lock was signed by another key", where=name)
    lock = read_lock(bundle.statement())
    if lock.pack != pack:
        what = "the policy lock commits to another rule pack than the result was judged by"
        raise UsageError(what, where=name, got=lock.pack, expected=pack)
    return {"lockedAt": write_time(lock.locked_at), "lockDigest": lock.digest}


def _write(signed: Signed, folder: Path, key: SigningKey) -> int:
    for name, bundle in signed.bundles.items():
        write_atomically(folder / name, bundle)
    body, certifies = signed.statement["predicate"], signed.certifies
    older = [] if certifies or not (folder / CERTIFICATE_NAME).exists() else [folder / CERTIFICATE_NAME]
    said = f"CERTIFICATE ({body['level']})" if certifies else f"REFUSAL: the audit ended in {body['verdict']}"
    lines = [
        said,
        f"  id:       {body['certificateId']}",
        f"  issued:   {body['issuedAt']}, expires {body['expiresAt']}",
        f"  issuer:   {body['issuer']['name']} as {body['issuer']['role']}, verifier {body['verifier']['id']}",
        f"  rows:     {body['rows']['n']}, set root {body['rows']['setRoot']}",
        f"  policy:   {body['policy']['resolvedDigest']}",
        f"  training: {body['training']['specDigest'] if body['training'] else 'unspecified'}",
        f"  keyid:    {key.public.keyid}",
        *(f"  written:  {folder / name}" for name in signed.bundles),
        *(f"  still there from before, and not of this result: {path}" for path in older),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if certifies else 1

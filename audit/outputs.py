"""The folder of outputs: every file is complete or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from audit.canonical import canonical_json
from audit.certificate.statement import statement
from audit.read.block import Reject
from audit.read.rejects import RejectWriter
from audit.report.atomic import write_atomically
from audit.report.audience import INTERNAL, for_audience
from audit.report.evidence import write_evidence
from audit.report.html import Companions, render_html
from audit.report.jsonfile import dump_document
from audit.result import AuditResult

NAMES: Final = {
    "result": "result.json",
    "report": "report.html",
    "rejects": "rejects.jsonl",
    "evidence": "evidence.parquet",
    "certificate": "certificate.json",
}


def write_outputs(
    result: AuditResult, rejects: Iterable[Reject], out: Path, audience: str = INTERNAL
) -> dict[str, str]:
    """Write every output into the folder `out` and return the paths by kind.

    For an external audience no file holds text of any row: not the report, the evidence, nor the rejects.

    Raises:
        AuditError: when the file system refuses.
    """
    paths = {kind: out / name for kind, name in NAMES.items()}
    out.mkdir(parents=True, exist_ok=True)
    with RejectWriter(paths["rejects"], with_text=audience == INTERNAL) as writer:
        writer.write(rejects)
    evidence = for_audience(result.evidence, audience)
    write_evidence(paths["evidence"], evidence)
    for name, table in result.tables.items():
        paths[name] = out / f"{name}.parquet"
        write_atomically(paths[name], partial(pq.write_table, table, compression="zstd"))
    certificate = canonical_json(statement(result.document)) + b"\n"
    beside = Companions(
        certificate=hashlib.sha256(certificate).hexdigest(),
        evidence=hashlib.sha256(paths["evidence"].read_bytes()).hexdigest(),
    )
    report = render_html(result.document, evidence, generated_at=generated_at(), audience=audience, beside=beside)
    write_atomically(paths["report"], report.encode("utf-8"))
    write_atomically(paths["certificate"], certificate)
    write_atomically(paths["result"], dump_document(result.document))
    return {kind: str(path) for kind, path in paths.items()}


def generated_at() -> str:
    """Return the time for the report's foot: SOURCE_DATE_EPOCH where it is set, else now, in UTC."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch and epoch.isdigit() else datetime.now(UTC)
    return moment.strftime("%Y-%m-%d %H:%M UTC")

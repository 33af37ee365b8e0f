"""The folder of outputs: every file is complete or not there."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from audit.canonical import canonical_json
from audit.certificate.statement import statement
from audit.duplicates.tables import largest_clusters
from audit.errors import AuditError
from audit.extract.private import without_private
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


TABLES: Final = ("duplicates", "leakage")
"""Further tables that a run may write; those of an earlier one go."""


def write_outputs(
    result: AuditResult, rejects: Iterable[Reject], out: Path, audience: str = INTERNAL
) -> dict[str, str]:
    """Write every output into the folder `out` and return the paths by kind.

    All are written beside it first. Then the result of an earlier run goes, the new files come, and the new result
    comes last: whatever interrupts this, a folder with a `result.json` holds the files of that result. For an external
    audience no file holds text of any row: not the report, the evidence, nor the rejects.

    Raises:
        AuditError: when the file system refuses.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".writing-", dir=out))
    except OSError as fault:
        raise _refused(out, fault) from fault
    try:
        names = _write(result, rejects, stage, audience)
        _publish(stage, out, names.values())
    except OSError as fault:
        raise _refused(out, fault) from fault
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return {kind: str(out / name) for kind, name in names.items()}


def _refused(out: Path, fault: OSError) -> AuditError:
    return AuditError(
        "the outputs cannot be written",
        where=str(out),
        got=fault.strerror or str(fault),
        expected="a folder that can be written to, with room left",
    )


def _masked(text: str) -> str:
    return without_private(text)[0]


def _write(result: AuditResult, rejects: Iterable[Reject], stage: Path, audience: str) -> dict[str, str]:
    names = dict(NAMES)
    with RejectWriter(stage / NAMES["rejects"], with_text=audience == INTERNAL, mask=_masked) as writer:
        writer.write(rejects)
    evidence = for_audience(result.evidence, audience)
    write_evidence(stage / NAMES["evidence"], evidence)
    for name, table in result.tables.items():
        names[name] = f"{name}.parquet"
        write_atomically(stage / names[name], partial(pq.write_table, table, compression="zstd"))
    certificate = canonical_json(statement(result.document)) + b"\n"
    beside = Companions(
        certificate=hashlib.sha256(certificate).hexdigest(),
        evidence=hashlib.sha256((stage / NAMES["evidence"]).read_bytes()).hexdigest(),
        clusters=largest_clusters(result.tables["duplicates"]) if "duplicates" in result.tables else (),
    )
    report = render_html(result.document, evidence, generated_at=generated_at(), audience=audience, beside=beside)
    write_atomically(stage / NAMES["report"], report.encode("utf-8"))
    write_atomically(stage / NAMES["certificate"], certificate)
    write_atomically(stage / NAMES["result"], dump_document(result.document))
    return names


def _publish(stage: Path, out: Path, names: Iterable[str]) -> None:
    for stale in (NAMES["result"], *(f"{table}.parquet" for table in TABLES)):
        (out / stale).unlink(missing_ok=True)
    for name in sorted(names, key=lambda name: name == NAMES["result"]):
        (stage / name).replace(out / name)


def generated_at() -> str:
    """Return the time for the report's foot: SOURCE_DATE_EPOCH where it is set, else now, in UTC."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch and epoch.isdigit() else datetime.now(UTC)
    return moment.strftime("%Y-%m-%d %H:%M UTC")

"""`audit export`: a result in the metadata formats of others."""

from __future__ import annotations

import hashlib
import json
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.errors import UsageError
from audit.report.atomic import write_atomically
from audit.report.croissant import render_croissant
from audit.report.openlineage import render_openlineage

RESULT_SCHEMA = "https://dpo-audit.dev/result/v1"


def main(arguments: Namespace) -> int:
    """Write the metadata, or print it."""
    path = Path(arguments.result)
    path = path / "result.json" if path.is_dir() else path
    document = _document(path)
    now = datetime.now(UTC).replace(microsecond=0)
    if arguments.format == "openlineage":
        written = render_openlineage(document, at=now.isoformat(), namespace=arguments.namespace)
    else:
        written = render_croissant(
            document,
            name=arguments.dataset_name or _first_name(document),
            published=now.date().isoformat(),
            license_url=arguments.license,
            url=arguments.url,
            certificate=_certificate(arguments.certificate, path.parent),
        )
    if arguments.out:
        write_atomically(Path(arguments.out), written)
    else:
        sys.stdout.write(written.decode())
    return 0


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as fault:
        raise UsageError("the result cannot be read", where=str(path), got=fault.strerror) from fault
    except (ValueError, RecursionError) as fault:
        raise UsageError("the result is no JSON", where=str(path), got=str(fault)[:200]) from fault
    if not isinstance(document, dict) or document.get("schema") != RESULT_SCHEMA:
        raise UsageError(
            "not a result of this tool", where=str(path), expected=f"result.json with schema {RESULT_SCHEMA}"
        )
    return document


def _first_name(document: dict[str, Any]) -> str:
    return str(document["inputs"][0]["name"]) if document["inputs"] else "dataset"


def _certificate(given: str | None, folder: Path) -> tuple[str, str] | None:
    path = Path(given) if given else folder / "certificate.sigstore.json"
    if not path.is_file():
        if given:
            raise UsageError("the certificate cannot be read", where=given)
        return None
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()

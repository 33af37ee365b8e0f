"""`audit export`: a result in the metadata formats of others."""

from __future__ import annotations

import hashlib
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.errors import UsageError
from audit.report.atomic import write_atomically
from audit.report.croissant import render_croissant
from audit.report.openlineage import render_openlineage
from audit.saved import read_result


def main(arguments: Namespace) -> int:
    """Write the metadata, or print it."""
    path = Path(arguments.result)
    path = path / "result.json" if path.is_dir() else path
    document = read_result(path)
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


def _first_name(document: dict[str, Any]) -> str:
    return str(document["inputs"][0]["name"]) if document["inputs"] else "dataset"


def _certificate(given: str | None, folder: Path) -> tuple[str, str] | None:
    path = Path(given) if given else folder / "certificate.sigstore.json"
    if not path.is_file():
        if given:
            raise UsageError("the certificate cannot be read", where=given)
        return None
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()

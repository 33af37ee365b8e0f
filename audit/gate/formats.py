"""The formats of `--output FORMAT=PATH`, and how they are written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from audit.errors import AuditError, UsageError
from audit.gate.github import SUMMARY_BYTES, render_github
from audit.gate.gitlab import render_gitlab
from audit.gate.junit import render_junit
from audit.gate.markdown import render_markdown
from audit.gate.sarif import render_sarif
from audit.report.atomic import write_atomically
from audit.report.document import Document
from audit.report.openlineage import render_openlineage

STDOUT: Final = "-"
SUMMARY_VARIABLE: Final = "GITHUB_STEP_SUMMARY"


def _openlineage(document: Document, _baseline: Document | None) -> bytes:
    return render_openlineage(document, at=datetime.now(UTC).replace(microsecond=0).isoformat())


def _junit(document: Document, _baseline: Document | None) -> bytes:
    return render_junit(document)


FORMATS: Final[Mapping[str, Callable[[Document, Document | None], bytes]]] = {
    "github": render_github,
    "gitlab": render_gitlab,
    "junit": _junit,
    "markdown": render_markdown,
    "openlineage": _openlineage,
    "sarif": render_sarif,
}


@dataclass(frozen=True, slots=True)
class Output:
    """One `FORMAT=PATH`."""

    format: str
    path: str
    """- is standard output."""


def parse_outputs(texts: Sequence[str]) -> tuple[Output, ...]:
    """Read `FORMAT=PATH` arguments.

    Raises:
        UsageError: no such format, no path, or two outputs of one path.
    """
    found = []
    for text in texts:
        name, equals, path = text.partition("=")
        if name not in FORMATS:
            near = get_close_matches(name, FORMATS, n=1)
            fix = f"did you mean {near[0]}?" if near else None
            raise UsageError(
                "no such format", where="--output", got=repr(text[:80]), expected=", ".join(FORMATS), fix=fix
            )
        if not equals or not path:
            raise UsageError("an output without a path", where="--output", got=repr(text[:80]), expected="FORMAT=PATH")
        found.append(Output(name, path))
    paths = [output.path for output in found]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError("two outputs of one path", where="--output", got=path)
    return tuple(found)


def write_formats(document: Document, outputs: Sequence[Output], baseline: Document | None = None) -> None:
    """Write every output; annotations on standard output come with the step summary where GitHub asks for one.

    Raises:
        AuditError: the file system refuses.
    """
    for output in outputs:
        content = FORMATS[output.format](document, baseline)
        if output.path == STDOUT:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            write_atomically(Path(output.path), content)
        if output.format == "github":
            _summary(document, baseline)


def _summary(document: Document, baseline: Document | None) -> None:
    """Append to the step's summary: other tools of the step write there too."""
    name = os.environ.get(SUMMARY_VARIABLE)
    if not name:
        return
    try:
        with Path(name).open("ab") as file:
            file.write(render_markdown(document, baseline, most_bytes=SUMMARY_BYTES))
    except OSError as fault:
        raise AuditError("the step summary cannot be written", where=name, got=fault.strerror) from fault

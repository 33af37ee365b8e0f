"""`audit prove`: a proof that one row is in the data, or is not."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from audit.certificate.proofs import INCLUSION, prove
from audit.certificate.row_source import Form, given_row, referenced_row
from audit.certificate.rows import sorted_leaves
from audit.errors import UsageError
from audit.read.locate import STDIN
from audit.read.open import open_sources
from audit.reading import Reading, Selection, bind
from audit.report.atomic import write_atomically
from audit.report.progress import Progress


def main(arguments: argparse.Namespace) -> int:
    """Write the proof, say what it shows, and return 0 whichever it is."""
    if arguments.row == STDIN and STDIN in arguments.data:
        raise UsageError("standard input cannot be both the row and the data")
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    readings = [bind(container, selection) for container in open_sources(arguments.data)]
    row = _row(arguments.row, readings)
    with Progress(quiet=arguments.quiet) as progress:
        leaves = sorted_leaves(readings, progress=progress)
    proof = prove(row, leaves, show_row=not arguments.hide_row)
    written = json.dumps(proof, ensure_ascii=False, indent=1) + "\n"
    if arguments.out is None:
        sys.stdout.write(written)
    else:
        write_atomically(Path(arguments.out), written.encode("utf-8"))
    said = "is in the data" if proof["kind"] == INCLUSION else "is not in the data (as an exact copy)"
    sys.stderr.write(f"The row {said}: {proof['n']} comparisons, set root {proof['root']}.\n")
    return 0


def _row(named: str, readings: list[Reading]) -> Form:
    if named == STDIN:
        return given_row(sys.stdin.buffer.read(), readings)
    found = referenced_row(named, readings)
    if found is not None:
        return found
    try:
        return given_row(Path(named).read_bytes(), readings)
    except (OSError, ValueError) as fault:
        names = ", ".join(reading.name for reading in readings[:5])
        raise UsageError(
            "no such row",
            got=ascii(named[:80]),
            expected=f"FILE:LINE with FILE one of {names}; a JSON file; or - for standard input",
        ) from fault

"""`audit sample`: draws comparisons for hand review."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from audit.errors import UsageError
from audit.read.open import open_sources
from audit.reading import Reading, Selection, bind
from audit.report.atomic import write_atomically
from audit.report.progress import Progress
from audit.review.draw import draw
from audit.review.queue import queued
from audit.review.worklist import FORMATS, QUEUE_SCHEMA, items, key_of


def main(arguments: Namespace) -> int:
    """Write worklist and key, and say what was drawn."""
    if arguments.size < 1:
        raise UsageError("no such sample", where="--size", got=str(arguments.size), expected="at least 1")
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    readings = [bind(container, selection) for container in open_sources(arguments.data)]
    if arguments.queue:
        return _of_queue(arguments, readings)
    if arguments.nonce is None:
        raise UsageError("a draw needs a nonce", where="--nonce", expected="32 hex digits or more, or --queue RESULT")
    with Progress(quiet=arguments.quiet) as progress:
        found = draw(readings, nonce_of(arguments.nonce), arguments.size, by=arguments.by, progress=progress)
    work = items(found, readings)
    write_atomically(Path(arguments.key), (json.dumps(key_of(found, work), indent=1) + "\n").encode())
    write_atomically(Path(arguments.out), FORMATS[arguments.format](work))
    lot = sum(found.lots.values())
    sys.stdout.write(f"{len(work)} of {lot:,} comparisons that prefer a side: {arguments.out}\n")
    if arguments.by:
        sys.stdout.writelines(
            f"  {arguments.by} = {name}: {sum(one.stratum == name for one in found.drawn)} of {n:,}\n"
            for name, n in found.lots.items()
        )
    sys.stdout.write(f"set root {found.set_root}\n")
    sys.stdout.write(f"Give reviewers the worklist only. {arguments.key} says what the delivery prefers.\n")
    return 0


def _of_queue(arguments: Namespace, readings: Sequence[Reading]) -> int:
    if arguments.nonce is not None or arguments.by:
        raise UsageError("a queue is not drawn", where="--queue", fix="leave out --nonce and --by")
    found = queued(readings, arguments.queue, arguments.size)
    work = items(found, readings)
    key = json.dumps(key_of(found, work, QUEUE_SCHEMA), indent=1) + "\n"
    write_atomically(Path(arguments.key), key.encode())
    write_atomically(Path(arguments.out), FORMATS[arguments.format](work))
    sys.stdout.write(f"the {len(work)} most doubtful labels, worst first: {arguments.out}\n")
    sys.stdout.write("They are no random sample: what people find says nothing of the other labels.\n")
    return 0


def nonce_of(text: str) -> bytes:
    """Return the nonce.

    Raises:
        UsageError: not hex digits.
    """
    try:
        return bytes.fromhex(text)
    except ValueError as fault:
        raise UsageError(
            "not a nonce", where="--nonce", got=repr(text[:80]), expected="32 hex digits or more"
        ) from fault

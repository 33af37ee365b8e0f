"""The worklist of a queue: the labels that an audit doubts most, in that order. No sample, so it bounds nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.errors import UsageError, VerificationError
from audit.evidence import read_again
from audit.files import read_file
from audit.reading import Reading
from audit.review.acceptance import Acceptance
from audit.review.draw import Draw, Drawn
from audit.review.worklist import SIDES
from audit.stats.proportions import LEVEL, wilson

QUEUE: Final = "labels.queue"
BY: Final = "queue"


def queued(readings: Sequence[Reading], name: str, size: int) -> Draw:
    """Return the first labels of the queue of an audit of these files.

    Args:
        readings: the delivery.
        name: the audit's result.json.
        size: how many; a result holds at most 200.

    Raises:
        UsageError: no result, or one without a queue.
        VerificationError: it is of other files.
    """
    rows = _rows(name, readings)[:size]
    by_name = {reading.name: reading for reading in readings}
    labels: dict[tuple[str, int, int], Any] = {}
    for file in sorted({row["file"] for row in rows}):
        wanted = sorted({int(row["row"]) for row in rows if row["file"] == file})
        found = read_again(by_name[file], wanted, None, (*SIDES, "label"))
        labels |= {(file, row, part): cells for (row, part), cells in found.items()}
    drawn = []
    for row in rows:
        cells = labels.get((row["file"], int(row["row"]), int(row["part"])), {})
        if cells.get("label") in ("a", "b") and None not in (cells.get(side) for side in SIDES):
            drawn.append(_drawn(row, cells["label"]))
    return Draw("", "", BY, size, {BY: len(drawn)}, tuple(drawn))


def _rows(name: str, readings: Sequence[Reading]) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(read_file(name))
        digests = {one["name"]: one["sha256"] for one in document["inputs"]}
        found = next((m for m in document["measures"] if m["name"] == QUEUE and m["slice"] is None), None)
    except (ValueError, RecursionError, KeyError, TypeError) as fault:
        raise UsageError(
            "not a result", where=name, got=str(fault)[:200], expected="result.json of audit run"
        ) from fault
    if found is None or not found["evidence"]:
        raise UsageError(
            "the result has no queue of labels", where=name, fix="see `audit explain LER` for what it needs"
        )
    for reading in readings:
        if digests.get(reading.name) is None or digests[reading.name] != reading.container.digest():
            raise VerificationError("the result is of other data", where=reading.name, fix="run the audit again")
    return list(found["evidence"]["rows"])


def _drawn(row: Mapping[str, Any], label: str) -> Drawn:
    mark = hashlib.sha256(f"{row['digest']}:{row['row']}:{row['part']}".encode()).digest()
    return Drawn(row["digest"], row["file"], int(row["row"]), int(row["part"]), label, BY, mark[0] < 128)


def told(found: Acceptance) -> str:
    """Return what a reviewed queue shows, as lines."""
    wrong, n = found.wrong.found, found.wrong.n
    if not n:
        return "no label of the queue is judged yet\n"
    low, high = wilson(wrong, n, LEVEL)
    return (
        f"{wrong} of {n} judged labels are wrong: {wrong / n:.1%} (Wilson, {LEVEL:.0%}: {low:.1%} to {high:.1%}); "
        f"{found.open} are open\n"
        "The queue is no random sample: this says how good the queue is, and nothing of the other labels.\n"
    )

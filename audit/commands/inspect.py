"""`audit inspect`: how files would be read, and the mapping to edit."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from audit.auditor import Auditor
from audit.errors import UsageError
from audit.inspect import inspect
from audit.read.open import open_sources
from audit.reading import Selection, bind
from audit.report.atomic import write_atomically
from audit.report.safe import one_line
from audit.roster import auditors


def main(arguments: argparse.Namespace) -> int:
    """Print how each file would be read and, when asked, write the mapping."""
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    unlocked = columns_to_auditors(auditors())
    inspections = []
    for container in open_sources(arguments.data):
        reading = bind(container, selection)
        inspections.append(inspect(container, reading.detection))
        sys.stdout.write("\n".join(one_line(line) for line in inspections[-1].to_lines(unlocked)) + "\n\n")
    if arguments.write_mapping:
        mapping = inspections[0].detection.mapping
        if any(inspection.detection.mapping != mapping for inspection in inspections):
            raise UsageError(
                "these files are read by different mappings, and one file holds one mapping",
                got=", ".join(f"{i.file} ({i.detection.layout})" for i in inspections),
                fix="inspect them one by one",
            )
        write_atomically(Path(arguments.write_mapping), inspections[0].to_mapping_toml().encode("utf-8"))
        sys.stdout.write(f"mapping written to {arguments.write_mapping}: edit it, then pass it with --mapping\n")
    return 0


def columns_to_auditors(chosen: tuple[Auditor, ...]) -> Mapping[str, list[str]]:
    """Return, for each canonical column, the auditors that measure nothing without it, then those that measure less."""
    whole: dict[str, set[str]] = {}
    part: dict[str, set[str]] = {}
    for auditor in chosen:
        for signals, lost in ((auditor.reads, whole), (auditor.uses, part)):
            for signal in signals:
                lost.setdefault(canonical(signal), set()).add(auditor.code)
    return {
        column: sorted(whole.get(column, ()))
        + [f"parts of {code}" for code in sorted(part.get(column, set()) - whole.get(column, set()))]
        for column in whole.keys() | part.keys()
    }


def canonical(signal: str) -> str:
    """Return the canonical column that a signal column is made from."""
    if signal.startswith("judgment.") or "_" not in signal:
        return signal
    side, _, feature = signal.partition("_")
    if side in ("a", "b"):
        return f"response_{side}"
    return "prompt" if side == "prompt" and feature else signal

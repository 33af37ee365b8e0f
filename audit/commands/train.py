"""`audit train`: trains a model by a specification."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from audit.dpo.lineage import train
from audit.dpo.training import TrainSettings
from audit.errors import UsageError
from audit.read.locate import STDIN
from audit.reading import Selection
from audit.report.progress import Progress


def main(arguments: Namespace) -> int:
    """Train, and say what came out."""
    if arguments.require_certificate and not arguments.certificate:
        raise UsageError("a certificate is required", where="--certificate", fix="name it, and --trust")
    if STDIN in arguments.data:
        raise UsageError("standard input can be read once only", where="DATA", fix="write it to a file first")
    names = ("lr", "epochs", "batch", "micro", "adapt", "warmup", "seed", "device", "checkpoint_every")
    settings = TrainSettings(**{name: getattr(arguments, name) for name in names})
    with Progress(quiet=arguments.quiet) as progress:
        lineage = train(
            arguments.data,
            arguments.spec,
            arguments.out,
            settings,
            selection=Selection.of(arguments.mapping, arguments.map, arguments.layout),
            certificate=arguments.certificate,
            trust=arguments.trust,
            resume=arguments.resume,
            progress=progress,
        )
    found = lineage["metrics"]
    for reason, n in lineage["leftOutOrCut"].items():
        sys.stdout.write(f"{n:,} of {lineage['rows']['n']:,} rows: {reason}\n")
    sys.stdout.write(
        f"{found['pairs']:,} pairs, {found['steps']:,} steps; over the last {found['lastSteps']}: "
        f"loss {found['loss']:.4f}, margin {found['margin']:+.4f}, accuracy {found['accuracy']:.3f}\n"
        f"{Path(arguments.out) / 'lineage.json'}\n"
    )
    return 0

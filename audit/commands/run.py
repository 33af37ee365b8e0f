"""`audit run`: the main job on the command line."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

from audit.certificate.clock import current_time
from audit.choices import Choices
from audit.commands.gate import Gate
from audit.commands.settings import settled
from audit.gate.github import fenced
from audit.pipeline import Options, run_entered
from audit.reading import Selection
from audit.report.jsonfile import dump_document
from audit.report.progress import Progress
from audit.report.terminal import render_terminal
from audit.review.record import ReviewFiles
from audit.rules import load_waivers
from audit.store import default_cache
from audit.targets import load_targets


def main(arguments: argparse.Namespace) -> int:
    """Run the audit, write its outputs, print it, and return the exit code of its verdict."""
    arguments = settled(arguments)
    gate = Gate(arguments)
    with Progress(quiet=arguments.quiet) as progress:
        result = run_entered(
            (Path(arguments.ledger), arguments.subject) if arguments.ledger else None,
            arguments.data,
            selection=Selection.of(arguments.mapping, arguments.map, arguments.layout),
            rules=arguments.rules,
            choices=_choices(arguments),
            options=Options(
                workers=arguments.workers,
                cache=None if arguments.no_cache else Path(arguments.cache_dir or default_cache()),
                progress=progress,
                audience=arguments.audience,
                engine=arguments.engine,
                engine_address=arguments.engine_address,
            ),
            out=arguments.out,
        )
    if arguments.format == "json":
        sys.stdout.buffer.write(dump_document(result.document))
    elif arguments.quiet:
        sys.stdout.write(f"{result.verdict} ({result.level})\n")
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        width = shutil.get_terminal_size((120, 24)).columns
        text = render_terminal(result.document, width=width, color=color, report=result.written["report"])
        sys.stdout.write(fenced(text) if os.environ.get("GITHUB_ACTIONS") == "true" else text)
    sys.stdout.flush()
    return gate.deliver(result.document)


def _choices(arguments: argparse.Namespace) -> Choices:
    return Choices(
        targets=load_targets(Path(arguments.targets)) if arguments.targets else arguments.coverage,
        against=tuple(arguments.against),
        duplicates=not arguments.no_duplicates,
        words=arguments.words,
        waivers=load_waivers(Path(arguments.waivers), current_time().date()) if arguments.waivers else None,
        lock=import_module("audit.commands.lock").commitment(arguments.lock) if arguments.lock else None,
        review=ReviewFiles(*arguments.review) if arguments.review else None,
    )

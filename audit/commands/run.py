"""`audit run`: the main job on the command line."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

from audit.certificate.clock import current_time
from audit.choices import Choices
from audit.pipeline import Options, run_audit
from audit.reading import Selection
from audit.report.jsonfile import dump_document
from audit.report.progress import Progress
from audit.report.terminal import render_terminal
from audit.review.record import ReviewFiles
from audit.rules import load_waivers
from audit.store import default_cache
from audit.targets import load_targets

EXIT: Final = {"pass": 0, "pass_with_waivers": 0, "fail": 1, "inconclusive": 1, "not_assessable": 1, "incomplete": 3}


def main(arguments: argparse.Namespace) -> int:
    """Run the audit, write its outputs, print it, and return the exit code of its verdict."""
    with Progress(quiet=arguments.quiet) as progress:
        result = run_audit(
            arguments.data,
            selection=Selection.of(arguments.mapping, arguments.map, arguments.layout),
            rules=arguments.rules,
            choices=_choices(arguments),
            options=Options(
                workers=arguments.workers,
                cache=None if arguments.no_cache else Path(arguments.cache_dir or default_cache()),
                progress=progress,
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
        sys.stdout.write(render_terminal(result.document, width=width, color=color, report=result.written["report"]))
    sys.stdout.flush()
    return EXIT[result.verdict]


def _choices(arguments: argparse.Namespace) -> Choices:
    return Choices(
        targets=load_targets(Path(arguments.targets)) if arguments.targets else None,
        against=tuple(arguments.against),
        duplicates=not arguments.no_duplicates,
        waivers=load_waivers(Path(arguments.waivers), current_time().date()) if arguments.waivers else None,
        lock=import_module("audit.commands.lock").commitment(arguments.lock) if arguments.lock else None,
        review=ReviewFiles(*arguments.review) if arguments.review else None,
    )


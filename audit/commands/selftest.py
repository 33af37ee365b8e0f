"""`audit selftest`: what the audit finds of known defects, on clean rows of its own or on somebody's."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence

from audit.errors import UsageError
from audit.reading import Selection, bind
from audit.report.block_markdown import page_markdown
from audit.report.blocks import render_page
from audit.report.progress import Progress
from audit.selftest.defects import DEFECTS, Defect
from audit.selftest.host import make_host, own_host
from audit.selftest.page import selftest_document, selftest_page
from audit.selftest.running import Host, self_test
from audit.sources import open_any


def main(arguments: Namespace) -> int:
    """Plant, audit, print the table; 0 where no aim is missed, 1 where one is."""
    if arguments.runs < 1:
        raise UsageError("no such number of runs", where="--runs", got=str(arguments.runs), expected="1 or more")
    defects = _chosen(arguments.only)
    with Progress(quiet=arguments.quiet) as progress:
        found = self_test(arguments.runs, arguments.seed, _host(arguments), defects=defects, progress=progress)
    if arguments.format == "json":
        sys.stdout.write(json.dumps(selftest_document(found), indent=2) + "\n")
    elif arguments.format == "markdown":
        sys.stdout.write(page_markdown(selftest_page(found)))
    else:
        width = shutil.get_terminal_size((160, 24)).columns
        sys.stdout.write(render_page(selftest_page(found), width=width, color=sys.stdout.isatty()))
    return 0 if found.holds else 1


def _host(arguments: Namespace) -> Host:
    if not arguments.data:
        return make_host
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    rows = own_host([bind(container, selection) for container in open_any(arguments.data)])
    if not rows:
        raise UsageError("no comparison was read", where=", ".join(arguments.data), fix="see `audit inspect`")
    return lambda _: rows


def _chosen(only: Sequence[str]) -> tuple[Defect, ...]:
    names = {one.name for one in DEFECTS} | {one.family for one in DEFECTS}
    for name in only:
        if name not in names:
            raise UsageError("no such defect", where="--only", got=name[:60], expected=", ".join(sorted(names)))
    return tuple(one for one in DEFECTS if not only or {one.name, one.family} & set(only))

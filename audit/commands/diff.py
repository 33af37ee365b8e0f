"""`audit diff`: saved results side by side and, where data are at hand, what became of their rows."""

from __future__ import annotations

import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from audit.compare.comparing import compare
from audit.compare.data import readings_of, row_changes
from audit.compare.rows import RowChanges
from audit.compare.saved import Saved, load_saved
from audit.errors import UsageError
from audit.outputs import generated_at
from audit.pipeline import Options
from audit.report.atomic import write_atomically
from audit.report.block_html import page_html
from audit.report.block_markdown import page_markdown
from audit.report.blocks import Page, render_page
from audit.report.diff_page import diff_page
from audit.report.jsonfile import dump_document
from audit.report.progress import Progress
from audit.store import default_cache

MOST_IN_HTML: Final = 200


def main(arguments: Namespace) -> int:
    """Compare, print, write what was asked for; 1 only with --fail-on-worse."""
    results = load_saved(arguments.results)
    paths = _data(arguments.data, results)
    if arguments.rows and not paths:
        raise UsageError("rows can be told with data only", where="--rows", fix="add --data A=FILE --data B=FILE")
    with Progress(quiet=arguments.quiet) as progress:
        rows = _rows(results, paths, running(arguments, progress), near=not arguments.no_near)
    with whole_results():
        document = compare(results, rows)
    show(document, diff_page(document), arguments)
    write_html(diff_page(document, most=MOST_IN_HTML), arguments.html)
    if arguments.rows:
        _write_rows(Path(arguments.rows), rows)
    worse = any(change["worse"] for pair in document["comparisons"] for change in pair["rules"])
    return 1 if arguments.fail_on_worse and worse else 0


@contextmanager
def whole_results() -> Iterator[None]:
    """Say of a saved result that lacks something, because it is older or was edited, that it does.

    Raises:
        UsageError: instead of the fault that a missing or misplaced field causes.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        what = "a result lacks a field of its schema, or holds another kind of value in it"
        fix = "audit the data again with this version"
        raise UsageError(what, where="result.json", got=f"{type(fault).__name__}: {fault}"[:200], fix=fix) from fault


def running(arguments: Namespace, progress: Progress) -> Options:
    """Return how to run, from the options that these commands share.

    Raises:
        UsageError: for a number of workers below 1.
    """
    if arguments.workers is not None and arguments.workers < 1:
        raise UsageError("no such number of workers", where="--workers", got=str(arguments.workers))
    cache = None if arguments.no_cache else Path(arguments.cache_dir or default_cache())
    return Options(workers=arguments.workers, cache=cache, progress=progress)


def show(document: dict[str, Any], page: Page, arguments: Namespace) -> None:
    """Print a document in the format asked for, and write the files that were asked for besides."""
    if arguments.markdown:
        write_atomically(Path(arguments.markdown), page_markdown(page).encode())
    if arguments.json:
        write_atomically(Path(arguments.json), dump_document(document))
    if arguments.format == "json":
        sys.stdout.buffer.write(dump_document(document))
    elif arguments.format == "markdown":
        sys.stdout.write(page_markdown(page))
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        sys.stdout.write(render_page(page, width=shutil.get_terminal_size((120, 24)).columns, color=color))
    sys.stdout.flush()


def write_html(page: Page, path: str | None) -> None:
    """Write a page as HTML where that was asked for."""
    if path:
        write_atomically(Path(path), page_html(page, generated_at=generated_at()).encode())


def _data(entries: Sequence[str], results: Sequence[Saved]) -> dict[str, list[str]]:
    """Return the files given for each result, by its label."""
    known = [saved.label for saved in results]
    found: dict[str, list[str]] = {}
    for entry in entries:
        label, equals, path = entry.partition("=")
        if not equals or label not in known or not path:
            raise UsageError("data of no result", where="--data", got=entry, expected=f"{'|'.join(known)}=FILE")
        found.setdefault(label, []).append(path)
    if found and (known[0] not in found or len(found) < 2):
        raise UsageError(
            "rows are compared with those of the first result",
            where="--data",
            got=", ".join(sorted(found)),
            expected=f"data of {known[0]} and of at least one other",
        )
    return found


def _rows(
    results: Sequence[Saved], paths: dict[str, list[str]], options: Options, *, near: bool
) -> dict[str, RowChanges]:
    readings = {saved.label: readings_of(saved, paths[saved.label]) for saved in results if saved.label in paths}
    first = readings.pop(results[0].label, None)
    if first is None:
        return {}
    return {label: row_changes(first, other, options, near=near) for label, other in readings.items()}


def _write_rows(path: Path, rows: dict[str, RowChanges]) -> None:
    """Write every changed row; with several comparisons a file each, its label before the ending."""
    for label, changes in rows.items():
        target = path if len(rows) == 1 else path.with_name(f"{path.stem}-{label}{path.suffix}")
        write_atomically(target, partial(pq.write_table, changes.table, compression="zstd"))

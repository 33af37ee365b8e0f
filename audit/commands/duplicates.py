"""`audit duplicates`: which rows repeat which, how similar they are, and what to keep."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audit.duplicates.signatures import write_signatures
from audit.duplicates.tables import largest_clusters
from audit.engine.local import default_workers
from audit.errors import UsageError
from audit.extract.shingles import BAND_SLOTS, BANDS, CHAIN_MOST
from audit.pipeline import Options, duplicate_tables
from audit.read.locate import STDIN
from audit.read.open import open_sources
from audit.reading import Selection, bind
from audit.report.atomic import write_atomically
from audit.report.progress import Progress
from audit.report.safe import one_line
from audit.store import default_cache

LEAST: Final = 0.6
"""Below it so many candidates share no band that the search would mislead."""
MEMBERS_SHOWN: Final = 4
MORE: Final = {
    "pair": "to drop",
    "prompt": "beyond one of each (prompts may repeat: see pairs)",
    "response": "beyond one of each",
}


def main(arguments: Namespace) -> int:
    """Search, write the tables, print counts and the largest clusters."""
    if not LEAST <= arguments.threshold <= 1:
        raise UsageError("no such threshold", where="--threshold", got=f"{arguments.threshold:g}", expected="0.6 to 1")
    if arguments.workers is not None and arguments.workers < 1:
        raise UsageError("no such number of workers", where="--workers", got=str(arguments.workers))
    if arguments.signatures and STDIN in arguments.data:
        raise UsageError("standard input can be read once only", where="--signatures", fix="write it to a file first")
    with Progress(quiet=arguments.quiet) as progress:
        tables, cut = duplicate_tables(
            arguments.data,
            selection=Selection.of(arguments.mapping, arguments.map, arguments.layout),
            against=arguments.against,
            threshold=arguments.threshold,
            options=Options(
                workers=arguments.workers,
                cache=None if arguments.no_cache else Path(arguments.cache_dir or default_cache()),
                progress=progress,
            ),
        )
    folder = Path(arguments.out)
    folder.mkdir(parents=True, exist_ok=True)
    shown = 0 if arguments.quiet else max(arguments.show, 0)
    lines = [*_clusters(tables["duplicates"], shown), *_leaks(tables.get("leakage"), shown)]
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        write_atomically(path, partial(pq.write_table, table, compression="zstd"))
        lines.append(f"{path}: {table.num_rows:,} rows")
    if arguments.signatures:
        write_atomically(Path(arguments.signatures), partial(_write_signatures, arguments))
        lines.append(f"{arguments.signatures}: {pq.read_metadata(arguments.signatures).num_rows:,} signatures")
    lines += [_recall(arguments.threshold), *_cut(cut)]
    sys.stdout.write("".join(one_line(line) + "\n" for line in lines))
    return 0


def _write_signatures(arguments: Namespace, file: BinaryIO) -> None:
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    readings = [bind(container, selection) for container in open_sources(arguments.data)]
    workers = arguments.workers or default_workers()
    with ThreadPoolExecutor(workers, thread_name_prefix="sign") as pool:
        write_signatures(readings, pool, 2 * workers, file)


def _clusters(table: pa.Table, most: int) -> Iterator[str]:
    for kind in ("pair", "prompt", "response"):
        own = table.filter(pc.equal(table["kind"], kind))
        clusters = len(pc.unique(own["cluster"]))
        rest = own.num_rows - int(pc.sum(own["keep"]).as_py() or 0)
        yield f"{kind}s: {clusters:,} clusters of {own.num_rows:,} members, {rest:,} {MORE[kind]}"
        yield from _largest(own, most)


def _largest(table: pa.Table, most: int) -> Iterator[str]:
    for one in largest_clusters(table, most, MEMBERS_SHOWN):
        yield f"  cluster {one['cluster']}, {one['size']:,} members"
        for member in one["members"]:
            yield f"    {_member(member)}"
        if one["size"] > MEMBERS_SHOWN:
            yield f"    and {one['size'] - MEMBERS_SHOWN:,} more"


def _member(member: Mapping[str, Any]) -> str:
    place = f"{member['file']}:{member['row']}" + (f":{member['part']}" if member["part"] else "")
    side = f" {member['side']}" if member["side"] in ("a", "b") else ""
    similar = "" if member["similarity"] is None else f"  {member['similarity']:.3f}"
    words = ("keep", "drop") if member["kind"] == "pair" else ("head", "like")
    return f"{words[0] if member['keep'] else words[1]}  {place}{side}{similar}  {member['why']}"


def _leaks(table: pa.Table | None, most: int) -> Iterator[str]:
    if table is None:
        return
    yield f"leaks: {table.num_rows:,} rows share something with a protected set"
    for leak in table.slice(0, most).to_pylist():
        matched = f" with {leak['matched_file']}:{leak['matched_row']}" if leak["matched_file"] else ""
        yield f"    {leak['file']}:{leak['row']}  {leak['shares']}  {leak['against']}{matched}"


def _cut(rows: int) -> list[str]:
    if not rows:
        return []
    many = f"more than {CHAIN_MOST} others"
    return [f"{rows:,} rows hold a text that shares a part with {many} and was compared with the nearest of them"]


def _recall(threshold: float) -> str:
    missed = (1 - threshold**BAND_SLOTS) ** BANDS
    return (
        f"Found: pairs of Jaccard similarity {threshold:g} or more, verified exactly; one at {threshold:g} is missed "
        f"with a chance of {missed:.2g}."
    )

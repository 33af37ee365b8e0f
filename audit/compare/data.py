"""The rows behind two results, read as their audits read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from audit.compare.rows import RowChanges, compare_rows
from audit.compare.saved import Saved
from audit.duplicates.near import find_near
from audit.engine.local import default_workers
from audit.errors import UsageError
from audit.pipeline import Options, joined
from audit.read.mapping import FieldMapping
from audit.read.open import open_sources
from audit.reading import Reading, Selection, bind


def readings_of(saved: Saved, paths: Sequence[str]) -> list[Reading]:
    """Open the files that a result was made of, with the mapping that stands in it.

    Raises:
        UsageError: the files are not those of the result.
        InputError: one cannot be read.
    """
    inputs = {entry["name"]: entry for entry in saved.document["inputs"]}
    found = []
    for container in open_sources(paths):
        entry = inputs.get(container.name) or (next(iter(inputs.values())) if len(inputs) == 1 else None)
        digest = container.digest()
        if entry is None or (entry["sha256"] is not None and entry["sha256"] != digest):
            raise UsageError(
                f"{container.name} is no file that the result {saved.label} ({saved.name}) was made of",
                where=f"--data {saved.label}",
                got=f"SHA-256 {digest}",
                expected=", ".join(f"{name}: {one['sha256']}" for name, one in list(inputs.items())[:3]),
            )
        found.append(bind(container, Selection(mapping=_mapping(entry["mapping"]))))
    if len(found) != len(inputs):
        raise UsageError(
            "not all files of the result are given",
            where=f"--data {saved.label}",
            got=f"{len(found)} files",
            expected=f"{len(inputs)}: {', '.join(list(inputs)[:3])}",
        )
    return found


def _mapping(stated: Mapping[str, Any]) -> FieldMapping:
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in stated["options"].items()}
    return FieldMapping(stated["layout"], stated["fields"], stated["values"], stated["slices"], options)


def row_changes(
    first: Sequence[Reading], other: Sequence[Reading], options: Options, *, near: bool = True
) -> RowChanges:
    """Return what became of the rows of one dataset in another.

    Args:
        first: files of the first.
        other: files of the second.
        options: how to run.
        near: also look for added rows that nearly repeat one of the first.

    Raises:
        InputError: a file cannot be read.
    """
    with joined([first, other], options) as whole:
        n = sum(shard.tally.comparisons for shard in whole.shards[: len(first)])
        signals = whole.signals
        if near:
            with ThreadPoolExecutor(options.workers or default_workers(), thread_name_prefix="search") as pool:
                signals = find_near(whole.readings, whole.shards, signals, pool).extend(signals)
        return compare_rows(signals, n, near=near and signals.has("near_prompt", "near_a", "near_b"))

"""From files to shards of signals: here, by threads, or on an engine, one file a task.

On an engine a worker opens its file itself, reads it and writes the finished shard into the store, which must be a
folder that all workers and the driver see. Where the work was broken off, finished shards stay in a lasting store, and
the next run does only the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audit.engine.local import Progress, extract_file
from audit.engine.protocol import Engine
from audit.errors import IncompleteError
from audit.read.block import Container
from audit.reading import Reading
from audit.store import COMPLETE, Shard, ShardWriter, shard_key

IN_FLIGHT_A_WORKER: Final = 2
"""Chunks that each worker may have in memory."""


@dataclass(frozen=True, slots=True)
class Work:
    """Where shards go, and how they are made."""

    store: Path
    workers: int
    """Threads."""
    sketched: bool
    """Whether texts are sketched, for finding near duplicates."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to be read on a worker."""

    reading: Reading
    store: Path
    sketched: bool


def extract_here(readings: Sequence[Reading], work: Work, progress: Progress) -> list[Shard]:
    """Return the shards of files, read one after the other by threads over their chunks."""
    with ThreadPoolExecutor(work.workers, thread_name_prefix="extract") as pool:
        return [_extract(reading, work, pool, _rows_read(progress, reading.name)) for reading in readings]


def extract_on(engine: Engine, readings: Sequence[Reading], work: Work, progress: Progress) -> list[Shard]:
    """Return the shards of files, each read whole by some worker.

    Raises:
        IncompleteError: a worker wrote into a folder that is not seen here.
    """
    progress(f"reading {len(readings)} files on the engine", 0, len(readings))
    work.store.mkdir(parents=True, exist_ok=True)
    store = work.store.resolve()
    shards = engine.map(extract_task, [Task(reading, store, work.sketched) for reading in readings])
    for reading, shard in zip(readings, shards, strict=True):
        if not (shard.home / COMPLETE).exists():
            raise IncompleteError(
                "signals that a worker wrote cannot be seen here",
                where=reading.name,
                got=str(shard.home),
                fix="name a folder that all machines share with --cache-dir",
            )
    progress(f"reading {len(readings)} files on the engine", len(readings), len(readings))
    return shards


def extract_task(task: Task) -> Shard:
    """Read one file on a worker; done again after a kill, it comes to the same."""
    task.store.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(1) as pool:
        return _extract(task.reading, Work(task.store, 1, task.sketched), pool, lambda _rows: None)


def _extract(reading: Reading, work: Work, pool: ThreadPoolExecutor, on_rows: Callable[[int], None]) -> Shard:
    """Return the shard of one file, from the store when its bytes were read before.

    The bytes are hashed first only where the store knows a file of that size; else while they are read.
    """
    container, identity = reading.container, reading.identity() | {"sketched": work.sketched}
    known = container.size is not None and any(work.store.glob(f"{container.size}-*"))
    digest = pool.submit(container.digest)
    if known:
        found = Shard.find(_home(work.store, container, digest.result(), identity))
        if found is not None:
            return found
    shard = extract_file(
        container,
        reading.convert,
        reading.fields,
        ShardWriter(work.store),
        pool,
        work.workers * IN_FLIGHT_A_WORKER,
        on_rows,
        sketched=work.sketched,
    )
    return shard.move_to(_home(work.store, container, digest.result(), identity))


def _home(store: Path, container: Container, digest: str | None, identity: dict[str, Any]) -> Path:
    """Return where a shard belongs; a table in memory has no digest and gets a place by name, never found again."""
    if digest is None:
        return store / f"memory-{os.getpid()}-{shard_key(container.name, identity)[:16]}"
    return store / f"{container.size}-{shard_key(digest, identity)}"


def _rows_read(progress: Progress, name: str) -> Callable[[int], None]:
    return lambda rows: progress(f"reading {name}", rows, None)

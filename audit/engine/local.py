"""The local engine: threads over chunks, results in source order, a bounded number of chunks in memory.

Threads suffice because the kernels, Arrow and the decompressors release the interpreter lock. Order is kept, so what
is written does not depend on the number of workers.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from audit.extract.columns import Extracted, extract
from audit.read.block import Block, Chunk, Container, Converted, Reject
from audit.read.containers.lines import as_stored
from audit.store import Shard, ShardWriter

Convert = Callable[[Block], Converted]
"""A layout bound to its mapping and file name."""

Progress = Callable[[str, int, int | None], None]
"""Called with a stage's name, what is done, and the total where it is known."""

T = TypeVar("T")
R = TypeVar("R")


def silent(_stage: str, _done: int, _total: int | None) -> None:
    """Report progress to nobody."""


def default_workers() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk's signals and its account of rows."""

    extracted: Extracted
    read: int
    accepted: int
    rejects: tuple[Reject, ...]
    rows_seen: int
    """1-based number of the last source row of the chunk, for progress."""


def extract_file(
    container: Container,
    convert: Convert,
    fields: list[str] | None,
    writer: ShardWriter,
    pool: ThreadPoolExecutor,
    in_flight: int,
    on_rows: Callable[[int], None],
    *,
    sketched: bool = True,
) -> Shard:
    """Read, convert and extract one file into a shard.

    Args:
        container: the file.
        convert: turns a block into comparisons.
        fields: top-level source fields that the layout reads; None for all.
        writer: where the signals go; abandoned on any error, Ctrl-C included.
        pool: the worker threads.
        in_flight: chunks that may be in memory at once.
        on_rows: told the rows read so far.
        sketched: whether texts are sketched, for finding near duplicates.
    """

    def work(chunk: Chunk) -> Piece:
        block = container.parse(chunk, fields)
        converted = convert(block)
        rejects = (*block.rejects, *(as_stored(chunk, reject) for reject in converted.rejects))
        return Piece(
            extract(converted.batch, sketched=sketched),
            block.read,
            converted.accepted,
            rejects,
            chunk.first_row + block.read,
        )

    read = 0
    try:
        for piece in in_order(pool, work, container.chunks(fields), in_flight):
            read += piece.read
            writer.add(piece.extracted, piece.accepted, sorted(piece.rejects, key=lambda r: (r.row, r.offset or 0)))
            on_rows(read)
        return writer.finish(read)
    except BaseException:
        writer.abandon()
        raise


def in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterator[T], in_flight: int) -> Iterator[R]:
    """Yield work(item) for each item in order, at most `in_flight` of them started and not yet taken."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()

"""The shingles of the few texts that may have a near duplicate, from a second look at the rows that hold them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Final

import numpy as np
import pyarrow as pa

from audit.engine.local import in_order
from audit.extract.shingles import ShingleSets
from audit.read.block import Block, Chunk
from audit.reading import Reading
from audit.signals import Ints, Signals

FEW_ROWS: Final = 2_000
"""So many rows of a file are fetched one by one; for more the file is read through once more."""
PARTS: Final = 1 << 20
"""Comparisons that one row may hold here."""
IN_FLIGHT: Final = 4

Hash = Callable[[pa.Array, Ints], ShingleSets]
"""Texts and the rows of them that are wanted to hashes, one set a row."""


@dataclass(frozen=True)
class Place:
    """Where wanted texts stand in one column of texts: comparison numbers and what each text is called."""

    column: str
    """`prompt`, `response_a` or `response_b`."""
    comparisons: Ints
    names: Ints


@dataclass(frozen=True)
class _Wanted:
    """The texts of one file and column, by row and part, sorted."""

    column: str
    ids: Ints
    names: Ints


def reread(
    places: Sequence[Place],
    readings: Sequence[Reading],
    signals: Signals,
    pool: ThreadPoolExecutor,
    hash_texts: Hash,
    count: int,
) -> ShingleSets:
    """Return the hashes of wanted texts; a name that no place has gets an empty set.

    Args:
        places: where to find them, each name once.
        readings: the files, in the order of the signals' file numbers.
        signals: for rows and offsets.
        pool: workers.
        hash_texts: what is wanted of a text.
        count: names are below it.
    """
    starts, ends = np.zeros(count, np.int64), np.zeros(count, np.int64)
    used = 0
    with tempfile.TemporaryFile(prefix="dpo-audit-sets-") as spill:
        for number, reading in enumerate(readings):
            wanted = _wanted_of(places, signals, number)
            for names, sets in _read(reading, wanted, signals, number, pool, hash_texts):
                starts[names], ends[names] = used + sets.starts, used + sets.ends
                used += len(sets.hashes)
                spill.write(np.ascontiguousarray(sets.hashes).data)
        return ShingleSets(starts, ends, _mapped(spill, used))


def _mapped(spill: IO[bytes], count: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    if not count:
        return np.zeros(0, np.uint64)
    spill.flush()
    return np.memmap(spill, np.uint64, "r", shape=(count,))


def _wanted_of(places: Sequence[Place], signals: Signals, number: int) -> list[_Wanted]:
    files, rows = signals.ints("file"), signals.ints("row")
    parts = signals.ints("part") if signals.has("part") else np.zeros(len(rows), np.int64)
    found = []
    for place in places:
        own = files[place.comparisons] == number
        at = place.comparisons[own]
        ids = rows[at] * PARTS + parts[at]
        order = np.argsort(ids, kind="stable")
        if len(ids):
            found.append(_Wanted(place.column, ids[order], place.names[own][order]))
    return found


def _read(
    reading: Reading,
    wanted: Sequence[_Wanted],
    signals: Signals,
    number: int,
    pool: ThreadPoolExecutor,
    hash_texts: Hash,
) -> Iterator[tuple[Ints, ShingleSets]]:
    if not wanted:
        return
    rows = np.unique(np.concatenate([one.ids for one in wanted]) // PARTS)

    def of_block(block: Block) -> list[tuple[Ints, ShingleSets]]:
        batch = reading.convert(block).batch
        return [_of_column(batch, one, hash_texts) for one in wanted if one.column in batch.schema.names]

    if len(rows) <= FEW_ROWS:
        records = reading.container.fetch(rows.tolist(), offsets_of(signals, number, rows))
        found = sorted(records)
        yield from of_block(Block(found, None, len(found), (), [records[row] for row in found]))
        return

    def of_chunk(chunk: Chunk) -> list[tuple[Ints, ShingleSets]]:
        return of_block(reading.container.parse(chunk, reading.fields))

    for parts in in_order(pool, of_chunk, reading.container.chunks(reading.fields), IN_FLIGHT):
        yield from parts


def _of_column(batch: pa.RecordBatch, wanted: _Wanted, hash_texts: Hash) -> tuple[Ints, ShingleSets]:
    rows = batch["row"].to_numpy(zero_copy_only=False).astype(np.int64)
    ids = rows * PARTS
    if "part" in batch.schema.names:
        ids = ids + batch["part"].to_numpy(zero_copy_only=False)
    at = np.minimum(np.searchsorted(wanted.ids, ids), len(wanted.ids) - 1)
    own = np.flatnonzero(wanted.ids[at] == ids)
    return wanted.names[at[own]], hash_texts(batch[wanted.column], own)


def offsets_of(signals: Signals, number: int, rows: Ints) -> dict[int, int]:
    """Return the byte offset of some rows of one file, where the format has offsets."""
    if not signals.has("offset"):
        return {}
    every = signals.ints("row")
    chosen = np.flatnonzero((signals.ints("file") == number) & np.isin(every, rows))
    offsets = signals.ints("offset", missing=-1)[chosen]
    return {int(row): int(at) for row, at in zip(every[chosen], offsets, strict=True) if at >= 0}

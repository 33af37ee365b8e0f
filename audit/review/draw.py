"""Draws comparisons for hand review: by the rows themselves and the buyer's nonce, so that nobody can choose them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.certificate.leaves import SortedLeaves
from audit.certificate.row_form import batch_leaves
from audit.certificate.sampling import sample_places, sample_seed
from audit.engine.local import Progress, default_workers, in_order
from audit.errors import UsageError
from audit.read.block import Chunk
from audit.reading import Reading
from audit.schema import SLICE_PREFIX

WHOLE: Final = ""
"""The name of the only stratum where the draw is not stratified."""
UNKNOWN: Final = "(not recorded)"
LEAF: Final = 32
IN_FLIGHT: Final = 2

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One comparison of the sample."""

    leaf: str
    """Its digest, 64 hex digits."""
    file: str
    row: int
    part: int
    label: str
    """The delivered label: a or b."""
    stratum: str
    is_a_first: bool
    """Whether the reviewer sees side a first: by a bit of the seed, not by the delivery."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample of a lot, bound to the rows that it was drawn from."""

    set_root: str
    nonce: str
    by: str
    """The column that strata are of; empty: one stratum."""
    size: int
    """Comparisons asked for (of each stratum)."""
    lots: Mapping[str, int]
    """Comparisons with text and a preferred side, of each stratum: what the bounds are about."""
    drawn: tuple[Drawn, ...]
    """In the order of review, which is random too."""


@dataclass(frozen=True)
class _Lot:
    """Every comparison with text that prefers a side."""

    leaf: npt.NDArray[np.bytes_]  # (n,) of 32 bytes
    place: Ints  # (n, 3): file, row, part
    is_a: npt.NDArray[np.bool_]
    stratum: list[str]


def draw(readings: Sequence[Reading], nonce: bytes, size: int, *, by: str = "", progress: Progress) -> Draw:
    """Draw comparisons that prefer a side, without replacement, from the whole lot or from each of its strata.

    Args:
        readings: the delivery.
        nonce: of the buyer, named after the delivery.
        size: comparisons, of each stratum where `by` is given; a smaller stratum is taken whole.
        by: a column of text, such as `locale`, or the name of a slice.
        progress: told the rows read of each file.

    Raises:
        UsageError: nothing prefers a side, the column is not recorded, or the nonce is too short.
        InputError: a file cannot be read.
    """
    readings = sorted(readings, key=lambda reading: reading.name)
    with closing(SortedLeaves()) as leaves:
        lot = _scan(readings, by, leaves, progress)
        set_root = leaves.finish()[0].hex()
    if not len(lot.leaf):
        raise UsageError("no comparison with text prefers a side: nothing to review", fix="see `audit inspect`")
    seed = sample_seed(set_root, nonce)
    order = np.lexsort((lot.place[:, 2], lot.place[:, 1], lot.place[:, 0], lot.leaf))
    strata: dict[str, list[int]] = {}
    for i in order.tolist():
        strata.setdefault(lot.stratum[i], []).append(i)
    chosen: list[Drawn] = []
    for name, members in sorted(strata.items()):
        own = seed if not by else hashlib.sha256(seed + name.encode("utf-8", "surrogatepass")).digest()
        places = sample_places(own, len(members), min(size, len(members)))
        chosen += [_drawn(lot, members[place], readings, seed) for place in places]
    chosen.sort(key=lambda one: _mark(seed, b"order", f"{one.leaf}:{one.file}:{one.row}:{one.part}"))
    return Draw(set_root, nonce.hex(), by, size, {name: len(m) for name, m in sorted(strata.items())}, tuple(chosen))


def _scan(readings: Sequence[Reading], by: str, leaves: SortedLeaves, progress: Progress) -> _Lot:
    found: list[tuple[npt.NDArray[np.bytes_], Ints, npt.NDArray[np.bool_], list[str]]] = []
    is_recorded = not by
    with ThreadPoolExecutor(default_workers(), thread_name_prefix="draw") as pool:
        for number, reading in enumerate(readings):

            def work(chunk: Chunk, reading: Reading = reading) -> tuple[pa.RecordBatch, bytes]:
                batch = reading.convert(reading.container.parse(chunk, reading.fields)).batch
                return batch, batch_leaves(batch).leaves

            chunks = reading.container.chunks(reading.fields)
            for batch, own in in_order(pool, work, chunks, default_workers() * IN_FLIGHT):
                leaves.extend(own)
                strata = _strata(batch, by)
                is_recorded = is_recorded or strata is not None
                none = [UNKNOWN if by else WHOLE] * batch.num_rows
                found.append(_preferring(batch, own, number, none if strata is None else strata))
                if batch.num_rows:
                    progress(f"reading {reading.name}", int(batch["row"][-1].as_py()), None)
    if not is_recorded:
        raise UsageError("the column to stratify by is not recorded", got=by, fix="see `audit inspect` for what is")
    return _Lot(
        np.concatenate([part[0] for part in found]) if found else np.empty(0, f"S{LEAF}"),
        np.concatenate([part[1] for part in found]) if found else np.empty((0, 3), np.int64),
        np.concatenate([part[2] for part in found]) if found else np.empty(0, np.bool_),
        [name for part in found for name in part[3]],
    )


def _strata(batch: pa.RecordBatch, by: str) -> list[str] | None:
    name = next((n for n in (by, SLICE_PREFIX + by) if by and n in batch.schema.names), None)
    if name is None:
        return None
    if not pa.types.is_string(batch[name].type) and not pa.types.is_large_string(batch[name].type):
        raise UsageError("the column to stratify by holds no text", got=by, expected="such as locale, or a slice")
    return [UNKNOWN if value is None else value for value in batch[name].to_pylist()]


def _preferring(
    batch: pa.RecordBatch, leaves: bytes, file: int, strata: list[str]
) -> tuple[npt.NDArray[np.bytes_], Ints, npt.NDArray[np.bool_], list[str]]:
    labels: list[Any] = batch["label"].to_pylist() if "label" in batch.schema.names else [None] * batch.num_rows
    has_text = _has_text(batch)
    kept = np.array([i for i, label in enumerate(labels) if label in ("a", "b") and has_text[i]], dtype=np.int64)
    row = np.asarray(batch["row"].to_numpy(zero_copy_only=False), dtype=np.int64)
    part = np.zeros(batch.num_rows, dtype=np.int64)
    if "part" in batch.schema.names:
        part = np.asarray(batch["part"].fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)
    place = np.column_stack([np.full(batch.num_rows, file), row, part])[kept]
    leaf = np.frombuffer(leaves, dtype=f"S{LEAF}")[kept]
    names = [strata[i] for i in kept.tolist()]
    return leaf, place, np.array([labels[i] == "a" for i in kept.tolist()], dtype=np.bool_), names


def _has_text(batch: pa.RecordBatch) -> list[bool]:
    if not {"response_a", "response_b"} <= set(batch.schema.names):
        return [False] * batch.num_rows
    both = pc.and_(pc.is_valid(batch["response_a"]), pc.is_valid(batch["response_b"]))
    return list(both.to_pylist())


def _drawn(lot: _Lot, i: int, readings: Sequence[Reading], seed: bytes) -> Drawn:
    file, row, part = (int(value) for value in lot.place[i])
    leaf = bytes(lot.leaf[i]).ljust(LEAF, b"\0").hex()  # numpy drops trailing zero bytes
    is_a_first = _mark(seed, b"side", f"{leaf}:{row}:{part}")[0] < 128
    return Drawn(leaf, readings[file].name, row, part, "a" if lot.is_a[i] else "b", lot.stratum[i], is_a_first)


def _mark(seed: bytes, purpose: bytes, text: str) -> bytes:
    return hashlib.sha256(seed + purpose + text.encode("utf-8", "surrogatepass")).digest()

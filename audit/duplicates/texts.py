"""The different texts of all files and their sketches, by key, and where each text stands."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.extract.shingles import SLOTS
from audit.extract.sketches import PROMPT, RESPONSE
from audit.signals import Ints, key_matrix
from audit.store import Shard

PLACES: Final = {PROMPT: ("prompt_key",), RESPONSE: ("a_key", "b_key")}
"""Key columns in which texts of a role stand."""

KeyMatrix = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Texts:
    """The different texts of one role, sorted by key, so that their numbers do not depend on the order of rows."""

    role: int
    keys: KeyMatrix
    """Big-endian halves, shape (texts, 2), sorted."""
    slots: npt.NDArray[np.uint8]
    """Low bytes of the MinHash slots, shape (texts, 128); on disk, mapped."""
    edges: npt.NDArray[np.uint64]
    """Hashes of the first and last words, 0 where too short; shape (texts, 2)."""

    def __len__(self) -> int:
        return len(self.keys)

    def numbers(self, keys: pa.ChunkedArray) -> Ints:
        """Return the number of the text of each key, -1 where null or not among the texts; shape (n,)."""
        found = find_keys(self.keys, key_matrix(keys))
        found[keys.is_null().to_numpy()] = -1
        return found


def find_keys(among: KeyMatrix, wanted: KeyMatrix) -> Ints:
    """Return the position of each wanted key among sorted ones, -1 where it is not there; shape (wanted,)."""
    found = np.full(len(wanted), -1, np.int64)
    if len(among):
        at = np.minimum(np.searchsorted(among[:, 0], wanted[:, 0]), len(among) - 1)
        same = (among[at] == wanted).all(axis=1)
        found[same] = at[same]
    return found


def gather(shards: Sequence[Shard], role: int) -> Texts:
    """Collect the different texts of one role from the shards' sketches.

    Keys are read first and slots then put where they belong in a mapped temporary file, so that memory holds 48 bytes a
    text.
    """
    keys, fresh, places = _ranked(shards, role)
    slots = _mapped(len(keys))
    edges = np.zeros((len(keys), 2), np.uint64)
    for at, name in enumerate(("sketch.head", "sketch.tail")):
        columns = [column.to_numpy() for column in _parts(shards, role, name)]
        edges[places[fresh], at] = np.concatenate([np.zeros(0, np.uint64), *columns])[fresh]
    start = 0
    for column in _parts(shards, role, "sketch.slots"):
        stop = start + len(column)
        own = fresh[start:stop]
        slots[places[start:stop][own]] = _bytes(column)[own]
        start = stop
    return Texts(role, keys, slots, edges)


def _ranked(shards: Sequence[Shard], role: int) -> tuple[KeyMatrix, npt.NDArray[np.bool_], Ints]:
    """Return the distinct keys, and for each stored sketch whether it is the first of its key and its number."""
    parts = [key_matrix(column) for column in _parts(shards, role, "sketch.key")]
    every = np.concatenate([np.zeros((0, 2), np.uint64), *parts])
    order = np.lexsort((every[:, 1], every[:, 0]))
    ranked = every[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    places = np.empty(len(order), np.int64)
    places[order] = np.cumsum(is_first) - 1
    fresh = np.zeros(len(order), np.bool_)
    fresh[order] = is_first
    return ranked[is_first], fresh, places


def _parts(shards: Sequence[Shard], role: int, column: str) -> Iterator[pa.Array]:
    """Yield one column of the sketches of a role, piece by piece."""
    for shard in shards:
        for batch in shard.sketches(("sketch.role", column)):
            yield batch.filter(pc.equal(batch["sketch.role"], role))[column]


def _mapped(texts: int) -> npt.NDArray[np.uint8]:
    if not texts:
        return np.zeros((0, SLOTS), np.uint8)
    with tempfile.TemporaryFile(prefix="dpo-audit-slots-") as file:
        return np.memmap(file, np.uint8, "w+", shape=(texts, SLOTS))  # the mapping outlives the file's name


def _bytes(column: pa.Array) -> npt.NDArray[np.uint8]:
    size = SLOTS * (column.offset + len(column))
    if not size:
        return np.zeros((0, SLOTS), np.uint8)
    return np.frombuffer(column.buffers()[1], np.uint8, size).reshape(-1, SLOTS)[column.offset :]

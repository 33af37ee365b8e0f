"""The columnar store that auditors read: one row a comparison, one row a judgment, no text.

Columns of judgments carry the prefix `judgment.`. A column that no source recorded is absent, and a wholly null one
counts as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.measure import Evidence, RowRef

JUDGMENT_PREFIX: Final = "judgment."
KEY_BYTES: Final = 16
EVIDENCE_ROWS: Final = 200

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Loader = Callable[[str], pa.ChunkedArray]


@dataclass(frozen=True)
class Signals:
    """Columns on demand: each call reads one column, so peak memory is a few columns, not all."""

    comparisons: int
    judgments: int
    files: tuple[str, ...]
    columns: frozenset[str]
    """Names of the recorded columns, judgments' with their prefix."""
    load: Loader = field(repr=False, compare=False)
    rejects: Mapping[str, int] = field(default_factory=dict)
    """Rows set aside, by reason code."""
    read: int = 0
    """Source rows read: accepted + rejected."""

    def has(self, *names: str) -> bool:
        """True when every named column is recorded in at least one row."""
        return all(name in self.columns for name in names)

    def ints(self, name: str, missing: int = 0) -> Ints:
        """Return an integer or boolean column as int64, nulls replaced by `missing`."""
        column = self.load(name)
        if column.null_count:
            column = pc.fill_null(column, missing)
        return np.asarray(column.to_numpy(), dtype=np.int64)

    def floats(self, name: str) -> Floats:
        """Return a numeric column as float64, nulls as NaN."""
        return np.asarray(pc.cast(self.load(name), pa.float64()).to_numpy(), dtype=np.float64)

    def codes(self, name: str) -> tuple[Ints, list[str]]:
        """Return a text column as codes into its sorted distinct values; -1 where null.

        The values are sorted, so codes do not depend on the order of rows.
        """
        column = self.load(name)
        encoded = column.combine_chunks() if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.unify_dictionaries().combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):  # an empty column has no chunk to combine
            return np.zeros(0, dtype=np.int64), []
        values: list[str] = [str(v) for v in encoded.dictionary.to_pylist()]
        order = sorted(range(len(values)), key=values.__getitem__)
        rank = np.empty(len(values) + 1, dtype=np.int64)
        rank[[*order, len(values)]] = [*range(len(values)), -1]
        raw = pc.fill_null(encoded.indices, len(values)).to_numpy(zero_copy_only=False).astype(np.int64)
        return rank[raw], [values[i] for i in order]

    def groups(self, name: str) -> Ints:
        """Return dense group numbers of a key column (or of any text column), 0-based.

        Equal keys share a number; numbering follows the sorted keys, not the row order. Rows whose key is null are
        groups of their own.
        """
        column = self.load(name)
        if not pa.types.is_fixed_size_binary(column.type):
            codes, values = self.codes(name)
            return _own_groups(codes, len(values))
        return key_groups(key_matrix(column), pc.is_null(column).to_numpy())

    def evidence(self, mask: Bools | Ints, worst: Floats | None = None, limit: int = EVIDENCE_ROWS) -> Evidence:
        """Return the rows that `mask` selects (booleans or row numbers) as evidence.

        Args:
            mask: shape (comparisons,) booleans, or row numbers of any order.
            worst: shape (comparisons,): with it, the rows of largest value come first; else of smallest digest.
            limit: how many rows to keep.
        """
        chosen = np.flatnonzero(mask) if mask.dtype == np.bool_ else np.unique(mask)
        total = len(chosen)
        if not total:
            return Evidence(0, ())
        if worst is not None and total > limit:  # sort only what can make it
            chosen = chosen[worst[chosen] >= np.partition(worst[chosen], total - limit)[total - limit]]
        keys = key_matrix(self.load("ordered_key").take(pa.array(chosen)))
        rows, files = self.ints("row")[chosen], self.ints("file")[chosen]
        parts = self.ints("part")[chosen] if self.has("part") else np.zeros(len(chosen), dtype=np.int64)
        lead = np.zeros(len(chosen)) if worst is None else -worst[chosen]
        order = np.lexsort((parts, rows, files, keys[:, 1], keys[:, 0], lead))[:limit]
        names = self.files
        return Evidence(
            total,
            tuple(
                RowRef(keys[i].astype(">u8").tobytes().hex(), names[files[i]], int(rows[i]), int(parts[i]))
                for i in order
            ),
            "smallest digest" if worst is None else "worst first",
        )


def key_matrix(column: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.uint64]:
    """Return a 16-byte key column as big-endian halves, shape (n, 2), so that sorting them sorts the bytes."""
    if isinstance(column, pa.ChunkedArray):
        chunks: Sequence[pa.Array] = column.chunks
    else:
        chunks = [column]
    keys = np.empty((sum(map(len, chunks)), 2), dtype=np.uint64)
    start = 0
    for chunk in chunks:
        if len(chunk):
            halves = np.frombuffer(chunk.buffers()[1], dtype=">u8", count=2 * (chunk.offset + len(chunk)))
            keys[start : start + len(chunk)] = halves.reshape(-1, 2)[chunk.offset :]
            start += len(chunk)
    return keys


def key_groups(keys: npt.NDArray[np.uint64], null: Bools) -> Ints:
    """Number equal 128-bit keys densely in key order; null rows become groups of their own.

    Args:
        keys: shape (n, 2), the big-endian halves.
        null: shape (n,).
    """
    order = np.argsort(keys[:, 0])
    ranked = keys[order, 0]
    fresh = np.ones(len(order), dtype=np.bool_)
    np.not_equal(ranked[1:], ranked[:-1], out=fresh[1:])
    tied = np.flatnonzero(~fresh)
    if (keys[order[tied], 1] != keys[order[tied - 1], 1]).any():  # halves clash: all but never
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        ranked = keys[order]
        fresh[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    del ranked  # at a million rows every column counts
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(fresh)
    numbers -= 1
    if null.any():
        numbers[null] = -1
        return _own_groups(np.unique(numbers, return_inverse=True)[1].reshape(-1) - 1, int(numbers.max()) + 1)
    return numbers


def _own_groups(codes: Ints, used: int) -> Ints:
    null = codes < 0
    return np.where(null, used + np.cumsum(null) - 1, codes)

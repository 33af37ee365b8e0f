"""The sketches of one batch: MinHash slots and edges of each different prompt and response, by the key of its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.extract.kernels import text_edges
from audit.extract.shingles import SLOTS, sketch

PROMPT, RESPONSE = 0, 1
TEXTS: Final = (("prompt", "prompt_key", PROMPT), ("response_a", "a_key", RESPONSE), ("response_b", "b_key", RESPONSE))
"""Column of texts, column of their keys, and what they are."""
SCHEMA: Final = pa.schema(
    [
        pa.field("sketch.role", pa.int8()),
        pa.field("sketch.key", pa.binary(16)),
        pa.field("sketch.slots", pa.binary(SLOTS)),
        pa.field("sketch.head", pa.uint64()),
        pa.field("sketch.tail", pa.uint64()),
    ]
)

Ints = npt.NDArray[np.int64]


def sketches_of(batch: pa.RecordBatch, keys: Mapping[str, pa.Array]) -> pa.RecordBatch:
    """Sketch each different text of a batch once.

    Args:
        batch: canonical comparisons.
        keys: the batch's key columns, without offset.

    Returns:
        One row a different text (a text that stands on both sides may come twice), of SCHEMA.
    """
    parts = []
    for texts, key, role in TEXTS:
        if texts in batch.schema.names:
            rows = first_rows(keys[key])
            slots = sketch(batch[texts], rows)
            edges = text_edges(batch[texts])[rows]
            columns = [
                pa.array(np.full(len(rows), role, np.int8)),
                keys[key].take(pa.array(rows)),
                _binary(slots),
                pa.array(np.ascontiguousarray(edges[:, 0])),
                pa.array(np.ascontiguousarray(edges[:, 1])),
            ]
            parts.append(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
    if not parts:
        return pa.RecordBatch.from_pylist([], schema=SCHEMA)
    return pa.concat_batches(parts)


def first_rows(keys: pa.Array) -> Ints:
    """Return the first row of each different key, in row order; null rows are left out."""
    halves = np.frombuffer(keys.buffers()[1], np.uint64, 2 * len(keys)).reshape(-1, 2)
    rows = np.flatnonzero(keys.is_valid().to_numpy(zero_copy_only=False))
    first = np.unique(halves[rows, 0], return_index=True)[1]
    return np.sort(rows[first]).astype(np.int64)


def _binary(slots: npt.NDArray[np.uint8 | np.uint32]) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(SLOTS), len(slots), [None, pa.py_buffer(np.ascontiguousarray(slots))])

"""MinHash signatures of every text as a table, for an index of one's own: they load into datasketch's MinHash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audit.engine.local import in_order
from audit.extract.shingles import SLOTS, sketch
from audit.read.block import Chunk
from audit.reading import Reading

TEXTS: Final = ("prompt", "response_a", "response_b")
SCHEMA: Final = pa.schema(
    [
        pa.field("file", pa.string()),
        pa.field("row", pa.int64(), metadata={"meaning": "1-based line or row number"}),
        pa.field("part", pa.int64(), metadata={"meaning": "0-based index among the comparisons of the row"}),
        pa.field("text", pa.string(), metadata={"meaning": "prompt, response_a or response_b"}),
        pa.field(
            "signature",
            pa.list_(pa.uint32(), SLOTS),
            metadata={"meaning": "MinHash slots: datasketch.MinHash(hashvalues=..., seed=1, scheme='affine32')"},
        ),
    ]
)


def write_signatures(readings: Sequence[Reading], pool: ThreadPoolExecutor, in_flight: int, file: BinaryIO) -> int:
    """Write the signature of every text that is there as Parquet and return how many there are.

    Args:
        readings: the files.
        pool: worker threads.
        in_flight: chunks that may be in memory at once.
        file: open for writing.

    Raises:
        InputError: a file cannot be read.
    """
    written = 0
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for reading in readings:
            for table in _tables(reading, pool, in_flight):
                writer.write_table(table)
                written += table.num_rows
    return written


def _tables(reading: Reading, pool: ThreadPoolExecutor, in_flight: int) -> Iterator[pa.Table]:
    def work(chunk: Chunk) -> pa.Table:
        batch = reading.convert(reading.container.parse(chunk, reading.fields)).batch
        return pa.Table.from_batches(list(_signed(reading.name, batch)), SCHEMA)

    return in_order(pool, work, reading.container.chunks(reading.fields), in_flight)


def _signed(name: str, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    part = batch["part"] if "part" in batch.schema.names else pa.array(np.zeros(batch.num_rows, np.int64))
    for text in TEXTS:
        if text in batch.schema.names:
            kept = pa.array(np.flatnonzero(batch[text].is_valid().to_numpy(zero_copy_only=False)))
            slots = sketch(batch[text].take(kept), slot_bytes=4)
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array([name] * len(kept), pa.string()),
                    batch["row"].take(kept),
                    part.take(kept).fill_null(0),
                    pa.array([text] * len(kept), pa.string()),
                    pa.FixedSizeListArray.from_arrays(pa.array(slots.ravel(), pa.uint32()), SLOTS),
                ],
                schema=SCHEMA,
            )

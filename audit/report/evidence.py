"""`evidence.parquet`: the rows behind the findings, with their text, as a typed table.

Texts stand as they are in the data, cut where they are long (the cut is marked in the text). Parquet keeps text as
text: nothing in it is a formula. Who exports the table to CSV for a spreadsheet must guard cells that begin with one of
= + - @.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from audit.report.atomic import write_atomically
from audit.report.document import Document
from audit.report.safe import encodable

_TEXTS: Final = pa.list_(pa.string())

EVIDENCE: Final = pa.schema(
    [
        pa.field("rules", _TEXTS, metadata={"meaning": "ids of the rules whose findings point to the row"}),
        pa.field("measures", _TEXTS, metadata={"meaning": "measures that those rules judge"}),
        pa.field("slices", _TEXTS, metadata={"meaning": "slices that the row lies in, column=value"}),
        pa.field("file", pa.string(), metadata={"meaning": "source file, as named in inputs"}),
        pa.field("row", pa.int64(), metadata={"meaning": "1-based line or row number"}),
        pa.field("part", pa.int32(), metadata={"meaning": "0-based index among the comparisons of the row"}),
        pa.field("digest", pa.string(), metadata={"meaning": "hex digest of the comparison's normalised text"}),
        pa.field("prompt", pa.string()),
        pa.field("prompt_b", pa.string(), metadata={"meaning": "side b's own prompt, where it differs"}),
        pa.field("response_a", pa.string()),
        pa.field("response_b", pa.string()),
        pa.field(
            "label", pa.string(), metadata={"meaning": "the shipped label: a, b, tie, both_bad, escalate, invalid"}
        ),
        pa.field("model_a", pa.string()),
        pa.field("model_b", pa.string()),
        pa.field(
            "private",
            _TEXTS,
            metadata={
                "meaning": "private data, masked in the texts: text, kind, code points from-to, 16-bit fingerprint"
            },
        ),
        pa.field("annotators", _TEXTS, metadata={"meaning": "who judged the comparison"}),
        pa.field("prompt_length", pa.int64(), metadata={"meaning": "code points, before any cut"}),
        pa.field("response_a_length", pa.int64(), metadata={"meaning": "code points, before any cut"}),
        pa.field("response_b_length", pa.int64(), metadata={"meaning": "code points, before any cut"}),
    ]
)
"""Columns of the table, and the shape of one evidence entry wherever this package passes them around as dicts."""


def write_evidence(path: str | os.PathLike[str], rows: Sequence[Document]) -> None:
    """Write evidence entries as Parquet, whole or not at all; no entry gives an empty table with all columns.

    Args:
        path: the file to write.
        rows: entries with the keys of EVIDENCE; a missing key is null.

    Raises:
        ValueError: for a key that is not a column.
        AuditError: when the file system refuses.
    """
    strange = sorted({key for row in rows for key in row} - set(EVIDENCE.names))
    if strange:
        raise ValueError(f"evidence has no column {', '.join(strange)}")
    cleaned = [{key: _encodable(value) for key, value in row.items()} for row in rows]
    table = pa.Table.from_pylist(cleaned, schema=EVIDENCE)
    write_atomically(path, lambda file: pq.write_table(table, file, compression="zstd"))


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return encodable(value)
    return [_encodable(item) for item in value] if isinstance(value, list | tuple) else value

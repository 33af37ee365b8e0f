"""One set of rows, stored in every format: the records read are the same."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
ROWS = st.lists(
    st.fixed_dictionaries({"prompt": TEXT, "chosen": TEXT | st.none(), "rejected": TEXT}), min_size=1, max_size=8
)


def lines(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def delimited(rows: list[dict[str, Any]], mark: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["prompt", "chosen", "rejected"], delimiter=mark, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema([(n, pa.string()) for n in ("prompt", "chosen", "rejected")]))


def parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table(rows), sink, row_group_size=3)
    return sink.getvalue()


def arrow(rows: list[dict[str, Any]], *, is_stream: bool) -> bytes:
    sink = io.BytesIO()
    made = table(rows)
    with (pa.ipc.new_stream if is_stream else pa.ipc.new_file)(sink, made.schema) as writer:
        writer.write_table(made, max_chunksize=3)
    return sink.getvalue()


FORMATS = {
    "rows.jsonl": lines,
    "rows.jsonl.gz": lambda rows: gzip.compress(lines(rows)),
    "rows.jsonl.bz2": lambda rows: bz2.compress(lines(rows)),
    "rows.jsonl.zst": lambda rows: bytes(pa.compress(lines(rows), codec="zstd", asbytes=True)),
    "rows.json": lambda rows: json.dumps(rows, ensure_ascii=False).encode(),
    "pretty.json": lambda rows: json.dumps(rows, indent=2).encode(),
    "object.json": lambda rows: json.dumps({"data": rows}).encode(),
    "rows.csv": lambda rows: delimited(rows, ","),
    "rows.tsv": lambda rows: delimited(rows, "\t"),
    "rows.parquet": parquet,
    "rows.arrow": lambda rows: arrow(rows, is_stream=False),
    "stream.arrow": lambda rows: arrow(rows, is_stream=True),
}


@pytest.mark.parametrize("name", FORMATS)
@given(rows=ROWS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_format_gives_the_same_records(name: str, rows: list[dict[str, Any]], opened: Any, read_all: Any) -> None:
    """All rows come back equal and in order, and evidence fetched by row and offset is equal too."""
    container = opened(FORMATS[name](rows), name)
    got = read_all(container)
    assert got.rejects == []
    assert got.records == rows
    offsets = {row: offset for row, offset in zip(got.rows, got.offsets, strict=True) if offset is not None}
    assert container.fetch(got.rows, offsets) == dict(zip(got.rows, rows, strict=True))
    assert container.sample(3) == rows[:3]

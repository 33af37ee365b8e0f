"""Parquet, Arrow files and streams, tables in memory: rows, plain types, texts that are not UTF-8, corrupt files."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from audit.errors import InputError
from audit.read.block import Container
from audit.read.containers import parquet
from audit.read.open import open_source, open_table
from audit.read.source import local_source

Write = Callable[[pa.Table, Path], None]


def write_parquet(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, row_group_size=700)


def write_file(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=700)


def write_stream(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=700)


def write_feather(table: pa.Table, path: Path) -> None:
    pyarrow.feather.write_feather(table, str(path), compression="zstd")


WRITERS: dict[str, Write] = {
    "Parquet": write_parquet,
    "Arrow file": write_file,
    "Arrow stream": write_stream,
    "Feather": write_feather,
}


def stored(table: pa.Table, kind: str, folder: Path) -> Container:
    path = folder / "rows.bin"
    WRITERS[kind](table, path)
    return open_source(local_source(path, "rows.bin"))


@pytest.fixture(params=[*WRITERS, "memory"])
def holding(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[pa.Table], Container]:
    """Return a function that stores a table in one of the formats and opens it."""
    if request.param == "memory":
        return lambda table: open_table(table, "memory")
    return lambda table: stored(table, request.param, tmp_path)


TABLE = pa.table({"n": range(1, 2_001), "text": [f"row {n}" for n in range(1, 2_001)], "other": ["x"] * 2_000})


def test_rows_are_numbered_over_the_whole_file(holding: Any, read_all: Any) -> None:
    """Row numbers go on over row groups and batches, and evidence finds them again."""
    container = holding(TABLE)
    got = read_all(container)
    assert got.rows == [record["n"] for record in got.records] == list(range(1, 2_001))
    assert got.offsets == [None] * 2_000
    assert container.fetch([1, 700, 701, 2_000, 2_001]) == {
        row: {"n": row, "text": f"row {row}", "other": "x"} for row in (1, 700, 701, 2_000)
    }
    assert container.fetch([]) == {}
    assert container.sample(3) == got.records[:3]


def test_only_wanted_fields_are_returned(holding: Any, read_all: Any) -> None:
    """Unknown names are ignored; without any known one the rows still count."""
    container = holding(TABLE)
    assert read_all(container, ["text", "nowhere"]).records[1_999] == {"text": "row 2000"}
    assert len(read_all(container, ["nowhere"]).rows) == 2_000


def test_large_row_groups_come_in_batches(tmp_path: Path, read_all: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row group over the limit is decoded while the chunks are made, with the same rows."""
    path = tmp_path / "rows.parquet"
    pq.write_table(TABLE, path)
    small = read_all(open_source(local_source(path, "rows")))
    monkeypatch.setattr(parquet, "SMALL_GROUP_BYTES", 1)
    large = read_all(open_source(local_source(path, "rows")))
    assert (large.rows, large.records) == (small.rows, small.records)


def test_types_become_plain(holding: Any, read_all: Any) -> None:
    """Dictionaries, views, times and decimals have JSON-like values; NaN of a data frame is null."""
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    table = pa.table(
        {
            "category": pa.array(["a", "b", "a"]).dictionary_encode(),
            "wide": pa.array(["x", None, "z"], pa.large_string()),
            "when": pa.array([moment, None, moment], pa.timestamp("us", "UTC")),
            "day": pa.array([dt.date(2024, 1, 2)] * 3),
            "money": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("2.25")]),
            "score": pa.array([0.5, float("nan"), None]),
            "turns": pa.array([[{"role": "user", "content": "hi"}]] * 3),
        }
    )
    first, second, _ = read_all(holding(table)).records
    assert first == {
        "category": "a",
        "wide": "x",
        "when": "2024-01-02 03:04:05.000000Z",
        "day": "2024-01-02",
        "money": 1.5,
        "score": 0.5,
        "turns": [{"role": "user", "content": "hi"}],
    }
    assert (second["score"], second["money"], second["when"]) == (None, None, None)


def broken_text(*values: bytes | None) -> pa.Array:
    """Return a string column over bytes that nobody checked."""
    binary = pa.array(values, pa.binary())
    return pa.StringArray.from_buffers(len(values), binary.buffers()[1], binary.buffers()[2], binary.buffers()[0])


def test_text_that_is_not_utf8_is_set_aside(holding: Any, read_all: Any) -> None:
    """Rows 2 and 4 hold invalid bytes, one in a text, one inside a list; rows 1 and 3 are read."""
    text = broken_text(b"ok", b"caf\xe9", b"fine", b"good")
    inner = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3, 4], pa.int32()), broken_text(b"a", b"b", b"c", b"\xff"))
    got = read_all(holding(pa.table({"text": text, "tags": inner})))
    assert got.faults == [(2, None, "invalid_utf8"), (4, None, "invalid_utf8")]
    assert got.rows == [1, 3]
    assert got.records == [{"text": "ok", "tags": ["a"]}, {"text": "fine", "tags": ["c"]}]
    assert "byte 4" in got.rejects[0].reason
    assert "caf\\\\xe9" in got.rejects[0].raw


def test_an_empty_table_has_no_rows(holding: Any, read_all: Any) -> None:
    """No rows are legal."""
    got = read_all(holding(TABLE.slice(0, 0)))
    assert (got.rows, got.rejects) == ([], [])


@pytest.mark.parametrize("kind", WRITERS)
def test_a_corrupt_file_is_an_error(kind: str, tmp_path: Path, read_all: Any) -> None:
    """A file cut anywhere is refused with its name, never read as a shorter whole."""
    path = tmp_path / "whole"
    WRITERS[kind](TABLE, path)
    whole = path.read_bytes()
    for keep in (8, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:keep])
        with pytest.raises(InputError, match=r"cut\.bin"):
            read_all(open_source(local_source(tmp_path / "cut", "cut.bin")))


def test_a_corrupt_page_is_an_error(tmp_path: Path, read_all: Any) -> None:
    """Damage inside a Parquet page surfaces when the chunk is parsed, with the file's name."""
    path = tmp_path / "rows.parquet"
    pq.write_table(TABLE, path, use_dictionary=False, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    data[400] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"rows\.parquet: corrupt"):
        read_all(open_source(local_source(path, "rows.parquet")))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    """It could not be said which one is meant."""
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    with pytest.raises(InputError, match="same name"):
        open_table(table, "memory")
    pq.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(InputError, match="same name"):
        open_source(local_source(tmp_path / "rows.parquet", "rows.parquet"))

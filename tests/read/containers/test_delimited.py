"""CSV and TSV: quotes, cells over several lines, ragged rows, exact lines and offsets."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import InputError
from audit.read.containers.delimited import DelimitedFile
from audit.read.containers.records import RecordReader
from audit.read.source import local_source

HEADER = b"prompt,chosen,rejected\n"


def test_cells_may_be_quoted_and_span_lines(opened: Any, read_all: Any) -> None:
    """Doubled quotes, delimiters and line ends inside quotes belong to the cell; empty cells are null."""
    body = b'a,"b ""q""\r\nx",c\r\n\r\nok,,"y, z"\n"",\xc3\xa9,last'
    container = opened(HEADER + body, "rows.csv")
    got = read_all(container)
    assert got.records == [
        {"prompt": "a", "chosen": 'b "q"\r\nx', "rejected": "c"},
        {"prompt": "ok", "chosen": None, "rejected": "y, z"},
        {"prompt": None, "chosen": "é", "rejected": "last"},
    ]
    assert got.rows == [2, 5, 6]  # the first record spans lines 2 and 3, line 4 is blank
    assert got.offsets == [23, 23 + 18 + 2, 23 + 18 + 2 + 11]
    assert got.rejects == []
    assert container.fetch([5, 2], dict(zip(got.rows, got.offsets, strict=True))) == container.fetch([2, 5])
    assert container.fetch([5])[5] == got.records[1]
    assert container.sample(1) == got.records[:1]


FAULTS = [
    ("too few", b"1,2", "ragged_row", "2 cells"),
    ("too many", b"1,2,3,4", "ragged_row", "4 cells"),
    ("quote inside", b'5" disk,1,2', "broken_quotes", "cell 1 is not quoted"),
    ("after the quote", b'1,"2" x,3', "broken_quotes", "cell 2 goes on"),
    ("carriage return", b"1,2\r3,4", "broken_quotes", "carriage return"),
    ("not UTF-8", b"1,caf\xe9,3", "invalid_utf8", "byte 4 of column 'chosen'"),
    ("surrogate", b"1,\xed\xa0\x80,3", "invalid_utf8", "byte 1 of column 'chosen'"),
]


@pytest.mark.parametrize(("bad", "code", "hint"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_bad_row_alone_is_set_aside(bad: bytes, code: str, hint: str, opened: Any, read_all: Any) -> None:
    """Line 3, at byte 23 + 6, is rejected; the rows around it are read."""
    got = read_all(opened(HEADER + b"a,b,c\n" + bad + b"\nd,e,f\n", "rows.csv"))
    assert got.faults == [(3, 29, code)]
    assert hint in got.rejects[0].reason
    assert got.rejects[0].raw == bad.decode("utf-8", "backslashreplace")
    assert got.rows == [2, 4]


def test_an_unclosed_quote_costs_one_line(opened: Any, read_all: Any) -> None:
    """The quote that is never closed does not swallow the rows after it."""
    got = read_all(opened(HEADER + b'a,b,c\n1,"2,3\nd,e,f\ng,h,i\n', "rows.csv"))
    assert got.faults == [(3, 29, "broken_quotes")]
    assert got.rows == [2, 4, 5]


@pytest.mark.parametrize("block", [4, 50, 1 << 20])
def test_long_rows_are_not_held(block: int, tmp_path: Path) -> None:
    """A line over the limit is set aside, and so is the line where an over-long quoted cell starts."""
    data = HEADER + b"a,b," + b"x" * 500 + b"\nd,e,f\n"
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    got = [(cells.line, cells.offset, cells.fault and cells.fault.code) for cells in RecordReader(blocks, b",", 64)]
    assert got == [(1, 0, None), (2, 23, "too_long"), (3, 23 + 505, None)]


@pytest.mark.parametrize(
    ("header", "fault"),
    [(b"a,b,a\n1,2,3\n", "twice"), (b'a,"b\n1,2\n', "broken"), (b'a,b"\n1,2\n', "broken")],
)
def test_a_broken_header_is_an_error(header: bytes, fault: str, opened: Any) -> None:
    """Without a header no row can be read."""
    with pytest.raises(InputError, match=fault):
        opened(header, "rows.csv")


@pytest.mark.parametrize(("name", "mark"), [("rows.csv", ","), ("rows.tsv", "\t"), ("rows.csv", ";"), ("-", "\t")])
def test_the_delimiter_is_told_from_the_header(name: str, mark: str, opened: Any, read_all: Any) -> None:
    """Comma, tab and semicolon are recognised; a BOM is no part of the first name."""
    got = read_all(opened(f'\ufeff"a"{mark}b\n1{mark}"x, y"\n'.encode(), name))
    assert got.records == [{"a": "1", "b": "x, y"}]


def test_only_wanted_columns_are_built(opened: Any) -> None:
    """Columns that nobody reads are left out; a row is still checked whole."""
    container = opened(HEADER + b"a,b,c\n", "rows.csv")
    block = container.parse(next(container.chunks()), ["chosen", "nothing"])
    assert block.as_records() == [{"chosen": "b"}]


def test_a_truncated_stream_is_named(opened: Any, read_all: Any) -> None:
    """A compressed CSV that stops short ends in a reject that says so."""
    packed = gzip.compress(HEADER + b"a,b,c\n" * 1_000)
    got = read_all(opened(packed[:-12], "rows.csv.gz"))
    assert [reject.code for reject in got.rejects] == ["truncated_stream"]


CELL = st.text(st.sampled_from(list('ab",\n\r\t é')), max_size=6)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6), st.sampled_from([",", "\t", ";"]), st.integers(1, 40))
@settings(max_examples=200)
def test_what_the_standard_library_writes_is_read_back(rows: list[tuple[str, str]], mark: str, block: int) -> None:
    """Any cells, written by `csv` and cut into blocks anywhere, come back, at the offset where they stand."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark, quoting=csv.QUOTE_ALL).writerows(rows)
    data = text.getvalue().encode()
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    got = list(RecordReader(blocks, mark.encode(), 1 << 20))
    assert [tuple(cell.decode() for cell in record.cells) for record in got] == rows
    assert all(data[record.offset :].startswith(record.raw) for record in got)
    assert [record.line for record in got] == [1 + data[: record.offset].count(b"\n") for record in got]


@given(st.binary(max_size=60).map(lambda b: bytes(b'",\na\r'[byte % 5] for byte in b)), st.integers(1, 20))
@settings(max_examples=200)
def test_every_byte_belongs_to_one_record(data: bytes, block: int) -> None:
    """However broken the quotes: records follow each other without gap, and blocks make no difference."""
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    small = list(RecordReader(blocks, b",", 1 << 20))
    whole = list(RecordReader(iter([data]), b",", 1 << 20))
    assert [(r.line, r.offset, r.raw, r.fault is None) for r in small] == [
        (r.line, r.offset, r.raw, r.fault is None) for r in whole
    ]
    taken = sum(len(record.raw) for record in whole)
    assert taken == len(data) - sum(
        len(line) for line in data.splitlines(keepends=True) if not line.strip(b"\r\n")
    ) or any(b'"' in record.raw or b"\r" in record.raw for record in whole)


def test_the_container_keeps_the_limit(tmp_path: Path, read_all: Any) -> None:
    """The limit of the reader is the container's parameter."""
    path = tmp_path / "rows.csv"
    path.write_bytes(HEADER + b"a,b," + b"x" * 500 + b"\nd,e,f\n")
    got = read_all(DelimitedFile(local_source(path, "rows.csv"), max_row_bytes=64))
    assert got.faults == [(2, 23, "too_long")]
    assert got.rows == [3]

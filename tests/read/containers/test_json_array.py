"""JSON arrays: elements one by one, in bounded memory, broken ones set aside where the layout allows to go on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.read.containers.elements import ElementReader
from audit.read.containers.json_array import JsonArray
from audit.read.source import local_source

ROWS = [{"a": 1, "t": 'x [ { " ] }'}, {"a": 2, "t": "\\"}, {"a": 3, "n": [{"q": [1]}]}]
PRETTY = json.dumps(ROWS, indent=2)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (json.dumps(ROWS), "rows.json"),
        (PRETTY, "rows.json"),
        ("\ufeff" + PRETTY + "\n\n", "rows.json"),
        ("[" + ",\n".join(json.dumps(row) for row in ROWS) + "]", "rows.txt"),
        (json.dumps({"version": 1, "data": ROWS}), "rows.json"),
        (json.dumps({"meta": {"a": [1]}, "langs": ["en"], "data": ROWS, "note": "x"}, indent=1), "rows.json"),
        (json.dumps({"train": ROWS[:2], "test": ROWS[2:]}), "rows.json"),
    ],
    ids=["one line", "pretty", "BOM", "a line each", "object", "pretty object", "two lists"],
)
def test_every_way_to_write_an_array(text: str, name: str, opened: Any, read_all: Any) -> None:
    """Elements are numbered from 1, and their offsets find them again."""
    container = opened(text.encode(), name)
    got = read_all(container)
    assert (container.format, got.rows, got.records, got.rejects) == ("JSON array", [1, 2, 3], ROWS, [])
    assert container.fetch([3, 1], dict(zip(got.rows, got.offsets, strict=True))) == {1: ROWS[0], 3: ROWS[2]}
    assert container.fetch([3, 1]) == {1: ROWS[0], 3: ROWS[2]}
    assert container.sample(2) == ROWS[:2]


FAULTS = [
    ("bad literal", PRETTY.replace('"a": 2', '"a": 2x'), [(2, 49, "broken_json")], [1, 3]),
    ("open text", PRETTY.replace('"t": "x [', '"t": "x [\n'), [(1, 4, "broken_json")], [2, 3]),
    ("missing brace", PRETTY.replace("  },\n", "", 1), [(1, 4, "broken_json")], [2, 3]),
    ("cut in a row", PRETTY[:-20], [(3, 84, "truncated_array")], [1, 2]),
    ("cut after a row", PRETTY[:-2], [(4, 171, "truncated_array")], [1, 2, 3]),
    ("missing comma", '[{"a":1}{"a":2},\n{"a":3}]', [(2, 8, "broken_json")], [1, 3]),
    ("trailing comma", '[{"a":1},]', [(2, 9, "broken_json")], [1]),
    ("more after it", '[{"a":1}] {"b":1}', [(2, 10, "broken_json")], [1]),
    ("no way on", '[{"a":1},{"a":[1},{"a":2}]', [(2, 9, "broken_json")], [1]),
    (
        "not objects",
        '[1,{},[2],null,"s"]',
        [(1, 1, "not_an_object"), (3, 6, "not_an_object"), (4, 10, "not_an_object"), (5, 15, "not_an_object")],
        [2],
    ),
    ("key twice", '[{"a":1,"a":2},{}]', [(1, 1, "duplicate_keys")], [2]),
    ("only a bracket", "[", [(1, 1, "truncated_array")], []),
    ("open object", '{\n"data":[\n{"a":1}\n]', [(2, 20, "truncated_array")], [1]),
    ("broken object", '{\n"data":[\n{"a":1}\n] "x":[{"a":2}]}', [(2, 21, "broken_json")], [1]),
]


@pytest.mark.parametrize(("text", "faults", "rows"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_broken_array(text: str, faults: list[Any], rows: list[int], opened: Any, read_all: Any) -> None:
    """Each fault has its element's number and offset; the elements that can still be told apart are read."""
    got = read_all(opened(text.encode(), "rows.json"))
    assert got.faults == faults
    assert got.rows == rows


def test_a_truncated_stream_is_named(opened: Any, read_all: Any) -> None:
    """A compressed array that stops short ends in a reject that says that the stream broke."""
    packed = gzip.compress(json.dumps(ROWS * 1_000).encode())
    got = read_all(opened(packed[:-10], "rows.json.gz"))
    assert [reject.code for reject in got.rejects] == ["truncated_stream"]


def test_a_long_element_is_not_held(tmp_path: Path, read_all: Any) -> None:
    """An element over the limit is set aside, whatever the size of the blocks."""
    path = tmp_path / "rows.json"
    path.write_bytes(b'[{"a":1},\n{"b":"' + b"x" * 9_000 + b'"},\n{"a":3}]')
    for block_bytes in (8, 100, 5_000, 1 << 20):
        got = read_all(JsonArray(local_source(path, "rows"), block_bytes=block_bytes, max_row_bytes=40))
        assert got.faults == [(2, 10, "too_long")]
        assert got.rows == [1, 3]


@given(
    st.lists(
        st.dictionaries(st.text(max_size=3), st.text(max_size=6) | st.lists(st.integers(), max_size=2)), max_size=4
    ),
    st.sampled_from([None, 0, 1, "\t"]),
    st.integers(1, 30),
)
@settings(max_examples=150)
def test_elements_do_not_depend_on_blocks(rows: list[Any], indent: Any, size: int) -> None:
    """Any array in any layout, cut into blocks anywhere, gives its elements back."""
    data = json.dumps(rows, indent=indent, ensure_ascii=False).encode()
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    got = list(ElementReader(blocks, 1 << 20))
    assert [json.loads(element.raw) for element in got] == rows
    assert all(element.fault is None for element in got)
    assert all(data[element.offset :].startswith(element.raw) for element in got)


@given(
    st.lists(st.sampled_from(['{"a":1}', ",", "[", "]", "{", "}", '"', "\n", ":", "1", "\\"]), max_size=14),
    st.integers(1, 9),
)
def test_rubbish_ends(pieces: list[str], size: int) -> None:
    """Any soup of tokens is split or set aside, in order and without end, and blocks make no difference."""
    data = b"[" + "".join(pieces).encode()
    small = list(ElementReader((data[at : at + size] for at in range(0, len(data), size)), 1 << 10))
    whole = list(ElementReader(iter([data]), 1 << 10))
    assert [(e.number, e.offset, e.raw, e.fault is None) for e in small] == [
        (e.number, e.offset, e.raw, e.fault is None) for e in whole
    ]
    assert [element.number for element in whole] == list(range(1, len(whole) + 1))

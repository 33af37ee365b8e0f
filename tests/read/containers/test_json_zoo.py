"""Every kind of broken JSON line is set aside at its line and byte with its code, and none of its neighbours is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.read.block import RowFault
from audit.read.containers.json_rows import MAX_DEPTH, strict

GOOD = b'{"chosen":"yes","rejected":"no"}\n'

ZOO = [
    ("cut", b'{"chosen":"yes","rejected":"n', "broken_json", "column 30"),
    ("no quote", b'{"chosen:"yes"}', "broken_json", "column 11"),
    ("trailing comma", b'{"chosen":"yes",}', "broken_json", "column 16"),
    ("python literal", b"{'chosen': 'yes'}", "broken_json", "column 2"),
    ("bare word", b'{"chosen":yes}', "broken_json", "column 11"),
    ("leading zero", b'{"n":012}', "broken_json", "column 6"),
    ("raw NUL", b'{"chosen":"a\x00b"}', "broken_json", "column 13"),
    ("raw tab", b'{"chosen":"a\tb"}', "broken_json", "column 13"),
    ("bad escape", b'{"chosen":"a\\x41"}', "broken_json", "column 13"),
    ("form feed", b'\x0c{"chosen":"a"}', "broken_json", "column 1"),
    ("inner BOM", b'\xef\xbb\xbf{"chosen":"a"}', "broken_json", "column 1"),
    ("garbage", b"\x00\x00\x00\x00", "broken_json", "column 1"),
    ("text after it", b'{"chosen":"a"} x', "broken_json", "column 16"),
    ("not UTF-8", b'{"chosen":"caf\xe9"}', "invalid_utf8", "byte 15"),
    ("overlong", b'{"chosen":"\xc0\x80"}', "invalid_utf8", "byte 12"),
    ("CESU surrogate", b'{"chosen":"\xed\xa0\xbd"}', "invalid_utf8", "byte 12"),
    ("high surrogate", b'{"chosen":"\\ud83d"}', "lone_surrogate", "column"),
    ("low surrogate", b'{"chosen":"\\ude00"}', "lone_surrogate", "column"),
    ("swapped", b'{"chosen":"\\ude00\\ud83d"}', "lone_surrogate", "column"),
    ("surrogate in key", b'{"\\ud83dx":1}', "lone_surrogate", "column"),
    ("NaN", b'{"score":NaN}', "not_finite", "NaN"),
    ("infinity", b'{"score":-Infinity}', "not_finite", "Infinity"),
    ("overflow", b'{"score":1e999}', "not_finite", "1e999"),
    ("long integer", b'{"score":' + b"9" * 400 + b"}", "not_finite", "9999"),
    ("two objects", b'{"chosen":"a"}{"chosen":"b"}', "two_objects", "column 15"),
    ("two with space", b'{"chosen":"a"} {"chosen":"b"}', "two_objects", "column 16"),
    ("a list", b'["a","b"]', "not_an_object", "a list"),
    ("a text", b'"a"', "not_an_object", "a text"),
    ("a number", b"17", "not_an_object", "a number"),
    ("a boolean", b"true", "not_an_object", "a boolean"),
    ("null", b"null", "not_an_object", "null"),
    ("key twice", b'{"chosen":"a","chosen":"b"}', "duplicate_keys", "'chosen'"),
    ("same value twice", b'{"chosen":"a","chosen":"a"}', "duplicate_keys", "'chosen'"),
    ("escaped key twice", b'{"a":1,"\\u0061":2}', "duplicate_keys", "'a'"),
    ("inner key twice", b'{"m":[{"role":"x","role":"y"}]}', "duplicate_keys", "'role'"),
    ("spaced key twice", b'{"a" :1,"a" :2}', "duplicate_keys", "'a'"),
    ("twice beside fake key", b'{"a":"\\":","a":"b"}', "duplicate_keys", "'a'"),
    ("deep lists", b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep", "200"),
    ("deep objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "too_deep", "200"),
    ("deep and open", b"[" * 10_000, "too_deep", "200"),
    ("just too deep", b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "too_deep", "200"),
]

FINE = [
    ("NUL escape", b'{"a":"x\\u0000y"}', {"a": "x\0y"}),
    ("CRLF", b'{"a":1}\r', {"a": 1}),
    ("white space", b' \t{ "a" : [ 1 , 2 ] } ', {"a": [1, 2]}),
    ("surrogate pair", b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
    ("empty", b"{}", {}),
    ("empty key", b'{"":1}', {"": 1}),
    ("unsigned 64", b'{"a":18446744073709551615}', {"a": 18446744073709551615}),
    ("beyond 64", b'{"a":18446744073709551616}', {"a": 18446744073709551616.0}),
    ("tiny", b'{"a":1e-999}', {"a": 0.0}),
    ("colon in text", b'{"a":"say: \\"b\\": c","b":"d"}', {"a": 'say: "b": c', "b": "d"}),
    ("text of a colon", b'{"a":[":",":"]}', {"a": [":", ":"]}),
    ("backslash key", b'{"a\\\\":1,"a":2}', {"a\\": 1, "a": 2}),
    ("same key in two objects", b'{"a":{"k":1},"b":{"k":2}}', {"a": {"k": 1}, "b": {"k": 2}}),
    ("line separator", '{"a":"x\u2028y\x7f\x85"}'.encode(), {"a": "x\u2028y\x7f\x85"}),
    ("deep enough", b'{"a":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}", None),
]


@pytest.mark.parametrize(("bad", "code", "hint"), [case[1:] for case in ZOO], ids=[case[0] for case in ZOO])
def test_a_bad_line_alone_is_set_aside(bad: bytes, code: str, hint: str, opened: Any, read_all: Any) -> None:
    """Line 4, at byte 2 * 33 + 1 (two good lines and a blank one), is rejected; its neighbours are read."""
    container = opened(GOOD + GOOD + b"\n" + bad + b"\n" + GOOD)
    got = read_all(container)
    assert got.faults == [(4, 2 * len(GOOD) + 1, code)]
    assert hint in got.rejects[0].reason
    assert got.rejects[0].raw.startswith(bad[:20].decode("utf-8", "backslashreplace"))
    assert got.rows == [1, 2, 5]
    assert got.offsets == [0, len(GOOD), 2 * len(GOOD) + 2 + len(bad)]
    assert got.records == [{"chosen": "yes", "rejected": "no"}] * 3


@pytest.mark.parametrize(("line", "value"), [case[1:] for case in FINE], ids=[case[0] for case in FINE])
def test_an_odd_but_valid_line_is_read(line: bytes, value: Any, opened: Any, read_all: Any) -> None:
    """What RFC 8259 allows is read as it is meant."""
    got = read_all(opened(GOOD + line + b"\n" + GOOD))
    assert got.rejects == []
    assert got.rows == [1, 2, 3]
    assert value is None or got.records[1] == value


TAILS = [
    ("text cut", b'{"a":"xy', "truncated_last_line"),
    ("literal cut", b'{"a":tru', "truncated_last_line"),
    ("after colon", b'{"a":', "truncated_last_line"),
    ("escape cut", b'{"a":"x\\u12', "truncated_last_line"),
    ("character cut", b'{"a":"caf\xc3', "truncated_last_line"),
    ("broken before its end", b'{"a":x"y', "broken_json"),
    ("two objects", b'{"a":1}{"a":', "two_objects"),
]


@pytest.mark.parametrize(("tail", "code"), [case[1:] for case in TAILS], ids=[case[0] for case in TAILS])
def test_a_last_line_without_its_end(tail: bytes, code: str, opened: Any, read_all: Any) -> None:
    """A last line that stops short is called truncated; one that is wrong before its end keeps its own code."""
    got = read_all(opened(GOOD + tail))
    assert got.faults == [(2, len(GOOD), code)]
    assert read_all(opened(GOOD + tail + b"\n")).faults[0][2] != "truncated_last_line"


def test_a_complete_last_line_needs_no_line_end(opened: Any, read_all: Any) -> None:
    """A file may end without a newline."""
    assert read_all(opened(GOOD + GOOD.rstrip())).rows == [1, 2]


def parsed_or_code(text: bytes) -> Any:
    """Return the record in a list, or the code of its fault."""
    try:
        return [strict(text, is_cut=True)]
    except RowFault as fault:
        return fault.code


def oracle(text: bytes) -> Any:
    """Parse with the standard library, as strictly as the reader: the value, or None for a refused line."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("duplicate")
        return dict(pairs)

    def refuse(_name: str) -> Any:
        raise ValueError("not finite")

    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # lone surrogates fail here
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


SOUP = st.lists(
    st.sampled_from(
        ['{"a":1}', '"a":', "{", "}", "[", "]", ",", ":", '"a"', '"b":', '"\\":"', "1", "-0.5", "null", " ", "\\", '"']
    ),
    max_size=12,
).map("".join)


@given(SOUP)
def test_the_strict_parser_agrees_with_the_standard_library(text: str) -> None:
    """On a soup of JSON tokens both accept the same lines with the same values."""
    try:
        got = strict(text.encode())
    except RowFault:
        got = None
    assert got == oracle(text.encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(st.text(max_size=4), VALUES, max_size=4),
    st.booleans(),
    st.sampled_from([(",", ":"), (" , ", " : ")]),
)
def test_every_valid_object_is_read(record: dict[str, Any], is_ascii: bool, separators: tuple[str, str]) -> None:
    """However an object is written (escapes, white space before colons), it is read back unchanged."""
    assert strict(json.dumps(record, ensure_ascii=is_ascii, separators=separators).encode()) == record


@given(st.binary(max_size=40))
def test_any_bytes_give_a_record_or_a_fault(data: bytes) -> None:
    """No input makes the parser fail in another way."""
    assert parsed_or_code(data)

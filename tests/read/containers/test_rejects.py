"""The rejects file: valid UTF-8 JSON whatever was rejected, and all of it or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.read.block import Reject
from audit.read.rejects import RAW_LIMIT, RejectWriter, raw_text


def reject(raw: str) -> Reject:
    return Reject("a.jsonl", 3, 17, "broken_json", "no end at column 2", raw)


def test_one_json_object_a_line(tmp_path: Path) -> None:
    """Every part of a reject is written, lone surrogates as escapes, and codes are counted."""
    path = tmp_path / "rejects.jsonl"
    with RejectWriter(path) as writer:
        writer.write([reject("x\ud800\n\x1b[31m"), reject("y")])
    first, second = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {
        "file": "a.jsonl",
        "row": 3,
        "offset": 17,
        "code": "broken_json",
        "reason": "no end at column 2",
        "raw": "x\\ud800\n\x1b[31m",
    }
    assert json.loads(second)["raw"] == "y"
    assert writer.codes == {"broken_json": 2}
    assert [entry.name for entry in tmp_path.iterdir()] == ["rejects.jsonl"]


def test_an_interrupted_file_is_not_put_in_place(tmp_path: Path) -> None:
    """An older file stays, and no part is left behind."""
    path = tmp_path / "rejects.jsonl"
    path.write_text("old")

    def interrupted() -> None:
        with RejectWriter(path) as writer:
            writer.write([reject("x")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("rejects.jsonl", "old")]


def test_writing_outside_the_block_is_refused(tmp_path: Path) -> None:
    """A writer that was not entered has no file."""
    with pytest.raises(ValueError, match="outside"):
        RejectWriter(tmp_path / "x").write([])


@given(st.binary(max_size=30) | st.text(st.characters(), max_size=30))
def test_raw_text_can_always_be_encoded(data: bytes | str) -> None:
    """Valid text stays as it is, anything else becomes escapes."""
    text = raw_text(data)
    assert text.encode("utf-8").decode("utf-8") == text
    try:
        whole = data.decode("utf-8") if isinstance(data, bytes) else data.encode("utf-8").decode("utf-8")
    except ValueError:
        return
    assert text == whole


def test_raw_text_is_cut() -> None:
    """A long row keeps its start, and the cut is marked."""
    for data in ("é" * 50_000, ("é" * 50_000).encode(), b"\xff" * 50_000):
        text = raw_text(data)
        assert len(text) == RAW_LIMIT
        assert text.endswith("…")
    assert raw_text("é" * RAW_LIMIT) == raw_text(("é" * RAW_LIMIT).encode()) == "é" * RAW_LIMIT

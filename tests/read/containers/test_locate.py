"""Files, globs, folders and standard input: what is found, under which names, and what is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.errors import InputError, UsageError
from audit.read.open import open_sources

ROW = b'{"a":1}\n'


def names(*paths: object) -> list[str]:
    return [container.name for container in open_sources([str(path) for path in paths])]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with data at three depths, and things that are no data."""
    for place in (
        "b.jsonl",
        "a/x.jsonl.gz",
        "a/deep/x.json",
        "a/deep/y.csv",
        ".hidden/x.jsonl",
        "audit-out/rejects.jsonl",
    ):
        path = tmp_path / "tree" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            b"p,q\n1,2\n" if place.endswith("csv") else gzip.compress(ROW) if place.endswith("gz") else ROW
        )
    for place in ("README.md", "dataset_info.json", ".dot.jsonl", "_part.jsonl", "cache-1.arrow", "a/LICENSE"):
        (tmp_path / "tree" / place).write_bytes(b"{}")
    return tmp_path / "tree"


def test_a_folder_is_walked_in_order(tree: Path) -> None:
    """Known endings at any depth, sorted, named relative to the common parent; own output and hidden files are left."""
    assert names(tree) == ["a/deep/x.json", "a/deep/y.csv", "a/x.jsonl.gz", "b.jsonl"]
    assert names(tree / "a") == ["deep/x.json", "deep/y.csv", "x.jsonl.gz"]


def test_names_do_not_depend_on_order_or_repetition(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files named otherwise, twice or in another order are the same containers."""
    monkeypatch.chdir(tree)
    expected = ["a/x.jsonl.gz", "b.jsonl"]
    assert names("b.jsonl", "a/x.jsonl.gz") == expected
    assert names(tree / "a" / "x.jsonl.gz", "./b.jsonl", "b.jsonl", f"file://{tree}/b.jsonl") == expected
    assert names("a/../b.jsonl") == ["b.jsonl"]


def test_globs(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns, also over any depth; a file whose name holds pattern signs is still found."""
    monkeypatch.chdir(tree)
    assert names("b*.jsonl") == ["b.jsonl"]
    assert names("**/x.json*") == ["deep/x.json", "x.jsonl.gz"]
    assert "audit-out/rejects.jsonl" not in names("**/*.jsonl")
    Path("odd[1].jsonl").write_bytes(ROW)
    assert names("odd[1].jsonl") == ["odd[1].jsonl"]
    with pytest.raises(InputError, match="nothing matches"):
        open_sources(["*.none"])


def test_links_in_a_circle_end(tree: Path) -> None:
    """A folder that links to its parent is walked once; a link to a folder beside is followed."""
    (tree / "a" / "up").symlink_to(tree, target_is_directory=True)
    assert names(tree) == ["a/deep/x.json", "a/deep/y.csv", "a/x.jsonl.gz", "b.jsonl"]
    (tree / "beside").symlink_to(tree / "a" / "deep", target_is_directory=True)
    assert "beside/x.json" in names(tree)


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("missing", "cannot be read"),
        ("empty", "empty"),
        ("blank", "white space"),
        ("folder", "no data"),
        ("fifo", "not a regular file"),
        ("device", "not a regular file"),
        ("dangling", "cannot be read"),
        ("zip", "zip archive"),
        ("utf16", "UTF-16"),
        ("pickle", "pickle"),
        ("tar", "tar archive"),
        ("twice", "compressed twice"),
        ("parquet in gz", "columnar file inside gzip"),
        ("empty gz", "holds no data"),
        ("broken gz", "nothing of the file"),
        ("prose", "format is unknown"),
    ],
)
def test_what_cannot_be_read_is_refused(kind: str, match: str, tmp_path: Path) -> None:
    """Each refusal names the file and says what to do."""
    path = tmp_path / "rows.dat"
    contents = {
        "empty": b"",
        "blank": b" \n\n",
        "zip": b"PK\x03\x04rest",
        "utf16": '{"a":1}'.encode("utf-16"),
        "pickle": b"\x80\x04\x95\x00",
        "tar": b"x" * 257 + b"ustar\x00",
        "twice": gzip.compress(bz2.compress(ROW)),
        "parquet in gz": gzip.compress(b"PAR1...."),
        "empty gz": gzip.compress(b""),
        "broken gz": b"\x1f\x8b\x08\x00",
        "prose": b"Once upon a time\n",
    }
    if kind in contents:
        path.write_bytes(contents[kind])
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/null")
    elif kind == "dangling":
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=match) as caught:
        open_sources([str(path)])
    assert path.name in str(caught.value)
    assert caught.value.fix


def test_no_path_at_all_is_a_usage_error() -> None:
    """Nothing named, nothing read."""
    with pytest.raises(UsageError, match="no data"):
        open_sources([])


def test_content_goes_before_ending(tmp_path: Path) -> None:
    """A wrong or missing ending does not mislead: the first bytes decide."""
    pq.write_table(pa.table({"a": [1]}), tmp_path / "rows.csv")
    (tmp_path / "lines.json").write_bytes(ROW * 3)
    (tmp_path / "array.jsonl").write_bytes(b'[\n{"a":1}\n]')
    (tmp_path / "lists.jsonl").write_bytes(b'["a"]\n["b"]\n')
    (tmp_path / "packed").write_bytes(gzip.compress(ROW))
    (tmp_path / "json.csv").write_bytes(ROW)
    (tmp_path / "odd.csv").write_bytes(b"{a,b\n1,2\n")
    (tmp_path / "one.json").write_bytes(b'{"messages":[{"role":"user"}]}')
    found = {c.name: c.format for c in open_sources([str(path) for path in tmp_path.iterdir()])}
    assert found == {
        "rows.csv": "Parquet",
        "lines.json": "JSON Lines",
        "array.jsonl": "JSON array",
        "lists.jsonl": "JSON Lines",
        "packed": "JSON Lines, gzip",
        "json.csv": "JSON Lines",
        "odd.csv": "CSV",
        "one.json": "JSON Lines",
    }


def test_standard_input_is_read_and_kept(monkeypatch: pytest.MonkeyPatch, tree: Path, read_all: Any) -> None:
    """`-` is hashed, sampled, read and seeked like a file, and stands beside files."""
    data = gzip.compress(ROW * 3)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    container = next(c for c in open_sources([str(tree / "b.jsonl"), "-"]) if c.name == "stdin")
    assert container.sample() == [{"a": 1}] * 3
    assert read_all(container).rows == [1, 2, 3]
    assert container.fetch([2]) == {2: {"a": 1}}
    assert container.size == len(data)
    assert container.digest() is not None


def test_a_file_called_stdin_gets_another_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Names are unique, so that a row reference points to one file."""
    (tmp_path / "stdin").write_bytes(ROW)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(ROW)))
    assert names(tmp_path / "stdin", "-") == ["./stdin", "stdin"]

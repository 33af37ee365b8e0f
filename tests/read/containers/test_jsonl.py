"""JSON Lines: chunks, compression, broken streams, evidence, memory."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import InputError
from audit.read.containers.json_rows import strict
from audit.read.containers.jsonl import JsonLines
from audit.read.containers.lines import LineCutter, Lines, Unread
from audit.read.open import open_source
from audit.read.source import local_source


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


CODECS = {"plain": bytes, "gzip": gzip.compress, "zstd": zstd, "bzip2": bz2.compress}


def numbered(count: int, width: int = 20) -> bytes:
    return b"".join(b'{"n":%d,"text":"%s"}\n' % (n, b"x" * width) for n in range(1, count + 1))


@pytest.mark.parametrize("codec", CODECS)
def test_every_compression_gives_the_same_rows(codec: str, opened: Any, read_all: Any) -> None:
    """Rows, line numbers and offsets in the decompressed stream do not depend on how the file is stored."""
    data = numbered(5_000)
    container = opened(CODECS[codec](data), "rows.bin")
    got = read_all(container)
    assert [record["n"] for record in got.records] == got.rows == list(range(1, 5_001))
    assert got.offsets[7] == sum(len(line) + 1 for line in data.split(b"\n")[:7])
    assert codec == "plain" or codec in container.format


@pytest.mark.parametrize("codec", ["gzip", "zstd", "bzip2"])
def test_members_one_after_another_are_one_stream(codec: str, opened: Any, read_all: Any) -> None:
    """Concatenated compressed files, as `cat a.gz b.gz` makes them, are read to the end."""
    data = numbered(100)
    pack = CODECS[codec]
    got = read_all(opened(pack(data[:777]) + pack(data[777:]), "rows.bin"))
    assert got.rows == list(range(1, 101))
    assert got.rejects == []


@pytest.mark.parametrize("codec", ["gzip", "zstd", "bzip2"])
def test_a_truncated_file_gives_its_rows_and_says_so(codec: str, tmp_path: Path, read_all: Any) -> None:
    """Half a file: the rows before the cut are read, the tail is one reject, nothing is silently complete."""
    data = b"".join(
        b'{"n":%d,"noise":"%s"}\n' % (n, hashlib.sha256(b"%d" % n).hexdigest().encode()) for n in range(1, 40_001)
    )
    packed = CODECS[codec](data)
    path = tmp_path / "cut.bin"
    path.write_bytes(packed[: len(packed) // 2])
    got = read_all(open_source(local_source(path, "cut.bin")))
    assert [reject.code for reject in got.rejects] == ["truncated_stream"]
    assert got.rows == list(range(1, len(got.rows) + 1))
    assert len(got.rows) > 10_000
    assert got.rejects[0].row == len(got.rows) + 1
    assert got.rejects[0].offset == sum(len(line) + 1 for line in data.split(b"\n")[: len(got.rows)])


def test_a_damaged_file_is_not_complete(opened: Any, read_all: Any) -> None:
    """A wrong checksum, or rubbish after the end, is a reject; zero padding after the end is legal."""
    packed = gzip.compress(numbered(2_000))
    wrong = packed[:-8] + bytes(4) + packed[-4:]
    assert [r.code for r in read_all(opened(wrong, "a.gz")).rejects] == ["corrupt_stream"]
    rubbish = read_all(opened(packed + b"rubbish", "b.gz"))
    assert [r.code for r in rubbish.rejects] == ["corrupt_stream"]
    assert len(rubbish.rows) == 2_000
    assert read_all(opened(packed + bytes(512), "c.gz")).rejects == []


def test_blank_lines_count_as_lines_only(opened: Any, read_all: Any) -> None:
    """Blank lines are no rows, and shift no line number."""
    got = read_all(opened(b'\n{"a":1}\n \t\r\n\r\n{"a":2}\n\n\n'))
    assert got.rows == [2, 5]
    assert got.offsets == [1, 1 + 8 + 4 + 2]
    assert got.rejects == []


def test_a_byte_order_mark_is_passed(opened: Any, read_all: Any) -> None:
    """A BOM at the very start is no fault; the row starts behind it."""
    container = opened(b'\xef\xbb\xbf{"a":1}\n{"a":2}\n')
    got = read_all(container)
    assert got.rows == [1, 2]
    assert got.offsets == [3, 11]
    assert container.fetch([1], {1: 3}) == {1: {"a": 1}}


def test_a_long_line_is_set_aside_without_being_held(tmp_path: Path, read_all: Any) -> None:
    """Lines over the limit are rejected wherever blocks end; the lines around them are read."""
    long = b'{"t":"' + b"y" * 5_000 + b'"}\n'
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'{"a":1}\n' + long + b'{"a":3}\n' + long + long)
    for chunk_bytes in (16, 100, 5_004, 1 << 20):
        container = JsonLines(local_source(path, "long"), chunk_bytes=chunk_bytes, max_line_bytes=1_000)
        got = read_all(container)
        assert got.rows == [1, 3]
        assert got.faults == [
            (2, 8, "too_long"),
            (4, 16 + len(long), "too_long"),
            (5, 16 + 2 * len(long), "too_long"),
        ]
        assert all(reject.raw.startswith('{"t":"yyy') for reject in got.rejects)
        assert container.fetch([1, 2, 3]) == {1: {"a": 1}, 3: {"a": 3}}


LINES = st.lists(
    st.sampled_from([b'{"a":1}', b"", b'{"b":', b" ", b'{"c":"\xff"}', b'{"d":"' + b"z" * 30 + b'"}']), max_size=12
)


@given(LINES, st.integers(1, 64), st.booleans())
@settings(max_examples=200)
def test_chunks_do_not_depend_on_their_size(lines: list[bytes], chunk_bytes: int, is_ended: bool) -> None:
    """However small the chunks, line numbers, offsets and verdicts are those of a line-by-line reading."""
    data = b"\n".join(lines) + (b"\n" if is_ended and lines else b"")
    blocks = (data[at : at + chunk_bytes] for at in range(0, len(data), chunk_bytes))
    found: list[tuple[int, int, bytes | None]] = []
    for chunk in LineCutter(chunk_bytes, 25).chunks(blocks):
        if isinstance(chunk.payload, Unread):
            found.append((chunk.first_row, chunk.offset or 0, None))
            continue
        assert isinstance(chunk.payload, Lines)
        offset = chunk.offset or 0
        for number, line in enumerate(chunk.payload.data.split(b"\n"), chunk.first_row):
            found.append((number, offset, None if len(line) > 25 else line))
            offset += len(line) + 1
        if chunk.payload.data.endswith(b"\n"):
            found.pop()
    expected, offset = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        expected.append((number, offset, None if len(line) > 25 else line))
        offset += len(line) + 1
    if not data or data.endswith(b"\n"):
        expected.pop()
    assert found == expected


@pytest.mark.parametrize("codec", CODECS)
def test_evidence_is_the_same_rows(codec: str, opened: Any) -> None:
    """Rows fetched with or without offsets are what a plain reading of the lines gives; unknown rows are left out."""
    data = numbered(3_000) + b"broken\n" + numbered(10)
    container = opened(CODECS[codec](data), "rows.bin")
    lines = data.split(b"\n")
    wanted = [3_005, 1, 2_999, 3_001, 9_999]
    expected = {row: strict(lines[row - 1]) for row in (3_005, 1, 2_999)}
    assert container.fetch(wanted) == expected
    offsets = {row: sum(len(line) + 1 for line in lines[: row - 1]) for row in wanted[:4]}
    assert container.fetch(wanted[:4], offsets) == expected
    assert container.fetch([]) == {}


def test_rows_at_the_edges_of_chunks_are_found(tmp_path: Path) -> None:
    """Every row of a file of many chunks is fetched on its own: the first of a chunk too."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(numbered(60))
    container = JsonLines(local_source(path, path.name), chunk_bytes=200)
    assert len(list(container.chunks())) > 5
    assert [container.fetch([row])[row]["n"] for row in range(1, 61)] == list(range(1, 61))


def test_the_sample_is_the_first_good_rows(opened: Any) -> None:
    """The sample skips faulty lines and stops at the asked number."""
    container = opened(b"broken\n" + numbered(50_000))
    assert [record["n"] for record in container.sample(3)] == [1, 2, 3]
    assert len(container.sample()) == 200


def test_size_and_digest_are_those_of_the_stored_bytes(opened: Any) -> None:
    """Compressed bytes are hashed as they are stored."""
    packed = gzip.compress(numbered(10))
    container = opened(packed, "rows.jsonl.gz")
    assert container.size == len(packed)
    assert container.digest() == hashlib.sha256(packed).hexdigest()


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    """Digest and numbers must belong to the same bytes."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(numbered(3))
    container = open_source(local_source(path, "rows.jsonl"))
    container.digest()
    path.write_bytes(numbered(4))
    with pytest.raises(InputError, match="changed while"):
        list(container.chunks())


PEAK = """
import resource, sys
from pathlib import Path
from audit.read.open import open_source
from audit.read.source import local_source
container = open_source(local_source(Path(sys.argv[1]), "big"))
most = 0
for chunk in container.chunks():
    if chunk.index == 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    block = container.parse(chunk)
    most = chunk.first_row + block.read - 1
print(most, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("kind", ["lines", "one line"])
def test_memory_does_not_grow_with_the_file(kind: str, tmp_path: Path) -> None:
    """256 MiB out of a small gz: lines of 1 KiB, and one line that never ends, stay within some tens of MiB."""
    row = json.dumps({"text": "w" * 1_011}).encode() + b"\n"
    piece = row * 1_024 if kind == "lines" else b"w" * (1 << 20)
    packed = io.BytesIO()
    with gzip.open(packed, "wb", compresslevel=1) as file:
        file.write(row * 8_192 if kind == "one line" else b"")
        for _ in range(256):
            file.write(piece)
    path = tmp_path / "big.jsonl.gz"
    path.write_bytes(packed.getvalue())
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    rows, grown_kib = map(int, done.stdout.split())
    assert rows == (262_144 if kind == "lines" else 8_193)
    assert grown_kib < 120 * 1_024

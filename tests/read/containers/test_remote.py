"""URLs: an in-memory file system, a real local S3 server, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import socket
from collections.abc import Iterator
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.errors import InputError, MissingExtraError, UsageError
from audit.read.open import open_sources

ROWS = b'{"a":1}\n{"a":2}\nbroken\n{"a":4}\n'


@pytest.fixture
def memory() -> Iterator[Any]:
    """A file system in memory with a folder of data."""
    system = fsspec.filesystem("memory")
    system.pipe({"/set/x.jsonl": ROWS, "/set/deep/y.jsonl.gz": gzip.compress(ROWS), "/set/README.md": b"no data"})
    with system.open("/set/z.parquet", "wb") as file:
        pq.write_table(pa.table({"a": [1, 2]}), file)
    yield system
    system.rm("/set", recursive=True)


def test_a_remote_folder(memory: Any, read_all: Any) -> None:
    """Files of a URL folder are read like local ones: rows, digest, size, evidence."""
    found = {container.name: container for container in open_sources(["memory://set"])}
    assert sorted(found) == ["deep/y.jsonl.gz", "x.jsonl", "z.parquet"]
    assert [len(read_all(found[name]).rows) for name in sorted(found)] == [3, 3, 2]
    assert read_all(found["x.jsonl"]).faults == [(3, 16, "broken_json")]
    assert found["x.jsonl"].fetch([4], {4: 23}) == found["x.jsonl"].fetch([4]) == {4: {"a": 4}}
    assert found["z.parquet"].fetch([2]) == {2: {"a": 2}}
    assert found["x.jsonl"].size == len(ROWS)
    assert found["x.jsonl"].digest() == hashlib.sha256(ROWS).hexdigest()


def test_remote_globs_and_single_files(memory: Any) -> None:
    """A pattern and a file name work as they do locally."""
    assert [container.name for container in open_sources(["memory://set/*.jsonl"])] == ["x.jsonl"]
    assert [container.name for container in open_sources(["memory://set/deep/y.jsonl.gz"])] == ["y.jsonl.gz"]
    for nothing in ("memory://set/*.none", "memory://nowhere"):
        with pytest.raises(InputError, match="nothing is there"):
            open_sources([nothing])


def test_credentials_in_a_url_are_refused() -> None:
    """They would end up in reports; the message does not repeat them."""
    with pytest.raises(UsageError, match="credentials") as caught:
        open_sources(["https://me:secret@example.org/rows.jsonl"])
    assert "secret" not in str(caught.value)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without s3fs the message says which extra to install; an unknown protocol says so."""

    def absent(_url: str) -> Any:
        raise ImportError("Install s3fs")

    with pytest.raises(InputError, match="not a usable address"):
        open_sources(["nonsense://x/y.jsonl"])
    monkeypatch.setattr(fsspec.core, "url_to_fs", absent)
    with pytest.raises(MissingExtraError, match=r"dpo-audit\[s3\]"):
        open_sources(["s3://bucket/x.jsonl"])
    with pytest.raises(InputError, match="no driver"):
        open_sources(["abfs://bucket/x.jsonl"])


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A local S3 server with one bucket; endpoint and credentials stand in the environment, as for any user."""
    server_module = pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    for name, value in (
        ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    system = s3fs.S3FileSystem()
    system.mkdir("vendor")
    yield system
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_s3(bucket: Any, read_all: Any) -> None:
    """Folder, glob, JSON Lines, gzip and Parquet over a real S3 protocol, with credentials from the environment."""
    bucket.pipe({"vendor/batch/x.jsonl": ROWS * 1_000, "vendor/batch/y.jsonl.gz": gzip.compress(ROWS)})
    with bucket.open("vendor/batch/z.parquet", "wb") as file:
        pq.write_table(pa.table({"a": range(5_000)}), file, row_group_size=1_000)
    found = {container.name: container for container in open_sources(["s3://vendor/batch"])}
    assert sorted(found) == ["x.jsonl", "y.jsonl.gz", "z.parquet"]
    assert len(read_all(found["x.jsonl"]).rows) == 3_000
    assert read_all(found["y.jsonl.gz"]).faults == [(3, 16, "broken_json")]
    assert read_all(found["z.parquet"]).rows == list(range(1, 5_001))
    assert found["z.parquet"].fetch([4_000]) == {4_000: {"a": 3_999}}
    assert [container.name for container in open_sources(["s3://vendor/*/x.jsonl"])] == ["x.jsonl"]
    with pytest.raises(InputError, match="nothing is there"):
        open_sources(["s3://vendor/other"])
    with pytest.raises(InputError):
        open_sources(["s3://no-such-bucket/x.jsonl"])

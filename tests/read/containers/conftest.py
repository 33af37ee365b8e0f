"""What the container tests share: a container read to its end, with the account of rows checked on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.read.block import Container, Record, Reject
from audit.read.open import open_source
from audit.read.source import local_source


@dataclass(frozen=True)
class Everything:
    """All that a container gave."""

    rows: list[int]
    offsets: list[int | None]
    records: list[Record]
    rejects: list[Reject]
    chunks: int

    @property
    def faults(self) -> list[tuple[int, int | None, str]]:
        """Row, offset and code of each reject."""
        return [(reject.row, reject.offset, reject.code) for reject in self.rejects]


def read_everything(container: Container, fields: Sequence[str] | None = None) -> Everything:
    rows: list[int] = []
    offsets: list[int | None] = []
    records: list[Record] = []
    rejects: list[Reject] = []
    chunks = 0
    for chunk in container.chunks(fields):
        assert chunk.index == chunks
        block = container.parse(chunk, fields)
        assert block.read == len(block.rows) + len(block.rejects)
        assert (block.records is None) != (block.table is None)
        assert len(block.as_records()) == len(block.rows)
        rows += block.rows
        offsets += [None] * len(block.rows) if block.offsets is None else list(block.offsets)
        records += block.as_records()
        rejects += block.rejects
        chunks += 1
    assert sorted({*rows, *(reject.row for reject in rejects)}) == sorted([*rows, *(r.row for r in rejects)])
    return Everything(rows, offsets, records, rejects, chunks)


@pytest.fixture
def read_all() -> Callable[..., Everything]:
    """Return the function that reads a container to its end."""
    return read_everything


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[bytes, str], Container]:
    """Return a function that writes bytes to a file of the given name and opens it."""

    def write(content: bytes, name: str = "rows.jsonl") -> Container:
        path = tmp_path / name
        path.write_bytes(content)
        return open_source(local_source(path, name))

    return write

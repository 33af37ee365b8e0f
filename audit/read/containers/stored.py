"""What containers of a stored file share: its name, size and digest, and the check that it holds still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.read.block import Block, Chunk, Record, Reject
from audit.read.containers.lines import Unread
from audit.read.source import Source


class StoredFile:
    """The part of a container that does not depend on its format.

    Args:
        source: the stored file.
        format: storage format and compression, for people.
    """

    def __init__(self, source: Source, format: str) -> None:  # noqa: A002 - the contract's word
        self.name = source.name
        self.format = format
        self.split = source.split
        self._source = source

    @property
    def size(self) -> int | None:
        """Bytes of the file as stored."""
        return self._source.size

    def digest(self) -> str | None:
        """Return the hex SHA-256 of the file as stored."""
        return self._source.digest()

    def _watched(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield chunks, and raise InputError when the file was changed since it was first looked at."""
        self._source.check_unchanged()
        yield from chunks
        self._source.check_unchanged()

    def _unread(self, chunk: Chunk) -> Block:
        """Return the block of an `Unread` row: one row read, one set aside."""
        lost: Unread = chunk.payload
        reject = Reject(self.name, chunk.first_row, chunk.offset, lost.code, lost.reason, lost.raw)
        return Block(rows=(), offsets=(), read=1, rejects=(reject,), records=[])


def with_codec(format: str, codec: str) -> str:  # noqa: A002 - the contract's word
    """Return a format's name with its compression."""
    return format if codec == "plain" else f"{format}, {codec}"


def first_records(blocks: Iterable[Block], most: int) -> list[Record]:
    """Return the first `most` records of some blocks, parsing no block more than needed."""
    found: list[Record] = []
    for block in blocks:
        found += block.as_records()
        if len(found) >= most:
            break
    return found[:most]

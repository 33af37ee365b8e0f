"""Stored bytes to decompressed blocks, in bounded memory, whatever the compression and however broken its end."""

from __future__ import annotations

import bz2
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, Protocol, cast

import pyarrow as pa
from isal import igzip_lib

from audit.read.block import RowFault
from audit.read.source import Source

STORED_BLOCK: Final = 1 << 18
"""Bytes read of a compressed file at a time."""
OUTPUT_BLOCK: Final = 1 << 16
"""Most decompressed bytes a step: bounds memory on a zip bomb, and what is lost where a stream breaks."""

PLAIN: Final = "plain"
_MAGIC: Final = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2"))


class BrokenStream(Exception):  # noqa: N818 - it marks a file's tail, the audit goes on and says so
    """A compressed file ends too early or is damaged; everything before was given out."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def fault(self) -> RowFault:
        """Return what is wrong with the row that the stream broke in."""
        return RowFault(self.code, f"{self.reason}; rows from here on are lost")


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def codec_of(head: bytes) -> str:
    """Return the compression that a file's first bytes announce: plain, gzip, zstd or bzip2."""
    return next((codec for magic, codec in _MAGIC if head.startswith(magic)), PLAIN)


def blocks(source: Source, codec: str, size: int = 1 << 22, start: int = 0) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file in blocks of at most `size` bytes.

    Args:
        source: the stored file.
        codec: as `codec_of` names it.
        size: most bytes of a block.
        start: where to begin in a plain file.

    Raises:
        BrokenStream: after the last good block of a truncated or damaged compressed file.
        InputError: when the file cannot be read.
    """
    with source.open() as file:
        try:
            if codec == PLAIN:
                file.seek(start)
                yield from iter(lambda: file.read(size), b"")
            elif codec == "zstd":
                yield from _zstd(file)
            else:
                yield from _members(file, codec)
        except OSError as fault:
            raise source.unreadable(fault) from fault


def _gzip() -> _Decompressor:
    made: _Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    return made


_DAMAGE: Final[tuple[type[Exception], ...]] = (
    OSError,
    EOFError,
    ValueError,
    cast("type[Exception]", igzip_lib.IsalError),
)
_DECOMPRESSORS: Final[dict[str, Callable[[], _Decompressor]]] = {"gzip": _gzip, "bzip2": bz2.BZ2Decompressor}


def _members(file: BinaryIO, codec: str) -> Iterator[bytes]:
    """Decompress concatenated members; zero padding after the last one is legal, anything else is not."""
    magic = next(magic for magic, name in _MAGIC if name == codec)
    pending = file.read(STORED_BLOCK)
    while pending:
        if not pending.startswith(magic[: len(pending)]):
            raise BrokenStream("corrupt_stream", "the compressed data are followed by something else")
        member = _DECOMPRESSORS[codec]()
        while not member.eof:
            if member.needs_input and not pending:
                pending = file.read(STORED_BLOCK)
                if not pending:
                    raise BrokenStream("truncated_stream", "the compressed file ends in the middle of its data")
            given, pending = (pending, b"") if member.needs_input else (b"", pending)
            try:
                block = member.decompress(given, OUTPUT_BLOCK)
            except _DAMAGE as fault:
                place = file.tell()
                raise BrokenStream("corrupt_stream", f"damaged compressed data before byte {place}: {fault}") from fault
            if block:
                yield block
        pending = (member.unused_data + pending).lstrip(b"\0")
        while not pending:
            more = file.read(STORED_BLOCK)
            if not more:
                return
            pending = more.lstrip(b"\0")


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
    while True:
        try:
            block: bytes = stream.read(OUTPUT_BLOCK)
        except OSError as fault:
            code = "truncated_stream" if "runcated" in str(fault) else "corrupt_stream"
            raise BrokenStream(code, f"damaged compressed data before byte {file.tell()}: {fault}") from fault
        if not block:
            return
        yield block

"""Sources to containers: the format is told by content first and by ending second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import orjson
import pyarrow as pa

from audit.errors import InputError
from audit.read.block import Container
from audit.read.containers.arrow import FILE_MAGIC, STREAM_MAGIC, ArrowFile, MemoryTable
from audit.read.containers.delimited import DelimitedFile
from audit.read.containers.json_array import JsonArray
from audit.read.containers.jsonl import JsonLines
from audit.read.containers.lines import BOM
from audit.read.containers.parquet import ParquetTable
from audit.read.locate import bare, locate
from audit.read.source import Source
from audit.read.streams import PLAIN, BrokenStream, blocks, codec_of

_HEAD: Final = 1 << 16
"""Decompressed bytes looked at to tell the format."""

_OPEN_OBJECT: Final = re.compile(rb'\{\s*("[^"]*"\s*:\s*(\[\s*)?)?')
"""First line of an object that is laid out over several lines."""
_ROW_LIST: Final = re.compile(
    rb'^\{\s*(?:"[^"]*"\s*:\s*[^\[{]*,\s*)*"(?:data|rows|examples|records|items|instances|samples|dataset|train|'
    rb'validation|test|comparisons|pairs)"\s*:\s*\[\s*\{'
)
"""An object that holds its rows under a name that says so, after nothing but plain members."""
_PARQUET: Final = b"PAR1"
_FOREIGN: Final = (
    (b"PK\x03\x04", "a zip archive (or a spreadsheet)"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x04\x22\x4d\x18", "lz4-compressed"),
    (b"Rar!", "a rar archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"FEA1", "Feather version 1"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"%PDF", "a PDF"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80\x04\x95", "a Python pickle, which can run code when it is opened"),
)
_KNOWN: Final = "JSON Lines, a JSON array, CSV or TSV (each plain, gz, zst or bz2), Parquet, Arrow IPC or Feather 2"


def open_sources(paths: Sequence[str]) -> list[Container]:
    """Open files, globs, folders, URLs and `-` (standard input) as containers, sorted by name.

    Credentials for URLs come from the environment only.

    Raises:
        InputError: when nothing is there, a file is empty, or its format is unknown; the message says what to do.
        UsageError: for no path at all, or credentials in a URL.
        MissingExtraError: when a URL needs a package that is not installed.
    """
    return [open_source(source) for source in locate(paths)]


def open_table(table: pa.Table, name: str) -> Container:
    """Open a table in memory.

    Args:
        table: the rows; texts that are not UTF-8 are set aside row by row.
        name: for messages and row references.

    Raises:
        InputError: when two columns have the same name.
    """
    return MemoryTable(table, name)


def open_source(source: Source) -> Container:
    """Open one file as the container of its format.

    Raises:
        InputError: when it is empty or of an unknown format.
    """
    stored = _stored_head(source)
    if stored.startswith(_PARQUET):
        return ParquetTable(source)
    if stored.startswith(FILE_MAGIC):
        return ArrowFile(source, is_stream=False)
    if stored.startswith(STREAM_MAGIC):
        return ArrowFile(source, is_stream=True)
    codec = codec_of(stored)
    head = stored if codec == PLAIN else _head(source, codec)
    _refuse_foreign(source, head, codec)
    return _text(source, codec, head.removeprefix(BOM))


def _text(source: Source, codec: str, head: bytes) -> Container:
    """Return the container of a text file."""
    ending = bare(source.ending)
    line = head.lstrip().split(b"\n", 1)[0].strip()
    if ending.endswith((".csv", ".tsv")) and not _is_json(line):
        return DelimitedFile(source, codec, _delimiter(head, is_tsv=ending.endswith(".tsv")))
    if line.startswith(b"["):
        is_lines = ending.endswith((".jsonl", ".ndjson")) and _is_json(line)
        return JsonLines(source, codec) if is_lines else JsonArray(source, codec)
    if line.startswith(b"{") and _holds_lists(head, line, ending):
        return JsonArray(source, codec)
    if line.startswith(b"{") or ending.endswith((".jsonl", ".ndjson", ".json")):
        return JsonLines(source, codec)
    if re.search(rb"[,\t;]", line):
        return DelimitedFile(source, codec, _delimiter(head, is_tsv=False))
    raise InputError(
        "the format is unknown",
        where=source.name,
        got=repr(line[:40].decode("utf-8", "backslashreplace")),
        expected=_KNOWN,
        fix="convert the file, or give it the ending of its format",
    )


def _holds_lists(head: bytes, line: bytes, ending: str) -> bool:
    """Tell whether a file that starts with `{` is one object around lists of rows, not an object a line."""
    if _is_json(line):
        is_only = not head.strip()[len(line) :].strip()
        return is_only and ending.endswith(".json") and _ROW_LIST.search(line) is not None
    if b"\n" in head.strip():
        return _OPEN_OBJECT.fullmatch(line) is not None
    return ending.endswith(".json") and _ROW_LIST.search(head) is not None


def _delimiter(head: bytes, *, is_tsv: bool) -> str:
    """Return the kind of a delimited file: the delimiter that its header has most of, outside quotes."""
    header = re.sub(rb'"[^"]*"', b"", head.split(b"\n", 1)[0])
    counts = {kind: header.count(mark) for kind, mark in (("CSV", b","), ("TSV", b"\t"), ("CSV (semicolons)", b";"))}
    best = max(counts, key=counts.__getitem__)
    if counts[best]:
        return best
    return "TSV" if is_tsv else "CSV"


def _is_json(line: bytes) -> bool:
    if not line.startswith((b"{", b"[")):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _stored_head(source: Source) -> bytes:
    with source.open() as file:
        try:
            head = file.read(_HEAD)
        except OSError as fault:
            raise source.unreadable(fault) from fault
    if not head:
        raise InputError("the file is empty", where=source.name, fix="check the transfer, or leave the file out")
    return head


def _head(source: Source, codec: str) -> bytes:
    try:
        for block in blocks(source, codec):
            return block[:_HEAD]
    except BrokenStream as fault:
        fix = "check the transfer (size, checksum) or ask for the file anew"
        raise InputError(f"nothing of the file could be read: {fault.reason}", where=source.name, fix=fix) from fault
    raise InputError(f"the {codec} file holds no data", where=source.name, fix="check the transfer, or leave it out")


def _refuse_foreign(source: Source, head: bytes, codec: str) -> None:
    what = next((what for magic, what in _FOREIGN if head.startswith(magic)), None)
    if head[257:262] == b"ustar":
        what = "a tar archive"
    if codec != PLAIN and head.startswith((_PARQUET, FILE_MAGIC, STREAM_MAGIC)):
        what = f"a columnar file inside {codec}"
    if codec != PLAIN and codec_of(head) != PLAIN:
        what = "compressed twice"
    if what is None and not head.strip():
        raise InputError("the file holds only white space", where=source.name, fix="check the transfer")
    if what is not None:
        fix = "unpack or convert it, and audit what is inside"
        raise InputError(f"the file is {what}, which is not read", where=source.name, expected=_KNOWN, fix=fix)

"""Sources to containers: the format is told by content first and by ending second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from audit.errors import InputError
from audit.read.block import Container
from audit.read.containers.jsonl import JsonLines
from audit.read.containers.parquet import ParquetTable
from audit.read.locate import locate
from audit.read.source import Source
from audit.read.streams import codec_of

_HEAD: Final = 1 << 16
"""Bytes looked at to tell the format."""


def open_sources(paths: Sequence[str]) -> list[Container]:
    """Open files, globs, folders, URLs and `-` (standard input) as containers, sorted by name.

    Credentials for URLs come from the environment only.

    Raises:
        InputError: when nothing is there, a file is empty, or its format is unknown; the message says what to do.
        UsageError: for no path at all, or credentials in a URL.
        MissingExtraError: when a URL needs a package that is not installed.
    """
    return [_container(source) for source in locate(paths)]


def _container(source: Source) -> Container:
    with source.open() as file:
        try:
            head = file.read(_HEAD)
        except OSError as fault:
            raise source.unreadable(fault) from fault
    if not head:
        raise InputError("the file is empty", where=source.name, fix="check the transfer, or leave the file out")
    if head.startswith(b"PAR1"):
        return ParquetTable(source)
    return JsonLines(source, codec_of(head))

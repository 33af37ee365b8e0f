"""JSON lines straight to Arrow texts, by the C scanner where it is installed.

The scanner accepts a line only when it is beyond doubt; every other line is parsed by `json_rows`, whose verdict is
the only one. So a block is the same with and without the scanner, but that it holds a table of the wanted fields.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.read.block import Block, Chunk, Reject, RowFault
from audit.read.containers.json_rows import strict
from audit.read.containers.lines import too_long
from audit.read.rejects import raw_text

MOST_FIELDS: Final = 16
_BLANK: Final = 1
_DOUBT: Final = 2


def _native_scanner() -> Callable[..., Any] | None:
    if os.environ.get("AUDIT_KERNELS") == "python":
        return None
    try:
        native = importlib.import_module("audit._kernels")
    except ModuleNotFoundError:
        return None
    return getattr(native, "scan_lines", None)


_SCAN: Final = _native_scanner()

HAS_SCANNER: Final = _SCAN is not None


def scanned_block(file: str, chunk: Chunk, fields: Sequence[str], max_line_bytes: int) -> Block | None:
    """Return the block of a chunk of lines as a table of texts; None when it must be parsed row by row.

    That is when the scanner is not installed, or some row of the chunk is no plain object with a text under each of
    the fields: nested values, numbers and nulls are left to the parser, which keeps their types.

    Args:
        file: name for the rejects.
        chunk: payload `Lines`.
        fields: the wanted top-level fields.
        max_line_bytes: a longer line is rejected as `too_long`.
    """
    names = list(dict.fromkeys(fields))
    if _SCAN is None or not 0 < len(names) <= MOST_FIELDS:
        return None
    data: bytes = chunk.payload.data
    spelled = tuple(name.encode("utf-8", "surrogatepass") for name in names)
    found = _SCAN(data, spelled, max_line_bytes)
    if found is None:
        return None
    accepted, verdicts, places, columns = found
    status = np.frombuffer(verdicts, dtype=np.uint8)
    starts = np.frombuffer(places, dtype=np.int64)
    rejects = _rejects(file, chunk, np.flatnonzero(status == _DOUBT).tolist(), starts.tolist(), max_line_bytes)
    if rejects is None:
        return None
    good = np.flatnonzero(status < _BLANK)
    arrays = [
        pa.LargeStringArray.from_buffers(accepted, pa.py_buffer(offsets), pa.py_buffer(texts))
        for offsets, texts in columns
    ]
    return Block(
        rows=(good + chunk.first_row).tolist(),
        offsets=(starts[good] + (chunk.offset or 0)).tolist(),
        read=accepted + len(rejects),
        rejects=rejects,
        table=pa.RecordBatch.from_arrays(arrays, names=names),
    )


def _rejects(
    file: str, chunk: Chunk, doubtful: Sequence[int], starts: Sequence[int], max_line_bytes: int
) -> list[Reject] | None:
    """Return the rejects of the doubtful lines; None as soon as one of them is a good row after all."""
    data: bytes = chunk.payload.data
    found: list[Reject] = []
    for index in doubtful:
        is_last = index + 1 == len(starts)
        line = data[starts[index] :].removesuffix(b"\n") if is_last else data[starts[index] : starts[index + 1] - 1]
        try:
            if len(line) > max_line_bytes:
                raise too_long(max_line_bytes)
            strict(line, is_cut=is_last and chunk.payload.is_cut)
        except RowFault as fault:
            offset = (chunk.offset or 0) + starts[index]
            found.append(Reject(file, chunk.first_row + index, offset, fault.code, fault.reason, raw_text(line)))
        else:
            return None
    return found

"""Plain rows to leaves, and leaves to a root: in C where the extension is installed, else by an obvious Python twin."""

from __future__ import annotations

import hashlib
import importlib
import os
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.canonical import canonical_json

ROW: Final = "dpo-row/v1"
"""Tag of the canonical form of a pair."""

Bytes = npt.NDArray[np.uint8]
Buffer = bytes | bytearray | memoryview


def _native_kernels() -> ModuleType | None:
    if os.environ.get("AUDIT_KERNELS") == "python":
        return None
    try:
        found = importlib.import_module("audit._kernels")
    except ModuleNotFoundError:
        return None
    return found if hasattr(found, "row_leaves") else None


_NATIVE: Final = _native_kernels()
IMPLEMENTATION: Final = "python" if _NATIVE is None else "c"
"""`c` or `python`: what computes the hashes; they are the same."""


def _column(texts: pa.Array) -> tuple[object, object, object, int, int, int]:
    """Data, offsets and validity buffers, bytes an offset, first row, rows."""
    validity, offsets, data = texts.buffers()
    width = 8 if pa.types.is_large_string(texts.type) else 4
    return data or b"", offsets or b"", validity or b"", width, texts.offset, len(texts)


def tree_root(leaves: Buffer) -> bytes:
    """Return the root of a tree over 32-byte leaves.

    Raises:
        ValueError: when the length is no multiple of 32.
    """
    if len(leaves) % 32:
        raise ValueError(f"{len(leaves)} bytes are no whole number of 32-byte leaves")
    if _NATIVE is not None:
        out = bytearray(32)
        _NATIVE.tree_root(leaves, out)
        return bytes(out)
    return twin_root(leaves)


def twin_root(leaves: Buffer) -> bytes:
    """Do as `tree_root`, level by level in Python; a last node without a partner moves up as it is."""
    level = [bytes(leaves[i : i + 32]) for i in range(0, len(leaves), 32)]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = above + level[len(level) & ~1 :]
    return level[0]


def plain_leaves(prompts: pa.Array, chosen: pa.Array, rejected: pa.Array, extras: pa.Array | None = None) -> Bytes:
    """Return the leaves of rows whose prompt and sides are texts.

    Args:
        prompts: string or large_string without nulls, shape (n,), as `chosen` and `rejected`.
        chosen: the preferred responses.
        rejected: the others.
        extras: canonical JSON objects as string, shape (n,); None: `{}` in every row.

    Returns:
        SHA-256 of 0x00 and the canonical form `["dpo-row/v1",prompt,chosen,rejected,extras]`, shape (n, 32).

    Raises:
        ValueError: for nulls, or offsets that do not fit their data.
    """
    if any(column.null_count for column in (prompts, chosen, rejected)):
        raise ValueError("a plain row has no null texts")
    if _NATIVE is None:
        return twin_leaves(prompts, chosen, rejected, extras)
    out = np.empty((len(prompts), 32), np.uint8)
    columns = [_column(texts) for texts in (prompts, chosen, rejected, prompts if extras is None else extras)]
    _NATIVE.row_leaves(*columns, extras is not None, out)
    return out


def twin_leaves(prompts: pa.Array, chosen: pa.Array, rejected: pa.Array, extras: pa.Array | None = None) -> Bytes:
    """Do as `plain_leaves`, row by row in Python."""
    out = np.empty((len(prompts), 32), np.uint8)
    written = ["{}"] * len(prompts) if extras is None else extras.to_pylist()
    for row, (*texts, extra) in enumerate(
        zip(prompts.to_pylist(), chosen.to_pylist(), rejected.to_pylist(), written, strict=True)
    ):
        text = canonical_json([ROW, *texts])[:-1] + b"," + extra.encode() + b"]"
        out[row] = np.frombuffer(hashlib.sha256(b"\x00" + text).digest(), np.uint8)
    return out

"""Leaves in sorted order, for a root that does not depend on the order of rows: in memory, or in runs on disk."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from typing import IO, Final

import numpy as np

from audit.certificate.merkle import LEAF_BYTES, OrderedTree

MOST_IN_MEMORY: Final = 8_000_000
"""Leaves (32 bytes each) that are kept before a sorted run goes to a temporary file."""
_READ: Final = 1 << 15
"""Leaves of one run that are read at once."""


def sort_leaves(leaves: bytearray) -> None:
    """Bring 32-byte leaves into bytewise order, in place; duplicates are kept."""
    # fixed-width byte strings compare as memcmp does; trailing zero bytes are padding and content alike
    np.frombuffer(leaves, dtype=f"S{LEAF_BYTES}").sort()


class SortedLeaves:
    """Collects leaves in any order and gives their sorted root; to be closed after use.

    Args:
        most: leaves that may be in memory; beyond it sorted runs are spilled and merged at the end.
    """

    def __init__(self, most: int = MOST_IN_MEMORY) -> None:
        self.n = 0
        self._most = most
        self._leaves = bytearray()
        self._runs: list[IO[bytes]] = []

    def extend(self, leaves: bytes) -> None:
        """Add leaves, 32 bytes each."""
        self.n += len(leaves) // LEAF_BYTES
        self._leaves += leaves
        if len(self._leaves) > self._most * LEAF_BYTES:
            run = tempfile.TemporaryFile(prefix="audit-leaves-")  # noqa: SIM115 - read again when all runs are there
            self._runs.append(run)
            sort_leaves(self._leaves)
            run.write(self._leaves)
            self._leaves.clear()

    def finish(self) -> tuple[bytes, int]:
        """Return the root over the leaves in bytewise order, and how many of them repeat an earlier one."""
        tree, duplicates, last = OrderedTree(), 0, b""
        for block in self.in_order():
            found = np.frombuffer(block, dtype=f"S{LEAF_BYTES}")
            duplicates += int((found[1:] == found[:-1]).sum()) + (block[:LEAF_BYTES] == last)
            last = block[-LEAF_BYTES:]
            tree.extend(block)
        return tree.root(), duplicates

    def close(self) -> None:
        """Remove the runs from disk."""
        for run in self._runs:
            run.close()
        self._runs.clear()

    def in_order(self) -> Iterator[bytes]:
        """Yield the leaves in bytewise order, in blocks of bytes."""
        sort_leaves(self._leaves)
        if not self._runs:
            for start in range(0, len(self._leaves), _READ * LEAF_BYTES):
                yield bytes(self._leaves[start : start + _READ * LEAF_BYTES])
            return
        block = bytearray()
        for leaf in heapq.merge(*map(_of_file, self._runs), _of_bytes(self._leaves)):
            block += leaf
            if len(block) == _READ * LEAF_BYTES:
                yield bytes(block)
                block.clear()
        if block:
            yield bytes(block)


def _of_file(run: IO[bytes]) -> Iterator[bytes]:
    run.seek(0)
    while block := run.read(_READ * LEAF_BYTES):
        yield from _of_bytes(block)


def _of_bytes(block: bytes | bytearray) -> Iterator[bytes]:
    for start in range(0, len(block), LEAF_BYTES):
        yield bytes(block[start : start + LEAF_BYTES])

"""Merkle trees over SHA-256 leaves in the shape of RFC 9162 section 2.1: roots in one pass, and the paths of proofs.

A leaf is SHA256(0x00 || text), a node SHA256(0x01 || left || right): the two prefixes keep a node from passing for a
leaf. A tree of n > 1 leaves splits at the largest power of two below n; the root of none is SHA256 of nothing.
Leaves travel as one run of bytes, 32 a leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from audit.certificate.row_kernels import tree_root

LEAF_BYTES: Final = 32
_BLOCK_LEAVES: Final = 4096
"""Leaves that are reduced at once; a power of two, so that every block is a whole subtree."""
_BLOCK: Final = _BLOCK_LEAVES * LEAF_BYTES


def leaf_hash(text: bytes) -> bytes:
    """Return the leaf of a canonical text."""
    return hashlib.sha256(b"\x00" + text).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the node above two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class OrderedTree:
    """The root over leaves in the order in which they come, with O(log n) hashes kept (and one block of leaves)."""

    def __init__(self) -> None:
        self.n = 0
        self._whole: list[
            tuple[int, bytes]
        ] = []  # (leaves, root) of whole subtrees, each half of the one before or less
        self._rest = bytearray()

    def extend(self, leaves: bytes) -> None:
        """Append leaves, 32 bytes each.

        Raises:
            ValueError: when the length is no multiple of 32.
        """
        self.n += _count(leaves)
        self._rest += leaves
        whole = len(self._rest) // _BLOCK * _BLOCK
        for start in range(0, whole, _BLOCK):
            self._push(_BLOCK_LEAVES, tree_root(memoryview(self._rest)[start : start + _BLOCK]))
        del self._rest[:whole]

    def root(self) -> bytes:
        """Return the root over everything so far; more may follow."""
        if not self._whole:
            return tree_root(self._rest)
        found = tree_root(self._rest) if self._rest else b""
        for _, left in reversed(self._whole):
            found = node_hash(left, found) if found else left
        return found

    def _push(self, leaves: int, root: bytes) -> None:
        while self._whole and self._whole[-1][0] == leaves:
            root = node_hash(self._whole.pop()[1], root)
            leaves *= 2
        self._whole.append((leaves, root))


def inclusion_path(leaves: bytes, index: int) -> list[bytes]:
    """Return the sibling hashes from leaf `index` (0-based) up to the root, lowest first.

    Raises:
        IndexError: when there is no such leaf.
    """
    n = _count(leaves)
    if not 0 <= index < n:
        raise IndexError(f"no leaf {index} among {n}")
    view, path = memoryview(leaves), []
    while n > 1:
        split = 1 << (n - 1).bit_length() - 1
        left, right = view[: split * LEAF_BYTES], view[split * LEAF_BYTES :]
        if index < split:
            path.append(tree_root(right))
            view, n = left, split
        else:
            path.append(tree_root(left))
            view, n, index = right, n - split, index - split
    return path[::-1]


def root_from_path(leaf: bytes, index: int, n: int, path: list[bytes]) -> bytes:
    """Return the root that a leaf at `index` of `n` has by its path.

    Raises:
        ValueError: when the index or the number of siblings cannot be those of a tree of `n` leaves.
    """
    if not 0 <= index < n:
        raise ValueError(f"index {index} is not one of {n} leaves")
    sides = list(_sides(index, n))
    if len(sides) != len(path):
        raise ValueError(f"{len(path)} siblings, where leaf {index} of {n} has {len(sides)}")
    found = leaf
    for is_left, sibling in zip(reversed(sides), path, strict=True):
        found = node_hash(found, sibling) if is_left else node_hash(sibling, found)
    return found


def _sides(index: int, n: int) -> Iterator[bool]:
    """From the root down: whether the leaf is in the left part."""
    while n > 1:
        split = 1 << (n - 1).bit_length() - 1
        yield index < split
        index, n = (index, split) if index < split else (index - split, n - split)


def _count(leaves: bytes) -> int:
    n, rest = divmod(len(leaves), LEAF_BYTES)
    if rest:
        raise ValueError(f"{len(leaves)} bytes are no whole number of {LEAF_BYTES}-byte leaves")
    return n

"""Trees of the row digests: shape, streaming, paths, and an oracle."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.certificate.leaves import SortedLeaves, sort_leaves
from audit.certificate.merkle import OrderedTree, inclusion_path, leaf_hash, node_hash, root_from_path
from audit.certificate.row_kernels import tree_root, twin_root

COUNTS = [*range(18), 31, 32, 33, 100, 255, 256, 257]


def leaves_of(n: int) -> list[bytes]:
    """Leaves of the texts 0, 1, 2, ..."""
    return [hashlib.sha256(b"\x00" + str(i).encode()).digest() for i in range(n)]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


@pytest.mark.parametrize("n", COUNTS)
def test_roots_follow_the_definition(n: int) -> None:
    """The kernel, its twin and the streaming tree give the root that the RFC defines."""
    leaves = leaves_of(n)
    expected = by_definition(leaves)
    tree = OrderedTree()
    for leaf in leaves:
        tree.extend(leaf)
    assert tree_root(b"".join(leaves)) == twin_root(b"".join(leaves)) == tree.root() == expected


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 8, 100, 1000])
def test_roots_equal_those_of_pymerkle(n: int) -> None:
    """An independent library agrees on the root."""
    pymerkle = pytest.importorskip("pymerkle")
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for i in range(n):
        other.append_entry(str(i).encode())
    assert tree_root(b"".join(leaves_of(n))) == other.get_root()


@pytest.mark.parametrize("steps", [[1, 4095, 1], [4096], [4097], [8192, 1], [3, 5000, 7, 4096 * 3], [0, 0, 12_288]])
def test_streaming_does_not_depend_on_the_pieces(steps: list[int]) -> None:
    """Leaves may come in any pieces, also such as straddle the blocks of 4,096, and a root may be asked in between."""
    leaves = b"".join(leaves_of(sum(steps)))
    tree, at = OrderedTree(), 0
    for step in steps:
        tree.extend(leaves[32 * at : 32 * (at + step)])
        at += step
        assert tree.root() == twin_root(leaves[: 32 * at])
    assert tree.n == at


@pytest.mark.parametrize("n", [n for n in COUNTS if n])
def test_every_path_leads_to_the_root(n: int) -> None:
    """The path of each leaf gives the root back; with another index or leaf it does not."""
    leaves = leaves_of(n)
    joined, root = b"".join(leaves), by_definition(leaves)
    for index, leaf in enumerate(leaves):
        path = inclusion_path(joined, index)
        assert root_from_path(leaf, index, n, path) == root
        assert root_from_path(leaf_hash(b"forged"), index, n, path) != root


def test_paths_of_another_length_are_refused() -> None:
    """A path has exactly the length that its index has: leaf 4 of 5 is one step from the root, leaf 0 three."""
    joined = b"".join(leaves_of(5))
    assert [len(inclusion_path(joined, index)) for index in range(5)] == [3, 3, 3, 3, 1]
    with pytest.raises(ValueError, match="1 siblings, where leaf 0 of 5 has 3"):
        root_from_path(leaves_of(1)[0], 0, 5, inclusion_path(joined, 4))
    with pytest.raises(ValueError, match="not one of 5"):
        root_from_path(leaves_of(1)[0], 5, 5, [])
    with pytest.raises(IndexError, match="no leaf 5"):
        inclusion_path(joined, 5)


def test_a_node_is_no_leaf() -> None:
    """The prefixes keep the two apart: the leaf of two hashes is not their node."""
    left, right = leaves_of(2)
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("call", [tree_root, OrderedTree().extend, lambda leaves: inclusion_path(leaves, 0)])
def test_half_a_leaf_is_refused(call: Callable[[bytes], object]) -> None:
    """Leaves have 32 bytes."""
    with pytest.raises(ValueError, match="32-byte leaves"):
        call(b"x" * 33)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_sorting_is_bytewise(leaves: list[bytes]) -> None:
    """Leaves sort as unsigned bytes, zero bytes at the end and the beginning included."""
    padded = [leaf[:4] + bytes(28) for leaf in leaves]
    for some in (leaves, padded):
        joined = bytearray(b"".join(some))
        sort_leaves(joined)
        assert joined == b"".join(sorted(some))


@pytest.mark.parametrize("most", [1, 3, 10, 1000])
def test_spilled_runs_give_the_same_root(most: int) -> None:
    """However few leaves fit into memory, root and duplicates are those of sorting them all at once."""
    leaves = leaves_of(40) * 2 + leaves_of(7) + [bytes(32), bytes(31) + b"\x01"]
    random.Random(5).shuffle(leaves)
    with closing(SortedLeaves(most)) as collected:
        for start in range(0, len(leaves), 4):
            collected.extend(b"".join(leaves[start : start + 4]))
        # 40 + 40 + 7 + 2 leaves, of which 40 + 2 are distinct
        assert collected.finish() == (by_definition(sorted(leaves)), 89 - 42)
        assert collected.n == 89

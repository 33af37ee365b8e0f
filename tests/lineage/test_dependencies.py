"""The g3 measure by hand and against brute force."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audit.lineage.dependencies import outvoted


def fewest_removed(pairs: list[tuple[int, int]]) -> int:
    """The slow twin: try every set of units to remove, small sets first."""
    for size in range(len(pairs) + 1):
        for gone in combinations(range(len(pairs)), size):
            kept = [pair for i, pair in enumerate(pairs) if i not in gone]
            if len({left for left, _ in kept}) == len(set(kept)):
                return size
    raise AssertionError


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=8))
def test_g3_is_the_fewest_units(pairs: list[tuple[int, int]]) -> None:
    """Keeping each determinant's most frequent dependent removes as few units as any choice does."""
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    assert int(outvoted(left, right).sum()) == fewest_removed(pairs)


def test_minority_goes() -> None:
    """Of 7 -> 1, 1, 2 the 2 goes; unknown values (-1) never do."""
    left, right = np.array([7, 7, 7, 8, -1, 7]), np.array([1, 1, 2, 2, 5, -1])
    assert outvoted(left, right).tolist() == [False, False, True, False, False, False]

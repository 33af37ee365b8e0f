"""The slices that auditors repeat their measures on: every value of every recorded slice column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import Slice
from audit.schema import SLICE_PREFIX, TAG_SEPARATOR
from audit.signals import Bools, Signals

STANDARD: Final = ("locale", "scenario", "policy", "split")
MOST_VALUES: Final = 50
"""Values of one column that are reported: the most frequent, ties by name."""


def slice_columns(signals: Signals) -> list[str]:
    """Return the recorded columns that slices are made from, standard ones first."""
    own = sorted(name for name in signals.columns if name.startswith(SLICE_PREFIX))
    return [name for name in (*STANDARD, *own) if signals.has(name)]


def slices(signals: Signals, least: int = 30) -> Iterator[tuple[Slice, Bools]]:
    """Yield each slice of at least `least` comparisons with its mask, shape (comparisons,).

    A comparison with several scenario tags belongs to the slice of each.
    """
    for column in slice_columns(signals):
        yield from column_slices(signals, column, least)


def column_slices(signals: Signals, column: str, least: int = 1) -> Iterator[tuple[Slice, Bools]]:
    """Yield the slices of one column, most frequent first cut at MOST_VALUES, then by name."""
    codes, values = signals.codes(column)
    members: dict[str, list[int]] = {}
    for code, value in enumerate(values):
        for tag in value.split(TAG_SEPARATOR) if column == "scenario" else (value,):
            members.setdefault(tag, []).append(code)
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    sizes = {tag: int(counts[mine].sum()) for tag, mine in members.items()}
    common = sorted(sizes, key=lambda tag: (-sizes[tag], tag))[:MOST_VALUES]
    for tag in sorted(common):
        if sizes[tag] >= least:
            is_member = np.zeros(len(values) + 1, dtype=np.bool_)  # the last stands for null, whose code is -1
            is_member[members[tag]] = True
            yield Slice(column.removeprefix(SLICE_PREFIX), tag), is_member[codes]

"""What became of the rows between two datasets: kept, reversed, relabelled, removed, added, and sold again.

Rows are told by the digest of prompt and both texts, in either order and after normalising (white space, case): the
same row in another file format, order or side order is the same row. Copies count: a pair that stands three times
before and twice after lost one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.duplicates.copies import near_sides
from audit.schema import LABELS, A, B
from audit.signals import Bools, Ints, Signals, key_matrix

KEPT, FLIPPED, RELABELLED, GONE = range(4)
"""Of a row: with the same answer on the other side, the opposite one, another one, or not there."""
MOST_SHOWN: Final = 20
_STATES: Final = len(LABELS)


@dataclass(frozen=True)
class RowChanges:
    """The account of two files' rows; every comparison of either is in exactly one count."""

    before: int
    """Comparisons of the first, without those that have no identity."""
    after: int
    unchanged: int
    flipped: int
    relabelled: int
    removed: int
    added: int
    nearly_resold: int | None
    """Of the added, those that nearly repeat a pair of the first; None where it was not looked for."""
    prompts_shared: int
    """Different prompts that are in both."""
    prompts: int
    """Different prompts of the second."""
    unidentified: tuple[int, int]
    """Comparisons without a prompt or a side to be told by, of the first and of the second."""
    table: pa.Table
    """A row a comparison that is not unchanged: side ("before", "after"), status, file, row, part, digest."""

    @property
    def shared(self) -> dict[str, Any]:
        """What decides whether intervals of differences hold."""
        both = self.unchanged + self.flipped + self.relabelled
        return {
            "known": "by rows",
            "same_files": None,
            "shared_evidence": None,
            "shared": both,
            "of_before": both / self.before if self.before else 0.0,
            "same": self.unchanged,
            "reversed": self.flipped,
        }

    def document(self) -> dict[str, Any]:
        """Return counts and the first places of each kind, without text."""
        return {
            "before": self.before,
            "after": self.after,
            "unchanged": self.unchanged,
            "flipped": self.flipped,
            "relabelled": self.relabelled,
            "removed": self.removed,
            "added": self.added,
            "resold": self.unchanged + self.flipped + self.relabelled,
            "nearly_resold": self.nearly_resold,
            "prompts": self.prompts,
            "prompts_shared": self.prompts_shared,
            "unidentified": list(self.unidentified),
            "places": _places(self.table),
        }


def compare_rows(whole: Signals, n: int, *, near: bool) -> RowChanges:
    """Return what became of the rows of one dataset in another.

    Args:
        whole: signals of both, those of the first in front; with the columns of near duplicates if `near`.
        n: comparisons of the first.
        near: whether added rows are also told that nearly repeat one of the first.
    """
    known = _identified(whole)
    pair, state = whole.groups("pair_key"), _states(whole)
    later = np.arange(whole.comparisons) >= n
    status = _status(pair, state, later, known, whole)
    here, there = known & ~later, known & later
    added = there & (status == GONE)
    resold = _nearly(whole, added, later) if near else None
    prompt = whole.groups("prompt_key")
    old, new = np.unique(prompt[here]), np.unique(prompt[there])
    return RowChanges(
        before=int(here.sum()),
        after=int(there.sum()),
        unchanged=int((here & (status == KEPT)).sum()),
        flipped=int((here & (status == FLIPPED)).sum()),
        relabelled=int((here & (status == RELABELLED)).sum()),
        removed=int((here & (status == GONE)).sum()),
        added=int(added.sum()),
        nearly_resold=None if resold is None else int(resold.sum()),
        prompts_shared=len(np.intersect1d(old, new, assume_unique=True)),
        prompts=len(new),
        unidentified=(int((~known & ~later).sum()), int((~known & later).sum())),
        table=_table(whole, status, later, known, resold),
    )


def _identified(whole: Signals) -> Bools:
    """Return the comparisons whose prompt and sides are all recorded, as text or by a stand-in."""
    known = np.ones(whole.comparisons, np.bool_)
    for name in ("prompt_key", "a_key", "b_key"):
        known &= whole.load(name).is_valid().to_numpy()
    return known


def _states(whole: Signals) -> Ints:
    """Return each answer, its side named by the order of the texts' keys instead of by their place in the row."""
    label = whole.ints("label") if whole.has("label") else np.zeros(whole.comparisons, np.int64)
    swapped = np.where(label == A, B, A)
    return np.where((label == A) | (label == B), np.where(whole.ints("a_is_first") > 0, label, swapped), label)


def _status(pair: Ints, state: Ints, later: Bools, known: Bools, whole: Signals) -> Ints:
    """Match rows within each pair: equal answers first, then opposite ones, then whatever is left on both sides."""
    status = np.full(len(pair), GONE, np.int64)
    order = _by_place(whole)
    _match(status, order, np.where(known, pair * _STATES + state, -1), later, KEPT)
    other = np.where(state == A, B, A)
    decisive = known & ((state == A) | (state == B))
    # a reversed row of the first meets the other answer in the second: both get the cell of the second's answer
    for one in (A, B):
        mine = np.where(decisive & ~later & (state == one), pair * _STATES + other, -1)
        theirs = np.where(decisive & later & (state != one), pair * _STATES + state, -1)
        _match(status, order, np.where(later, theirs, mine), later, FLIPPED)
    _match(status, order, np.where(known, pair, -1), later, RELABELLED)
    return status


def _by_place(whole: Signals) -> Ints:
    parts = whole.ints("part") if whole.has("part") else np.zeros(whole.comparisons, np.int64)
    return np.lexsort((parts, whole.ints("row"), whole.ints("file")))


def _match(status: Ints, order: Ints, group: Ints, later: Bools, kind: int) -> None:
    """Give `kind` to as many unmatched rows of each group as both sides have, the first ones of each side."""
    at = order[(status[order] == GONE) & (group[order] >= 0)]
    if not len(at):
        return
    dense = np.unique(group[at], return_inverse=True)[1]
    side = later[at].astype(np.int64)
    counts = np.bincount(dense * 2 + side, minlength=2 * (int(dense.max()) + 1)).reshape(-1, 2)
    most = counts.min(axis=1)
    slot = dense * 2 + side
    ranked = np.argsort(slot, kind="stable")
    starts = np.cumsum(counts.ravel()) - counts.ravel()
    rank = np.empty(len(at), np.int64)
    rank[ranked] = np.arange(len(at)) - starts[slot[ranked]]
    status[at[rank < most[dense]]] = kind


def _nearly(whole: Signals, added: Bools, later: Bools) -> Bools:
    """Return the added rows whose prompt and responses are nearly those of a row of the first."""
    pair = near_sides(whole).pair
    return np.asarray(added & np.isin(pair, pair[~later]))


def _table(whole: Signals, status: Ints, later: Bools, known: Bools, resold: Bools | None) -> pa.Table:
    at = np.flatnonzero(known & (status != KEPT))
    at = at[np.argsort(np.argsort(_by_place(whole))[at])]
    words = np.array(["unchanged", "flipped", "relabelled", "removed", "added", "nearly resold"])
    kind = np.where((status[at] == GONE) & later[at], GONE + 1, status[at])
    if resold is not None:
        kind = np.where(resold[at], GONE + 2, kind)
    digests = key_matrix(whole.load("ordered_key").take(pa.array(at)))
    parts = whole.ints("part")[at] if whole.has("part") else np.zeros(len(at), np.int64)
    return pa.table(
        {
            "side": pa.array(np.where(later[at], "after", "before")),
            "status": pa.array(words[kind]),
            "file": pa.array(whole.files, pa.string()).take(pa.array(whole.ints("file")[at])),
            "row": pa.array(whole.ints("row")[at]),
            "part": pa.array(parts),
            "digest": pa.array([pair.astype(">u8").tobytes().hex() for pair in digests], pa.string()),
        }
    )


def _places(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """Return the first few rows of each kind and side, in file and row order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in table.select(["side", "status", "file", "row", "part"]).to_pylist():
        name = row.pop("status")
        side = row.pop("side")
        name = f"{name} ({side})" if name in ("flipped", "relabelled") else name
        kept = found.setdefault(name, [])
        if len(kept) < MOST_SHOWN:
            kept.append(row)
    return found

"""The decisive labels of a file in one canonical order: which side won, and which prompt they belong to.

Auditors that compare chosen with rejected start here. The order follows the hashed keys, so sums over it do not depend
on the order of rows in the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from weakref import ref

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from audit.measure import Evidence
from audit.schema import A, B
from audit.signals import Bools, Ints, Signals, key_matrix
from audit.stats.logit import dense


@dataclass(frozen=True, slots=True)
class Decisive:
    """Labels that chose a side, sorted by prompt and then by key."""

    rows: Ints
    """Shape (n,): row numbers of the comparisons; a comparison with several judgments stands several times."""
    a_won: Bools
    """Shape (n,)."""
    clusters: Ints
    """Shape (n,): 0, 1, ... never falling; comparisons of one prompt share a number."""
    what: str = "comparisons"
    """What n counts: "comparisons" with their shipped label, or "judgments"."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: Bools | Ints) -> Decisive:
        """Return the selected comparisons; `which` is a mask, shape (n,), or rising positions."""
        return Decisive(self.rows[which], self.a_won[which], dense(self.clusters[which]), self.what)

    def chosen_and_rejected(self, signals: Signals, feature: str) -> tuple[Ints, Ints]:
        """Return one text feature of the chosen and of the rejected sides, each shape (n,)."""
        a, b = signals.ints(f"a_{feature}")[self.rows], signals.ints(f"b_{feature}")[self.rows]
        return np.where(self.a_won, a, b), np.where(self.a_won, b, a)


_LAST: Final[dict[str | None, tuple[ref[Signals], Decisive]]] = {}


def decisive(signals: Signals, feature: str | None) -> Decisive:
    """Return the labels that chose a side, of a comparison which has text on both where a text feature is named.

    Several auditors ask for the same labels in turn: the last answer is kept while its signals live.

    They are the shipped labels, or the judgments where no decisive label was shipped. Comparisons without a prompt key
    are of one cluster only when they are the same text.

    Args:
        signals: with `ordered_key`, `a_<feature>`, `b_<feature>`; `label`, or `judgment.label` and
            `judgment.comparison`, are needed for anything to be found.
        feature: the text feature whose nulls mark a missing side; None: text is not asked for.
    """
    kept_for, kept = _LAST.get(feature, (None, None))
    if kept is not None and kept_for is not None and kept_for() is signals:
        return kept
    found = _found(signals, feature)
    for array in (found.rows, found.a_won, found.clusters):
        array.flags.writeable = False
    _LAST[feature] = (ref(signals), found)
    return found


def _found(signals: Signals, feature: str | None) -> Decisive:
    prompts = _prompts(signals)
    rows, label, what = _labels(signals)
    if feature is not None:
        has_text = (signals.ints(f"a_{feature}", -1) >= 0) & (signals.ints(f"b_{feature}", -1) >= 0)
        kept = has_text[rows]
        rows, label = rows[kept], label[kept]
    prompts, keys = prompts[rows], _first_halves(signals)[rows]
    order = np.argsort(_sort_key(prompts, keys, label))
    prompts, keys = prompts[order], keys[order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (prompts[1:] != prompts[:-1]) | ((prompts[1:] == signals.comparisons) & (keys[1:] != keys[:-1]))
    return Decisive(rows[order], label[order] == A, np.cumsum(is_new) - 1, what)


def _labels(signals: Signals) -> tuple[Ints, Ints, str]:
    """Return comparison and label of each decisive answer, each shape (n,), and what they are."""
    if signals.has("label"):
        label = signals.ints("label")
        rows = np.flatnonzero((label == A) | (label == B))
        if len(rows):
            return rows, label[rows], "comparisons"
    if signals.has("judgment.label", "judgment.comparison"):
        label = signals.ints("judgment.label")
        rows = np.flatnonzero((label == A) | (label == B))
        return signals.ints("judgment.comparison")[rows], label[rows], "judgments"
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), "comparisons"


def following(signals: Signals, at: Decisive, size: npt.NDArray[np.generic]) -> Evidence:
    """Return as evidence the comparisons of positive size, the largest first.

    Args:
        signals: what `at` was made from.
        at: the labels.
        size: shape (n,), by how much each label follows what is shown; of several on a comparison the largest counts.
    """
    largest = np.zeros(signals.comparisons)
    np.maximum.at(largest, at.rows, size)
    return signals.evidence(largest > 0, largest)


def _prompts(signals: Signals) -> Ints:
    """Return each comparison's prompt number, the number of comparisons where it has none; shape (comparisons,)."""
    if not signals.has("prompt_key"):
        return np.full(signals.comparisons, signals.comparisons)
    prompts = signals.groups("prompt_key")
    prompts[pc.is_null(signals.load("prompt_key")).to_numpy()] = signals.comparisons
    return prompts


def smallest_keys(signals: Signals, chosen: Decisive, most: int) -> Decisive:
    """Return the `most` comparisons of smallest key: a sample that does not depend on the order of rows."""
    return chosen if len(chosen) <= most else chosen.take(smallest_positions(signals, chosen, most))


def smallest_positions(signals: Signals, chosen: Decisive, most: int) -> Ints:
    """Return the positions, rising, of the labels that `smallest_keys` would keep."""
    if len(chosen) <= most:
        return np.arange(len(chosen))
    keys = _first_halves(signals)[chosen.rows]
    last = np.partition(keys, most - 1)[most - 1]
    within = keys < last
    within[np.flatnonzero(keys == last)[: most - int(within.sum())]] = True  # copies share a key
    return np.flatnonzero(within)


def _first_halves(signals: Signals) -> npt.NDArray[np.uint64]:
    return key_matrix(signals.load("ordered_key"))[:, 0].copy()


def _sort_key(prompts: Ints, keys: npt.NDArray[np.uint64], label: Ints) -> npt.NDArray[np.uint64]:
    """Pack prompt number (32 bits), leading bits of the key (30) and label (2) into one sortable number."""
    packed = prompts.astype(np.uint64) << np.uint64(32)
    packed |= (keys >> np.uint64(34)) << np.uint64(2)
    packed |= label.astype(np.uint64)
    return np.asarray(packed)

"""Clusters of near-duplicate texts: candidates by bands of slots, verified on their shingles, joined."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.duplicates.texts import Texts
from audit.extract.shingles import (
    SLOTS,
    Search,
    ShingleSets,
    join_duplicates,
    mark_candidates,
    similarities,
)
from audit.signals import Bools, Floats, Ints

THRESHOLD: Final = 0.8
STANDARD_ERRORS: Final = 5.0
"""A pair at the threshold has fewer equal slots than `least_equal` with a chance of 3e-7."""
ALL_PAIRS_MOST: Final = 64
"""Texts of a cluster up to which all its pairs are compared for the least similarity."""


@dataclass(frozen=True)
class Clusters:
    """Near-duplicate clusters over texts, exact copies being one text."""

    root: Ints
    """Smallest text number of each text's cluster, shape (texts,)."""
    representative: Ints
    """The cluster's most frequent text, of those the smallest number; shape (texts,)."""
    similarity: Floats
    """Jaccard similarity to the representative, shape (texts,)."""
    least: Floats
    """Least similarity of two texts of the cluster that were compared, 1 for a text alone; shape (texts,)."""
    cut: Bools
    """Texts so common in parts that they were compared with the nearest of those only, shape (texts,)."""
    search: Search
    verified: Ints
    """Numbers of the texts that had a candidate, sorted."""
    sets: ShingleSets
    """Their shingles."""


def least_equal(threshold: float) -> int:
    """Return how many of 128 slots two texts must share to be worth verifying."""
    error = math.sqrt(threshold * (1 - threshold) / SLOTS)
    return max(0, math.floor(SLOTS * (threshold - STANDARD_ERRORS * error)))


def cluster_texts(
    texts: Texts, occurrences: Ints, sets_of: Callable[[Ints], ShingleSets], threshold: float = THRESHOLD
) -> Clusters:
    """Find the clusters of near duplicates among texts.

    Args:
        texts: different texts with their sketches.
        occurrences: how often each stands in the data, shape (texts,).
        sets_of: returns the shingle sets of text numbers (sorted), in their order.
        threshold: least Jaccard similarity of a joined pair.
    """
    count, least = len(texts), least_equal(threshold)
    root = np.arange(count, dtype=np.int64)
    representative, similarity, smallest = root.copy(), np.ones(count), np.ones(count)
    marked, cut, first = mark_candidates(texts.slots, least)
    chosen = np.flatnonzero(marked)
    if not len(chosen):
        none = ShingleSets(chosen, chosen, np.zeros(0, np.uint64))
        return Clusters(root, representative, similarity, smallest, cut, first, chosen, none)
    sets = sets_of(chosen)
    own, second = join_duplicates(np.ascontiguousarray(texts.slots[chosen]), sets, least, threshold)
    root[chosen] = chosen[own]
    best = _representatives(own, occurrences[chosen])
    representative[chosen] = chosen[best]
    similarity[chosen] = np.where(best == np.arange(len(own)), 1.0, similarities(sets, np.arange(len(own)), best))
    smallest[chosen] = _least(own.astype(np.int64), best, sets)
    done = Search(first.compared + second.compared, second.verified, second.joined, first.cut + second.cut)
    return Clusters(root, representative, similarity, smallest, cut, done, chosen, sets)


def _representatives(root: np.ndarray, weight: Ints) -> Ints:
    """Return the text of largest weight of each text's cluster, ties by smallest number; shape (texts,)."""
    order = np.lexsort((np.arange(len(root)), -weight, root))
    heads = order[np.concatenate([[True], root[order][1:] != root[order][:-1]])]
    best = np.empty(len(root), np.int64)
    best[root[heads]] = heads
    return np.asarray(best[root])


def _least(root: Ints, best: Ints, sets: ShingleSets) -> Floats:
    """Return the least similarity within each text's cluster.

    Clusters of up to ALL_PAIRS_MOST texts have all pairs compared. Larger ones: all with the representative, and all
    with the text that is farthest from it, which is an upper bound of the least.
    """
    least = np.ones(len(root))
    order = np.argsort(root, kind="stable")
    heads = np.flatnonzero(np.concatenate([[True], root[order][1:] != root[order][:-1], [True]]))
    sizes = np.diff(heads)
    for size in np.unique(sizes[(sizes > 1) & (sizes <= ALL_PAIRS_MOST)]):
        starts = heads[:-1][sizes == size]
        members = order[starts[:, None] + np.arange(size)]
        one, other = np.triu_indices(size, 1)
        found = similarities(sets, members[:, one].ravel(), members[:, other].ravel()).reshape(len(members), -1)
        np.minimum.at(least, root[members[:, 0]], found.min(axis=1))
    for start, size in zip(heads[:-1][sizes > ALL_PAIRS_MOST], sizes[sizes > ALL_PAIRS_MOST], strict=True):
        members = order[start : start + size]
        near = similarities(sets, members, best[members])
        far = similarities(sets, members, np.full(size, members[near.argmin()]))
        least[root[members[0]]] = min(near.min(), far.min())
    return least[root]

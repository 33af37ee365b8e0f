"""Which comparisons stand, in whole or in part, in what must not be trained on.

Protected are files that the user names, and rows of the data whose split says so. Columns added, one value a
comparison: `leak.<protected set>` and `leaks`, bits of `audit.duplicates.leaks`; null for rows that are protected
themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from audit.duplicates.clusters import Clusters
from audit.duplicates.leaks import LEAK_PREFIX, Leak
from audit.duplicates.near import RoleTexts, places_of, role_texts, with_columns
from audit.duplicates.ngrams import RUN, Overlap, overlap
from audit.duplicates.reread import reread
from audit.duplicates.texts import find_keys
from audit.extract.shingles import ShingleSets, similarities, word_runs
from audit.extract.sketches import PROMPT
from audit.reading import Reading
from audit.signals import Bools, Floats, Ints, Signals, key_matrix
from audit.store import Shard, open_signals

PROTECTED_SPLIT: Final = re.compile(
    r"(?i)(^|[^a-z])(protected|held.?out|test|eval|evaluation|valid|validation|dev)([^a-z]|$)"
)
"""Splits that are not trained on, by name."""
PAIRS_A_CLUSTER: Final = 1_000_000
"""Pairs of a protected text and another that one cluster has compared; more protected texts are left out."""


@dataclass(frozen=True)
class Corpus:
    """Several files as one: what to read them by, their shards and all their signals."""

    readings: Sequence[Reading]
    shards: Sequence[Shard]
    signals: Signals

    def joined(self, other: Corpus) -> Corpus:
        """Return both as one; rows of `other` come behind."""
        readings, shards = [*self.readings, *other.readings], [*self.shards, *other.shards]
        return Corpus(readings, shards, open_signals([(r.name, s) for r, s in zip(readings, shards, strict=True)]))


@dataclass(frozen=True)
class Found:
    """What one protected set shares with the data; arrays of shape (comparisons of the data,)."""

    name: str
    bits: Ints
    """Of `Leak`; -1 for a row that is protected itself."""
    similarity: Floats
    """Largest Jaccard similarity of the prompt to a protected one, where at least the threshold; else 0."""
    matched: Ints
    """Row number, in the signals of data and protected files together, of a protected row behind it; -1 for none."""
    shared: Overlap | None = field(default=None)
    """Word runs shared, by comparison; None where they were not compared."""


def find_leaks(
    data: Corpus,
    against: Corpus | None,
    near_prompts: RoleTexts,
    pool: ThreadPoolExecutor,
    threshold: float,
) -> tuple[Found, ...]:
    """Compare the data with every protected set; none where nothing is protected.

    Args:
        data: what is audited, with its own columns.
        against: protected files, each a set of its own.
        near_prompts: clusters of the data's prompts, used where only its own splits are protected.
        pool: workers.
        threshold: least Jaccard similarity.
    """
    splits = dict(_protected_splits(data.signals))
    if against is None and not splits:
        return ()
    whole = data if against is None else data.joined(against)
    prompts = near_prompts
    if against is not None:
        prompts = role_texts(PROMPT, whole.readings, whole.shards, whole.signals, pool, threshold)
    n = data.signals.comparisons
    own = np.zeros(n, np.bool_)
    sets: list[tuple[str, Bools]] = []
    for name, mask in splits.items():
        own |= mask
        sets.append((f"split={name}", np.concatenate([mask, np.zeros(whole.signals.comparisons - n, np.bool_)])))
    files = whole.signals.ints("file")
    later = range(len(data.readings), len(whole.readings))
    sets += [(whole.readings[number].name, files == number) for number in later]
    return tuple(
        _one(name, mask, own, n, whole, prompts, pool, threshold) for name, mask in sorted(sets, key=lambda s: s[0])
    )


def _protected_splits(signals: Signals) -> Iterator[tuple[str, Bools]]:
    if signals.has("split"):
        codes, values = signals.codes("split")
        for code, value in enumerate(values):
            if PROTECTED_SPLIT.search(value):
                yield value, codes == code


def _one(
    name: str,
    protected: Bools,
    own: Bools,
    n: int,
    whole: Corpus,
    prompts: RoleTexts,
    pool: ThreadPoolExecutor,
    threshold: float,
) -> Found:
    numbers = prompts.numbers.get("prompt_key", np.full(len(protected), -1, np.int64))
    data, theirs = numbers[:n], np.unique(numbers[protected & (numbers >= 0)])
    best, partner = _nearest(prompts.clusters, theirs, threshold)
    has = data >= 0
    exact = has & np.isin(data, theirs)
    similarity = np.where(exact, 1.0, np.where(has, best[np.maximum(data, 0)], 0.0))
    match = np.where(exact, data, np.where(has, partner[np.maximum(data, 0)], -1))
    bits = np.where(exact, int(Leak.PROMPT), 0) | np.where(~exact & (similarity >= threshold), int(Leak.NEAR_PROMPT), 0)
    for bit, columns in (
        (Leak.CONVERSATION, ("conversation_key",)),
        (Leak.PAIR, ("pair_key",)),
        (Leak.RESPONSE, ("a_key", "b_key")),
    ):
        bits |= np.where(_shared_keys(whole.signals, columns, protected, n), int(bit), 0)
    shared = None
    if not name.startswith("split="):
        shared = _word_overlap(whole, prompts, data, theirs, pool)
        bits |= np.where(shared.matches & ~exact, int(Leak.WORDS), 0)
    first = _first_row(numbers, protected, len(prompts.texts))
    return Found(name, np.where(own, -1, bits), similarity, np.where(match >= 0, first[match], -1), shared)


def _nearest(clusters: Clusters, protected: Ints, threshold: float) -> tuple[Floats, Ints]:
    """Return each text's largest similarity to a protected text of its cluster, and that text; 0 and -1 for none."""
    best, partner = np.zeros(len(clusters.root)), np.full(len(clusters.root), -1, np.int64)
    members = clusters.verified
    roots = clusters.root[members]
    guarded = np.isin(members, protected)
    order = np.argsort(roots, kind="stable")
    heads = np.flatnonzero(np.diff(roots[order], prepend=-1, append=-1)) if len(order) else order
    for start, stop in pairwise(heads):
        group = order[start:stop]
        inside = group[guarded[group]]
        if stop - start < 2 or not len(inside):
            continue
        inside = inside[: max(1, PAIRS_A_CLUSTER // len(group))]
        found = similarities(clusters.sets, np.repeat(group, len(inside)), np.tile(inside, len(group)))
        table = found.reshape(len(group), len(inside))
        best[members[group]] = table.max(axis=1)
        partner[members[group]] = members[inside[table.argmax(axis=1)]]
    partner[best < threshold] = -1
    return np.where(best >= threshold, best, 0.0), partner


def _shared_keys(signals: Signals, columns: Sequence[str], protected: Bools, n: int) -> Bools:
    """Return the data's rows that have, in one of the columns, a key which a protected row has in one of them."""
    present = [name for name in columns if signals.has(name)]
    found = np.zeros(n, np.bool_)
    if not present or (columns[0] != "conversation_key" and not signals.has("a_bytes")):
        return found
    loaded = [(key_matrix(signals.load(name)), signals.load(name).is_valid().to_numpy()) for name in present]
    theirs = np.concatenate([keys[protected & valid] for keys, valid in loaded])
    theirs = theirs[np.lexsort((theirs[:, 1], theirs[:, 0]))]
    for keys, valid in loaded:
        found |= (find_keys(theirs, keys[:n]) >= 0) & valid[:n]
    return found


def _word_overlap(whole: Corpus, prompts: RoleTexts, data: Ints, theirs: Ints, pool: ThreadPoolExecutor) -> Overlap:
    """Return what each comparison's prompt shares, word for word, with the protected prompts."""
    mine = np.unique(data[data >= 0])

    def runs(chosen: Ints) -> ShingleSets:
        places = places_of(prompts.numbers, chosen, len(prompts.texts))
        return reread(
            places, whole.readings, whole.signals, pool, lambda texts, rows: word_runs(texts, RUN, rows), len(chosen)
        )

    found = overlap(runs(mine), runs(theirs))
    at = np.searchsorted(mine, data)
    at = np.where(data >= 0, at, len(mine))
    return Overlap(
        *(
            np.append(column, none)[at]
            for column, none in zip((found.coverage, found.longest, found.first), (0.0, 0, -1), strict=True)
        )
    )


def _first_row(numbers: Ints, protected: Bools, texts: int) -> Ints:
    """Return the first protected row of each text, -1 for none."""
    rows = np.flatnonzero(protected & (numbers >= 0))[::-1]
    first = np.full(texts + 1, -1, np.int64)
    first[numbers[rows]] = rows
    return first


def add_leaks(signals: Signals, found: Sequence[Found]) -> Signals:
    """Return the signals with a column for each protected set, and one for all."""
    if not found:
        return signals
    guarded = found[0].bits < 0
    every = np.zeros(len(guarded), np.int64)
    columns: dict[str, pa.ChunkedArray] = {}
    for one in found:
        columns[LEAK_PREFIX + one.name] = pa.chunked_array([pa.array(one.bits, mask=guarded)])
        every |= np.where(guarded, 0, one.bits)
    columns["leaks"] = pa.chunked_array([pa.array(every, mask=guarded)])
    return with_columns(signals, columns)

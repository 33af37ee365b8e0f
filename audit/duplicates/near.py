"""From signals to signals: adds which comparisons share a near-duplicate prompt or response.

Columns added, one value a comparison: `near_prompt`, `near_a`, `near_b` (int64 cluster numbers that follow the keys,
not the order of rows; null where the text is null), `near_least` (least similarity within any of its clusters) and
`near_head_a`, `near_tail_a` and so for b (numbers of how the responses begin and end; null where too short), and
`near_cut` (one of its texts was compared with the nearest of those that share a part with it, not with all).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from audit.duplicates.clusters import THRESHOLD, Clusters, cluster_texts
from audit.duplicates.copies import ranked
from audit.duplicates.reread import Place, reread
from audit.duplicates.texts import PLACES, Texts, gather
from audit.extract.shingles import ShingleSets, shingle_sets
from audit.extract.sketches import PROMPT, RESPONSE
from audit.reading import Reading
from audit.signals import Ints, Signals
from audit.store import Shard

TEXT_OF = {"prompt_key": "prompt", "a_key": "response_a", "b_key": "response_b"}
COLUMN_OF = {"prompt_key": "near_prompt", "a_key": "near_a", "b_key": "near_b"}


@dataclass(frozen=True)
class RoleTexts:
    """The texts of one role, where they stand, and their clusters."""

    texts: Texts
    numbers: Mapping[str, Ints]
    """Text number of each comparison by key column, -1 for none."""
    clusters: Clusters


@dataclass(frozen=True)
class Near:
    """Everything that was found about near duplicates."""

    prompts: RoleTexts
    responses: RoleTexts
    threshold: float

    def extend(self, signals: Signals) -> Signals:
        """Return the signals with the columns of near duplicates."""
        columns: dict[str, pa.ChunkedArray] = {}
        least, cut = np.ones(signals.comparisons), np.zeros(signals.comparisons, np.bool_)
        for role in (self.prompts, self.responses):
            for key, numbers in role.numbers.items():
                missing = numbers < 0
                if not missing.all():
                    roots = role.clusters.root[np.maximum(numbers, 0)]
                    columns[COLUMN_OF[key]] = pa.chunked_array([pa.array(roots, mask=missing)])
                    cut |= ~missing & role.clusters.cut[np.maximum(numbers, 0)]
                    least = np.minimum(least, np.where(missing, 1.0, role.clusters.least[np.maximum(numbers, 0)]))
        if columns:
            columns |= self._edges()
            columns["near_least"] = pa.chunked_array([pa.array(least)])
            columns["near_cut"] = pa.chunked_array([pa.array(cut)])
        return with_columns(signals, columns)

    def _edges(self) -> dict[str, pa.ChunkedArray]:
        """How the responses begin and end, by number: equal where the first or last words are; null where too short."""
        texts, columns = self.responses.texts, {}
        for at, name in enumerate(("head", "tail")):
            numbers = ranked(np.ascontiguousarray(texts.edges[:, at]))
            for key, side in (("a_key", "a"), ("b_key", "b")):
                if key in self.responses.numbers and len(texts):
                    text = self.responses.numbers[key]
                    missing = (text < 0) | (texts.edges[np.maximum(text, 0), at] == 0)
                    values = numbers[np.maximum(text, 0)]
                    columns[f"near_{name}_{side}"] = pa.chunked_array([pa.array(values, mask=missing)])
        return columns


def with_columns(signals: Signals, columns: Mapping[str, pa.ChunkedArray]) -> Signals:
    """Return signals that have further columns of comparisons."""

    def load(name: str) -> pa.ChunkedArray:
        return columns[name] if name in columns else signals.load(name)

    return replace(signals, columns=signals.columns | columns.keys(), load=load)


def find_near(
    readings: Sequence[Reading],
    shards: Sequence[Shard],
    signals: Signals,
    pool: ThreadPoolExecutor,
    threshold: float = THRESHOLD,
) -> Near:
    """Find near-duplicate prompts and, apart from them, near-duplicate responses.

    Args:
        readings: the files, in the order of the signals' file numbers.
        shards: their shards, with sketches.
        signals: all of them.
        pool: workers for reading candidates' texts again.
        threshold: least Jaccard similarity.
    """
    prompts, responses = (role_texts(role, readings, shards, signals, pool, threshold) for role in (PROMPT, RESPONSE))
    return Near(prompts, responses, threshold)


def role_texts(
    role: int,
    readings: Sequence[Reading],
    shards: Sequence[Shard],
    signals: Signals,
    pool: ThreadPoolExecutor,
    threshold: float,
) -> RoleTexts:
    """Find the clusters of the texts of one role; arguments as for `find_near`."""
    texts = gather(shards, role)
    numbers = {key: texts.numbers(signals.load(key)) for key in PLACES[role] if signals.has(key)}
    occurrences = np.zeros(len(texts), np.int64)
    for column in numbers.values():
        occurrences += np.bincount(column[column >= 0], minlength=len(texts))

    def sets_of(chosen: Ints) -> ShingleSets:
        places = places_of(numbers, chosen, len(texts))
        return reread(places, readings, signals, pool, shingle_sets, len(chosen))

    return RoleTexts(texts, numbers, cluster_texts(texts, occurrences, sets_of, threshold))


def places_of(numbers: Mapping[str, Ints], chosen: Ints, count: int) -> list[Place]:
    """Return one place for each chosen text, named by its position in `chosen`."""
    name = np.full(count + 1, -1, np.int64)  # the last stands for no text
    name[chosen] = np.arange(len(chosen))
    places = []
    for key, column in numbers.items():
        named = name[column]
        at = np.flatnonzero(named >= 0)
        first = np.unique(named[at], return_index=True)[1]
        at = at[first]
        places.append(Place(TEXT_OF[key], at, named[at]))
        name[chosen[named[at]]] = -1
    return places

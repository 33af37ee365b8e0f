"""The evidence as tables: every member of every cluster, and every leak, with where it stands and why it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.duplicates.copies import near_sides, sizes
from audit.duplicates.leakage import Found
from audit.duplicates.leaks import Leak
from audit.duplicates.near import TEXT_OF, Near, RoleTexts
from audit.signals import Bools, Ints, Signals, key_matrix

SIDE_OF: Final = {"prompt": "prompt", "response_a": "a", "response_b": "b"}
WHY: Final = (
    "the cluster's most frequent pair",
    "the cluster's most frequent text",
    "the same text as the representative",
    "nearly the same text as the representative",
    "the same prompt and responses as the kept comparison",
    "nearly the same prompt and responses as the kept comparison",
)
FREQUENT_PAIR, FREQUENT, SAME_TEXT, NEAR_TEXT, SAME_PAIR, NEAR_PAIR = range(6)

LARGEST: Final = 10
"""Clusters of each kind that a report shows."""
MEMBERS: Final = 5
"""Members of each."""

CLUSTERS: Final = pa.schema(
    [
        pa.field("kind", pa.string(), metadata={"meaning": "what is nearly the same: pair, prompt or response"}),
        pa.field("cluster", pa.int64(), metadata={"meaning": "number of the cluster among those of its kind"}),
        pa.field("size", pa.int64(), metadata={"meaning": "members of the cluster"}),
        pa.field("file", pa.string()),
        pa.field("row", pa.int64(), metadata={"meaning": "1-based line or row number"}),
        pa.field("part", pa.int64(), metadata={"meaning": "0-based index among the comparisons of the row"}),
        pa.field("side", pa.string(), metadata={"meaning": "prompt, a or b; null for a pair"}),
        pa.field(
            "similarity",
            pa.float64(),
            metadata={"meaning": "Jaccard similarity of the text to the cluster's representative; null for a pair"},
        ),
        pa.field(
            "keep",
            pa.bool_(),
            metadata={"meaning": "one member of each cluster; a repeated prompt or response is no waste by itself"},
        ),
        pa.field("why", pa.string()),
    ]
)
LEAKS: Final = pa.schema(
    [
        pa.field("against", pa.string(), metadata={"meaning": "the protected set"}),
        pa.field("file", pa.string()),
        pa.field("row", pa.int64(), metadata={"meaning": "1-based line or row number"}),
        pa.field("part", pa.int64()),
        pa.field("shares", pa.string(), metadata={"meaning": "what is shared, joined by commas"}),
        pa.field("similarity", pa.float64(), metadata={"meaning": "of the prompt to the nearest protected one"}),
        pa.field("matched_file", pa.string(), metadata={"meaning": "where that protected prompt stands"}),
        pa.field("matched_row", pa.int64()),
        pa.field("coverage", pa.float64(), metadata={"meaning": "share of the prompt's words in shared 8-word runs"}),
        pa.field("words", pa.int64(), metadata={"meaning": "words of the longest shared stretch"}),
        pa.field("first_word", pa.int64(), metadata={"meaning": "0-based number of the word that it starts at"}),
    ]
)


def cluster_table(near: Near, signals: Signals) -> pa.Table:
    """Return every member of every cluster of at least two members.

    Args:
        near: the clusters of texts.
        signals: the data's signals with the columns of near duplicates.
    """
    places = _Places(signals)
    parts = [*_texts("prompt", near.prompts, places), *_texts("response", near.responses, places)]
    if signals.has("near_prompt", "near_a", "near_b"):
        parts.insert(0, _pairs(signals, places))
    return pa.Table.from_batches(parts, CLUSTERS)


class _Places:
    """Where comparisons stand, and their order by file and row."""

    def __init__(self, signals: Signals) -> None:
        self.files = signals.ints("file")
        self.rows = signals.ints("row")
        self.parts = signals.ints("part") if signals.has("part") else np.zeros(len(self.rows), np.int64)
        self.names = pa.array(signals.files, pa.string())

    def order(self, groups: Ints, at: Ints, side: Ints) -> Ints:
        """Return the order of members by group, then by place."""
        return np.lexsort((side, self.parts[at], self.rows[at], self.files[at], groups))

    def columns(self, at: Ints) -> list[pa.Array]:
        return [self.names.take(pa.array(self.files[at])), pa.array(self.rows[at]), pa.array(self.parts[at])]


def _pairs(signals: Signals, places: _Places) -> pa.RecordBatch:
    """Which comparison of a cluster is kept follows from what it says, its place decides among equal ones only."""
    groups, exact = near_sides(signals).pair, signals.groups("pair_key")
    at = np.flatnonzero(sizes(groups) > 1)
    at = at[np.lexsort((*_by_content(signals, places, exact, at), groups[at]))]
    first = np.diff(groups[at], prepend=-1) != 0
    lead = at[first][np.cumsum(first) - 1] if len(at) else at
    shown = np.lexsort((places.parts[at], places.rows[at], places.files[at], ~first, groups[at]))
    at, first, lead = at[shown], first[shown], lead[shown]
    why = np.where(first, FREQUENT_PAIR, np.where(exact[at] == exact[lead], SAME_PAIR, NEAR_PAIR))
    return _batch("pair", groups[at], places, at, pa.nulls(len(at), pa.string()), None, first, why)


def _by_content(signals: Signals, places: _Places, exact: Ints, at: Ints) -> tuple[np.ndarray, ...]:
    """Sort keys, the last the most important: how often a pair stands there, its digest, its label, its place."""
    keys = key_matrix(signals.load("pair_key"))[at]
    label = signals.ints("label")[at] if signals.has("label") else np.zeros(len(at), np.int64)
    often = sizes(exact)[at]
    return places.parts[at], places.rows[at], places.files[at], label, keys[:, 1], keys[:, 0], -often


def _texts(kind: str, role: RoleTexts, places: _Places) -> Iterator[pa.RecordBatch]:
    """One batch of all clusters of one role, a member an occurrence of a text."""
    names = [SIDE_OF[TEXT_OF[key]] for key in role.numbers]
    numbers = list(role.numbers.values())
    if not numbers:
        return
    text = np.concatenate(numbers)
    at = np.tile(np.arange(len(numbers[0])), len(numbers))
    side = np.repeat(np.arange(len(numbers)), len(numbers[0]))
    kept = np.flatnonzero(text >= 0)
    groups = role.clusters.root[text[kept]]
    kept = kept[np.bincount(groups, minlength=1)[groups] > 1]
    groups = role.clusters.root[text[kept]]
    kept = kept[places.order(groups, at[kept], side[kept])]
    text, at, side = text[kept], at[kept], side[kept]
    groups, chief = role.clusters.root[text], role.clusters.representative[text] == text
    keep = _first_of(groups, chief)
    why = np.where(keep, FREQUENT, np.where(chief, SAME_TEXT, NEAR_TEXT))
    sides = pa.array(names, pa.string()).take(pa.array(side))
    yield _batch(kind, groups, places, at, sides, role.clusters.similarity[text], keep, why)


def _first_of(groups: Ints, chosen: Bools) -> Bools:
    """Mark the first chosen member of each group; members come group by group."""
    first = np.zeros(len(groups), np.bool_)
    at = np.flatnonzero(chosen)
    first[at[np.diff(groups[at], prepend=-1) != 0]] = True
    return first


def _batch(
    kind: str,
    groups: Ints,
    places: _Places,
    at: Ints,
    sides: pa.Array,
    similarity: np.ndarray | None,
    keep: Bools,
    why: Ints,
) -> pa.RecordBatch:
    clusters = np.unique(groups, return_inverse=True)[1]
    members = np.bincount(clusters, minlength=1)[clusters] if len(at) else at
    columns = [
        pa.array([kind], pa.string()).take(pa.array(np.zeros(len(at), np.int64))),
        pa.array(clusters.astype(np.int64)),
        pa.array(members),
        *places.columns(at),
        sides,
        pa.nulls(len(at), pa.float64()) if similarity is None else pa.array(similarity),
        pa.array(keep),
        pa.array(WHY, pa.string()).take(pa.array(why)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=CLUSTERS)


def largest_clusters(table: pa.Table, most: int = LARGEST, members: int = MEMBERS) -> list[dict[str, Any]]:
    """Return the largest clusters of each kind, the largest first, with their first members.

    Args:
        table: as `cluster_table` returns it.
        most: clusters of each kind.
        members: of each cluster.
    """
    found: list[dict[str, Any]] = []
    for kind in ("pair", "prompt", "response"):
        own = table.filter(pc.equal(table["kind"], kind))
        size, cluster = own["size"].to_numpy(), own["cluster"].to_numpy()
        first = np.flatnonzero(np.diff(cluster, prepend=-1) != 0)
        for at in first[np.argsort(-size[first], kind="stable")][:most].tolist():
            shown = own.slice(at, min(int(size[at]), members)).to_pylist()
            found.append({"kind": kind, "cluster": int(cluster[at]), "size": int(size[at]), "members": shown})
    return found


def leak_table(leaks: Sequence[Found], whole: Signals) -> pa.Table:
    """Return every comparison that shares something with a protected set, once for each set.

    Args:
        leaks: what was found.
        whole: signals of the data and, behind them, of the protected files.
    """
    places = _Places(whole)
    return pa.Table.from_batches([_leaks_of(one, places) for one in leaks], LEAKS)


def _leaks_of(found: Found, places: _Places) -> pa.RecordBatch:
    at = np.flatnonzero(found.bits > 0)
    at = at[places.order(np.zeros(len(at), np.int64), at, np.zeros(len(at), np.int64))]
    matched = found.matched[at]
    none = matched < 0
    where = np.maximum(matched, 0)
    shared = found.shared
    words = [pa.nulls(len(at), field.type) for field in list(LEAKS)[-3:]]
    if shared is not None:
        words = [pa.array(shared.coverage[at]), pa.array(shared.longest[at]), pa.array(shared.first[at])]
    columns = [
        pa.array([found.name] * len(at), pa.string()),
        *places.columns(at),
        pa.array([_said(bits) for bits in found.bits[at].tolist()], pa.string()),
        pa.array(found.similarity[at], mask=found.similarity[at] == 0),
        pc.if_else(pa.array(none), pa.scalar(None, pa.string()), places.columns(where)[0]),
        pa.array(places.rows[where], mask=none),
        *words,
    ]
    return pa.RecordBatch.from_arrays(columns, schema=LEAKS)


def _said(bits: int) -> str:
    return ",".join(str(flag.name).lower() for flag in Leak if bits & flag)

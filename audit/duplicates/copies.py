"""Which comparisons repeat others, and which take back what others say: group numbers in, masks and counts out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals, key_groups, key_matrix

MOST: Final = np.iinfo(np.int64).max


def dense(*columns: Ints) -> Ints:
    """Return a group number for each different combination of values, numbered in sorted order; shape (n,).

    Args:
        columns: shape (n,) each, not negative.
    """
    found, reach = columns[0], int(columns[0].max(initial=0)) + 1
    for column in columns[1:]:
        inner, width = column, int(column.max(initial=0)) + 1
        if reach * width > MOST:  # ranks are below n each
            found, inner = ranked(found), ranked(column)
            reach = width = len(found)
        found, reach = found * width, reach * width
        found += inner
    return ranked(found)


def ranked(values: Ints | npt.NDArray[np.uint64]) -> Ints:
    """Number values densely in sorted order; shape (n,)."""
    order = np.argsort(values)
    ranked = values[order]
    is_new = ranked[1:] != ranked[:-1]
    numbers = np.zeros(len(values), dtype=np.int64)
    numbers[order[1:]] = np.cumsum(is_new, out=ranked[1:])
    return numbers


@dataclass(frozen=True)
class Sides:
    """Prompt and text numbers of each comparison, shape (n,), and which side it prefers."""

    prompt: Ints
    a: Ints
    b: Ints
    """Numbers of the same kind as `a`: equal where the texts are."""
    label: Ints

    @cached_property
    def pair(self) -> Ints:
        """Group numbers of the prompt with both texts in either order."""
        return dense(self.prompt, np.minimum(self.a, self.b), np.maximum(self.a, self.b))

    @cached_property
    def nodes(self) -> tuple[Ints, Ints]:
        """The winner and the loser as group numbers of the text under its prompt."""
        n, winner, loser = len(self.label), self.winner, self.loser
        width = int(max(winner.max(initial=0), loser.max(initial=0))) + 1
        both = np.empty(2 * n, dtype=np.int64)  # in place: at a million rows every column counts
        np.multiply(self.prompt, width, out=both[:n])
        np.add(both[:n], loser, out=both[n:])
        both[:n] += winner
        node = ranked(both)
        return node[:n], node[n:]

    @property
    def decisive(self) -> Bools:
        """Comparisons that prefer one of two different texts."""
        return np.asarray(((self.label == A) | (self.label == B)) & (self.a != self.b))

    @property
    def winner(self) -> Ints:
        """The preferred text; meaningless where not decisive."""
        return np.where(self.label == B, self.b, self.a)

    @property
    def loser(self) -> Ints:
        """The other text."""
        return np.where(self.label == B, self.a, self.b)


def exact_sides(signals: Signals) -> Sides:
    """Return sides whose texts are numbered by their keys; null texts are all different."""
    parts = [signals.load("a_key"), signals.load("b_key")]
    both = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
    null, keys = both.is_null().to_numpy(), key_matrix(both)
    del parts, both  # at a million rows every column counts
    numbers = key_groups(keys, null)
    n = signals.comparisons
    return Sides(signals.groups("prompt_key"), numbers[:n], numbers[n:], _labels(signals))


def near_sides(signals: Signals) -> Sides:
    """Return sides whose texts are numbered by near-duplicate cluster; null texts are all different."""
    prompt = _own(signals.ints("near_prompt", missing=-1))
    both = _own(np.concatenate([signals.ints("near_a", missing=-1), signals.ints("near_b", missing=-1)]))
    n = signals.comparisons
    return Sides(prompt, both[:n], both[n:], _labels(signals))


def _own(numbers: Ints) -> Ints:
    """Give each missing value (-1) a number of its own."""
    missing = numbers < 0
    return np.where(missing, int(numbers.max(initial=0)) + np.cumsum(missing), numbers)


def _labels(signals: Signals) -> Ints:
    return signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, np.int64)


def sizes(groups: Ints) -> Ints:
    """Return how many members each comparison's group has, shape (n,)."""
    return np.bincount(groups)[groups] if len(groups) else groups


def beyond_first(groups: Ints) -> int:
    """Return members less groups."""
    return len(groups) - int(np.count_nonzero(np.bincount(groups)))


def both_ways(sides: Sides) -> Bools:
    """Return the comparisons whose pair of texts is preferred one way here and the other way elsewhere."""
    decisive, pair = sides.decisive, sides.pair
    up = sides.winner < sides.loser
    groups = int(pair.max(initial=-1)) + 1
    one = np.bincount(pair[decisive & up], minlength=groups) > 0
    other = np.bincount(pair[decisive & ~up], minlength=groups) > 0
    return np.asarray(decisive & (one & other)[pair])


def won_and_lost(sides: Sides) -> tuple[int, Bools]:
    """Return how many texts win one comparison and lose another under one prompt, and the comparisons they stand in."""
    decisive, (win, lose) = sides.decisive, sides.nodes
    both = _turncoats(win[decisive], lose[decisive], len(win))
    return int(both.sum()), np.asarray(decisive & (both[win] | both[lose]))


def _turncoats(win: Ints, lose: Ints, rows: int) -> Bools:
    """The nodes that win one edge and lose another; shape (2 * rows,)."""
    wins, losses = np.zeros(2 * rows, dtype=np.bool_), np.zeros(2 * rows, dtype=np.bool_)
    wins[win] = losses[lose] = True
    return np.asarray(wins & losses)


def on_cycles(sides: Sides) -> Bools:
    """Return the comparisons that lie on a cycle of preferences inside a prompt.

    An edge lies on a cycle just when its ends are in one strongly connected component. Edges with an end that only wins
    or only loses lie on none and are dropped first, which mostly leaves nothing.
    """
    found = np.zeros(len(sides.label), np.bool_)
    edges, left = np.flatnonzero(sides.decisive), -1
    win, lose = sides.nodes
    while len(edges) != left:
        left = len(edges)
        both = _turncoats(win[edges], lose[edges], len(win))
        edges = edges[both[win[edges]] & both[lose[edges]]]
    if left:
        found[edges] = _same_component(win[edges], lose[edges])
    return found


def _same_component(win: Ints, lose: Ints) -> Bools:
    """Which edges have both ends in one strongly connected component; shape (n,)."""
    from scipy.sparse import coo_array  # heavy, needed only here
    from scipy.sparse.csgraph import connected_components

    node = dense(np.concatenate([win, lose]))
    win, lose = node[: len(win)], node[len(win) :]
    count = int(node.max()) + 1
    graph = coo_array((np.ones(len(win), np.int8), (win, lose)), shape=(count, count))
    component = connected_components(graph, directed=True, connection="strong")[1]
    return np.asarray(component[win] == component[lose])


def effective_size(groups: Ints, weights: Floats) -> float:
    """Return Kish's effective number of units whose members count as one: (sum W)^2 / sum W^2, W a group's weight.

    Source: Kish 1965, Survey Sampling, with whole groups as units.
    """
    total = np.bincount(groups, weights)
    squares = float((total**2).sum())
    return float(total.sum()) ** 2 / squares if squares > 0 else 0.0


def comparison_weights(signals: Signals) -> Floats:
    """Return each comparison's weight, 1 where none is recorded; negative and broken ones count as 0."""
    if not signals.has("weight"):
        return np.ones(signals.comparisons)
    found = np.nan_to_num(signals.floats("weight"), nan=1.0, posinf=0.0, neginf=0.0)
    return np.maximum(found, 0.0)


def response_counts(signals: Signals, sides: Sides) -> Ints:
    """Return how often each different response text stands in the file; nulls are no text.

    Args:
        signals: what `sides` was made from.
        sides: as `exact_sides` returns them.
    """
    held = [~signals.load(name).is_null().to_numpy() for name in ("a_key", "b_key")]
    counts = np.bincount(np.concatenate([sides.a[held[0]], sides.b[held[1]]]))
    return counts[counts > 0]

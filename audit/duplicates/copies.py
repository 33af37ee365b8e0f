"""Which comparisons repeat others, and which take back what others say: group numbers in, masks and counts out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals, key_groups, key_matrix


def dense(*columns: Ints) -> Ints:
    """Return a group number for each different combination of values, numbered in sorted order; shape (n,)."""
    found = columns[0]
    for column in columns[1:]:
        found = np.unique(found, return_inverse=True)[1] * (int(column.max(initial=0)) + 1) + column
    return np.asarray(np.unique(found, return_inverse=True)[1], dtype=np.int64)


@dataclass(frozen=True)
class Sides:
    """Prompt and text numbers of each comparison, shape (n,), and which side it prefers."""

    prompt: Ints
    a: Ints
    b: Ints
    """Numbers of the same kind as `a`: equal where the texts are."""
    label: Ints

    @property
    def pair(self) -> Ints:
        """Group numbers of the prompt with both texts in either order."""
        return dense(self.prompt, np.minimum(self.a, self.b), np.maximum(self.a, self.b))

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
    keys = np.concatenate([key_matrix(part) for part in parts])
    null = np.concatenate([part.is_null().to_numpy() for part in parts])
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
    return len(groups) - len(np.unique(groups))


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
    decisive = sides.decisive
    node = dense(np.tile(sides.prompt, 2), np.concatenate([sides.winner, sides.loser]))
    win, lose = node[: len(decisive)], node[len(decisive) :]
    count = int(node.max(initial=-1)) + 1
    both = (np.bincount(win[decisive], minlength=count) > 0) & (np.bincount(lose[decisive], minlength=count) > 0)
    return int(both.sum()), np.asarray(decisive & (both[win] | both[lose]))


def on_cycles(sides: Sides) -> Bools:
    """Return the comparisons that lie on a cycle of preferences inside a prompt.

    An edge lies on a cycle just when its ends are in one strongly connected component.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    decisive = np.flatnonzero(sides.decisive)
    found = np.zeros(len(sides.label), np.bool_)
    if not len(decisive):
        return found
    prompt = sides.prompt[decisive]
    node = dense(np.tile(prompt, 2), np.concatenate([sides.winner[decisive], sides.loser[decisive]]))
    win, lose = node[: len(decisive)], node[len(decisive) :]
    count = int(node.max()) + 1
    graph = coo_array((np.ones(len(win), np.int8), (win, lose)), shape=(count, count))
    component = connected_components(graph, directed=True, connection="strong")[1]
    found[decisive] = component[win] == component[lose]
    return found


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


def response_counts(signals: Signals) -> Ints:
    """Return how often each different response text stands in the file, in the order of their keys."""
    parts = [signals.load(name).drop_null() for name in ("a_key", "b_key")]
    every = pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
    groups = key_groups(key_matrix(every), np.zeros(len(every), np.bool_))
    return np.bincount(groups)

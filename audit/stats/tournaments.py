"""Who beats whom: triads, Kendall's coefficient of consistence, and Bradley-Terry strengths.

Edges join two players, the lower number first; a direction is 1 where the lower-numbered one won, -1 where the other
did, 0 where neither. Players of different groups never meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PRIOR = 0.5
"""Votes won and votes lost against a player of strength one that every player gets, so that strengths stay finite."""
ROUNDS = 200
CONVERGED = 1e-8
MOST_SCALE = 16.0
"""Largest factor on gaps of log strength."""
HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Triads:
    """Threes of players who all met, as numbers of their edges: low-middle, middle-high, low-high. Shape (t,) each."""

    low_middle: Ints
    middle_high: Ints
    low_high: Ints

    def __len__(self) -> int:
        return len(self.low_middle)

    def states(self, direction: Ints) -> tuple[Bools, Bools]:
        """Return which triads are cycles and which are decided, shape (t,) each.

        Args:
            direction: shape (edges,).
        """
        one, two, three = direction[self.low_middle], direction[self.middle_high], direction[self.low_high]
        decided = (one != 0) & (two != 0) & (three != 0)
        return decided & (one == two) & (one != three), decided


def triads(low: Ints, high: Ints, most: int) -> Triads:
    """Return the triads of a graph; those of the first players where there would be more than `most` to look at.

    Args:
        low: shape (edges,), lower-numbered players, sorted with `high`, each edge once.
        high: shape (edges,).
        most: pairs of edges of one lowest player that are looked at.
    """
    count = len(low)
    start = np.flatnonzero(np.concatenate([[True], low[1:] != low[:-1]])) if count else np.zeros(0, dtype=np.int64)
    size = np.diff(np.append(start, count))
    last = np.repeat(start + size, size)  # where the edges of an edge's lowest player end
    after = last - np.arange(count) - 1
    kept = np.cumsum(after) <= most
    first = np.repeat(np.arange(count)[kept], after[kept])
    offset = np.arange(len(first)) - np.repeat(np.cumsum(after[kept]) - after[kept], after[kept])
    second = first + 1 + offset
    width = int(high.max(initial=0)) + 1
    names = low * width + high
    wanted = high[first] * width + high[second]
    at = np.minimum(np.searchsorted(names, wanted), max(count - 1, 0))
    found = names[at] == wanted if count else np.zeros(0, dtype=np.bool_)
    return Triads(first[found], at[found], second[found])


def kendall_zeta(cycles: Ints, players: Ints) -> Floats:
    """Return Kendall's coefficient of consistence of complete tournaments: 1 without a cycle, 0 with the most.

    1 - 24 d / (n^3 - n) for odd n, 1 - 24 d / (n^3 - 4 n) for even n.

    Args:
        cycles: d, shape (m,).
        players: n, shape (m,), at least 3.

    Source: Kendall and Babington Smith 1940, Biometrika 31.
    """
    n = players.astype(np.float64)
    return np.asarray(1 - 24 * cycles / (n**3 - np.where(players % 2 == 1, 1, 4) * n))


def bradley_terry(low: Ints, high: Ints, wins: Floats, votes: Floats) -> Floats:
    """Return the fitted chance that the lower-numbered player of each edge wins, shape (edges,).

    Every player also wins and loses PRIOR votes against a player of strength one.

    Args:
        low: shape (edges,).
        high: shape (edges,).
        wins: shape (edges,), votes for the lower-numbered player; halves are allowed.
        votes: shape (edges,), above 0.

    Source: Bradley and Terry 1952, Biometrika 39; Hunter 2004, Ann. Statist. 32 (the iteration).
    """
    players = int(high.max(initial=-1)) + 1
    total = np.bincount(low, weights=wins, minlength=players) + PRIOR
    total += np.bincount(high, weights=votes - wins, minlength=players)
    strength = np.ones(players)
    for _ in range(ROUNDS):
        each = votes / (strength[low] + strength[high])
        shared = np.bincount(low, weights=each, minlength=players) + 2 * PRIOR / (strength + 1)
        shared += np.bincount(high, weights=each, minlength=players)
        fresh = total / shared
        moved = float(np.abs(np.log(fresh) - np.log(strength)).max(initial=0.0))
        strength = fresh
        if moved < CONVERGED:
            break
    return np.asarray(strength[low] / (strength[low] + strength[high]))


def noise_matched(chance: Floats, wins: Floats, votes: Floats) -> Floats:
    """Return fitted chances made as noisy as the votes are, shape (edges,).

    Strengths that are fitted to a few votes follow their noise, so votes drawn from them agree too well. All gaps of
    log strength are scaled by one factor, at which two votes on an edge agree as often as they do in the data:
    mean(p^2 + (1 - p)^2) = mean pa over edges with two votes. Without such edges the chances stay.

    Args:
        chance: shape (edges,), of `bradley_terry`.
        wins: shape (edges,).
        votes: shape (edges,).
    """
    several = votes >= 2
    if not several.any():
        return chance
    w, n = wins[several], votes[several]
    observed = float(((w * (w - 1) + (n - w) * (n - w - 1)) / (n * (n - 1))).mean())
    gap = np.log(chance) - np.log1p(-chance)
    low, high = 0.0, MOST_SCALE
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        p = 1 / (1 + np.exp(-middle * gap[several]))
        low, high = (middle, high) if float((p * p + (1 - p) ** 2).mean()) < observed else (low, middle)
    return np.asarray(1 / (1 + np.exp(-high * gap)))

"""Triads, consistence and strengths against loops over all threes, adjacency powers and a fitted model."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from audit.stats.tournaments import PRIOR, bradley_terry, kendall_zeta, noise_matched, triads


def graph(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random edges of n players with random directions, some of them none."""
    random = np.random.default_rng(seed)
    edges = np.array([pair for pair in combinations(range(n), 2) if random.random() < share]).reshape(-1, 2)
    return edges[:, 0], edges[:, 1], random.integers(-1, 2, len(edges))


@pytest.mark.parametrize("seed", range(5))
def test_triads_against_all_threes(seed: int) -> None:
    """Cyclic and decided triads are those that a loop over all threes of players finds."""
    low, high, direction = graph(12, 0.6, seed)
    to = {(int(i), int(j)): int(d) for i, j, d in zip(low, high, direction, strict=True)}
    decided = cyclic = met = 0
    for i, j, k in combinations(range(12), 3):
        if (i, j) in to and (j, k) in to and (i, k) in to:
            met += 1
            one, two, three = to[i, j], to[j, k], to[i, k]
            if one and two and three:
                decided += 1
                cyclic += one == two == -three
    found = triads(low, high, 10**6)
    is_cycle, is_decided = found.states(direction)
    assert (len(found), int(is_cycle.sum()), int(is_decided.sum())) == (met, cyclic, decided)


def test_cyclic_triads_are_the_trace_of_the_cube() -> None:
    """In a tournament each cycle of three adds three to the trace of M^3; a random one has a quarter of its triads."""
    low, high, direction = graph(40, 1.0, 0)
    direction = np.where(direction == 0, 1, direction)
    beats = np.zeros((40, 40))
    beats[low[direction > 0], high[direction > 0]] = 1
    beats[high[direction < 0], low[direction < 0]] = 1
    random = np.random.default_rng(3)
    is_cycle, is_decided = triads(low, high, 10**6).states(direction)
    assert is_cycle.sum() == round(np.trace(beats @ beats @ beats) / 3)
    coin = np.where(random.random(len(low)) < 0.5, 1, -1)
    assert triads(low, high, 10**6).states(coin)[0].sum() / is_decided.sum() == pytest.approx(0.25, abs=0.03)


def test_few_triads_are_looked_at_under_a_budget() -> None:
    """A budget of wedges keeps the triads of the first players."""
    low, high, _ = graph(30, 1.0, 0)
    some = triads(low, high, 500)
    assert 0 < len(some) <= 500
    assert set(low[some.low_middle]) <= {0, 1}
    assert not len(triads(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), 10))


def test_kendall_zeta() -> None:
    """No cycle is 1; the most there can be, (n^3 - n) / 24 for odd n and (n^3 - 4 n) / 24 for even n, is 0."""
    assert kendall_zeta(np.array([0, 0]), np.array([5, 6])).tolist() == [1.0, 1.0]
    assert kendall_zeta(np.array([1, 5, 2, 8]), np.array([3, 5, 4, 6])).tolist() == [0.0, 0.0, 0.0, 0.0]


def test_bradley_terry_against_direct_maximisation() -> None:
    """The fitted chances maximise the likelihood of the votes and of the two that each player gets besides."""
    random = np.random.default_rng(0)
    low, high, _ = graph(6, 1.0, 0)
    votes = random.integers(1, 8, len(low)).astype(float)
    wins = random.binomial(votes.astype(int), 0.6).astype(float)

    def loss(s: np.ndarray) -> float:
        gap = s[low] - s[high]
        own = PRIOR * (np.logaddexp(0, -s) + np.logaddexp(0, s)).sum()
        return float(wins @ np.logaddexp(0, -gap) + (votes - wins) @ np.logaddexp(0, gap) + own)

    best = minimize(loss, np.zeros(6), tol=1e-12).x
    wanted = 1 / (1 + np.exp(best[high] - best[low]))
    np.testing.assert_allclose(bradley_terry(low, high, wins, votes), wanted, atol=1e-4)


def test_unbeaten_players_stay_finite() -> None:
    """A player that won everything is not certain to win the next time."""
    chance = bradley_terry(np.array([0, 0]), np.array([1, 2]), np.array([3.0, 3.0]), np.array([3.0, 3.0]))
    assert (chance > 0.7).all()
    assert (chance < 0.99).all()


def test_null_is_as_noisy_as_the_votes() -> None:
    """Votes of known strengths: matched chances agree as often as the votes; unmatched ones too often."""
    random = np.random.default_rng(1)
    groups = np.arange(400)[:, None] * 4
    pairs = np.array(list(combinations(range(4), 2)))
    low, high = (groups + pairs[:, 0]).reshape(-1), (groups + pairs[:, 1]).reshape(-1)
    strength = random.normal(0, 0.7, 1_600)
    p = 1 / (1 + np.exp(strength[high] - strength[low]))
    votes = np.full(len(low), 3.0)
    wins = random.binomial(3, p).astype(float)
    fitted = bradley_terry(low, high, wins, votes)
    matched = noise_matched(fitted, wins, votes)
    truth = (p * p + (1 - p) ** 2).mean()
    assert (matched**2 + (1 - matched) ** 2).mean() == pytest.approx(truth, abs=0.02)
    assert (fitted**2 + (1 - fitted) ** 2).mean() > truth + 0.02
    np.testing.assert_array_equal(noise_matched(fitted, wins, np.ones(len(low))), fitted)

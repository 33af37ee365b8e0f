"""Implied error of labels: the printed table, simulation, quadrature and limits."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betainc, betaln

from audit.stats.implied_error import beta_parameter, label_error, mixed_error, slope

TABLE = {
    0.63: (0.283, 0.219, 0.186),
    0.66: (0.256, 0.193, 0.161),
    0.73: (0.197, 0.142, 0.116),
    0.77: (0.166, 0.116, 0.094),
    0.81: (0.136, 0.093, 0.075),
    0.85: (0.106, 0.072, 0.057),
    0.90: (0.070, 0.046, 0.037),
}


@pytest.mark.parametrize("agreement", TABLE)
def test_table(agreement: float) -> None:
    """Errors at one, three and five votes a label, to three digits."""
    assert [label_error(agreement, r) for r in (1, 3, 5)] == pytest.approx(TABLE[agreement], abs=6e-4)


@pytest.mark.parametrize("votes", [1, 2, 3, 4, 7])
def test_quadrature(votes: int) -> None:
    """The closed form is the integral over p < 1/2 of the density times the chance that the first side wins."""
    agreement = 0.73
    a = beta_parameter(agreement)

    def wrong(p: float) -> float:
        wins = sum(
            comb(votes, k) * p**k * (1 - p) ** (votes - k) * (1.0 if 2 * k > votes else 0.5)
            for k in range(votes + 1)
            if 2 * k >= votes
        )
        return float(np.exp((a - 1) * (np.log(p) + np.log1p(-p)) - betaln(a, a)) * wins)

    wanted = 2 * quad(wrong, 0.0, 0.5, limit=200)[0]
    assert label_error(agreement, votes) == pytest.approx(wanted, abs=1e-6)


def test_simulation() -> None:
    """Votes drawn from the model: three of them miss the population's majority as often as told.

    400,000 items: a standard error of sqrt(0.14 * 0.86 / 400,000) = 0.0006.
    """
    random = np.random.default_rng(0)
    a = beta_parameter(0.73)
    p = random.beta(a, a, 400_000)
    won = random.binomial(3, p) >= 2
    assert (won != (p > 0.5)).mean() == pytest.approx(label_error(0.73, 3), abs=0.002)
    two = random.binomial(2, p)
    assert ((two == 2) | (two == 0)).mean() == pytest.approx(0.73, abs=0.003)


def test_limits() -> None:
    """No error at full agreement, one half at chance; more votes help; an even number no more than one less."""
    assert label_error(1.0, 3) == 0.0
    assert label_error(0.5, 1) == pytest.approx(0.5, abs=1e-3)
    assert label_error(0.3, 1) == label_error(0.5, 1)
    errors = [label_error(0.75, r) for r in (1, 3, 5, 7, 9)]
    assert errors == sorted(errors, reverse=True)
    assert label_error(0.75, 4) == pytest.approx(label_error(0.75, 3), abs=1e-12)
    assert beta_parameter(0.75) == pytest.approx(0.25 / 0.5)
    assert betainc(0.5, 0.5, 0.5) == pytest.approx(0.5)


def test_mix_and_slope() -> None:
    """Labels of one and of three votes are averaged; the slope is that of a difference, and falls with agreement."""
    votes = np.array([0, 10, 0, 30])
    wanted = (10 * label_error(0.8, 1) + 30 * label_error(0.8, 3)) / 40
    assert mixed_error(0.8, votes) == pytest.approx(wanted)
    assert slope(0.8, votes) == pytest.approx((mixed_error(0.801, votes) - mixed_error(0.799, votes)) / 0.002, rel=1e-3)
    assert slope(0.8, votes) < 0

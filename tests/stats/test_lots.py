"""Bounds on the faulty units of a lot: scipy as oracle, by counting, by simulation, and published plans."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from audit.stats.lots import Reviewer, any_time_bounds, corrected_share, hypergeometric_cdf, lot_bounds


@pytest.mark.parametrize(("lot", "faulty", "sample"), [(50, 7, 10), (1000, 50, 311), (100_000, 4000, 311), (9, 9, 4)])
def test_distribution_is_scipys(lot: int, faulty: int, sample: int) -> None:
    """P(X <= k) for every k that matters."""
    for k in range(-1, min(sample, 40) + 1):
        wanted = float(stats.hypergeom.cdf(k, lot, faulty, sample))
        assert hypergeometric_cdf(k, lot, faulty, sample) == pytest.approx(wanted, abs=1e-8)


def test_bounds_by_counting() -> None:
    """For each outcome of a small lot: exactly the numbers whose tails exceed 5 %."""
    lot, sample = 40, 12
    for found in range(sample + 1):
        fits = range(found, lot - (sample - found) + 1)
        upper = max(d for d in fits if stats.hypergeom.cdf(found, lot, d, sample) > 0.05)
        lower = min(d for d in fits if stats.hypergeom.sf(found - 1, lot, d, sample) > 0.05)
        assert lot_bounds(found, sample, lot) == (lower, upper)


def test_a_census_has_no_doubt() -> None:
    """All units judged: both bounds are the count."""
    assert lot_bounds(3, 20, 20) == (3, 3)


def test_the_plan_of_the_rule_pack() -> None:
    """Of 311 units nine faulty ones show at most 5 % in a large lot, ten do not."""
    lot = 1_000_000
    assert lot_bounds(9, 311, lot)[1] / lot <= 0.0505
    assert lot_bounds(10, 311, lot)[1] / lot > 0.05


def test_stopping_whenever_one_likes_keeps_the_error() -> None:
    """2,000 reviews of whole lots of 200 with 10 faults: the truth is ever outside in at most 10 %."""
    random = np.random.default_rng(5)
    missed = 0
    for _ in range(2000):
        faults = random.permutation(np.arange(200) < 10)[:80]
        low, high = any_time_bounds(faults.tolist(), 200)
        missed += not low <= 10 <= high
    assert missed / 2000 <= 0.1 + 3 * np.sqrt(0.1 * 0.9 / 2000)


def test_any_time_bounds_by_counting() -> None:
    """The kept numbers are those whose likelihood ratio to the mixture stays under 10, at every step."""
    lot, faults = 25, [False, True, False, False, True, False]
    kept = set(range(lot + 1))
    for drawn in range(1, len(faults) + 1):
        seen = faults[:drawn]

        def chance(faulty: int, seen: list[bool] = seen) -> float:
            value, bad, left = 1.0, faulty, lot
            for is_faulty in seen:
                value *= max(0, bad if is_faulty else left - bad) / left
                bad, left = bad - is_faulty, left - 1
            return value

        mixture = np.mean([chance(d) for d in range(lot + 1)])
        kept &= {d for d in range(lot + 1) if chance(d) > 0 and mixture / chance(d) < 10}
    assert any_time_bounds(faults, lot) == (min(kept), max(kept))


def test_imperfect_reviewers_are_corrected() -> None:
    """40 of 200 called faulty, Se .9, Sp .95: (.2 + .95 - 1) / .85 = .17647; a perfect reviewer changes nothing."""
    share, low, high = corrected_share(40, 200, Reviewer(0.9, 0.95, 100, 200))
    assert share == pytest.approx(0.15 / 0.85)
    variance = 0.2 * 0.8 / 200 + share**2 * 0.09 / 100 + (1 - share) ** 2 * 0.0475 / 200
    half = stats.norm.ppf(0.95) * np.sqrt(variance) / 0.85
    assert (low, high) == (pytest.approx(share - half), pytest.approx(share + half))
    assert corrected_share(40, 200, Reviewer(1.0, 1.0, 10, 10))[0] == pytest.approx(0.2)

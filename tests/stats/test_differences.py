"""Differences of independent estimates: published example, closed forms, and coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, t, ttest_ind

from audit.stats.differences import MANY, Ends, degrees, difference, moved_probability, ratio, welch_probability
from audit.stats.proportions import wilson


def shares(successes: int, n: int, level: float) -> Ends:
    return Ends(successes / n, *wilson(successes, n, level))


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)],
)
def test_newcombe_s_table(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    """Method 10 of Newcombe 1998, table II, 95 %."""
    found = difference(shares(*other, 0.95), shares(*one, 0.95))
    assert found.value == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))


def test_symmetric_intervals_add_like_variances() -> None:
    """With halves 3 and 4 the half of the difference is 5, and reversing the order reverses the interval."""
    a, b = Ends(10, 7, 13), Ends(20, 16, 24)
    assert difference(a, b) == Ends(10, 5, 15)
    assert difference(b, a) == Ends(-10, -15, -5)


def test_ratio_goes_by_logarithms() -> None:
    """Ends e^3 and e^4 away give e^5; a number that is not positive has no ratio."""
    a = Ends(1, math.exp(-3), math.exp(3))
    b = Ends(math.e, math.exp(-3), math.exp(5))
    found = ratio(a, b)
    assert found is not None
    assert [math.log(end) for end in found] == pytest.approx([1, -4, 6])
    assert ratio(Ends(0, 0, 1), b) is None


def test_probability_is_that_of_the_normal() -> None:
    """With a normal interval p is the z test's; where the end touches 0 it is 1 - level; no movement gives 1."""
    z = norm.ppf(0.95)
    assert moved_probability(Ends(2.5, 2.5 - z, 2.5 + z), 0.9) == pytest.approx(2 * norm.sf(2.5))
    assert moved_probability(Ends(-1.0, -3.0, 0.0), 0.9) == pytest.approx(0.1)
    assert moved_probability(Ends(0.0, -1, 1), 0.9) == 1.0
    assert moved_probability(Ends(1.0, 1.0, 1.0), 0.9) == 0.0


def test_coverage_and_false_alarms() -> None:
    """Of 4,000 pairs of samples with equal shares, 90 % intervals cover 0 so often, 5 % of p are below .05."""
    random = np.random.default_rng(5)
    draws = random.binomial([80, 150], 0.23, (4000, 2))
    found = [difference(shares(int(x), 80, 0.9), shares(int(y), 150, 0.9)) for x, y in draws]
    assert np.mean([d.low <= 0 <= d.high for d in found]) == pytest.approx(0.90, abs=0.015)
    assert np.mean([moved_probability(d, 0.9) < 0.05 for d in found]) == pytest.approx(0.05, abs=0.012)


def test_welch_is_scipy_s() -> None:
    """From nothing but mean, interval and standard error of two samples the p value of `ttest_ind` comes out."""
    random = np.random.default_rng(1)
    samples = random.normal(0, 1, 7), random.normal(0.8, 3, 12)
    ends, errors, df = [], [], []
    for sample in samples:
        error = float(sample.std(ddof=1)) / math.sqrt(len(sample))
        half = float(t.ppf(0.95, len(sample) - 1)) * error
        ends.append(Ends(float(sample.mean()), float(sample.mean()) - half, float(sample.mean()) + half))
        errors.append(error)
        df.append(degrees(ends[-1], error, 0.9))
    assert df == pytest.approx([6, 11])
    p = welch_probability(ends[1].value - ends[0].value, (errors[0], errors[1]), (df[0] or 0, df[1] or 0))
    assert p == pytest.approx(ttest_ind(*samples, equal_var=False).pvalue)


def test_degrees_of_other_intervals() -> None:
    """A normal interval has many; one that is not symmetric, or has no width, has none."""
    z = float(norm.ppf(0.95))
    assert degrees(Ends(0, -z, z), 1.0, 0.9) == MANY
    assert degrees(Ends(0, -1, 2), 1.0, 0.9) is None
    assert degrees(Ends(0, 0, 0), 1.0, 0.9) is None
    assert degrees(Ends(0, -z, z), 0.0, 0.9) is None

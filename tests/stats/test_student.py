"""Normal and t distribution against scipy.special, over every size that occurs, and where formulas change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from audit.student import normal_cdf, normal_quantile, t_cdf, t_quantile

DFS = (1.0, 1.5, 2.0, 3.0, 7.25, 20.0, 150.0, 999.0, 999.999, 1000.0, 1001.0, 37663.0, 1e6, 1e9)
CHANCES = (1e-12, 1e-6, 0.001, 0.025, 0.05, 0.3, 0.4999, 0.5, 0.5001, 0.8, 0.95, 0.975, 0.999, 1 - 1e-6)


@pytest.mark.parametrize("df", DFS)
def test_t_quantile_equals_scipys(df: float) -> None:
    """To 1e-12 of its size."""
    for p in CHANCES:
        assert t_quantile(df, p) == pytest.approx(float(special.stdtrit(df, p)), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("df", DFS)
def test_t_cdf_equals_scipys(df: float) -> None:
    """Tails to 1e-12 of their size, far out too."""
    for t in (*np.linspace(-9, 9, 73), -40.0, -1e4, 40.0):
        assert t_cdf(df, float(t)) == pytest.approx(float(special.stdtr(df, t)), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("df", DFS)
def test_quantile_and_cdf_undo_each_other(df: float) -> None:
    """Without scipy: the CDF of the quantile is the chance."""
    for p in CHANCES:
        assert t_cdf(df, t_quantile(df, p)) == pytest.approx(p, rel=1e-11)


def test_normal_equals_scipys() -> None:
    """Quantile and CDF to 1e-14 of their size."""
    for p in (1e-300, *CHANCES):
        assert normal_quantile(p) == pytest.approx(float(special.ndtri(p)), rel=1e-14, abs=1e-15)
    for x in np.linspace(-37, 9, 93):
        assert normal_cdf(float(x)) == pytest.approx(float(special.ndtr(x)), rel=1e-13)


def test_ends() -> None:
    """Chances of 0 and 1 lie at infinity, other numbers nowhere; infinitely many df are the normal."""
    assert (normal_quantile(0.0), normal_quantile(1.0)) == (-math.inf, math.inf)
    assert (t_quantile(5.0, 0.0), t_quantile(5.0, 1.0)) == (-math.inf, math.inf)
    assert math.isnan(normal_quantile(1.5))
    assert math.isnan(t_quantile(3.0, -0.1))
    assert t_quantile(math.inf, 0.95) == normal_quantile(0.95)
    assert t_cdf(math.inf, 1.0) == normal_cdf(1.0)
    assert (t_cdf(4.0, -math.inf), t_cdf(4.0, math.inf)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("df", "p", "expected"), [(1, 0.75, 1.0), (2, 0.95, 2.919985580353726), (10, 0.975, 2.228138851986274)]
)
def test_textbook(df: int, p: float, expected: float) -> None:
    """Quantiles of any table of t."""
    assert t_quantile(float(df), p) == pytest.approx(expected, rel=1e-13)


def test_near_the_middle() -> None:
    """At df = 1 the CDF is 1/2 + atan(t) / pi."""
    for t in (1e-12, 1e-9, -1e-6, 0.0):
        assert t_cdf(1.0, t) == pytest.approx(0.5 + math.atan(t) / math.pi, rel=1e-15)

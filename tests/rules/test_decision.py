"""Decisions on bounds: each operator, restated intervals, Holm, margins, and their error rates by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import bdtrc, betaincinv, stdtrit
from statsmodels.stats.multitest import multipletests

from audit.measure import Interval, Kind, Measure
from audit.rules import decision as decide_by
from audit.rules.decision import Verdict
from audit.rules.pack import Band, Operator, Rule

from .building import census, counted, decision, rule, t_measure


def verdict(by: Rule, measure: Measure) -> Verdict:
    """Decide at the rule's own confidence."""
    ends = decide_by.bounds(measure, by.decision.confidence)
    assert ends is not None
    return decide_by.decide(by, measure, ends)


def between_ends(low: float, high: float) -> Measure:
    """A measure whose 95 % bounds are these."""
    return Measure("test.rate", (low + high) / 2, "share", Kind.PROCESS, 1000, Interval(low, high, 0.90, "exact"))


LE = rule(limit=0.05, fail_limit=0.10)
GE = rule(operator=Operator.GE, limit=0.90, fail_limit=0.80)
WITHIN = rule(operator=Operator.WITHIN, center=0.5, limit=0.03, fail_limit=0.05)
BETWEEN = rule(operator=Operator.BETWEEN, limit=(0.15, 0.65), fail_limit=(0.15, 0.85))


@pytest.mark.parametrize(
    ("by", "low", "high", "expected"),
    [
        (LE, 0.01, 0.05, "pass"),
        (LE, 0.01, 0.0501, "inconclusive"),
        (LE, 0.06, 0.09, "inconclusive"),
        (LE, 0.10, 0.20, "inconclusive"),
        (LE, 0.1001, 0.20, "fail"),
        (GE, 0.90, 0.99, "pass"),
        (GE, 0.89, 0.99, "inconclusive"),
        (GE, 0.70, 0.80, "inconclusive"),
        (GE, 0.70, 0.79, "fail"),
        (WITHIN, 0.47, 0.53, "pass"),
        (WITHIN, 0.46, 0.50, "inconclusive"),
        (WITHIN, 0.56, 0.60, "fail"),
        (WITHIN, 0.40, 0.44, "fail"),
        (BETWEEN, 0.15, 0.65, "pass"),
        (BETWEEN, 0.66, 0.85, "inconclusive"),
        (BETWEEN, 0.86, 0.90, "fail"),
        (BETWEEN, 0.05, 0.14, "fail"),
    ],
)
def test_bounds_decide(by: Rule, low: float, high: float, expected: str) -> None:
    """Pass: both bounds in the closed pass band; fail: wholly beyond the fail band; else inconclusive."""
    assert verdict(by, between_ends(low, high)) == expected


@pytest.mark.parametrize(
    ("by", "value", "expected"),
    [
        (census(limit=0.0), 0, "pass"),
        (census(limit=0.0), 1, "fail"),
        (census(operator=Operator.EQ, limit=3.0), 3, "pass"),
        (census(operator=Operator.EQ, limit=3.0), 2, "fail"),
        (census(operator=Operator.GE, limit=400.0, fail_limit=100.0), 400, "pass"),
        (census(operator=Operator.GE, limit=400.0, fail_limit=100.0), 100, "inconclusive"),
        (census(operator=Operator.GE, limit=400.0, fail_limit=100.0), 99, "fail"),
    ],
)
def test_a_census_decides_on_its_value(by: Rule, value: float, expected: str) -> None:
    """A census has no sampling error: the value stands for both bounds."""
    assert verdict(by, counted(value)) == expected


def test_point_estimate_and_bound_differ() -> None:
    """At a true rate of 0.90 and n = 400 an estimate gate passes about half of the time, the exact bound at most 5 %.

    P(pass) is a binomial sum in both cases: k >= 360, and k whose Clopper-Pearson lower bound reaches 0.90, that is
    P(X >= k | p = 0.90) <= 0.05.
    """
    n, p = 400, 0.90
    by = rule(operator=Operator.GE, limit=p, fail_limit=None)
    least = next(k for k in range(n) if verdict(by, _exact(k, n)) is Verdict.PASS)

    assert bdtrc(359, n, p) > 0.5
    assert bdtrc(least - 1, n, p) <= 0.05
    assert bdtrc(least - 2, n, p) > 0.05
    assert bdtrc(least - 1, n, 0.95) == pytest.approx(0.98, abs=0.01)


def _exact(k: int, n: int) -> Measure:
    low = float(betaincinv(k, n - k + 1, 0.05)) if k else 0.0
    high = float(betaincinv(k + 1, n - k, 0.95)) if k < n else 1.0
    return Measure("test.rate", k / n, "share", Kind.PROCESS, n, Interval(low, high, 0.90, "Clopper-Pearson"))


def test_a_t_interval_is_restated_at_another_confidence() -> None:
    """At 99 % the bound is estimate + t(0.99, 20) SE = 0.02 + 2.528 * 0.01; without SE there is no such bound."""
    measure = t_measure(0.02, 0.01, df=20)

    ends = decide_by.bounds(measure, 0.99)

    assert ends is not None
    assert ends.high == pytest.approx(0.02 + 2.5279770 * 0.01)
    assert decide_by.bounds(between_ends(0.1, 0.2), 0.99) is None
    assert decide_by.bounds(Measure("m.x", 0.1, "share", Kind.PROCESS, 9), 0.95) is None


def test_fewer_clusters_than_trusted_decide_nothing() -> None:
    """With nine clusters (df = 8) neither the clear pass nor the clear fail is believed."""
    by = rule(decision=decision(min_df=9))

    assert verdict(by, t_measure(0.01, 0.001, df=8)) is Verdict.INCONCLUSIVE
    assert verdict(by, t_measure(0.50, 0.001, df=8)) is Verdict.INCONCLUSIVE
    assert verdict(by, t_measure(0.01, 0.001, df=9)) is Verdict.PASS


def test_a_pass_needs_effective_units_a_fail_does_not() -> None:
    """1,000 votes worth 50 independent ones cannot pass a rule that needs 60; they may still fail it."""
    by = rule(decision=decision(pass_n=60))

    assert verdict(by, t_measure(0.01, 0.001, n_effective=50.0)) is Verdict.INCONCLUSIVE
    assert verdict(by, t_measure(0.50, 0.001, n_effective=50.0)) is Verdict.FAIL
    assert verdict(by, t_measure(0.01, 0.001, n_effective=60.0)) is Verdict.PASS


def test_holm_agrees_with_statsmodels() -> None:
    """Adjusted p-values equal those of another implementation, in the order given."""
    p = [0.010, 0.04, 0.03, 0.005, 0.04, 0.9]

    assert decide_by.holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist())
    assert decide_by.holm([]) == []


def test_fail_probability_is_the_t_tail() -> None:
    """One-ended: P(T >= (0.15 - 0.10) / 0.02); two-ended adds the far tail at distance (0.05 + 2 * 0.05) / 0.02."""
    one = decide_by.fail_probability(t_measure(0.15, 0.02, df=30), Band(-math.inf, 0.10))
    two = decide_by.fail_probability(t_measure(0.60, 0.02, df=30), Band(0.45, 0.55))

    assert one == pytest.approx(stats.t.sf(2.5, 30))
    assert two == pytest.approx(stats.t.sf(2.5, 30) + stats.t.sf(7.5, 30))
    assert decide_by.fail_probability(t_measure(0.1, 0.0), Band(-math.inf, 0.10)) == 1.0
    assert decide_by.fail_probability(t_measure(0.2, 0.0), Band(-math.inf, 0.10)) == 0.0


def test_certifiable_margin_and_needed_n() -> None:
    """3.29 SE = (1.645 + 1.645) SE for TOST, 2.93 SE = (1.645 + 1.282) SE for one bound; n grows with the square."""
    measure = t_measure(0.5, 0.01, n=2500)
    two = decide_by.certifiable_margin(WITHIN, measure)
    one = decide_by.certifiable_margin(LE, measure)

    assert two == pytest.approx((1.6448536 + 1.6448536) * 0.01)
    assert one == pytest.approx((1.6448536 + 1.2815516) * 0.01)
    assert decide_by.needed_n(WITHIN, measure) == math.ceil(2500 * (0.032897 / 0.03) ** 2)
    assert decide_by.needed_n(LE, measure) is None, "an estimate beyond the limit is not cured by more data"
    assert decide_by.needed_n(WITHIN, t_measure(0.54, 0.01, n=2500)) is None
    assert decide_by.needed_n(WITHIN, t_measure(0.525, 0.005, n=2500)) is None, "2,500 x 0.3 are there already"


def test_power_table_of_the_planner() -> None:
    """SE = 0.5 / sqrt(n): 6,764, 3,007, 1,083 and 271 votes give power 0.9 at margins 0.02, 0.03, 0.05 and 0.10."""
    for margin, expected in ((0.02, 6764), (0.03, 3007), (0.05, 1083), (0.10, 271)):
        by = rule(operator=Operator.WITHIN, center=0.5, limit=margin, fail_limit=None)
        assert decide_by.needed_n(by, t_measure(0.5, 0.5 / math.sqrt(100), n=100)) == pytest.approx(expected, abs=1)


def rates(by: Rule, truth: float, *, runs: int, n: int, spread: float = 1.0) -> dict[str, float]:
    """Shares of verdicts over repeated samples of n normal values with mean `truth`, judged by their t interval."""
    samples = np.random.default_rng(11).normal(truth, spread, size=(runs, n))
    errors = samples.std(axis=1, ddof=1) / math.sqrt(n)
    found = [verdict(by, t_measure(m, se, df=n - 1, n=n)) for m, se in zip(samples.mean(axis=1), errors, strict=True)]
    return {word: found.count(Verdict(word)) / runs for word in ("pass", "fail", "inconclusive")}


def test_false_pass_and_false_fail_rates_at_the_limits() -> None:
    """At the pass limit at most 5 % pass, at the fail limit at most 5 % fail; one-ended both rates are 5 %.

    With 2,000 runs three Monte-Carlo standard errors are 0.015.
    """
    by = rule(limit=1.0, fail_limit=1.0)
    found = rates(by, 1.0, runs=2000, n=12)

    assert found["pass"] == pytest.approx(0.05, abs=0.015)
    assert found["fail"] == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("spread", [0.5, 2.0, 20.0])
def test_two_ended_rates_stay_below_five_percent(spread: float) -> None:
    """At an edge of a two-ended band neither verdict exceeds 5 %, even where the noise dwarfs the band.

    Failing whenever one of the two one-sided bounds is crossed would reach 10 % in the noisiest case.
    """
    by = rule(operator=Operator.WITHIN, center=0.0, limit=1.0, fail_limit=1.0)
    found = rates(by, 1.0, runs=2000, n=12, spread=spread)

    assert found["pass"] <= 0.065
    assert found["fail"] <= 0.065


def test_intersection_union_keeps_the_level() -> None:
    """Thirty rules, one truly at its limit and the rest far inside: all pass in 5 % of the runs, not in 30 x 5 %."""
    runs, df = 2000, 40
    t = np.random.default_rng(5).standard_t(df, size=(runs, 30))
    truths = np.array([1.0] + [0.0] * 29)
    critical = float(stdtrit(df, 0.95))
    all_pass = (truths + 0.1 * t + critical * 0.1 <= 1.0).all(axis=1)
    by = rule(limit=1.0, fail_limit=1.0)
    first = [
        [verdict(by, t_measure(m + 0.1 * e, 0.1, df=df)) for m, e in zip(truths, row, strict=True)] for row in t[:50]
    ]

    assert [all(v is Verdict.PASS for v in row) for row in first] == all_pass[:50].tolist()
    assert all_pass.mean() == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(("hits", "units"), [(40, 40), (39, 40), (0, 60), (3, 80)])
def test_a_share_with_an_exact_interval_has_a_binomial_p_value(hits: int, units: int) -> None:
    """Where all units agree there is no t interval: the exact tail at the edge of the band decides."""
    low = betaincinv(hits, units - hits + 1, 0.05) if hits else 0.0
    high = betaincinv(hits + 1, units - hits, 0.95) if hits < units else 1.0
    interval = Interval(float(low), float(high), 0.90, "Clopper-Pearson")
    measure = Measure("position.first_rate", hits / units, "share", Kind.PROCESS, units, interval)
    above, below = stats.binom.sf(hits - 1, units, 0.85), stats.binom.cdf(hits, units, 0.15)
    expected = above if hits / units > 0.5 else below
    assert decide_by.fail_probability(measure, Band(0.15, 0.85)) == pytest.approx(expected, rel=1e-6)

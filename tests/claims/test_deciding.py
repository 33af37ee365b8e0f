"""Claims against measures: what confirms, refutes, leaves open; error rates by simulation; what more rows would do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from audit.claims.deciding import cost, decide_claims
from audit.claims.reading import Claim, Claims
from audit.derive.price import Price
from audit.measure import Interval, Kind, Measure, Outcome, Slice, Status, Undefined
from audit.result import measure_entry, outcome_entry
from audit.rules.pack import Band
from audit.stats.proportions import clopper_pearson

DF = 12.0


def measured(value: float, error: float, *, name: str = "x.rate", df: float = DF, n: int = 200) -> Measure:
    half = float(student.ppf(0.95, df)) * error
    return Measure(name, value, "share", Kind.PROCESS, n, Interval(value - half, value + half, 0.9, "t", error, df))


def result(*measures: Measure, complete: bool = True, **outcome: Any) -> dict[str, Any]:
    one = Outcome("XXX", "x", "1", {}, outcome.pop("status", Status.MEASURED), measures, **outcome)
    return {
        "complete": complete,
        "rows": {"read": 100, "accepted": 97, "rejected": 3},
        "comparisons": 400,
        "judgments": 0,
        "tool": {"name": "dpo-audit", "version": "1"},
        "inputs": [],
        "outcomes": [outcome_entry(one)],
        "measures": [measure_entry(one, m) for m in measures],
        "rules": [],
    }


def at_least(limit: float, name: str = "x.rate", clause: str = "1", part: Slice | None = None) -> Claim:
    return Claim(clause, name, Band(limit, math.inf), "at_least", part or Slice())


def decided(claim: Claim, *measures: Measure, **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = decide_claims(Claims((claim,)), result(*measures, **more))["claims"][0]
    return entry


@pytest.mark.parametrize(("limit", "status"), [(0.5, "confirmed"), (0.60, "undecided"), (0.7, "refuted")])
def test_the_interval_decides(limit: float, status: str) -> None:
    """At .60 +- .036 (t of 12 degrees, SE .02) a claim of .5 is confirmed, of .7 refuted, of .6 open."""
    found = decided(at_least(limit), measured(0.6, 0.02))
    assert found["status"] == status


def test_the_p_value_is_that_of_the_t_test_behind_the_interval() -> None:
    """The degrees of freedom are found again from interval and standard error: p = P(t >= (.66 - .6) / .02)."""
    found = decided(at_least(0.66), measured(0.6, 0.02))
    assert found["p"] == pytest.approx(student.sf(3.0, DF), rel=1e-6)


def test_an_exact_interval_gives_the_binomial_tail() -> None:
    """12 of 40, claimed to be at least .5: p = P(Bin(40, .5) <= 12)."""
    low, high = clopper_pearson(12, 40)
    exact = Measure("x.rate", 0.3, "share", Kind.PROCESS, 40, Interval(low, high, 0.9, "Clopper-Pearson"))
    assert decided(at_least(0.5), exact)["p"] == pytest.approx(0.0082947, rel=1e-4)


def test_counts_are_decided_exactly() -> None:
    """Rows set aside, comparisons, a census measure: equal or not, without any p value."""
    counted = Measure("x.rate", 3, "count", Kind.CENSUS, 97)
    for name, limit, status in (
        ("comparisons", 400, "confirmed"),
        ("rows.accepted", 98, "refuted"),
        ("x.rate", 3, "confirmed"),
    ):
        found = decided(at_least(limit, name), counted)
        assert (found["status"], found["p"]) == (status, None)


def test_what_was_not_measured_says_what_would_unlock_it() -> None:
    """An undefined measure, one of an auditor without its columns, a slice that is not there, pairs without data."""
    undefined = Measure("x.rate", Undefined("too few", "50 items"), "share", Kind.PROCESS, 0)
    found = decided(at_least(0.5), undefined)
    assert (found["status"], found["message"], found["unlock"]) == ("not_measured", "too few", "50 items")
    found = decided(at_least(0.5), status=Status.NOT_ASSESSABLE, missing=("judgment.label",))
    assert "lacks judgment.label" in found["message"]
    assert "'label'" in found["unlock"]
    found = decided(at_least(0.5, part=Slice("locale", "de-DE")), measured(0.6, 0.01))
    assert (found["status"], found["unlock"]) == ("not_measured", "a field mapped as locale")
    assert decided(at_least(1, "pairs.usable"))["status"] == "not_measured"


def test_refutations_are_corrected_for_their_number_and_confirmations_are_not() -> None:
    """One at p = .02 is refuted alone, not among five claims; each of the others stays confirmed."""
    barely = measured(0.6, 0.02, df=1e9)
    limit = 0.6 + 0.02 * 2.0537  # p = .02
    assert decided(at_least(limit), barely)["status"] == "refuted"
    claims = Claims((at_least(limit), *(at_least(0.1, clause=str(i)) for i in range(2, 6))))
    document = decide_claims(claims, result(barely))
    assert [entry["status"] for entry in document["claims"]] == ["undecided", *["confirmed"] * 4]
    assert document["claims"][0]["p_adjusted"] == pytest.approx(0.1, rel=1e-3)


def test_error_rates_hold_at_the_edge() -> None:
    """Ten true claims at their very edge: any is refuted 5 % of the time at most, each confirmed about as often."""
    random = np.random.default_rng(4)
    claims = Claims(tuple(at_least(0.5, f"x.m{i}", str(i)) for i in range(10)))
    refuted = confirmed = 0
    for _ in range(1500):
        # df + 1 normal observations of mean 0.5: mean and standard error as an auditor would give them
        draws = random.normal(0.5, 1.0, (10, 13))
        found = [
            measured(float(d.mean()), float(d.std(ddof=1) / math.sqrt(13)), name=f"x.m{i}") for i, d in enumerate(draws)
        ]
        counts = decide_claims(claims, result(*found))["counts"]
        refuted += counts["refuted"] > 0
        confirmed += counts["confirmed"]
    assert refuted / 1500 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1500)
    assert confirmed / 15000 == pytest.approx(0.05, abs=0.008)


def test_more_rows_decide_what_they_are_said_to() -> None:
    """With the n that is named, and the error shrunk by its root, a claim is confirmed in about 90 % of draws."""
    found = decided(at_least(0.55), measured(0.58, 0.03, df=1e9))
    needed = found["needed_n"]
    assert found["more_rows"] == math.ceil((needed - 200) * 400 / 200)
    error = 0.03 * math.sqrt(200 / needed)
    random = np.random.default_rng(6)
    claims = Claims((at_least(0.55),))
    draws = random.normal(0.58, error, 800)
    hits = sum(decide_claims(claims, result(measured(float(x), error, df=1e9)))["counts"]["confirmed"] for x in draws)
    assert hits / 800 == pytest.approx(0.9, abs=0.04)


def test_price_of_a_usable_pair() -> None:
    """With the data it is exact; without, bounded by rows that failed rules flag; a price a row counts every row."""
    claims = Claims((at_least(1, "comparisons"),), price=Price(1000, "EUR"))
    told = cost(claims, result(), 80)
    assert told is not None
    assert (told["a_row"], told["a_usable_pair"], told["usable_at_least"]) == (10, 12.5, 80)
    document = result()
    document["measures"] = [
        {"name": "balance.label_count", "slice": {"by": "label", "value": s}, "value": 45} for s in "ab"
    ]
    flag = {"verdict": "fail", "low": None, "slice": None}
    document["rules"] = [{**flag, "evidence": {"total": total}} for total in (10, 4)]
    told = cost(claims, document, None)
    assert told is not None
    assert (told["usable"], told["usable_at_least"]) == (80, 76)
    per_row = cost(Claims((), price=Price(2, "EUR", "row")), result(), 50)
    assert per_row is not None
    assert (per_row["total"], per_row["a_usable_pair"]) == (200, 4)


def test_a_claim_about_each_value_of_a_column_is_one_for_each() -> None:
    """Three locales, three answers, all in the correction; a column that was not measured is not measured."""
    found = [replace(measured(value, 0.02), slice=Slice("locale", f"l{i}")) for i, value in enumerate((0.4, 0.6, 0.5))]
    claims = Claims((replace(at_least(0.5), each="locale"), replace(at_least(0.5), each="split")))
    document = decide_claims(claims, result(*found))
    told = [(e["slice"]["value"], e["status"]) for e in document["claims"]]
    assert told == [("l0", "refuted"), ("l1", "confirmed"), ("l2", "undecided"), ("each value", "not_measured")]
    assert document["tested"] == 3

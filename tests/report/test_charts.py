"""Charts put their marks where the numbers are, as well-formed SVG that says what it shows."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from audit.report.charts import SHARED, bar_strip, forest_axis, forest_strip, rule_strip, zones
from audit.report.plots import Point

from .sample_rules import rule

LIMITS = {"operator": "le", "limit": 10.0, "fail_limit": 20.0, "unit": "count"}


def marks(svg: str, kind: str) -> list[ET.Element]:
    """Return the elements of one class, in order."""
    return [node for node in ET.fromstring(svg).iter() if node.get("class") == kind]


def test_a_finding_stands_between_its_limits() -> None:
    """15 lies half way from 10 to 20; its bounds 10 and 20 lie on the two lines."""
    svg = rule_strip(rule("A-1", "t", "m", "inconclusive", estimate=15.0, low=10.0, high=20.0, **LIMITS))
    assert svg is not None
    (ring,) = marks(svg, "mark hollow")
    assert float(ring.get("cx", "nan")) == pytest.approx(SHARED.at(0.5), abs=0.01)
    (span,) = marks(svg, "whisker")
    assert span.get("d", "").startswith(f"M{SHARED.at(0.0):.1f} 13H{SHARED.at(1.0):.1f}M")
    assert ET.fromstring(svg).get("aria-label") == (
        "Estimate 15, bounds 10 to 20; passes at <= 10, fails at > 20: inconclusive"
    )


def test_verdicts_have_shapes_of_their_own() -> None:
    """A disc, a diamond and a ring: told apart without colour."""
    shapes = {
        verdict: rule_strip(rule("A-1", "t", "m", verdict, estimate=15.0, **LIMITS)) or ""
        for verdict in ("pass", "fail", "inconclusive")
    }
    assert [node.tag for node in marks(shapes["pass"], "mark")] == ["circle"]
    assert [node.tag for node in marks(shapes["fail"], "mark")] == ["polygon"]
    assert [node.tag for node in marks(shapes["inconclusive"], "mark hollow")] == ["circle"]


def test_an_infinite_excess_is_drawn_at_the_edge() -> None:
    """One row where none is allowed: the mark is at the right end, inside the picture."""
    svg = rule_strip(rule("A-1", "t", "m", "fail", estimate=1.0, limit=0.0, unit="count"))
    assert svg is not None
    (diamond,) = marks(svg, "mark")
    xs = [float(pair.split(",")[0]) for pair in diamond.get("points", "").split()]
    assert sum(xs) / 4 == pytest.approx(SHARED.right, abs=0.1)


def test_nothing_to_draw_is_nothing() -> None:
    """Without a limit or an estimate there is no picture."""
    assert rule_strip(rule("A-1", "t", "m", "pass", estimate=1.0)) is None
    assert rule_strip(rule("A-1", "t", "m", "not_assessable", **LIMITS)) is None


def test_bars_are_as_long_as_their_numbers() -> None:
    """A quarter of the largest has a quarter of its length."""
    (whole,), (quarter,) = (marks(bar_strip(n, 400, "w"), "bar") for n in (400, 100))
    assert float(quarter.get("width", "nan")) == pytest.approx(float(whole.get("width", "nan")) / 4)


def test_odds_ratios_share_a_logarithmic_axis() -> None:
    """2 and 1/2 lie equally far from 1."""
    items = [Point("up", 2.0, None, None, 9), Point("down", 0.5, None, None, 9)]
    axis = forest_axis(items, 1.0, is_log=True)
    assert axis.at(2.0) - axis.at(1.0) == pytest.approx(axis.at(1.0) - axis.at(0.5))
    (dot,) = marks(forest_strip(items[0], axis, 1.0, "w"), "mark")
    assert float(dot.get("cx", "nan")) == pytest.approx(axis.at(2.0), abs=0.01)


def test_the_grounds_end_at_the_limits() -> None:
    """The two lines stand where 0 and 1 of the shared axis are; with one limit there is one line."""
    two, one = ET.fromstring(zones())
    assert [float(node.get("x1", "nan")) for node in two if node.tag == "line"] == [
        pytest.approx(SHARED.at(end), abs=0.01) for end in (0.0, 1.0)
    ]
    assert len([node for node in one if node.tag == "line"]) == 1


def test_a_finding_points_to_its_ground() -> None:
    """A rule whose fail limit is its limit has nothing between."""
    both = rule_strip(rule("A-1", "t", "m", "fail", estimate=15.0, **LIMITS)) or ""
    single = rule_strip(rule("A-1", "t", "m", "fail", estimate=15.0, **{**LIMITS, "fail_limit": 10.0})) or ""
    assert 'href="#zones"' in both
    assert 'href="#zones-of-one-limit"' in single

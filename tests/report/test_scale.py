"""Axes: round ticks, and the one axis that all rules share."""

from __future__ import annotations

import pytest

from audit.report.scale import Axis, around, bad_ends, badness, ticks

from .sample_rules import rule


@pytest.mark.parametrize(
    ("asks", "values", "expected"),
    [
        # at most 10, fails above 20: 5 is half a width better than the limit, 20 is at 1
        ({"operator": "le", "limit": 10.0, "fail_limit": 20.0}, (5, 10, 20, 30), (-2 / 3, 0, 1, 2)),
        # at least 600, fails below 300: a width of 300 downwards
        ({"operator": "ge", "limit": 600.0, "fail_limit": 300.0}, (900, 600, 450, 0), (-1, 0, 0.5, 2)),
        # within 3 of 50, fails beyond 5: distances 0, 3, 5, 5 on a width of 2
        ({"operator": "within", "center": 50.0, "limit": 3.0, "fail_limit": 5.0}, (50, 53, 55, 45), (-1.2, 0, 1, 1)),
        # between 40 and 60, fails outside 20 to 80: widths of 20 on both sides
        (
            {"operator": "between", "limit": [40.0, 60.0], "fail_limit": [20.0, 80.0]},
            (50, 60, 70, 20),
            (-2 / 3, 0, 0.5, 1),
        ),
        # one limit only: the limit itself is the width
        ({"operator": "le", "limit": 10.0}, (5, 10, 20), (-2 / 3, 0, 1)),
        # a limit of zero: nothing is worse by a little
        ({"operator": "le", "limit": 0.0, "fail_limit": 0.0}, (0, 1e-9), (0, 3)),
        ({"operator": "eq", "limit": 0.0, "fail_limit": 0.0}, (0, -1), (0, 3)),
    ],
)
def test_zero_is_the_limit_and_one_the_fail_limit(
    asks: dict[str, object], values: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """Whatever the operator: worse is further right. At x widths beyond: 2 / (1 + x) - 2 on the good side, 3 - 2 / x on
    the bad one, so half a width better is -2/3, one better -1, 1.5 better -1.2, two widths worse 2, infinitely worse 3.
    """
    mapped = badness(rule("A-1", "t", "m", "pass", **asks))
    assert mapped is not None
    assert [mapped(value) for value in values] == pytest.approx(expected)


def test_an_interval_over_a_good_middle_reaches_the_best_point() -> None:
    """49 to 53 around a centre of 50: worst end 53 is on the limit of 3, the best point is the centre itself."""
    finding = rule(
        "A-1", "t", "m", "pass", operator="within", center=50.0, limit=3.0, fail_limit=5.0, low=49.0, high=53.0
    )
    mapped = badness(finding)
    assert mapped is not None
    assert bad_ends(finding, mapped) == pytest.approx((-1.2, 0.0))


def test_a_rule_without_limit_has_no_place() -> None:
    """Nothing is drawn for it."""
    assert badness(rule("A-1", "t", "m", "not_assessable")) is None


def test_ticks_are_round_and_inside() -> None:
    """Steps of 1, 2 or 5 times a power of ten."""
    assert ticks(0.43, 0.69) == pytest.approx([0.45, 0.5, 0.55, 0.6, 0.65])
    assert ticks(0.0, 100.0) == pytest.approx([0, 20, 40, 60, 80, 100])
    assert ticks(3.0, 3.0) == [3.0]


def test_axes_hold_what_they_show() -> None:
    """Linear and logarithmic middles, and values beyond the ends held at the ends."""
    assert Axis(0, 10, 100, 200).at(5) == pytest.approx(150)
    assert Axis(1, 100, 0, 10, is_log=True).at(10) == pytest.approx(5)
    assert Axis(0, 10, 100, 200).at(99) == 200
    low, high = around([1.0, 3.0], 0.0)
    assert low < 0.0 < 3.0 < high

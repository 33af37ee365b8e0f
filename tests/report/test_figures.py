"""Numbers as people read them."""

from __future__ import annotations

import pytest

from audit.report import figures

from .sample_rules import rule


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "share", "0%"),
        (1.0, "share", "100.0%"),
        (0.5, "share", "50.0%"),
        (0.516, "share", "51.6%"),
        (0.003, "share", "0.3%"),
        (0.0123, "share", "1.23%"),
        (0.00012, "share", "0.012%"),
        (3e-9, "share", "3.0e-07%"),
        (-0.016, "share", "-1.6%"),
        (2900, "count", "2,900"),
        (12.5, "count", "12.5"),
        (1.42345, "odds ratio per SD", "1.423"),
        (123456.7, "code points", "123,457"),
        (None, "share", "-"),
    ],
)
def test_number(value: float | None, unit: str, text: str) -> None:
    """Each unit has its form, and no digit that means nothing."""
    assert figures.number(value, unit) == text


def test_limits_say_which_way() -> None:
    """At most, at least, and within a distance of a centre; the failing side is the other one."""
    most = rule("A-1", "t", "m", "pass", operator="le", limit=0.05, fail_limit=0.1)
    least = rule("A-1", "t", "m", "pass", operator="ge", limit=600, fail_limit=300, unit="count")
    near = rule("A-1", "t", "m", "pass", operator="within", center=0.5, limit=0.03, fail_limit=0.05)
    span = rule("A-1", "t", "m", "pass", operator="between", limit=[0.35, 0.65], fail_limit=[0.15, 0.85])
    assert [(figures.limit(r), figures.fail_limit(r)) for r in (most, least, near, span)] == [
        ("<= 5%", "> 10%"),
        (">= 600", "< 300"),
        ("50% +/- 3%", "beyond 50% +/- 5%"),
        ("35% to 65%", "< 15% or > 85%"),
    ]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (5_812_334, "5.8 MB"), (2e9, "2.0 GB"), (None, "-")],
)
def test_size(size: int | None, text: str) -> None:
    """Powers of a thousand."""
    assert figures.size(size) == text


def test_intervals() -> None:
    """Two ends, one end, or none."""
    assert figures.interval(0.1, 0.2, "share") == "10.0% to 20.0%"
    assert figures.interval(None, 0.2, "share") == "up to 20.0%"
    assert figures.interval(0.1, None, "share") == "from 10.0%"
    assert figures.interval(None, None, "share") == "-"

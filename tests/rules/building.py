"""Rules, packs and measures that the tests of judging are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from scipy.special import stdtrit

from audit.measure import ALL, Interval, Kind, Measure, Slice
from audit.rules.pack import Basis, Decision, Level, Operator, Rule, RulePack, Severity

RULE: Final = Rule(
    id="TST-001",
    version=1,
    title="A defect",
    name="a-defect",
    measure="test.rate",
    kind=Kind.PROCESS,
    operator=Operator.LE,
    limit=0.05,
    fail_limit=0.10,
    rationale="Because.",
    remediation="Mend it.",
    basis=Basis.POLICY,
    severity=Severity.BLOCKER,
    required=True,
    since="0.1.0",
)


def rule(**changes: Any) -> Rule:
    """A process rule "at most 0.05, fails beyond 0.10", with changes."""
    return replace(RULE, **changes)


def census(**changes: Any) -> Rule:
    """A census rule "none", with changes."""
    plain = {"kind": Kind.CENSUS, "measure": "test.count", "limit": 0.0, "fail_limit": None}
    return replace(RULE, **(plain | changes))


def decision(**changes: Any) -> Decision:
    """A decision with changes."""
    return Decision(**changes)


def pack(*rules: Rule, **changes: Any) -> RulePack:
    """A pack of these rules."""
    base = RulePack("test", "1.0.0", "Test", Level.DPO_READY, tuple(sorted(rules, key=lambda r: r.id)))
    return replace(base, **changes)


def t_measure(value: float, se: float, *, df: float = 99.0, n: int = 1000, part: Slice = ALL, **more: Any) -> Measure:
    """A process measure with a 90 % t interval, so that each end is a 95 % bound."""
    half = float(stdtrit(df, 0.95)) * se
    interval = Interval(value - half, value + half, 0.90, "t", se, df)
    name = more.pop("name", "test.rate")
    return Measure(name, value, "share", Kind.PROCESS, n, interval, slice=part, **more)


def counted(value: float, *, n: int = 1000, part: Slice = ALL, name: str = "test.count", **more: Any) -> Measure:
    """A census measure."""
    return Measure(name, value, "count", Kind.CENSUS, n, slice=part, **more)

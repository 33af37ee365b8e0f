"""What the keys of a rule may not contradict in each other, beyond what each may hold alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.measure import Kind
from audit.rules.pack import Condition, Decision, Multiplicity, OnInconclusive, Operator, Rule, SliceMode, Slicing
from audit.rules.reading import Problem, shown


def build_rule(values: Mapping[str, Any], origin: str) -> Rule:
    """Return the rule of one table whose keys were read; `origin` is name@version of its pack."""
    plain = {name: value for name, value in values.items() if name not in ("slice", "decision", "also")}
    burden = OnInconclusive.INCONCLUSIVE if values["required"] else OnInconclusive.WARN
    return Rule(
        **({"on_inconclusive": burden} | plain),
        slicing=Slicing(**values.get("slice", {})),
        decision=Decision(**values.get("decision", {})),
        also=Condition(**values["also"]) if "also" in values else None,
        origin=origin,
    )


def shape_problems(values: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield what the keys of one rule contradict in each other, in shape."""
    operator: Operator = values["operator"]
    for key in ("limit", "fail_limit"):
        if key in values and isinstance(values[key], tuple) is not (operator is Operator.BETWEEN):
            shape = "two numbers" if operator is Operator.BETWEEN else "one number"
            yield Problem(f"{where}.{key}", f"does not fit operator {operator}", shown(values[key]), shape)
            return
    if ("center" in values) is not (operator is Operator.WITHIN):
        yield Problem(
            f"{where}.center", "belongs to operator within, and within needs it", expected="center and within"
        )
        return
    if operator is Operator.EQ and (values["kind"] is not Kind.CENSUS or "fail_limit" in values):
        yield Problem(where, "eq asks for an exact value", expected='kind = "census" and no fail_limit')
    yield from contradictions(build_rule(values, ""), where)


def contradictions(rule: Rule, where: str) -> Iterator[Problem]:
    """Yield what a whole rule contradicts in itself."""
    good, bad = rule.pass_band, rule.fail_band
    if good.low > good.high:
        yield Problem(f"{where}.limit", "no value can pass", shown(rule.limit), "a lower end below the upper")
    elif bad.low > good.low or bad.high < good.high:
        got = f"limit {rule.limit}, fail_limit {rule.fail_limit}"
        yield Problem(f"{where}.fail_limit", "fails values that pass", got, "a fail limit at or beyond the pass limit")
    if rule.required and rule.on_inconclusive is OnInconclusive.WARN:
        expected = "inconclusive or fail: the vendor bears the burden of a required rule"
        yield Problem(f"{where}.on_inconclusive", "a required rule cannot only warn", "warn", expected)
    sliced = rule.slicing.mode is SliceMode.WORST and rule.kind is not Kind.CENSUS
    if sliced and rule.decision.multiplicity is not Multiplicity.HOLM:
        expected = "holm: a fail of a slice is an accusation among many"
        yield Problem(f"{where}.decision.multiplicity", "slices uncorrected", "none", expected)

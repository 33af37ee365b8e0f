"""What findings say, in plain words."""

from __future__ import annotations

import math
from typing import Final

from audit.measure import Kind, Measure
from audit.rules.decision import Bounds, Verdict, effective_n, inside, outside, too_few_clusters
from audit.rules.pack import Band, Condition, Limit, Operator, Rule, band

SIGNS: Final = {Operator.LE: "≤", Operator.GE: "≥", Operator.EQ: "="}


def amount(value: float, unit: str = "") -> str:
    """Return a number as people read it: shares as percent, counts in full, the rest with four significant digits."""
    if unit == "share":
        return f"{100 * value:.4g}%"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4g}"


def limit_words(operator: Operator, limit: Limit, center: float | None = None, unit: str = "") -> str:
    """Return a limit as it is spoken: "≤ 0.65", "50% ± 3%", "0.15 to 0.85"."""
    if isinstance(limit, tuple):
        return f"{amount(limit[0], unit)} to {amount(limit[1], unit)}"
    if operator is Operator.WITHIN and center is not None:
        return f"{amount(center, unit)} ± {amount(limit, unit)}"
    return f"{SIGNS[operator]} {amount(limit, unit)}"


def inside_words(values: Band, unit: str = "") -> str:
    """Return the values of a band in words: "at most 5%", "between 47% and 53%"."""
    if math.isinf(values.low):
        return f"at most {amount(values.high, unit)}"
    if math.isinf(values.high):
        return f"at least {amount(values.low, unit)}"
    if values.low == values.high:
        return f"exactly {amount(values.low, unit)}"
    return f"between {amount(values.low, unit)} and {amount(values.high, unit)}"


def outside_words(values: Band, unit: str = "") -> str:
    """Return the values outside a band in words: "above 10%", "below 45% or above 55%"."""
    below = "" if math.isinf(values.low) else f"below {amount(values.low, unit)}"
    above = "" if math.isinf(values.high) else f"above {amount(values.high, unit)}"
    return " or ".join(words for words in (below, above) if words)


def decided(rule: Rule, measure: Measure, ends: Bounds, verdict: Verdict, needed: int | None) -> str:
    """Return the sentence behind a decision on bounds."""
    unit = measure.unit
    good, bad = inside_words(rule.pass_band, unit), outside_words(rule.fail_band, unit)
    if rule.kind is Kind.CENSUS:
        asked = f"{amount(measure.number, unit)}, where {good} is asked"
        return asked if verdict is Verdict.PASS else f"{asked} and {bad} fails"
    span = f"bounds {amount(ends.low, unit)} to {amount(ends.high, unit)}"
    if verdict is Verdict.PASS:
        return f"{span}, all of it {good}"
    if verdict is Verdict.FAIL:
        low, high = rule.fail_band
        crossed = Band(low, math.inf) if ends.high < low else Band(-math.inf, high)
        return f"{span}, all of it {outside_words(crossed, unit)}"
    return f"{span} {_undecided(rule, measure, ends, good, bad)}" + _more(needed)


def _undecided(rule: Rule, measure: Measure, ends: Bounds, good: str, bad: str) -> str:
    if too_few_clusters(rule.decision, measure.interval) and measure.interval is not None:
        return f"rest on {amount((measure.interval.df or 0) + 1)} clusters, too few to trust"
    if inside(ends, rule.pass_band):
        least = rule.decision.pass_n
        return f"are {good} but rest on {amount(effective_n(measure))} independent units; a pass needs {least:,}"
    if outside(ends, rule.pass_band) and inside(ends, rule.fail_band):
        return f"are sharp enough, but lie between what passes ({good}) and what fails ({bad})"
    return f"cross a limit ({good} passes, {bad} fails)"


def _more(needed: int | None) -> str:
    return f"; about {needed:,} would be needed to pass if the property is good" if needed is not None else ""


def too_few(n: int, least: int) -> str:
    """Return why nothing is said about so few units."""
    return f"{n:,} units; nothing is said below {least:,}"


def no_bounds(confidence: float) -> str:
    """Return why an estimate alone decides nothing."""
    return f"no interval at {amount(100 * confidence)} % confidence, and an estimate alone decides nothing"


def uncorrected(adjusted: float | None) -> str:
    """Return why a slice's fail was withdrawn."""
    if adjusted is None:
        return "beyond the fail limit, but without a standard error it cannot be corrected for the number of slices"
    return f"beyond the fail limit alone, not after Holm's correction for the number of slices (p = {adjusted:.2g})"


def holds(condition: Condition, value: float) -> bool:
    """True when the companion's value satisfies its condition."""
    values = band(condition.operator, condition.limit)
    return values.low <= value <= values.high


def condition(also: Condition, value: float) -> str:
    """Return what the companion measure says."""
    state = "kept" if holds(also, value) else "broken"
    return f"{also.measure} = {amount(value)} ({limit_words(also.operator, also.limit)} is {state})"


def contradicted(verdict: Verdict, also: Condition, value: float) -> str:
    """Return why a decision was withdrawn: its companion says the opposite."""
    return f"alone it would {verdict}, but {condition(also, value)}"

"""Change a rule of an extended pack: stricter freely, weaker only when it says so and why.

The closed set of operators and words makes "weaker" decidable: a change is weaker when some data could pass (or escape
a fail) that could not before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from audit.rules.pack import Band, OnFail, OnInconclusive, OnInsufficient, Rule, Severity, Weakening
from audit.rules.reading import Problem, shown

_STRICTEST_FIRST: Final[dict[str, list[object]]] = {
    "required": [True, False],
    "applies": [True, False],
    "waivable": [False, True],
    "severity": list(Severity),
    "on_fail": [OnFail.FAIL, OnFail.NOT_ASSESSABLE],
    "on_inconclusive": list(OnInconclusive),
    "on_insufficient": [OnInsufficient.FAIL, OnInsufficient.NOT_ASSESSABLE],
}
_BANDS: Final[dict[str, Callable[[Rule], Band]]] = {
    "limit": lambda rule: rule.pass_band,
    "fail_limit": lambda rule: rule.fail_band,
}


def override(
    rule: Rule, values: Mapping[str, Any], where: str, pack: str
) -> tuple[Rule, list[Weakening], list[Problem]]:
    """Return the changed rule, what it asks less than before, and what is wrong with the override.

    Args:
        rule: as the extended pack has it.
        values: the keys of the override, already read.
        where: key path for problems.
        pack: name@version of the overriding pack.
    """
    plain = {k: v for k, v in values.items() if k not in ("id", "weakens", "reason", "confidence")}
    for key in ("limit", "fail_limit"):
        if key in plain and isinstance(plain[key], tuple) is not isinstance(rule.limit, tuple):
            return rule, [], [Problem(f"{where}.{key}", f"does not fit operator {rule.operator}", shown(plain[key]))]
    changed = replace(rule, **plain)
    if "confidence" in values:
        changed = replace(changed, decision=replace(rule.decision, confidence=values["confidence"]))
    if not changed.applies:
        changed = replace(changed, scope_reason=values.get("reason"))
    reason = str(values.get("reason", ""))
    weaker = [Weakening(rule.id, key, was, now, reason, pack) for key, was, now in _weaker(rule, changed)]
    declared = bool(values.get("weakens"))
    if weaker and not (declared and reason):
        keys = ", ".join(weakening.key for weakening in weaker)
        fix = "a weaker rule is shown in report and certificate, with your reason"
        return changed, weaker, [Problem(where, f"weakens {keys}", expected="weakens = true and a reason", fix=fix)]
    if declared and not weaker:
        return changed, [], [Problem(f"{where}.weakens", "nothing is weaker here", "true", "no weakens")]
    return changed, weaker, []


def _weaker(was: Rule, now: Rule) -> list[tuple[str, str, str]]:
    """Return key, old and new value of everything that asks less."""
    found = [
        (key, shown(getattr(was, key)), shown(getattr(now, key)))
        for key, ends in _BANDS.items()
        if ends(now).low < ends(was).low or ends(now).high > ends(was).high
    ]
    found += [
        (key, str(getattr(was, key)), str(getattr(now, key)))
        for key, order in _STRICTEST_FIRST.items()
        if order.index(getattr(now, key)) > order.index(getattr(was, key))
    ]
    if now.decision.confidence < was.decision.confidence:
        found.append(("confidence", f"{was.decision.confidence:g}", f"{now.decision.confidence:g}"))
    return found

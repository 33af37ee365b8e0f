"""One finding speaks for a rule that was judged on many slices."""

from __future__ import annotations

from typing import Any

from audit.report.judged import judged_rules, others_told

from .sample_rules import part, rule


def found(verdict: str, value: str | None = None, estimate: float = 0.0, **more: Any) -> dict[str, Any]:
    where = None if value is None else part("locale", value)
    return rule("A-001", "t", "m", verdict, slice=where, estimate=estimate, limit=10.0, fail_limit=20.0, **more)


def only(*rules: dict[str, Any]) -> Any:
    (judged,) = judged_rules({"rules": list(rules)})
    return judged


def test_a_fail_anywhere_speaks() -> None:
    """The whole file passes, one slice fails: the rule fails."""
    judged = only(found("pass"), found("inconclusive", "a"), found("fail", "b", 30.0))
    assert judged.head["slice"] == part("locale", "b")
    assert others_told(judged) == "other slices: 1 inconclusive, 1 pass"


def test_the_whole_file_speaks_before_its_slices() -> None:
    """All fail: the whole file's finding is the one told, though a slice is worse."""
    judged = only(found("fail", "a", 90.0), found("fail", None, 30.0), found("fail", "b", 80.0))
    assert judged.head["slice"] is None


def test_an_undecided_slice_does_not_speak_for_a_pass() -> None:
    """Unless it is required."""
    assert only(found("pass"), found("inconclusive", "a")).head["verdict"] == "pass"
    assert only(found("pass"), found("inconclusive", "a", required=True)).head["verdict"] == "inconclusive"


def test_without_a_whole_file_the_worst_slice_speaks() -> None:
    """Three slices pass a limit of 10: the one at 9 is the tightest."""
    judged = only(found("pass", "a", 5.0), found("pass", "b", 9.0), found("pass", "c", 7.0))
    assert judged.head["estimate"] == 9.0


def test_rules_come_most_urgent_first_then_in_the_packs_order() -> None:
    """Fail before pass; among passes the required one, then the severe one, then the earlier one."""
    rules = [
        {**found("pass", severity="minor"), "id": "B-1"},
        {**found("pass"), "id": "B-2"},
        {**found("pass"), "id": "B-3"},
        {**found("pass", required=True), "id": "B-4"},
        {**found("fail"), "id": "B-5"},
    ]
    order = [judged.head["id"] for judged in judged_rules({"rules": rules})]
    assert order == ["B-5", "B-4", "B-2", "B-3", "B-1"]


def test_verdicts_select() -> None:
    """Only rules that speak with one of the named verdicts."""
    assert judged_rules({"rules": [found("pass")]}, "fail") == []

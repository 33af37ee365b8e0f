"""From measures to findings, verdict and level."""

from __future__ import annotations

import numpy as np
import pytest

from audit.errors import RulePackError
from audit.measure import ALL, Evidence, Interval, Kind, Measure, Outcome, RowRef, Slice, Status, Undefined
from audit.rules import judge
from audit.rules.decision import Verdict
from audit.rules.judging import NO_LEVEL, Judgement
from audit.rules.pack import (
    Condition,
    Level,
    Multiplicity,
    OnFail,
    OnInconclusive,
    OnInsufficient,
    Operator,
    Rule,
    Severity,
    SliceMode,
    Slicing,
)

from .building import census, counted, decision, pack, rule, t_measure

CLEAN, BAD, VAGUE = t_measure(0.01, 0.001), t_measure(0.5, 0.001), t_measure(0.08, 0.05)


def outcome(status: Status, name: str = "test", **more: object) -> Outcome:
    """One auditor's end."""
    return Outcome("TST", name, "1", {}, status, **more)  # type: ignore[arg-type]


def words(result: Judgement) -> list[str]:
    """Verdicts of the findings, in order."""
    return [str(finding.verdict) for finding in result.findings]


@pytest.mark.parametrize(
    ("measure", "verdict", "level"),
    [(CLEAN, "pass", "DPO-READY"), (BAD, "fail", NO_LEVEL), (VAGUE, "inconclusive", NO_LEVEL)],
)
def test_a_required_rule_decides(measure: Measure, verdict: str, level: str) -> None:
    """The one required rule gives the whole its verdict; only a pass earns the level."""
    result = judge(pack(rule()), [measure])

    assert (result.verdict, result.level) == (verdict, level)


@pytest.mark.parametrize(
    ("severity", "verdict", "warnings"),
    [
        (Severity.BLOCKER, "fail", 0),
        (Severity.MAJOR, "fail", 0),
        (Severity.MINOR, "pass", 1),
        (Severity.INFO, "pass", 1),
    ],
)
def test_an_optional_fail_counts_by_severity(severity: Severity, verdict: str, warnings: int) -> None:
    """Beside a passing required rule, an optional fail counts when blocker or major and only warns below."""
    optional = rule(id="TST-002", measure="test.other", required=False, severity=severity)

    result = judge(pack(rule(), optional), [CLEAN, t_measure(0.5, 0.001, name="test.other")])

    assert result.verdict == verdict
    assert len(result.warnings) == warnings


def test_an_optional_undecided_rule_warns() -> None:
    """Undecided and optional: the verdict stands, a warning says what and why."""
    optional = rule(id="TST-002", measure="test.other", required=False)

    result = judge(pack(rule(), optional), [CLEAN, t_measure(0.08, 0.05, name="test.other")])

    assert result.verdict is Verdict.PASS
    assert result.warnings[0].startswith("TST-002 a-defect: inconclusive, ")


def test_the_vendor_bears_the_burden_when_the_rule_says_so() -> None:
    """on_inconclusive = fail turns an undecided bound into a fail, and says that it did."""
    result = judge(pack(rule(on_inconclusive=OnInconclusive.FAIL)), [VAGUE])

    assert result.verdict is Verdict.FAIL
    assert "undecided counts as a fail" in result.findings[0].message


def test_fail_outranks_not_assessable_outranks_inconclusive() -> None:
    """The verdict of the whole is the worst of its required rules."""
    rules = [rule(id=f"TST-00{i}", measure=f"test.m{i}") for i in range(3)]
    found = [t_measure(0.5, 0.001, name="test.m0"), t_measure(0.08, 0.05, name="test.m1")]

    assert judge(pack(*rules), found).verdict is Verdict.FAIL
    assert judge(pack(*rules[1:]), found).verdict is Verdict.NOT_ASSESSABLE
    assert judge(pack(rules[1]), found).verdict is Verdict.INCONCLUSIVE


def test_nothing_required_is_nothing_certified() -> None:
    """A pack of optional rules cannot end in pass, however good the data."""
    assert judge(pack(rule(required=False)), [CLEAN]).verdict is Verdict.NOT_ASSESSABLE


@pytest.mark.parametrize(
    ("outcomes", "message", "unlock"),
    [
        ([], "no auditor measured test.rate", None),
        ([outcome(Status.NOT_ASSESSABLE, missing=("model_a",))], "the auditor TST lacks model_a", "model_a"),
        ([outcome(Status.FAILED, error="ValueError: x")], "the auditor TST failed: ValueError: x", None),
    ],
)
def test_an_absent_measure_says_why(outcomes: list[Outcome], message: str, unlock: str | None) -> None:
    """No measure: the finding names the reason and what would unlock it."""
    finding = judge(pack(rule()), [], outcomes).findings[0]

    assert (finding.verdict, finding.message, finding.unlock) == ("not_assessable", message, unlock)


def test_an_undefined_measure_passes_on_its_reason() -> None:
    """Undefined is not assessable, with the auditor's own reason and unlock."""
    none = Undefined("order is not recorded", "judgment.shown_first")
    finding = judge(pack(rule()), [Measure("test.rate", none, "share", Kind.PROCESS, 0)]).findings[0]

    assert (finding.verdict, finding.message, finding.unlock) == ("not_assessable", none.reason, none.unlock)


@pytest.mark.parametrize("measures", [[CLEAN], [VAGUE]])
def test_a_failed_auditor_never_reads_as_passed(measures: list[Measure]) -> None:
    """Another auditor broke: the verdict cannot be pass and no level is earned, even when every rule passes."""
    result = judge(pack(rule()), measures, [outcome(Status.FAILED, "other", error="boom")])

    assert result.verdict is Verdict.NOT_ASSESSABLE
    assert result.level == NO_LEVEL
    assert result.incomplete == ("TST",)


def test_too_few_units_say_nothing_or_fail() -> None:
    """Below min_n the finding is not assessable by default, a fail where the rule says so; at min_n it is judged."""
    needs_thirty = rule(decision=decision(min_n=30))
    few, enough = t_measure(0.01, 0.001, n=29), t_measure(0.01, 0.001, n=30)

    assert words(judge(pack(needs_thirty), [few])) == ["not_assessable"]
    assert judge(pack(needs_thirty), [few]).findings[0].unlock == "n >= 30"
    strict = rule(decision=decision(min_n=30), on_insufficient=OnInsufficient.FAIL)
    assert words(judge(pack(strict), [few])) == ["fail"]
    assert words(judge(pack(needs_thirty), [enough])) == ["pass"]


def test_an_estimate_without_interval_decides_nothing() -> None:
    """A process number without an interval is not assessable: absence of evidence is never a pass."""
    bare = Measure("test.rate", 0.0, "share", Kind.PROCESS, 10_000)

    assert words(judge(pack(rule()), [bare])) == ["not_assessable"]


def test_a_rule_may_not_mistake_the_kind() -> None:
    """A census rule on a process measure is a fault of the pack, told with the pack's name."""
    wrong = census(measure="test.rate", origin="mine@1.0.0")

    with pytest.raises(RulePackError, match=r"mine@1\.0\.0: rule TST-001\.kind"):
        judge(pack(wrong), [CLEAN])


def test_findings_carry_the_numbers() -> None:
    """Estimate, bounds, n, effective n, method, margin and evidence come along; a census has no bounds."""
    evidence = Evidence(1, (RowRef("ab", "f", 1),))
    measure = t_measure(0.02, 0.01, n=700, n_effective=350.0, method="share", evidence=evidence)
    counts = counted(0, evidence=evidence)

    found, exact = judge(pack(rule(), census(id="TST-002")), [measure, counts]).findings

    assert (found.estimate, found.n, found.n_effective, found.method) == (0.02, 700, 350.0, "share")
    assert measure.interval is not None
    assert (found.low, found.high) == (measure.interval.low, measure.interval.high)
    assert found.certifiable_margin == pytest.approx(0.02926, abs=1e-5)
    assert found.evidence is evidence
    assert (exact.low, exact.high, exact.estimate) == (None, None, 0)


COMPANION = Condition("test.p", Operator.GE, 0.05)


@pytest.mark.parametrize(
    ("value", "p", "expected"),
    [
        (0.01, 0.5, "pass"),
        (0.01, 0.01, "inconclusive"),
        (0.50, 0.01, "fail"),
        (0.50, 0.5, "inconclusive"),
        (0.01, None, "not_assessable"),
    ],
)
def test_a_companion_must_agree(value: float, p: float | None, expected: str) -> None:
    """A pass needs the condition kept, a fail needs it broken; without the companion nothing is said."""
    measures = [t_measure(value, 0.001)]
    measures += [] if p is None else [Measure("test.p", p, "p value", Kind.PROCESS, 1000)]

    assert words(judge(pack(rule(also=COMPANION)), measures)) == [expected]


def test_a_confounded_rule_is_not_assessable() -> None:
    """Where a needed rule is beyond its fail limit the dependent one says nothing, pass or fail alike."""
    first = rule(id="TST-000", measure="test.order")
    second = rule(needs=("TST-000",))
    broken = t_measure(0.5, 0.001, name="test.order")

    for measure in (CLEAN, BAD):
        result = judge(pack(first, second), [broken, measure])
        assert words(result) == ["fail", "not_assessable"]
        assert "TST-000" in result.findings[1].message
    vague = t_measure(0.08, 0.05, name="test.order")
    assert words(judge(pack(first, second), [vague, CLEAN])) == ["inconclusive", "pass"]


def test_a_precondition_is_not_assessable_instead_of_failing() -> None:
    """on_fail = not_assessable: crossing the fail limit blocks, without the accusation, and silences dependents."""
    order = census(
        id="TST-000",
        operator=Operator.GE,
        limit=0.99,
        fail_limit=0.95,
        on_fail=OnFail.NOT_ASSESSABLE,
    )
    result = judge(pack(order, rule(needs=("TST-000",))), [counted(0.5), BAD])

    assert words(result) == ["not_assessable", "not_assessable"]
    assert result.verdict is Verdict.NOT_ASSESSABLE
    assert result.findings[0].unlock == order.remediation


def test_a_confounded_rule_without_a_value_keeps_its_own_reason() -> None:
    """What is undefined anyway says what would unlock it, not that another rule is broken."""
    none = Undefined("order is not recorded", "judgment.shown_first")
    bare = Measure("test.rate", none, "share", Kind.PROCESS, 0)
    first = rule(id="TST-000", measure="test.order")

    found = judge(pack(first, rule(needs=("TST-000",))), [t_measure(0.5, 0.001, name="test.order"), bare])

    assert (found.findings[1].message, found.findings[1].unlock) == (none.reason, none.unlock)


def test_out_of_scope_is_not_applicable() -> None:
    """A rule declared out of scope shows its reason and has no part in the verdict."""
    away = rule(id="TST-002", measure="test.other", applies=False, scope_reason="no such data")
    result = judge(pack(rule(), away), [CLEAN])

    assert words(result) == ["pass", "not_applicable"]
    assert result.findings[1].message == "no such data"
    assert result.verdict is Verdict.PASS


EN, TH = Slice("locale", "en-US"), Slice("locale", "th-TH")


def test_each_slice_must_pass() -> None:
    """Mode each: one finding a slice of the named column, all deciding; the whole file and other columns are not."""
    by = census(
        operator=Operator.GE,
        limit=400.0,
        fail_limit=100.0,
        slicing=Slicing(SliceMode.EACH, ("locale",)),
    )
    other = counted(1, part=Slice("split", "eval"))
    result = judge(pack(by), [counted(5000), counted(4000, part=EN), counted(50, part=TH), other])

    assert [(f.slice, f.verdict) for f in result.findings] == [(EN, "pass"), (TH, "fail")]
    assert result.verdict is Verdict.FAIL
    assert judge(pack(by), [counted(4000, part=EN), counted(200, part=TH)]).verdict is Verdict.INCONCLUSIVE


def test_each_slice_without_slices_is_not_assessable() -> None:
    """No slice of the column was recorded: the column would unlock it."""
    by = census(slicing=Slicing(SliceMode.EACH, ("locale",)))

    finding = judge(pack(by), [counted(0)]).findings[0]

    assert (finding.verdict, finding.unlock) == ("not_assessable", "locale")


def worst(**more: object) -> Rule:
    """A rule whose slices may not fail."""
    slicing = Slicing(SliceMode.WORST, leave_out=("annotator",), min_n=100)
    return rule(slicing=slicing, decision=decision(multiplicity=Multiplicity.HOLM), **more)


def test_a_slice_may_be_undecided_but_not_fail() -> None:
    """Mode worst: the whole decides, an undecided slice is shown only, a failing slice fails the whole."""
    vague = t_measure(0.08, 0.05, part=EN)
    assert judge(pack(worst()), [CLEAN, vague]).verdict is Verdict.PASS
    assert [f.decides for f in judge(pack(worst()), [CLEAN, vague]).findings] == [True, False]

    result = judge(pack(worst()), [CLEAN, t_measure(0.5, 0.001, part=EN)])
    assert result.verdict is Verdict.FAIL
    assert result.findings[1].slice == EN


def test_small_slices_and_left_out_columns_are_not_judged() -> None:
    """A slice below slice.min_n and one of a left-out column give no finding."""
    small = t_measure(0.5, 0.001, part=EN, n=99)
    person = t_measure(0.5, 0.001, part=Slice("annotator", "ann"))

    assert [f.slice for f in judge(pack(worst()), [CLEAN, small, person]).findings] == [ALL]


def test_a_slice_fails_only_after_holm() -> None:
    """One-sided p = 0.03 alone fails; as the smallest of four it is adjusted to 0.12 and is withdrawn.

    t(0.97, 99) = 1.902, so the estimate lies 1.902 SE beyond the fail limit 0.10.
    """
    near = [t_measure(0.10 + 1.902 * 0.01, 0.01, part=EN)]
    others = [t_measure(0.01, 0.001, part=Slice("locale", f"x{i}")) for i in range(3)]

    alone = judge(pack(worst()), [CLEAN, *near]).findings[1]
    among = judge(pack(worst()), [CLEAN, *near, *others]).findings[1]

    assert (alone.verdict, round(alone.p_adjusted or 0, 3)) == ("fail", 0.03)
    assert (among.verdict, round(among.p_adjusted or 0, 3)) == ("inconclusive", 0.12)
    assert "Holm" in among.message


def test_a_slice_without_standard_error_cannot_fail() -> None:
    """An exact interval beyond the limit has no p-value to correct, so the slice is only inconclusive."""
    exact = Measure("test.rate", 0.5, "share", Kind.PROCESS, 1000, Interval(0.4, 0.6, 0.90, "exact"), slice=EN)

    assert words(judge(pack(worst()), [CLEAN, exact])) == ["pass", "inconclusive"]


def test_family_wise_error_of_slices() -> None:
    """Twenty slices all exactly at the fail limit: any of them fails in at most 5 % of the runs (uncorrected 64 %).

    400 runs: three Monte-Carlo standard errors are 0.033.
    """
    runs, slices, df, se = 400, 20, 50, 0.01
    noise = np.random.default_rng(3).standard_t(df, size=(runs, slices)) * se
    by = pack(worst())
    parts = [Slice("locale", f"{i:02}") for i in range(slices)]
    wrong = alone = 0
    for row in noise:
        found = [t_measure(0.10 + e, se, df=df, part=part) for e, part in zip(row, parts, strict=True)]
        wrong += judge(by, [CLEAN, *found]).verdict is Verdict.FAIL
        alone += any(m.interval is not None and m.interval.low > 0.10 for m in found)

    assert wrong / runs <= 0.05 + 0.033
    assert alone / runs > 0.5


def test_structure_alone_earns_its_own_level() -> None:
    """Not assessable, but every required rule of the base pack passes: the base's level; a fail earns nothing."""
    form = census(id="STR-001")
    base = pack(form, level=Level.STRUCTURAL_ONLY, name="structural")
    whole = pack(form, rule(), bases=(base,))

    assert judge(whole, [counted(0)]).level == "STRUCTURAL-ONLY"
    assert judge(whole, [counted(1)]).level == NO_LEVEL
    assert judge(whole, [counted(0), VAGUE]).level == NO_LEVEL
    assert judge(whole, [counted(0), CLEAN]).level == "DPO-READY"


def test_order_of_measures_is_irrelevant() -> None:
    """Findings do not depend on the order in which measures come."""
    found = [CLEAN, *(t_measure(0.2, 0.01, part=Slice("locale", f"x{i}")) for i in range(5))]

    assert judge(pack(worst()), found) == judge(pack(worst()), found[::-1])

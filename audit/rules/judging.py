"""Measures in, findings and a verdict out.

A certificate is an intersection-union test: it is given only when *every* required rule rejects its own "this property
is bad". If any required property is truly at or beyond its limit, the chance of a certificate is at most that one
rule's 1 - confidence, whatever the number of rules and however they depend on each other (Berger, Technometrics 24,
1982), so passing needs no correction for multiplicity. Fails are accusations: among the slices of a rule they are
corrected by Holm, so that a false one anywhere in that family has the same small chance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from audit.errors import RulePackError
from audit.measure import ALL, Interval, Kind, Measure, Outcome, Status, Undefined
from audit.rules import decision, wording
from audit.rules.decision import Bounds, Verdict
from audit.rules.findings import Finding
from audit.rules.pack import COUNTED, Multiplicity, OnFail, OnInconclusive, OnInsufficient, Rule, RulePack, SliceMode
from audit.rules.waivers import Waivers
from audit.rules.waiving import Use, waive

PASSED: Final = (Verdict.PASS, Verdict.PASS_WITH_WAIVERS)
NO_LEVEL: Final = "NONE"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a pack makes of the measures."""

    verdict: Verdict
    level: str
    """What the data may be called; NO_LEVEL when nothing was earned."""
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    incomplete: tuple[str, ...]
    """Codes of the auditors that failed: the verdict is then never `pass`."""
    waivers: Waivers | None = None
    uses: tuple[Use, ...] = ()
    """What became of each waiver."""


def judge(
    pack: RulePack,
    measures: Iterable[Measure],
    outcomes: Sequence[Outcome] = (),
    waivers: Waivers | None = None,
    files: Collection[str | None] = (),
) -> Judgement:
    """Judge measures by a pack.

    Args:
        pack: the resolved pack.
        measures: every measure, in any order.
        outcomes: how each auditor ended, to say why a measure is not there.
        waivers: findings that somebody answers for.
        files: hex SHA-256 of every input, which waivers are given for.

    Raises:
        RulePackError: when a rule takes a measure for another kind than it is.
        UsageError: a waiver of no rule of the pack, or of one that cannot be waived.
    """
    if waivers is not None:
        waivers.check(pack.rules)
    named: dict[str, list[Measure]] = {}
    for measure in measures:
        named.setdefault(measure.name, []).append(measure)
    judged = {rule.id: _judge_rule(rule, named, outcomes) for rule in pack.rules}
    crossed = {code for code, found in judged.items() if any(_crossed(finding) for finding in found)}
    findings = [f for rule in pack.rules for f in _confounded(rule, judged[rule.id], crossed)]
    findings = [_on_fail(finding) for finding in findings]
    findings, uses = (findings, ()) if waivers is None else waive(findings, waivers, files)
    incomplete = tuple(sorted(outcome.code for outcome in outcomes if outcome.status is Status.FAILED))
    verdict = _overall(findings)
    if incomplete and verdict is not Verdict.FAIL:
        verdict = Verdict.NOT_ASSESSABLE
    level = NO_LEVEL if incomplete else _level(pack, verdict, findings)
    return Judgement(verdict, level, tuple(findings), _warnings(findings), incomplete, waivers, uses)


def _judge_rule(rule: Rule, named: Mapping[str, list[Measure]], outcomes: Sequence[Outcome]) -> list[Finding]:
    if not rule.applies:
        reason = rule.scope_reason or "declared out of scope"
        return [Finding(rule, ALL, Verdict.NOT_APPLICABLE, reason, decides=False)]
    found = sorted(named.get(rule.measure, ()), key=lambda m: m.slice)
    if not found:
        reason, unlock = _why_absent(rule.measure, outcomes)
        return [Finding(rule, ALL, Verdict.NOT_ASSESSABLE, reason, unlock=unlock)]
    for measure in found:
        if measure.kind is not rule.kind:
            raise RulePackError(
                f"{rule.measure} is a {measure.kind} measure and cannot be judged as {rule.kind}",
                where=f"{rule.origin}: rule {rule.id}.kind",
                got=rule.kind,
                expected=measure.kind,
            )
    whole = [measure for measure in found if measure.slice == ALL]
    parts = [measure for measure in found if measure.slice != ALL and rule.slicing.takes(measure.slice.by)]
    if rule.slicing.mode is SliceMode.EACH:
        return _each(rule, whole, parts)
    findings = [_overall_finding(rule, measure, named) for measure in whole]
    if rule.slicing.mode is SliceMode.WORST:
        findings += _corrected(rule, [m for m in parts if m.n >= rule.slicing.min_n], must_pass=False)
    return findings or [Finding(rule, ALL, Verdict.NOT_ASSESSABLE, f"{rule.measure} was measured on slices only")]


def _each(rule: Rule, whole: list[Measure], parts: list[Measure]) -> list[Finding]:
    if parts:
        return _corrected(rule, parts, must_pass=True)
    columns = ", ".join(rule.slicing.by) or "a slice column"
    undefined = next((m.value for m in whole if isinstance(m.value, Undefined)), None)
    reason = undefined.reason if undefined else f"no slice by {columns} was measured"
    unlock = undefined.unlock if undefined else None
    return [Finding(rule, ALL, Verdict.NOT_ASSESSABLE, reason, unlock=unlock or columns)]


def _corrected(rule: Rule, parts: list[Measure], *, must_pass: bool) -> list[Finding]:
    findings = [_finding(rule, measure) for measure in parts]
    if rule.decision.multiplicity is Multiplicity.HOLM:
        raw = [decision.fail_probability(m, rule.fail_band) if m.is_defined else None for m in parts]
        tested = [i for i, p in enumerate(raw) if p is not None]
        adjusted = decision.holm([p for p in raw if p is not None])
        for i, p in zip(tested, adjusted, strict=True):
            findings[i] = _holm_finding(findings[i], p)
        for i in set(range(len(parts))) - set(tested):
            findings[i] = _holm_finding(findings[i], None)
    return [replace(f, decides=must_pass or f.verdict is Verdict.FAIL) for f in findings]


def _holm_finding(finding: Finding, adjusted: float | None) -> Finding:
    """Withdraw a slice's fail that does not survive the correction (or that no p-value supports)."""
    if finding.verdict is not Verdict.FAIL or finding.rule.kind is Kind.CENSUS:
        return replace(finding, p_adjusted=adjusted)
    if adjusted is not None and adjusted <= decision.alpha(finding.rule.decision):
        return replace(finding, p_adjusted=adjusted)
    return replace(finding, verdict=Verdict.INCONCLUSIVE, p_adjusted=adjusted, message=wording.uncorrected(adjusted))


def _overall_finding(rule: Rule, measure: Measure, named: Mapping[str, list[Measure]]) -> Finding:
    finding = _finding(rule, measure)
    if rule.also is None or finding.verdict not in (Verdict.PASS, Verdict.FAIL):
        return finding
    companion = next((m for m in named.get(rule.also.measure, ()) if m.slice == measure.slice), None)
    if companion is None or isinstance(companion.value, Undefined):
        undefined = companion.value if companion is not None and isinstance(companion.value, Undefined) else None
        reason = undefined.reason if undefined else f"{rule.also.measure} was not measured"
        unlock = undefined.unlock if undefined else None
        return replace(finding, verdict=Verdict.NOT_ASSESSABLE, message=reason, unlock=unlock)
    kept = wording.holds(rule.also, companion.number)
    if kept is (finding.verdict is Verdict.PASS):
        return replace(finding, message=f"{finding.message}; {wording.condition(rule.also, companion.number)}")
    message = wording.contradicted(finding.verdict, rule.also, companion.number)
    return replace(finding, verdict=Verdict.INCONCLUSIVE, message=message)


def _finding(rule: Rule, measure: Measure) -> Finding:
    blank = Finding(
        rule,
        measure.slice,
        Verdict.NOT_ASSESSABLE,
        "",
        unit=measure.unit,
        n=measure.n,
        n_effective=measure.n_effective,
        method=measure.method,
        evidence=measure.evidence,
    )
    if isinstance(measure.value, Undefined):
        return replace(blank, message=measure.value.reason, unlock=measure.value.unlock)
    blank = replace(blank, estimate=measure.number)
    if measure.n < rule.decision.min_n:
        failed = rule.on_insufficient is OnInsufficient.FAIL
        verdict = Verdict.FAIL if failed else Verdict.NOT_ASSESSABLE
        least = rule.decision.min_n
        return replace(blank, verdict=verdict, message=wording.too_few(measure.n, least), unlock=f"n >= {least}")
    ends = decision.bounds(measure, rule.decision.confidence)
    if ends is None:
        return replace(blank, message=wording.no_bounds(rule.decision.confidence))
    return _decided(blank, measure, ends)


def _decided(blank: Finding, measure: Measure, ends: Bounds) -> Finding:
    rule = blank.rule
    verdict = decision.decide(rule, measure, ends)
    sure: Interval | None = measure.interval
    needed = decision.needed_n(rule, measure) if verdict is Verdict.INCONCLUSIVE else None
    return replace(
        blank,
        verdict=verdict,
        low=ends.low if sure else None,
        high=ends.high if sure else None,
        certifiable_margin=decision.certifiable_margin(rule, measure),
        needed_n=needed,
        message=wording.decided(rule, measure, ends, verdict, needed),
    )


def _crossed(finding: Finding) -> bool:
    return finding.verdict is Verdict.FAIL and finding.decides


def _confounded(rule: Rule, findings: list[Finding], crossed: set[str]) -> list[Finding]:
    broken = [code for code in rule.needs if code in crossed]
    if not broken:
        return findings
    reason = f"means nothing while {' and '.join(broken)} is beyond its fail limit"
    kept = (Verdict.NOT_APPLICABLE, Verdict.NOT_ASSESSABLE)
    return [
        f if f.verdict in kept else replace(f, verdict=Verdict.NOT_ASSESSABLE, message=reason)
        for f in findings
        if f.slice == ALL or rule.slicing.mode is SliceMode.EACH
    ]


def _on_fail(finding: Finding) -> Finding:
    if finding.verdict is Verdict.FAIL and finding.rule.on_fail is OnFail.NOT_ASSESSABLE:
        return replace(finding, verdict=Verdict.NOT_ASSESSABLE, unlock=finding.rule.remediation)
    burdened = finding.decides and finding.rule.on_inconclusive is OnInconclusive.FAIL
    if finding.verdict is Verdict.INCONCLUSIVE and burdened:
        return replace(finding, verdict=Verdict.FAIL, message=f"undecided counts as a fail: {finding.message}")
    return finding


def _overall(findings: Sequence[Finding]) -> Verdict:
    """Return the verdict of the whole: the worst of fail, not assessable, inconclusive, pass with waivers, pass."""
    deciding = [f for f in findings if f.decides and f.waiver is None]
    if any(f.verdict is Verdict.FAIL and (f.rule.required or f.rule.severity in COUNTED) for f in deciding):
        return Verdict.FAIL
    required = {f.verdict for f in deciding if f.rule.required}
    for verdict in (Verdict.NOT_ASSESSABLE, Verdict.INCONCLUSIVE):
        if verdict in required:
            return verdict
    if not any(f.rule.required and f.decides for f in findings):
        return Verdict.NOT_ASSESSABLE
    return Verdict.PASS_WITH_WAIVERS if any(_saved(f) for f in findings) else Verdict.PASS


def _saved(finding: Finding) -> bool:
    """True when only a waiver keeps the finding from counting."""
    return finding.waiver is not None and (finding.rule.required or finding.rule.severity in COUNTED)


def _level(pack: RulePack, verdict: Verdict, findings: Sequence[Finding]) -> str:
    """Return the pack's level on a pass; short of data, the level of the first base pack whose required rules pass."""
    if verdict in PASSED:
        return pack.level
    if verdict is not Verdict.NOT_ASSESSABLE:
        return NO_LEVEL
    for base in pack.bases:
        codes = {rule.id for rule in base.rules}
        if _overall([f for f in findings if f.rule.id in codes]) in PASSED:
            return base.level
    return NO_LEVEL


def _warnings(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return one line for each optional rule that failed without counting, or that stayed undecided."""
    return tuple(
        f"{f.rule.id} {f.rule.name}{'' if f.slice == ALL else f' [{f.slice}]'}: {f.verdict}, {f.message}"
        for f in findings
        if f.decides
        and not f.rule.required
        and (f.verdict is Verdict.INCONCLUSIVE or (f.verdict is Verdict.FAIL and f.rule.severity not in COUNTED))
    )


def _why_absent(name: str, outcomes: Sequence[Outcome]) -> tuple[str, str | None]:
    """Return why no measure of that name exists, and what would bring it."""
    family = name.split(".", 1)[0]
    for outcome in outcomes:
        if outcome.name != family:
            continue
        if outcome.status is Status.FAILED:
            return f"the auditor {outcome.code} failed: {outcome.error}", None
        if outcome.status is Status.NOT_ASSESSABLE:
            columns = ", ".join(outcome.missing)
            return f"the auditor {outcome.code} lacks {columns}", columns
    return f"no auditor measured {name}", None

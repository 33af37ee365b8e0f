"""Lint a rule pack: what a loader must refuse, and what a reader should not have to put up with."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Protocol

from audit.measure import Kind
from audit.rules.decision import alpha
from audit.rules.loading import load_problems
from audit.rules.pack import Basis, Level, Operator, Rule, RulePack, Severity, SliceMode
from audit.rules.reading import Problem
from audit.student import normal_quantile

SHARE: Final = "share"
FEWEST_CLUSTERS: Final = 10
"""Clustered intervals from fewer are known to be too short (MacKinnon and Webb, J. Appl. Econometrics 32, 2017)."""
_UNFINISHED: Final = re.compile(r"\b(TODO|TBD|FIXME|XXX)\b", re.IGNORECASE)


class KnownMeasure(Protocol):
    """What the linter needs to know of a measure; `audit.auditor.Spec` has it."""

    @property
    def name(self) -> str:
        """Dotted name."""
        ...

    @property
    def unit(self) -> str:
        """Unit; "share" is a proportion between 0 and 1."""
        ...

    @property
    def kind(self) -> Kind:
        """Census, process or lot."""
        ...


def check_pack(name_or_path: str | Path, known: Collection[KnownMeasure] | None = None) -> list[Problem]:
    """Return every problem of a pack, empty when it is sound.

    Args:
        name_or_path: a bundled name, or the path of a TOML file.
        known: the measures that auditors yield; None: measure names are not checked.

    Raises:
        RulePackError: no such pack, or a file that is no TOML at all.
    """
    pack, problems = load_problems(name_or_path)
    if pack is None or problems:
        return problems
    specs = {spec.name: spec for spec in known or ()}
    for rule in pack.rules:
        where = f"rule ({rule.id})"
        problems += _prose(rule, where)
        problems += _standing(rule, where)
        problems += _evidence_needed(rule, where, specs.get(rule.measure))
        if known is not None:
            problems += _measures(rule, where, specs)
    return problems + list(_whole(pack))


def _prose(rule: Rule, where: str) -> Iterator[Problem]:
    for key in ("title", "rationale", "remediation"):
        if _UNFINISHED.search(getattr(rule, key)):
            yield Problem(f"{where}.{key}", "unfinished", expected="what a buyer needs to read")
    if rule.basis is Basis.LITERATURE and not rule.reference:
        yield Problem(f"{where}.reference", "a limit from the literature without a reference", expected="a source")


def _standing(rule: Rule, where: str) -> Iterator[Problem]:
    if rule.required and rule.severity not in (Severity.BLOCKER, Severity.MAJOR):
        expected = "blocker or major: a required rule blocks the certificate"
        yield Problem(f"{where}.severity", "milder than its effect", rule.severity, expected)
    if rule.id in rule.needs:
        yield Problem(f"{where}.needs", "a rule cannot need itself", rule.id)


def _measures(rule: Rule, where: str, specs: Mapping[str, KnownMeasure]) -> Iterator[Problem]:
    wanted = [("measure", rule.measure)] + ([("also.measure", rule.also.measure)] if rule.also else [])
    for key, name in wanted:
        if name not in specs:
            near = get_close_matches(name, specs, n=1)
            fix = f"did you mean {near[0]!r}?" if near else ""
            yield Problem(f"{where}.{key}", "no auditor measures it", name, "a measure of an installed auditor", fix)
    spec = specs.get(rule.measure)
    if spec is not None and spec.kind is not rule.kind:
        yield Problem(f"{where}.kind", f"{rule.measure} is another kind of number", rule.kind, spec.kind)


def _evidence_needed(rule: Rule, where: str, spec: KnownMeasure | None) -> Iterator[Problem]:
    if rule.kind is not Kind.PROCESS:
        return
    if rule.decision.min_df < FEWEST_CLUSTERS - 1:
        expected = f"at least {FEWEST_CLUSTERS - 1}, ten clusters"
        yield Problem(f"{where}.decision.min_df", "trusts too few clusters", f"{rule.decision.min_df:g}", expected)
    least = fewest_to_pass(rule) if spec is not None and spec.unit == SHARE else 1
    if rule.decision.pass_n < least:
        what = f"no share can be shown to be that good by fewer than {least:,} independent units"
        yield Problem(f"{where}.decision.pass_n", what, str(rule.decision.pass_n), f"at least {least}")
    if rule.slicing.mode is SliceMode.EACH and rule.decision.min_n < rule.decision.pass_n:
        what = "every slice must pass, but slices of this size are judged and cannot"
        yield Problem(f"{where}.decision.min_n", what, str(rule.decision.min_n), f"at least {rule.decision.pass_n}")


def fewest_to_pass(rule: Rule) -> int:
    """Return the fewest independent units at which any share could pass the rule.

    One-ended limits: even without a single bad unit the exact upper bound is 1 - alpha^(1/n) (Clopper and Pearson,
    Biometrika 26, 1934). Two-ended bands: with the rate in the middle c of a band of half-width m, n must reach
    (z s / m)^2. s^2 is c (1 - c) for a rate; for a difference of two rates or an excess over one half, whose band is
    centred at or below 0, it is 1/4.
    """
    low, high = rule.pass_band
    miss = alpha(rule.decision)
    if rule.operator in (Operator.LE, Operator.GE):
        room = high if rule.operator is Operator.LE else 1 - low
        return 1 if room >= 1 else _infinite() if room <= 0 else math.ceil(math.log(miss) / math.log1p(-room))
    center, half = (low + high) / 2, (high - low) / 2
    variance = center * (1 - center) if 0 < center < 1 else 0.25
    return _infinite() if half <= 0 else math.ceil(variance * (normal_quantile(1 - miss) / half) ** 2)


def _infinite() -> int:
    return 2**31 - 1


def _whole(pack: RulePack) -> Iterator[Problem]:
    names = [rule.name for rule in pack.rules]
    for rule in pack.rules:
        if names.count(rule.name) > 1:
            yield Problem(f"rule ({rule.id}).name", "two rules of one name", rule.name, "a name of its own")
    if not any(rule.required and rule.applies for rule in pack.rules):
        yield Problem(
            "rule", "nothing is required, so nothing can be certified", expected="a rule with required = true"
        )
    if pack.level is Level.DPO_READY and "dpo-ready" not in _ancestry(pack):
        expected = "extends dpo-ready, so that the word keeps its meaning"
        yield Problem("level", "claims DPO-READY by rules of its own", pack.level, expected)


def _ancestry(pack: RulePack) -> set[str]:
    return {pack.name}.union(*(_ancestry(base) for base in pack.bases))

"""Pages for people: an auditor with its measures and the rules on them, a rule with its reasons, a pack as a table.

Plain text of at most WIDTH columns, from docstrings, specs and packs alone, so that no page can drift from the code.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from audit.auditor import Auditor, Spec, parameters
from audit.errors import UsageError
from audit.measure import Kind
from audit.rules import Rule, RulePack, wording
from audit.rules.pack import Basis, Multiplicity, OnFail, OnInsufficient, SliceMode
from audit.rules.reading import Problem

WIDTH: Final = 100
BASES: Final = {
    Basis.POLICY: "policy: our choice, which no literature sets; a buyer may set another",
    Basis.LITERATURE: "literature, as referenced",
    Basis.SPECIFICATION: "specification: what the data promise to be",
}


def explain(code: str, auditors: Sequence[Auditor], packs: Sequence[RulePack]) -> str:
    """Return the page of an auditor ("POS", "position") or of a rule ("POS-002", "position-bias").

    Args:
        code: a code or name, in any case.
        auditors: those installed.
        packs: where rules are looked up, the first that has it wins.

    Raises:
        UsageError: nothing has that code; it names the nearest that does.
    """
    wanted = code.strip().casefold()
    for auditor in auditors:
        if wanted in (auditor.code.casefold(), auditor.name.casefold()):
            return _auditor_page(auditor, packs)
    for pack in packs:
        for rule in pack.rules:
            if wanted in (rule.id.casefold(), rule.name.casefold()):
                return _rule_page(rule, pack, auditors)
    known = [word for a in auditors for word in (a.code, a.name)]
    known += [word for pack in packs for rule in pack.rules for word in (rule.id, rule.name)]
    near = get_close_matches(code, known, n=1) or get_close_matches(code.upper(), known, n=1)
    raise UsageError(
        "neither an auditor nor a rule",
        where=f"explain {code[:80]!a}",
        expected=", ".join(sorted({a.code for a in auditors} | {rule.id for pack in packs for rule in pack.rules})),
        fix=f"did you mean {near[0]!r}?" if near else None,
    )


def _auditor_page(auditor: Auditor, packs: Sequence[RulePack]) -> str:
    head = f"{auditor.code}  {auditor.name}  (auditor, version {auditor.version})"
    measures = [(spec.name, spec.unit, str(spec.kind), spec.meaning) for spec in auditor.measures]
    sections = [head, "=" * len(head), "", inspect.cleandoc(type(auditor).__doc__ or "")]
    sections += ["", "Measures", "", *table([("measure", "unit", "kind", "meaning"), *measures])]
    settings = [(name, repr(value)) for name, value in sorted(parameters(auditor).items())]
    if settings:
        sections += ["", "Parameters (they change numbers, never verdicts)", "", *table(settings)]
    names = {spec.name for spec in auditor.measures}
    for pack in packs:
        using = [rule for rule in pack.rules if rule.measure in names or (rule.also and rule.also.measure in names)]
        if using:
            sections += ["", f"Rules of {pack.ref} on these measures (* required)", "", *rules_table(using)]
    return "\n".join(sections) + "\n"


def _rule_page(rule: Rule, pack: RulePack, auditors: Sequence[Auditor]) -> str:
    head = f"{rule.id}  {rule.name}  (rule, version {rule.version}, of {rule.origin or pack.ref})"
    lines = [head, "=" * len(head), "", *_wrapped(rule.title)]
    lines += ["", "How it decides", "", *(line for item in _deciding(rule, auditors) for line in _wrapped(item, "  "))]
    lines += ["", "Why", "", *_wrapped(rule.rationale, "  ")]
    lines += ["", "Where the limit comes from", "", *_wrapped(BASES[rule.basis] + f" (owner: {rule.owner})", "  ")]
    lines += [line for reference in rule.reference for line in _wrapped(reference, "  - ", "    ")]
    lines += ["", "What to do about a fail", "", *_wrapped(rule.remediation, "  ")]
    weaker = [w for w in pack.weakened if w.rule == rule.id]
    if weaker:
        told = (f"{w.key}: {w.was} became {w.now} in {w.pack}, because: {w.reason}" for w in weaker)
        lines += ["", "Weaker than in the pack that it comes from", "", *(x for t in told for x in _wrapped(t, "  "))]
    return "\n".join(lines) + "\n"


def _deciding(rule: Rule, auditors: Sequence[Auditor]) -> Iterator[str]:
    """Yield one sentence for each thing that bears on the verdict of a rule."""
    spec, owner = _spec(rule.measure, auditors)
    of = f" of the auditor {owner.code}" if owner else ", which no installed auditor measures"
    yield f"Measure: {rule.measure} ({spec.unit + ', ' if spec else ''}{rule.kind}){of}."
    unit = spec.unit if spec else ""
    good, bad = wording.inside_words(rule.pass_band, unit), wording.outside_words(rule.fail_band, unit)
    if rule.kind is Kind.CENSUS:
        yield f"Passes when {good}; fails when {bad}. A census is exact: the value itself decides."
    else:
        sure = f"{100 * rule.decision.confidence:g} %"
        yield f"Passes when both one-sided {sure} bounds are {good}."
        yield f"Fails when the whole interval is {bad}; anything else is inconclusive."
    if rule.also is not None:
        also = wording.limit_words(rule.also.operator, rule.also.limit)
        yield f"Also: a pass needs {rule.also.measure} {also}, a fail needs the opposite."
    yield from _scope(rule)
    yield from _least(rule)
    standing = "Required for the certificate" if rule.required else "Optional"
    waiver = "may be waived" if rule.waivable else "cannot be waived"
    yield f"{standing}; severity {rule.severity}; {waiver}; when inconclusive: {rule.on_inconclusive}."
    if rule.on_fail is OnFail.NOT_ASSESSABLE:
        yield "Beyond its fail limit it is not assessable instead of failed: other rules rest on it."
    if not rule.applies:
        yield f"Out of scope: {rule.scope_reason}."


def _scope(rule: Rule) -> Iterator[str]:
    slicing = rule.slicing
    columns = ", ".join(slicing.by) or "every slice column" + (
        f" but {', '.join(slicing.leave_out)}" if slicing.leave_out else ""
    )
    if slicing.mode is SliceMode.EACH:
        yield f"Slices by {columns}: each must pass."
    if slicing.mode is SliceMode.WORST:
        holm = ", after Holm's correction" if rule.decision.multiplicity is Multiplicity.HOLM else ""
        yield f"Slices by {columns} of at least {slicing.min_n:,}: none may fail{holm}; they need not pass."
    if rule.needs:
        yield f"Means nothing, and is not assessable, while {' or '.join(rule.needs)} is beyond its fail limit."


def _least(rule: Rule) -> Iterator[str]:
    decision = rule.decision
    if decision.min_n > 1:
        failed = rule.on_insufficient is OnInsufficient.FAIL
        yield f"Below {decision.min_n:,} units: {'fail' if failed else 'not assessable'}."
    if decision.pass_n > 1:
        yield f"Below {decision.pass_n:,} effective units nothing passes."
    if decision.min_df > 0:
        yield f"Below {decision.min_df + 1:g} clusters an interval decides nothing."


def _spec(name: str, auditors: Sequence[Auditor]) -> tuple[Spec | None, Auditor | None]:
    for auditor in auditors:
        for spec in auditor.measures:
            if spec.name == name:
                return spec, auditor
    return None, None


def rules_table(rules: Iterable[Rule]) -> list[str]:
    """Return one line a rule: id (* required), what passes, what fails, measure, title."""
    rows = [("rule", "passes", "fails", "measure", "defect")]
    for rule in rules:
        mark = rule.id + ("*" if rule.required else "") + ("" if rule.applies else " (out of scope)")
        fails = wording.outside_words(rule.fail_band)
        rows.append(
            (mark, wording.limit_words(rule.operator, rule.limit, rule.center), fails, rule.measure, rule.title)
        )
    return table(rows)


def packs_table(packs: Iterable[RulePack]) -> list[str]:
    """Return one line a pack: name@version, level, number of rules, title."""
    rows = [("pack", "level", "rules", "title")]
    rows += [(pack.ref, str(pack.level), str(len(pack.rules)), pack.title) for pack in packs]
    return table(rows)


def pack_page(pack: RulePack) -> list[str]:
    """Return a pack as lines: what it is, the reference by which others extend it, its rules, what it weakens."""
    lines = [f"{pack.ref}: {pack.title}", f"level: {pack.level}", f"reference: {pack.ref}#{pack.digest}"]
    lines += [f"extends: {reference}" for reference in pack.extends]
    lines += ["", *_wrapped(pack.description)] if pack.description else []
    lines += ["", *rules_table(pack.rules), "", "* required"]
    if pack.weakened:
        rows = [("rule", "key", "was", "now", "by", "reason")]
        rows += [(w.rule, w.key, w.was, w.now, w.pack, w.reason) for w in pack.weakened]
        lines += ["", "Weaker than in the packs extended", "", *table(rows)]
    return lines


def check_lines(name: str, problems: Sequence[Problem]) -> list[str]:
    """Return what a lint found, one line a problem, and a last line that counts them."""
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}" if problems else "no problems"
    return [*(f"{name}: {problem}" for problem in problems), f"{name}: {count}"]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines with aligned columns two spaces apart; the last column is not padded."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip() for row in rows
    ]


def _wrapped(text: str, indent: str = "", hanging: str | None = None) -> list[str]:
    rest = indent if hanging is None else hanging
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=rest) or [""]

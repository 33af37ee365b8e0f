"""Pages: every auditor and rule has one, it holds what decides, and wrong codes get the nearest right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.auditor import Auditor
from audit.auditors import BUILT_IN
from audit.errors import UsageError
from audit.explain import WIDTH, check_lines, explain, pack_page, packs_table, table
from audit.rules import RulePack, bundled_packs, check_pack, load_pack
from audit.rules.reading import Problem

PACKS = [load_pack("dpo-ready")]
RULES = PACKS[0].rules


@pytest.mark.parametrize("auditor", BUILT_IN, ids=lambda a: a.code)
def test_auditor_pages_hold_docstring_measures_and_rules(auditor: Auditor) -> None:
    """The page of an auditor has its headings, each measure with unit and meaning, and each rule on them."""
    page = explain(auditor.code.lower(), BUILT_IN, PACKS)

    assert page == explain(auditor.name, BUILT_IN, PACKS)
    assert "What it measures:" in page
    assert "Limits:" in page
    for spec in auditor.measures:
        assert any(line.split()[:1] == [spec.name] and spec.meaning in line for line in page.splitlines())
    named = {spec.name for spec in auditor.measures}
    for rule in RULES:
        assert (rule.measure not in named) or rule.id in page


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_rule_pages_hold_what_decides(rule: object) -> None:
    """The page of a rule has title, limits, basis, every reference's first words and the remedy, in WIDTH columns."""
    found = next(r for r in RULES if r is rule)
    page = explain(found.id, BUILT_IN, PACKS)
    flat = " ".join(page.split())

    assert page == explain(found.name.upper(), BUILT_IN, PACKS)
    for part in (found.title, found.measure, found.rationale, found.remediation, *found.reference):
        assert " ".join(part.split()) in flat
    assert ("policy: our choice" in page) == (found.basis == "policy")
    assert max(len(line) for line in page.splitlines()) <= WIDTH


def test_a_rule_page_reads_well() -> None:
    """The sentences on position bias, spelt out."""
    page = " ".join(explain("POS-002", BUILT_IN, PACKS).split())

    assert "Passes when both one-sided 95 % bounds are between 47% and 53%." in page
    assert "Fails when the whole interval is below 45% or above 55%; anything else is inconclusive." in page
    assert "while POS-000 or POS-001 is beyond its fail limit" in page
    assert "Below 752 effective units nothing passes." in page
    assert "Required for the certificate; severity blocker; cannot be waived" in page


@pytest.mark.parametrize(("code", "near"), [("POS-2", "POS-002"), ("positon", "position"), ("str-01", "STR-001")])
def test_a_wrong_code_gets_the_nearest(code: str, near: str) -> None:
    """Unknown codes exit with usage, name what there is and the nearest."""
    with pytest.raises(UsageError, match=f"did you mean '{near}'") as caught:
        explain(code, BUILT_IN, PACKS)

    assert "BAL-001" in (caught.value.expected or "")


def test_hostile_codes_are_escaped() -> None:
    """A code with control characters cannot drive the terminal through the error."""
    with pytest.raises(UsageError) as caught:
        explain("\x1b[31m" + "x" * 1000, BUILT_IN, PACKS)

    assert "\x1b" not in str(caught.value)


def test_default_rules_fit_the_built_in_auditors() -> None:
    """Every bundled pack names measures that exist, of the kind it takes them for, with n that can pass."""
    known = [spec for auditor in BUILT_IN for spec in auditor.measures]

    for name in bundled_packs():
        assert check_pack(name, known) == []


def weakened(folder: Path) -> RulePack:
    """The default pack with the ban on a single winning model lifted."""
    base = PACKS[0]
    path = folder / "mine.toml"
    path.write_text(
        'format = 1\nname = "mine"\nversion = "1.0.0"\ntitle = "Mine"\nlevel = "DPO-READY"\n'
        f'extends = ["{base.ref}#{base.digest}"]\n[[override]]\nid = "STY-003"\napplies = false\n'
        'weakens = true\nreason = "Distillation is intended"\n',
        encoding="utf-8",
    )
    return load_pack(path)


def test_packs_are_shown_with_digest_rules_and_weakenings(tmp_path: Path) -> None:
    """A pack's page has the reference to extend it by, a line a rule, and what it asks less than its base."""
    pack = weakened(tmp_path)
    page = "\n".join(pack_page(pack))

    assert f"reference: mine@1.0.0#{pack.digest}" in page
    assert all(rule.id in page for rule in pack.rules)
    assert "STY-003 (out of scope)" in page
    assert "Distillation is intended" in page
    rule_page = " ".join(explain("STY-003", BUILT_IN, [pack]).split())
    assert "applies: True became False in mine@1.0.0, because: Distillation is intended" in rule_page
    assert [line.split()[0] for line in packs_table([pack, *PACKS])] == ["pack", "mine@1.0.0", "dpo-ready@1.0.0"]


def test_a_lint_is_reported_line_by_line() -> None:
    """One line a problem, then the count; a clean pack says so."""
    problem = Problem("rule[0].limit", "not readable", "'x'", "a finite number", "remove the quotes")

    assert check_lines("p", []) == ["p: no problems"]
    assert check_lines("p", [problem]) == [
        "p: rule[0].limit: not readable, got 'x', expected a finite number (remove the quotes)",
        "p: 1 problem",
    ]


def test_tables_align() -> None:
    """Columns start at one place; the last is not padded."""
    assert table([("a", "bb", "c"), ("aaa", "b", "")]) == ["a    bb  c", "aaa  b"]

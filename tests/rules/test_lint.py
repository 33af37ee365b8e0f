"""What the linter finds in packs that load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from scipy.stats import beta

from audit import pipeline
from audit.measure import Kind
from audit.rules import check_pack
from audit.rules.lint import fewest_to_pass
from audit.rules.pack import Operator

from .building import decision, rule


@dataclass(frozen=True)
class Known:
    """A measure that some auditor yields."""

    name: str
    unit: str = "share"
    kind: Kind = Kind.PROCESS


SOUND = """format = 1
name = "mine"
version = "1.0.0"
title = "Mine"
level = "STRUCTURAL-ONLY"

[[rule]]
id = "TST-001"
version = 1
title = "A defect"
name = "a-defect"
measure = "test.rate"
kind = "process"
operator = "le"
limit = 0.05
required = true
severity = "blocker"
basis = "policy"
rationale = "Because."
remediation = "Mend it."
since = "0.1.0"
decision = { min_n = 59, pass_n = 59, min_df = 9 }
"""
RATE = [Known("test.rate")]


def lint(folder: Path, text: str, known: list[Known] | None = None) -> list[str]:
    """Problems of a pack as text."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_pack(path, RATE if known is None else known)]


def test_a_sound_pack_has_no_problem(tmp_path: Path) -> None:
    """The pack that the other cases change is clean."""
    assert lint(tmp_path, SOUND) == []


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ('"test.rate"', '"test.rat"', "did you mean 'test.rate'?"),
        ('"process"', '"census"', "another kind of number"),
        ("pass_n = 59", "pass_n = 58", "fewer than 59 independent units"),
        ("min_df = 9", "min_df = 8", "trusts too few clusters"),
        ('"policy"', '"literature"', "without a reference"),
        ('"blocker"', '"info"', "milder than its effect"),
        ('"Because."', '"TODO: say why"', "unfinished"),
        ("required = true", "required = false", "nothing is required"),
        ("STRUCTURAL-ONLY", "DPO-READY", "claims DPO-READY by rules of its own"),
        ("decision =", 'needs = ["TST-001"]\ndecision =', "a rule cannot need itself"),
        ("decision = { min_n = 59,", 'slice = { mode = "each" }\ndecision = { min_n = 58,', "every slice must pass"),
        ("limit = 0.05", "limit = 0.05\nfail_limit = 0.01", "fails values that pass"),
    ],
)
def test_each_problem_is_found(tmp_path: Path, was: str, now: str, expected: str) -> None:
    """One change of the sound pack, one problem (or those that follow from it)."""
    assert was in SOUND
    problems = lint(tmp_path, SOUND.replace(was, now))

    assert problems
    assert any(expected in problem for problem in problems), problems
    assert all(problem.startswith(("rule", "level")) for problem in problems)


def test_an_unknown_companion_is_found(tmp_path: Path) -> None:
    """The second measure of a rule must exist, too."""
    text = SOUND + 'also = { measure = "test.p", operator = "ge", limit = 0.05 }\n'

    assert "also.measure" in lint(tmp_path, text)[0]
    assert lint(tmp_path, text, [*RATE, Known("test.p", "p value")]) == []


def test_names_are_not_checked_without_a_list(tmp_path: Path) -> None:
    """Without the list of measures, names cannot be wrong; all problems of a broken pack come at once."""
    path = tmp_path / "mine.toml"
    path.write_text(SOUND.replace('"test.rate"', '"x.y"'), encoding="utf-8")
    assert check_pack(path) == []

    path.write_text(SOUND.replace("version = 1\n", "").replace('"le"', '"lt"'), encoding="utf-8")
    assert len(check_pack(path)) == 2


@pytest.mark.parametrize(("limit", "expected"), [(0.90, 29), (0.95, 59), (0.99, 299)])
def test_unreachable_n_of_one_bound(limit: float, expected: int) -> None:
    """0.05^(1/n) >= limit first holds at n = 29, 59 and 299; the exact bound of n out of n agrees."""
    by = rule(operator=Operator.GE, limit=limit, fail_limit=None)

    assert fewest_to_pass(by) == expected
    assert beta.ppf(0.05, expected, 1) >= limit
    assert beta.ppf(0.05, expected - 1, 1) < limit


def test_unreachable_n_of_a_band() -> None:
    """Half-width 1.6449 x 0.5 / sqrt(n) <= 0.03 first holds at n = (1.6449 x 0.5 / 0.03)^2 = 751.5, so 752."""
    assert fewest_to_pass(rule(operator=Operator.WITHIN, center=0.5, limit=0.03, fail_limit=None)) == 752
    assert fewest_to_pass(rule(operator=Operator.WITHIN, center=0.0, limit=0.05, fail_limit=None)) == 271
    assert fewest_to_pass(rule(limit=1.0, fail_limit=None)) == 1
    assert fewest_to_pass(rule(limit=0.0, fail_limit=None)) == 2**31 - 1


def bundled_measures() -> list[Known]:
    """What the auditors say of the measures that the default pack judges."""
    return [Known(spec.name, spec.unit, spec.kind) for auditor in pipeline.auditors() for spec in auditor.measures]


def test_the_default_pack_can_be_passed() -> None:
    """No rule of the default pack lets units decide that no data could pass."""
    assert check_pack("dpo-ready", bundled_measures()) == []


def test_confidence_enters_the_least_n() -> None:
    """At 99 % the bound of zero bad units is 1 - 0.01^(1/n): 90 units for a limit of 0.05, not 59."""
    assert fewest_to_pass(rule(limit=0.05, fail_limit=None, decision=decision(confidence=0.99))) == 90

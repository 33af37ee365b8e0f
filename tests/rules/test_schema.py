"""The loader and the published JSON Schema agree, pack by pack, on what a rule pack may look like."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from audit.resources import resource
from audit.rules import bundled_packs
from audit.rules.loading import load_problems
from audit.rules.reading import OVERRIDE_KEYS, PACK_KEYS, RULE_KEYS

HEAD: Final = 'format = 1\nname = "mine"\nversion = "1.0.0"\ntitle = "Mine"\nlevel = "STRUCTURAL-ONLY"\n'
KEYS: Final = {
    "id": '"TST-001"',
    "version": "1",
    "title": '"A defect"',
    "name": '"a-defect"',
    "measure": '"test.rate"',
    "kind": '"process"',
    "operator": '"le"',
    "limit": "0.05",
    "required": "true",
    "severity": '"blocker"',
    "basis": '"policy"',
    "rationale": '"Because."',
    "remediation": '"Mend it."',
    "since": '"0.1.0"',
}


def rule(**changes: str | None) -> str:
    """A pack with one rule whose keys are changed, or left out where None."""
    keys = {name: text for name, text in (KEYS | changes).items() if text is not None}
    return HEAD + "[[rule]]\n" + "\n".join(f"{name} = {text}" for name, text in keys.items())


GOOD: Final = {
    "plain": rule(),
    "every operator: ge": rule(operator='"ge"', fail_limit="0.01"),
    "every operator: between": rule(operator='"between"', limit="[0.1, 0.2]", fail_limit="[0.0, 1]"),
    "every operator: within": rule(operator='"within"', center="0.5", limit="0.03", fail_limit="0.05"),
    "every operator: eq": rule(operator='"eq"', kind='"census"', limit="0"),
    "whole number as a float": rule(version="1.0"),
    "companion": rule(also='{ measure = "test.p", operator = "ge", limit = 0.05 }'),
    "slices": rule(
        slice='{ mode = "worst", by = ["locale"], leave_out = ["annotator"], min_n = 100 }',
        decision='{ confidence = 0.9, multiplicity = "holm", min_n = 1, pass_n = 2, min_df = 0 }',
    ),
    "words": rule(
        on_fail='"not_assessable"', on_inconclusive='"fail"', on_insufficient='"fail"', waivable="false", owner='"Anna"'
    ),
    "optional may warn": rule(required="false", on_inconclusive='"warn"'),
    "references": rule(reference='["a", "b"]', basis='"literature"'),
}
BAD: Final = {
    **{f"without {name}": rule(**{name: None}) for name in KEYS},
    **{f"{name} is a number": rule(**{name: "7"}) for name in KEYS if name not in ("version", "limit")},
    **{f"{name} is blank": rule(**{name: '"  "'}) for name in ("title", "rationale", "remediation", "owner")},
    "title that drives a terminal": rule(title=r'"a \u001b[31m defect"'),
    "reference that turns the reading order": rule(reference=r'["a \u202e b"]'),
    "unknown key": rule(limits="1"),
    "unknown key in a table": rule(slice='{ mode = "overall", column = "x" }'),
    "table without its key": rule(slice='{ by = ["locale"] }'),
    "table is a list": rule(decision="[1]"),
    "id in small letters": rule(id='"tst-001"'),
    "id too long": rule(id='"TST-0001"'),
    "name with capitals": rule(name='"A-defect"'),
    "measure without a dot": rule(measure='"rate"'),
    "unknown operator": rule(operator='"lt"'),
    "unknown severity": rule(severity='"critical"'),
    "unknown basis": rule(basis='"science"'),
    "version zero": rule(version="0"),
    "version with a fraction": rule(version="1.5"),
    "version is true": rule(version="true"),
    "limit is text": rule(limit='"0.05"'),
    "limit is true": rule(limit="true"),
    "limit of three numbers": rule(operator='"between"', limit="[1, 2, 3]"),
    "two limits for le": rule(limit="[0.1, 0.2]"),
    "one limit for between": rule(operator='"between"'),
    "fail limit of another shape": rule(fail_limit="[0.1, 0.2]"),
    "within without a center": rule(operator='"within"'),
    "center without within": rule(center="0.5"),
    "eq of a process": rule(operator='"eq"'),
    "eq with a fail limit": rule(operator='"eq"', kind='"census"', fail_limit="1"),
    "companion within": rule(also='{ measure = "test.p", operator = "within", limit = 0.05 }'),
    "companion without a limit": rule(also='{ measure = "test.p", operator = "ge" }'),
    "needs itself misspelt": rule(needs='["TST1"]'),
    "needs twice": rule(needs='["TST-001", "TST-001"]'),
    "required only warns": rule(on_inconclusive='"warn"'),
    "slices uncorrected": rule(slice='{ mode = "worst" }'),
    "slices corrected by none": rule(slice='{ mode = "worst" }', decision='{ multiplicity = "none" }'),
    "confidence of one": rule(decision="{ confidence = 1.0 }"),
    "confidence of one half": rule(decision="{ confidence = 0.5 }"),
    "min_n of zero": rule(decision="{ min_n = 0 }"),
    "min_df below zero": rule(decision="{ min_df = -1 }"),
    "reference is text": rule(reference='"a"'),
    "reference twice": rule(reference='["a", "a"]'),
    "no format": rule().replace("format = 1\n", ""),
    "another format": rule().replace("format = 1", "format = 2"),
    "format is true": rule().replace("format = 1", "format = true"),
    "version of two parts": rule().replace('"1.0.0"', '"1.0"'),
    "level of its own": rule().replace("STRUCTURAL-ONLY", "GOLD"),
    "extends without a digest": rule().replace("[[rule]]", 'extends = ["structural@1.0.0"]\n[[rule]]'),
    "extends is text": rule().replace("[[rule]]", 'extends = "structural"\n[[rule]]'),
    "rule is a table": HEAD + "[rule]\nid = 'TST-001'",
    "rule is empty": HEAD + "rule = []",
    "override without an id": rule() + "\n[[override]]\nlimit = 1",
    "override of the measure": rule() + "\n[[override]]\nid = 'TST-001'\nmeasure = 'a.b'",
    "override with a blank reason": rule() + "\n[[override]]\nid = 'TST-001'\nweakens = true\nreason = ' '",
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The published schema."""
    return dict(json.loads(resource("rules", "rule-pack.schema.json").read_text(encoding="utf-8")))


def is_valid(schema: dict[str, Any], text: str) -> bool:
    """True when the schema accepts the TOML."""
    return bool(Draft202012Validator(schema).is_valid(tomllib.loads(text)))


def loads(folder: Path, text: str) -> bool:
    """True when the loader accepts the TOML."""
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return not load_problems(path)[1]


def test_the_schema_is_a_schema(schema: dict[str, Any]) -> None:
    """The published schema obeys JSON Schema 2020-12."""
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", bundled_packs())
def test_bundled_packs_obey_it(schema: dict[str, Any], name: str) -> None:
    """Both bundled packs are valid."""
    assert is_valid(schema, resource("rules", f"{name}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", GOOD)
def test_both_accept(schema: dict[str, Any], tmp_path: Path, case: str) -> None:
    """What one accepts, the other does."""
    assert is_valid(schema, GOOD[case])
    assert loads(tmp_path, GOOD[case])


@pytest.mark.parametrize("case", BAD)
def test_both_refuse(schema: dict[str, Any], tmp_path: Path, case: str) -> None:
    """What one refuses, the other does."""
    assert not is_valid(schema, BAD[case])
    assert not loads(tmp_path, BAD[case])


def test_both_know_the_same_keys(schema: dict[str, Any]) -> None:
    """Keys and required keys are the same sets, nested tables too."""
    definitions = schema["$defs"]
    for keys, described in (
        (PACK_KEYS, schema),
        (RULE_KEYS, definitions["rule"]),
        (OVERRIDE_KEYS, definitions["override"]),
        *((RULE_KEYS[name].table, definitions["rule"]["properties"][name]) for name in ("also", "slice", "decision")),
    ):
        assert set(keys) == set(described["properties"])
        assert {name for name, key in keys.items() if key.required} == set(described.get("required", []))

"""The unsigned statement: what it binds, what it says of itself, and that equal results give equal bytes."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit.canonical import canonical_json, digest
from audit.certificate.statement import LIMITATIONS, statement
from audit.report.jsonfile import dump_document
from audit.resources import resource

SHA = "ab" * 32
ROWS = {"read": 10, "accepted": 9, "rejected": 1}


def finding(code: str, verdict: str, **changes: Any) -> dict[str, Any]:
    """One judged rule as it stands in a result document."""
    plain = {
        "id": code,
        "version": 1,
        "title": "A defect",
        "severity": "blocker",
        "required": True,
        "measure": "test.rate",
        "slice": None,
        "verdict": verdict,
        "estimate": 0.51,
        "low": 0.49,
        "high": 0.53,
        "confidence": 0.95,
        "operator": "within",
        "limit": 0.03,
        "fail_limit": 0.05,
        "center": 0.5,
        "unit": "share",
        "n": 9,
        "n_effective": 8.5,
        "method": "t",
        "message": "m",
        "unlock": None,
        "margin": 0.1,
        "rationale": "r",
        "basis": "policy",
        "references": [],
        "remediation": "x",
        "evidence": None,
    }
    return plain | changes


def result(verdict: str = "pass", **changes: Any) -> dict[str, Any]:
    """A result document of one file and two rules."""
    file = {"name": "d.jsonl", "format": "jsonl", "bytes": 99, "sha256": SHA, "rows": ROWS}
    plain = {
        "schema": "https://dpo-audit.dev/result/v1",
        "verdict": verdict,
        "level": "DPO-READY" if verdict == "pass" else "NONE",
        "complete": True,
        "summary": [],
        "rows": ROWS,
        "comparisons": 9,
        "judgments": 27,
        "rejects": {},
        "inputs": [{**file, "layout": "trl", "confidence": 1, "mapping": {}}],
        "tool": {"name": "dpo-audit", "version": "0.1.0", "extractor": "1"},
        "pack": {"name": "dpo-ready", "version": "1.0.0", "digest": "sha256:" + SHA, "weakened": []},
        "outcomes": [],
        "measures": [],
        "rules": [finding("POS-002", verdict), finding("BAL-002", "not_assessable", estimate=None)],
        "limitations": ["Only form was read."],
    }
    return plain | changes


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    """The published schema, itself checked."""
    schema = json.loads(resource("reports", "certificate.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("verdict", ["pass", "fail", "inconclusive", "not_assessable", "incomplete"])
def test_only_a_pass_certifies(validator: Draft202012Validator, verdict: str) -> None:
    """Every verdict has a valid statement; only that of a pass calls itself a certificate."""
    rules = [finding("POS-002", "pass")]
    made = statement(result(verdict, rules=rules))

    validator.validate(made)
    assert made["predicate"]["certifies"] is (verdict == "pass")
    assert made["predicate"]["meaning"].startswith("Certificate" if verdict == "pass" else "Not a certificate")


def test_an_incomplete_audit_never_certifies(validator: Draft202012Validator) -> None:
    """A result that claims pass but is incomplete gets no certificate."""
    made = statement(result(complete=False))

    validator.validate(made)
    assert made["predicate"]["certifies"] is False


def test_the_schema_refuses_a_false_claim(validator: Draft202012Validator) -> None:
    """A statement whose `certifies` was flipped, or that hides it, is invalid against the schema."""
    made = statement(result("fail"))
    made["predicate"]["certifies"] = True
    assert not validator.is_valid(made)

    del made["predicate"]["certifies"]
    assert not validator.is_valid(made)


def test_it_binds_files_pack_and_result() -> None:
    """Subjects are the files by sha256; the pack, the canonical result and the file result.json by their digests."""
    document = result()
    made = statement(document)
    predicate = made["predicate"]

    assert made["subject"] == [{"name": "d.jsonl", "digest": {"sha256": SHA}}]
    assert predicate["policy"]["resolvedDigest"] == "sha256:" + SHA
    assert predicate["results"]["digest"] == digest(json.loads(dump_document(document)))
    assert predicate["byproducts"][0]["sha256"] == hashlib.sha256(dump_document(document)).hexdigest()
    assert predicate["rows"] == {**ROWS, "comparisons": 9, "judgments": 27}


def test_rules_and_counts_come_along() -> None:
    """Each finding keeps estimate, bounds, n and limits; counts and the list of what was not assessable agree."""
    predicate = statement(result())["predicate"]
    first = predicate["rules"][0]

    assert (first["estimate"], first["low"], first["high"], first["nEffective"]) == (0.51, 0.49, 0.53, 8.5)
    assert (first["limit"], first["failLimit"], first["center"]) == (0.03, 0.05, 0.5)
    assert predicate["results"]["counts"] == {
        "pass": 1,
        "fail": 0,
        "inconclusive": 0,
        "notAssessable": 1,
        "notApplicable": 0,
    }
    assert predicate["notAssessable"] == ["BAL-002"]


def test_limitations_are_always_said() -> None:
    """What no audit can promise stands first, then what this one could not see, nothing twice."""
    told = statement(result(limitations=["Only form was read.", LIMITATIONS[0]]))["predicate"]["limitations"]

    assert told == [*LIMITATIONS, "Only form was read."]
    assert any("downstream gains" in line for line in told)


def test_a_table_in_memory_is_bound_by_its_result(validator: Draft202012Validator) -> None:
    """Without a file digest the subject is the result itself, and a limitation says so."""
    entry = result()["inputs"][0] | {"name": "DataFrame", "sha256": None, "bytes": None}
    made = statement(result(inputs=[entry]))

    validator.validate(made)
    assert made["subject"][0]["name"].startswith("result.json")
    assert "Not bound to DataFrame, which has no file digest." in made["predicate"]["limitations"]


def test_equal_results_give_equal_bytes() -> None:
    """No clock, no random id: two calls agree byte for byte, any other result differs, the document is untouched."""
    document = result()
    before = copy.deepcopy(document)
    once, twice = canonical_json(statement(document)), canonical_json(statement(result()))

    assert once == twice
    assert document == before
    assert once != canonical_json(statement(result(comparisons=8)))
    assert statement(document)["predicate"]["issuedAt"] is None


def test_hostile_names_stay_data(validator: Draft202012Validator) -> None:
    """A lone surrogate, markup and control characters in a file name reach the statement as harmless text."""
    entry = result()["inputs"][0] | {"name": "a\udcff</script>\x1b[31m.jsonl"}
    made = statement(result(inputs=[entry]))

    validator.validate(made)
    assert made["subject"][0]["name"] == "a\\udcff</script>\x1b[31m.jsonl"
    assert b"\\u001b" in canonical_json(made)

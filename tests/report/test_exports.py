"""Metadata of others: Croissant and OpenLineage as they ask for, whatever the names; no standard is claimed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit import cli
from audit.report.croissant import CONFORMS, render_croissant
from audit.report.html import render_html
from audit.report.jsonfile import dump_document
from audit.report.openlineage import render_openlineage
from audit.report.standards import PARTS, standards
from audit.rules import load_pack

from .hostile import HOSTILE, hostile_document

GOLDENS = Path(__file__).parent / "goldens"
AT = "2026-03-01T12:00:00+00:00"


def croissant(document: dict[str, Any], **more: Any) -> dict[str, Any]:
    return json.loads(render_croissant(document, name="desk", published="2026-03-01", **more))


def test_goldens(golden: Callable[[Path, bytes], None], document: dict[str, Any]) -> None:
    """The sample in both formats."""
    golden(GOLDENS / "croissant.json", render_croissant(document, name="desk", published="2026-03-01"))
    golden(GOLDENS / "openlineage.json", render_openlineage(document, at=AT))


def test_croissant_has_what_the_specification_asks_for(document: dict[str, Any]) -> None:
    """Conformance, files with digests, the certificate as a file, findings and limits in RAI's words."""
    told = croissant(document, certificate=("certificate.sigstore.json", "ab" * 32), license_url="https://l.example")
    assert told["conformsTo"] == list(CONFORMS)
    assert told["license"] == "https://l.example"
    *files, certificate = told["distribution"]
    assert [file["sha256"] for file in files] == [entry["sha256"] for entry in document["inputs"]]
    assert (certificate["name"], certificate["sha256"]) == ("certificate.sigstore.json", "ab" * 32)
    assert any(line.startswith("POS-002") for line in told["rai:dataBiases"])
    assert set(document["limitations"]) <= set(told["rai:dataLimitations"])
    assert {key for key in told if key.startswith("rai:")} <= {
        "rai:dataAnnotationAnalysis",
        "rai:annotationsPerItem",
        "rai:dataBiases",
        "rai:dataLimitations",
        "rai:dataUseCases",
    }


def test_openlineage_asserts_only_what_passed(document: dict[str, Any]) -> None:
    """One assertion a rule and file; nothing but a pass is a success; the run id follows from result and time."""
    event = json.loads(render_openlineage(document, at=AT))
    assert event["eventType"] == "COMPLETE"
    assert uuid.UUID(event["run"]["runId"]).version == 5
    assert render_openlineage(document, at=AT) == render_openlineage(document, at=AT)
    decided = [rule for rule in document["rules"] if rule["verdict"] != "not_applicable"]
    for source in event["inputs"]:
        assertions = source["inputFacets"]["dataQualityAssertions"]["assertions"]
        assert [a["success"] for a in assertions] == [rule["verdict"] == "pass" for rule in decided]
        assert {a["severity"] for a in assertions} <= {"error", "warn"}
        assert source["inputFacets"]["dataQualityMetrics"]["columnMetrics"] == {}
    failed = json.loads(render_openlineage({**document, "complete": False}, at=AT))
    assert failed["eventType"] == "FAIL"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_text(hostile: str) -> None:
    """Lone surrogates, control characters and markup in every field: still one JSON document each."""
    document = hostile_document(hostile)
    assert croissant(document)["@type"] == "sc:Dataset"
    assert json.loads(render_openlineage(document, at=AT))["inputs"]


def test_every_clause_names_evidence_that_exists() -> None:
    """Families of rules in the default pack, or a part of the result; unread clauses say so."""
    families = {rule.id for rule in load_pack("dpo-ready").rules}
    for standard in standards():
        assert {"id", "name", "source", "checked", "how", "clause"} == set(standard)
        for clause in standard["clause"]:
            assert set(clause) == {"clause", "evidence", "about"}
            for part in clause["evidence"]:
                assert part in PARTS or any(rule.startswith(part) for rule in families), (clause["clause"], part)
    assert {standard["id"]: standard["checked"] for standard in standards()}["ISO-IEC-5259"] is False


def test_the_report_never_claims_a_standard(document: dict[str, Any]) -> None:
    """Evidence is relevant to clauses; nobody is said to comply or conform."""
    page = render_html(document, [], generated_at="now")
    assert "Evidence relevant to published standards" in page
    section = page[page.index('id="standards"') :]
    section = section[: section.index("</section>")]
    assert "no: confirm before relying on it" in section
    for word in ("complian", "complies", "conform", "certified"):
        assert word not in section.casefold()


def test_command(document: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a folder or a file, to a file or standard output; what is no result is refused."""
    (tmp_path / "result.json").write_bytes(dump_document(document))
    (tmp_path / "certificate.sigstore.json").write_text("{}")
    out = tmp_path / "croissant.json"
    assert cli.main(["export", str(tmp_path), "--format", "croissant", "--out", str(out), "--dataset-name", "d"]) == 0
    assert json.loads(out.read_text())["distribution"][-1]["name"] == "certificate.sigstore.json"
    assert cli.main(["export", str(tmp_path / "result.json"), "--format", "openlineage"]) == 0
    assert json.loads(capsys.readouterr().out)["producer"].startswith("https://")
    (tmp_path / "other.json").write_text('{"schema": "x"}')
    for name in ("other.json", "absent.json", "certificate.sigstore.json"):
        assert cli.main(["export", str(tmp_path / name), "--format", "croissant"]) == 2
    assert "not a result of this tool" in capsys.readouterr().err

"""What CI systems read: valid, capped, the same bytes for the same result, and inert whatever the data say."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml
from sarif_pydantic import Sarif

from audit.errors import UsageError
from audit.gate import github, markdown, sarif
from audit.gate.formats import FORMATS, parse_outputs
from audit.gate.github import fenced, in_message, in_property, render_github
from audit.gate.gitlab import render_gitlab
from audit.gate.junit import MOST_CASES, clean, render_junit
from audit.gate.markdown import code, plain, render_markdown
from audit.gate.problems import problems, stops
from audit.gate.sarif import render_sarif, uri
from tests.report.hostile import HOSTILE, hostile_document
from tests.report.sample_document import sample_document
from tests.report.sample_rules import part, rule

GOLDENS = Path(__file__).parent / "goldens"
NAMES = {
    "junit": "junit.xml",
    "sarif": "audit.sarif",
    "github": "github.txt",
    "gitlab": "gitlab.json",
    "markdown": "comment.md",
}


@pytest.fixture
def document() -> dict[str, Any]:
    return sample_document()


def many(count: int) -> dict[str, Any]:
    """A result with that many failed rules, of ten slices each."""
    document = sample_document()
    document["rules"] = [
        rule(f"ABC-{i // 10:03d}", "Made", "made.up", "fail", slice=part("s", str(i % 10)), estimate=1.0, limit=0.0)
        for i in range(count)
    ]
    return document


@pytest.mark.parametrize("name", NAMES)
def test_goldens(name: str, golden: Callable[[Path, bytes], None], document: dict[str, Any]) -> None:
    """The sample in every format, alone and against itself as baseline."""
    golden(GOLDENS / NAMES[name], FORMATS[name](document, None))
    if name not in ("junit", "github"):
        golden(GOLDENS / f"since-{NAMES[name]}", FORMATS[name](document, document))


def test_junit_counts_what_stops(document: dict[str, Any]) -> None:
    """Failures are fails and undecided required rules, errors what is required and missing; the counts add up."""
    root = ET.fromstring(render_junit(document))
    told = [entry for entry in document["rules"] if entry["decides"]]
    failures = sum(stops(entry) and entry["verdict"] in ("fail", "inconclusive") for entry in told)
    errors = sum(entry["verdict"] == "not_assessable" and entry["required"] for entry in told)
    broken = sum(outcome["status"] == "failed" for outcome in document["outcomes"])

    assert (int(root.get("failures", "")), int(root.get("errors", ""))) == (failures, errors + broken)
    assert len(root.findall(".//failure")) == failures
    assert failures > 0
    suites = JUnitXml.fromstring(render_junit(document))
    assert suites.tests == int(root.get("tests", "")) == len(root.findall(".//testcase"))


JUNIT: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package"},
    ),
    "testcase": ({"skipped", "error", "failure", "system-out", "system-err"}, {"name", "time", "classname", "group"}),
    "failure": (set(), {"type", "message"}),
    "error": (set(), {"type", "message"}),
    "skipped": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}
"""What each element may hold and carry: the rules of Jenkins' junit-10.xsd, as far as they touch what is written."""


def test_junit_obeys_the_rules_of_jenkins(document: dict[str, Any]) -> None:
    """Children and attributes of every element; the required ones are there."""
    for one in (document, many(40)):
        root = ET.fromstring(render_junit(one))
        for element in root.iter():
            children, attributes = JUNIT[element.tag]
            assert {child.tag for child in element} <= children
            assert set(element.attrib) <= attributes
        assert all({"name", "tests", "failures", "errors"} <= set(suite.attrib) for suite in root)


def test_an_incomplete_audit_is_never_green(document: dict[str, Any]) -> None:
    """An auditor that broke is an error in JUnit, a notification in SARIF, and the exit code there is 3."""
    document["outcomes"][0] |= {"status": "failed", "error": "ZeroDivisionError: x"}
    document |= {"verdict": "incomplete", "complete": False}

    assert b"ZeroDivisionError" in render_junit(document)
    invocation = json.loads(render_sarif(document))["runs"][0]["invocations"][0]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    assert "ZeroDivisionError" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_obeys_its_model(document: dict[str, Any]) -> None:
    """Kinds and levels agree, indices point to their rules, rows are named by place and digest."""
    for one in (document, many(30)):
        Sarif.model_validate_json(render_sarif(one, one))
    run = json.loads(render_sarif(document))["runs"][0]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["level"] == "none") is (result["kind"] != "fail")
    assert {result["kind"] for result in run["results"]} >= {"fail", "review", "open"}


def test_waivers_are_suppressions(document: dict[str, Any]) -> None:
    """A waived fail is there, suppressed, with who answers for it; it stops nothing."""
    entry = next(entry for entry in document["rules"] if entry["id"] == "STR-002")
    waiver = document["waivers"]["entries"][0] | {"state": "applied", "message": "ann answers for it"}
    document["waivers"]["entries"] = [waiver]
    entry["waiver"] = waiver["id"]
    results = json.loads(render_sarif(document))["runs"][0]["results"]
    found = next(result for result in results if result["ruleId"] == "STR-002")

    assert found["suppressions"][0]["status"] == "accepted"
    assert "ann answers for it" in found["suppressions"][0]["justification"]
    assert b"waived by W-7" in render_junit(document)
    assert "STR-002" not in render_github(document).decode()


def test_caps() -> None:
    """A thousand SARIF results, ten annotations, fifty rows, sixty kilobytes: each says what it left out."""
    document = many(6_000)
    run = json.loads(render_sarif(document))["runs"][0]
    assert len(run["results"]) == sarif.MOST
    assert "5000 findings are left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    lines = render_github(document).decode().splitlines()
    assert len(lines) == github.MOST
    assert lines[-1].endswith("591 more rules: see the step summary")
    assert len(render_markdown(document)) <= markdown.MOST_BYTES
    assert b"550 more rules: see report.html" in render_markdown(document)
    assert len(json.loads(render_gitlab(document))) == 1_000
    cases = ET.fromstring(render_junit(document)).findall(".//testcase")
    assert len(cases) == MOST_CASES + 1
    small = render_markdown(document, most_bytes=1_000).decode()
    assert "sections are left out" in small
    assert len(small.encode()) <= 1_000


def test_gitlab_gets_what_it_asks_for(document: dict[str, Any]) -> None:
    """Every entry has the fields of GitLab's documentation, of their types; severities are those that it knows."""
    entries = json.loads(render_gitlab(document))
    assert entries
    for entry in entries:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert re.fullmatch(r"[0-9a-f]{64}", entry["fingerprint"])
        assert set(entry["location"]) == {"path", "lines"}
        assert not entry["location"]["path"].startswith(("/", "./"))
        assert isinstance(entry["location"]["lines"]["begin"], int)
        assert entry["location"]["lines"]["begin"] >= 1


def test_fingerprints_are_unique_and_stay(document: dict[str, Any]) -> None:
    """GitLab drops entries of one fingerprint; another number of the same finding keeps it."""
    entries = json.loads(render_gitlab(many(100)))
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 100
    before = {p.place: p.fingerprint for p in problems(document)}
    for entry in document["rules"]:
        entry["estimate"], entry["message"] = 0.123, "another"
    assert {p.place: p.fingerprint for p in problems(document)} == before


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert(text: str) -> None:
    """No command, no markup, no link, no mention, no broken XML: one line stays one line."""
    document = hostile_document(text)
    commands = render_github(document).decode().split("\n")[:-1]
    assert all(re.match(r"::(error|warning) title=[^:]*::[^\n\r]*$", line) for line in commands), commands
    assert not any("%0A::" in line.replace("%250A", "") for line in commands)

    root = ET.fromstring(render_junit(document))
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    Sarif.model_validate_json(render_sarif(document))
    for entry in json.loads(render_gitlab(document)):
        assert "\n" not in entry["description"]

    comment = render_markdown(document).decode()
    assert not re.search(r"(?<!&)@|\]\(|!\[|https?://|<(?!/?(code|sub|details|summary)>)", comment)
    tables = [line for line in comment.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} <= {8}


@pytest.mark.parametrize("text", [*HOSTILE, "a|b `c` *d* _e_ [f](g) #1 ~x~ <b> & ' \" \\"])
def test_markdown_escapes_lose_nothing(text: str) -> None:
    """What a reader sees is the text, hidden characters as tokens."""
    from audit.report.safe import one_line

    shown = html.unescape(code(text).removeprefix("<code>").removesuffix("</code>"))
    assert shown == one_line(text, 200)
    assert html.unescape(plain(text)).replace("\u200b", "") == one_line(text, 300)
    assert not re.search(r"[|`*\[\]~]", plain(text) + code(text))


def test_workflow_commands_are_escaped() -> None:
    """Percent, ends of lines, and in properties commas and colons, as the runner reads them back."""
    assert in_message("50% of\nrows") == "50%25 of<U+000A>rows"
    assert in_property("a:b,c%") == "a%3Ab%2Cc%25"
    first, *middle, last = fenced("::error::x\nplain").rstrip("\n").split("\n")
    assert first.startswith("::stop-commands::")
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
    assert middle == ["::error::x", "plain"]
    assert fenced("") != fenced("")


def test_xml_has_no_illegal_character() -> None:
    """Every code point of the first plane, lone surrogates too, gives XML that a parser reads."""
    text = clean("".join(map(chr, range(0x10000))) + "\U0001f600")
    assert ET.fromstring(f"<a>{html.escape(text)}</a>").text is not None


def test_names_are_uri_references() -> None:
    """Relative names stay relative, whatever they look like."""
    assert uri("a b/ü.jsonl") == "a%20b/%C3%BC.jsonl"
    assert uri("javascript:alert(1)") == "javascript%3Aalert%281%29"
    assert uri("s3://bucket/k?x=1").startswith("s3://bucket/k")


@pytest.mark.parametrize(
    ("texts", "said"),
    [(["junitt=x"], "did you mean junit"), (["junit"], "without a path"), (["junit=x", "sarif=x"], "two outputs")],
)
def test_bad_outputs_are_named(texts: list[str], said: str) -> None:
    """A format that is not there, no path, one path twice."""
    with pytest.raises(UsageError, match=said):
        parse_outputs(texts)

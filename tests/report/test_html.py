"""The HTML report: complete, self-contained, deaf to hostile text."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.report.html import Companions, render_html
from audit.report.jsonfile import dump_document

from .hostile import HOSTILE, hostile_document, hostile_evidence
from .test_markup import read

Golden = Callable[[Path, bytes], None]
GOLDEN = Path(__file__).parent / "goldens" / "report-body.html"
ISLAND = re.compile(r'(<script type="application/octet-stream" id="evidence-rows">)[^<]*')
WHEN = "2026-01-02 03:04 UTC"
BESIDE = Companions(certificate="c0" * 32, evidence="e1" * 32)


def test_golden(golden: Golden, document: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
    """The body of the sample's report, one element a line, without style, script and compressed rows."""
    page = render_html(document, evidence, generated_at=WHEN, beside=BESIDE)
    body = page[page.index("<body>") : page.index("<script>")]
    golden(GOLDEN, ISLAND.sub(r"\1", body).replace("><", ">\n<").encode())


def test_same_arguments_same_page(document: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
    """Nothing of the moment or the machine gets in."""
    assert render_html(document, evidence, generated_at=WHEN) == render_html(document, evidence, generated_at=WHEN)


def test_every_verdict_and_number_is_static(document: dict[str, Any]) -> None:
    """Each rule's id, title, verdict and remediation, and each measure's name, can be read without script."""
    text = read(render_html(document, [], generated_at=WHEN)).text
    for rule in document["rules"]:
        assert rule["id"] in text
        assert rule["title"] in text
    for measure in document["measures"]:
        assert measure["name"] in text
    for told in ("51.6%", "49.9% to 53.3%", "50% ± 3%", "Drop these rows", "--map model_a=FIELD", "json_syntax", WHEN):
        assert told in text


def test_it_is_bound_to_inputs_pack_result_and_certificate(
    document: dict[str, Any], evidence: list[dict[str, Any]]
) -> None:
    """The digests of all four and of the evidence are on the page; the result's is that of the bytes of result.json."""
    text = read(render_html(document, evidence, generated_at=WHEN, beside=BESIDE)).text
    result = hashlib.sha256(dump_document(document)).hexdigest()
    for digest in (document["inputs"][0]["sha256"], "a7" * 32, result, "c0" * 32, "e1" * 32):
        assert digest in text


def test_policy_allows_exactly_its_own_style_and_script(document: dict[str, Any]) -> None:
    """The digests in the policy are those of the two elements, and everything else is forbidden."""
    page = render_html(document, [], generated_at=WHEN)
    (content,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    policy = dict(part.split(" ", 1) for part in content.replace("&#x27;", "'").split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in content
    for name in ("style", "script"):
        (inner,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert policy[f"{name}-src"] == f"'sha256-{digest}'"


def test_nothing_is_fetched_and_nothing_is_inline(document: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
    """No element that loads, no attribute that carries script or style, no link out of the page."""
    found = read(render_html(document, evidence, generated_at=WHEN))
    assert not set(found.tags) & {"img", "link", "iframe", "object", "embed", "base", "form", "video", "audio", "image"}
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    assert all(value is not None and value.startswith("#") for name, value in found.attributes if name == "href")


def test_script_only_ever_writes_text() -> None:
    """The script has no sink that takes markup or code."""
    script = (Path(__file__).parents[2] / "reports" / "report.js").read_text()
    for sink in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval",
        "new Function",
        'setTimeout("',
    ):
        assert sink not in script


def test_ids_are_unique_and_targets_exist(document: dict[str, Any]) -> None:
    """Each link inside the page has its place, once."""
    found = read(render_html(document, [], generated_at=WHEN))
    ids = [value for name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for name, value in found.attributes if name == "href" and value} <= set(ids)


def test_every_picture_says_what_it_shows(document: dict[str, Any]) -> None:
    """Each svg is an image with words, or hidden as words stand beside it; plots have a title and a description."""
    page = render_html(document, [], generated_at=WHEN)
    pictures = re.findall(r"<svg([^>]*)>(?=(<title|.))", page)
    assert len(pictures) > 20
    worded = re.compile(r'role="img" aria-label="[^"]+"|aria-hidden="true"|role="img" aria-labelledby="[^" ]+ [^" ]+"')
    assert all(worded.search(attributes) or inside == "<title" for attributes, inside in pictures)
    for names in re.findall(r'aria-labelledby="([^"]+)"', page):
        assert all(len(re.findall(rf'id="{name}"', page)) == 1 for name in names.split())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_tag_and_no_attribute(text: str) -> None:
    """The page of a hostile document has the very tags and attribute names of a harmless one."""
    harmless = read(render_html(hostile_document("x"), hostile_evidence("x"), generated_at="x"))
    page = render_html(
        hostile_document(text), hostile_evidence(text), generated_at=text, beside=Companions(command=text)
    )
    hostile = read(page)
    assert hostile.tags == harmless.tags
    assert [name for name, _ in hostile.attributes] == [name for name, _ in harmless.attributes]
    assert not [c for c in page if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(page) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    page.encode()


def test_an_empty_document_renders(document: dict[str, Any]) -> None:
    """No input, no measure, no rule: every section says that it is empty."""
    document.update(inputs=[], measures=[], rules=[], outcomes=[], rejects={}, summary=[], limitations=[])
    text = read(render_html(document, [], generated_at=WHEN)).text
    for told in (
        "No rule failed",
        "No rule passed",
        "No finding has rows",
        "No row was rejected",
        "no field to slice by",
    ):
        assert told in text


@pytest.mark.parametrize("verdict", ["pass", "fail", "inconclusive", "not_assessable", "incomplete"])
def test_the_verdict_is_said_in_words(document: dict[str, Any], verdict: str) -> None:
    """Never by colour alone."""
    document["verdict"] = verdict
    assert f"Verdict: {verdict.replace('_', ' ')}" in read(render_html(document, [], generated_at=WHEN)).text


def summary(document: dict[str, Any]) -> str:
    """Return the text of the decision summary."""
    page = render_html(document, [], generated_at=WHEN)
    return read(page[page.index('id="verdict"') : page.index('id="decision"')]).text


def test_the_summary_says_what_speaks_against_it_and_what_to_do(document: dict[str, Any]) -> None:
    """The failed rule with its number, limit and remedy; the undecided one; what would unlock the blocked one."""
    told = summary(document)
    assert "Not fit for training as it stands." in told
    for part in ("Chosen and rejected are the same text", "0.3% found; passes at ≤ 0%", "Drop these rows"):
        assert part in told
    assert (
        told.index("Not decided") < told.index("The response shown first wins too often") < told.index("--map model_a")
    )
    assert "closest to the limit" not in told


def test_a_pass_says_what_came_closest(document: dict[str, Any]) -> None:
    """Without a fail, the passes nearest to their limits are named, those with an interval only."""
    document["rules"] = [rule for rule in document["rules"] if rule["verdict"] == "pass"]
    told = summary(document)
    assert "No rule failed." in told
    assert "60.3% found, 59.1% to 61.5%; passes at ≤ 65%" in told
    assert "Empty prompt or response" not in told


def test_an_incomplete_audit_says_what_broke(document: dict[str, Any]) -> None:
    """The auditor and its error stand at the top, not only in the table of auditors."""
    document.update(verdict="incomplete", complete=False)
    document["outcomes"][1].update(status="failed", error="ValueError: shapes differ")
    told = summary(document)
    assert "No statement: part of the audit broke." in told
    assert "POS position: ValueError: shapes differ" in told


def test_long_lists_of_the_summary_are_cut_and_counted(document: dict[str, Any]) -> None:
    """Seven fails: four are told, three more are a link away."""
    failed = next(rule for rule in document["rules"] if rule["verdict"] == "fail")
    document["rules"] = [{**failed, "id": f"STR-{i:03d}"} for i in range(7)]
    assert summary(document).count("0.3% found") == 4
    assert "3 more" in summary(document)


def test_every_assessed_rule_is_in_the_statistics(document: dict[str, Any]) -> None:
    """Estimate, interval, confidence, limits, n, effective n and smallest certifiable limit stand in one line."""
    page = render_html(document, [], generated_at=WHEN)
    part = page[page.index('id="statistics"') :]
    line = next(row for row in part.split("<tr>") if "POS-002" in row)
    told = read(line).text
    for number in ("51.6%", "49.9% to 53.3%", "95%", "50% ± 3%", "beyond 50% ± 5%", "24,000", "18,321", "3.3%"):
        assert number in told
    assert "T, CV3L clustered by prompt." in told


def test_slices_with_one_value_take_one_line(document: dict[str, Any]) -> None:
    """An exact value that all slices share is said once."""
    sliced = next(m for m in document["measures"] if m["name"] == "balance.slice_count")
    document["measures"] += [
        {**sliced, "name": "structure.empty_rate", "value": 0.0, "unit": "share", "slice": {"by": "locale", "value": v}}
        for v in ("a", "b", "c")
    ]
    assert "0% in each of 3 slices" in read(render_html(document, [], generated_at=WHEN)).text


def test_reviewers_stand_by_signs_and_agreement_beside_their_habit(document: dict[str, Any]) -> None:
    """One line a reviewer: agreement with the others, its interval, n, and how often the first shown was chosen."""
    base = {**document["measures"][0], "name": "reviewers.agreement", "auditor": "REV", "unit": "share", "n": 90}
    made = [
        {**base, "value": value, "low": value - 0.05, "high": value + 0.05, "slice": {"by": "annotator", "value": name}}
        for name, value in (("r00", 0.8), ("r01", 0.6))
    ]
    signs = [
        {**base, "name": "reviewers.signs", "unit": "count", "value": len(told), "slice": m["slice"],
         "method": f"signs: {', '.join(told) or 'none'}; n: votes"}
        for m, told in zip(made, ([], ["streaks", "fails checks"]), strict=True)
    ]  # fmt: skip
    document["measures"] += [{**base, "value": 0.75, "slice": None}, *made, *signs]
    page = render_html(document, [], generated_at=WHEN)
    told = read(page[page.index("Reviewers, whom to look at first") : page.index('id="slices"')]).text
    assert "the line is all reviewers, 75.0%" in told
    assert told.index("r01") < told.index("r00")
    assert "streaks, fails checks" in told
    assert "60.0%55.0% to 65.0%90" in told.replace("\n", "")
    assert "50.0%" in told  # r00 chose the first shown in half of its 60 judgments

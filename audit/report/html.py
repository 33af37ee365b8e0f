"""`report.html`: one file that needs nothing else, opens from disk, and cannot be made to run what it shows.

All verdicts, numbers and charts are in the page itself; the one script only drives the evidence explorer. A content
security policy allows that script and that style sheet by digest and nothing else, no network, no eval, no string as
markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from string import Template

from audit.report import overview, record_sections, rule_sections, slice_sections, waiver_section
from audit.report.document import VERDICT_WORDS, Document
from audit.report.island import Island, evidence_island
from audit.report.jsonfile import dump_document
from audit.report.markup import Markup, element, join, text
from audit.report.safe import one_line
from audit.report.standards import evidence_relevant
from audit.resources import resource

_CONTENTS = (
    ("verdict", "Verdict"),
    ("decision", "Decision at a glance"),
    ("troubles", "Failed and inconclusive"),
    ("passed", "Passed rules"),
    ("blocked", "Not assessable"),
    ("waivers", "Waivers"),
    ("slices", "By slice"),
    ("evidence", "Evidence explorer"),
    ("measures", "All measures"),
    ("auditors", "Auditors"),
    ("inputs", "Inputs and mapping"),
    ("method", "Method and limits"),
    ("standards", "Published standards"),
    ("words", "Words"),
    ("reproduce", "How to reproduce it"),
)


def render_html(
    document: Document,
    evidence: Sequence[Document],
    *,
    generated_at: str,
    certificate_digest: str | None = None,
    command: str | None = None,
) -> str:
    """Return the report as one HTML text, to be written as UTF-8.

    Args:
        document: the result document.
        evidence: rows with text, as `audit.report.evidence` describes them.
        generated_at: when, as it shall be read; injected, so that the same arguments give the same text.
        certificate_digest: SHA-256 of the certificate that speaks of the same result.
        command: the command that made it; without one it is put together from inputs and pack.
    """
    result_digest = hashlib.sha256(dump_document(document)).hexdigest()
    island = evidence_island(document, evidence)
    style, script = _file("report.css"), _file("report.js")
    tool = document["tool"]
    return Template(_file("report.html")).substitute(
        policy=text(_policy(style, script)),
        generator=text(one_line(f"{tool['name']} {tool['version']}")),
        title=text(f"{VERDICT_WORDS[document['verdict']]}: preference data audit"),
        style=style,
        script=script,
        header=overview.header(document, generated_at),
        contents=overview.contents(_CONTENTS),
        sections=_sections(document, island, result_digest, certificate_digest, command),
        footer=element(
            "footer", element("p", f"{tool['name']} {tool['version']} · result {result_digest}"), class_="bottom"
        ),
        island=island.payload,
    )


def _sections(
    document: Document, island: Island, result_digest: str, certificate_digest: str | None, command: str | None
) -> Markup:
    return join(
        (
            overview.verdict(document, result_digest, certificate_digest),
            overview.decisions(document),
            rule_sections.troubles(document),
            rule_sections.passed(document),
            rule_sections.blocked(document),
            waiver_section.waived(document),
            slice_sections.slices(document),
            record_sections.explorer(island),
            record_sections.measures(document),
            record_sections.auditors(document),
            record_sections.inputs(document),
            record_sections.method(document),
            evidence_relevant(document),
            record_sections.glossary(),
            record_sections.reproduce(document, result_digest, command),
        )
    )


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_source_digest(script)}'",
            f"style-src '{_source_digest(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _source_digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _file(name: str) -> str:
    return resource("reports", name).read_text("utf-8")

"""`report.html`: one file that needs nothing else, opens from disk, and cannot be made to run what it shows.

All verdicts, numbers and charts are in the page itself; the one script only drives the evidence explorer. A content
security policy allows that script and that style sheet by digest and nothing else, no network, no eval, no string as
markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from audit.report import (
    badges,
    cluster_section,
    overview,
    panel,
    pictures,
    record_sections,
    rule_sections,
    slice_sections,
    waiver_section,
)
from audit.report.audience import INTERNAL, for_audience
from audit.report.charts import zones
from audit.report.document import VERDICT_WORDS, Document
from audit.report.island import evidence_island
from audit.report.jsonfile import dump_document
from audit.report.markup import Markup, element, join, text
from audit.report.safe import one_line
from audit.report.standards import evidence_relevant
from audit.report.statistics_section import statistics
from audit.resources import resource

_CONTENTS = (
    ("verdict", "Verdict"),
    ("decision", "Every rule at a glance"),
    ("troubles", "Failed and inconclusive"),
    ("blocked", "Not assessable"),
    ("pictures", "In pictures"),
    ("slices", "By slice"),
    ("evidence", "Evidence explorer"),
    ("waivers", "Waivers"),
    ("passed", "Passed rules"),
    ("clusters", "Copies"),
    ("statistics", "Statistics"),
    ("measures", "All measures"),
    ("auditors", "Auditors"),
    ("inputs", "Inputs and mapping"),
    ("method", "Method and limits"),
    ("standards", "Published standards"),
    ("words", "Words"),
    ("reproduce", "How to reproduce it"),
)

MOST_BYTES = 1_440_000
"""What the page weighs at most: evidence gets what the sections leave of it."""
LEAST_EVIDENCE = 500_000
"""What the evidence may weigh however long the sections are."""


@dataclass(frozen=True, slots=True)
class Companions:
    """What stands beside the report, and how it was made."""

    certificate: str | None = None
    """SHA-256 of the certificate that speaks of the same result."""
    evidence: str | None = None
    """SHA-256 of evidence.parquet."""
    clusters: Sequence[Document] = ()
    """The largest clusters of copies, as `audit.report.cluster_section` describes them."""
    command: str | None = None
    """The command that made it; without one it is put together from inputs and pack."""


def render_html(
    document: Document,
    evidence: Sequence[Document],
    *,
    generated_at: str,
    audience: str = INTERNAL,
    beside: Companions | None = None,
) -> str:
    """Return the report as one HTML text, to be written as UTF-8.

    Args:
        document: the result document.
        evidence: rows with text, as `audit.report.evidence` describes them.
        generated_at: when, as it shall be read; injected, so that the same arguments give the same text.
        audience: internal or external; for the latter no text of any row enters the page.
        beside: the files beside it.

    Raises:
        ValueError: for an audience that is none.
    """
    style, script = _file("report.css"), _file("report.js")
    tool, result_digest = document["tool"], hashlib.sha256(dump_document(document)).hexdigest()
    beside = beside or Companions()
    sections = _sections(document, result_digest, beside)
    rest = sum(len(part.encode()) for part in (*filter(None, sections.values()), style, script))
    island = evidence_island(document, for_audience(evidence, audience), max(LEAST_EVIDENCE, MOST_BYTES - rest))
    sections["evidence"] = record_sections.explorer(island, audience, beside.evidence)
    return Template(_file("report.html")).substitute(
        policy=text(_policy(style, script)),
        generator=text(one_line(f"{tool['name']} {tool['version']}")),
        title=text(f"{VERDICT_WORDS[document['verdict']]}: preference data audit"),
        style=style,
        script=script,
        drawings=join((badges.icon_shapes(), zones())),
        header=overview.header(document, generated_at, audience),
        contents=overview.contents([entry for entry in _CONTENTS if sections[entry[0]]]),
        sections=join(sections[name] for name, _ in _CONTENTS),
        footer=element(
            "footer", element("p", f"{tool['name']} {tool['version']} · result {result_digest}"), class_="bottom"
        ),
        island=island.payload,
    )


def _sections(document: Document, result_digest: str, beside: Companions) -> dict[str, Markup | None]:
    """Return every section but the evidence by its id; None for one that has nothing to show."""
    told = {*pictures.DRAWN, *panel.TOLD, *slice_sections.drawn(document)}
    return {
        "verdict": overview.verdict(document, result_digest, beside.certificate),
        "decision": overview.decisions(document),
        "troubles": rule_sections.troubles(document),
        "blocked": rule_sections.blocked(document),
        "pictures": pictures.pictures(document),
        "slices": slice_sections.slices(document),
        "waivers": waiver_section.waived(document),
        "passed": rule_sections.passed(document),
        "clusters": cluster_section.clusters(beside.clusters),
        "statistics": statistics(document),
        "measures": record_sections.measures(document, told),
        "auditors": record_sections.auditors(document),
        "inputs": record_sections.inputs(document),
        "method": record_sections.method(document),
        "standards": evidence_relevant(document),
        "words": record_sections.glossary(),
        "reproduce": record_sections.reproduce(document, result_digest, beside.command),
    }


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

"""Which clauses of published standards the evidence in a result is relevant to; never that anybody meets them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from audit.report.document import Document
from audit.report.markup import Markup, element
from audit.report.tables import section, table
from audit.resources import resource

PARTS: Mapping[str, str] = {
    "rules": "rule results",
    "inputs": "digests of the inputs",
    "certificate": "the certificate, once signed",
}
"""Evidence that is not the rules of one family."""


def standards() -> list[dict[str, Any]]:
    """Return the mapping of `reports/standards.toml`, standard by standard."""
    return list(tomllib.loads(resource("reports", "standards.toml").read_text("utf-8"))["standard"])


def evidence_relevant(document: Document) -> Markup:
    """Return the section that names, clause by clause, what of this result is evidence."""
    rows = list(_rows(document))
    shown = table(
        "Clauses and what of this result is evidence relevant to them",
        ("standard", "clause", "what it is about", "evidence in this result", "clause read in its own text"),
        rows,
    )
    intro = (
        "A reviewer who works by one of these standards finds here where to look. It is no statement that the dataset, "
        "its vendor or its buyer meets any of them. Clauses that were not read in their own text are marked."
    )
    return section("standards", "Evidence relevant to published standards", shown, intro=intro)


def _rows(document: Document) -> Iterator[tuple[Any, ...]]:
    verdicts = {rule["id"]: rule["verdict"] for rule in document["rules"] if rule["slice"] is None}
    verdicts |= {r["id"]: r["verdict"] for r in document["rules"] if r["id"] not in verdicts}
    for standard in standards():
        for clause in standard["clause"]:
            told = "; ".join(_told(part, verdicts) for part in clause["evidence"])
            read = "yes" if standard["checked"] else "no: confirm before relying on it"
            yield element("span", standard["id"], title=standard["name"]), clause["clause"], clause["about"], told, read


def _told(part: str, verdicts: Mapping[str, str]) -> str:
    if part in PARTS:
        return PARTS[part]
    own = [f"{rule} {verdict.replace('_', ' ')}" for rule, verdict in verdicts.items() if rule.startswith(part)]
    return ", ".join(own) if own else f"{part}: no rule of this pack"

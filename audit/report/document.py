"""The result document as renderings see it: a plain dict shaped by `reports/result.schema.json`, and how to ask it.

A rendering never sees the data, only this document and, for the HTML report and `evidence.parquet`, the evidence rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Document = Mapping[str, Any]
"""The whole result, or one object inside it."""

VERDICT_WORDS: Final = {
    "pass": "Pass",
    "pass_with_waivers": "Pass with waivers",
    "fail": "Fail",
    "inconclusive": "Inconclusive",
    "not_assessable": "Not assessable",
    "not_applicable": "Not applicable",
    "incomplete": "Incomplete",
}
MOST_URGENT_FIRST: Final = ("fail", "inconclusive", "not_assessable", "pass", "not_applicable")
SEVERITIES: Final = ("blocker", "major", "minor", "info")


def by_urgency(rules: list[Document]) -> list[Document]:
    """Return findings with what decides first: verdict, then required, then severity; the pack's order within."""
    return sorted(
        rules,
        key=lambda rule: (
            MOST_URGENT_FIRST.index(rule["verdict"]),
            not rule["required"],
            SEVERITIES.index(rule["severity"]),
        ),
    )


def sliced(document: Document, name: str, by: str | None = None) -> list[Document]:
    """Return the defined slices of one measure, in document order; `by` keeps the slices of one column."""
    return [
        measure
        for measure in document["measures"]
        if measure["name"] == name
        and measure["slice"] is not None
        and measure["value"] is not None
        and (by is None or measure["slice"]["by"] == by)
    ]


def waivers(document: Document) -> list[Document]:
    """Return the waivers of a result with what became of each; results of before there were any have none."""
    found: list[Document] = (document.get("waivers") or {"entries": []})["entries"]
    return found


def slice_name(part: Document | None) -> str:
    """Return "column = value", or "" for the whole file."""
    return f"{part['by']} = {part['value']}" if part else ""


def place(row: Document) -> str:
    """Return how people point at one comparison: file:row, with #part where a row holds several."""
    return f"{row['file']}:{row['row']}" + (f"#{row['part']}" if row["part"] else "")

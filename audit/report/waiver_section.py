"""Who answers for what did not pass: the waivers of a result, in the report and on the terminal."""

from __future__ import annotations

from audit.report import badges
from audit.report.document import Document, slice_name, waivers
from audit.report.markup import Markup, element
from audit.report.safe import one_line
from audit.report.tables import section, table

STATES = {"applied": "applied", "unused": "unused", "expired": "expired", "refused": "does not apply"}
NONE = "No finding is waived: everything that failed counts."


def waived(document: Document) -> Markup:
    """Return every waiver with who answers for it, until when, and what became of it."""
    told = waivers(document)
    if not told:
        return section("waivers", "Waivers", element("p", NONE))
    told_on = document["waivers"]["on"]
    rows = (
        (
            element("code", entry["id"]),
            _finding(entry),
            STATES[entry["state"]],
            entry["owner"],
            entry["approver"],
            f"{entry['created']} to {entry['expires']}",
            _ceiling(entry),
            f"{entry['reason']} ({entry['message']})",
        )
        for entry in told
    )
    heads = ("waiver", "finding", "state", "owner", "approver", "in force", "ceiling", "reason, and what became of it")
    caption = f"Findings that somebody answers for, read on {told_on}; a waived finding stays what it is"
    return section("waivers", "Waivers", table(caption, heads, rows))


def _finding(entry: Document) -> Markup:
    part = slice_name(entry["slice"])
    return element(
        "span", element("a", entry["rule"], href=f"#{badges.rule_anchor({'id': entry['rule']})}"), f" {part}"
    )


def _ceiling(entry: Document) -> str:
    ceiling = entry["ceiling"]
    return " to ".join(f"{end:g}" for end in ceiling) if isinstance(ceiling, list) else f"{ceiling:g}"


def lines(document: Document) -> list[str]:
    """Return one line a waiver for the terminal."""
    return [
        one_line(
            f"{entry['id']} of {entry['rule']}{_at(entry)}: {STATES[entry['state']]}; {entry['message']}; "
            f"reason: {entry['reason']}",
            400,
        )
        for entry in waivers(document)
    ]


def _at(entry: Document) -> str:
    part = slice_name(entry["slice"])
    return f" [{part}]" if part else ""

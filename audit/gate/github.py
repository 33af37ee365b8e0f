"""GitHub Actions: workflow commands that annotate a run, and the fence that keeps printed text from being any.

The runner takes at most ten errors and ten warnings of a step and shows no more, so there is one annotation a rule, the
worst ten of each, and a last one that counts the rest.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from audit.gate.problems import Problem, by_rule, is_warning, problems, text_files
from audit.report.document import Document
from audit.report.safe import one_line

MOST: Final = 10
SUMMARY_BYTES: Final = 900_000
"""A step summary of more than 1,024 kB is not cut but lost."""


def render_github(document: Document, baseline: Document | None = None) -> bytes:
    """Return workflow commands, one a line."""
    found = problems(document, baseline)
    errors = by_rule([p for p in found if p.stops])
    warnings = by_rule([p for p in found if is_warning(p)])
    numbered = text_files(document)
    lines = [*_commands("error", errors, numbered), *_commands("warning", warnings, numbered)]
    return "".join(f"{line}\n" for line in lines).encode()


def _commands(kind: str, groups: Sequence[Sequence[Problem]], numbered: set[str]) -> list[str]:
    shown = groups if len(groups) <= MOST else groups[: MOST - 1]
    lines = [_command(kind, group, numbered) for group in shown]
    if len(groups) > len(shown):
        lines.append(f"::{kind} title=dpo-audit::{len(groups) - len(shown)} more rules: see the step summary")
    return lines


def _command(kind: str, group: Sequence[Problem], numbered: set[str]) -> str:
    head = group[0]
    rule = head.rule
    more = f" (and {len(group) - 1} more slices)" if len(group) > 1 else ""
    said = f"{head.place}: {rule['message'].removesuffix('.')}{more}. {rule['remediation']}"
    rows = (rule["evidence"] or {"rows": []})["rows"]
    where = f",file={in_property(str(rows[0]['file']))}" if rows else ""
    where += f",line={rows[0]['row']}" if rows and rows[0]["file"] in numbered else ""
    title = in_property(f"{rule['id']} {rule['title']}")
    return f"::{kind} title={title}{where}::{in_message(said)}"


def in_message(text: str) -> str:
    """Return text for the message of a command: hidden characters as tokens, what ends a command escaped."""
    return one_line(text, 2_000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def in_property(text: str) -> str:
    """Return text for a property of a command: commas and colons escaped, too."""
    return in_message(text).replace(":", "%3A").replace(",", "%2C")


def fenced(text: str) -> str:
    """Return text between a stop and a resume command with a random word, so that no line of it is a command."""
    word = secrets.token_hex(16)
    return f"::stop-commands::{word}\n{text}\n::{word}::\n"

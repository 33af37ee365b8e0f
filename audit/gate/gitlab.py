"""GitLab's code quality report: one entry a finding that is no pass, with a fingerprint that stays."""

from __future__ import annotations

import json
from typing import Any, Final

from audit.gate.problems import Problem, is_warning, problems, text_files
from audit.report.document import Document
from audit.report.safe import one_line, sentence

MOST: Final = 1_000
SEVERITY: Final = {"blocker": "blocker", "major": "major", "minor": "minor", "info": "info"}


def render_gitlab(document: Document, baseline: Document | None = None) -> bytes:
    """Return the report as JSON; optional rules without data are no findings of quality and are left out."""
    told = [p for p in problems(document, baseline) if p.stops or is_warning(p)]
    return (json.dumps([_entry(document, p) for p in told[:MOST]], indent=1, ensure_ascii=True) + "\n").encode()


def _entry(document: Document, problem: Problem) -> dict[str, Any]:
    rule = problem.rule
    rows = (rule["evidence"] or {"rows": []})["rows"]
    first = document["inputs"][0]["name"] if document["inputs"] else "result.json"
    return {
        "description": one_line(f"{rule['title']}. {sentence(rule['message'])}", 500),
        "check_name": one_line(problem.place, 120),
        "fingerprint": problem.fingerprint,
        "severity": SEVERITY[rule["severity"]] if problem.stops else "info",
        "location": {
            "path": one_line(str(rows[0]["file"] if rows else first), 400),
            "lines": {"begin": rows[0]["row"] if rows and rows[0]["file"] in text_files(document) else 1},
        },
    }

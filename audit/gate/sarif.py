"""SARIF 2.1.0: every finding that is no pass, placed at the rows behind it; never a row's text.

A fail is `fail`, an undecided rule `review`, one that cannot be assessed `open`. Passes are left out, for GitHub shows
every result as an alert, whatever its kind. GitHub takes 25,000 results and shows 5,000: a thousand, worst first.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from audit.gate.problems import Problem, exit_code, problems, text_files
from audit.report.document import Document, waivers
from audit.report.safe import encodable, one_line, sentence

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST: Final = 1_000
MOST_PLACES: Final = 10
KINDS: Final = {"fail": "fail", "inconclusive": "review", "not_assessable": "open"}
LEVELS: Final = {"blocker": "error", "major": "error", "minor": "warning", "info": "note"}


def render_sarif(document: Document, baseline: Document | None = None) -> bytes:
    """Return the result as SARIF JSON."""
    found = problems(document, baseline)
    rules = {str(rule["id"]): rule for rule in document["rules"]}
    index = {code: place for place, code in enumerate(rules)}
    lines = text_files(document)
    tool = document["tool"]
    run = {
        "tool": {
            "driver": {
                "name": one_line(str(tool["name"]), 100),
                "version": one_line(str(tool["version"]), 100),
                "informationUri": "https://pypi.org/project/dpo-audit/",
                "rules": [_rule(rule) for rule in rules.values()],
            }
        },
        "invocations": [_invocation(document, len(found))],
        "columnKind": "unicodeCodePoints",
        "results": [_result(document, p, index, lines) for p in found[:MOST]],
    }
    return (json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n").encode()


def _rule(rule: Document) -> dict[str, Any]:
    text = f"{rule['rationale']} {rule['remediation']}"
    return {
        "id": one_line(str(rule["id"]), 60),
        "shortDescription": {"text": one_line(str(rule["title"]), 500)},
        "fullDescription": {"text": one_line(str(rule["rationale"]), 1_000)},
        "help": {"text": one_line(text, 2_000)},
        "defaultConfiguration": {"level": LEVELS[rule["severity"]]},
        "properties": {"tags": ["data-quality", f"severity:{rule['severity']}"]},
    }


def _invocation(document: Document, found: int) -> dict[str, Any]:
    told: dict[str, Any] = {"executionSuccessful": bool(document["complete"]), "exitCode": exit_code(document)}
    notes = [
        {"level": "error", "message": {"text": one_line(f"auditor {o['code']} broke: {o['error']}", 500)}}
        for o in document["outcomes"]
        if o["status"] == "failed"
    ]
    if found > MOST:
        notes.append({"level": "note", "message": {"text": f"{found - MOST} findings are left out: see result.json"}})
    return {**told, "toolExecutionNotifications": notes} if notes else told


def _result(document: Document, problem: Problem, index: dict[str, int], lines: set[str]) -> dict[str, Any]:
    rule = problem.rule
    is_fail = rule["verdict"] == "fail"
    rows = (rule["evidence"] or {"rows": []})["rows"]
    told: dict[str, Any] = {
        "ruleId": one_line(str(rule["id"]), 60),
        "ruleIndex": index[str(rule["id"])],
        "kind": KINDS[rule["verdict"]],
        "level": LEVELS[rule["severity"]] if is_fail else "none",
        "message": {"text": one_line(f"{problem.place}: {rule['title']}. {sentence(rule['message'])}", 2_000)},
        "locations": [_place(row, lines) for row in rows[:MOST_PLACES]] or _whole(document),
        "partialFingerprints": {"ruleSlice/v1": problem.fingerprint},
    }
    if rows:
        told["partialFingerprints"]["rowLeaf/v1"] = one_line(str(rows[0]["digest"]), 100)
    if problem.state is not None:
        told["baselineState"] = str(problem.state)
    if rule["waiver"] is not None:
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _waived(document, rule)}]
    return told


def _waived(document: Document, rule: Document) -> str:
    entry = next(e for e in waivers(document) if e["id"] == rule["waiver"])
    return one_line(f"{entry['id']}: {entry['reason']} ({entry['message']})", 500)


def _place(row: Document, lines: set[str]) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(str(row["file"]))}}
    if row["file"] in lines:
        physical["region"] = {"startLine": row["row"]}
    named = f"{row['file']}:{row['row']}" + (f"#{row['part']}" if row["part"] else "")
    return {"physicalLocation": physical, "message": {"text": one_line(f"{named}, digest {row['digest']}", 400)}}


def _whole(document: Document) -> list[dict[str, Any]]:
    names = [str(entry["name"]) for entry in document["inputs"][:MOST_PLACES]]
    return [{"physicalLocation": {"artifactLocation": {"uri": uri(name)}}} for name in names]


def uri(name: str) -> str:
    """Return a file name as a relative URI reference, or a URL as it is; every other sign percent-encoded."""
    safe = quote(encodable(name), safe="/:?&=%" if "://" in name else "/")
    return f"./{safe}" if ":" in safe.split("/", maxsplit=1)[0] and "://" not in name else safe

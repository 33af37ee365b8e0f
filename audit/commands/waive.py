"""`audit waive`: writes a waiver of one finding of a result, for people to read, change and approve."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from audit.certificate.clock import current_time
from audit.errors import UsageError
from audit.measure import ALL, Slice
from audit.read.mapping_toml import quoted
from audit.report.document import slice_name
from audit.report.safe import one_line
from audit.rules.waivers import MOST_DAYS, parse_waivers
from audit.saved import read_current


def main(arguments: Namespace) -> int:
    """Print a `[[waiver]]` table; its ceiling is the estimate found, its scope the files audited."""
    document = read_current(Path(arguments.result))
    part = _slice(arguments.slice)
    rule = _finding(document, arguments.rule, part)
    if not 1 <= arguments.days <= MOST_DAYS:
        what = "a waiver cannot live that long"
        raise UsageError(what, where="--days", got=str(arguments.days), expected=f"1 to {MOST_DAYS}")
    today = current_time().date()
    files = sorted({entry["sha256"] for entry in document["inputs"] if entry["sha256"]})
    rows = [] if files else sorted({row["digest"] for row in (rule["evidence"] or {"rows": []})["rows"]})
    waiver: dict[str, Any] = {
        "id": arguments.id or f"W-{today:%Y%m%d}-{arguments.rule}",
        "rule": arguments.rule,
        **({"slice": {"by": part.by, "value": part.value}} if part != ALL else {}),
        "scope": {"files": files} if files else {"rows": rows},
        "reason": arguments.reason,
        "owner": arguments.owner,
        "approver": arguments.approver,
        "created": today,
        "expires": today + timedelta(days=arguments.days),
        "ceiling": _found(rule) if arguments.ceiling is None else _ceiling(arguments.ceiling),
    }
    parse_waivers({"waiver": [waiver]}, today, "the waiver")
    sys.stdout.write(_toml(waiver, f"{rule['title']}: {rule['message']}"))
    return 0


def _finding(document: Mapping[str, Any], code: str, part: Slice) -> Mapping[str, Any]:
    found = [rule for rule in document["rules"] if rule["id"] == code]
    if not found:
        raise UsageError("the result has no such rule", where="RULE", got=code, fix="see `audit rules show PACK`")
    wanted = None if part == ALL else {"by": part.by, "value": part.value}
    for rule in found:
        if rule["slice"] == wanted:
            if rule["verdict"] not in ("fail", "inconclusive") or rule["estimate"] is None:
                got = f"{rule['verdict']}: {rule['message']}"
                raise UsageError("there is nothing to waive", where=code, got=one_line(got, 200))
            return dict(rule)
    failed = [slice_name(rule["slice"]) or "the whole" for rule in found if rule["verdict"] == "fail"]
    expected = ", ".join(one_line(name, 60) for name in failed[:5]) or "none failed"
    raise UsageError("the rule was not judged there", where=code, got=str(part), expected=expected)


def _found(rule: Mapping[str, Any]) -> float | list[float]:
    """Return the estimate in the rule's own terms: as a limit that it would just keep."""
    estimate, limit = float(rule["estimate"]), rule["limit"]
    if isinstance(limit, list):
        return [min(limit[0], estimate), max(limit[1], estimate)]
    return abs(estimate - float(rule["center"])) if rule["operator"] == "within" else estimate


def _slice(text: str | None) -> Slice:
    if text is None:
        return ALL
    by, equals, value = text.partition("=")
    if not (by and equals and value):
        raise UsageError("not a slice", where="--slice", got=repr(text[:60]), expected="COLUMN=VALUE")
    return Slice(by, value)


def _ceiling(text: str) -> float | list[float]:
    try:
        ends = [float(end) for end in text.split(",")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise UsageError("not a ceiling", where="--ceiling", got=repr(text[:60]), expected="a number, or LOW,HIGH")
    return ends if len(ends) == 2 else ends[0]


def _toml(waiver: Mapping[str, Any], about: str) -> str:
    lines = [f"# {one_line(about, 160)}", "[[waiver]]"]
    lines += [f"{key} = {_value(value)}" for key, value in waiver.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return quoted(value) if isinstance(value, str) else str(value)  # a number or a date

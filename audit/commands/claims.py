"""`audit claims`: what a vendor states against what was measured, clause by clause."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any, Final

import orjson

from audit.choices import Choices
from audit.claims.deciding import cost, decide_claims
from audit.claims.reading import Claims, load_claims
from audit.commands.diff import running, show, whole_results, write_html
from audit.derive.choosing import choose
from audit.errors import UsageError
from audit.pipeline import Options, run_audit, searched
from audit.reading import Selection
from audit.report.claims_page import claims_page
from audit.report.progress import Progress
from audit.result import SCHEMA
from audit.roster import auditors
from audit.saved import read_result

RULES: Final = "dpo-ready"
"""Claims are no rules: of this pack only the flagged rows count, and only towards the price."""
MOST_LOOKED_AT: Final = 4096
"""Bytes at the beginning of a file that tell a result from data."""


def main(arguments: Namespace) -> int:
    """Decide every claim and print it; 0 when all are confirmed, 1 when not, 3 when the audit is incomplete."""
    names = {spec.name for auditor in auditors() for spec in auditor.measures}
    claims = load_claims(Path(arguments.claims), names)
    with Progress(quiet=arguments.quiet) as progress:
        result, usable = _measured(arguments, claims, running(arguments, progress))
    with whole_results():
        document = decide_claims(claims, result, usable)
        document["price"] = cost(claims, result, usable)
    page = claims_page(document)
    show(document, page, arguments)
    write_html(page, arguments.html)
    return _exit_code(document, fail_on=arguments.fail_on)


def _exit_code(document: dict[str, Any], *, fail_on: str) -> int:
    if not document["result"]["complete"]:
        return 3
    counts = document["counts"]
    is_open = counts["undecided"] + counts["not_measured"] > 0
    return 1 if counts["refuted"] or (fail_on == "unconfirmed" and is_open) else 0


def _measured(arguments: Namespace, claims: Claims, options: Options) -> tuple[dict[str, Any], int | None]:
    """Return the result, saved or made now, and the usable pairs where data are at hand and asked about."""
    saved = _saved(arguments.source)
    if saved is not None:
        if arguments.mapping or arguments.map or arguments.layout or arguments.against:
            raise UsageError(
                "a saved result is as it is", where="--mapping, --map, --layout, --against", fix="give DATA"
            )
        return read_result(saved), None
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    against = tuple(arguments.against)
    choices = Choices(against=against)
    result = run_audit(arguments.source, selection=selection, rules=RULES, choices=choices, options=options)
    if claims.price is None and not any(claim.measure == "pairs.usable" for claim in claims.entries):
        return result.document, None
    with searched(arguments.source, selection=selection, against=against, options=options) as (data, _):
        return result.document, int(choose(data.signals).kept.sum())


def _saved(paths: list[str]) -> Path | None:
    """Return the one path that is a result or a folder with one; None for data."""
    path = Path(paths[0])
    if path.is_dir():
        path = path / "result.json"
    if len(paths) > 1 or path.suffix != ".json" or not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(MOST_LOOKED_AT)
    return path if orjson.dumps(SCHEMA) in head else None

"""`audit derive`: writes the training set that the audit allows, accounts for every row, and audits the result."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any, Final

from audit.choices import Choices
from audit.commands.diff import running, write_html
from audit.compare.comparing import compare
from audit.compare.saved import Saved
from audit.derive.deriving import MAPPING, Wishes, derive
from audit.derive.price import Price
from audit.derive.splitting import parse_splits
from audit.errors import UsageError
from audit.pipeline import Options, run_audit, searched
from audit.read.locate import STDIN
from audit.reading import Selection
from audit.report.atomic import write_atomically
from audit.report.block_markdown import page_markdown
from audit.report.blocks import render_page
from audit.report.derive_page import derive_page
from audit.report.progress import Progress

LEAST_THRESHOLD: Final = 0.6
"""Below it the search for copies would mislead."""


def main(arguments: Namespace) -> int:
    """Derive, audit before and after, print the account."""
    wishes, out = _wishes(arguments), Path(arguments.out)
    selection = Selection.of(arguments.mapping, arguments.map, arguments.layout)
    with Progress(quiet=arguments.quiet) as progress:
        options = running(arguments, progress)
        with searched(
            arguments.data,
            selection=selection,
            against=arguments.against,
            threshold=arguments.threshold,
            options=options,
        ) as (data, copies):
            account = derive(data, out, wishes, options, copies.leaks)
        comparison = None
        if not arguments.no_audit and account["kept"]:
            comparison = _audited(arguments, selection, account, options)
    page = derive_page(account, comparison)
    if arguments.markdown:
        write_atomically(Path(arguments.markdown), page_markdown(page).encode())
    write_html(page, arguments.html)
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    sys.stdout.write(render_page(page, width=shutil.get_terminal_size((120, 24)).columns, color=color))
    return 0


def _wishes(arguments: Namespace) -> Wishes:
    if not LEAST_THRESHOLD <= arguments.threshold <= 1:
        got = f"{arguments.threshold:g}"
        raise UsageError("no such threshold", where="--threshold", got=got, expected=f"{LEAST_THRESHOLD} to 1")
    if not 0 <= arguments.seed < 2**63:
        raise UsageError("no such seed", where="--seed", got=str(arguments.seed), expected="0 or more")
    if STDIN in arguments.data:
        raise UsageError("standard input can be read once only", where="DATA", fix="write it to a file first")
    return Wishes(
        shares=parse_splits(arguments.split),
        seed=arguments.seed,
        by_votes=arguments.weights == "votes",
        keep_unsupported=arguments.keep_unsupported,
        bare=arguments.columns == "training",
        parquet=arguments.format == "parquet",
        price=_price(arguments),
    )


def _price(arguments: Namespace) -> Price | None:
    amount = arguments.price
    if amount is None:
        return None
    if not (math.isfinite(amount) and amount > 0):
        raise UsageError("no price", where="--price", got=f"{amount:g}", expected="an amount above 0")
    if not re.fullmatch("[A-Z]{3}", arguments.currency):
        got = repr(arguments.currency[:20])
        raise UsageError("no currency", where="--currency", got=got, expected="a code of three capital letters")
    return Price(amount, arguments.currency, arguments.price_per)


def _audited(arguments: Namespace, selection: Selection, account: dict[str, Any], options: Options) -> dict[str, Any]:
    """Audit the source and the derived set by the same rules, into `before` and `after`, and compare them."""
    out = Path(arguments.out)
    files = [str(out / file["name"]) for file in account["files"] if not file["name"].startswith("quarantine")]
    derived = Selection.of(out / MAPPING)
    found = []
    for label, name, data, how in (("A", "before", arguments.data, selection), ("B", "after", files, derived)):
        result = run_audit(
            data,
            selection=how,
            rules=arguments.rules,
            choices=Choices(against=tuple(arguments.against)),
            options=options,
            out=out / name,
        )
        found.append(Saved(label, name, result.document))
    return compare(found)

"""Command-line arguments of the commands on rows and training specifications."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name
AddData = Callable[[argparse.ArgumentParser], None]


def add_row_commands(commands: Commands[argparse.ArgumentParser], add_data: AddData) -> None:
    """Add `prove`, `check-proof` and `spec`.

    Args:
        commands: where to.
        add_data: adds DATA and how it is read.
    """
    prove = commands.add_parser(
        "prove",
        help="prove that a row is in the data, or is not",
        description="Write a proof that one row is in the data, or that it is not (as an exact copy). It is checked "
        "with `audit check-proof`, without the data.",
    )
    prove.add_argument(
        "row", metavar="ROW", help="FILE:LINE (or FILE:LINE:PART) of the data, a JSON file with one row, or -"
    )
    add_data(prove)
    prove.add_argument("--out", metavar="FILE", help="write the proof here (default: standard output)")
    prove.add_argument("--hide-row", action="store_true", help="put only the hash of the row into the proof")
    prove.add_argument("--quiet", action="store_true", help="no progress")
    check = commands.add_parser(
        "check-proof",
        help="check a proof about one row",
        description="Check a proof of `audit prove` against a certificate, or against its root and number of rows.",
        epilog="exit codes: 0 it holds, 2 usage error, 4 it does not hold",
    )
    check.add_argument("proof", metavar="PROOF", help="the JSON file that `audit prove` wrote")
    check.add_argument("--certificate", metavar="FILE", help="take root and rows from this certificate bundle")
    check.add_argument("--root", metavar="HEX", help="rows.setRoot of a certificate")
    check.add_argument("--rows", type=int, metavar="N", help="rows.n of a certificate")
    spec = commands.add_parser("spec", help="show or check a training specification")
    actions = spec.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, meaning in (("show", "what a certificate would bind"), ("check", "is it sound? prints its digest")):
        one = actions.add_parser(action, help=meaning)
        one.add_argument("file", metavar="FILE", help="a training.toml")

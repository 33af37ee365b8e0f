"""Command-line arguments of `audit selftest`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_selftest_command(commands: Commands[argparse.ArgumentParser], add_data: Callable[..., None]) -> None:
    """Add `selftest`.

    Args:
        commands: where to.
        add_data: adds DATA and how it is read.
    """
    parser = commands.add_parser(
        "selftest",
        help="plants known defects into clean rows, or yours, and tells which are found",
        description="Plant known defects into clean rows, audit them as any data are audited, print what was found: "
        "by defect and dose, with false accusations on clean rows and false passes at the limits.",
        epilog="exit codes: 0 no aim missed, 1 one missed, 2 usage or input error, 3 internal error",
    )
    add_data(parser, nargs="*")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="files a defect and dose (default: 3)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of rows and planting (default: 0)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="plant this defect or family only; repeatable"
    )
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="of the table")
    parser.add_argument("--quiet", action="store_true", help="no progress")

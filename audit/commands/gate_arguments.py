"""Command-line arguments of the gate: of `audit gate`, and those that `audit run` shares with it."""

from __future__ import annotations

import argparse

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_gate_command(commands: Commands[argparse.ArgumentParser], epilog: str) -> None:
    """Add `gate`."""
    gate = commands.add_parser(
        "gate",
        help="judge a saved result again as a gate, and write it for a CI system",
        description="Take a saved result, write it in the formats of CI systems, and return the exit code of the gate. "
        "No data are read.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    gate.add_argument("result", metavar="RESULT", help="result.json of an audit, or the folder that holds it")
    add_gate_arguments(gate)


def add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --output, --baseline and --fail-on."""
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="FORMAT=PATH",
        help="write junit, sarif, github, gitlab, markdown or openlineage; - is standard output; may be repeated",
    )
    parser.add_argument("--baseline", metavar="RESULT", help="an earlier result.json: says what is new since")
    parser.add_argument(
        "--fail-on",
        choices=("fail", "warn", "new"),
        help="fail: a verdict that is no pass (default); warn: any optional rule that failed or is undecided, or an "
        "idle waiver, too; new: only what did not stop the gate in the baseline",
    )

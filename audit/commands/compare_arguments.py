"""Command-line arguments of `audit diff`, `audit claims` and `audit derive`."""

from __future__ import annotations

import argparse

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_compare_commands(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `diff`."""
    _add_diff(commands)


def _add_diff(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "diff",
        help="versions or vendors side by side",
        description="Hold saved results against the first of them: measures with intervals for their difference, rules "
        "that changed verdict, slices that moved and, with --data, what became of the rows.",
        epilog="exit codes: 0 compared, whatever was found; 1 with --fail-on-worse when a rule got worse or fails anew; 2 usage or "
        "input error; 3 internal error",
    )
    parser.add_argument("results", nargs="+", metavar="RESULT", help="folders of `audit run`, or result.json files")
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="A=FILE",
        help="a file that result A (B, C ...) was made of, for rows added, removed, flipped, sold again; repeatable",
    )
    parser.add_argument("--no-near", action="store_true", help="do not look for added rows that nearly repeat old ones")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="what is printed")
    parser.add_argument("--html", metavar="FILE", help="also write a report that holds no text of any row")
    parser.add_argument("--markdown", metavar="FILE", help="also write Markdown, for a pull request or a mail")
    parser.add_argument("--json", metavar="FILE", help="also write the whole comparison as JSON")
    parser.add_argument("--rows", metavar="FILE", help="with --data: every changed row's place and digest, as Parquet")
    parser.add_argument(
        "--fail-on-worse", action="store_true", help="exit 1 when a rule got worse, or fails that was not decided"
    )
    _add_running(parser)


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, metavar="N", help="worker threads (default: all processors)")
    parser.add_argument("--cache-dir", metavar="DIR", help="where signals of unchanged files are kept")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor keep signals")
    parser.add_argument("--quiet", action="store_true", help="no progress")

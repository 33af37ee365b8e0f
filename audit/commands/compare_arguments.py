"""Command-line arguments of `audit diff`, `audit claims` and `audit derive`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

AddData = Callable[[argparse.ArgumentParser], None]
Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_compare_commands(commands: Commands[argparse.ArgumentParser], add_data: AddData) -> None:
    """Add `diff`, `claims` and `derive`.

    Args:
        commands: where to.
        add_data: adds DATA and how it is read.
    """
    _add_diff(commands)
    _add_claims(commands)
    _add_derive(commands, add_data)


def _add_diff(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "diff",
        help="versions or vendors side by side",
        description="Hold saved results against the first of them: measures with intervals for their difference, rules "
        "that changed verdict, slices that moved and, with --data, what became of the rows.",
        epilog="exit codes: 0 compared, whatever was found; 1 with --fail-on-worse when a rule got worse or fails "
        "anew; 2 usage or input error; 3 internal error",
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


def _add_claims(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "claims",
        help="what a vendor states against what was measured",
        description="Decide a vendor's claims clause by clause: confirmed, refuted, undecided (with how many more rows "
        "would decide) or not measured (with what would unlock it); and what a usable pair costs.",
        epilog="exit codes: 0 every claim confirmed; 1 one refuted or, unless --fail-on refuted, open; 2 usage or "
        "input error; 3 internal error or incomplete audit",
    )
    parser.add_argument("claims", metavar="CLAIMS", help="the claims: a TOML file of [[claim]] tables")
    parser.add_argument(
        "source", nargs="+", metavar="RESULT|DATA", help="a result of `audit run` or its folder, or data to audit now"
    )
    parser.add_argument("--mapping", metavar="FILE", help="of DATA: a mapping.toml, as written by `audit inspect`")
    parser.add_argument(
        "--map", action="append", default=[], metavar="FIELD=SOURCE", help="of DATA: read FIELD from SOURCE; repeatable"
    )
    parser.add_argument("--layout", metavar="NAME", help="of DATA: read by this layout instead of detecting one")
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="FILE",
        help="of DATA: a set that must not be in it; repeatable",
    )
    parser.add_argument(
        "--fail-on",
        choices=("unconfirmed", "refuted"),
        default="unconfirmed",
        help="what makes the exit code 1: any claim that is not confirmed (default), or a refuted one only",
    )
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="what is printed")
    parser.add_argument("--html", metavar="FILE", help="also write a report of one file")
    parser.add_argument("--markdown", metavar="FILE", help="also write Markdown, for a mail to the vendor")
    parser.add_argument("--json", metavar="FILE", help="also write everything as JSON")
    _add_running(parser)


def _add_derive(commands: Commands[argparse.ArgumentParser], add_data: AddData) -> None:
    parser = commands.add_parser(
        "derive",
        help="write the training set that the audit allows",
        description="Write pairs in TRL's preference format from valid comparisons only, one of each cluster of "
        "copies; contradictions, leaks and protected rows set apart with a reason; then audit the result.",
        epilog="exit codes: 0 written, whatever the audits say (their verdicts are printed); 2 usage or input error; "
        "3 internal error, or a file changed meanwhile",
    )
    add_data(parser)
    parser.add_argument("--out", default="derived", metavar="DIR", help="where everything goes (default: derived)")
    parser.add_argument(
        "--against", action="append", default=[], metavar="FILE", help="a set that must not be trained on; repeatable"
    )
    parser.add_argument(
        "--threshold", type=float, default=0.8, metavar="J", help="least Jaccard similarity of copies (default: 0.8)"
    )
    parser.add_argument(
        "--split",
        action="append",
        default=[],
        metavar="NAME=SHARE",
        help="write several sets of whole clusters of prompts, such as --split train=0.9 --split validation=0.1",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the draw of clusters (default: 0)")
    _add_pairs(parser)
    parser.add_argument("--rules", default="dpo-ready", metavar="PACK", help="rule pack of the audits before and after")
    parser.add_argument("--no-audit", action="store_true", help="write the pairs without auditing before and after")
    parser.add_argument("--price", type=float, metavar="AMOUNT", help="price of the delivery: what a usable pair costs")
    parser.add_argument("--currency", default="EUR", metavar="CODE", help="of the price (default: EUR)")
    parser.add_argument("--price-per", choices=("delivery", "row"), default="delivery", help="what the price is for")
    parser.add_argument("--html", metavar="FILE", help="also write what is printed as a report of one file")
    parser.add_argument("--markdown", metavar="FILE", help="also write what is printed as Markdown")
    _add_running(parser)


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    """Add what is written of each pair, and how."""
    parser.add_argument(
        "--columns",
        choices=("all", "training"),
        default="all",
        help="all: also models, judgments and lineage, which trainers ignore and a later audit needs (default: all)",
    )
    parser.add_argument(
        "--keep-unsupported",
        action="store_true",
        help="keep shipped labels that votes do not support, or that have none",
    )
    parser.add_argument(
        "--weights",
        choices=("recorded", "votes"),
        default="recorded",
        help="votes: the recorded weight times how far the votes favour the chosen side (default: recorded)",
    )
    parser.add_argument("--format", choices=("jsonl", "parquet"), default="jsonl", help="of the pairs")


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, metavar="N", help="worker threads (default: all processors)")
    parser.add_argument("--cache-dir", metavar="DIR", help="where signals of unchanged files are kept")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor keep signals")
    parser.add_argument("--quiet", action="store_true", help="no progress")

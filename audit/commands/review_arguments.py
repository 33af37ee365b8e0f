"""Command-line arguments of acceptance by hand review."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_review_commands(
    commands: Commands[argparse.ArgumentParser], add_data: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add `sample` and `review`.

    Args:
        commands: where to.
        add_data: adds DATA and how it is read.
    """
    _add_sample(commands, add_data)
    _add_review(commands)


def _add_sample(
    commands: Commands[argparse.ArgumentParser], add_data: Callable[[argparse.ArgumentParser], None]
) -> None:
    sample = commands.add_parser(
        "sample",
        help="draw comparisons for hand review",
        description="Draw comparisons that people judge again, blind: by the rows and a nonce of yours, so that nobody "
        "can choose them. Reviewers get the worklist; the key stays with you.",
    )
    add_data(sample)
    sample.add_argument("--nonce", metavar="HEX", help="32 hex digits or more, named after the delivery")
    sample.add_argument("--queue", metavar="RESULT", help="in place of a draw: the labels that this result.json doubts")
    sample.add_argument("--size", type=int, default=311, metavar="N", help="comparisons to judge (default: 311)")
    sample.add_argument("--by", default="", metavar="COLUMN", help="N from each value of a column (locale) or slice")
    sample.add_argument(
        "--format", choices=("csv", "jsonl", "argilla", "label-studio"), default="csv", help="of the worklist"
    )
    sample.add_argument("--out", required=True, metavar="FILE", help="the worklist")
    sample.add_argument("--key", required=True, metavar="FILE", help="what the verdicts are compared with")
    sample.add_argument("--quiet", action="store_true", help="no progress")


def _add_review(commands: Commands[argparse.ArgumentParser]) -> None:
    review = commands.add_parser(
        "review",
        help="read verdicts back and judge the lot",
        description="Read the verdicts of a worklist, and judge the share of wrong labels in the whole lot by exact "
        "bounds.",
        epilog="exit codes: 0 passed, 1 failed or undecided, 2 usage or input error, 4 the key is not of these data",
    )
    review.add_argument("verdicts", metavar="VERDICTS", help="the filled worklist, or an export of the review tool")
    review.add_argument("--key", required=True, metavar="FILE", help="the key that `audit sample` wrote")
    review.add_argument("--limit", type=float, default=0.05, metavar="SHARE", help="most wrong labels (default: 0.05)")
    review.add_argument("--sequential", action="store_true", help="judge by the bounds that allow to stop at any time")
    review.add_argument(
        "--reviewers",
        nargs=4,
        type=float,
        metavar=("SENSITIVITY", "FAULTY", "SPECIFICITY", "SOUND"),
        help="what the reviewers are known to find: shares, and how many units each was measured on",
    )
    review.add_argument("--data", nargs="+", metavar="DATA", help="draw again from the delivery and compare the key")
    review.add_argument("--mapping", metavar="FILE", help="a mapping.toml for --data")
    review.add_argument("--layout", metavar="NAME", help="the layout of --data")
    review.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")
    review.add_argument("--quiet", action="store_true", help="no progress")

"""Command-line arguments of `audit duplicates`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_duplicates_command(
    commands: Commands[argparse.ArgumentParser], add_data: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add `duplicates`.

    Args:
        commands: where to.
        add_data: adds DATA and how it is read.
    """
    parser = commands.add_parser(
        "duplicates",
        help="which rows repeat which, how similar, what to keep",
        description="Find near duplicates of prompts, responses and pairs, and leaks from protected sets. Candidates "
        "are verified on their exact sets of words; nothing is judged.",
        epilog="exit codes: 0 searched, 2 usage or input error, 3 internal error",
    )
    add_data(parser)
    parser.add_argument(
        "--threshold", type=float, default=0.8, metavar="J", help="least Jaccard similarity, 0.6 to 1 (default: 0.8)"
    )
    parser.add_argument(
        "--against", action="append", default=[], metavar="FILE", help="a set that must not be in the data; repeatable"
    )
    parser.add_argument("--out", default="audit-out", metavar="DIR", help="where tables go (default: audit-out)")
    parser.add_argument(
        "--signatures", metavar="FILE", help="also write the MinHash signature of every text (Parquet, for datasketch)"
    )
    parser.add_argument("--show", type=int, default=10, metavar="N", help="clusters and leaks printed (default: 10)")
    parser.add_argument("--workers", type=int, metavar="N", help="worker threads (default: all processors)")
    parser.add_argument("--cache-dir", metavar="DIR", help="where signals of unchanged files are kept")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor keep signals")
    parser.add_argument("--quiet", action="store_true", help="no progress, and the counts only")

"""`audit init`: a commented audit.toml."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from audit.config import NAME
from audit.errors import UsageError
from audit.read.mapping_toml import quoted
from audit.resources import resource

PLACE = 'data = ["deliveries/*.jsonl.gz"]'


def main(arguments: Namespace) -> int:
    """Write the file; one that is there stays."""
    path = Path(arguments.out) / NAME
    written = resource("reports", NAME).read_text("utf-8")
    if arguments.data:
        written = written.replace(PLACE, f"data = [{', '.join(quoted(path) for path in arguments.data)}]")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(written)
    except FileExistsError as fault:
        raise UsageError("there is one already", where=str(path), fix="edit it, or remove it first") from fault
    sys.stdout.write(f"{path}: edit it, then `audit run` needs no arguments\n")
    return 0

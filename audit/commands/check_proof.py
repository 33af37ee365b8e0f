"""`audit check-proof`: does a proof hold for a certified dataset? Needs no data."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from audit.certificate.proofs import check_proof
from audit.certificate.strict_json import MOST_BYTES
from audit.errors import UsageError

ROOT_DIGITS = 64


def main(arguments: argparse.Namespace) -> int:
    """Print what is proven; a proof that does not hold exits 4."""
    content = _read(arguments.proof)
    root, n, source = _trusted(arguments)
    proven = check_proof(content, root, n)
    said = "is in the dataset" if proven.is_included else "is not in the dataset (as an exact copy)"
    what = "The row" if proven.row is not None else "A row that the proof does not show"
    sys.stdout.write(f"{what} {said} of {n} comparisons with set root {root}.\n  leaf {proven.leaf}\n  {source}\n")
    return 0


def _trusted(arguments: argparse.Namespace) -> tuple[str, int, str]:
    """Return root and count, and a sentence on what they rest on."""
    if arguments.certificate is not None:
        if arguments.root is not None or arguments.rows is not None:
            raise UsageError("--certificate has the root and the rows; give it, or --root and --rows")
        bundles = import_module("audit.certificate.bundle")  # needs cryptography, which a bare root does not
        rows = bundles.read_bundle(_read(arguments.certificate)).statement().predicate.inner("rows")
        says = f"Rests on {Path(arguments.certificate).name}, whose signature was not checked here: see `audit verify`."
        return rows.hex("setRoot"), rows.whole("n"), says
    root, n = arguments.root, arguments.rows
    if root is None or n is None:
        raise UsageError(
            "a proof is checked against a root and a number of rows",
            expected="--certificate FILE, or --root HEX and --rows N (rows.setRoot and rows.n of a certificate)",
        )
    if len(root) != ROOT_DIGITS or not set(root) <= set("0123456789abcdef"):
        raise UsageError("--root is no root", got=ascii(root[:80]), expected="64 lower-case hex digits")
    return root, n, "Rests on the root and the number of rows as given: take them from a verified certificate."


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"the file cannot be read: {fault.strerror}", where=name) from fault

"""`audit explain CODE`: the page of an auditor or a rule."""

from __future__ import annotations

import argparse
import sys

from audit.explain import explain
from audit.roster import auditors
from audit.rules import load_pack


def main(arguments: argparse.Namespace) -> int:
    """Print the page."""
    page = explain(arguments.code, auditors(), [load_pack(arguments.rules)])
    sys.stdout.write(page.rstrip("\n") + "\n")
    return 0

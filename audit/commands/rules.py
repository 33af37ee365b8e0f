"""`audit rules list|show|check`: the packs, one pack, and whether a pack is sound."""

from __future__ import annotations

import argparse
import sys

from audit.explain import check_lines, pack_page, packs_table
from audit.roster import auditors
from audit.rules import bundled_packs, load_pack
from audit.rules.lint import check_pack


def main(arguments: argparse.Namespace) -> int:
    """Print what was asked; a pack with problems exits 2, as it could not be used."""
    if arguments.action == "list":
        return _print(packs_table(load_pack(name) for name in bundled_packs()))
    if arguments.action == "show":
        return _print(pack_page(load_pack(arguments.pack)))
    problems = check_pack(arguments.pack, [spec for auditor in auditors() for spec in auditor.measures])
    _print(check_lines(arguments.pack, problems))
    return 2 if problems else 0


def _print(lines: list[str]) -> int:
    sys.stdout.write("\n".join(lines) + "\n")
    return 0

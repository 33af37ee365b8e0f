"""`audit spec show|check`: what a certificate binds of a training specification, and whether it is sound."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from audit.training import load_spec


def main(arguments: argparse.Namespace) -> int:
    """Print the specification or its digest; a faulty one exits 2."""
    spec = load_spec(Path(arguments.file))
    if arguments.action == "show":
        shown = {**spec.to_json(), "specDigest": spec.digest}
        sys.stdout.write(json.dumps(shown, ensure_ascii=True, indent=2) + "\n")
    else:
        sys.stdout.write(f"{Path(arguments.file).name}: sound, {spec.digest}\n")
    return 0

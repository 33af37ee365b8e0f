"""`audit completion`: a script that completes commands and options, made from the parser itself."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib import import_module

from audit.errors import MissingExtraError


def main(arguments: Namespace) -> int:
    """Print the script.

    Raises:
        MissingExtraError: shtab is not installed.
    """
    try:
        shtab = import_module("shtab")
    except ImportError as error:
        raise MissingExtraError("shtab", "completion", "audit completion") from error
    parser = import_module("audit.cli").build_parser()
    sys.stdout.write(f"{shtab.complete(parser, shell=arguments.shell)}\n")
    return 0

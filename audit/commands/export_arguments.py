"""Command-line arguments of `audit export`."""

from __future__ import annotations

import argparse

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_export_command(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `export`."""
    export = commands.add_parser(
        "export",
        help="write a result in metadata formats of others",
        description="Write Croissant 1.1 metadata with the RAI vocabulary, or an OpenLineage run event with data "
        "quality facets. Renderings of result.json: no data are read.",
    )
    export.add_argument("result", metavar="RESULT", help="result.json of an audit, or the folder that holds it")
    export.add_argument("--format", choices=("croissant", "openlineage"), required=True, help="which format")
    export.add_argument("--out", metavar="FILE", help="write it here (default: standard output)")
    export.add_argument("--dataset-name", metavar="NAME", help="croissant: name of the dataset (default: its file's)")
    export.add_argument("--license", metavar="URL", help="croissant: licence of the dataset (default: unknown)")
    export.add_argument("--url", metavar="URL", help="croissant: where the dataset is described")
    export.add_argument(
        "--certificate", metavar="FILE", help="croissant: bundle to point to (default: the one beside RESULT)"
    )
    export.add_argument("--namespace", default="dpo-audit", metavar="NAME", help="openlineage: of job and datasets")

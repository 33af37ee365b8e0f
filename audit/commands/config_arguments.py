"""Command-line arguments of `audit init` and `audit completion`, and how `audit run` finds its settings."""

from __future__ import annotations

import argparse

Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives the type of `add_subparsers` no other name


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --config and --no-config."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--config", metavar="FILE", help="settings (default: audit.toml here or above)")
    which.add_argument("--no-config", action="store_true", help="look for no audit.toml")


def add_init_command(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `init`."""
    init = commands.add_parser(
        "init",
        help="write an audit.toml for this repository",
        description="Write an audit.toml, every setting explained, for `audit run` without arguments.",
    )
    init.add_argument("data", nargs="*", metavar="DATA", help="files, folders, globs or URLs to audit")
    init.add_argument("--out", default=".", metavar="DIR", help="folder to write it to (default: this one)")


def add_completion_command(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add `completion`."""
    completion = commands.add_parser(
        "completion",
        help="print a completion script for a shell",
        description="Print a completion script, to be put where the shell looks for them (docs/ci.md).",
    )
    completion.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="which shell")

"""Arguments of a command completed by `audit.toml`: what the command line says goes first."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from audit.config import Config, find_config, load_config
from audit.errors import UsageError

NAMES = (
    "data",
    "rules",
    "mapping",
    "layout",
    "against",
    "waivers",
    "ledger",
    "subject",
    "baseline",
    "fail_on",
    "out",
    "audience",
    "engine",
    "engine_address",
)
DEFAULTS = {"rules": "dpo-ready", "out": "audit-out", "audience": "internal", "engine": "local"}


def settled(arguments: Namespace) -> Namespace:
    """Return the arguments of `audit run` with what the settings and the defaults add.

    Raises:
        UsageError: the settings cannot be read, or nothing says what to audit.
    """
    config = _config(arguments)
    made = Namespace(**vars(arguments), coverage=None)
    if config is not None:
        if not arguments.quiet:
            sys.stderr.write(f"settings: {config.path}\n")
        for name in NAMES:
            if not getattr(arguments, name):
                setattr(made, name, getattr(config, name) or getattr(arguments, name))
        made.output = arguments.output or list(config.outputs)
        made.coverage = config.coverage or None
    for name, value in DEFAULTS.items():
        setattr(made, name, getattr(made, name) or value)
    if not made.data:
        raise UsageError("nothing to audit", expected="DATA", fix="name files, or `data` in audit.toml (audit init)")
    return made


def _config(arguments: Namespace) -> Config | None:
    if arguments.no_config:
        return None
    path = Path(arguments.config) if arguments.config else find_config(Path.cwd())
    return None if path is None else load_config(path)


def default_spec(given: str | None) -> str | None:
    """Return the training specification of a command: as given, else that of the settings here or above."""
    if given is not None:
        return given
    path = find_config(Path.cwd())
    return None if path is None else load_config(path).spec

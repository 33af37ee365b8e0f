"""Declared slice shares, which coverage is compared with."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from audit.errors import UsageError

Targets = Mapping[str, Mapping[str, float]]
TOLERANCE: Final = 1e-6


def load_targets(path: Path) -> Targets:
    """Read a TOML file with a table a slice column: `[locale]`, then `en-US = 0.6` and so on, adding up to 1.

    Raises:
        UsageError: naming the file, the table and what is wrong with it.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageError("the targets file cannot be read", where=str(path), got=str(fault)) from fault
    return read_targets(raw, str(path))


def read_targets(raw: object, where: str) -> Targets:
    """Return the shares of a parsed table of slice columns.

    Raises:
        UsageError: naming the column and what is wrong with it.
    """
    if not isinstance(raw, dict):
        raise UsageError("not a table of slice columns", where=where, got=type(raw).__name__, expected="[locale] ...")
    return {column: _shares(table, f"{where}: [{column}]") for column, table in raw.items()}


def _shares(table: object, where: str) -> dict[str, float]:
    if not isinstance(table, dict) or not table:
        raise UsageError("a slice column has no shares", where=where, expected="a table such as en-US = 0.6")
    shares: dict[str, float] = {}
    for value, share in table.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise UsageError("a share is not a number from 0 to 1", where=f"{where} {value}", got=repr(share))
        shares[value] = float(share)
    if not math.isclose(sum(shares.values()), 1.0, abs_tol=TOLERANCE):
        total = f"{sum(shares.values()):.6g}"
        raise UsageError("the shares do not add up", where=where, got=total, expected="1", fix="add the missing values")
    return shares

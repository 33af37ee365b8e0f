"""How a number is written for people: by its unit, with as many digits as mean something."""

from __future__ import annotations

from typing import Final

from audit.report.document import Document

NOTHING: Final = "-"
_SYMBOL: Final = {"le": "<=", "ge": ">=", "eq": "="}
_BEYOND: Final = {"le": ">", "ge": "<", "eq": "other than"}


def number(value: float | None, unit: str) -> str:
    """Return a number with its unit's form: a share as percent, a count with thousands, else four digits."""
    if value is None:
        return NOTHING
    if unit == "share":
        return _percent(value)
    if unit == "count" or float(value).is_integer():
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _percent(share: float) -> str:
    percent = 100 * share
    if percent == 0 or abs(percent) >= 9.95:
        return f"{percent:.1f}%" if percent else "0%"
    digits = 2 if abs(percent) >= 0.095 else 4
    return f"{percent:.{digits}f}".rstrip("0").rstrip(".") + "%" if abs(percent) >= 0.00005 else f"{percent:.1e}%"


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Return "low to high", or a dash for an exact number."""
    if low is None and high is None:
        return NOTHING
    if low is None:
        return f"up to {number(high, unit)}"
    return f"from {number(low, unit)}" if high is None else f"{number(low, unit)} to {number(high, unit)}"


def limit(rule: Document) -> str:
    """Return what a rule asks for: "<= 5%", "50% +/- 3%", "15% to 85%"."""
    value, unit = rule["limit"], rule["unit"]
    if value is None:
        return NOTHING
    if isinstance(value, list | tuple):
        return f"{round_number(value[0], unit)} to {round_number(value[1], unit)}"
    if rule["operator"] == "within":
        return f"{round_number(rule['center'] or 0.0, unit)} +/- {round_number(value, unit)}"
    return f"{_SYMBOL[rule['operator']]} {round_number(value, unit)}"


def fail_limit(rule: Document) -> str:
    """Return where a rule fails, "> 10%" for example, the limit itself when it has no second one."""
    value, unit = rule["limit"] if rule["fail_limit"] is None else rule["fail_limit"], rule["unit"]
    if value is None:
        return NOTHING
    if isinstance(value, list | tuple):
        return f"< {round_number(value[0], unit)} or > {round_number(value[1], unit)}"
    if rule["operator"] == "within":
        return f"beyond {round_number(rule['center'] or 0.0, unit)} +/- {round_number(value, unit)}"
    return f"{_BEYOND[rule['operator']]} {round_number(value, unit)}"


def round_number(value: float, unit: str) -> str:
    """Return a limit: people set round ones, so "65%" and not "65.0%"."""
    return number(value, unit).replace(".0%", "%")


def count(value: float | None) -> str:
    """Return a number of things with thousands separated; one decimal where it is not whole and small."""
    return NOTHING if value is None else f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def size(count_of_bytes: int | None) -> str:
    """Return a size in bytes, kB, MB or GB (powers of 1,000)."""
    if count_of_bytes is None:
        return NOTHING
    scaled = float(count_of_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if scaled < 1000 or unit == "GB":
            break
        scaled /= 1000
    return f"{scaled:,.0f} {unit}" if unit == "bytes" else f"{scaled:,.1f} {unit}"

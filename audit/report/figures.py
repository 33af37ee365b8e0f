"""How a number is written for people: by its unit, with as many digits as mean something."""

from __future__ import annotations

from typing import Final

from audit.report.document import Document

NOTHING: Final = "-"
_SYMBOL: Final = {"le": "<=", "ge": ">=", "lt": "<", "gt": ">", "eq": "="}


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
        return f"{percent:.1f}%" if percent % 1 else f"{percent:.0f}%"
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
    """Return what a rule asks for, for example "<= 5%" or "50% +/- 3%"."""
    unit = rule["unit"]
    if rule["limit"] is None:
        return NOTHING
    if rule["center"] is not None:
        return f"{number(rule['center'], unit)} +/- {number(rule['limit'], unit)}"
    operator = str(rule["operator"])
    return f"{_SYMBOL.get(operator, operator)} {number(rule['limit'], unit)}"


def fail_limit(rule: Document) -> str:
    """Return where a rule fails, for example "> 10%", or a dash when it has no second limit."""
    value = rule["fail_limit"]
    if value is None:
        return NOTHING
    written = number(value, rule["unit"])
    if rule["center"] is not None:
        return f"more than {written} off {number(rule['center'], rule['unit'])}"
    return f"< {written}" if rule["operator"] in ("ge", "gt") else f"> {written}"


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

"""Where numbers stand on a chart: linear and logarithmic axes, and the one axis that all rules share.

On the shared axis 0 is the limit to pass and 1 the limit to fail, whatever the unit and whichever side is good: further
right is worse. Between them it is linear; beyond, it is squeezed so that even an infinite distance has a place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.report.document import Document


@dataclass(frozen=True, slots=True)
class Axis:
    """A mapping from values in [low, high] to pixels in [left, right]."""

    low: float
    high: float
    left: float
    right: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of a value, held inside the axis."""
        low, high, value = (math.log(v) if self.is_log else v for v in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.left + (self.right - self.left) * min(max(share, 0.0), 1.0)

    def holds(self, value: float) -> bool:
        """True when the value lies on the axis."""
        return self.low <= value <= self.high


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Return round numbers from low to high, steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= about)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def around(values: Sequence[float], reference: float | None, pad: float = 0.08) -> tuple[float, float]:
    """Return the ends of an axis that holds all values and the reference with some room."""
    held = [*values, *([] if reference is None else [reference])]
    low, high = min(held), max(held)
    room = (high - low) * pad or abs(high) * pad or 1.0
    return low - room, high + room


def badness(rule: Document) -> Callable[[float], float] | None:
    """Return the map of a rule's values to the shared axis, or None when the rule has no limit.

    Where passing and failing have the same limit there is nothing between: the scale is then the limit itself, and for
    a limit of zero any excess is infinitely bad.
    """
    excess = _excess(rule, rule["limit"])
    if excess is None:
        return None
    fail = _excess(rule, rule["fail_limit"]) or excess

    def mapped(value: float) -> float:
        to_pass = excess(value)
        width = to_pass - fail(value)
        if width <= 0:
            width = _size(rule)
        if width == 0:
            return _squeezed(math.copysign(math.inf, to_pass)) if to_pass else 0.0
        return _squeezed(to_pass / width)

    return mapped


def _squeezed(place: float) -> float:
    """Return a place in [-2, 3]: -inf to 0 becomes -2 to 0, 0 to 1 stays, 1 to inf becomes 1 to 3."""
    if place > 1.0:
        return 3.0 - 2.0 / place
    return place if place >= 0.0 else 2.0 / (1.0 - place) - 2.0


def bad_ends(rule: Document, to_axis: Callable[[float], float]) -> tuple[float, float] | None:
    """Return the interval of a finding on the shared axis, low end first, or None without an interval.

    Where both sides are bad, an interval that holds a point of the good middle reaches down to the best point in it.
    """
    low, high = rule["low"], rule["high"]
    if low is None or high is None:
        return None
    ends = [to_axis(low), to_axis(high)]
    middle = _middle(rule)
    if middle is not None and low < middle < high:
        ends.append(to_axis(middle))
    return min(ends), max(ends)


def _excess(rule: Document, limit: float | Sequence[float] | None) -> Callable[[float], float] | None:
    """Return how far beyond a limit a value is, negative on the good side."""
    if limit is None:
        return None
    if not isinstance(limit, int | float):
        low, high = limit
        return lambda value: max(low - value, value - high)
    match rule["operator"]:
        case "le":
            return lambda value: value - limit
        case "ge":
            return lambda value: limit - value
        case "eq":
            return lambda value: abs(value - limit)
        case _:
            center = rule["center"] or 0.0
            return lambda value: abs(value - center) - limit


def _size(rule: Document) -> float:
    limit = rule["limit"]
    return abs(limit) if isinstance(limit, int | float) else abs(limit[1] - limit[0]) / 2


def _middle(rule: Document) -> float | None:
    limit = rule["limit"]
    if not isinstance(limit, int | float):
        return float(sum(limit)) / 2
    return {"within": rule["center"] or 0.0, "eq": limit}.get(rule["operator"])

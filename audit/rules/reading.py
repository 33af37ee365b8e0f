"""Read a rule pack's TOML by one table of keys: every fault names the key, what was got and what was expected.

The same table in another notation is `rules/rule-pack.schema.json`; a test holds the two together. jsonschema itself is
not needed at run time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from audit.errors import RulePackError, UsageError
from audit.measure import Kind
from audit.rules.pack import (
    FORMAT,
    Basis,
    Level,
    Multiplicity,
    OnFail,
    OnInconclusive,
    OnInsufficient,
    Operator,
    Severity,
    SliceMode,
)

Table = Mapping[str, Any]
Reader = Callable[[object], object]
Fault = TypeVar("Fault", bound=UsageError)


_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control and bidirectional characters: a pack is printed to terminals and reports, and must not drive them."""


class Problem(NamedTuple):
    """One fault of a pack."""

    where: str
    """Key path: rule[3].limit, with the rule's id where it has one."""
    what: str
    got: str = ""
    expected: str = ""
    fix: str = ""

    def __str__(self) -> str:
        parts = (self.what, f"got {self.got}" if self.got else "", f"expected {self.expected}" if self.expected else "")
        return f"{self.where}: {', '.join(p for p in parts if p)}{f' ({self.fix})' if self.fix else ''}"

    def as_error(self, kind: type[Fault], file: str = "") -> Fault:
        """Return it as an error of the file that it was found in; without one, `where` names it already."""
        return kind(
            self.what,
            where=f"{file}: {self.where}" if file else self.where,
            got=self.got or None,
            expected=self.expected or None,
            fix=self.fix or None,
        )


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is read: `read` returns the value or raises ValueError."""

    read: Reader
    expected: str
    required: bool = True
    table: Mapping[str, Key] = field(default_factory=dict)
    """The keys of a nested table."""


def text(
    pattern: str = r"[\s\S]*\S[\s\S]*",
    expected: str = "text that is not blank and has no control characters",
    *,
    required: bool = True,
) -> Key:
    """Return a key that holds text matching a pattern from end to end."""
    shape = re.compile(pattern)

    def read(value: object) -> str:
        if not isinstance(value, str) or shape.fullmatch(value) is None or _UNSEEN.search(value):
            raise ValueError
        return value

    return Key(read, expected, required)


def choice(options: type[StrEnum], *, required: bool = True) -> Key:
    """Return a key that holds one word of a closed set."""
    return Key(options, "one of " + ", ".join(options), required)


def whole(least: int, *, required: bool = False) -> Key:
    """Return a key that holds an integer of at least `least`."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < least:
            raise ValueError
        return int(value)

    return Key(read, f"a whole number of at least {least}", required)


def real(low: float = -math.inf, high: float = math.inf, *, required: bool = False) -> Key:
    """Return a key that holds a finite number, strictly between `low` and `high` where they are finite."""
    span = "" if math.isinf(low) else f" above {low:g}" + ("" if math.isinf(high) else f" and below {high:g}")
    return Key(lambda value: _finite(value, low, high), "a finite number" + span, required)


def _finite(value: object, low: float = -math.inf, high: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    if not low < value < high:
        raise ValueError
    return float(value)


def _limit(value: object) -> float | tuple[float, float]:
    if isinstance(value, list):
        low, high = value
        return _finite(low), _finite(high)
    return _finite(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def flag(*, required: bool = False) -> Key:
    """Return a key that holds true or false."""
    return Key(_flag, "true or false", required)


def texts(pattern: str = r"[\s\S]*\S[\s\S]*", expected: str = "a list of texts") -> Key:
    """Return a key that holds a list of distinct texts; absent is empty."""
    one = text(pattern).read

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise ValueError
        found = tuple(str(one(item)) for item in value)
        if len(set(found)) != len(found):
            raise ValueError
        return found

    return Key(read, expected, required=False)


def table(keys: Mapping[str, Key]) -> Key:
    """Return an optional key that holds a nested table."""

    def read(value: object) -> Table:
        if not isinstance(value, dict):
            raise ValueError
        return value

    return Key(read, "a table", required=False, table=keys)


def _format(value: object) -> int:
    if isinstance(value, bool) or value != FORMAT:
        raise ValueError
    return FORMAT


def _one_sided(value: object) -> Operator:
    if value not in ("le", "ge"):
        raise ValueError
    return Operator(str(value))


def _tables(value: object) -> list[Table]:
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise ValueError
    return value


RULE_ID: Final = r"[A-Z]{3}-[0-9]{3}"
VERSION: Final = r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
PACK_NAME: Final = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
MEASURE: Final = r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+"
REFERENCE: Final = rf"({PACK_NAME})@({VERSION})#sha256:([0-9a-f]{{64}})"

LIMIT: Final = Key(_limit, "a finite number, or two of them for between")
_OPTIONAL_LIMIT: Final = Key(_limit, LIMIT.expected, required=False)
_CONFIDENCE: Final = real(0.5, 1.0)

_CHANGEABLE: Final[dict[str, Key]] = {
    "limit": _OPTIONAL_LIMIT,
    "fail_limit": _OPTIONAL_LIMIT,
    "required": flag(),
    "severity": choice(Severity, required=False),
    "on_fail": choice(OnFail, required=False),
    "on_inconclusive": choice(OnInconclusive, required=False),
    "on_insufficient": choice(OnInsufficient, required=False),
    "waivable": flag(),
    "title": text(required=False),
    "rationale": text(required=False),
    "remediation": text(required=False),
    "basis": choice(Basis, required=False),
    "owner": text(required=False),
    "reference": texts(),
}

RULE_KEYS: Final[dict[str, Key]] = _CHANGEABLE | {
    "id": text(RULE_ID, "three capital letters, a hyphen, three digits"),
    "version": whole(1, required=True),
    "title": text(),
    "name": text(PACK_NAME, "lower-case words joined by hyphens"),
    "measure": text(MEASURE, "a dotted measure name"),
    "kind": choice(Kind),
    "operator": choice(Operator),
    "limit": LIMIT,
    "center": real(),
    "required": flag(required=True),
    "severity": choice(Severity),
    "rationale": text(),
    "remediation": text(),
    "basis": choice(Basis),
    "since": text(VERSION, "a version such as 0.1.0"),
    "needs": texts(RULE_ID, "a list of rule ids"),
    "also": table(
        {
            "measure": text(MEASURE, "a dotted measure name"),
            "operator": Key(_one_sided, "one of le, ge"),
            "limit": real(required=True),
        }
    ),
    "slice": table(
        {
            "mode": choice(SliceMode),
            "by": texts(expected="a list of slice columns"),
            "leave_out": texts(expected="a list of slice columns"),
            "min_n": whole(1),
        }
    ),
    "decision": table(
        {
            "confidence": _CONFIDENCE,
            "multiplicity": choice(Multiplicity, required=False),
            "min_n": whole(1),
            "pass_n": whole(1),
            "min_df": whole(0),
        }
    ),
}

OVERRIDE_KEYS: Final[dict[str, Key]] = _CHANGEABLE | {
    "id": text(RULE_ID, "the id of a rule of an extended pack"),
    "applies": flag(),
    "confidence": _CONFIDENCE,
    "weakens": flag(),
    "reason": text(required=False),
}

PACK_KEYS: Final[dict[str, Key]] = {
    "format": Key(_format, f"{FORMAT}"),
    "name": text(PACK_NAME, "lower-case words joined by hyphens"),
    "version": text(VERSION, "a version such as 1.0.0"),
    "title": text(),
    "level": choice(Level),
    "description": text(required=False),
    "extends": texts(REFERENCE, "a list of name@version#sha256:<64 hex digits>"),
    "rule": Key(_tables, "an array of tables [[rule]]", required=False),
    "override": Key(_tables, "an array of tables [[override]]", required=False),
}


def read_table(raw: Table, keys: Mapping[str, Key], where: str) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values of one table that could be read, nested tables too, and a problem for each that could not."""
    values: dict[str, Any] = {}
    problems = [
        Problem(_at(where, name), "required, but missing", expected=key.expected)
        for name, key in keys.items()
        if key.required and name not in raw
    ]
    for name, value in raw.items():
        key = keys.get(name)
        if key is None:
            near = get_close_matches(name, keys, n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            problems.append(Problem(_at(where, name), "no such key", repr(name), "one of " + ", ".join(keys), hint))
            continue
        try:
            values[name] = key.read(value)
        except (ValueError, OverflowError):
            problems.append(Problem(_at(where, name), "not readable", shown(value), key.expected, _near(key, value)))
            continue
        if key.table:
            values[name], more = read_table(value, key.table, _at(where, name))
            problems += more
    return values, problems


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _near(key: Key, value: object) -> str:
    options = key.read if isinstance(key.read, type) and issubclass(key.read, StrEnum) else None
    near = get_close_matches(str(value), [str(o) for o in options], n=1) if options else []
    return f"did you mean {near[0]!r}?" if near else ""


def shown(value: object) -> str:
    """Return a value as an error shows it: at most 80 characters, control characters escaped."""
    written = ascii(value) if isinstance(value, str) else repr(value)
    return written if len(written) <= 80 else written[:77] + "..."


def places(kind: str, tables: list[Table]) -> Iterator[tuple[str, Table]]:
    """Yield each table of an array with its key path, which names the rule where it can."""
    for index, raw in enumerate(tables):
        code = raw.get("id")
        yield f"{kind}[{index}]" + (f" ({code})" if isinstance(code, str) and re.fullmatch(RULE_ID, code) else ""), raw


def error(file: str, problems: list[Problem]) -> RulePackError:
    """Return the error of the first problem, with the number of those behind it."""
    first, more = problems[0], len(problems) - 1
    rest = f"; {more} more: audit rules check {file}" if more else ""
    return first._replace(what=first.what + rest).as_error(RulePackError, file)

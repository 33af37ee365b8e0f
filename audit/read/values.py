"""Source values to canonical values, one kind a column; what does not fit is told, never bent."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from audit.read.block import RowFault
from audit.schema import COLUMN, JUDGMENT

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_SHOWN: Final = 60


class Misfit(ValueError):  # noqa: N818 - it describes a value; the caller turns it into a RowFault with the field's name
    """A value that is not of its column's kind; its text says what was expected."""

    def __init__(self, expected: str, code: str = "wrong_type") -> None:
        super().__init__(expected)
        self.code = code


@dataclass(frozen=True, slots=True)
class Kind:
    """What a column takes: values of the `plain` Python types as they are, others through `coerce`."""

    plain: frozenset[type]
    coerce: Callable[[Any], Any]
    """Returns the canonical value or raises Misfit; None stays None before it is asked."""


def describe(value: object) -> str:
    """Return a short, printable account of a source value: its JSON type and its beginning."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean {'true' if value else 'false'}"
    if isinstance(value, int | float):
        return f"number {value!r}"[:_SHOWN]
    if isinstance(value, str):
        return f"text {value[:_SHOWN]!r}" + ("..." if len(value) > _SHOWN else "")
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object with " + (", ".join(repr(str(k)[:20]) for k in list(value)[:4]) or "no keys")
    return type(value).__name__


def fault(canonical: str, path: str, value: object, misfit: Misfit) -> RowFault:
    """Return the row fault that a misfit makes in the field at `path`."""
    return RowFault(misfit.code, f"field {path} (read as {canonical}): got {describe(value)}, expected {misfit}")


def as_text(value: object) -> str:
    """Accept text only."""
    if isinstance(value, str):
        return value
    raise Misfit("text")


def as_identifier(value: object) -> str:
    """Accept text, whole numbers (written as text) and times."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise Misfit("text or a whole number")


def as_number(value: object) -> float | None:
    """Accept finite numbers, and text that is exactly one; blank text is null."""
    if isinstance(value, str):
        stripped = value.strip()
        if not stripped:
            return None
        if not _NUMBER.fullmatch(stripped):
            raise Misfit("a finite number")
        value = float(stripped)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misfit("a finite number")
    try:
        number = float(value)
    except OverflowError:
        raise Misfit("a finite number", "not_finite") from None
    if not math.isfinite(number):
        raise Misfit("a finite number", "not_finite")
    return number


def as_flag(value: object) -> float | None:
    """Accept true and false, in words too, and numbers."""
    word = value.strip().lower() if isinstance(value, str) else value
    if word in (True, "true", "yes", "pass", "passed"):
        return 1.0
    if word in (False, "false", "no", "fail", "failed"):
        return 0.0
    return as_number(value)


def as_tags(value: object) -> list[str]:
    """Accept one tag or a list of them."""
    if isinstance(value, list):
        return [as_identifier(tag) for tag in value if tag is not None]
    return [as_identifier(value)]


def as_json(value: object) -> str:
    """Accept text as it is; objects, lists and numbers become JSON with sorted keys."""
    return value if isinstance(value, str) else dump(value)


def as_category(value: object) -> str:
    """Accept whatever can be one cell of a slice: text, numbers, booleans, times."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
        return repr(value)
    return as_identifier(value)


def as_document(value: object) -> str:
    """Accept text, or a list of documents that are text or hold `text` or `content`; joined by blank lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        inner = next((value[key] for key in ("text", "content", "document") if isinstance(value.get(key), str)), None)
        return inner if isinstance(inner, str) else dump(value)
    if isinstance(value, list):
        return "\n\n".join(as_document(document) for document in value)
    raise Misfit("text or a list of documents")


def as_policy(value: object) -> str:
    """Accept text, or an object with an id and perhaps a version, written `id@version`; other objects become JSON."""
    if not isinstance(value, dict):
        return as_identifier(value)
    name = next((value[key] for key in ("id", "policy_id", "name") if value.get(key) is not None), None)
    if name is None:
        return dump(value)
    version = value.get("version")
    return as_identifier(name) if version is None else f"{as_identifier(name)}@{as_identifier(version)}"


def dump(value: object) -> str:
    """Return JSON with sorted keys and no spaces; what JSON lacks is written as text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


_STRINGS: Final[frozenset[type]] = frozenset({str, type(None)})
_NOTHING: Final[frozenset[type]] = frozenset({type(None)})
TEXT: Final = Kind(_STRINGS, as_text)
IDENTIFIER: Final = Kind(_STRINGS, as_identifier)
NUMBER: Final = Kind(_NOTHING, as_number)
TAGS: Final = Kind(_NOTHING, as_tags)
JSON: Final = Kind(_STRINGS, as_json)
CATEGORY: Final = Kind(_STRINGS, as_category)
FLAG: Final = Kind(_NOTHING, as_flag)
DOCUMENT: Final = Kind(_STRINGS, as_document)
POLICY: Final = Kind(_STRINGS, as_policy)

_SPECIAL: Final = {
    "system": TEXT,
    "candidates": TEXT,
    "history": TEXT,
    "name_a": CATEGORY,
    "name_b": CATEGORY,
    "evidence": DOCUMENT,
    "policy": POLICY,
    "generation_a": JSON,
    "generation_b": JSON,
    "position_a": NUMBER,
    "position_b": NUMBER,
    "judgment.critique": TEXT,
    "judgment.rubric": POLICY,
    "judgment.check_passed": FLAG,
}


def kind_of(name: str) -> Kind:
    """Return what a canonical column, judgment field, position or `slice.<name>` takes."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    if name.startswith("slice."):
        return CATEGORY
    if name.startswith("judgment."):
        inner = name.removeprefix("judgment.")
        return IDENTIFIER if inner == "started_at" else _by_type(JUDGMENT.field(inner).type)
    return _by_type(COLUMN[name].type)


def _by_type(kind: pa.DataType) -> Kind:
    if pa.types.is_floating(kind):
        return NUMBER
    if pa.types.is_list(kind):
        return TAGS
    return TEXT if pa.types.is_large_string(kind) else IDENTIFIER


def translate(value: Any, table: Mapping[str, str] | None) -> Any:
    """Return the canonical spelling of a source value where the mapping gives one; else the value."""
    if not table or value is None:
        return value
    if isinstance(value, bool | int | float | str):
        return table.get(spelling(value), value)
    return value


def spelling(value: object) -> str:
    """Return a scalar as a mapping's `[values]` spells it: text as is, true/false, numbers without needless `.0`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)

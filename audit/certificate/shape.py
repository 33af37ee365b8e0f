"""Typed reading of a parsed document: every field is asked for by name and kind, and a wrong one is named."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from audit.certificate.clock import read_time
from audit.errors import AuditError, VerificationError

HEX: Final = re.compile(r"[0-9a-f]{64}")
DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
LONGEST_TEXT: Final = 100_000
"""Characters of one text."""


@dataclass(frozen=True)
class Shape:
    """One object of a document.

    Every reading method takes a key and raises `fault` when the field is missing or of another kind.
    """

    value: Mapping[str, Any]
    where: str
    fault: type[AuditError] = VerificationError

    @classmethod
    def of(cls, value: object, where: str, fault: type[AuditError] = VerificationError) -> Shape:
        """Return the shape of a value that has to be an object.

        Raises:
            AuditError: of the kind `fault`, when it is none.
        """
        if not isinstance(value, dict):
            raise fault("not an object", where=where, got=type(value).__name__)
        return cls(value, where, fault)

    def wrong(self, key: str, expected: str) -> AuditError:
        """Return the error of a field that is missing or of another kind."""
        got = f"a {type(self.value[key]).__name__}" if key in self.value else "nothing"
        return self.fault(
            "a field is missing or of another kind", where=f"{self.where}.{key}", got=got, expected=expected
        )

    def only(self, known: Collection[str]) -> None:
        """Refuse fields that are not known: a misspelt demand must not be dropped in silence."""
        unknown = sorted(set(self.value) - set(known))
        if unknown:
            expected = ", ".join(sorted(known))
            raise self.fault("an unknown field", where=self.where, got=repr(unknown[0][:60]), expected=expected)

    def has(self, key: str) -> bool:
        """True when the field is there and not null."""
        return self.value.get(key) is not None

    def text(self, key: str) -> str:
        """Return a non-empty text."""
        value = self.value.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
            raise self.wrong(key, "a text")
        return value

    def maybe_text(self, key: str) -> str | None:
        """Return a text, or None where the field is missing or null."""
        return self.text(key) if self.has(key) else None

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        """Return a text that is one of a few."""
        value = self.text(key)
        if value not in allowed:
            raise self.fault(
                "a value that is not known",
                where=f"{self.where}.{key}",
                got=repr(value[:60]),
                expected=", ".join(allowed),
            )
        return value

    def matching(self, key: str, pattern: re.Pattern[str], expected: str) -> str:
        """Return a text that a pattern matches in full."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            raise self.wrong(key, expected)
        return value

    def hex(self, key: str) -> str:
        """Return a hex SHA-256."""
        return self.matching(key, HEX, "64 lower-case hex digits")

    def digest(self, key: str) -> str:
        """Return a digest such as sha256:..."""
        return self.matching(key, DIGEST, "sha256: and 64 lower-case hex digits")

    def whole(self, key: str) -> int:
        """Return a whole number of at least 0."""
        value = self.value.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.wrong(key, "a whole number of at least 0")
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self.value.get(key)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def time(self, key: str) -> datetime:
        """Return a time in UTC."""
        found = read_time(self.text(key))
        if found is None:
            raise self.wrong(key, "a UTC time such as 2026-11-24T08:00:00Z")
        return found

    def inner(self, key: str) -> Shape:
        """Return an object."""
        value = self.value.get(key)
        if not isinstance(value, dict):
            raise self.wrong(key, "an object")
        return Shape(value, f"{self.where}.{key}", self.fault)

    def each(self, key: str) -> list[Shape]:
        """Return a list of objects."""
        value = self.value.get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, "a list of objects")
        return [Shape(item, f"{self.where}.{key}[{index}]", self.fault) for index, item in enumerate(value)]

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.value.get(key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(key, "a list of texts")
        return tuple(value)

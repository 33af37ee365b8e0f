"""Every error that the package raises on purpose, and the exit code of each branch.

    AuditError                    3  something broke inside, or the audit is incomplete
    ├── UsageError                2  the caller can mend it
    │   ├── InputError            2  a file or table that cannot be read as asked
    │   │   └── LayoutError       2  the layout is unknown, or two readings are equally good
    │   ├── MappingError          2  a mapping names fields that are not there, or makes no sense
    │   ├── RulePackError         2  a rule pack that does not obey its schema
    │   └── MissingExtraError     2  an optional dependency is not installed
    ├── IncompleteError           3  an auditor failed, or a worker died: never a pass
    └── VerificationError         4  a certificate that does not hold for these data

A message says what is wrong, where, what was got, what was expected, and what to do.
"""

from __future__ import annotations


class AuditError(Exception):
    """Root of the tree.

    Args:
        what: the fault, in one clause.
        where: file, line, column or field, as precisely as known.
        got: the offending value, shortened by the caller.
        expected: what would have been accepted.
        fix: what the reader of the message should do next.
    """

    exit_code = 3

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        got: str | None = None,
        expected: str | None = None,
        fix: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.got = got
        self.expected = expected
        self.fix = fix
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        for title, value in (("got", self.got), ("expected", self.expected), ("fix", self.fix)):
            if value:
                lines.append(f"  {title}: {value}")
        return "\n".join(lines)


class UsageError(AuditError):
    """The caller asked for something that cannot be done as asked."""

    exit_code = 2


class InputError(UsageError):
    """A file, folder, URL or table that cannot be read."""


class LayoutError(InputError):
    """No layout fits the rows, or two fit about equally well."""


class MappingError(UsageError):
    """A mapping that does not fit the data, or is not valid itself."""


class RulePackError(UsageError):
    """A rule pack that does not obey its schema, or cannot be resolved."""


class MissingExtraError(UsageError):
    """An optional dependency is needed and not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed",
            fix=f"pip install 'dpo-audit[{extra}]'",
        )


class IncompleteError(AuditError):
    """The audit did not finish: its result must not be read as a verdict."""


class VerificationError(AuditError):
    """A certificate, signature or digest that does not hold."""

    exit_code = 4

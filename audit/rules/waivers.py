"""Waivers: somebody answers, for a while, for a finding that would otherwise stop the data.

A waiver changes what a finding counts for and never what it says: it stays visible as failed or undecided, with the
names of those who answer for it. It ends by its date, and before it where the measure gets worse than its ceiling or
the data are not those that it was given for. What was never measured cannot be waived, for it has no ceiling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from audit.canonical import digest
from audit.errors import UsageError
from audit.files import read_toml
from audit.measure import ALL, Slice
from audit.rules.pack import Band, Limit, Operator, Rule, band
from audit.rules.reading import LIMIT, RULE_ID, Key, Table, read_table, table, text, texts

MOST_DAYS: Final = 180
"""A waiver lives at most that long; then somebody has to look again."""
LARGEST: Final = 4 << 20
SHA256: Final = r"[0-9a-f]{64}"
COMPARISON: Final = r"[0-9a-f]{32}"


class State(StrEnum):
    """What became of a waiver."""

    APPLIED = "applied"
    UNUSED = "unused"
    """The rule did not fail there: the waiver can go."""
    EXPIRED = "expired"
    """Its finding counts again."""
    REFUSED = "refused"
    """Its finding counts: other data, a measure beyond the ceiling, or a waiver of the future."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One finding that somebody answers for."""

    id: str
    rule: str
    slice: Slice
    reason: str
    owner: str
    approver: str
    created: date
    expires: date
    """The last day on which it counts."""
    ceiling: Limit
    """The worst estimate that it covers, in the rule's own terms."""
    files: tuple[str, ...] = ()
    """Hex SHA-256 of the files it was given for; every input has to be one of them."""
    rows: tuple[str, ...] = ()
    """Digests of the comparisons it was given for; every row behind the finding has to be one of them."""

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON values, as result and certificate hold it."""
        return {
            "id": self.id,
            "rule": self.rule,
            "slice": None if self.slice == ALL else {"by": self.slice.by, "value": self.slice.value},
            "reason": self.reason,
            "owner": self.owner,
            "approver": self.approver,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat(),
            "ceiling": list(self.ceiling) if isinstance(self.ceiling, tuple) else self.ceiling,
            "files": list(self.files),
            "rows": list(self.rows),
        }


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of a run, and the day they are read on: the one input that a date decides about."""

    on: date
    entries: tuple[Waiver, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of all of them."""
        return digest([waiver.document() for waiver in self.entries])

    def check(self, rules: Sequence[Rule]) -> None:
        """Check that each is about a rule that may be waived, with a ceiling that leaves room.

        Raises:
            UsageError: naming the waiver.
        """
        known = {rule.id: rule for rule in rules}
        for waiver in self.entries:
            where = f"waiver {waiver.id}"
            rule = known.get(waiver.rule)
            if rule is None:
                near = get_close_matches(waiver.rule, known, n=1)
                fix = f"did you mean {near[0]}?" if near else "`audit rules show PACK` lists the rules"
                raise UsageError("the rule pack has no such rule", where=where, got=waiver.rule, fix=fix)
            if not rule.waivable:
                raise UsageError("this rule cannot be waived", where=where, got=f"{rule.id} {rule.name}")
            try:
                room = allowed(rule.operator, rule.limit, rule.center, waiver.ceiling)
            except ValueError as fault:
                raise UsageError(
                    "the ceiling does not fit the rule", where=where, got=str(waiver.ceiling), expected=str(fault)
                ) from fault
            if room.low > rule.pass_band.low or room.high < rule.pass_band.high:
                raise UsageError(
                    "the ceiling asks more than the rule itself",
                    where=where,
                    got=str(waiver.ceiling),
                    expected=f"no stricter than {rule.operator} {rule.limit}",
                )


def allowed(operator: Operator, limit: Limit, center: float | None, ceiling: Limit) -> Band:
    """Return the estimates that a ceiling covers: a rule's own band, with the ceiling in place of its limit.

    Raises:
        ValueError: the ceiling has another shape than the limit.
    """
    if isinstance(ceiling, tuple) is not isinstance(limit, tuple):
        raise ValueError("two numbers" if isinstance(limit, tuple) else "one number")
    if operator is Operator.EQ and not isinstance(ceiling, tuple) and not isinstance(limit, tuple):
        return Band(min(limit, ceiling), max(limit, ceiling))
    return band(operator, ceiling, center)


def _day(value: object) -> date:
    if type(value) is not date:  # a datetime is a date too
        raise ValueError
    return value


_KEYS: Final[dict[str, Key]] = {
    "id": text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "letters, digits, . _ -"),
    "rule": text(RULE_ID, "three capital letters, a hyphen, three digits"),
    "slice": table({"by": text(), "value": text()}),
    "scope": table(
        {
            "files": texts(SHA256, "a list of SHA-256 digests, 64 hex digits each"),
            "rows": texts(COMPARISON, "a list of digests of comparisons, 32 hex digits each"),
        }
    ),
    "reason": text(),
    "owner": text(),
    "approver": text(),
    "created": Key(_day, "a date such as 2026-11-27, without quotes"),
    "expires": Key(_day, "a date such as 2027-03-01, without quotes"),
    "ceiling": LIMIT,
}


def load_waivers(path: Path, on: date) -> Waivers:
    """Read a file of waivers: `[[waiver]]` tables, as docs/waivers.md describes them.

    Args:
        path: of the file.
        on: the day to read them on.

    Raises:
        UsageError: naming file, key, got and expected.
    """
    return parse_waivers(read_toml(path, "the file of waivers", LARGEST), on, str(path))


def parse_waivers(raw: Mapping[str, Any], on: date, where: str) -> Waivers:
    """Return the waivers of a parsed document.

    Raises:
        UsageError: naming the key, got and expected.
    """
    unknown = sorted(set(raw) - {"waiver"})
    tables = raw.get("waiver")
    if unknown or not isinstance(tables, list) or not all(isinstance(entry, dict) for entry in tables):
        got = repr(unknown[0][:60]) if unknown else "no [[waiver]]"
        raise UsageError("not a file of waivers", where=where, got=got, expected="[[waiver]] tables and nothing else")
    entries = tuple(_waiver(entry, f"{where}: waiver[{i}]") for i, entry in enumerate(tables))
    names = [entry.id for entry in entries]
    places = [(entry.rule, entry.slice) for entry in entries]
    for i, entry in enumerate(entries):
        if entry.id in names[:i]:
            raise UsageError("two waivers of one id", where=f"{where}: waiver[{i}].id", got=entry.id)
        if (entry.rule, entry.slice) in places[:i]:
            raise UsageError("two waivers of one finding", where=f"{where}: waiver[{i}]", got=f"{entry.rule}")
    return Waivers(on, entries)


def _waiver(raw: Table, where: str) -> Waiver:
    values, problems = read_table(raw, _KEYS, where)
    if problems:
        raise problems[0].as_error(UsageError)
    scope, part = values.get("scope", {}), values.get("slice")
    waiver = Waiver(
        id=values["id"],
        rule=values["rule"],
        slice=Slice(part["by"], part["value"]) if part else ALL,
        reason=values["reason"],
        owner=values["owner"].strip(),
        approver=values["approver"].strip(),
        created=values["created"],
        expires=values["expires"],
        ceiling=values["ceiling"],
        files=scope.get("files", ()),
        rows=scope.get("rows", ()),
    )
    _check_sense(waiver, where)
    return waiver


def _check_sense(waiver: Waiver, where: str) -> None:
    if waiver.owner.casefold() == waiver.approver.casefold():
        what = "nobody approves their own waiver"
        raise UsageError(what, where=f"{where}.approver", got=waiver.approver, expected="another person")
    if not waiver.created <= waiver.expires <= waiver.created + timedelta(days=MOST_DAYS):
        raise UsageError(
            "a waiver cannot live that long",
            where=f"{where}.expires",
            got=waiver.expires.isoformat(),
            expected=f"{waiver.created} to {waiver.created + timedelta(days=MOST_DAYS)} ({MOST_DAYS} days)",
        )
    if not waiver.files and not waiver.rows:
        fix = "`audit waive RESULT RULE` writes one with the digests of that result"
        raise UsageError("a waiver of anything is none", where=f"{where}.scope", expected="files or rows", fix=fix)

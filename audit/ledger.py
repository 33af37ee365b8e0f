"""The ledger of re-audits: how often a dataset was looked at, and what error each look may still spend.

Whoever repairs and audits again until a file passes will pass a bad one in the end: of k fresh looks at 5 % each at
least one passes with chance 1 - .95^k. A ledger counts the looks at one subject under one rule pack, and gives look k
the error

    alpha_k = .05 * 6 / (pi^2 k^2),

whose sum over all looks is .05. The same content again is no new look. A look is written down before anything is
measured, so that an audit that was broken off counts too; lines are chained by digest, and only ever added.

Source: union bound with weights 6 / (pi^2 k^2), as Darling and Robbins 1967, PNAS 57, for tests at any time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from audit.canonical import canonical_json
from audit.certificate.clock import write_time
from audit.errors import InputError, UsageError

FORMAT: Final = 1
ERROR: Final = 0.05
"""Chance of a wrong pass over all looks together, of one rule at its limit."""
NOTHING: Final = "0" * 64
"""What the first line follows."""
MOST_BYTES: Final = 64 << 20
_KEYS: Final = frozenset({"format", "kind", "at", "subject", "pack", "content", "look", "verdict", "previous"})


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a subject: the k-th content audited under this pack."""

    subject: str
    number: int
    """From 1."""
    entry: str
    """Hex SHA-256 of the line that counts it."""

    @property
    def alpha(self) -> float:
        """The error that this look may spend."""
        return alpha_of(self.number)

    @property
    def level(self) -> float:
        """Two-sided level of intervals of which each end errs with that chance."""
        return 1 - 2 * self.alpha


def alpha_of(number: int) -> float:
    """Return the error of look `number`, from 1."""
    return ERROR * 6 / (math.pi**2 * number**2)


def content_of(digests: Sequence[str | None]) -> str:
    """Return the digest of what is audited, from the SHA-256 of its files in any order.

    Raises:
        UsageError: something audited is no file.
    """
    known = sorted(one for one in digests if one)
    if len(known) != len(digests):
        raise UsageError(
            "only files can be entered in a ledger", where="--ledger", fix="write the table to a file first"
        )
    return hashlib.sha256(canonical_json(known)).hexdigest()


def take_look(path: Path, subject: str | None, pack: str, content: str, now: datetime) -> Look:
    """Write a look down, or find it where this content was looked at before.

    Args:
        path: the ledger; made where there is none.
        subject: what all deliveries of one dataset are called; None: the only one that the ledger knows.
        pack: digest of the rule pack.
        content: as `content_of` gives it.
        now: the time.

    Raises:
        UsageError: no subject is named and the ledger does not know just one.
        InputError: the ledger was changed, or cannot be read or written.
    """
    with _opened(path) as (file, entries, head):
        name = subject or _only_subject(entries, path)
        looks = [e for _, e in entries if e["kind"] == "look" and (e["subject"], e["pack"]) == (name, pack)]
        known = next((i for i, e in enumerate(looks) if e["content"] == content), None)
        if known is not None:
            digest = next(d for d, e in entries if e is looks[known])
            return Look(name, known + 1, digest)
        entry = {
            "kind": "look",
            "subject": name,
            "pack": pack,
            "content": content,
            "look": len(looks) + 1,
            "verdict": None,
        }
        return Look(name, len(looks) + 1, _append(file, head, entry, now))


def write_verdict(path: Path, look: Look, pack: str, content: str, verdict: str, now: datetime) -> None:
    """Add how a look came out.

    Raises:
        InputError: the ledger was changed, or cannot be read or written.
    """
    with _opened(path) as (file, _, head):
        entry = {"kind": "verdict", "subject": look.subject, "pack": pack, "content": content, "look": look.number}
        _append(file, head, {**entry, "verdict": verdict}, now)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, list[tuple[str, dict[str, Any]]], str]]:
    """Yield the ledger, locked against other writers, with its entries by digest and the digest of the last."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            content = file.read(MOST_BYTES + 1)
            entries = _checked(content, path)
            yield file, entries, entries[-1][0] if entries else NOTHING
    except OSError as fault:
        raise InputError(f"the ledger cannot be used: {fault.strerror}", where=str(path)) from fault


def _checked(content: bytes, path: Path) -> list[tuple[str, dict[str, Any]]]:
    if len(content) > MOST_BYTES:
        raise InputError("the ledger is too large", where=str(path), expected="at most 64 MiB")
    entries: list[tuple[str, dict[str, Any]]] = []
    head = NOTHING
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        sound = isinstance(entry, dict) and entry.keys() == _KEYS and entry["format"] == FORMAT
        if not sound or entry["previous"] != head or not line.endswith(b"\n"):
            raise InputError(
                "the ledger was changed: a line does not follow the one before it",
                where=f"{path}, line {number}",
                got="a line that is not of a ledger" if not sound else str(entry["previous"])[:16] or "nothing",
                expected=f"previous = {head[:16]}...",
                fix="restore it from a copy: a ledger is only ever added to",
            )
        head = hashlib.sha256(line).hexdigest()
        entries.append((head, entry))
    return entries


def _append(file: BinaryIO, head: str, entry: dict[str, Any], now: datetime) -> str:
    line = canonical_json({**entry, "format": FORMAT, "at": write_time(now), "previous": head}) + b"\n"
    file.write(line)
    file.flush()
    os.fsync(file.fileno())
    return hashlib.sha256(line).hexdigest()


def _only_subject(entries: Sequence[tuple[str, dict[str, Any]]], path: Path) -> str:
    known = sorted({entry["subject"] for _, entry in entries})
    if len(known) == 1:
        return str(known[0])
    got = ", ".join(known[:5]) or "an empty ledger"
    raise UsageError(
        "the ledger does not say which dataset this is", where=str(path), got=got, fix="name it: --subject NAME"
    )

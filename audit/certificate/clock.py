"""The one place that reads the clock for certificates, and the one form that times are written in."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, time
from typing import Final

_FORM: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LATEST: Final = 253_402_300_799
"""9999-12-31T23:59:59Z in seconds, the last time that four digits of a year can name."""


def current_time() -> datetime:
    """Return the time in whole seconds, UTC: SOURCE_DATE_EPOCH where it is set, so that a build can be repeated."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isascii() and epoch.isdigit() and int(epoch) <= _LATEST:
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC).replace(microsecond=0)


def wall_time() -> datetime:
    """Return the time to judge by, UTC. No variable can move it: an expired certificate must not look fresh."""
    return datetime.now(UTC)


def write_time(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC and whole seconds: 2026-11-24T08:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: str) -> datetime | None:
    """Return the time that `write_time` wrote; None for any other text."""
    if not _FORM.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def end_of(day: date) -> datetime:
    """Return the last second of a day, UTC: what counts until a day counts on it."""
    return datetime.combine(day, time(23, 59, 59), UTC)

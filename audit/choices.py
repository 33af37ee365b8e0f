"""What a run measures and is judged by beyond data, layout and rule pack; each of it may change the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.ledger import Look
from audit.review.record import ReviewFiles
from audit.rules import Waivers
from audit.targets import Targets


@dataclass(frozen=True, slots=True)
class PackLock:
    """A commitment to a rule pack that was there before the audit: its digest stands in the result."""

    pack: str
    """Digest of the resolved pack that it commits to."""
    digest: str
    """Hex SHA-256 of the signed statement."""
    locked_at: datetime


@dataclass(frozen=True, slots=True)
class Choices:
    """What `audit run` was asked for."""

    targets: Targets | None = None
    """Declared shares of slice values by column."""
    against: tuple[str, ...] = ()
    """Files that must not be trained on."""
    duplicates: bool = True
    """Look for near duplicates and leaks."""
    words: bool = False
    """Hold out a bag of words too: reads the texts of a sample again."""
    waivers: Waivers | None = None
    lock: PackLock | None = None
    look: Look | None = None
    """Which look at the dataset this is, where a ledger counts them: it says what error is left to spend."""
    review: ReviewFiles | None = None
    """A finished hand review of the data."""

"""A finished hand review as the main job takes it: the files, and what they show of the lot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReviewFiles:
    """Where a review is."""

    verdicts: str
    """The filled worklist, or an export of the review tool."""
    key: str
    """What `audit sample` wrote beside the worklist."""


@dataclass(frozen=True, slots=True)
class LotShare:
    """A share of the lot with 95 % bounds on either side."""

    value: float
    low: float
    high: float
    n: int
    """Comparisons judged."""
    method: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a hand review shows, bound to the draw that it rests on."""

    set_root: str
    """Of the rows it was drawn from, 64 hex digits."""
    nonce: str
    """The buyer's, hex."""
    by: str
    """Column of the strata; empty: one stratum."""
    size: int
    """Comparisons asked for, of each stratum."""
    drawn: int
    rows_digest: str
    """Digest of the leaves of the drawn comparisons, sorted."""
    judged: int
    open: int
    agreed: int
    judged_twice: int
    wrong: LotShare
    unusable: LotShare
    any_time: tuple[float, float] | None
    """Bounds of the wrong labels that hold whenever the review stops."""
    strata: tuple[tuple[str, LotShare], ...]

"""One rule on one slice, judged."""

from __future__ import annotations

from dataclasses import dataclass

from audit.measure import Evidence, Slice
from audit.rules.decision import Verdict
from audit.rules.pack import Limit, Rule
from audit.rules.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule on one slice, judged, with all that the judgment rests on."""

    rule: Rule
    slice: Slice
    verdict: Verdict
    message: str
    decides: bool = True
    """False for a slice that is shown and need not pass."""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    """Bounds at `rule.decision.confidence`, one-sided each; None for a census."""
    unit: str = ""
    n: int = 0
    n_effective: float | None = None
    method: str = ""
    p_adjusted: float | None = None
    """Holm-adjusted p of "within the fail limit", for a slice."""
    certifiable_margin: float | None = None
    needed_n: int | None = None
    unlock: str | None = None
    evidence: Evidence | None = None
    waiver: Waiver | None = None
    """Who answers for it: it then counts as passed, and stays what it is."""

    @property
    def limit(self) -> Limit:
        """The rule's pass limit."""
        return self.rule.limit

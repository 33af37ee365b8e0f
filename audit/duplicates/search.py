"""The search that a run makes between reading and measuring: near duplicates, then leaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from audit.duplicates.clusters import THRESHOLD
from audit.duplicates.leakage import Corpus, Found, add_leaks, find_leaks
from audit.duplicates.near import Near, find_near
from audit.signals import Signals


@dataclass(frozen=True)
class Copies:
    """What was found of near duplicates and leaks."""

    near: Near
    leaks: tuple[Found, ...]
    whole: Signals
    """Signals of the data and, behind them, of the protected files: rows that leaks point to."""

    def extend(self, signals: Signals) -> Signals:
        """Return the data's signals with the columns that auditors read."""
        return add_leaks(self.near.extend(signals), self.leaks)


def find_copies(data: Corpus, against: Corpus | None, pool: ThreadPoolExecutor, threshold: float = THRESHOLD) -> Copies:
    """Find near duplicates in the data, and what of the data stands in protected sets.

    Args:
        data: what is audited; its shards have sketches.
        against: protected files, each a set of its own; None for none.
        pool: workers for reading candidates again.
        threshold: least Jaccard similarity of near duplicates.
    """
    near = find_near(data.readings, data.shards, data.signals, pool, threshold)
    leaks = find_leaks(data, against, near.prompts, pool, threshold)
    whole = data.signals if against is None else data.joined(against).signals
    return Copies(near, leaks, whole)

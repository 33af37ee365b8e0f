"""When judgments were given, as ranks: all that anything asks of a time is what came before what."""

from __future__ import annotations

import numpy as np

from audit.signals import Ints, Signals


def moments(signals: Signals) -> Ints:
    """Rank of each judgment's time among all, -1 where none is recorded; times are ISO 8601, whose text sorts."""
    codes, names = signals.codes("judgment.judged_at")
    rank = np.empty(len(names) + 1, np.int64)
    rank[np.argsort(np.array(names, dtype=object), kind="stable")] = np.arange(len(names))
    rank[-1] = -1
    return rank[codes]

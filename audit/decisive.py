"""The decisive comparisons of a file in one canonical order: which side won, and which prompt they belong to.

Auditors that compare chosen with rejected start here. The order follows the hashed keys, so sums over it do not depend
on the order of rows in the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from audit.measure import ALL, Interval, Kind, Measure, Slice
from audit.schema import A, B
from audit.signals import Bools, Floats, Ints, Signals, key_matrix
from audit.stats.clusters import cluster_mean, t_quantile
from audit.stats.logit import dense
from audit.stats.proportions import LEVEL


@dataclass(frozen=True, slots=True)
class Decisive:
    """Comparisons with a winner, sorted by prompt and then by key."""

    rows: Ints
    """Shape (n,): their row numbers in the signals."""
    a_won: Bools
    """Shape (n,)."""
    clusters: Ints
    """Shape (n,): 0, 1, ... never falling; comparisons of one prompt share a number."""

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: Bools | Ints) -> Decisive:
        """Return the selected comparisons; `which` is a mask, shape (n,), or rising positions."""
        return Decisive(self.rows[which], self.a_won[which], dense(self.clusters[which]))

    def chosen_and_rejected(self, signals: Signals, feature: str) -> tuple[Ints, Ints]:
        """Return one text feature of the chosen and of the rejected sides, each shape (n,)."""
        a, b = signals.ints(f"a_{feature}")[self.rows], signals.ints(f"b_{feature}")[self.rows]
        return np.where(self.a_won, a, b), np.where(self.a_won, b, a)


def decisive(signals: Signals, feature: str) -> Decisive:
    """Return the comparisons that one side won and whose sides both have text.

    Without a prompt key, or where it is null, a comparison is a cluster of its own.

    Args:
        signals: with `label`, `ordered_key`, `a_<feature>`, `b_<feature>`.
        feature: the text feature whose nulls mark a missing side.
    """
    prompts = _prompts(signals)
    label = signals.ints("label")
    has_text = (signals.ints(f"a_{feature}", -1) >= 0) & (signals.ints(f"b_{feature}", -1) >= 0)
    rows = np.flatnonzero(((label == A) | (label == B)) & has_text)
    label, prompts = label[rows], prompts[rows]
    order = np.argsort(_sort_key(prompts, _first_halves(signals)[rows], label))
    prompts = prompts[order]
    clusters = np.cumsum((np.diff(prompts, prepend=-1) != 0) | (prompts == signals.comparisons)) - 1
    return Decisive(rows[order], label[order] == A, clusters)


def _prompts(signals: Signals) -> Ints:
    """Return each comparison's prompt number, the number of comparisons where it has none; shape (comparisons,)."""
    if not signals.has("prompt_key"):
        return np.full(signals.comparisons, signals.comparisons)
    prompts = signals.groups("prompt_key")
    prompts[pc.is_null(signals.load("prompt_key")).to_numpy()] = signals.comparisons
    return prompts


def smallest_keys(signals: Signals, chosen: Decisive, most: int) -> Decisive:
    """Return the `most` comparisons of smallest key: a sample that does not depend on the order of rows."""
    if len(chosen) <= most:
        return chosen
    keys = _first_halves(signals)[chosen.rows]
    last = np.partition(keys, most - 1)[most - 1]
    within = keys < last
    within[np.flatnonzero(keys == last)[: most - int(within.sum())]] = True  # copies share a key
    return chosen.take(within)


def _first_halves(signals: Signals) -> npt.NDArray[np.uint64]:
    return key_matrix(signals.load("ordered_key"))[:, 0].copy()


def _sort_key(prompts: Ints, keys: npt.NDArray[np.uint64], label: Ints) -> npt.NDArray[np.uint64]:
    """Pack prompt number (32 bits), leading bits of the key (30) and label (2) into one sortable number."""
    packed = prompts.astype(np.uint64) << np.uint64(32)
    packed |= (keys >> np.uint64(34)) << np.uint64(2)
    packed |= label.astype(np.uint64)
    return np.asarray(packed)


def mean_difference(
    name: str,
    values: Floats,
    clusters: Ints,
    by: str,
    *,
    unit: str,
    what: str,
    part: Slice = ALL,
    level: float = LEVEL,
) -> Measure:
    """Return the mean of one value a comparison as a measure of the process, with its clustered t interval.

    Args:
        name: of the measure.
        values: shape (n,), n > 0.
        clusters: shape (n,), numbered densely.
        by: what the clusters are, for the method.
        unit: of the values.
        what: what the values are, for the method.
        part: the slice that these comparisons are of.
        level: two-sided.
    """
    found = cluster_mean(values, clusters)
    interval: Interval | None = None
    effective: float | None = None
    if found.cv3l is not None:
        half = t_quantile(level, found.clusters - 1) * found.cv3l
        method = f"t, CV3L clustered by {by}, {found.clusters} clusters"
        interval = Interval(found.mean - half, found.mean + half, level, method, found.cv3l, found.clusters - 1.0)
        if found.cv3l > 0:
            effective = min(float(found.n), float(values.var()) / found.cv3l**2)
    return Measure(name, found.mean, unit, Kind.PROCESS, found.n, interval, effective, part, None, f"mean {what}")

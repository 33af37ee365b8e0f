"""Shares as measures: the one way in which auditors report a share of a process, or an exact one of comparisons."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Ints, Signals
from audit.stats.clusters import share
from audit.stats.proportions import LEVEL


def share_measure(
    name: str,
    hits: npt.NDArray[np.bool_],
    clusters: Mapping[str, Ints],
    what: str,
    *,
    part: Slice = ALL,
    level: float = LEVEL,
    unlock: str | None = None,
) -> Measure:
    """Return the share of hits with its clustered interval; undefined without a unit.

    Args:
        name: of the measure.
        hits: shape (n,).
        clusters: clusterings by name, each shape (n,).
        what: the units, for the method and for the reason of being undefined: "decisive judgments".
        part: the slice that these units are of.
        level: two-sided.
        unlock: what would give units, where there are none.
    """
    if not len(hits):
        return Measure(name, Undefined(f"no {what}", unlock), "share", Kind.PROCESS, 0, slice=part)
    found = share(hits, clusters, level)
    method = f"share of {what}; {found.interval.method}"
    return Measure(
        name, found.value, "share", Kind.PROCESS, found.n, found.interval, found.n_effective, part, None, method
    )


def exact_share(
    name: str,
    rows: Bools,
    signals: Signals,
    what: str = "comparisons",
    *,
    inside: Bools | None = None,
    part: Slice = ALL,
) -> Measure:
    """Return the share of comparisons that `rows` marks, a census; the marked rows are evidence, but not of slices.

    Args:
        name: of the measure.
        rows: shape (comparisons,).
        signals: of the comparisons.
        what: the units, for the method.
        inside: the units, shape (comparisons,), at least one; None: all.
        part: the slice that these units are of.
    """
    units, hits = (signals.comparisons, rows) if inside is None else (int(inside.sum()), rows & inside)
    count = int(hits.sum())
    evidence = signals.evidence(hits) if count and part == ALL else None
    method = f"exact; n: {what}"
    return Measure(name, count / units, "share", Kind.CENSUS, units, slice=part, evidence=evidence, method=method)

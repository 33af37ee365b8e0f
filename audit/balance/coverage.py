"""Observed shares of a column against a declared target, with clustering by prompt allowed for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.schema import SLICE_PREFIX, TAG_SEPARATOR
from audit.signals import Ints, Signals
from audit.stats.clusters import Share, cluster_mean, share, t_quantile
from audit.stats.divergence import null_distance, total_variation

Targets = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
"""Declared shares by value, by column, as sorted pairs."""

DISTANCE: Final = "balance.target_distance"
EXCESS: Final = "balance.cell_excess"
OTHER: Final = "(not in the target)"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of the column: its declared share and its observed one."""

    value: str
    target: float
    found: Share


@dataclass(frozen=True, slots=True)
class Coverage:
    """One column against its target."""

    cells: tuple[Cell, ...]
    """The target's values by name, then OTHER if anything else was observed."""
    distance: float
    """Total variation distance, not corrected."""
    expected: float
    """What chance alone would give with this many effective units."""
    n: int
    n_effective: float
    interval: Interval
    """Of the excess: distance - expected."""


def target_measures(signals: Signals, prompts: Ints, targets: Targets, level: float) -> Iterator[Measure]:
    """Yield the distance of each column from its target, of the farthest column, and the excess of each value."""
    if not targets:
        none = Undefined("no target is declared", "coverage target")
        yield Measure(DISTANCE, none, "share", Kind.PROCESS, 0)
        yield Measure(EXCESS, none, "share", Kind.PROCESS, 0)
        return
    distances = []
    for column, shares in targets:
        part = Slice("target", column)
        found = coverage(signals, prompts, column, dict(shares), level) if signals.has(column) else None
        if found is None:
            none = Undefined(f"{column} is not recorded", column)
            distances.append(Measure(DISTANCE, none, "share", Kind.PROCESS, 0, slice=part))
            yield Measure(EXCESS, none, "share", Kind.PROCESS, 0, slice=part)
        else:
            distances.append(_distance(found, part))
            yield from _excesses(found, column.removeprefix(SLICE_PREFIX))
    yield from distances
    unknown = next((one for one in distances if not one.is_defined), None)
    farthest = unknown or max(distances, key=lambda one: one.number)
    yield replace(farthest, slice=ALL, method=f"farthest column, {farthest.slice.value}: {farthest.method}")


def _distance(found: Coverage, part: Slice) -> Measure:
    method = (
        f"distance {found.distance:.4f} less {found.expected:.4f} expected by chance; n: comparisons with a value; "
        f"{found.interval.method}"
    )
    value, units = found.distance - found.expected, found.n_effective
    return Measure(DISTANCE, value, "share", Kind.PROCESS, found.n, found.interval, units, part, method=method)


def _excesses(found: Coverage, by: str) -> Iterator[Measure]:
    for cell in found.cells:
        own, aim = cell.found, cell.target
        ends = own.interval
        moved = Interval(ends.low - aim, ends.high - aim, ends.level, ends.method, ends.standard_error, ends.df)
        method = f"observed {own.value:.4f} less declared {aim:.4f}; {ends.method}"
        part, units = Slice(by, cell.value), own.n_effective
        yield Measure(EXCESS, own.value - aim, "share", Kind.PROCESS, own.n, moved, units, part, method=method)


def coverage(signals: Signals, prompts: Ints, column: str, target: dict[str, float], level: float) -> Coverage | None:
    """Compare a recorded column with a target; None where no comparison has a value.

    Upper end: distance + t / (2 sqrt(n_eff)), as no share has a larger standard error and chance only adds to the
    distance; lower end: the same below, less what chance is expected to add.

    Args:
        signals: with `column`.
        prompts: cluster number of each comparison.
        column: a text column; each tag of `scenario` counts as a unit.
        target: shares by value, summing to one.
        level: two-sided.
    """
    names = sorted(target)
    rows, cell = _cells(signals, column, names)
    if not len(rows):
        return None
    clusters = prompts[rows]
    shares = {name: target[name] for name in names}
    if (cell == len(names)).any():
        shares[OTHER] = 0.0
    cells = tuple(
        Cell(name, aim, share(cell == i, {"prompt": clusters}, level)) for i, (name, aim) in enumerate(shares.items())
    )
    observed = np.array([one.found.value for one in cells])
    aims = np.array([one.target for one in cells])
    fit = cluster_mean(np.ones(len(rows)), clusters)
    effective = _effective(observed, cells, len(rows), fit.effective_clusters)
    distance, expected = total_variation(observed, aims), null_distance(aims, effective)
    half = 1.0 if fit.clusters < 2 else t_quantile(level, fit.clusters - 1) / (2 * math.sqrt(effective))
    low, high = max(-1.0, distance - expected - half), min(1.0, distance + half)
    method = f"t, largest standard error of a share on {effective:.1f} effective units, clustered by prompt"
    return Coverage(cells, distance, expected, len(rows), effective, Interval(low, high, level, method))


def _cells(signals: Signals, column: str, names: list[str]) -> tuple[Ints, Ints]:
    """Return a row number and a cell number (len(names): none of them) for each unit that has a value."""
    codes, values = signals.codes(column)
    number = {name: i for i, name in enumerate(names)}
    tags = [value.split(TAG_SEPARATOR) if column == "scenario" else [value] for value in values]
    rows, cells = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for position in range(max((len(mine) for mine in tags), default=0)):
        at = [number.get(mine[position], len(names)) if position < len(mine) else -1 for mine in tags]
        own = np.where(codes >= 0, np.array([*at, -1], dtype=np.int64)[codes], -1)
        rows.append(np.flatnonzero(own >= 0))
        cells.append(own[own >= 0])
    return np.concatenate(rows), np.concatenate(cells)


def _effective(observed: np.ndarray, cells: tuple[Cell, ...], n: int, clusters: float) -> float:
    """Units over the cells' mean design effect, sum p (1 - p) / sum SE^2 (first order of Rao and Scott 1984)."""
    variance = sum(error**2 for one in cells for error in one.found.standard_errors.values())
    spread = float((observed * (1 - observed)).sum())
    found = spread / variance if variance > 0 else clusters
    return max(1.0, min(float(n), found))


def slice_sizes(signals: Signals, column: str) -> Iterator[tuple[str, int]]:
    """Yield every value (for `scenario` every tag) of a column and the comparisons that have it, by name."""
    codes, values = signals.codes(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    sizes: dict[str, int] = {}
    for value, count in zip(values, counts.tolist(), strict=True):
        for tag in value.split(TAG_SEPARATOR) if column == "scenario" else (value,):
            sizes[tag] = sizes.get(tag, 0) + count
    yield from sorted(sizes.items())

"""Functional dependencies: what one value must decide, and how many rows would have to go for it to hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.position.presentations import models
from audit.signals import Bools, Ints, Signals


@dataclass(frozen=True, slots=True)
class Violations:
    """How far one dependency is from holding."""

    name: str
    """Such as "model -> version"."""
    units: int
    removed: int
    """Fewest units to remove until it holds (the g3 measure, times units)."""
    rows: Bools
    """Comparisons of the units to remove, shape (comparisons,)."""

    @property
    def share(self) -> float:
        """The g3 measure: units to remove over units; there must be units."""
        return self.removed / self.units


def outvoted(determinant: Ints, dependent: Ints) -> Bools:
    """Return which units to remove so that equal determinants have equal dependents; shape (n,).

    Of each determinant the most frequent dependent stays, of equally frequent ones the smallest. Units with a negative
    number on either side are passed over.

    Source: Kivinen and Mannila 1995, Theoretical Computer Science 149 (the measure g3).
    """
    removed = np.zeros(len(determinant), dtype=np.bool_)
    used = np.flatnonzero((determinant >= 0) & (dependent >= 0))
    if not len(used):
        return removed
    width = int(dependent[used].max()) + 1
    pair = determinant[used] * width + dependent[used]
    kinds, inverse, counts = np.unique(pair, return_inverse=True, return_counts=True)
    owner = kinds // width
    order = np.lexsort((kinds, -counts, owner))
    is_best = np.concatenate([[True], owner[order][1:] != owner[order][:-1]])
    stays = np.zeros(len(kinds), dtype=np.bool_)
    stays[order[is_best]] = True
    removed[used] = ~stays[inverse.reshape(-1)]
    return removed


def dependencies(signals: Signals) -> list[Violations]:
    """Return every dependency whose columns are recorded."""
    found = [_model_version(signals), _annotator_class(signals), _id_prompt(signals), _file_version(signals)]
    return [one for one in found if one is not None and one.units]


def _violations(signals: Signals, name: str, left: Ints, right: Ints, comparison: Ints | None = None) -> Violations:
    removed = outvoted(left, right)
    rows = np.zeros(signals.comparisons, dtype=np.bool_)
    rows[np.flatnonzero(removed) if comparison is None else comparison[removed]] = True
    return Violations(name, int(((left >= 0) & (right >= 0)).sum()), int(removed.sum()), rows)


def _model_version(signals: Signals) -> Violations | None:
    named = models(signals)
    if named is None or not signals.has("model_version_a", "model_version_b"):
        return None
    sides = [signals.codes(f"model_version_{side}") for side in "ab"]
    number = {value: i for i, value in enumerate(sorted({*sides[0][1], *sides[1][1]}))}
    version = [np.array([number[v] for v in values] + [-1], dtype=np.int64)[codes] for codes, values in sides]
    place = np.arange(signals.comparisons)
    left, right = np.concatenate([named.a, named.b]), np.concatenate(version)
    return _violations(signals, "model -> version", left, right, np.concatenate([place, place]))


def _annotator_class(signals: Signals) -> Violations | None:
    if not signals.has("judgment.comparison", "judgment.annotator", "judgment.reviewer_class"):
        return None
    left, right = signals.codes("judgment.annotator")[0], signals.codes("judgment.reviewer_class")[0]
    return _violations(signals, "annotator -> class", left, right, signals.ints("judgment.comparison"))


def _id_prompt(signals: Signals) -> Violations | None:
    if not signals.has("comparison_key", "prompt_key"):
        return None
    return _violations(signals, "id -> prompt", signals.groups("comparison_key"), signals.groups("prompt_key"))


def _file_version(signals: Signals) -> Violations | None:
    if not signals.has("dataset_version"):
        return None
    return _violations(signals, "file -> dataset version", signals.ints("file"), signals.codes("dataset_version")[0])

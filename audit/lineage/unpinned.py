"""The comparisons of which a model may be another one tomorrow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from audit.lineage.pins import is_pinned_name, is_pinned_version
from audit.lineage.reviewers import MODEL
from audit.signals import Bools, Signals


def unpinned(signals: Signals) -> Bools | None:
    """Return the comparisons with a checkpoint that nothing fixes; None where no version of a model is recorded.

    A side counts when its version is not pinned, or is not there and its model's name is not pinned either. So do a
    reference model and a model that judged.
    """
    if not signals.has("model_version_a") and not signals.has("model_version_b"):
        return None
    found = np.zeros(signals.comparisons, dtype=np.bool_)
    for side in "ab":
        version = _said(signals, f"model_version_{side}", is_pinned_version)
        name = _said(signals, f"model_{side}", is_pinned_name)
        found |= np.where(version == 0, name < 2, version < 2)
    found |= _said(signals, "reference_model", is_pinned_name) == 1
    if signals.has("judgment.comparison", "judgment.annotator", "judgment.reviewer_class"):
        codes, classes = signals.codes("judgment.reviewer_class")
        is_model = codes == (classes.index(MODEL) if MODEL in classes else len(classes))
        who, names = signals.codes("judgment.annotator")
        loose = np.array([not is_pinned_name(name) for name in names] + [False], dtype=np.bool_)[who]
        found[signals.ints("judgment.comparison")[is_model & loose]] = True
    return found


def _said(
    signals: Signals, column: str, is_pinned: Callable[[str], bool]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return 0 where nothing is recorded, 1 for what may change, 2 for what is pinned."""
    if not signals.has(column):
        return np.zeros(signals.comparisons, dtype=np.int64)
    codes, values = signals.codes(column)
    return np.array([1 + is_pinned(value) for value in values] + [0], dtype=np.int64)[codes]

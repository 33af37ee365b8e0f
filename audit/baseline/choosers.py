"""Six rules that choose a side without reading it, as signs: 1 for side a, -1 for side b, 0 for neither."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.measure import Undefined
from audit.position.presentations import models
from audit.schema import A, B
from audit.signals import Signals
from audit.style.decisive import Decisive

Signs = npt.NDArray[np.int8]
MARKUP: Final = ("headers", "bullets", "numbered", "bold", "code_fences", "table_rows")
FOLDS: Final = 5
"""Parts of the prompts; a model's standing comes from the other parts."""


def _sign(values: npt.NDArray[np.generic]) -> Signs:
    return np.asarray(np.sign(values), dtype=np.int8)


def longest(signals: Signals, at: Decisive) -> Signs | Undefined:
    """The side with more code points."""
    if not signals.has("a_code_points", "b_code_points"):
        return Undefined("no text is recorded", "response_a")
    return _sign((signals.ints("a_code_points") - signals.ints("b_code_points"))[at.rows])


def shortest(signals: Signals, at: Decisive) -> Signs | Undefined:
    """The side with fewer code points."""
    found = longest(signals, at)
    return found if isinstance(found, Undefined) else _sign(-found)


def most_markup(signals: Signals, at: Decisive) -> Signs | Undefined:
    """The side with more headers, list items, bold, code fences and table rows together."""
    held = [name for name in MARKUP if signals.has(f"a_{name}", f"b_{name}")]
    if not held:
        return Undefined("no text is recorded", "response_a")
    total = np.zeros(signals.comparisons, dtype=np.int64)
    for name in held:
        total += signals.ints(f"a_{name}") - signals.ints(f"b_{name}")
    return _sign(total[at.rows])


def no_refusal(signals: Signals, at: Decisive) -> Signs | Undefined:
    """The side that does not refuse, where the other does."""
    if not signals.has("a_refusal", "b_refusal"):
        return Undefined("no text is recorded", "response_a")
    refuses = (signals.ints("a_refusal") > 0).astype(np.int8), (signals.ints("b_refusal") > 0).astype(np.int8)
    return _sign((refuses[1] - refuses[0])[at.rows])


def first_slot(signals: Signals, at: Decisive) -> Signs | Undefined:
    """The side that was shown first in more of the comparison's judgments."""
    if not signals.has("judgment.comparison", "judgment.shown_first"):
        return Undefined("the order shown is not recorded", "judgment.shown_first")
    shown, comparison = signals.ints("judgment.shown_first"), signals.ints("judgment.comparison")
    lean = (shown == A).astype(np.float64) - (shown == B)
    return _sign(np.bincount(comparison, lean, minlength=signals.comparisons)[at.rows])


def better_model(signals: Signals, at: Decisive) -> Signs | Undefined:
    """The side whose model wins a larger share of the comparisons of other prompts against other models."""
    named = models(signals)
    if named is None:
        return Undefined("models are not recorded", "model_a")
    a, b = named.a[at.rows], named.b[at.rows]
    differ = (a >= 0) & (b >= 0) & (a != b)
    if not differ.any():
        return Undefined("no comparison is of two models", "model_a")
    signs, fold = np.zeros(len(at), dtype=np.int8), at.clusters % FOLDS
    won, lost = np.where(at.a_won, a, b), np.where(at.a_won, b, a)
    for one in range(FOLDS):
        seen, held = differ & (fold != one), differ & (fold == one)
        wins = np.bincount(won[seen], minlength=len(named.names)).astype(np.float64)
        both = wins + np.bincount(lost[seen], minlength=len(named.names))
        standing = np.where(both > 0, wins / np.maximum(both, 1.0), 0.5)
        signs[held] = _sign(standing[a[held]] - standing[b[held]])
    return signs


CHOOSERS: Final[dict[str, Callable[[Signals, Decisive], Signs | Undefined]]] = {
    "longest": longest,
    "shortest": shortest,
    "most_markup": most_markup,
    "no_refusal": no_refusal,
    "first_slot": first_slot,
    "better_model": better_model,
}

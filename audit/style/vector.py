"""The style of an answer as numbers: one list of features, each a formula over the counted columns of a side.

Counts enter as log(1 + count), since the tenth bullet says less than the first; shares stay shares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.extract.lexicon import OPENERS
from audit.signals import Floats, Ints, Signals
from audit.style.decisive import Decisive


@dataclass(frozen=True, slots=True)
class StyleFeature:
    """One number of one answer."""

    name: str
    columns: tuple[str, ...]
    """Signal columns without the side's prefix."""
    formula: Callable[..., Floats]
    """Arrays of the columns, each shape (n,), to the feature, shape (n,)."""
    scale: str
    """What a difference of it is a difference of."""


def _logged(name: str) -> StyleFeature:
    return StyleFeature(name, (name,), np.log1p, f"log(1 + {name.replace('_', ' ')})")


def _flag(name: str) -> StyleFeature:
    return StyleFeature(name, (name,), lambda code: (code > 0).astype(np.float64), f"share with {name}")


def _opener(rank: int, name: str) -> StyleFeature:
    share = f"share that opens with {name}"
    return StyleFeature(f"opener_{name}", ("opener",), lambda code: (code == rank).astype(np.float64), share)


def _per(name: str, part: str, whole: str) -> StyleFeature:
    scale = f"{part.replace('_', ' ')} per {whole.replace('_', ' ').removesuffix('s')}"
    return StyleFeature(name, (part, whole), lambda a, b: a / np.maximum(b, 1.0), scale)


LENGTH: Final = StyleFeature("length", ("code_points",), np.log1p, "log(1 + code points)")
STYLE_VECTOR: Final[tuple[StyleFeature, ...]] = (
    LENGTH,
    *map(_logged, ("words", "sentences", "lines", "paragraphs")),
    StyleFeature(
        "words_per_sentence",
        ("words", "sentences"),
        lambda words, sentences: np.log1p(words / np.maximum(sentences, 1.0)),
        "log(1 + words per sentence)",
    ),
    _per("distinct_word_share", "distinct_words", "words"),
    *map(_logged, ("headers", "bullets", "numbered", "bold", "code_fences", "inline_code", "table_rows", "links")),
    *map(_logged, ("emoji", "digits", "questions", "exclamations")),
    _per("capital_share", "capitals", "letters"),
    _per("non_ascii_share", "non_ascii", "code_points"),
    _per("first_person_share", "first_person", "words"),
    _per("hedge_share", "hedges", "words"),
    *map(_flag, ("refusal", "closer")),
    *(_opener(rank, name) for rank, (name, _) in enumerate(OPENERS, start=1)),
)
COLUMNS: Final = tuple(sorted({column for feature in STYLE_VECTOR for column in feature.columns}))
"""Signal columns that the vector reads, without the side's prefix."""


@dataclass(frozen=True, slots=True)
class StyleDifferences:
    """Chosen minus rejected, feature by feature."""

    features: tuple[StyleFeature, ...]
    values: Floats
    """Shape (n, k)."""
    sides: Floats
    """Shape (2 m, j): the features of m chosen answers, then of their m rejected ones, without constant features."""


def style_differences(signals: Signals, at: Decisive, singles: Ints | None = None) -> StyleDifferences:
    """Return the differences of every feature whose columns are recorded and that differs anywhere.

    One column of the signals is in memory at a time, beside the result of shape (n, k).

    Args:
        signals: with text features.
        at: the labels.
        singles: positions of the labels whose single answers are wanted too; None: of none.
    """
    kept: list[StyleFeature] = []
    columns: list[Floats] = []
    sides_apart: list[Floats] = []
    for feature in STYLE_VECTOR:
        if all(signals.has(f"a_{column}", f"b_{column}") for column in feature.columns):
            sides = [at.chosen_and_rejected(signals, column) for column in feature.columns]
            chosen, rejected = (feature.formula(*(side[i].astype(np.float64) for side in sides)) for i in (0, 1))
            if singles is not None:
                single = np.concatenate([chosen[singles], rejected[singles]])
                if single.min(initial=np.inf) < single.max(initial=-np.inf):
                    sides_apart.append((single - single.mean()) / single.std())
            difference = chosen - rejected
            if difference.any():
                kept.append(feature)
                columns.append(difference)
    few = 0 if singles is None else len(singles)
    return StyleDifferences(
        tuple(kept),
        np.column_stack(columns) if columns else np.zeros((len(at), 0)),
        np.column_stack(sides_apart) if sides_apart else np.zeros((2 * few, 0)),
    )

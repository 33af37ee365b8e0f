"""Who judged: classes that are not recorded, models among the humans, and models that judge their own kind."""

from __future__ import annotations

import numpy as np

from audit.lineage.fields import is_placeholder
from audit.lineage.pins import family, looks_like_model
from audit.position.presentations import models
from audit.signals import Bools, Signals

MODEL = "model"


def unclassed(signals: Signals) -> Bools | None:
    """Return the judgments without a reviewer class, shape (judgments,); None where no judgment has one."""
    if not signals.has("judgment.comparison", "judgment.reviewer_class"):
        return None
    codes, classes = signals.codes("judgment.reviewer_class")
    return np.array([is_placeholder(name) or not name.strip() for name in classes] + [True], dtype=np.bool_)[codes]


def unmarked(signals: Signals) -> Bools | None:
    """Return the judgments of another class than model by an annotator named like a model; None without names.

    An annotator is named like a model when some other judgment says it is one, or its name says so.
    """
    if not signals.has("judgment.comparison", "judgment.annotator", "judgment.reviewer_class"):
        return None
    is_model = _by_models(signals)
    who, names = signals.codes("judgment.annotator")
    named = np.array([looks_like_model(name) for name in names] + [False], dtype=np.bool_)
    named[np.unique(who[is_model & (who >= 0)])] = True
    return np.asarray(named[who] & ~is_model)


def own_family(signals: Signals) -> Bools | None:
    """Return, for each judgment by a named model on two named candidates, whether one is of its family.

    None where names are not recorded.
    """
    candidates = models(signals)
    if candidates is None or not signals.has("judgment.comparison", "judgment.annotator", "judgment.reviewer_class"):
        return None
    who, names = signals.codes("judgment.annotator")
    place = signals.ints("judgment.comparison")
    chosen = np.flatnonzero(_by_models(signals) & (who >= 0) & (candidates.a[place] >= 0) & (candidates.b[place] >= 0))
    known = {name: i for i, name in enumerate(sorted({family(name) for name in [*names, *candidates.names]} - {""}))}
    judge = np.array([known.get(family(name), -1) for name in names], dtype=np.int64)[who[chosen]]
    of = np.array([known.get(family(name), -1) for name in candidates.names] + [-1], dtype=np.int64)
    a, b = of[candidates.a[place[chosen]]], of[candidates.b[place[chosen]]]
    return np.asarray((judge >= 0) & ((judge == a) | (judge == b)))


def _by_models(signals: Signals) -> Bools:
    codes, classes = signals.codes("judgment.reviewer_class")
    return np.asarray(codes == (classes.index(MODEL) if MODEL in classes else len(classes)))

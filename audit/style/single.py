"""Single answers, without the one beside them: can chosen be told from rejected by form, or by who wrote it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import Slice
from audit.position.presentations import models
from audit.signals import Bools, Floats, Ints, Signals, key_groups, key_matrix
from audit.stats.auc import Auc, unpaired_auc
from audit.stats.folds import held_out_advantages
from audit.stats.logit import penalised
from audit.style.decisive import Decisive

MOST_MODELS: Final = 20


def single_auc(features: Floats, clusters: Ints, *, folds: int, l2: float) -> Auc:
    """Return how well a model of single answers tells chosen from rejected ones of prompts that it has not seen.

    Args:
        features: shape (2 n, k), the n chosen answers first, in comparable units.
        clusters: shape (n,), of the comparisons, numbered densely; cluster c is held out in fold c modulo `folds`.
        folds: at least 2.
        l2: penalty on the coefficients, the constant left free.
    """
    n = len(clusters)
    both = np.concatenate([clusters, clusters])
    is_chosen = np.repeat([1.0, 0.0], n)
    design = np.column_stack([np.ones(2 * n), features])
    penalty = np.full(design.shape[1], l2)
    penalty[0] = 1e-9  # each comparison has one of either kind, so the constant is near zero
    scores = np.zeros(2 * n)
    start = penalised(design, is_chosen, np.broadcast_to(1.0, 2 * n), penalty, np.zeros(len(penalty)))
    for fold in range(folds):
        held = both % folds == fold
        if held.any() and not held.all():
            seen = np.where(held, 0.0, 1.0)
            scores[held] = design[held] @ penalised(design, is_chosen, seen, penalty, start)
    scores = np.round(scores, 9)
    return unpaired_auc(scores[:n], scores[n:], clusters)


def model_advantages(signals: Signals, at: Decisive, *, folds: int, l2: float) -> Floats | None:
    """Return each label's held-out log odds by the two models alone; None where no two models are recorded.

    Models beyond the `MOST_MODELS` most frequent are one.
    """
    named = models(signals)
    if named is None or not len(at):
        return None
    a, b = named.a[at.rows], named.b[at.rows]
    counts = np.bincount(np.concatenate([a[a >= 0], b[b >= 0]]), minlength=len(named.names))
    common = np.argsort(-counts, kind="stable")[:MOST_MODELS]
    chosen, rejected = np.where(at.a_won, a, b), np.where(at.a_won, b, a)
    columns = [(chosen == one).astype(np.float64) - (rejected == one) for one in common]
    kept = [column for column in columns if column.any()]
    return held_out_advantages(np.column_stack(kept), at.clusters, folds=folds, l2=l2) if kept else None


def one_model(signals: Signals) -> Iterator[tuple[Slice, Bools]]:
    """Yield the comparisons whose sides one model wrote, shape (comparisons,): there style cannot stand for a model."""
    named = models(signals)
    if named is not None:
        yield Slice("sides", "of one model"), (named.a == named.b) & (named.a >= 0)


def constant_chosen(signals: Signals, at: Decisive) -> tuple[int, Bools] | None:
    """Return for how many prompts the text is chosen that is chosen for most, and the labels that chose it.

    None without keys of the texts. Where no text is chosen twice, the number is 1 and no label is told.
    """
    if not signals.has("a_key", "b_key") or not len(at):
        return None
    a, b = (key_matrix(signals.load(name)) for name in ("a_key", "b_key"))
    halves = np.where(at.a_won, a[at.rows, 0], b[at.rows, 0])
    ranked = np.sort(halves)
    repeated = np.unique(ranked[1:][ranked[1:] == ranked[:-1]])
    again, chose = np.flatnonzero(np.isin(halves, repeated)), np.zeros(len(at), dtype=np.bool_)
    if not len(again):
        return 1, chose
    rows, prompt = at.rows[again], at.clusters[again]
    text = key_groups(np.where(at.a_won[again, None], a[rows], b[rows]), np.zeros(len(again), dtype=np.bool_))
    width = int(prompt.max()) + 1
    prompts = np.bincount(np.unique(text * width + prompt) // width)
    chose[again[text == int(prompts.argmax())]] = True
    return int(prompts.max()), chose

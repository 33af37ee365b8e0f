"""Length beside what else may explain a label: models, quality, one model, planted padding; and its form.

An association of length with labels is called bias only where it survives such a control.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.measure import Kind, Measure, Slice, Undefined
from audit.paired_measures import mean_difference, odds_ratio
from audit.position.presentations import models
from audit.shares import share_measure
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.auc import paired_auc
from audit.stats.folds import held_out_advantages, rescaled
from audit.stats.logit import logit
from audit.style.decisive import Decisive, smallest_positions

MODELS: Final = "verbosity.length_odds_ratio_models"
QUALITY: Final = "verbosity.length_odds_ratio_quality"
CIRCULAR: Final = "verbosity.quality_length_auc"
EQUAL_QUALITY: Final = "verbosity.equal_quality_rate"
SAME_MODEL: Final = "verbosity.same_model_rate"
FORM: Final = "verbosity.form_log_loss"
PADDED: Final = "verbosity.padded_wins_rate"

UNITS: Final = {
    **dict.fromkeys((MODELS, QUALITY), "odds ratio per SD"),
    **dict.fromkeys((EQUAL_QUALITY, SAME_MODEL, PADDED), "share"),
    CIRCULAR: "AUC",
    FORM: "nats",
}
MOST_MODELS: Final = 20
MOST_FITTED: Final = 20_000
"""Labels of smallest key that a control is fitted to, at most."""
MOST_FORMS: Final = 10_000
"""Labels that forms are compared on, at most."""
CELLS: Final = 4_000_000
"""Clusters times columns squared of one fit, at most."""
RIDGE: Final = 1.0
LEAST: Final = 100
"""Decisive labels below which no control is fitted."""
OWN_LENGTH: Final = 0.6
"""AUC of length for the quality signal, shown to be beyond which it is no control for length."""
SOURCE: Final = 0.99
"""Share of labels that go to the higher score from which the scores are the labels' source."""
FOLDS: Final = 5
PROBE: Final = "slice.probe"
_TEXTLESS: Final = Undefined("no label that chose a side of a comparison with text on both", "label")


@dataclass(frozen=True, slots=True)
class _Case:
    """Decisive labels with what the controls need of them, each of shape (n,)."""

    at: Decisive
    gap: Floats
    """Code points of the chosen side less the rejected."""
    log_ratio: Floats


def control_measures(signals: Signals, at: Decisive, gap: Ints, log_ratio: Floats, level: float) -> Iterator[Measure]:
    """Yield the length effect beside models and quality, the rates at equal quality and within one model, and forms.

    Args:
        signals: for models, scores, ratings and probes.
        at: decisive labels of comparisons with text.
        gap: shape (n,), code points of the chosen side less the rejected.
        log_ratio: shape (n,), of the same.
        level: two-sided.
    """
    if not len(at):
        for name, unit in UNITS.items():
            yield Measure(name, _TEXTLESS, unit, Kind.PROCESS, 0)
        return
    case = _Case(at, gap.astype(np.float64), log_ratio)
    quality = _quality(signals, at)
    yield _beside_models(signals, case, level)
    yield from _beside_quality(signals, case, quality, level)
    yield _equal_quality(case, quality, level)
    yield _same_model(signals, case, level)
    yield from _forms(signals, case, level)
    yield _padded(signals, case, level)


def _quality(signals: Signals, at: Decisive) -> dict[str, Floats]:
    """Chosen less rejected of every recorded signal of quality, nan where not recorded of both sides."""
    found = {}
    for name in ("score", "aspects"):
        if signals.has(f"{name}_a", f"{name}_b"):
            difference = (signals.floats(f"{name}_a") - signals.floats(f"{name}_b"))[at.rows]
            found[name] = np.where(at.a_won, difference, -difference)
    return found


def _model_columns(signals: Signals, at: Decisive) -> tuple[Floats, Bools] | None:
    """Return a column a common model, 1 where it wrote the chosen side, -1 the rejected, and which rows are told."""
    named = models(signals)
    if named is None:
        return None
    a, b = named.a[at.rows], named.b[at.rows]
    chosen, rejected = np.where(at.a_won, a, b), np.where(at.a_won, b, a)
    counts = np.bincount(np.concatenate([a[a >= 0], b[b >= 0]]), minlength=len(named.names))
    common = np.zeros(len(named.names) + 1, dtype=np.bool_)
    common[np.argsort(-counts, kind="stable")[:MOST_MODELS]] = True
    common[-1] = False
    told = common[chosen] & common[rejected]
    columns = [(chosen == one).astype(np.float64) - (rejected == one) for one in np.flatnonzero(common)]
    kept = [column for column in columns if column[told].any()]
    return (np.column_stack(kept) if kept else np.zeros((len(at), 0))), told


def _fitted(name: str, signals: Signals, case: _Case, beside: Floats, kept: Bools, what: str, level: float) -> Measure:
    """Return the odds ratio of length per SD in a logit with other columns beside it."""
    unit = "odds ratio per SD"
    if kept.sum() < LEAST:
        none = Undefined(f"fewer than {LEAST} decisive labels with {what}", "more comparisons")
        return Measure(name, none, unit, Kind.PROCESS, int(kept.sum()))
    rows = np.flatnonzero(kept)
    most = min(MOST_FITTED, CELLS // (1 + beside.shape[1]) ** 2)
    at, chosen = _fewer(signals, case.at.take(rows), most)
    inside = rows[chosen]
    x = np.column_stack([np.tanh(rescaled(case.gap[inside])), beside[inside]])
    fit = logit(x, np.broadcast_to(1.0, len(at)), at.clusters, intercept=False, l2=RIDGE)
    if not fit.is_estimated:
        return Measure(name, Undefined(str(fit.problem)), unit, Kind.PROCESS, fit.n)
    told = f"logit of chosen on tanh(difference / SD) with {what} beside it, ridge {RIDGE:g}, at one SD"
    return odds_ratio(name, fit, unit=unit, what=told, level=level, at_value=math.tanh(1.0))


def _fewer(signals: Signals, at: Decisive, most: int) -> tuple[Decisive, Ints]:
    """Return the labels of the comparisons of smallest key, at most `most`, and their positions."""
    inside = smallest_positions(signals, at, most)
    return (at if len(inside) == len(at) else at.take(inside)), inside


def _beside_models(signals: Signals, case: _Case, level: float) -> Measure:
    columns = _model_columns(signals, case.at)
    if columns is None:
        none = Undefined("models are not recorded", "model_a")
        return Measure(MODELS, none, "odds ratio per SD", Kind.PROCESS, 0)
    return _fitted(MODELS, signals, case, columns[0], columns[1], "effects of the models", level)


def _beside_quality(signals: Signals, case: _Case, quality: dict[str, Floats], level: float) -> Iterator[Measure]:
    unit = "odds ratio per SD"
    if not quality:
        none = Undefined("no score or fine-grained rating is recorded", "score_a")
        yield Measure(CIRCULAR, none, "AUC", Kind.PROCESS, 0)
        yield Measure(QUALITY, none, unit, Kind.PROCESS, 0)
        return
    quality = {name: values for name, values in quality.items() if not _decides(values)}
    if not quality:
        none = Undefined("the scores decide the labels: they are their source, not a control", "independent scores")
        yield Measure(CIRCULAR, none, "AUC", Kind.PROCESS, 0)
        yield Measure(QUALITY, none, unit, Kind.PROCESS, 0)
        return
    known = np.logical_and.reduce([np.isfinite(values) for values in quality.values()])
    scaled = [rescaled(np.where(known, values, 0.0)) for values in quality.values()]
    own = _own_length(case, np.sum(scaled, axis=0), known, level)
    yield own
    if own.interval is not None and (own.interval.low > OWN_LENGTH or own.interval.high < 1 - OWN_LENGTH):
        none = Undefined(f"the scores go with length themselves (AUC {own.number:.2f})", "scores blind to length")
        yield Measure(QUALITY, none, unit, Kind.PROCESS, int(known.sum()))
        return
    beside, what = scaled, f"{' and '.join(quality)}"
    columns = _model_columns(signals, case.at)
    if columns is not None and (columns[1] & known).sum() >= LEAST:
        beside, known, what = [*scaled, columns[0]], known & columns[1], f"{what} and effects of the models"
    yield _fitted(QUALITY, signals, case, np.column_stack(beside), known, what, level)


def _decides(values: Floats) -> bool:
    """Whether all but a few labels go to the side of the higher value, as if it had made them."""
    telling = np.isfinite(values) & (values != 0)
    return bool(telling.any()) and float((values[telling] > 0).mean()) >= SOURCE


def _own_length(case: _Case, merit: Floats, known: Bools, level: float) -> Measure:
    """How well length tells the side of higher quality."""
    differ = np.flatnonzero(known & (merit != 0))
    toward = case.log_ratio[differ] * np.sign(merit[differ])
    if len(differ) < 2 or not toward.any():
        none = Undefined("no comparison whose sides differ in quality and in length", "score_a")
        return Measure(CIRCULAR, none, "AUC", Kind.PROCESS, len(differ))
    found = paired_auc(toward, case.at.clusters[differ])
    method = "log length ratio, side of higher quality against the other, entered from both sides"
    interval, units = found.interval(level), found.n_effective
    return Measure(CIRCULAR, found.value, "AUC", Kind.PROCESS, found.n, interval, units, method=method)


def _rate(name: str, case: _Case, kept: Bools, what: str, unlock: str, level: float) -> Measure:
    rows = np.flatnonzero(kept & (case.gap != 0))
    clusters = {"prompt": case.at.clusters[rows]}
    return share_measure(name, case.gap[rows] > 0, clusters, what, level=level, unlock=unlock)


def _equal_quality(case: _Case, quality: dict[str, Floats], level: float) -> Measure:
    if not quality:
        none = Undefined("no score or fine-grained rating is recorded", "score_a")
        return Measure(EQUAL_QUALITY, none, "share", Kind.PROCESS, 0)
    equal = np.logical_and.reduce([values == 0 for values in quality.values()])
    what = f"decisive {case.at.what} of equal {' and '.join(quality)} that the longer side won"
    return _rate(EQUAL_QUALITY, case, equal, what, "pairs of equal scores", level)


def _same_model(signals: Signals, case: _Case, level: float) -> Measure:
    named = models(signals)
    if named is None:
        return Measure(SAME_MODEL, Undefined("models are not recorded", "model_a"), "share", Kind.PROCESS, 0)
    a, b = named.a[case.at.rows], named.b[case.at.rows]
    what = f"decisive {case.at.what} within one model that the longer side won"
    return _rate(SAME_MODEL, case, (a == b) & (a >= 0), what, "comparisons within one model", level)


def _padded(signals: Signals, case: _Case, level: float) -> Measure:
    """Planted pairs of an answer and a padded copy of it, marked as such in the slice `probe`."""
    if not signals.has(PROBE):
        none = Undefined("no planted pair of an answer and its padded copy is marked", 'slice "probe" = "padding"')
        return Measure(PADDED, none, "share", Kind.PROCESS, 0)
    codes, names = signals.codes(PROBE)
    is_padding = np.array([name.strip().lower().startswith("pad") for name in names] + [False], dtype=np.bool_)
    what = f"decisive {case.at.what} on planted pairs that the padded copy won"
    return _rate(PADDED, case, is_padding[codes][case.at.rows], what, 'slice "probe" = "padding"', level)


def _forms(signals: Signals, case: _Case, level: float) -> Iterator[Measure]:
    """Held-out log loss of four forms of the length effect: which fits, and whether it levels off."""
    at, inside = _fewer(signals, case.at, MOST_FORMS)
    prompts = int(at.clusters[-1]) + 1 if len(at) else 0
    if len(at) < LEAST or prompts < FOLDS:
        none = Undefined(f"fewer than {LEAST} decisive labels, or {FOLDS} prompts, to hold out", "more comparisons")
        yield Measure(FORM, none, "nats", Kind.PROCESS, len(at))
        return
    gap, ratio = rescaled(case.gap[inside]), case.log_ratio[inside]
    knots = np.quantile(np.abs(ratio), (0.25, 0.5, 0.75))
    bent = [np.sign(ratio) * np.maximum(np.abs(ratio) - knot, 0.0) for knot in knots]
    forms = {
        "difference": gap[:, None],
        "tanh of difference": np.tanh(gap)[:, None],
        "log ratio": ratio[:, None],
        "log ratio with three bends": np.column_stack([ratio, *bent]),
    }
    for name, columns in forms.items():
        found = held_out_advantages(rescaled(columns), at.clusters, folds=FOLDS, l2=RIDGE)
        loss = np.round(np.logaddexp(0.0, -found), 12).astype(np.float64)
        what = (
            f"held-out log loss of labels by length alone, {FOLDS} folds by prompt; a blind guess has {math.log(2):.4f}"
        )
        part = Slice("form", name)
        yield mean_difference(FORM, loss, at.clusters, "prompt", unit="nats", what=what, part=part, level=level)

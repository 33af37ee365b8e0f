"""What disagreement implies for the labels that were shipped, and how many more overlaps would settle it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.agreement.overlap import Agreement
from audit.agreement.panel import NO_OVERLAP, Panel
from audit.agreement.votes import FIRST, TIE
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.schema import A, B
from audit.signals import Bools, Ints
from audit.slices import slices
from audit.stats.implied_error import mixed_error, slope
from audit.student import normal_quantile

VOTES_SHOWN: Final = (1, 3, 5, 7)
"""Votes a label for which the implied error is told."""


def label_measures(panel: Panel, suspicious: int) -> Iterator[Measure]:
    """Yield the implied error of shipped labels, whole and per slice, by votes a label, and labels against the votes.

    Args:
        panel: the votes.
        suspicious: unanimous items at which unanimity means that disagreements were taken out.
    """
    agreement = panel.decisive.mean(panel.level)
    shipped, votes, against = _shipped(panel)
    yield _implied(agreement, votes[shipped], suspicious, panel.level, ALL)
    for part, inside in slices(panel.signals):
        yield _implied(panel.by_slice[part][1], votes[shipped & inside], suspicious, panel.level, part)
    for count in VOTES_SHOWN:
        part = Slice("votes", str(count))
        yield _of_votes(
            agreement, np.bincount([count]).astype(np.int64), "agreement.implied_error_of_votes", panel.level, part
        )
    n = int((shipped & (votes > 0)).sum())
    method = "exact count of shipped labels that most of their own decisive votes oppose; n: labels with such votes"
    evidence = panel.signals.evidence(against)
    yield Measure(
        "agreement.against_majority", evidence.total, "count", Kind.CENSUS, n, evidence=evidence, method=method
    )


def _shipped(panel: Panel) -> tuple[Bools, Ints, Bools]:
    """Return, for each comparison, whether it ships a side, on how many votes, and whether most of them oppose it.

    Votes are those of different annotators on the comparison itself. Where no label is shipped, a majority is one.
    """
    every, n = panel.every, panel.signals.comparisons
    decisive = every.take(every.category < TIE)
    people = int(decisive.annotator.max(initial=0)) + 1
    whose = decisive.comparison * people + decisive.annotator
    order = np.argsort(whose, kind="stable")
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = whose[order][1:] != whose[order][:-1]
    votes = np.bincount(decisive.comparison[order][fresh], minlength=n)
    firsts = np.bincount(decisive.comparison, weights=decisive.category == FIRST, minlength=n)
    all_votes = np.bincount(decisive.comparison, minlength=n)
    if not panel.signals.has("label"):
        return (votes > 0) & (2 * firsts != all_votes), votes, np.zeros(n, dtype=np.bool_)
    label = panel.signals.ints("label")
    a_first = panel.signals.ints("a_is_first") > 0 if panel.signals.has("a_is_first") else np.ones(n, dtype=np.bool_)
    shipped = (label == A) | (label == B)
    with_it = np.where((label == A) == a_first, firsts, all_votes - firsts)
    return shipped, votes, shipped & (2 * with_it < all_votes)


def _implied(found: Agreement | None, votes: Ints, suspicious: int, level: float, part: Slice) -> Measure:
    name = "agreement.implied_label_error"
    if found is not None and not len(votes):
        none = Undefined("no label that chooses a side is shipped", "label")
        return Measure(name, none, "share", Kind.PROCESS, 0, slice=part)
    if found is not None and found.value == 1.0 and found.n >= suspicious:
        reason = f"all {found.n} items with several decisive votes are unanimous: disagreements were taken out"
        none = Undefined(reason, "every raw judgment, those that disagree too")
        return Measure(name, none, "share", Kind.PROCESS, found.n, slice=part)
    return _of_votes(found, np.bincount(np.maximum(votes, 1), minlength=2).astype(np.int64), name, level, part)


def _of_votes(found: Agreement | None, votes: Ints, name: str, level: float, part: Slice) -> Measure:
    """Return the error that an agreement implies for labels of which votes[R] rest on R votes."""
    if found is None:
        return Measure(name, NO_OVERLAP, "share", Kind.PROCESS, 0, slice=part)
    used = np.flatnonzero(votes)
    spread = f"{used[0]}" if len(used) == 1 else f"{used[0]} to {used[-1]}"
    ends = found.interval
    rate = abs(slope(found.value, votes))
    error = None if ends.standard_error is None or rate == 0 else ends.standard_error * rate
    interval = Interval(
        mixed_error(ends.high, votes),
        mixed_error(ends.low, votes),
        level,
        f"through that of the decisive agreement: {ends.method}",
        error,
        None if error is None else ends.df,
    )
    method = f"implied by disagreement (Beta model) at {spread} votes a label; n: items with two decisive votes"
    return Measure(
        name,
        mixed_error(found.value, votes),
        "share",
        Kind.PROCESS,
        found.n,
        interval,
        found.n_effective,
        part,
        method=method,
    )


def overlaps_needed(there: int, alpha: Measure | None, half_width: float, level: float) -> Measure:
    """Return how many further items need a second vote for alpha to be known within `half_width`.

    Args:
        there: items that have two votes.
        alpha: the measure; None where there is none.
        half_width: wanted.
        level: two-sided, of the wanted interval.

    With an interval the need scales as its square; without one it is that of an even split between two categories:
    E_pa = E / 2 and n = z^2 / (4 E_pa^2) (Gwet, Handbook of Inter-Rater Reliability, sample size of agreement).
    """
    name = "agreement.overlaps_needed"
    if alpha is None or alpha.interval is None:
        z = normal_quantile(0.5 + level / 2)
        wanted, how = math.ceil((z / half_width) ** 2), "as for two categories that agree by chance"
    else:
        half = (alpha.interval.high - alpha.interval.low) / 2
        wanted, how = math.ceil(there * (half / half_width) ** 2), f"half-width of alpha now {half:.3f}"
    method = f"further items with two votes for alpha within {half_width:g}; {how}; n: items that have them"
    return Measure(name, max(0, wanted - there), "count", Kind.PROCESS, there, method=method)

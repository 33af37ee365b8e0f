"""Was the order of presentation random? Tests of the order against all that a source records of the two sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from audit.measure import Interval
from audit.position.presentations import Models, Presentations, length_difference, score_difference
from audit.signals import Bools, Floats, Ints, Signals
from audit.stats.clusters import Share, share
from audit.stats.proportions import LEVEL, even_odds_test
from audit.stats.runs import runs_test


@dataclass(frozen=True, slots=True)
class ModelPair:
    """How often the first-named model of a pair was shown first."""

    name: str
    share: Share
    p_value: float
    """Exact two-sided binomial test of one half."""


@dataclass(frozen=True, slots=True)
class OrderTest:
    """One test of the order: of what, and its p value if the order is random."""

    of: str
    p_value: float


def model_pairs(models: Models, shown: Presentations, least: int, level: float = LEVEL) -> list[ModelPair]:
    """Return every pair of different models that has at least `least` units, in name order."""
    pair, first_named_a, differ = models.pairs(shown.comparison)
    kept = np.flatnonzero(differ)
    pair, first = pair[kept], first_named_a[kept] == shown.a_first[kept]
    order = np.argsort(pair, kind="stable")
    numbers, starts, counts = np.unique(pair[order], return_index=True, return_counts=True)
    found = []
    for number, start, count in zip(numbers, starts, counts, strict=True):
        if count >= least:
            mine = order[start : start + count]
            estimate = share(first[mine], {"prompt": shown.prompt[kept][mine]}, level)
            p = float(even_odds_test(int(first[mine].sum()), int(count)))
            found.append(ModelPair(models.pair_name(int(number)), estimate, p))
    return found


def largest_excess(shares: Sequence[Share], level: float = LEVEL, of: str = "pairs") -> tuple[float, Interval]:
    """Return the largest |share - 1/2| over shares (not empty) and an interval for the largest true one.

    Upper end: the largest upper bound, as to certify all shares each must pass (Berger 1982, Technometrics 24,
    intersection-union). Lower end: the largest lower bound at a Bonferroni level over the shares and their two sides,
    so that it is above 0 for shares that are all one half with probability (1 - level) / 2 at most.
    """
    value = max(abs(one.value - 0.5) for one in shares)
    high = max(max(one.interval.high - 0.5, 0.5 - one.interval.low) for one in shares)
    strict = 1 - (1 - level) / (2 * len(shares))
    low = 0.0
    for one in shares:
        low_end, high_end = one.bounds(strict)
        low = max(low, low_end - 0.5, 0.5 - high_end)
    method = f"largest of {len(shares)} {of}: upper end intersection-union, lower end Bonferroni"
    return value, Interval(min(low, value), max(high, value), level, method)


def rare_pairs_test(models: Models, shown: Presentations, least: int) -> float | None:
    """Return one p value for all model pairs below `least` units: do they lean to either order more than chance?

    The sum over pairs of (x - n/2)^2 / (n/4) has mean one and variance 2 - 2/n a pair under random order; it is
    compared with the gamma distribution of the same mean and variance (Satterthwaite 1946, Biometrics 2). None with
    fewer than ten pairs of two or more units.
    """
    pair, first_named_a, differ = models.pairs(shown.comparison)
    numbers, inverse = np.unique(pair[differ], return_inverse=True)
    first = (first_named_a == shown.a_first)[differ]
    n = np.bincount(inverse.reshape(-1), minlength=len(numbers)).astype(np.float64)
    x = np.bincount(inverse.reshape(-1), weights=first, minlength=len(numbers))
    rare = (n >= 2) & (n < least)
    if rare.sum() < 10:
        return None
    n, x = n[rare], x[rare]
    total, mean, variance = float(((x - n / 2) ** 2 / (n / 4)).sum()), float(len(n)), float((2 - 2 / n).sum())
    from scipy.special import gammaincc  # a fifth of a second, so only here

    return float(gammaincc(mean**2 / variance, total * mean / variance))


def lean_tests(signals: Signals, shown: Presentations) -> Iterator[OrderTest]:
    """Yield exact tests that the longer side, and the side of higher score, comes first half of the time."""
    length = length_difference(signals, shown.comparison)
    if length is not None:
        yield from _lean("longer side first", length, shown.a_first)
        files = signals.ints("file")[shown.comparison]
        names = sorted(set(files.tolist()))
        if len(names) > 1:
            for number in names:
                mine = files == number
                yield from _lean(f"longer side first in {signals.files[number]}", length[mine], shown.a_first[mine])
    score = score_difference(signals, shown.comparison)
    if score is not None:
        yield from _lean("side of higher score first", score, shown.a_first)


def lean_shares(signals: Signals, shown: Presentations, least: int, level: float = LEVEL) -> dict[str, Share]:
    """Return how often the longer side, and the side of higher score, comes first, where `least` units can tell.

    Args:
        signals: for lengths and scores.
        shown: the units.
        least: units whose sides differ that a share needs.
        level: two-sided, of the intervals.
    """
    differences = {
        "longer side": length_difference(signals, shown.comparison),
        "side of higher score": score_difference(signals, shown.comparison),
    }
    found: dict[str, Share] = {}
    for name, difference in differences.items():
        telling = np.zeros(0, np.bool_) if difference is None else np.isfinite(difference) & (difference != 0)
        if difference is not None and telling.sum() >= least:
            hits = ((difference > 0) == shown.a_first)[telling]
            found[name] = share(hits, {"prompt": shown.prompt[telling]}, level)
    return found


def _lean(of: str, difference: Floats, a_first: Bools) -> Iterator[OrderTest]:
    """Test the sign of a - b against the order; ties and unrecorded differences say nothing."""
    telling = np.isfinite(difference) & (difference != 0)
    if telling.any():
        first = int(((difference > 0) == a_first)[telling].sum())
        yield OrderTest(of, float(even_odds_test(first, int(telling.sum()))))


def sequence_test(signals: Signals, shown: Presentations, *, is_fixed: bool) -> OrderTest | None:
    """Return the runs test of the order as rows follow each other: within annotators, or in the whole file if fixed.

    A comparison that an annotator saw more than once is left out: both orders may be shown in turn on purpose, and
    nothing tells which came first.
    """
    group = np.zeros(len(shown), dtype=np.int64) if is_fixed or shown.annotator is None else shown.annotator
    seat = group * signals.comparisons + shown.comparison
    ranked = np.argsort(seat, kind="stable")
    alone = np.ones(len(seat) + 1, dtype=np.bool_)
    alone[1:-1] = seat[ranked][1:] != seat[ranked][:-1]
    kept = ranked[alone[:-1] & alone[1:]]
    order = kept[_row_order(signals, shown, group, kept)]
    found = runs_test(shown.a_first[order], group[order])
    if found is None:
        return None
    where = "the file" if is_fixed or shown.annotator is None else "annotators"
    return OrderTest(f"runs of one order within {where}", found.p_value)


def _row_order(signals: Signals, shown: Presentations, group: Ints, kept: Ints) -> Ints:
    """Sort by group, then by where the comparison stands in the source, whatever order the signals have."""
    rows = shown.comparison[kept]
    rank = np.argsort(np.argsort(np.array(signals.files)))
    part = signals.ints("part")[rows] if signals.has("part") else np.zeros(len(rows), dtype=np.int64)
    keys = (part, signals.ints("row")[rows], rank[signals.ints("file")[rows]], group[kept])
    return np.asarray(np.lexsort(keys))

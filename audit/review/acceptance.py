"""What the verdicts show: the share of wrong labels in the lot with exact bounds, and whether the review may stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.review.verdicts import Verdict
from audit.stats.lots import Reviewer, any_time_bounds, corrected_share, lot_bounds

ERROR: Final = 0.05
"""Of each bound: two bounds make a 90 % interval."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the lot: estimate and exact bounds."""

    name: str
    found: int
    n: int
    lot: int
    value: float
    low: float
    high: float
    method: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {field: getattr(self, field) for field in self.__slots__}


@dataclass(frozen=True)
class Acceptance:
    """The outcome of a hand review."""

    verdict: str
    """pass, fail or inconclusive, by the bounds of the wrong labels against the limit."""
    limit: float
    wrong: Share
    """The other side is better."""
    unusable: Share
    """Wrong, or both alike, or none acceptable: no valid preference for training."""
    strata: tuple[Share, ...]
    """Wrong labels of each stratum, where the draw was stratified."""
    corrected: tuple[float, float, float] | None
    """Wrong labels, corrected for the reviewers' own errors, with a 90 % interval."""
    sequential: tuple[float, float] | None
    """Bounds that hold whenever the review stops; None for a stratified draw."""
    judged: int
    open: int
    """Drawn and without a verdict that counts."""
    differing: int
    """Two reviewers differ and nobody has settled it."""
    double_judged: int
    agreed: int
    """Of those judged twice, alike."""


def accept(
    key: Mapping[str, Any],
    verdicts: Mapping[str, Verdict],
    limit: float,
    *,
    reviewer: Reviewer | None = None,
    is_sequential: bool = False,
    error: float = ERROR,
) -> Acceptance:
    """Judge a lot by its hand-reviewed sample.

    Args:
        key: as `audit sample` wrote it.
        verdicts: by id.
        limit: largest share of wrong labels that is acceptable.
        reviewer: how well the reviewers are known to find wrong labels; None: taken as perfect.
        is_sequential: judge by the bounds that allow to stop at any time, of comparisons judged in the order drawn;
            without it the review is meant to be finished, and open comparisons count against either verdict.
        error: chance that a bound is wrong.

    The whole of a stratified draw adds up its strata: each bound has the error / strata, so the sum is off with that
    chance at most, whatever the sizes.
    """
    rows: Sequence[Mapping[str, Any]] = key["rows"]
    given = {row["id"]: verdicts[row["id"]].final for row in rows if row["id"] in verdicts}
    answers = {name: answer for name, answer in given.items() if answer is not None}
    preferred = {row["id"]: row["preferred"] for row in rows}
    is_unusable = {name: answer != preferred[name] for name, answer in answers.items()}
    is_wrong = {name: is_unusable[name] and answer in ("first", "second") for name, answer in answers.items()}
    wrong = _whole("wrong labels", key["lots"], rows, is_wrong, error)
    any_time = _any_time(key, rows, is_wrong, error)
    low, high = any_time if is_sequential and any_time is not None else (wrong.low, wrong.high)
    own = [verdicts[row["id"]] for row in rows if row["id"] in verdicts]
    twice = [verdict for verdict in own if verdict.one is not None and verdict.two is not None]
    return Acceptance(
        "pass" if high <= limit else "fail" if low > limit else "inconclusive",
        limit,
        wrong,
        _whole("unusable labels", key["lots"], rows, is_unusable, error),
        _strata(key, rows, is_wrong, error),
        corrected_share(wrong.found, wrong.n, reviewer) if reviewer is not None and wrong.n else None,
        any_time,
        len(answers),
        len(rows) - len(answers),
        sum(verdict.one != verdict.two and verdict.adjudicated is None for verdict in twice),
        len(twice),
        sum(verdict.one == verdict.two for verdict in twice),
    )


def _any_time(
    key: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], is_wrong: Mapping[str, bool], error: float
) -> tuple[float, float] | None:
    """Bounds from the comparisons before the first open one: only these are a fair sample of a stopped review."""
    if key["by"]:
        return None
    first_open = next((i for i, row in enumerate(rows) if row["id"] not in is_wrong), len(rows))
    lot = sum(key["lots"].values())
    low, high = any_time_bounds([is_wrong[row["id"]] for row in rows[:first_open]], lot, 2 * error)
    return low / lot, high / lot


def _whole(
    name: str, lots: Mapping[str, int], rows: Sequence[Mapping[str, Any]], is_hit: Mapping[str, bool], error: float
) -> Share:
    """Open comparisons count as hits in the upper bound and as none in the lower: which ones stay open is no chance."""
    low = high = found = n = 0
    estimate, total = 0.0, sum(lots.values())
    for stratum, lot in lots.items():
        drawn = [row["id"] for row in rows if row["stratum"] == stratum]
        judged = [is_hit[name] for name in drawn if name in is_hit]
        hits, is_open = sum(judged), len(drawn) - len(judged)
        low += lot_bounds(hits, len(drawn), lot, error / len(lots))[0]
        high += lot_bounds(hits + is_open, len(drawn), lot, error / len(lots))[1]
        found, n = found + hits, n + len(judged)
        estimate += lot * hits / len(judged) if judged else lot / 2
    method = "hypergeometric, exact" if len(lots) == 1 else f"hypergeometric, exact, sum of {len(lots)} strata"
    return Share(name, found, n, total, estimate / total, low / total, high / total, method)


def _strata(
    key: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], is_wrong: Mapping[str, bool], error: float
) -> tuple[Share, ...]:
    if not key["by"]:
        return ()
    lots: Mapping[str, int] = key["lots"]
    return tuple(_whole(f"{key['by']} = {name}", {name: lot}, rows, is_wrong, error) for name, lot in lots.items())

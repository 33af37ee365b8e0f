"""LOT: what people found who judged a sample of the delivery again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from audit.auditor import Spec
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.review.record import LotShare, Reviewed
from audit.signals import Signals
from audit.stats.proportions import clopper_pearson

LEVEL = 0.90
"""Of the intervals: each end is a 95 % bound."""
NOT_REVIEWED = Undefined(
    "nobody reviewed a sample of these data by hand",
    "--review WORKLIST KEY, of a sample that `audit sample` drew",
)
NOBODY_TWICE = Undefined("no comparison was judged by two reviewers", "fill verdict_2 of the worklist")
STRATIFIED = Undefined("a stratified draw has no bounds that allow to stop early", "audit sample without --by")
NONE_JUDGED = Undefined("no comparison of the sample was judged", "fill verdict of the worklist")


@dataclass(frozen=True)
class HandReview:
    """Hand review: the share of wrong labels in the whole delivery, from a sample that people judged again, blind.

    What it measures:
        The share of labels that people hold for wrong (`review.wrong_share`: the other response is better), of labels
        that make no valid preference (`review.unusable_share`: wrong, or both alike, or none acceptable), each for the
        whole lot and, where the draw was stratified, for its strata; the same with bounds that hold whenever the review
        stops (`review.wrong_share_any_time`); how often two reviewers agree (`review.agreed_share`); and how much of
        the sample is still open (`review.open`).

    Why it matters:
        No statistic of a file sees that a label is wrong. Everything else measured here can look well while labels
        are noise.

    How:
        The sample is drawn by the digest of all rows and a nonce of the buyer's (`audit sample`), and drawn again from
        the data before a verdict counts. Bounds are exact hypergeometric ones of this finite lot; comparisons that are
        still open count as wrong in the upper bound and as right in the lower. Strata add up, each at its part of the
        error.

    Reads:
        No column. It needs `--review WORKLIST KEY`.

    Measures and units:
        Shares from 0 to 1 of the comparisons that prefer a side; `review.open` is a count.

    Limits:
        About this lot and reviewers who judge as these did. Errors of the reviewers themselves are not corrected here:
        `audit review --reviewers` does.

    References:
        Wright, Exact Confidence Bounds when Sampling from Small Finite Universes (1991). ISO 2859-2. Waudby-Smith and
        Ramdas, Confidence sequences for sampling without replacement (NeurIPS 2020).
    """

    code: ClassVar[str] = "LOT"
    name: ClassVar[str] = "review"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec("review.wrong_share", "share", Kind.LOT, "labels that people hold for wrong"),
        Spec("review.wrong_share_any_time", "share", Kind.LOT, "the same, with bounds for a review that may stop"),
        Spec("review.unusable_share", "share", Kind.LOT, "labels that make no valid preference"),
        Spec("review.agreed_share", "share", Kind.PROCESS, "comparisons judged twice on which reviewers agree"),
        Spec("review.open", "count", Kind.CENSUS, "comparisons of the sample without a verdict that counts"),
    )

    reviewed: Reviewed | None = None
    """What the review shows, at this level; None: there is none."""
    level: float = LEVEL

    def measure(self, signals: Signals) -> Iterable[Measure]:  # noqa: ARG002 - the contract
        """Yield the shares of the lot."""
        found = self.reviewed
        if found is None:
            return [
                Measure(spec.name, NOT_REVIEWED, spec.unit, spec.kind, 0, method="hand-reviewed sample")
                for spec in self.measures
            ]
        return self._measured(found)

    def _measured(self, found: Reviewed) -> Iterator[Measure]:
        yield self._share("review.wrong_share", found.wrong)
        yield self._share("review.unusable_share", found.unusable)
        for stratum, share in found.strata:
            yield self._share("review.wrong_share", share, Slice(found.by, stratum))
        if found.any_time is None:
            yield _undefined("review.wrong_share_any_time", STRATIFIED)
        else:
            low, high = found.any_time
            value = min(max(found.wrong.value, low), high)
            method = "confidence sequence by the prior-posterior ratio, comparisons before the first open one"
            yield self._share("review.wrong_share_any_time", LotShare(value, low, high, found.wrong.n, method))
        yield self._agreed(found)
        yield Measure("review.open", float(found.open), "count", Kind.CENSUS, found.drawn, method="count of the sample")

    def _agreed(self, found: Reviewed) -> Measure:
        how = "same answer of two reviewers, over comparisons judged twice"
        if not found.judged_twice:
            return Measure("review.agreed_share", NOBODY_TWICE, "share", Kind.PROCESS, 0, method=how)
        low, high = clopper_pearson(found.agreed, found.judged_twice, self.level)
        interval = Interval(low, high, self.level, "Clopper-Pearson")
        share = found.agreed / found.judged_twice
        return Measure("review.agreed_share", share, "share", Kind.PROCESS, found.judged_twice, interval, method=how)

    def _share(self, name: str, share: LotShare, part: Slice = ALL) -> Measure:
        if not share.n:
            return _undefined(name, NONE_JUDGED, part)
        interval = Interval(share.low, share.high, self.level, share.method)
        return Measure(name, share.value, "share", Kind.LOT, share.n, interval, slice=part, method=share.method)


def _undefined(name: str, why: Undefined, part: Slice = ALL) -> Measure:
    return Measure(name, why, "share", Kind.LOT, 0, slice=part, method="hand-reviewed sample")

"""Agreement with the others as measures: of the pool, of each reviewer, drawn towards the pool, and who is below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from audit.measure import Interval, Kind, Measure, Undefined
from audit.reviewers.case import Case, Part, count
from audit.reviewers.others import Others, below, prior_votes, shrunk
from audit.reviewers.pool import ANNOTATOR
from audit.shares import share_measure
from audit.stats.beta_binomial import spread

AGREEMENT, SHRUNK = "reviewers.agreement", "reviewers.shrunk_agreement"
SPREAD, FLAGGED, FLAGGED_SHARE = "reviewers.agreement_spread", "reviewers.flagged", "reviewers.flagged_share"
ALONE: Final = Undefined("no pair was judged by three people of whom two agree", "more judgments of the same pairs")
FEW: Final = Undefined("no reviewer has enough votes", "more votes of a reviewer")
WHAT: Final = "votes on pairs where the others have a plurality"


def agreeing(case: Case, found: Others) -> Part:
    """Return the agreement of the pool and of each reviewer, its spread, and who lies clearly below the pool."""
    prompt = case.people.votes.prompt[case.people.votes.item[found.vote]]
    clusters = {"prompt": prompt, "annotator": found.annotator}
    if not len(found.vote):
        whole = Measure(AGREEMENT, ALONE, "share", Kind.PROCESS, 0)
    else:
        whole = share_measure(AGREEMENT, found.hit, clusters, WHAT, level=case.level)
    mean = Undefined("told reviewer by reviewer" if len(found.names) else ALONE.reason)
    flags, accused = _flagged(case, found)
    measures = (whole, Measure(SHRUNK, mean, "share", Kind.PROCESS, 0), _spread(case, found), *flags)

    def each(reviewer: int) -> Iterator[Measure]:
        own = np.flatnonzero(found.names[found.annotator] == reviewer)
        if len(own):
            part = case.slice_of(reviewer)
            yield share_measure(AGREEMENT, found.hit[own], {"prompt": prompt[own]}, WHAT, part=part, level=case.level)
            yield from _shrunk(case, found, whole, reviewer)

    return Part(measures, "agrees too seldom", accused, each)


def _shrunk(case: Case, found: Others, whole: Measure, reviewer: int) -> Iterator[Measure]:
    """Yield a reviewer's agreement drawn towards the pool's; without any spread it is the pool's."""
    if whole.interval is None:
        return
    from scipy.special import betaincinv  # loaded by those who need it

    n, hits, one = found.n, found.hits, int(np.searchsorted(found.names, reviewer))
    mean, prior, value = float(hits.sum()) / float(n.sum()), prior_votes(hits, n), float(shrunk(hits, n)[one])
    interval = Interval(whole.interval.low, whole.interval.high, case.level, "of the pool: no spread beyond chance")
    if prior is not None:
        a, b = hits[one] + mean * prior, n[one] - hits[one] + (1 - mean) * prior
        tails = (0.5 - case.level / 2, 0.5 + case.level / 2)
        low, high = (float(betaincinv(a, b, q)) for q in tails) if a > 0 and b > 0 else (value, value)
        interval = Interval(low, high, case.level, f"Beta posterior, the pool counts as {prior:.3g} votes")
    method, where = "agreement drawn towards the pool's, Beta-binomial; n: votes", case.slice_of(reviewer)
    yield Measure(SHRUNK, value, "share", Kind.PROCESS, int(n[one]), interval, slice=where, method=method)


def _spread(case: Case, found: Others) -> Measure:
    n = found.n
    told = spread(found.hits.astype(np.float64), n.astype(np.float64), case.level) if len(n) else None
    if told is None:
        none = Undefined("fewer than three reviewers with several comparable votes", ANNOTATOR)
        return Measure(SPREAD, none, "share", Kind.PROCESS, len(n))
    method = f"moment estimate, sd of true agreement; n: reviewers; {told.interval.method}"
    return Measure(SPREAD, told.sd, "share", Kind.PROCESS, len(n), told.interval, method=method)


def _flagged(case: Case, found: Others) -> tuple[tuple[Measure, Measure], np.ndarray | None]:
    n, hits, votes = found.n, found.hits, case.people.votes
    tested = np.flatnonzero(n >= case.least_votes)
    if not len(tested):
        none = Measure(FLAGGED, FEW, "count", Kind.PROCESS, 0), Measure(FLAGGED_SHARE, FEW, "share", Kind.CENSUS, 0)
        return none, None
    rate = max(0.0, float(hits.sum()) / float(n.sum()) - case.margin)
    bad = found.names[case.accused(tested, below(hits[tested], n[tested], rate))]
    theirs = np.isin(votes.annotator, bad)
    rows = case.signals.evidence(np.unique(votes.comparison[theirs])) if len(bad) else None
    method = (
        f"exact binomial against {rate:.3g}, Benjamini-Hochberg at {case.false_discovery_rate}; n: reviewers with "
        f"at least {case.least_votes} comparable votes"
    )
    how = "exact share of votes, given who is flagged; n: votes of people"
    share = int(theirs.sum()) / len(theirs)
    return (
        count(FLAGGED, len(bad), len(tested), method, evidence=rows),
        Measure(FLAGGED_SHARE, share, "share", Kind.CENSUS, len(theirs), evidence=rows, method=how),
    ), bad

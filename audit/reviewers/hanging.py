"""How much hangs on one person: single judgments, the busiest, and majorities that fall without somebody."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.measure import Kind, Measure
from audit.reviewers.case import Case, Part

SINGLE, BUSIEST, PIVOTAL = "reviewers.single_share", "reviewers.busiest_share", "reviewers.pivotal_pairs"


def hanging(case: Case) -> Part:
    """Return the share of pairs with one judgment, of the busiest's judgments, and the pairs that hang on each."""
    votes = case.people.votes
    counts = votes.counts()
    judged = counts.sum(axis=1)
    pairs, single = int((judged > 0).sum()), int((judged == 1).sum())
    own = np.bincount(votes.annotator, minlength=len(case.people.names))
    method = "exact share; n: pairs judged by people"
    whole = [Measure(SINGLE, single / pairs, "share", Kind.CENSUS, pairs, method=method)]
    share, method = int(own.max()) / len(votes), f"exact share, of {case.people.names[int(own.argmax())]}; n: votes"
    whole.append(Measure(BUSIEST, share, "share", Kind.CENSUS, len(votes), method=method))
    rest, every = counts[votes.item].copy(), counts[votes.item]
    rest[np.arange(len(votes)), votes.category] -= 1
    before = (every == every.max(axis=1, keepdims=True)).sum(axis=1) == 1
    after = (rest == rest.max(axis=1, keepdims=True)).sum(axis=1) == 1
    falls = before & (~after | (rest.argmax(axis=1) != every.argmax(axis=1)))
    pivotal = np.bincount(votes.annotator, weights=falls, minlength=len(own)).astype(np.int64)
    first = int(pivotal.argmax())
    evidence = case.signals.evidence(np.unique(votes.comparison[falls & (votes.annotator == first)]))
    method = f"exact count, of {case.people.names[first]}, for whom it is largest; n: pairs judged by people"
    whole.append(Measure(
        PIVOTAL, int(pivotal.max()), "count", Kind.CENSUS, pairs, evidence=evidence if pivotal.any() else None,
        method=method,
    ))  # fmt: skip
    how = "pairs whose majority falls without this reviewer; n: pairs that they judged"

    def each(one: int) -> Iterator[Measure]:
        m, where = int(own[one]), case.slice_of(one)
        yield Measure(PIVOTAL, int(pivotal[one]), "count", Kind.CENSUS, m, slice=where, method=how)

    return Part(tuple(whole), each=each)

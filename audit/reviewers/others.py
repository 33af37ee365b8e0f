"""Leave-one-out agreement: each answer against the plurality of everybody else's on the same pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.agreement.votes import Votes
from audit.signals import Bools, Floats, Ints
from audit.stats.beta_binomial import variance

NEVER = -1


@dataclass(frozen=True)
class Others:
    """Answers that others answered too, where their plurality is one answer; arrays of shape (n,) unless said."""

    vote: Ints
    """Position among the votes."""
    annotator: Ints
    """Dense number of the reviewer."""
    hit: Bools
    names: Ints
    """Annotator number of each dense one, shape (reviewers,)."""

    @property
    def n(self) -> Ints:
        """Answers of each reviewer, shape (reviewers,)."""
        return np.bincount(self.annotator, minlength=len(self.names))

    @property
    def hits(self) -> Ints:
        """Of them, those that agree; shape (reviewers,)."""
        return np.bincount(self.annotator, weights=self.hit, minlength=len(self.names)).astype(np.int64)


def others(votes: Votes) -> Others:
    """Compare each answer with the plurality of the others.

    The answer itself is taken out first: left in, it would agree with itself. Where the others are split evenly there
    is no plurality, and the answer is left out.

    Args:
        votes: one a reviewer and pair, of named reviewers.
    """
    rest = votes.counts()[votes.item].astype(np.int64)
    rest[np.arange(len(votes)), votes.category] -= 1
    most = rest.max(axis=1, initial=0)
    is_unique = (most > 0) & ((rest == most[:, None]).sum(axis=1) == 1)
    kept = np.flatnonzero(is_unique)
    names, dense = np.unique(votes.annotator[kept], return_inverse=True)
    hit = rest[kept].argmax(axis=1) == votes.category[kept] if len(kept) else np.zeros(0, np.bool_)
    return Others(kept, dense.astype(np.int64), np.asarray(hit), names)


def shrunk(hits: Ints, n: Ints) -> Floats:
    """Return each reviewer's agreement, drawn towards the pool's mean by how much reviewers differ; shape (reviewers,).

    theta_j = (k_j + m s) / (n_j + s), with m the pool's mean and s = m (1 - m) / v - 1, v the moment estimate of the
    variance of the true rates; without any, everybody has the mean.

    Source: Beta-binomial empirical Bayes; moments as Kleinman 1973, JASA 68, p. 46-54.
    """
    total = int(n.sum())
    if not total:
        return np.zeros(len(n))
    mean = float(hits.sum()) / total
    prior = prior_votes(hits, n)
    return np.full(len(n), mean) if prior is None else np.asarray((hits + mean * prior) / (n + prior))


def prior_votes(hits: Ints, n: Ints) -> float | None:
    """Return s, how many votes at the pool's mean each reviewer is taken to have beside their own; None: no end."""
    mean = float(hits.sum()) / float(n.sum())
    spread = variance(hits.astype(np.float64), n.astype(np.float64))
    return max(mean * (1 - mean) / spread - 1, 0.0) if spread > 0 else None


def below(hits: Ints, n: Ints, rate: float) -> Floats:
    """Return the exact p value of "agrees at least at this rate" for each reviewer; shape (reviewers,)."""
    from scipy.special import bdtr  # loaded by those who need it

    return np.asarray(bdtr(hits, n, np.clip(rate, 0.0, 1.0)), dtype=np.float64)

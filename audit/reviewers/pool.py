"""The reviewers of a file as one pool: people apart from models, each vote once, numbered densely."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from audit.agreement.votes import Votes, votes
from audit.signals import Ints, Signals

MODEL = "model"
ANNOTATOR = "judgment.annotator"


@dataclass(frozen=True)
class Pool:
    """Votes of named people, one a person and pair."""

    votes: Votes
    """`annotator` is dense: 0 to reviewers - 1."""
    names: tuple[str, ...]
    """By dense number."""
    numbers: Ints
    """Code of each in the signal column, shape (reviewers,)."""

    def named(self, dense: Ints) -> list[str]:
        """Return the names of reviewers."""
        return [self.names[int(one)] for one in dense]


def pool(signals: Signals) -> Pool | None:
    """Return the pool of the people who judged; None where no judgment has a name.

    Where no class is recorded nobody can be told from a model, and all are taken; models are measured against people by
    the agreement auditor.
    """
    every = votes(signals)
    if every is None or not signals.has(ANNOTATOR):
        return None
    people = every.take(every.is_named & ~every.of_class(MODEL)).one_each()
    if not len(people):
        return None
    numbers, dense = np.unique(people.annotator, return_inverse=True)
    labels = signals.codes(ANNOTATOR)[1]
    own = replace(people, annotator=dense.astype(np.int64))
    return Pool(own, tuple(labels[int(number)] for number in numbers), numbers)

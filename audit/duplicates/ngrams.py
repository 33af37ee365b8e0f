"""How much of a prompt stands word for word in a benchmark: runs of words that both have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from audit.extract.shingles import ShingleSets
from audit.signals import Bools, Floats, Ints

RUN: Final = 8
"""Words of a run that is looked up."""
LONG_MATCH: Final = 13
"""Words in a row, each run of which stands in the benchmark, that make a match."""
COVERAGE: Final = 0.5
"""Share of a prompt's words inside such runs that makes a match."""
COMMON: Final = 2
"""Runs that stand in more different prompts than this, of the data or of the benchmark, are phrases of the trade: they
show a template, not a copy of one prompt, and count for nothing."""


@dataclass(frozen=True)
class Overlap:
    """What each text shares with the benchmark, shape (texts,)."""

    coverage: Floats
    """Share of its words inside shared runs."""
    longest: Ints
    """Words of its longest shared stretch."""
    first: Ints
    """0-based number of the word at which that starts; -1 where nothing is shared."""

    @property
    def matches(self) -> Bools:
        """Texts that are taken for contaminated."""
        return np.asarray((self.longest >= LONG_MATCH) | (self.coverage >= COVERAGE))


def overlap(texts: ShingleSets, benchmark: ShingleSets, common: int = COMMON) -> Overlap:
    """Compare the word runs of texts with those of a benchmark.

    Args:
        texts: runs of RUN words of each different text, in order.
        benchmark: the same of each text of the benchmark.
        common: runs in more texts than this, on either side, are left out.
    """
    count = len(texts.starts)
    result = Overlap(np.zeros(count), np.zeros(count, np.int64), np.full(count, -1, np.int64))
    known = _uncommon(benchmark, common)
    at = _hits(texts.hashes, known)
    if not len(at):
        return result
    order = np.argsort(texts.starts, kind="stable")  # empty texts share a start with the text behind them
    order = order[texts.ends[order] > texts.starts[order]]
    owner = order[np.searchsorted(texts.starts[order], at, side="right") - 1]
    kept = ~_is_common(texts.hashes[at], owner, common)
    _fill(result, at[kept], owner[kept], texts)
    return result


def _uncommon(benchmark: ShingleSets, common: int) -> np.ndarray:
    owner = np.repeat(np.arange(len(benchmark.starts)), benchmark.ends - benchmark.starts)
    hashes = np.concatenate([np.zeros(0, np.uint64), *(benchmark.of(i) for i in range(len(benchmark.starts)))])
    return np.unique(hashes[~_is_common(hashes, owner, common)]) if len(hashes) else hashes


def _hits(hashes: np.ndarray, known: np.ndarray) -> Ints:
    """Return the positions of hashes that are known, block by block."""
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(hashes) if len(known) else 0, 1 << 22):
        block = np.asarray(hashes[start : start + (1 << 22)])
        place = np.minimum(np.searchsorted(known, block), len(known) - 1)
        found.append(np.flatnonzero(known[place] == block) + start)
    return np.concatenate(found)


def _is_common(hashes: np.ndarray, owner: Ints, common: int) -> Bools:
    values, which = np.unique(np.asarray(hashes), return_inverse=True)
    pairs = np.unique(which * (int(owner.max()) + 1) + owner)
    texts = np.bincount(pairs // (int(owner.max()) + 1), minlength=len(values))
    return np.asarray(texts[which] > common)


def _fill(result: Overlap, at: Ints, owner: Ints, texts: ShingleSets) -> None:
    if not len(at):
        return
    follows = np.zeros(len(at), np.bool_)
    follows[1:] = owner[1:] == owner[:-1]
    gap = np.full(len(at), RUN, np.int64)
    gap[1:][follows[1:]] = np.minimum(np.diff(at)[follows[1:]], RUN)
    words = texts.ends - texts.starts + RUN - 1
    covered = np.bincount(owner, gap, minlength=len(words))
    has = np.unique(owner)
    result.coverage[has] = covered[has] / words[has]
    head = np.flatnonzero(~(follows & (np.diff(at, prepend=-2) == 1)))
    length = np.diff(np.append(head, len(at))) + RUN - 1
    best = np.lexsort((at[head], -length, owner[head]))
    mine = owner[head][best]
    first = best[np.concatenate([[True], mine[1:] != mine[:-1]])]
    result.longest[owner[head][first]] = length[first]
    result.first[owner[head][first]] = at[head][first] - texts.starts[owner[head][first]]

"""From signals to columns of word scores: a sample of the labels, their texts read again, the held-out models."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import pyarrow as pa

from audit.duplicates.near import with_columns
from audit.duplicates.reread import Place, reread
from audit.extract.shingles import ShingleSets, word_runs
from audit.reading import Reading
from audit.signals import Floats, Ints, Signals, key_matrix
from audit.style.decisive import decisive, smallest_positions
from audit.words.model import bag, held_out_leads, held_out_singles
from audit.words.names import LEAD, PLANTED, SCORES

MOST_LABELS: Final = 4_000
"""Labels of smallest key whose texts are read again."""
LEAST_LABELS: Final = 200
FLIPPED: Final = 10
"""One label in so many is turned round, by the pair's key."""


def add_words(signals: Signals, readings: Sequence[Reading], pool: ThreadPoolExecutor) -> Signals:
    """Return the signals with the columns `word_lead`, `a_word_score`, `b_word_score`, and those of planted flips.

    They are left as they are where fewer than LEAST_LABELS labels chose a side of a comparison with text.

    Args:
        signals: of all files.
        readings: the files, in the order of the signals' file numbers.
        pool: workers for reading rows again.
    """
    if not signals.has("a_code_points", "b_code_points", "ordered_key"):
        return signals
    every = decisive(signals, "code_points")
    at = every.take(smallest_positions(signals, every, MOST_LABELS))
    n = len(at)
    if n < LEAST_LABELS:
        return signals
    comparisons, which = np.unique(at.rows, return_inverse=True)
    count = len(comparisons)
    places = [
        Place("response_a", comparisons, np.arange(count)),
        Place("response_b", comparisons, count + np.arange(count)),
    ]
    sets = reread(places, readings, signals, pool, words_and_pairs, 2 * count)
    side_a, side_b = which.reshape(-1), count + which.reshape(-1)
    winners, losers = np.where(at.a_won, side_a, side_b), np.where(at.a_won, side_b, side_a)
    order = np.concatenate([winners, losers])
    x = bag(ShingleSets(sets.starts[order], sets.ends[order], sets.hashes))
    leads, singles = held_out_leads(x, at.clusters), held_out_singles(x, at.clusters)
    flips = _flips(signals, at.rows)
    doubts = -flips * held_out_leads(x, at.clusters, flips)
    return with_columns(
        signals,
        {
            PLANTED[0]: _column(signals, at.rows, (flips < 0).astype(np.float64)),
            PLANTED[1]: _column(signals, at.rows, doubts),
            LEAD: _column(signals, at.rows, np.where(at.a_won, leads, -leads)),
            SCORES[0]: _column(signals, at.rows, np.where(at.a_won, singles[:n], singles[n:])),
            SCORES[1]: _column(signals, at.rows, np.where(at.a_won, singles[n:], singles[:n])),
        },
    )


def _flips(signals: Signals, rows: Ints) -> Floats:
    """Return -1 for one label in FLIPPED, 1 for others, by bits of the pair's key that the sample is not drawn by."""
    name = "pair_key" if signals.has("pair_key") else "ordered_key"
    keys = key_matrix(signals.load(name))[rows, 1]
    return np.where(keys % np.uint64(FLIPPED) == 0, -1.0, 1.0)


def words_and_pairs(texts: pa.Array, rows: Ints) -> ShingleSets:
    """Return the distinct hashed words and pairs of neighbouring words of texts."""
    words, pairs = word_runs(texts, 1, rows), word_runs(texts, 2, rows)
    parts = [np.unique(np.concatenate([words.of(i), pairs.of(i)])) for i in range(len(words.starts))]
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    return ShingleSets(starts, ends, np.concatenate([np.zeros(0, np.uint64), *parts]))


def _column(signals: Signals, rows: Ints, values: Floats) -> pa.ChunkedArray:
    """Return one value a comparison; of several labels on one the last in the order of keys, all of one fold."""
    column = np.full(signals.comparisons, np.nan)
    column[rows] = values
    return pa.chunked_array([pa.array(column, mask=np.isnan(column))])

"""Texts as sets of shingles and as MinHash slots, and the near-duplicate clusters that follow from them.

A **shingle** is a run of five words of a text's normal form, or of five code points where the text has fewer than
twenty words (the whole text where it has fewer than five code points). Words are those of `kernels.py`, so that scripts
without word spaces are cut into letters. A shingle is its 64-bit hash. A **slot** is the least value that one
permutation gives to the upper halves of the shingles: the scheme `affine32` of datasketch 2.0, permutations of seed 1,
so that four-byte slots load into `datasketch.MinHash(hashvalues=..., scheme="affine32")`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.extract import shingle_twin as twin
from audit.extract.kernels import native_kernels, view_column
from audit.extract.normal_form import normalise

SHINGLES_VERSION: Final = "1"
"""Raised when shingles or slots change: stored sketches of another version are not reused."""

SLOTS: Final = 128
BANDS: Final = 25
BAND_SLOTS: Final = 5
CHAIN_MOST: Final = 512
"""Texts of one band key that a further one is compared with, the nearest before it; more are counted as cut."""

_SORTED, _PLAIN, _WORDS = range(3)

Ints = npt.NDArray[np.int64]
Sketches = npt.NDArray[np.uint8]


def permutations(seed: int = 1) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Return factors (odd) and addends of the 128 permutations, drawn as datasketch draws them."""
    random = np.random.RandomState(seed)
    factors = random.randint(0, 1 << 31, SLOTS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, random.randint(0, 1 << 32, SLOTS, dtype=np.uint32)


_FACTORS, _ADDENDS = permutations()


def sketch(texts: pa.Array, rows: Ints | None = None, slot_bytes: int = 1) -> npt.NDArray[np.uint8 | np.uint32]:
    """Return the MinHash slots of texts.

    Args:
        texts: string or large_string.
        rows: which rows; None for all.
        slot_bytes: 1 for the low bytes of the slots, 4 for whole slots.

    Returns:
        uint8 or uint32 of shape (rows, 128); all ones for a text without shingles and for null.

    Raises:
        TypeError: for an array of another type.
        ValueError: for row numbers or offsets that do not fit the data.
    """
    chosen = _chosen(texts, rows)
    out = np.empty((len(chosen), SLOTS), np.uint8 if slot_bytes == 1 else np.uint32)
    native = native_kernels()
    if native is None:
        for i, text in enumerate(texts.take(pa.array(chosen)).to_pylist()):
            out[i] = twin.slots(twin.shingles(text or ""), _FACTORS, _ADDENDS).astype(out.dtype)
        return out
    left = np.zeros(len(chosen), np.uint8)
    native.sketch(*view_column(texts), chosen, 0, _FACTORS, _ADDENDS, slot_bytes, out, left)
    if left.any():
        normal, every = _normal(texts, chosen, left)
        rest = np.empty((len(every), SLOTS), out.dtype)
        native.sketch(
            *view_column(normal), every, 1, _FACTORS, _ADDENDS, slot_bytes, rest, np.zeros(len(every), np.uint8)
        )
        out[left != 0] = rest
    return out


class ShingleSets(NamedTuple):
    """The shingles of several texts: text i has hashes[starts[i]:ends[i]]."""

    starts: Ints
    ends: Ints
    hashes: npt.NDArray[np.uint64]

    def of(self, text: int) -> npt.NDArray[np.uint64]:
        """Return the hashes of one text."""
        return self.hashes[self.starts[text] : self.ends[text]]


def shingle_sets(texts: pa.Array, rows: Ints | None = None) -> ShingleSets:
    """Return the distinct shingles of texts, sorted.

    Args:
        texts: string or large_string; null has none.
        rows: which rows; None for all.

    Raises:
        TypeError: for an array of another type.
        ValueError: for row numbers or offsets that do not fit the data.
    """
    return _hashes(texts, rows, _SORTED, twin.GRAM)


def shingles(texts: pa.Array, rows: Ints | None = None) -> ShingleSets:
    """Return the shingles of texts in their order, repeated ones too."""
    return _hashes(texts, rows, _PLAIN, twin.GRAM)


def word_runs(texts: pa.Array, length: int, rows: Ints | None = None) -> ShingleSets:
    """Return the hashes of all runs of `length` words of texts, in their order."""
    return _hashes(texts, rows, _WORDS, length)


def _hashes(texts: pa.Array, rows: Ints | None, form: int, length: int) -> ShingleSets:
    chosen = _chosen(texts, rows)
    native = native_kernels()
    if native is None:
        return _joined([_twin_hashes(text or "", form, length) for text in texts.take(pa.array(chosen)).to_pylist()])
    left = np.zeros(len(chosen), np.uint8)
    found = _sets(native.shingle_hashes(*view_column(texts), chosen, 0, form, length, left))
    if not left.any():
        return found
    normal, every = _normal(texts, chosen, left)
    unused = np.zeros(len(every), np.uint8)
    rest = iter(_parts(_sets(native.shingle_hashes(*view_column(normal), every, 1, form, length, unused))))
    return _joined([next(rest) if gone else own for gone, own in zip(left, _parts(found), strict=True)])


def _twin_hashes(text: str, form: int, length: int) -> npt.NDArray[np.uint64]:
    plain = twin.word_runs(text, length) if form == _WORDS else twin.shingles(text)
    return np.array(sorted(set(plain)) if form == _SORTED else plain, dtype=np.uint64)


def _sets(buffers: tuple[bytes, bytes]) -> ShingleSets:
    bounds = np.frombuffer(buffers[0], np.int64)
    return ShingleSets(bounds[:-1], bounds[1:], np.frombuffer(buffers[1], np.uint64))


def _parts(sets: ShingleSets) -> list[npt.NDArray[np.uint64]]:
    return [sets.of(i) for i in range(len(sets.starts))]


def _joined(parts: list[npt.NDArray[np.uint64]]) -> ShingleSets:
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends])[:-1]
    return ShingleSets(starts, ends, np.concatenate([np.zeros(0, np.uint64), *parts]))


def _chosen(texts: pa.Array, rows: Ints | None) -> Ints:
    return np.arange(len(texts), dtype=np.int64) if rows is None else np.ascontiguousarray(rows, np.int64)


def _normal(texts: pa.Array, chosen: Ints, left: npt.NDArray[np.uint8]) -> tuple[pa.Array, Ints]:
    """Return the normal forms of the rows that the kernel leaves to us, and their numbers."""
    raw = texts.take(pa.array(chosen[left != 0])).to_pylist()
    return pa.array([normalise(text) for text in raw], pa.large_string()), np.arange(len(raw), dtype=np.int64)


class Search(NamedTuple):
    """What a search for near duplicates did, in pairs (and texts whose chain of a band was cut)."""

    compared: int
    verified: int
    joined: int
    cut: int


def mark_candidates(
    sketches: Sketches, least_equal: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Search]:
    """Tell which texts share a band and at least `least_equal` slots with another one.

    Args:
        sketches: uint8 of shape (texts, 128), C order.
        least_equal: slots of 128.

    Returns:
        which have a candidate, shape (texts,); which had more than CHAIN_MOST texts of one band key before them, and
        were compared with the nearest only, shape (texts,); and what was done.
    """
    marked = np.zeros(len(sketches), np.uint8)
    native = native_kernels()
    if native is not None:
        done = native.mark_candidates(sketches, BANDS, BAND_SLOTS, least_equal, CHAIN_MOST, marked)
        return (marked & 1).view(np.bool_), marked >> 1 != 0, Search(*done)
    pairs = twin.candidates(sketches, BANDS, BAND_SLOTS, least_equal, CHAIN_MOST)
    for pair in pairs:
        marked[list(pair)] = 1
    cut = twin.cut_texts(sketches, BANDS, BAND_SLOTS, CHAIN_MOST)
    return marked.view(np.bool_), cut, Search(len(pairs), 0, 0, 0)


def join_duplicates(
    sketches: Sketches, sets: ShingleSets, least_equal: int, threshold: float
) -> tuple[npt.NDArray[np.int32], Search]:
    """Join texts into clusters: connected components over pairs of exact Jaccard similarity >= threshold.

    Args:
        sketches: uint8 of shape (texts, 128), C order.
        sets: their distinct shingles, sorted.
        least_equal: slots of 128 that a pair must share to be verified.
        threshold: Jaccard similarity.

    Returns:
        The smallest text number of each text's cluster, shape (texts,), and what was done.
    """
    native = native_kernels()
    if native is not None:
        roots = np.empty(len(sketches), np.int32)
        done = native.join_duplicates(
            sketches, BANDS, BAND_SLOTS, least_equal, CHAIN_MOST, *map(np.ascontiguousarray, sets), threshold, roots
        )
        return roots, Search(*done)
    own = [frozenset(part.tolist()) for part in _parts(sets)]
    pairs = twin.candidates(sketches, BANDS, BAND_SLOTS, least_equal, CHAIN_MOST)
    return twin.clusters(pairs, own, threshold), Search(len(pairs), len(pairs), 0, 0)


def similarities(sets: ShingleSets, left: Ints, right: Ints) -> npt.NDArray[np.float64]:
    """Return the exact Jaccard similarity of each pair of texts, shape (pairs,).

    Args:
        sets: distinct shingles, sorted.
        left: text numbers, shape (pairs,).
        right: the others.
    """
    native = native_kernels()
    if native is not None:
        found = np.empty(len(left), np.float64)
        native.similarities(
            *map(np.ascontiguousarray, sets),
            np.ascontiguousarray(left, np.int64),
            np.ascontiguousarray(right, np.int64),
            found,
        )
        return found
    own = {int(i): frozenset(sets.of(int(i)).tolist()) for i in {*left.tolist(), *right.tolist()}}
    return np.array([twin.jaccard(own[a], own[b]) for a, b in zip(left.tolist(), right.tolist(), strict=True)])

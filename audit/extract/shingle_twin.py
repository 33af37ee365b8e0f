"""Shingles, MinHash slots and near-duplicate clusters in plain Python: what the C code must equal.

Written to be read, not to be fast; `shingles.py` says what each of these is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.extract.normal_form import normalise
from audit.extract.twin import words_of

GRAM: Final = 5
SHORT_TEXT: Final = 20

_BITS: Final = (1 << 64) - 1
_WORD_FACTOR: Final = 0x9E3779B97F4A7C15
_RUN_FACTOR: Final = 0xD6E8FEB86659FD93
_LAST_FACTOR: Final = 0xC2B2AE3D27D4EB4F
_ASCII_FOLD: Final = bytes(c | 0x20 if c < 0x80 else c for c in range(256))


def shingles(text: str) -> list[int]:
    """Return the shingles of a text as they stand, as 64-bit hashes."""
    normal = normalise(text)
    units = [_word_hash(word.text.encode()) for word in words_of(normal)]
    if len(units) < SHORT_TEXT:
        units = [_step(0, ord(c)) for c in normal]
    return runs(units, min(GRAM, len(units)))


def word_runs(text: str, length: int) -> list[int]:
    """Return the hashes of all runs of `length` words."""
    return runs([_word_hash(word.text.encode()) for word in words_of(normalise(text))], length)


def runs(units: Sequence[int], length: int) -> list[int]:
    """Return a hash for each run of `length` units; none when there are fewer or no units."""
    if not units:
        return []
    return [_finish(_joined(units[i : i + length])) for i in range(len(units) - length + 1)]


def _joined(units: Sequence[int]) -> int:
    total = 0
    for unit in units:
        total = (total * _RUN_FACTOR + unit) & _BITS
    return total


def _word_hash(word: bytes) -> int:
    folded = word.translate(_ASCII_FOLD)
    total = len(word)
    for start in range(0, len(word), 8):
        total = _step(total, int.from_bytes(folded[start : start + 8], "little"))
    return total


def _step(total: int, unit: int) -> int:
    total = ((total ^ unit) * _WORD_FACTOR) & _BITS
    return total ^ (total >> 32)


def _finish(total: int) -> int:
    total ^= total >> 32
    total = (total * _LAST_FACTOR) & _BITS
    return total ^ (total >> 29)


def slots(
    hashes: Sequence[int], factors: npt.NDArray[np.uint32], addends: npt.NDArray[np.uint32]
) -> npt.NDArray[np.uint32]:
    """Return the least value of each permutation over the shingles' upper halves; all ones where there are none."""
    if not len(hashes):
        return np.full(len(factors), 0xFFFFFFFF, dtype=np.uint32)
    mixed = np.array([_fmix32(h >> 32) for h in hashes], dtype=np.uint32)
    return np.asarray((mixed[:, None] * factors + addends).min(axis=0), dtype=np.uint32)


def _fmix32(h: int) -> int:
    h ^= h >> 16
    h = (h * 0x85EBCA6B) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0xC2B2AE35) & 0xFFFFFFFF
    return h ^ (h >> 16)


def jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    """Return |left and right| / |left or right|, 0 for two empty sets."""
    every = len(left | right)
    return len(left & right) / every if every else 0.0


def candidates(
    sketches: npt.NDArray[np.uint8], bands: int, band_slots: int, least_equal: int, chain_most: int
) -> list[tuple[int, int]]:
    """Return the pairs of texts that share a band and at least `least_equal` slots, smaller number first, sorted."""
    found: set[tuple[int, int]] = set()
    for band in range(bands):
        chains: dict[bytes, list[int]] = {}
        for text, row in enumerate(sketches):
            chain = chains.setdefault(row[band * band_slots : (band + 1) * band_slots].tobytes(), [])
            found.update((other, text) for other in chain[-chain_most:])
            chain.append(text)
    return sorted((a, b) for a, b in found if int((sketches[a] == sketches[b]).sum()) >= least_equal)


def cut_texts(sketches: npt.NDArray[np.uint8], bands: int, band_slots: int, chain_most: int) -> npt.NDArray[np.bool_]:
    """Return which texts have more than `chain_most` texts of one band key before them."""
    cut = np.zeros(len(sketches), np.bool_)
    for band in range(bands):
        seen: dict[bytes, int] = {}
        for text, row in enumerate(sketches):
            key = row[band * band_slots : (band + 1) * band_slots].tobytes()
            cut[text] |= seen.get(key, 0) > chain_most
            seen[key] = seen.get(key, 0) + 1
    return cut


def clusters(
    pairs: Sequence[tuple[int, int]], sets: Sequence[frozenset[int]], threshold: float
) -> npt.NDArray[np.int32]:
    """Return the smallest text number of each text's cluster."""
    root = list(range(len(sets)))

    def find(at: int) -> int:
        while root[at] != at:
            at = root[at]
        return at

    for a, b in pairs:
        if jaccard(sets[a], sets[b]) >= threshold:
            low, high = sorted((find(a), find(b)))
            root[high] = low
    return np.array([find(at) for at in range(len(sets))], dtype=np.int32)

"""The near-duplicate part of the peer scripts: what people write with datasketch, plainly and at its best.

Both take whole dialogues, cut them into runs of five words in Python, sign them with 128 permutations and join what
shares a band of the default index for .8 (9 bands of 13). Neither verifies its candidates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from datasketch import MinHash, MinHashLSH

WORDS = re.compile(r"\w+")
THRESHOLD = 0.8
SLOTS = 128
BANDS, ROWS = 9, 13


def shingles(text: str) -> list[bytes]:
    """Return the distinct runs of five words."""
    words = WORDS.findall(text.lower())
    length = min(5, len(words))
    return list({" ".join(words[i : i + length]).encode() for i in range(len(words) - length + 1)})


def naive_clusters(texts: Iterable[str]) -> int:
    """Datasketch one text at a time, its index, union-find in Python; returns the number of clusters of two or more."""
    index = MinHashLSH(threshold=THRESHOLD, num_perm=SLOTS)
    parent: list[int] = []

    def find(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for number, text in enumerate(texts):
        signature = MinHash(num_perm=SLOTS)
        for shingle in shingles(text):
            signature.update(shingle)
        parent.append(number)
        for other in index.query(signature):
            parent[find(int(other))] = find(number)
        index.insert(str(number), signature)
    return clusters(np.array([find(i) for i in range(len(parent))]))


def expert_signatures(texts: Iterable[str]) -> Iterator[np.ndarray]:
    """Datasketch's bulk interface with a fast hash, which is the fastest that it has."""
    import xxhash

    def hash32(data: bytes) -> int:
        return xxhash.xxh3_64_intdigest(data) & 0xFFFFFFFF

    for signature in MinHash.generator(map(shingles, texts), num_perm=SLOTS, hashfunc=hash32):
        yield signature.hashvalues


def expert_clusters(texts: Sequence[str]) -> int:
    """Bulk signatures, bands sorted in numpy, components from scipy; the number of clusters of two or more."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    slots = np.array(list(expert_signatures(texts)), dtype=np.uint32)
    left, right = [], []
    for band in range(BANDS):
        part = np.ascontiguousarray(slots[:, band * ROWS : (band + 1) * ROWS])
        keys = part.view(np.dtype((np.void, part.itemsize * ROWS))).ravel()
        order = np.argsort(keys, kind="stable")
        same = keys[order][1:] == keys[order][:-1]
        left.append(order[:-1][same])
        right.append(order[1:][same])
    one, other = np.concatenate(left), np.concatenate(right)
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), (len(slots), len(slots)))
    return clusters(connected_components(graph, directed=False)[1])


def clusters(roots: np.ndarray) -> int:
    return int((np.unique(roots, return_counts=True)[1] > 1).sum())


def dialogues(prompts: Sequence[str], chosen: Sequence[str], rejected: Sequence[str]) -> list[str]:
    """Return both dialogues of each pair."""
    return [f"{prompt}\n{side}" for prompt, *sides in zip(prompts, chosen, rejected, strict=True) for side in sides]

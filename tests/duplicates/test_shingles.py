"""Shingles and sketches: the C kernels against their twins, and datasketch's arithmetic as oracle."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.extract import shingle_twin as twin
from audit.extract import shingles

HOSTILE = [
    "",
    " ",
    "a",
    "abcd",
    "abcde",
    None,
    "Don't STOP  now\t\n",
    "x" * 100,
    "x y " * 50,
    "\u0130stanbul caf\u00e9 " * 25,
    "\ufb01\ufb00 Stra\u00dfe",
    "\u0915\u094d\u0937 " * 30,
    "\u6f22\u5b57\u306e\u6587\u7ae0\u3002" * 9,
    "a\u0301\u0301 e\u0301 " * 12,
    "ab\x00cd\x1f",
    "\ud55c\uad6d\uc5b4 " * 25,
    "word " * 19 + "word",
    "word " * 18 + "word",
]
MIXED = st.text(alphabet="aB 'x\u00f6\u6f22.\u0301\u00a0\t1\u0130\u200b\ufb01", max_size=150)


def both(texts: list[str | None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare everything that is computed of single texts."""
    column = pa.array(texts, pa.large_string())

    def everything() -> list[np.ndarray]:
        parts = [shingles.shingle_sets(column), shingles.shingles(column), shingles.word_runs(column, 8)]
        flat = [array for part in parts for array in part]
        return [shingles.sketch(column), shingles.sketch(column, slot_bytes=4), *flat]

    fast = everything()
    with monkeypatch.context() as patch:
        patch.setattr(shingles, "native_kernels", lambda: None)
        for mine, other in zip(fast, everything(), strict=True):
            np.testing.assert_array_equal(mine, other)


def test_kernels_equal_their_twins_on_hostile_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nulls, controls, composed letters, scripts without spaces, texts at the edges of the rules."""
    both(HOSTILE, monkeypatch)


@settings(max_examples=60, deadline=None)
@given(st.lists(MIXED, max_size=6))
def test_kernels_equal_their_twins_on_any_text(texts: list[str]) -> None:
    """Random mixtures of the difficult characters."""
    with pytest.MonkeyPatch.context() as patch:
        both(list(texts), patch)


def test_rows_of_a_slice_are_the_rows_of_the_whole() -> None:
    """A sliced array and chosen rows give what the same texts give alone."""
    texts = pa.array([f"the text number {i} of this small and rather simple column" for i in range(20)])
    rows = np.array([3, 1, 3], np.int64)
    expected = shingles.sketch(pa.array([texts[i + 5].as_py() for i in (3, 1, 3)]))
    np.testing.assert_array_equal(shingles.sketch(texts.slice(5, 10), rows), expected)


def test_a_short_text_is_cut_into_code_points() -> None:
    """Under twenty words: "abcdef" has the two runs abcde and bcdef; under five code points the whole."""
    sets = shingles.shingle_sets(pa.array(["abcdef", "ABCDEF ", "abc", ""]))
    assert (sets.ends - sets.starts).tolist() == [2, 2, 1, 0]
    np.testing.assert_array_equal(sets.of(0), sets.of(1))


def test_twenty_words_are_cut_into_words() -> None:
    """20 different words have 16 runs of five; 19 words have as many runs as code points less four."""
    words = [chr(ord("a") + i) * 2 for i in range(20)]
    sets = shingles.shingle_sets(pa.array([" ".join(words), " ".join(words[:19])]))
    assert (sets.ends - sets.starts).tolist() == [16, 3 * 19 - 1 - 4]


def test_texts_of_one_normal_form_have_one_sketch() -> None:
    """Case, width, composition and white space do not matter, as for keys."""
    sketches = shingles.sketch(pa.array(["Caf\u00e9  Stra\u00dfe", "CAFE\u0301 strasse\n", "cafe strasse"]))
    assert (sketches[0] == sketches[1]).all()
    assert (sketches[0] != sketches[2]).any()


def test_slots_are_datasketchs_scheme() -> None:
    """Min over x of a * fmix32(x) + b mod 2^32 with RandomState(1)'s permutations, by plain integers."""
    text = "one two three four five six"
    random = np.random.RandomState(1)
    a = random.randint(0, 1 << 31, 128, dtype=np.uint32).astype(object) * 2 + 1
    b = random.randint(0, 1 << 32, 128, dtype=np.uint32).astype(object)

    def fmix32(h: int) -> int:
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
            h = ((h ^ h >> shift) * factor) & 0xFFFFFFFF
        return h ^ h >> 16

    mixed = [fmix32(h >> 32) for h in twin.shingles(text)]
    expected = [min((int(a[k]) * x + int(b[k])) % 2**32 for x in mixed) for k in range(128)]
    assert shingles.sketch(pa.array([text]), slot_bytes=4)[0].tolist() == expected


def test_datasketch_agrees_slot_by_slot() -> None:
    """A datasketch MinHash updated with our shingle hashes has our slots, and ours load into one."""
    datasketch = pytest.importorskip("datasketch", minversion="2.0")
    column = pa.array([f"a sentence about the order {i} and its long way to the customer" * 3 for i in range(5)])
    slots, plain = shingles.sketch(column, slot_bytes=4), shingles.shingles(column)
    for i in range(len(column)):
        theirs = datasketch.MinHash(num_perm=128, hashfunc=lambda h: h)
        theirs.update_batch([int(h) >> 32 for h in plain.of(i)])
        np.testing.assert_array_equal(theirs.hashvalues, slots[i])
        loaded = datasketch.MinHash(hashvalues=slots[i], scheme="affine32")
        assert loaded.jaccard(theirs) == 1.0


def test_numbers_out_of_range_are_refused() -> None:
    """A row number that the column does not have, and starts that do not fit, raise instead of reading."""
    with pytest.raises(ValueError, match="row numbers"):
        shingles.sketch(pa.array(["a"]), np.array([1], np.int64))
    sets = shingles.ShingleSets(np.array([0]), np.array([5]), np.zeros(2, np.uint64))
    with pytest.raises(ValueError, match="starts"):
        shingles.join_duplicates(np.zeros((1, 128), np.uint8), sets, 79, 0.8)
    fine = shingles.ShingleSets(np.array([0]), np.array([2]), np.zeros(2, np.uint64))
    with pytest.raises(ValueError, match="offsets or row numbers"):
        shingles.similarities(fine, np.array([0]), np.array([1]))


def planted(count: int, seed: int) -> pa.Array:
    """Texts of 60 words, of which most are copies of a few with some words changed."""
    random = np.random.default_rng(seed)
    sources = random.integers(0, 5_000, (max(2, count // 6), 60))
    texts = []
    for i in range(count):
        words = sources[i % len(sources)].copy()
        at = random.integers(0, 60, random.integers(0, 5))
        words[at] = random.integers(0, 5_000, len(at))
        texts.append(" ".join(f"w{w}" for w in words))
    return pa.array(texts)


@pytest.mark.parametrize("seed", range(3))
def test_clusters_equal_all_pairs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernel, twin and a brute force over all pairs give the same clusters and candidates."""
    column = planted(150, seed)
    sketches, sets = shingles.sketch(column), shingles.shingle_sets(column)
    roots, _ = shingles.join_duplicates(sketches, sets, 79, 0.8)
    marked, cut, _ = shingles.mark_candidates(sketches, 79)
    assert not cut.any()
    own = [frozenset(sets.of(i).tolist()) for i in range(len(sets.starts))]
    every = [(i, j) for j in range(len(own)) for i in range(j)]
    np.testing.assert_array_equal(roots, twin.clusters(every, own, 0.8))
    assert 0 < (roots != np.arange(150)).sum() < 150
    assert marked[[i for pair in every if twin.jaccard(own[pair[0]], own[pair[1]]) >= 0.8 for i in pair]].all()
    monkeypatch.setattr(shingles, "native_kernels", lambda: None)
    np.testing.assert_array_equal(shingles.join_duplicates(sketches, sets, 79, 0.8)[0], roots)
    np.testing.assert_array_equal(shingles.mark_candidates(sketches, 79)[0], marked)
    left, right = np.array([0, 0, 1]), np.array([0, 25, 2])
    expected = [twin.jaccard(own[a], own[b]) for a, b in zip(left, right, strict=True)]
    assert shingles.similarities(sets, left, right).tolist() == expected


def test_the_order_of_texts_does_not_change_clusters() -> None:
    """The same sets of texts come out, whatever order they went in."""
    column = planted(120, 7)
    turned = np.random.default_rng(0).permutation(120)

    def groups(order: np.ndarray) -> set[frozenset[int]]:
        texts = column.take(pa.array(order))
        roots, _ = shingles.join_duplicates(shingles.sketch(texts), shingles.shingle_sets(texts), 79, 0.8)
        return {frozenset(order[roots == root].tolist()) for root in np.unique(roots)}

    assert groups(np.arange(120)) == groups(turned)


def test_texts_that_share_a_part_with_too_many_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text with more than 20 of one band key before it is marked as cut, by kernel and twin alike."""
    monkeypatch.setattr(shingles, "CHAIN_MOST", 20)
    sketches = np.random.default_rng(0).integers(0, 256, (60, shingles.SLOTS), np.uint8)
    sketches[:40, :5] = 7
    sketches[45:, 10:15] = 9
    _, cut, search = shingles.mark_candidates(sketches, 79)
    assert cut.tolist() == [20 < i < 40 for i in range(60)]
    assert search.cut == 19
    monkeypatch.setattr(shingles, "native_kernels", lambda: None)
    np.testing.assert_array_equal(shingles.mark_candidates(sketches, 79)[1], cut)

"""Plain rows to leaves, and leaves to roots, in C: against the twin, at the edges of blocks, with broken columns."""

from __future__ import annotations

import hashlib
import importlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.certificate import row_kernels
from audit.certificate.row_kernels import plain_leaves, tree_root, twin_leaves
from tests.extract.fuzz_rows import fuzz

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=6), st.booleans(), st.integers(0, 2))
def test_the_kernel_equals_its_twin(rows: list[tuple[str, str, str]], large: bool, cut: int) -> None:
    """Texts of any length and content, 32- and 64-bit offsets, sliced columns."""
    kind = pa.large_string() if large else pa.string()
    columns = [pa.array([row[i] for row in rows], kind)[cut:] for i in range(3)]
    extras = pa.array([f'{{"weight":"{i}"}}' for i in range(len(rows))], kind)[cut:]
    assert np.array_equal(plain_leaves(*columns), twin_leaves(*columns))
    assert np.array_equal(plain_leaves(*columns, extras), twin_leaves(*columns, extras))


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 40, 41, 42, 105, 106, 1000, 5000])
def test_texts_of_escapes_only(size: int) -> None:
    """A text that grows sixfold, a quote in each place of a word, and sizes around the blocks of SHA-256."""
    texts = pa.array(["\x01" * size, '"' * size, "x" * size + "\n"], pa.large_string())
    assert np.array_equal(plain_leaves(texts, texts, texts), twin_leaves(texts, texts, texts))


def test_nulls_are_refused() -> None:
    """A row without one of its texts is no plain row."""
    good, bad = pa.array(["x", "y"], pa.large_string()), pa.array(["x", None], pa.large_string())
    with pytest.raises(ValueError, match="null"):
        plain_leaves(good, bad, good)


@pytest.mark.skipif(row_kernels.IMPLEMENTATION == "python", reason="the extension is not installed")
@pytest.mark.parametrize("offsets", [[0, 5, 9], [0, 2, 1], [-1, 0, 1], [0, 1, 2**62]])
def test_offsets_beyond_the_data_are_errors(offsets: list[int]) -> None:
    """A broken column is refused by the kernel itself, which reads nothing out of bounds."""
    native = importlib.import_module("audit._kernels")
    good = (b"xy", np.array([0, 1, 2], np.int64), b"", 8, 0, 2)
    bad = (b"xy", np.array(offsets, np.int64), b"", 8, 0, 2)
    out = np.zeros((2, 32), np.uint8)
    native.row_leaves(good, good, good, good, False, out)
    for columns in ((bad, good, good, good), (good, good, bad, good), (good, good, good, bad)):
        with pytest.raises(ValueError, match="offsets"):
            native.row_leaves(*columns, True, out)
    with pytest.raises(ValueError, match="offsets"):
        native.row_leaves(good, good, good, good, False, out[:1])


@pytest.mark.parametrize("size", [*range(50, 70), *range(114, 132), 4095, 4096, 100_000])
def test_hashes_of_every_length_are_sha_256(size: int) -> None:
    """Messages that end before, at and after the padding's edge hash as hashlib hashes them."""
    texts = pa.array(["x" * size], pa.string())
    empty = pa.array([""], pa.string())
    expected = hashlib.sha256(b'\x00["dpo-row/v1","' + b"x" * size + b'","","",{}]').digest()
    assert plain_leaves(texts, empty, empty).tobytes() == expected


def test_the_fuzzer_finds_no_difference() -> None:
    """A short run of what CI runs longer, under sanitizers."""
    if row_kernels.IMPLEMENTATION == "python":
        pytest.skip("the extension is not installed")
    assert fuzz(7, most_batches=200) == 200


def test_roots_need_whole_leaves() -> None:
    """33 bytes are no leaves."""
    with pytest.raises(ValueError, match="32-byte leaves"):
        tree_root(b"x" * 33)

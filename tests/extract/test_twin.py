"""The C kernels against their twin: the same numbers on any text, in any Arrow array."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.extract import kernels, twin
from audit.extract.kernels import IMPLEMENTATION, count_features, text_keys
from tests.extract.fuzz_kernels import fuzz
from tests.extract.texts import ALL_TEXTS, random_text

native = pytest.importorskip("audit._kernels") if IMPLEMENTATION == "c" else None
COMPILED = pytest.mark.skipif(native is None, reason="the C kernels are not built: python hatch_build.py")


def counts_of_twin(texts: list[str | None]) -> list[list[int]]:
    return [twin.features(text) for text in texts]


@COMPILED
@given(st.lists(st.none() | ALL_TEXTS, max_size=6), st.sampled_from([pa.string(), pa.large_string()]))
def test_any_text(texts: list[str | None], kind: pa.DataType) -> None:
    """C and twin count the same on Unicode and on Markdown, nulls among them."""
    assert count_features(pa.array(texts, kind)).tolist() == counts_of_twin(texts)


@COMPILED
def test_many_random_texts() -> None:
    """A seeded run of the fuzz driver finds no difference."""
    assert fuzz(seed=20, most_texts=600) == 600


@COMPILED
@pytest.mark.parametrize("unit", ["a", "I ", "é", "漢", "x.", "**", "`", "'", "\n", "a'", "👩\u200d", "_b_ ", "[a](b)"])
def test_every_length_around_the_blocks(unit: str) -> None:
    """Texts of every length up to three blocks of 64 bytes, whatever falls on the border, alone in their buffer."""
    texts: list[str | None] = [(unit * 200)[:size] for size in range(1, 3 * 64 + 3)]
    assert [count_features(pa.array([text]))[0].tolist() for text in texts] == counts_of_twin(texts)
    assert count_features(pa.array(texts)).tolist() == counts_of_twin(texts)


@COMPILED
@pytest.mark.parametrize("size", range(14, 20))
def test_words_around_sixteen_bytes(size: int) -> None:
    """Words of about the length that is hashed at once differ by their last letter, also at the end of the buffer."""
    texts: list[str | None] = [f"{'q' * size}a {'q' * size}b {'Q' * size}B", "é" * size + " " + "É" * size]
    assert count_features(pa.array(texts)).tolist() == counts_of_twin(texts)
    assert count_features(pa.array(texts[:1]))[0].tolist()[4] == 2


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@pytest.mark.parametrize(("start", "length"), [(0, 12), (3, 6), (5, 0), (11, 1), (1, 11)])
def test_slices_and_nulls(kind: pa.DataType, start: int, length: int) -> None:
    """A slice gives the rows of the whole; nulls give zeros."""
    source = random.Random(3)
    texts = [None if i % 4 == 1 else random_text(source) for i in range(12)]
    array = pa.array(texts, kind)
    part = array.slice(start, length)
    assert count_features(part).tolist() == counts_of_twin(texts[start : start + length])
    assert (text_keys(part) == text_keys(array)[start : start + length]).all()
    assert count_features(part).flags.c_contiguous


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_empty_arrays(kind: pa.DataType) -> None:
    """No rows give no rows, only nulls give only zeros, also where Arrow made no buffers."""
    assert count_features(pa.array([], kind)).shape == (0, 28)
    assert text_keys(pa.array([], kind)).shape == (0, 16)
    assert not count_features(pa.nulls(3, kind)).any()
    assert not text_keys(pa.nulls(3, kind)).any()
    assert count_features(pa.array(["", None, ""], kind)).sum() == 0


@COMPILED
def test_huge_text() -> None:
    """Five megabytes with more different words than any table starts with are counted exactly."""
    words = [f"w{i:x}" for i in range(200_000)]
    text = " ".join([*words, *words, *words]) + "."
    counts = dict(zip(kernels.FEATURES, count_features(pa.array([text, "a b a"]))[0].tolist(), strict=True))
    assert counts["bytes"] == len(text)
    assert (counts["words"], counts["distinct_words"], counts["sentences"]) == (600_000, 200_000, 1)
    assert count_features(pa.array([text, "a b a"]))[1].tolist() == twin.features("a b a")


def test_rows_do_not_depend_on_their_neighbours() -> None:
    """A text has the same counts and key alone, in a batch and in reverse order."""
    source = random.Random(9)
    texts = [random_text(source) for _ in range(60)]
    whole, keys = count_features(pa.array(texts)), text_keys(pa.array(texts))
    assert (count_features(pa.array(texts[::-1]))[::-1] == whole).all()
    assert (text_keys(pa.array(texts[::-1]))[::-1] == keys).all()
    assert (np.concatenate([count_features(pa.array([text])) for text in texts]) == whole).all()


@pytest.mark.parametrize("array", [pa.array([1]), pa.array([b"x"]), pa.array(["x"]).dictionary_encode()])
def test_other_arrays_are_refused(array: pa.Array) -> None:
    """Only string and large_string hold texts."""
    with pytest.raises(TypeError, match="string or large_string"):
        count_features(array)
    with pytest.raises(TypeError, match="string or large_string"):
        text_keys(array)


@COMPILED
@pytest.mark.parametrize(
    ("offsets", "first", "rows"),
    [([0, 9], 0, 1), ([-1, 2], 0, 1), ([2, 1], 0, 1), ([0, 2**31 - 1], 0, 1), ([0, 1], 1, 1)],
)
def test_offsets_out_of_bounds_are_refused(offsets: list[int], first: int, rows: int) -> None:
    """Buffers that point outside the data, or are too short, are an error, not a read (Arrow itself refuses some)."""
    column = (b"text", np.array(offsets, np.int32), b"", 4, first, rows)
    out, left = np.zeros((rows, 28), np.int32), np.zeros(rows, np.uint8)
    with pytest.raises(ValueError, match="offsets"):
        native.count_features(*column, out)
    with pytest.raises(ValueError, match="offsets"):
        native.text_keys(*column, out, left)


@COMPILED
@pytest.mark.parametrize("changed", [{3: 5}, {4: -1}, {5: -1}, {5: 2**62}, {2: b""}, {6: np.zeros(27, np.int32)}])
def test_arguments_out_of_bounds_are_refused(changed: dict[int, object]) -> None:
    """No combination of widths, rows and buffers makes the kernels write or read outside."""
    arguments: list[object] = [b"text", np.array([0, 4], np.int32), b"\xff", 4, 0, 1, np.zeros(28, np.int32)]
    native.count_features(*arguments)
    for place, value in changed.items():
        arguments[place] = value
    if 2 in changed:
        native.count_features(*arguments)  # no validity: no nulls
    else:
        with pytest.raises(ValueError, match=r"offsets|negative|too small"):
            native.count_features(*arguments)


@COMPILED
def test_bytes_that_are_no_utf8_are_counted_without_harm() -> None:
    """Broken UTF-8 in an array (readers let none through) is read within its bounds: each stray byte a code point."""
    broken = [b"\xe6\xbc", b"\xf0\x9f", b"a\xff\xfeb", b"\xc3", b"\x80\x80", b"\xed\xa0\x80"]
    data, offsets = b"".join(broken), np.cumsum([0, *map(len, broken)]).astype(np.int32)
    array = pa.Array.from_buffers(pa.string(), len(broken), [None, pa.py_buffer(offsets), pa.py_buffer(data)])
    counts = dict(zip(kernels.FEATURES, count_features(array).T.tolist(), strict=True))
    assert counts["bytes"] == [2, 2, 4, 1, 2, 3]
    assert counts["code_points"] == [2, 2, 4, 1, 2, 1]

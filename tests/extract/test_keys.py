"""Keys of texts: what counts as the same text, and BLAKE2b against hashlib."""

from __future__ import annotations

import hashlib
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.extract import twin
from audit.extract.kernels import combine_keys, text_keys
from audit.extract.normal_form import INERT_RANGES, MIXED_RANGES, normalise, simple_forms
from tests.extract.texts import ALL_TEXTS

SAME = [
    ("Hello  World", "hello world"),
    (" \t a\nb\x1c\u00a0c\u3000", "a b c"),
    ("\ufb01ne \uff21\uff22 \u00bd", "fine ab 1\u20442"),  # ligature, full width, fraction
    ("e\u0301 E\u0301 \u00c9", "\u00e9 \u00e9 \u00e9"),
    ("Stra\u00dfe", "strasse"),
    ("a\u200bb\u200d\ufeff", "ab"),
    ("wait\u2026", "wait..."),
    ("\uff76\uff9e", "\u30ac"),  # half-width ka and voicing mark
    ("\u1112\u1161\u11ab", "\ud55c"),  # Hangul from its jamo
    ("\u0130", "i\u0307"),
    ("", ""),
    (" \u200b ", ""),
]


def blake2b(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


@pytest.mark.parametrize(("text", "form"), SAME)
def test_normal_form(text: str, form: str) -> None:
    """Case, width, composition, zero-width characters and white space do not matter."""
    assert normalise(text) == form
    assert text_keys(pa.array([text]))[0].tobytes() == blake2b(form)


@pytest.mark.parametrize("pair", [("a1", "a2"), ("a.", "a"), ("a b", "ab"), ("\u00e9", "e")])
def test_digits_punctuation_words_and_accents_matter(pair: tuple[str, str]) -> None:
    """Texts that differ in what they say have different keys."""
    keys = text_keys(pa.array(pair))
    assert keys[0].tobytes() != keys[1].tobytes()


@given(st.lists(st.none() | ALL_TEXTS, max_size=8))
def test_keys_equal_hashlib_of_the_normal_form(texts: list[str | None]) -> None:
    """Any texts: the key is BLAKE2b-128 of the normal form as hashlib computes it; zeros for null."""
    keys = text_keys(pa.array(texts, pa.large_string()))
    assert [key.tobytes() for key in keys] == [bytes(16) if t is None else blake2b(normalise(t)) for t in texts]


@pytest.mark.parametrize("size", [*range(20), *range(120, 136), 255, 256, 257, 1000, 4096])
def test_blake2b_at_block_boundaries(size: int) -> None:
    """Lengths around the block of 128 bytes hash as hashlib does; so does the twin."""
    text = ("abcdefghij" * (size // 10 + 1))[:size]
    assert text_keys(pa.array([text]))[0].tobytes() == blake2b(text) == twin.digest(text.encode())


@pytest.mark.parametrize("blanks", range(20))
def test_white_space_at_every_place_of_a_word_of_eight(blanks: int) -> None:
    """Blanks fall on every side of the eight bytes that the kernel takes at once."""
    text = "x" * blanks + "  Y " + "z" * (19 - blanks) + "\t"
    assert text_keys(pa.array([text]))[0].tobytes() == blake2b(" ".join(text.lower().split()))


def test_combined_keys_hash_the_keys_side_by_side() -> None:
    """Each row is BLAKE2b-128 of its keys one after another, for any number of parts."""
    random = np.random.default_rng(5)
    for parts in (1, 2, 3, 8, 9, 20):
        keys = [random.integers(0, 256, (7, 16), dtype=np.uint8) for _ in range(parts)]
        expected = [hashlib.blake2b(b"".join(k[i].tobytes() for k in keys), digest_size=16).digest() for i in range(7)]
        assert [row.tobytes() for row in combine_keys(*keys)] == expected


def test_combined_keys_take_views_and_empties() -> None:
    """Strided views are read as they look, and no rows give no rows."""
    keys = np.arange(6 * 16, dtype=np.uint8).reshape(6, 16)
    assert (combine_keys(keys[::2], keys[::-2]) == combine_keys(keys[::2].copy(), keys[::-2].copy())).all()
    assert combine_keys(keys[:0], keys[:0]).shape == (0, 16)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (np.zeros((2, 15), np.uint8),),
        (np.zeros((2, 16), np.int64),),
        (np.zeros((2, 16), np.uint8),) * 1 + (np.zeros((3, 16), np.uint8),),
    ],
)
def test_combining_what_are_no_keys_is_refused(parts: tuple[np.ndarray, ...]) -> None:
    """No part, a wrong width, a wrong type and unequal lengths are errors."""
    with pytest.raises(ValueError, match="keys must be uint8"):
        combine_keys(*parts)


def simple_points() -> dict[int, str]:
    inert = {point: chr(point) for first, last in INERT_RANGES for point in range(first, last + 1)}
    return inert | {point: form.decode() for point, form in simple_forms()}


def test_simple_forms_are_normal_forms() -> None:
    """A code point's simple form is what the normal form makes of it between two letters."""
    assert not {point for first, last in MIXED_RANGES for point in range(first, last + 1)} & {
        point for first, last in INERT_RANGES for point in range(first, last + 1)
    }
    wrong = {point for point, form in simple_points().items() if normalise(f"a{chr(point)}b") != f"a{form}b"}
    assert not wrong


def test_simple_forms_never_compose() -> None:
    """No code point of a simple form can be the second half of a composition, nor be moved by canonical order."""
    characters = {char for form in simple_points().values() for char in form}
    seconds = set()
    for point in range(0x110000):
        halves = unicodedata.decomposition(chr(point)).split()
        if len(halves) == 2 and not halves[0].startswith("<"):
            seconds.add(chr(int(halves[1], 16)))
    jamo = {chr(point) for point in range(0x1100, 0x1200)}
    assert not characters & (seconds | jamo)
    assert not [char for char in characters if unicodedata.combining(char)]


def test_messages_of_every_length_side_by_side() -> None:
    """Messages are hashed four at a time: each is what hashlib says, wherever blocks end and whoever is beside it."""
    source = np.random.default_rng(0)
    sizes = source.permutation([*range(300), 383, 384, 385, 5000, *source.integers(0, 700, 200).tolist()])
    for count in (0, 1, 2, 3, 4, 5, 7, len(sizes)):
        texts = ["".join(map(chr, source.integers(97, 123, size))) for size in sizes[:count]]
        assert [key.tobytes() for key in text_keys(pa.array(texts, pa.string()))] == list(map(blake2b, texts))

"""Text of strangers is shown, never obeyed."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from audit.report.safe import encodable, one_line, visible

_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_moves_or_turns_survives(text: str) -> None:
    """By Unicode's own tables: no control but newline and tab, no surrogate, no bidirectional override is left."""
    for char in visible(text):
        assert char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"), repr(char)
        assert unicodedata.bidirectional(char) not in _BIDI, repr(char)


@given(st.text(st.characters(exclude_categories=())))
def test_one_line_is_one_line_that_utf8_can_hold(text: str) -> None:
    """A single line comes out, and it encodes."""
    assert len(one_line(text).splitlines()) <= 1
    one_line(text).encode()


def test_readable_text_of_any_script_stays() -> None:
    """Accents, CJK, Arabic letters, Devanagari with its joiners, and emoji sequences are not touched."""
    text = "Straße 漢字 العربية क्\u200dष 👩\u200d🔬 ❤\ufe0f a\u0301\n\tb"
    assert visible(text) == text


def test_tokens_name_the_character() -> None:
    """The escape character and a right-to-left override are spelled out."""
    assert visible("a\x1b[2J\u202eb") == "a<U+001B>[2J<U+202E>b"
    assert one_line("a\nb\tc") == "a<U+000A>b<U+0009>c"


def test_cutting_says_so() -> None:
    """A text of 10 characters cut to 8 keeps 5 and three dots; one that fits is whole."""
    assert one_line("0123456789", 8) == "01234..."
    assert one_line("0123456789", 10) == "0123456789"


def test_lone_surrogates_get_a_utf8_form() -> None:
    """A lone surrogate becomes six plain characters, a proper pair's character stays itself."""
    assert encodable("x\ud83dy") == "x\\ud83dy"
    assert encodable("😀") == "😀"

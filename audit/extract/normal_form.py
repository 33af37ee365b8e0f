"""The form in which two texts count as the same: case, width, composition and white space do not matter."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

ZERO_WIDTH: Final = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Soft hyphen, Mongolian vowel separator, zero-width space, non-joiner, joiner, direction marks, word joiner, BOM."""

INERT_RANGES: Final = (
    (0x05D0, 0x05EA),  # Hebrew letters
    (0x0620, 0x064A),  # Arabic letters
    (0x0904, 0x0928),  # Devanagari letters
    (0x0E01, 0x0E30),  # Thai letters without marks
    (0x2190, 0x21FF),  # arrows
    (0x2500, 0x27BF),  # boxes, shapes, symbols, dingbats
    (0x3001, 0x3020),  # CJK punctuation
    (0x3041, 0x3094),  # Hiragana
    (0x30A1, 0x30FA),  # Katakana
    (0x30FC, 0x30FE),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFC),
    (0xAC00, 0xD7A3),  # Hangul syllables
    (0xFE0F, 0xFE0F),  # emoji presentation
    (0x1F300, 0x1F64F),  # pictographs
    (0x1F680, 0x1F6D7),
    (0x1F90C, 0x1F978),
    (0x20000, 0x2A6D6),  # Han
)
"""Code points that are their own normal form whatever stands beside them, marks and letter jamo apart. A test holds
them against `unicodedata`; Unicode's stability policy keeps them so."""

MIXED_RANGES: Final = (
    (0x0080, 0x02FF),  # Latin with diacritics
    (0x0370, 0x0482),  # Greek, Cyrillic
    (0x048A, 0x052F),
    (0x1E00, 0x1EFF),  # Latin with diacritics, Vietnamese
    (0x2000, 0x206F),  # punctuation
    (0x20A0, 0x20BF),  # currency
    (0x2100, 0x214F),  # letter-like
    (0x2150, 0x218F),  # fractions, Roman numerals
    (0x2200, 0x22FF),  # mathematics
    (0x2460, 0x24FF),  # circled numbers
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
    (0xFF01, 0xFF5E),  # full-width ASCII
)
"""Ranges of which `simple_forms` asks each code point for its form."""

MOST_GROWTH: Final = 3
"""A code point's simple form has at most so many times its own bytes; the C kernel sizes its buffer by it."""


def normalise(text: str) -> str:
    """Return a text without zero-width characters, NFKC, case folded, white space runs as one blank, trimmed.

    Composition runs again after folding, since folding can leave a composed letter decomposed. Digits and punctuation
    stay. White space is what `str.split` splits on. The Unicode version is the interpreter's: a character that only a
    later version assigns passes unchanged through an earlier one.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    for char in ZERO_WIDTH:
        if char in text:
            text = text.replace(char, "")
    return " ".join(_composed(_composed(text).casefold()).split())


def simple_forms() -> Iterator[tuple[int, bytes]]:
    """Yield code points of `MIXED_RANGES` whose form does not depend on their neighbours, with that form as UTF-8.

    A form of one blank stands for white space, an empty one for a zero-width character. A text of ASCII, of these and
    of `INERT_RANGES` is normalised code point by code point; any other goes through `normalise`.
    """
    for first, last in MIXED_RANGES:
        for point in range(first, last + 1):
            form = _simple_form(chr(point))
            if form is not None:
                yield point, form.encode()


def _simple_form(char: str) -> str | None:
    if char in ZERO_WIDTH:
        return ""
    composed = _composed(char)
    if composed.isspace():
        return " "
    form = _composed(composed.casefold())
    if not all(map(_stands_alone, composed + form)) or _composed(form.casefold()) != form:
        return None
    return form if len(form.encode()) <= MOST_GROWTH * len(char.encode()) else None


def _stands_alone(char: str) -> bool:
    """Not a blank, not a mark, and (in the ranges above) so nothing that composes with what stands before it."""
    return not char.isspace() and unicodedata.category(char)[0] != "M"


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", text)

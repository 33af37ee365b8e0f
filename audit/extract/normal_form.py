"""The form in which two texts count as the same: case, width, composition and white space do not matter."""

from __future__ import annotations

import unicodedata
from typing import Final

ZERO_WIDTH: Final = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""Soft hyphen, Mongolian vowel separator, zero-width space, non-joiner, joiner, direction marks, word joiner, BOM."""


def normalise(text: str) -> str:
    """Return a text without zero-width characters, NFKC, case folded, white space runs as one blank, trimmed.

    Composition runs again after folding, since folding can leave a composed letter decomposed. Digits and punctuation
    stay. White space is what `str.split` splits on. The Unicode version is the interpreter's: a character that only a
    later version assigns passes unchanged through an earlier one.
    """
    if not text.isascii():
        for char in ZERO_WIDTH:
            if char in text:
                text = text.replace(char, "")
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        return " ".join(text.split())
    return " ".join(text.lower().split())

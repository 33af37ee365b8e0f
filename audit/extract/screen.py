"""Text in, integers out: damage of the encoding, the leading script, and whether private data could be there.

`screen` is one scan over the bytes (C: `screen.c`, `encoding.c`; `screen_twin.py` is its oracle and fallback). What it
counts needs no library and no context:

- **replacement**: U+FFFD, where a decoder gave up.
- **mojibake**: runs of characters that are one UTF-8 sequence read as Latin-1 or Windows-1252: a lead byte C2, C3, D0,
  D1 (Latin and Cyrillic letters), E2 80..84 (punctuation) or F0 9F (emoji) and its followers. A capital word that ends
  in such a letter before a quote or a dash is none.
- **controls**: C0 but tab, line feed and carriage return; DEL; C1.
- **bidi**: embeddings, overrides and isolates (U+202A..202E, U+2066..2069). The marks U+200E, U+200F are none: Arabic
  and Hebrew need them.
- **invisible**: soft hyphen, zero-width space, word joiner and its like, U+FEFF, tags outside of a flag, and a
  zero-width joiner or non-joiner that follows an ASCII character or nothing.
- **private_use**: code points of the private use areas.
- **script**: the script that most letters are of, as an index of SCRIPTS; Han with a tenth of kana counts as kana.
- **candidates**: bits of `Candidate`, for `private.py`.
"""

from __future__ import annotations

from enum import IntFlag
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.extract import screen_twin
from audit.extract.kernels import native_kernels, view_column

SCREENED: Final = (
    *("replacement", "mojibake", "controls", "bidi", "invisible", "private_use", "script", "candidates"),
)
ENCODING: Final = SCREENED[:6]
SCRIPTS: Final = screen_twin.SCRIPTS


class Candidate(IntFlag):
    """What a text holds that private data could be part of."""

    AT = 1
    """An @."""
    NUMBER = 2
    """Nine of digits, spaces and ( ) + - . / in a row, seven of them digits."""
    TOKEN = 4
    """Twenty of ASCII letters, digits, _ and - in a row, one of them a digit or a capital."""
    DOTTED = 8
    """Three dots between digits."""


def screen(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Return the columns of SCREENED of every text.

    Args:
        texts: string or large_string, shape (n,); sliced arrays and nulls are fine.

    Returns:
        int32 of shape (n, len(SCREENED)); zeros where null.

    Raises:
        TypeError: for an array of another type.
        ValueError: for an array whose offsets do not fit its data, or a text of 2 GiB or more.
    """
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        raise TypeError(f"text kernels read string or large_string arrays, got {texts.type}")
    found = np.zeros((len(texts), len(SCREENED)), dtype=np.int32)
    native = native_kernels()
    if native is not None:
        native.screen_texts(*view_column(texts), found)
        return found
    for row, text in enumerate(texts.to_pylist()):
        if text is not None:
            found[row] = screen_twin.screened(text)
    return found

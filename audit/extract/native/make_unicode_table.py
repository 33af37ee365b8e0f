"""Writes `audit/extract/unicode_table.py` from this interpreter's Unicode data: `python make_unicode_table.py`.

The kernels never ask `unicodedata` for a class, so their counts do not depend on the Python that runs them; this
script is the record of how the table came about, and a test compares the two.
"""

from __future__ import annotations

import textwrap
import unicodedata
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).resolve().parent.parent / "unicode_table.py"
POINTS: Final = 0x110000

UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar, with its extensions
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # Han iteration mark and zero
    (0x3021, 0x3029),
    (0x3031, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFD),
)
"""Scripts written without spaces between words."""

HAN_PLANES: Final = (0x20000, 0x3FFFD)
"""Planes reserved for Han: also their code points that this Unicode version has not assigned yet."""

EMOJI: Final = """
231A-231B 2328 23CF 23E9-23F3 23F8-23FA 25AA-25AB 25B6 25C0 25FB-25FE 2600-2604 260E 2611 2614-2615 2618 261D 2620
2622-2623 2626 262A 262E-262F 2638-263A 2640 2642 2648-2653 265F-2660 2663 2665-2666 2668 267B 267E-267F 2692-2697
2699 269B-269C 26A0-26A1 26A7 26AA-26AB 26B0-26B1 26BD-26BE 26C4-26C5 26C8 26CE-26CF 26D1 26D3-26D4 26E9-26EA
26F0-26F5 26F7-26FA 26FD 2702 2705 2708-270D 270F 2712 2714 2716 271D 2721 2728 2733-2734 2744 2747 274C 274E
2753-2755 2757 2763-2764 2795-2797 27A1 27B0 27BF 2B1B-2B1C 2B50 2B55 1F004 1F0CF 1F18E 1F191-1F19A 1F201-1F202
1F21A 1F22F 1F232-1F23A 1F250-1F251 1F300-1F64F 1F680-1F6FF 1F7E0-1F7F0 1F900-1FAFF
"""
"""Pictographs of the emoji data file, whole blocks where a block holds little else; no arrows, no (c) (r) TM."""

JOINERS: Final = "00AD 034F 200C 2060 1F3FB-1F3FF E0020-E007F"
"""Invisible or modifying code points that belong to what stands before them, beside the marks."""

ENDERS: Final = "21 2E 3F 061F 06D4 0964 0965 1362 203C 203D 2026 2047-2049 FF0E"
WIDE_ENDERS: Final = "104A 104B 17D4 17D5 3002 FF01 FF1F FF61"
CLOSERS: Final = "22 29 2A 5D 5F 60 7D BB 201D 203A 300B 300D 300F 3011 FF09"
APOSTROPHES: Final = "27 2019"
SPACES: Final = "9-D 20 85 A0 1680 2000-200A 2028 2029 202F 205F 3000"

OVERRIDES: Final = (
    ("r", "1F1E6-1F1FF"),
    ("e", EMOJI),
    ("m", JOINERS),
    ("j", "200D"),
    (".", ENDERS),
    ("!", WIDE_ENDERS),
    (")", CLOSERS),
    ("'", APOSTROPHES),
    (" ", SPACES),
)


def bounds(token: str) -> tuple[int, int]:
    """Return the first and last code point of a token such as `41-5A` or `200D`."""
    first, _, last = token.partition("-")
    return int(first, 16), int(last or first, 16)


def category_kind(point: int) -> str:
    """Return the kind that the general category gives."""
    category = unicodedata.category(chr(point))
    letter = category[0] == "L" or category == "Nl"
    if HAN_PLANES[0] <= point <= HAN_PLANES[1] or (letter and any(a <= point <= b for a, b in UNSPACED)):
        return "c"
    if letter:
        return "U" if category in ("Lu", "Lt") else "l"
    return {"Nd": "n", "Mn": "m", "Me": "m", "Mc": "s"}.get(category, "o")


def kinds() -> str:
    """Return one kind letter a code point."""
    table = [category_kind(point) for point in range(POINTS)]
    for kind, tokens in OVERRIDES:
        for first, last in map(bounds, tokens.split()):
            table[first : last + 1] = kind * (last - first + 1)
    return "".join(table)


def ranges(table: str) -> dict[str, list[str]]:
    """Return the runs of each kind as tokens; `o` is left out."""
    found: dict[str, list[str]] = {}
    first = 0
    for point in range(1, POINTS + 1):
        if point == POINTS or table[point] != table[first]:
            token = f"{first:X}" if point - first == 1 else f"{first:X}-{point - 1:X}"
            found.setdefault(table[first], []).append(token)
            first = point
    found.pop("o")
    return found


HEADER = '''"""Kinds of code points, Unicode {version}: the one table that the C kernels and their Python twin both use.

Written by `native/make_unicode_table.py`; not edited by hand. A kind is one letter:

    l  letter, not capital             U  capital or title-case letter     c  letter of a script without word spaces
    n  decimal digit                   m  mark or joiner without width     s  spacing mark
    j  zero-width joiner               e  emoji                            r  regional indicator (half a flag)
    .  sentence ender before a space   !  sentence ender on its own        )  closing quote, bracket, emphasis
    \'  apostrophe                      (blank)  white space                o  anything else
"""

from __future__ import annotations

import functools
from typing import Final

UNICODE_VERSION: Final = "{version}"

RANGES: Final = {{
{entries}
}}
"""Ranges of code points in hexadecimal, both ends included, by kind."""


@functools.cache
def kind_table() -> bytes:
    """Return one kind letter a code point, shape (0x110000,)."""
    table = bytearray(b"o") * 0x110000
    for kind, tokens in RANGES.items():
        for token in tokens.split():
            first, _, last = token.partition("-")
            start, end = int(first, 16), int(last or first, 16) + 1
            table[start:end] = kind.encode() * (end - start)
    return bytes(table)
'''


def module_text() -> str:
    """Return the whole text of the generated module."""
    entries = []
    for kind, tokens in sorted(ranges(kinds()).items()):
        lines = textwrap.wrap(" ".join(tokens), 108, break_on_hyphens=False)
        quoted = "\n".join(f'        "{line} "' for line in lines)
        entries.append(f"    {chr(34) + kind + chr(34)}: (\n{quoted}\n    ),")
    return HEADER.format(version=unicodedata.unidata_version, entries="\n".join(entries))


if __name__ == "__main__":
    TARGET.write_text(module_text(), encoding="utf-8")

"""What one look at a text tells of damage, of its script, and of possible private data; and the C code's twin.

Damage and script are exact by the definitions below. `Mark.CANDIDATE` says only that a text is worth a second look:
`audit.privacy` looks for what is private in those texts alone, so nothing that it finds may lack the mark.
"""

from __future__ import annotations

import re
from enum import IntEnum, IntFlag
from typing import Final

from audit.extract.unicode_table import kind_table


class Mark(IntFlag):
    """One bit a kind of damage or hint."""

    REPLACEMENT = 1
    """U+FFFD: bytes were read by the wrong encoding, and what stood there is lost."""
    CONTROL = 2
    """Control characters other than tab, line feed, carriage return and U+0085."""
    BIDI = 4
    """Marks that change the direction of what follows: embeddings, overrides, isolates."""
    INVISIBLE = 8
    """Zero-width and blank letters, tags outside flags, byte order marks after the start, and joiners between ASCII
    letters; joiners elsewhere belong to emoji and to many scripts."""
    PRIVATE_USE = 16
    """Private use code points and noncharacters."""
    MOJIBAKE = 32
    """UTF-8 that was read as Latin-1 or Windows-1252: the first byte of a character as a letter, others as signs."""
    ENTITY = 64
    """An HTML entity."""
    ESCAPED = 128
    """A backslash and n where a line should end."""
    CANDIDATE = 256
    """May hold private data: an @ between letters, nine digits with few separators, a token of 20 characters with a
    digit or of 36, a dotted quad, the first line of a key."""


class Script(IntEnum):
    """The script of at least half of a text's letters; Japanese is KANA, Chinese is HAN."""

    NONE = 0
    LATIN = 1
    HAN = 2
    KANA = 3
    HANGUL = 4
    CYRILLIC = 5
    GREEK = 6
    ARABIC = 7
    HEBREW = 8
    DEVANAGARI = 9
    THAI = 10
    OTHER = 11
    MIXED = 12


_RANGES: Final[tuple[tuple[int, int, Script], ...]] = (
    (0x41, 0x24F, Script.LATIN), (0x250, 0x2AF, Script.LATIN), (0x370, 0x3FF, Script.GREEK),
    (0x400, 0x52F, Script.CYRILLIC), (0x590, 0x5FF, Script.HEBREW), (0x600, 0x6FF, Script.ARABIC),
    (0x750, 0x77F, Script.ARABIC), (0x8A0, 0x8FF, Script.ARABIC), (0x900, 0x97F, Script.DEVANAGARI),
    (0xE00, 0xE7F, Script.THAI), (0x1100, 0x11FF, Script.HANGUL), (0x1E00, 0x1EFF, Script.LATIN),
    (0x1F00, 0x1FFF, Script.GREEK), (0x3040, 0x30FF, Script.KANA), (0x3130, 0x318F, Script.HANGUL),
    (0x31F0, 0x31FF, Script.KANA), (0x3400, 0x4DBF, Script.HAN), (0x4E00, 0x9FFF, Script.HAN),
    (0xAC00, 0xD7AF, Script.HANGUL), (0xF900, 0xFAFF, Script.HAN), (0xFB50, 0xFDFF, Script.ARABIC),
    (0xFE70, 0xFEFF, Script.ARABIC), (0xFF21, 0xFF5A, Script.LATIN), (0xFF66, 0xFF9D, Script.KANA),
    (0x20000, 0x3134F, Script.HAN),
)  # fmt: skip
_CP1252: Final = "".join(
    bytes([b]).decode("cp1252") for b in range(0x80, 0xA0) if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
)
_SIGNS: Final = f"\x80-\xbf{_CP1252}"
_PATTERNS: Final = {
    Mark.REPLACEMENT: "\ufffd",
    Mark.CONTROL: "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f]",
    Mark.BIDI: "[\u202a-\u202e\u2066-\u2069]",
    Mark.INVISIBLE: "[\u200b\u2060-\u2064\u180e\ufff9-\ufffb\u115f\u1160\u3164\uffa0]|(?<!^)\ufeff"
    "|(?<=[A-Za-z])[\u200c\u200d](?=[A-Za-z])",
    Mark.PRIVATE_USE: "[\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff]"
    + "".join(f"|[{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}]" for plane in range(1, 15)),
    Mark.MOJIBAKE: "\xc2[\x80-\xaa\xac-\xba\xbc-\xbf]|\xc3[\x80-\xaa\xac-\xba\xbc-\xbf\u0192\u201a]"
    f"|\xe2[\x80\u20ac][{_SIGNS}]|\xf0[\x9f\u0178][{_SIGNS}]",
    Mark.ENTITY: r"&#?[A-Za-z0-9]{2,8};",
    Mark.ESCAPED: r"[.!?:]\\n[A-Z]|\\n\\n[A-Z]",
    Mark.CANDIDATE: r"[A-Za-z0-9_-]@[A-Za-z0-9_-]"
    r"|[0-9](?:[ \-.()/]{0,2}[0-9]){8}"
    r"|[0-9](?:\.[0-9]{1,3}(?![0-9])){3}"
    r"|-----BEGIN ",
}
_TAGS: Final = "\U0001f3f4[\U000e0000-\U000e007f]*|([\U000e0000-\U000e007f])"
_LONG_RUN: Final = "[A-Za-z0-9_-]{20,}"
_LONGER: Final = 36


def look(text: str) -> tuple[int, int]:
    """Return the bits of `Mark` and the number of the `Script` of a text."""
    found = Mark(0)
    for mark, pattern in _PATTERNS.items():  # compiled at first use: the C code needs none of them
        if re.search(pattern, text):
            found |= mark
    if any(match[1] for match in re.finditer(_TAGS, text)):
        found |= Mark.INVISIBLE
    if any(len(token) >= _LONGER or re.search("[0-9]", token) for token in re.findall(_LONG_RUN, text)):
        found |= Mark.CANDIDATE
    return int(found), int(script_of(text))


def script_of(text: str) -> Script:
    """Return the script of at least half of the letters; NONE without a letter, MIXED where no script has half."""
    kinds = kind_table()
    counts = dict.fromkeys(Script, 0)
    for character in text:
        if kinds[ord(character)] in b"lUc":
            counts[_script_of_letter(ord(character))] += 1
    if counts[Script.KANA] and counts[Script.KANA] * 10 >= counts[Script.KANA] + counts[Script.HAN]:
        counts[Script.KANA], counts[Script.HAN] = counts[Script.KANA] + counts[Script.HAN], 0
    else:
        counts[Script.HAN], counts[Script.KANA] = counts[Script.HAN] + counts[Script.KANA], 0
    every = sum(counts.values())
    if not every:
        return Script.NONE
    most = max(Script, key=lambda script: (counts[script], -script))
    return most if 2 * counts[most] >= every else Script.MIXED


def _script_of_letter(point: int) -> Script:
    return next((script for first, last, script in _RANGES if first <= point <= last), Script.OTHER)

"""The screening kernel in plain Python: what `screen.c` must equal, and what runs where it could not be compiled."""

from __future__ import annotations

import functools
import re
from typing import Final

from audit.extract.unicode_table import kind_table

SCRIPTS: Final = (
    *("", "Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Indic", "Thai", "Hangul", "Kana", "Han", "other"),
)
KANA: Final = SCRIPTS.index("Kana")
HAN: Final = SCRIPTS.index("Han")
OTHER: Final = SCRIPTS.index("other")

_RANGES: Final = (
    ("Latin", ((0x0, 0x24F), (0x1E00, 0x1EFF))),
    ("Greek", ((0x370, 0x3FF), (0x1F00, 0x1FFF))),
    ("Cyrillic", ((0x400, 0x52F),)),
    ("Hebrew", ((0x590, 0x5FF),)),
    ("Arabic", ((0x600, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE))),
    ("Indic", ((0x900, 0xDFF),)),
    ("Thai", ((0xE00, 0xE7F),)),
    ("Hangul", ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3))),
    ("Kana", ((0x3041, 0x30FF), (0xFF66, 0xFF9F))),
    ("Han", ((0x3005, 0x3005), (0x3400, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))),
)
_INVISIBLE: Final = {0xAD, 0x200B, 0x180E, 0xFEFF, *range(0x2060, 0x2065), *range(0x206A, 0x2070)}
_BIDI: Final = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_KEPT: Final = "\t\n\r"
_BLACK_FLAG: Final = "\U0001f3f4"

_AS_BYTE: Final = {chr(byte): byte for byte in range(0x80, 0xC0)}
for _byte in range(0x80, 0xA0):
    _sign = bytes([_byte]).decode("cp1252", "ignore")
    if _sign:
        _AS_BYTE[_sign] = _byte
_FOLLOWER: Final = "[" + "".join(map(re.escape, _AS_BYTE)) + "]"
_BROKEN: Final = re.compile(
    f"[\u00c2\u00c3\u00d0\u00d1]({_FOLLOWER})|\u00e2({_FOLLOWER}){{2}}|\u00f0({_FOLLOWER}){{3}}"
)

_NUMBER: Final = re.compile(r"[0-9 ()+./-]{9,}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,}")
_DOTTED: Final = re.compile(r"(?<=[0-9])\.(?=[0-9])")


def screened(text: str) -> list[int]:
    """Return the columns of `screen.SCREENED` of one text."""
    counts = [0] * 6
    letters = [0] * len(SCRIPTS)
    at = flag_end = 0
    while at < len(text):
        broken = _mojibake_at(text, at)
        if broken:
            counts[1] += 1
            at += broken
            continue
        c = ord(text[at])
        is_tag = 0xE0000 <= c <= 0xE007F
        in_flag = text[at] == _BLACK_FLAG or (is_tag and 0 < at == flag_end)
        flag_end = at + 1 if in_flag else flag_end
        counts[0] += c == 0xFFFD
        counts[2] += (c < 0x20 and text[at] not in _KEPT) or 0x7F <= c < 0xA0
        counts[3] += c in _BIDI
        counts[4] += c in _INVISIBLE or (c in (0x200C, 0x200D) and (at == 0 or text[at - 1] < "\x80"))
        counts[4] += is_tag and not in_flag
        counts[5] += 0xE000 <= c <= 0xF8FF or c >= 0xF0000
        letters[script_of(c)] += 1
        at += 1
    return [*counts, _leading(letters), candidates(text)]


def _mojibake_at(text: str, at: int) -> int:
    """Return how many characters at `at` are one UTF-8 sequence read as single bytes; 0 for none."""
    match = _BROKEN.match(text, at)
    if match is None:
        return 0
    lead, first = match[0][0], _AS_BYTE[match[0][1]]
    if (
        (lead == "\u00c2" and first < 0xA0)
        or (lead == "\u00e2" and first > 0x84)
        or (lead == "\u00f0" and first != 0x9F)
    ):
        return 0
    is_word_end = len(match[0]) == 2 and first < 0xA0 and at > 0 and "A" <= text[at - 1] <= "Z"
    return 0 if is_word_end else len(match[0])


@functools.cache
def script_of(c: int) -> int:
    """Return the index in SCRIPTS of a code point's script; 0 where it is no letter."""
    if chr(kind_table()[c]) not in "lUc":
        return 0
    for name, ranges in _RANGES:
        if any(first <= c <= last for first, last in ranges):
            return SCRIPTS.index(name)
    return OTHER


def _leading(letters: list[int]) -> int:
    japanese = letters[KANA] + letters[HAN]
    is_japanese = 10 * letters[KANA] >= japanese
    counts = [0, *letters[1:KANA], japanese * is_japanese, japanese * (not is_japanese), *letters[OTHER:]]
    return counts.index(max(counts)) if any(counts) else 0


def candidates(text: str) -> int:
    """Return the bits of `screen.Candidate` of a text."""
    number = any(sum(map(str.isdigit, run)) >= 7 for run in _number_runs(text))
    token = any(re.search("[A-Z0-9]", run) for run in _TOKEN.findall(text))
    return ("@" in text) + 2 * number + 4 * token + 8 * (len(_DOTTED.findall(text)) >= 3)


def _number_runs(text: str) -> list[str]:
    return [str(run) for run in _NUMBER.findall(text)]

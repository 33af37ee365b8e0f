"""The kernels in plain Python: what the C code must equal, and what runs where it could not be compiled.

Written to be read, not to be fast. `kernels.py` defines every feature; here is how it is found.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from audit.extract import lexicon
from audit.extract.unicode_table import kind_table

EDGE: Final = 200
"""Code points at the start (refusal) and at the end (closer) of a text that are searched."""

FIRST_PERSON, HEDGE, REFUSAL, CLOSER, OPENER = range(5)
"""Groups of phrases; opener class k (1-based) is group OPENER + k - 1."""

LONGEST_PHRASE: Final = 16
EDGE_WORDS: Final = 8
EDGE_POINTS: Final = 16
"""Words that a phrase may have: the C kernels remember that many."""

_WORD: Final = re.compile(r"[lUn][lUnmsj]*(?:'[lUn][lUnmsj]*)*|c[msj]*")
_ENDERS: Final = re.compile(r"[.!]+")
_AFTER_ENDERS: Final = re.compile(r"[)']*(?: |\Z)")
_LIST_MARKER: Final = re.compile(r"^[ \t]*[0-9]+(\.)(?=[ \t])", re.MULTILINE)
_HEADER: Final = re.compile(r"#{1,6}[ \t]")
_BULLET: Final = re.compile(r"[ \t]*[-*+][ \t]")
_NUMBERED: Final = re.compile(r"[ \t]*[0-9]+[.)][ \t]")
_BOLD: Final = (re.compile(r"\*\*[^*]+\*\*"), re.compile(r"__[^_]+__"))
_BACKTICKS: Final = re.compile(r"`+")
_LINK: Final = re.compile(r"\[[^\[\]]*\]\([^()]*\)|https?://")
_FENCES: Final = ("```", "~~~")
_FOLD: Final = {c: c + 32 for c in range(ord("A"), ord("Z") + 1)}


def kinds_of(text: str) -> str:
    """Return the kind letters of a text, one a code point."""
    return text.translate(_kind_letters())


@functools.cache
def _kind_letters() -> str:
    return kind_table().decode("ascii")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: folded, and where it stands (in code points)."""

    text: str
    start: int
    end: int


def words_of(text: str) -> list[Word]:
    """Return the words of a text, capital ASCII letters folded."""
    folded = text.translate(_FOLD)
    return [Word(folded[m.start() : m.end()], m.start(), m.end()) for m in _WORD.finditer(kinds_of(text))]


Phrase = tuple[int, tuple[str, ...]]


@functools.cache
def phrases() -> tuple[Phrase, ...]:
    """Return every phrase of the lexicon as its group and its words, curly apostrophes too."""
    groups: list[tuple[int, Iterable[str]]] = [
        (FIRST_PERSON, lexicon.FIRST_PERSON),
        (HEDGE, lexicon.HEDGES),
        (REFUSAL, lexicon.REFUSALS),
        (CLOSER, lexicon.CLOSERS),
        *((OPENER + k, members) for k, (_, members) in enumerate(lexicon.OPENERS)),
    ]
    spellings = {
        (group, tuple(word.text for word in words_of(spelling)))
        for group, members in groups
        for phrase in members
        for spelling in {phrase, phrase.replace("'", "\u2019")}
    }
    return tuple(sorted(spellings))


@functools.cache
def _phrases_by_last_word() -> dict[str, list[Phrase]]:
    found: dict[str, list[Phrase]] = {}
    for group, words in phrases():
        found.setdefault(words[-1], []).append((group, words))
    return found


def features(text: str | None) -> list[int]:
    """Return the counts of one text in the order of `kernels.FEATURES`; all zero for None."""
    if text is None:
        return [0] * 28
    kinds, words, outside = kinds_of(text), words_of(text), list(_outside_fences(text))
    lines = [line for line, _ in outside if line is not None]
    return [
        len(text.encode()),
        len(text),
        _characters(kinds, text),
        len(words),
        len({word.text for word in words}),
        _sentences(text, kinds, words),
        text.count("\n") + (text != "" and not text.endswith("\n")),
        _paragraphs(kinds, text),
        sum(_HEADER.match(line) is not None for line in lines),
        sum(_BULLET.match(line) is not None for line in lines),
        sum(_NUMBERED.match(line) is not None for line in lines),
        sum(len(bold.findall(line)) for line in lines for bold in _BOLD),
        sum(opens for _, opens in outside),
        sum(len(_BACKTICKS.findall(line)) // 2 for line in lines),
        sum(_is_table_row(line) for line in lines),
        sum(len(_LINK.findall(line)) for line in lines),
        _emoji(kinds),
        kinds.count("n"),
        sum(map(text.count, "?\uff1f\u061f")),
        sum(map(text.count, "!\uff01")),
        kinds.count("U"),
        sum(map(kinds.count, "Ulc")),
        sum(ord(c) >= 0x80 for c in text),
        *_phrase_features(text, kinds, words),
    ]


def _characters(kinds: str, text: str) -> int:
    """Code points less those that hang on another one."""
    found, flag_open, before = 0, False, ""
    for kind, char in zip(kinds, text, strict=True):
        closes_flag = kind == "r" and flag_open
        joined = before == "j" and ord(char) >= 0x80
        found += not (kind in "mj" or closes_flag or joined)
        flag_open, before = kind == "r" and not flag_open, kind
    return found


def _emoji(kinds: str) -> int:
    """Pictographs that no joiner hangs on another one, and flags."""
    found, flag_open, before = 0, False, ""
    for kind in kinds:
        closes_flag = kind == "r" and flag_open
        found += kind in "er" and before != "j" and not closes_flag
        flag_open, before = kind == "r" and not flag_open, kind
    return found


def _sentences(text: str, kinds: str, words: Sequence[Word]) -> int:
    if not text:
        return 0
    markers = {m.span(1) for m in _LIST_MARKER.finditer(text)}
    ends = [
        run.end()
        for run in _ENDERS.finditer(kinds)
        if "!" in run.group() or (_AFTER_ENDERS.match(kinds, run.end()) and run.span() not in markers)
    ]
    unfinished = bool(words) and words[-1].start >= max(ends, default=0)
    return max(1, len(ends) + unfinished)


def _paragraphs(kinds: str, text: str) -> int:
    start, blank, found = 0, True, 0
    for line in text.split("\n"):
        was_blank, blank = blank, not kinds[start : start + len(line)].strip(" ")
        found += was_blank and not blank
        start += len(line) + 1
    return found


def _outside_fences(text: str) -> Iterator[tuple[str | None, bool]]:
    """Yield each line, None for those of a fenced block, and whether the line opens one."""
    fence = ""
    for line in text.split("\n"):
        mark = line.lstrip(" \t")[:3]
        if not fence:
            opens = mark in _FENCES
            fence = mark if opens else ""
            yield (None if opens else line), opens
        else:
            fence = "" if mark == fence else fence
            yield None, False


def _is_table_row(line: str) -> bool:
    cells = line.lstrip(" \t").rstrip(" \t\r")
    return len(cells) > 1 and cells[0] == cells[-1] == "|"


def _phrase_features(text: str, kinds: str, words: Sequence[Word]) -> list[int]:
    """Hits of first person, hedges, refusal at the start; class of the opener; closing offers at the end."""
    hits = [0, 0, 0, 0]
    opener = 0
    for last, word in enumerate(words):
        for group, wanted in _phrases_by_last_word().get(word.text, ()):
            first = last + 1 - len(wanted)
            if first < 0 or not _stands_at(kinds, words[first : last + 1], wanted):
                continue
            start = words[first].start
            if group >= OPENER:
                rank = group - OPENER + 1
                opener = rank if first == 0 and (opener == 0 or rank < opener) else opener
            elif (group != REFUSAL or start < EDGE) and (group != CLOSER or start >= len(text) - EDGE):
                hits[group] += 1
    return [hits[FIRST_PERSON], hits[HEDGE], hits[REFUSAL], opener, hits[CLOSER]]


def _stands_at(kinds: str, found: Sequence[Word], wanted: tuple[str, ...]) -> bool:
    same = tuple(word.text for word in found) == wanted
    return same and not any({".", "!"} & set(kinds[a.end : b.start]) for a, b in pairwise(found))


def digest(data: bytes) -> bytes:
    """Return the BLAKE2b-128 digest of some bytes, 16 bytes."""
    return hashlib.blake2b(data, digest_size=16).digest()


_BLANKS: Final = " \t\n\v\f\r"
_MASK: Final = (1 << 64) - 1


def edges(text: str) -> tuple[int, int]:
    """Return hashes of the first and last eight words, or of 16 code points; zeros for a text too short for either."""
    words = [word for word in re.split(f"[{_BLANKS}]+", text) if word]
    if len(words) >= EDGE_WORDS:
        return _span(" ".join(words[:EDGE_WORDS])), _span(" ".join(words[-EDGE_WORDS:]))
    inner = text.strip(_BLANKS)
    if len(inner) < 2 * EDGE_POINTS:
        return 0, 0
    return _span(inner[:EDGE_POINTS]), _span(inner[-EDGE_POINTS:])


def _span(text: str) -> int:
    h = 0x6A09E667F3BCC908
    last = ""
    for byte in re.sub("[A-Z]", lambda letter: letter[0].lower(), text).encode("utf-8", "surrogatepass"):
        sign = chr(byte) if chr(byte) in _BLANKS else ""
        if not sign:
            h = _feed(h, byte)
        elif not last:
            h = _feed(h, 0x20)
        last = sign
    return h or 1


def _feed(h: int, byte: int) -> int:
    h = (h ^ byte) * 0x9E3779B97F4A7C15 & _MASK
    return h ^ h >> 29

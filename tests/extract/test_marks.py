"""Marks of damage, scripts and candidates: the C kernels equal their twin, and the twin equals its definitions."""

from __future__ import annotations

import random

import ftfy
import pyarrow as pa
import pytest

from audit.extract.kernels import text_marks
from audit.extract.marks import Mark, Script, look, script_of
from tests.extract.texts import random_text

PIECES = (
    *(
        "a@b.c",
        "1-2 3.45 678/9",
        "x" * 19 + "1",
        "y" * 36,
        "1.2.3.4",
        "999.1.22.333",
        "&amp;",
        "&#39;",
        ".\\nA",
        "\\n\\nB",
    ),
    *("\u00c3\u00a9", "\u00e2\u20ac\u2122", "\u00f0\u0178\u02dc", "\u00c2\u00a0", "\ufeff", "a\u200db", "\u202e"),
    *("\U000e0041", "\U0001f3f4\U000e0067", "\ue000", "\x07", "\x85", "\u6f22\u5b57", "\u304b\u306a", "\ud55c\uae00"),
    *("\u0416", "\ufffd", "abc_-9" * 4, "12", "  ", "(", ")", "\\", "n", "A", "&", ";", "#", "-----BEGIN ", "0"),
)


def test_c_and_twin_agree() -> None:
    """Fifteen thousand texts made of what is nearly a mark, and of anything."""
    source = random.Random(1)
    texts = [
        "".join(
            source.choice(PIECES) if source.random() < 0.6 else random_text(source)[:6]
            for _ in range(source.randint(0, 8))
        )
        for _ in range(15_000)
    ]
    for text, found in zip(texts, text_marks(pa.array(texts)).tolist(), strict=True):
        assert (text, tuple(found)) == (text, look(text))


def test_every_code_point_alone() -> None:
    """The ranges of scripts and kinds of the two are the same, between letters and alone."""
    points = [chr(p) for p in range(1, 0x110000) if not 0xD800 <= p < 0xE000]
    source = random.Random(2)
    chosen = [p for p in points if ord(p) < 0x3400 or 0xA000 <= ord(p) < 0x10800 or source.random() < 0.01]
    for text, found in zip(chosen, text_marks(pa.array(chosen)).tolist(), strict=True):
        assert (text, tuple(found)) == (text, look(text))


def test_nulls_slices_and_long_runs() -> None:
    """A null has no mark; a slice has its own rows; a megabyte of digits or letters is read once, not often."""
    array = pa.array([None, "x\ufffd", "", None, "a" * 1_000_000, "1 " * 500_000, "-" * 1_000_000])
    assert text_marks(array)[:, 0].tolist() == [
        0,
        Mark.REPLACEMENT,
        0,
        0,
        Mark.CANDIDATE,
        Mark.CANDIDATE,
        Mark.CANDIDATE,
    ]
    assert text_marks(array.slice(1, 2))[:, 0].tolist() == [Mark.REPLACEMENT, 0]


@pytest.mark.parametrize(
    "text", ["d\u00e9j\u00e0 vu", "it\u2019s", "na\u00efve \u2014 fine", "\U0001f600 ok", "\u00a3 20", "50\u00a0%"]
)
def test_mojibake_is_what_ftfy_repairs(text: str) -> None:
    """UTF-8 read as Latin-1 or Windows-1252 is marked, and ftfy restores it; the text itself is left alone by both."""
    for codec in ("latin-1", "sloppy-windows-1252"):
        broken = text.encode().decode(codec)
        assert look(broken)[0] & Mark.MOJIBAKE, broken
        assert ftfy.fix_encoding(broken) == text
    assert not look(text)[0] & Mark.MOJIBAKE
    assert ftfy.fix_encoding(text) == text


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("plain words", Script.LATIN), ("\u6f22\u5b57\u3067\u3059", Script.KANA), ("\u4e2d\u6587\u3002", Script.HAN),
        ("\ud55c\uad6d\uc5b4", Script.HANGUL), ("\u0440\u0443\u0441\u0441\u043a\u0438\u0439", Script.CYRILLIC),
        ("12 34 !", Script.NONE), ("ab \u4e2d\u6587 \u0440\u0443", Script.MIXED), ("abc \u4e2d", Script.LATIN),
        ("\u0e44\u0e17\u0e22", Script.THAI), ("\u0627\u0644\u0639\u0631\u0628\u064a\u0629", Script.ARABIC),
    ],
)  # fmt: skip
def test_scripts(text: str, script: Script) -> None:
    """At least half of the letters; ab, two Han and two Cyrillic letters have no half."""
    assert script_of(text) is script


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f469\u200d\U0001f4bb", "\U0001f3f4\U000e0067\U000e0062\U000e007f",
        "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\ufeffstart", "tab\tand\r\nline", "S\u00c3O PAULO", "AT&T; R&D;x", "C:\\new\\folder", "a \\n b",
    ],
)  # fmt: skip
def test_what_belongs_there_has_no_mark(text: str) -> None:
    """Joiners of emoji and Persian, flags, a leading byte order mark, Portuguese capitals, paths."""
    assert Mark(look(text)[0]) & ~Mark.CANDIDATE == Mark(0)

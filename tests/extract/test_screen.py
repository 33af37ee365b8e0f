"""The screening kernel: counts by hand, C against its twin, and mojibake against ftfy."""

from __future__ import annotations

import random

import ftfy
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.extract import screen_twin
from audit.extract.kernels import IMPLEMENTATION
from audit.extract.screen import SCREENED, SCRIPTS, Candidate, screen
from tests.extract.texts import ALL_TEXTS, FRAGMENTS

COMPILED = pytest.mark.skipif(IMPLEMENTATION != "c", reason="the C kernels are not built: python hatch_build.py")
OWN = [
    *("\ufffd", "Ã©", "â€™", "Â£", "ðŸ˜€", "Ð¿", "IRMÃ”", "É»", "\u202e", "\u2066", "\u200b", "\ufeff", "\ue000"),
    *("\U000f0000", "\U0001f3f4\U000e0067\U000e007f", "\U000e0041", "a@b.de", "4111 1111 1111 1111", "1.2.3.4", ".5."),
    *(
        "AKIAABCDEFGHIJKLMNOP",
        "_" * 25,
        "-" * 70,
        "x" * 64,
        "x" * 63,
        "1" * 9,
        "12 34 (56) 7",
        " " * 70,
        "\x00",
        "\x7f",
    ),
    *("\x85", "Â", "Ã", "â", "€", "å", "ж", "ש", "ب", "न", "ไ", "한", "ひ", "漢", "々", "Ω", "\u200d", "\u00ad", "9"),
]
CASES = [
    # column, text, expected
    ("replacement", "caf\ufffd \ufffd", 2),
    ("mojibake", "cafÃ© donâ€™t Â£5 ðŸ˜€ Ð¿Ñ\x80", 6),  # é, ’, £, an emoji, two Cyrillic letters
    ("mojibake", "LE CAFÉ» et «é\u00a0» MANHÃ” Â NÃO ação â 5", 0),
    ("controls", "a\x00b\x07\x1b\t\r\n\x7f", 4),
    ("controls", "é\x85\x9f", 2),
    ("bidi", "a\u202eb\u2066c\u200e\u200f", 2),
    ("invisible", "a\u200bb\u00ad\ufeff \u200d", 4),  # the joiner follows a space
    ("invisible", "👩\u200d⚕ می\u200cخواهم 🏴\U000e0067\U000e0062\U000e007f", 0),
    ("invisible", "hidden\U000e0041\U000e0042", 2),
    ("private_use", "\ue000\uf8ff\U000f0001", 3),
    ("script", "mostly Latin, немного", SCRIPTS.index("Latin")),
    ("script", "немного Latin и", SCRIPTS.index("Cyrillic")),
    ("script", "日本語のテキスト", SCRIPTS.index("Kana")),
    ("script", "中文文本", SCRIPTS.index("Han")),
    ("script", "123 !?", 0),
    ("candidates", "write to a@b", Candidate.AT),
    ("candidates", "(12) 34-567", Candidate.NUMBER),  # 11 signs in a row, 7 digits
    ("candidates", "12,345,678,901 2020", 0),  # commas end a run
    ("candidates", "12345678 ", Candidate.NUMBER),
    ("candidates", "a" * 19 + "B", Candidate.TOKEN),
    ("candidates", "a" * 30, 0),  # neither digit nor capital
    ("candidates", "A" * 19, 0),
    ("candidates", "1.2.3.4", Candidate.DOTTED),
    ("candidates", "1.2 a.3.4", 0),  # two dots between digits
]


def screened(text: str, implementation: str) -> dict[str, int]:
    values = screen_twin.screened(text) if implementation == "twin" else screen(pa.array([text])).tolist()[0]
    return dict(zip(SCREENED, values, strict=True))


@pytest.mark.parametrize("implementation", ["twin", "kernel"])
@pytest.mark.parametrize(("column", "text", "expected"), CASES, ids=[f"{c}-{i}" for i, (c, _, _) in enumerate(CASES)])
def test_counts(column: str, text: str, expected: int, implementation: str) -> None:
    """What a short text holds is what counting by hand gives."""
    assert screened(text, implementation)[column] == expected


@COMPILED
@given(st.lists(st.none() | ALL_TEXTS | st.lists(st.sampled_from([*OWN, *FRAGMENTS]), max_size=60).map("".join)))
def test_any_text(texts: list[str | None]) -> None:
    """C and twin count the same on any text, nulls among them."""
    wanted = [[0] * len(SCREENED) if text is None else screen_twin.screened(text) for text in texts]
    assert screen(pa.array(texts, pa.large_string())).tolist() == wanted


@COMPILED
def test_random_texts() -> None:
    """A seeded run over fragments on which counts turn."""
    source = random.Random(11)
    texts = ["".join(source.choices([*OWN, *FRAGMENTS], k=source.choice([1, 3, 20, 90]))) for _ in range(1_500)]
    assert screen(pa.array(texts)).tolist() == [screen_twin.screened(text) for text in texts]


@COMPILED
def test_every_code_point() -> None:
    """Each code point alone is of the same kind and script for both."""
    points = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    assert screen(pa.array(points)).tolist() == [screen_twin.screened(point) for point in points]


@COMPILED
@pytest.mark.parametrize("unit", ["a", "A", "1", " ", "1.", "@", "\x00", "é", "Ã©", "漢", "\n", "_"])
def test_every_length_around_the_blocks(unit: str) -> None:
    """Texts of every length up to three blocks of 64 bytes, whatever falls on the border."""
    texts = [unit * n for n in range(200 // len(unit.encode()))]
    texts += [" " * n + "B" * 20 + "," + "12345678 " for n in range(130)]
    assert screen(pa.array(texts)).tolist() == [screen_twin.screened(text) for text in texts]


def test_slices_and_types() -> None:
    """Slices and nulls of either offset width count as they stand; other types are refused."""
    for kind in (pa.string(), pa.large_string()):
        array = pa.array(["\ufffd", None, "@", "x"], kind).slice(1, 2)
        assert screen(array)[:, [0, 7]].tolist() == [[0, 0], [0, 1]]
    assert screen(pa.array([], pa.string())).shape == (0, len(SCREENED))
    with pytest.raises(TypeError, match="large_string"):
        screen(pa.array([1]))


WORDS = [
    *("café", "don’t", "£5", "naïve", "Größe", "señor", "“quoted”", "привет мир", "😀", "coração", "—", "Straße"),
]


@pytest.mark.parametrize("word", WORDS)
def test_mojibake_as_ftfy_sees_it(word: str) -> None:
    """A word read as Windows-1252 or Latin-1 is mojibake for ftfy and here; the word itself for neither."""
    broken = ftfy.fix_encoding(word) + " " + word.encode().decode("latin-1")
    assert ftfy.fix_encoding(word) == word
    assert screened(word, "kernel")["mojibake"] == 0
    assert screened(broken, "kernel")["mojibake"] > 0
    assert ftfy.fix_encoding(word.encode().decode("latin-1")) == word

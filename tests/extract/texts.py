"""Texts for the kernels' tests: fragments on which counts turn, random texts of them, and how to count one text."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from audit.extract import kernels, twin

LATIN = ["a", "I", "b'", "'", "\u2019", "é", "É", "ß", "ZZ", "X" * 17, "wordlongerthansixteenbytes", "can't", "x_y"]
WIDE = ["漢", "字", "ひ", "ー", "ｶ", "ﾞ", "ก", "ั", "한국", "न", "ी", "ि", "ب", "ﬁ", "½", "Å"]
MARKS = ["\u0301", "\u200c", "\u200d", "\u00ad", "\u200b", "\u064b"]
EMOJI = ["👩", "🇩", "🇪", "🏽", "\ufe0f", "❤", "⚕", "1️⃣", "🏴", "\U000e0067"]
SPACE = [" ", "  ", "\n", "\n\n", "\t", "\r\n", "\r", "\u3000", "\u00a0", "\u2028", "\x0b", "\x1c", "\x85"]
SIGNS = [".", "...", "!", "?", "?!", "。", "！", "？", "…", "؟", "।", ")", '"', "”", "»", "\x00", "9", "٣", "12"]
MARKDOWN = ["*", "**", "_", "__", "`", "```", "~~~", "#", "## ", "- ", "* ", "+\t", "1. ", "12) ", "|"]
LINKS = ["http://", "https://x", "[x](y)", "[", "]", "(", ")", "](", ":", "ftp://"]
PHRASES = ["sure", "I'm sorry, but I", "can’t help", "as an AI", "let me know if", "抱歉", "我无法", "désolé"]
PHRASES += [
    "je ne peux pas",
    "I think",
    "might",
    "Happy to help",
    "申し訳ありません",
    "i am not able to",
    "Great question",
]
FRAGMENTS = [*LATIN, *WIDE, *MARKS, *EMOJI, *SPACE, *SIGNS, *MARKDOWN, *LINKS, *PHRASES]

WHOLE_UNICODE = st.text(st.characters(exclude_categories=["Cs"]))
ALL_TEXTS = st.one_of(st.lists(st.sampled_from(FRAGMENTS), max_size=80).map("".join), WHOLE_UNICODE)


def random_text(source: random.Random) -> str:
    """Return a text of fragments, sometimes plain ASCII, sometimes with any code points in it."""
    size = source.choice([0, 1, 2, 3, 5, 10, 30, 60, 100, 300])
    pool = source.choice([FRAGMENTS, FRAGMENTS, LATIN + SPACE[:4] + SIGNS[:5] + MARKDOWN, [*WIDE, *MARKS, *EMOJI]])
    parts = source.choices(pool, k=size)
    if source.random() < 0.2:
        parts += [chr(source.choice([source.randrange(0xD800), source.randrange(0xE000, 0x110000)])) for _ in range(20)]
        source.shuffle(parts)
    return "".join(parts)


def features(text: str | None, implementation: str) -> dict[str, int]:
    """Return the counts of one text by name, as `c` (what `kernels` does here) or as the `twin` finds them."""
    if implementation == "twin":
        return dict(zip(kernels.FEATURES, twin.features(text), strict=True))
    counts = kernels.count_features(pa.array([text], pa.string()))
    assert counts.shape == (1, len(kernels.FEATURES))
    assert counts.dtype == np.int32
    return dict(zip(kernels.FEATURES, counts[0].tolist(), strict=True))

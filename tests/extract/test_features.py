"""Every feature against counts made by hand, for the kernels in use and for their twin."""

from __future__ import annotations

import pytest

from audit.extract import lexicon
from audit.extract.kernels import FEATURE_MEANINGS, FEATURES
from tests.extract.texts import features

IMPLEMENTATIONS = pytest.mark.parametrize("implementation", ["kernels", "twin"])

CASES: list[tuple[str, str, int]] = [
    # size: é is 2 bytes, 漢 3, 😀 4
    ("bytes", "aé漢😀", 1 + 2 + 3 + 4),
    ("code_points", "aé漢😀", 4),
    ("non_ascii", "aé漢😀", 3),
    # characters: what hangs on the code point before it does not count
    ("characters", "e\u0301", 1),
    ("characters", "\U0001f469\u200d\U0001f469\u200d\U0001f467", 1),  # a family: three joined pictographs
    ("characters", "\U0001f44d\U0001f3fd!", 2),  # thumb with a skin tone, sign
    ("characters", "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2),  # two flags of two regional indicators
    ("characters", "\U0001f1e9\U0001f1ea\U0001f1eb", 2),  # a flag and a half
    ("characters", "\u2764\ufe0f", 1),  # heart with its variation selector
    ("characters", "a\u200db", 2),  # an ASCII letter is never joined; the joiner does not count
    ("characters", "\u0e01\u0e31\u0e19", 2),  # Thai: ko kai with a vowel above, no nu
    # words
    ("words", "don't stop 'quoted' rock'n'roll", 4),
    ("words", "well-known 3.14 x2", 5),  # well known 3 14 x2
    ("words", "don\u2019t", 1),
    ("words", "'' ' a''b", 2),  # two apostrophes do not hold together
    ("words", "漢字かな", 4),
    ("words", "ab漢cd", 3),
    ("words", "\u0e01\u0e31\u0e19", 2),
    ("words", "한국어 문장", 2),  # Hangul has word spaces
    ("words", "नमस्ते दुनिया", 2),  # vowel signs and virama belong to the word
    ("words", "e\u0301te\u0301 cafe\u0301s", 2),
    ("words", "\u0301 \u2764\ufe0f --", 0),  # a mark alone is no word
    ("words", "می\u200cخواهم", 1),  # the zero-width non-joiner does not split
    ("distinct_words", "The the THE tHe other", 2),
    ("distinct_words", "É é", 2),  # only ASCII is folded
    ("distinct_words", "abcdefghijklmnop abcdefghijklmnopq abcdefghijklmnop", 2),  # 16 and 17 letters
    # sentences
    ("sentences", "", 0),
    ("sentences", "no end", 1),
    ("sentences", "One. Two! Three? Four", 4),
    ("sentences", 'He said "Stop!" (Twice.) **Really?** Yes', 4),
    ("sentences", "Wait... what?! No.", 3),
    ("sentences", "Version 3.14 of example.com is out.", 1),
    ("sentences", "你好。世界！真的？是", 4),
    ("sentences", "1. First\n2. Second\n10) Third", 1),  # list numbers end nothing
    ("sentences", "We met in 1999. It rained.", 2),  # a number that starts no line does
    ("sentences", "नमस्ते। दुनिया।", 2),
    ("sentences", "***", 1),
    ("sentences", "End.\u3000Next", 2),
    # lines and paragraphs
    ("lines", "", 0),
    ("lines", "a", 1),
    ("lines", "a\n", 1),
    ("lines", "a\n\nb", 3),
    ("lines", "\n", 1),
    ("paragraphs", "a\nb\n\nc\n \t\n\u3000\nd\n", 3),
    ("paragraphs", " \n\t\r\n", 0),
    # Markdown
    ("headers", "# a\n###### b\n####### c\n#d\n ## e\n#\tf\n#", 3),  # a, b, f
    ("bullets", "- a\n  * b\n\t+ c\n-d\n+\n- \n\u2022 e", 4),  # a, b, c and the empty one
    ("numbered", "1. a\n 12) b\n3.c\n4 .\n5.\t", 3),  # 1., 12), 5.
    ("bold", "**a** __b__ ***c*** ** ** *d*", 4),  # a, b, c and the blank
    ("bold", "**a\nb**", 0),
    ("bold", "**a*b**", 0),  # the sign inside breaks it
    ("bold", "**a** b **c**", 2),
    ("bold", "****a**** **", 2),  # a, and the blank before the last sign: its opener is half of four
    ("code_fences", "```py\nx\n```\ntext\n~~~\n```\n~~~\n  ```\nopen", 3),
    ("headers", "```\n# no\n```\n# yes", 1),
    ("bold", "~~~\n**no**\n```\n**no**\n~~~\n**yes**", 1),
    ("words", "```\nthree words here\n```", 3),  # other features do look into a block
    ("inline_code", "`a` ``b`` `c", 2),  # five runs on the line: two pairs
    ("inline_code", "`a\nb`", 0),
    ("table_rows", "| a | b |\n|---|---|\n  |c| \r\n|\n| d\n", 3),
    ("links", "[a](b) [c] (d) [e](f http://g https://h [i](http://j)", 4),  # a, g, h, i
    ("links", "[[a](b)](c) ![d](e)", 2),
    ("links", "see:http://a ://b HTTP://c", 1),
    # kinds of code points
    ("emoji", "😀 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea ❤️ ✅ → ©", 5),
    ("emoji", "👍🏽", 1),
    ("digits", "a1 22 \u0663", 4),
    ("questions", "? ?? \uff1f \u061f", 5),
    ("exclamations", "!! \uff01 \u203c", 3),
    ("capitals", "Ab É Ω ǅ \u01c5", 5),
    ("letters", "Ab É 漢 ひ Ⅷ 1 _ \u0301", 6),
    # phrases
    ("first_person", "I think MY dog saw me; i'm sure. Weird", 4),  # I MY me i'm
    ("first_person", "I\u2019ll be mine", 2),
    ("hedges", "Maybe it could, be; I think. Perhaps", 4),  # maybe, could be, I think, perhaps
    ("hedges", "It could. Be quiet", 0),  # a sentence ender between the words
    ("hedges", "sort\nof *kind* of", 2),
    ("refusal", "I\u2019m sorry, but I can\u2019t help with that.", 3),  # I'm sorry but, sorry but I, I can't help
    ("refusal", "抱歉，我无法提供", 3),  # 抱歉 我无法 无法提供
    ("refusal", "申し訳ありません、できません", 1),
    ("refusal", "Je ne peux pas vous aider", 1),
    ("refusal", "Lo siento, no puedo ayudarte", 2),
    ("refusal", "Não posso ajudar", 1),
    ("refusal", "Tut mir leid, das kann ich nicht", 2),
    ("refusal", "é" * 198 + " I won't", 1),  # starts at code point 199, counted from 0
    ("refusal", "é" * 199 + " I won't", 0),
    ("closer", "Let me know if that helps" + "é" * 175, 1),  # 25 + 175 = 200
    ("closer", "Let me know if that helps" + "é" * 176, 0),
    ("closer", "Hope this helps! Feel free to ask.", 2),
]


@IMPLEMENTATIONS
@pytest.mark.parametrize(
    ("name", "text", "expected"), CASES, ids=[f"{name}-{i}" for i, (name, _, _) in enumerate(CASES)]
)
def test_counts(name: str, text: str, expected: int, implementation: str) -> None:
    """A feature of a short text is what counting by hand gives."""
    assert features(text, implementation)[name] == expected


@IMPLEMENTATIONS
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sure! Here is", "assent"),
        ("**Great question**, but", "praise"),
        ("As an AI, sure", "self"),
        ("I\u2019m sorry", "apology"),
        ("Here's a list", "announcement"),
        ("Thanks for asking", "thanks"),
        ("Hi there", "greeting"),
        ("Well, sure", None),
        ("", None),
    ],
)
def test_opener_is_the_class_of_the_first_words(text: str, name: str | None, implementation: str) -> None:
    """The opener is the 1-based place of its class in the lexicon, 0 where none fits the very first word."""
    expected = 0 if name is None else 1 + [opener for opener, _ in lexicon.OPENERS].index(name)
    assert features(text, implementation)["opener"] == expected


@IMPLEMENTATIONS
def test_first_class_wins(implementation: str) -> None:
    """Where phrases of two classes fit, the class that stands first in the lexicon counts."""
    classes = [name for name, _ in lexicon.OPENERS]
    assert "this is a great" in dict(lexicon.OPENERS)["praise"]
    assert "this is a" in dict(lexicon.OPENERS)["announcement"]
    assert features("This is a great plan", implementation)["opener"] == 1 + classes.index("praise")
    assert features("This is a plan", implementation)["opener"] == 1 + classes.index("announcement")


@IMPLEMENTATIONS
@pytest.mark.parametrize("text", [None, ""])
def test_nothing_counts_nothing(text: str | None, implementation: str) -> None:
    """A null and an empty text have only zeros."""
    assert set(features(text, implementation).values()) == {0}


@IMPLEMENTATIONS
def test_embedded_nul_is_a_character_like_any_other(implementation: str) -> None:
    """A NUL ends no text: what stands behind it counts."""
    found = features("a\x00b.\x00 c", implementation)
    assert (found["bytes"], found["words"], found["sentences"]) == (7, 3, 1)


@IMPLEMENTATIONS
def test_every_phrase_is_found_alone(implementation: str) -> None:
    """Each phrase of the lexicon, alone as a text, is counted once in its own feature."""
    groups = {
        "first_person": lexicon.FIRST_PERSON,
        "hedges": lexicon.HEDGES,
        "refusal": lexicon.REFUSALS,
        "closer": lexicon.CLOSERS,
    }
    for name, phrases in groups.items():
        assert {p: features(p, implementation)[name] for p in phrases} == dict.fromkeys(phrases, 1)


def test_every_feature_is_documented_and_checked() -> None:
    """Names are unique, each has a meaning, and each (openers apart) has a case above that is not zero."""
    assert tuple(FEATURE_MEANINGS) == FEATURES
    assert len(set(FEATURES)) == len(FEATURES) == 28
    assert {name for name, _, expected in CASES if expected} | {"opener"} == set(FEATURES)

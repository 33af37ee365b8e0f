"""What a declared locale promises: a language, and the scripts that it is written in."""

from __future__ import annotations

from typing import Final

from audit.extract.screen import SCRIPTS

_WRITTEN_IN: Final = {
    "Greek": "el",
    "Cyrillic": "ru uk be bg mk sr kk ky mn tg tt ba cv",
    "Hebrew": "he yi iw",
    "Arabic": "ar fa ur ps ug sd ckb ku ms",
    "Indic": "hi bn ta te mr gu kn ml pa or ne as si sa sd kok mai",
    "Thai": "th",
    "Hangul": "ko",
    "Kana": "ja",
    "Han": "zh yue wuu ja ko",
}
"""Languages by script, ISO 639; some are written in two."""
_ALSO_LATIN: Final = frozenset(["sr", "kk", "ky", "uz", "az", "tk", "ku", "ms"])
_ELSEWHERE: Final = frozenset(["am", "ti", "hy", "ka", "km", "lo", "my", "bo", "dv", "dz"])
"""Languages of scripts that are not told apart here."""
_ALIKE: Final = (("zh", "yue", "wuu"), ("no", "nb", "nn", "da"), ("hr", "bs", "sr", "sh"), ("id", "ms"), ("he", "iw"))
"""Languages that an identifier does not tell apart reliably, or that have two codes."""
_ALIKE_TO: Final = {code: group[0] for group in _ALIKE for code in group}


def language_of(locale: str) -> str:
    """Return the language of a BCP 47 tag, as the first of those that count as alike."""
    code = locale.strip().replace("_", "-").split("-")[0].lower()
    return _ALIKE_TO.get(code, code)


def scripts_of(locale: str) -> frozenset[int]:
    """Return the scripts that a locale's language is written in, as indices of SCRIPTS; empty where it is not known."""
    code = locale.strip().replace("_", "-").split("-")[0].lower()
    if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha()):
        return frozenset()
    if code in _ELSEWHERE:
        return frozenset([SCRIPTS.index("other")])
    own = {name for name, codes in _WRITTEN_IN.items() if code in codes.split()}
    if not own or code in _ALSO_LATIN:
        own.add("Latin")
    return frozenset(SCRIPTS.index(name) for name in own)

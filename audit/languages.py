"""Which scripts a language is written in, by BCP 47 locale; what is not listed is not judged."""

from __future__ import annotations

import re
from typing import Final

from audit.extract.marks import Script

_LATIN: Final = (
    "af ast az br bs ca ceb cs cy da de en eo es et eu fi fil fo fr fy ga gd gl ha hr ht hu id ig is it jv lb lt lv mg "
    "mi ms mt nb nl nn no oc pl pt qu rm ro rw sk sl sm sn so sq st su sv sw tk tl tn tr uz vi wo xh yo zu"
)
SCRIPTS: Final[dict[str, frozenset[Script]]] = {
    **dict.fromkeys(_LATIN.split(" "), frozenset({Script.LATIN})),
    **dict.fromkeys(("be", "bg", "kk", "ky", "mk", "mn", "ru", "tg", "tt", "uk"), frozenset({Script.CYRILLIC})),
    "sr": frozenset({Script.CYRILLIC, Script.LATIN}),
    **dict.fromkeys(("ar", "ckb", "fa", "ps", "sd", "ug", "ur"), frozenset({Script.ARABIC})),
    **dict.fromkeys(("he", "yi"), frozenset({Script.HEBREW})),
    **dict.fromkeys(("hi", "mr", "ne", "sa"), frozenset({Script.DEVANAGARI})),
    **dict.fromkeys(("zh", "yue", "wuu"), frozenset({Script.HAN})),
    "ja": frozenset({Script.KANA, Script.HAN}),
    "ko": frozenset({Script.HANGUL}),
    "el": frozenset({Script.GREEK}),
    "th": frozenset({Script.THAI}),
    **dict.fromkeys(
        ("am", "bn", "gu", "hy", "ka", "km", "kn", "lo", "ml", "my", "or", "pa", "si", "ta", "te", "bo"),
        frozenset({Script.OTHER}),
    ),
}
"""Language -> scripts."""
SUBTAGS: Final = {
    "latn": Script.LATIN,
    "cyrl": Script.CYRILLIC,
    "arab": Script.ARABIC,
    "deva": Script.DEVANAGARI,
    "hans": Script.HAN,
    "hant": Script.HAN,
    "grek": Script.GREEK,
    "hebr": Script.HEBREW,
}
"""Script subtag -> script; it decides over the language."""


def language_of(locale: str) -> str:
    """Return the language of a BCP 47 locale, in small letters."""
    return re.split("[-_]", locale.strip())[0].lower()


def scripts_of(locale: str) -> frozenset[Script] | None:
    """Return the scripts that text of a locale is written in; None where that is not known."""
    parts = re.split("[-_]", locale.strip().lower())
    named = next((SUBTAGS[part] for part in parts[1:] if part in SUBTAGS), None)
    return SCRIPTS.get(parts[0]) if named is None else frozenset({named})

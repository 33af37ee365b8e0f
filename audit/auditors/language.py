"""LNG: do the responses speak the language that the locale declares, and the one that they were asked in?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.extract.screen import SCRIPTS
from audit.language.locales import language_of, scripts_of
from audit.measure import ALL, Interval, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Ints, Signals
from audit.slices import column_slices
from audit.stats.lots import lot_bounds
from audit.stats.proportions import LEVEL

HANGUL: Final = SCRIPTS.index("Hangul")
HAN: Final = SCRIPTS.index("Han")
SCRIPT_MISMATCH: Final = "language.script_mismatch_share"
SCRIPT_SIDES: Final = "language.script_sides_share"
SCRIPT_PROMPT: Final = "language.script_prompt_share"
MISMATCH: Final = "language.mismatch_share"
SIDES_DIFFER: Final = "language.sides_differ_share"
PROMPT_DIFFERS: Final = "language.prompt_differs_share"
NO_LOCALE: Final = Undefined("no locale is recorded", "locale")
NO_TEXT: Final = Undefined("no response is recorded", "response_a")
NONE_LONG: Final = Undefined("no text has enough letters to tell", "longer texts")
NOT_IDENTIFIED: Final = Undefined(
    "languages are not identified", "locale, and the extra language: pip install dpo-audit[language]"
)
SAMPLED: Final = "sample of smallest keys, exact hypergeometric bounds; n: comparisons whose language could be told"


@dataclass(frozen=True)
class Language:
    """Language: whether responses are in the language that was asked for.

    What it measures:
        Exactly, over the whole file and without a library: comparisons with a response in a script that the declared
        locale is not written in (`language.script_mismatch_share`), whose responses are in different scripts
        (`language.script_sides_share`), or with a response in another script than the prompt
        (`language.script_prompt_share`). By identified language, on a sample: comparisons with a response in another
        language than the declared one (`language.mismatch_share`), whose responses differ in language
        (`language.sides_differ_share`), or with a response in another language than the prompt
        (`language.prompt_differs_share`).

    Why it matters:
        A response in the wrong language is a wrong answer in any words. As the rejected side it teaches no more than to
        keep the language; as the chosen side it teaches to change it.

    How:
        A text's script is that of most of its letters. Below `least_letters` letters (code points of a prompt; half as
        many in Han, kana and Hangul, where a letter is a word or a syllable) nothing is said of a text, nor of a
        comparison with no text that is long enough. Languages are told by py3langid, if it is installed, from the first
        400 code points, code, links and addresses left out, where its probability is at least one half, for the 1,000
        comparisons of smallest key whose locale names a language that it knows. Languages that it cannot tell apart
        count as one. Bounds are exact for a sample without replacement.

    Reads:
        Nothing is required. It uses `locale`, `prompt_script`, `a_script`, `b_script`, `a_letters`, `b_letters`,
        `prompt_code_points`, and of a run with the extra `language`: `prompt_language`, `a_language`, `b_language`,
        `language_sampled`.

    Measures and units:
        `language.script_mismatch_share`, `language.script_sides_share`, `language.script_prompt_share`: share of
        comparisons, census. `language.mismatch_share` (also per locale), `language.sides_differ_share`,
        `language.prompt_differs_share`: share of comparisons, lot.

    Limits:
        Prompts that ask for a translation count as a difference between prompt and response: those two are for
        reading, no rule of the default pack judges them. A change of language inside a text is not seen. Identified
        without error on 8,800 texts of six languages and 2,500 English ones of 50 characters or more here
        (docs/privacy.md); mixed texts are another matter.

    References:
        Lui and Baldwin 2012, ACL demos (langid.py). Marchisio et al. 2024, arXiv 2406.20052 (language confusion).
        Wright 1991, Exact Confidence Bounds When Sampling from Small Finite Universes.
    """

    least_letters: int = 50
    """Letters below which the script of a text is not judged."""
    slice_comparisons: int = 30
    """Comparisons of the sample below which a locale is left out."""

    code: ClassVar[str] = "LNG"
    name: ClassVar[str] = "language"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        *("locale", "prompt_script", "a_script", "b_script", "prompt_code_points", "a_letters", "b_letters"),
        *("prompt_language", "a_language", "b_language", "language_sampled"),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        Spec(SCRIPT_MISMATCH, "share", Kind.CENSUS, "comparisons with a response in a script not of its locale"),
        Spec(SCRIPT_SIDES, "share", Kind.CENSUS, "comparisons whose responses are in different scripts"),
        Spec(SCRIPT_PROMPT, "share", Kind.CENSUS, "comparisons with a response in another script than the prompt"),
        Spec(MISMATCH, "share", Kind.LOT, "comparisons with a response in another language than declared"),
        Spec(SIDES_DIFFER, "share", Kind.LOT, "comparisons whose responses are in different languages"),
        Spec(PROMPT_DIFFERS, "share", Kind.LOT, "comparisons with a response in another language than the prompt"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield the measures by script, then those by identified language."""
        yield from self._by_script(signals)
        yield from self._by_language(signals)

    def _by_script(self, signals: Signals) -> Iterator[Measure]:
        if not signals.has("a_script", "b_script"):
            for name in (SCRIPT_MISMATCH, SCRIPT_SIDES, SCRIPT_PROMPT):
                yield Measure(name, NO_TEXT, "share", Kind.CENSUS, 0)
            return
        a, b = self._scripts(signals, "a"), self._scripts(signals, "b")
        if signals.has("locale"):
            codes, locales = signals.codes("locale")
            expected = [scripts_of(locale) for locale in locales] + [frozenset[int]()]
            known = np.array([bool(scripts) for scripts in expected])[codes]
            fits = np.array([[s in scripts for s in range(len(SCRIPTS))] for scripts in expected])
            told = known & ((a > 0) | (b > 0))
            wrong = ((a > 0) & ~fits[codes, a]) | ((b > 0) & ~fits[codes, b])
            yield _census(SCRIPT_MISMATCH, told & wrong, told, signals)
        else:
            yield Measure(SCRIPT_MISMATCH, NO_LOCALE, "share", Kind.CENSUS, 0)
        yield _census(SCRIPT_SIDES, (a > 0) & (b > 0) & (a != b), (a > 0) & (b > 0), signals)
        prompt = self._scripts(signals, "prompt")
        told = (prompt > 0) & ((a > 0) | (b > 0))
        other = ((a > 0) & (a != prompt)) | ((b > 0) & (b != prompt))
        yield _census(SCRIPT_PROMPT, told & other, told, signals)

    def _scripts(self, signals: Signals, side: str) -> Ints:
        """Return the script of each text of a side that is long enough, else 0."""
        if not signals.has(f"{side}_script"):
            return np.zeros(signals.comparisons, np.int64)
        script = signals.ints(f"{side}_script")
        size = signals.ints("prompt_code_points" if side == "prompt" else f"{side}_letters")
        least = np.where((script >= HANGUL) & (script <= HAN), self.least_letters // 2, self.least_letters)
        return np.where(size >= least, script, 0)

    def _by_language(self, signals: Signals) -> Iterator[Measure]:
        if not signals.has("language_sampled", "locale"):
            for name in (MISMATCH, SIDES_DIFFER, PROMPT_DIFFERS):
                yield Measure(name, NOT_IDENTIFIED, "share", Kind.LOT, 0)
            return
        languages: dict[str, int] = {}
        prompt, a, b = (_codes(signals, f"{side}_language", languages) for side in ("prompt", "a", "b"))
        codes, locales = signals.codes("locale")
        declared = np.array([languages.get(language_of(one), -2) for one in locales] + [-1], dtype=np.int64)[codes]
        lot = np.flatnonzero(codes >= 0)
        wrong = ((a >= 0) & (a != declared)) | ((b >= 0) & (b != declared))
        told = (codes >= 0) & ((a >= 0) | (b >= 0))
        yield _lot(MISMATCH, wrong, told, len(lot), signals)
        for part, inside in column_slices(signals, "locale"):
            if (told & inside).sum() >= self.slice_comparisons:
                yield _lot(MISMATCH, wrong & inside, told & inside, int(inside.sum()), signals, part)
        yield _lot(SIDES_DIFFER, (a >= 0) & (b >= 0) & (a != b), (a >= 0) & (b >= 0), len(lot), signals)
        told = (prompt >= 0) & ((a >= 0) | (b >= 0))
        other = ((a >= 0) & (a != prompt)) | ((b >= 0) & (b != prompt))
        yield _lot(PROMPT_DIFFERS, told & other, told, len(lot), signals)


def _codes(signals: Signals, name: str, languages: dict[str, int]) -> Ints:
    """Return each row's language as a number of `languages`, which grows; -1 where it is not told."""
    if not signals.has(name):
        return np.full(signals.comparisons, -1, np.int64)
    codes, values = signals.codes(name)
    own = [languages.setdefault(value, len(languages)) for value in values]
    return np.array([*own, -1], dtype=np.int64)[codes]


def _census(name: str, hits: Bools, told: Bools, signals: Signals) -> Measure:
    n = int(told.sum())
    value = int(hits.sum()) / n if n else NONE_LONG
    method = "exact share; n: comparisons with texts long enough to tell"
    return Measure(name, value, "share", Kind.CENSUS, n, evidence=signals.evidence(hits), method=method)


def _lot(name: str, hits: Bools, told: Bools, lot: int, signals: Signals, part: Slice = ALL) -> Measure:
    n, found = int(told.sum()), int((hits & told).sum())
    if not n:
        return Measure(name, NONE_LONG, "share", Kind.LOT, 0, slice=part, method=SAMPLED)
    low, high = lot_bounds(found, n, lot)
    interval = Interval(low / lot, high / lot, LEVEL, "exact hypergeometric bounds")
    evidence = signals.evidence(hits & told)
    return Measure(name, found / n, "share", Kind.LOT, n, interval, slice=part, evidence=evidence, method=SAMPLED)

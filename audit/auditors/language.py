"""LNG: responses in another language than was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.extract.marks import Script
from audit.languages import language_of, scripts_of
from audit.measure import Kind, Measure, Undefined
from audit.schema import A, B
from audit.shares import exact_share, share_measure
from audit.signals import Bools, Ints, Signals
from audit.slices import slices
from audit.stats.proportions import LEVEL

SIDES: Final = ("a", "b")
UNCLEAR: Final = (Script.NONE, Script.MIXED)
WRONG: Final = "language.mismatch_share"
PROMPT: Final = "language.prompt_mismatch_share"
DIFFER: Final = "language.sides_differ_share"
WINS: Final = "language.mismatch_wins_rate"
DETECTED: Final = "language.detected_mismatch_share"
NO_TEXT: Final = Undefined("no text is recorded", "response_a")
NO_LOCALE: Final = Undefined("no locale of known script is declared for a long enough response", "locale")
NO_LABEL: Final = Undefined("no label prefers one of two responses of which one is in the wrong script", "label")
NOT_READ: Final = Undefined("languages were not identified", "--languages, and pip install 'dpo-audit[language]'")
SHORT: Final = Undefined("no response is long enough", "longer responses")


def _spec(name: str, kind: Kind, meaning: str) -> Spec:
    return Spec(name, "share", kind, meaning)


@dataclass(frozen=True)
class Language:
    """Language: responses in another script or language than the locale or the prompt.

    What it measures:
        The share of comparisons with a response in a script that the declared locale is not written in
        (`language.mismatch_share`); with a response in another script than the prompt
        (`language.prompt_mismatch_share`); with two responses in different scripts (`language.sides_differ_share`); how
        often a response in a wrong script wins against one in a right one (`language.mismatch_wins_rate`); and, where
        languages were identified, the share of comparisons with a response in another language than the locale's
        (`language.detected_mismatch_share`).

    Why it matters:
        A model that answers in the wrong language fails whoever asked, and pairs that reward it teach it to. Slices by
        locale mean nothing where texts are not in that locale's language.

    How:
        The script of a text is that of at least half of its letters; responses of fewer than `least_letters` letters,
        prompts of fewer characters, texts with
        fenced code, or of no one script are not judged. Locales give scripts by language, or by a script subtag.
        Languages are identified, where the run is asked to, by py3langid among the languages that the file declares and
        English, in a sample of `audit.words.languages.MOST` comparisons by smallest digest; its share is of a sample,
        with an interval.

    Reads:
        Nothing is required. `a_script`, `b_script`, `prompt_script`, `a_letters`, `b_letters`, `prompt_characters`,
        `a_code_fences`, `b_code_fences` come of the texts; `locale`; `label`; `a_language`, `b_language` with
        `--languages`.

    Measures and units:
        `language.mismatch_share` (also per slice), `language.prompt_mismatch_share`, `language.sides_differ_share`:
        share, census. `language.mismatch_wins_rate`, `language.detected_mismatch_share`: share, process.

    Limits:
        Script alone does not tell English from Spanish; identification does, but errs in texts below some 50 characters
        and between near languages. Requests to translate are meant to be answered in another script. Words of another
        language inside a text are not seen.

    References:
        BCP 47 (RFC 5646); Unicode Standard Annex 24 (scripts); Lui and Baldwin 2012, ACL (langid.py).
    """

    least_letters: int = 50
    level: float = LEVEL

    code: ClassVar[str] = "LNG"
    name: ClassVar[str] = "language"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = (
        *("a_script", "b_script", "prompt_script", "a_letters", "b_letters", "prompt_characters", "a_code_fences"),
        *("b_code_fences", "locale", "label", "a_language", "b_language"),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        _spec(WRONG, Kind.CENSUS, "comparisons with a response in no script of the locale"),
        _spec(PROMPT, Kind.CENSUS, "comparisons with a response in another script than the prompt"),
        _spec(DIFFER, Kind.CENSUS, "comparisons with two responses in different scripts"),
        _spec(WINS, Kind.PROCESS, "how often a response in a wrong script wins against one in a right one"),
        _spec(DETECTED, Kind.PROCESS, "comparisons with a response in another language than the locale's"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield what scripts tell, and what identified languages tell."""
        if not signals.has("a_script", "b_script", "a_letters", "b_letters") or not signals.comparisons:
            return [Measure(spec.name, NO_TEXT, spec.unit, spec.kind, 0) for spec in self.measures]
        return self._measured(signals)

    def _measured(self, signals: Signals) -> Iterator[Measure]:
        script = {side: self._script(signals, side) for side in SIDES}
        yield from self._against_locale(signals, script)
        known = [script[side] >= 0 for side in SIDES]
        prompt = self._script(signals, "prompt") if signals.has("prompt_script", "prompt_characters") else None
        if prompt is None or not ((prompt >= 0) & (known[0] | known[1])).any():
            yield Measure(PROMPT, SHORT, "share", Kind.CENSUS, 0)
        else:
            units = (prompt >= 0) & (known[0] | known[1])
            wrong = np.logical_or.reduce([k & (script[s] != prompt) for s, k in zip(SIDES, known, strict=True)])
            yield exact_share(PROMPT, wrong & units, signals, "comparisons that can be judged", inside=units)
        both = known[0] & known[1]
        if both.any():
            differ = both & (script["a"] != script["b"])
            yield exact_share(DIFFER, differ, signals, "comparisons of which both can be judged", inside=both)
        else:
            yield Measure(DIFFER, SHORT, "share", Kind.CENSUS, 0)
        yield self._detected(signals)

    def _script(self, signals: Signals, side: str) -> Ints:
        """Return each text's script, -1 where it is not judged; shape (comparisons,)."""
        script = signals.ints(f"{side}_script")
        size = "prompt_characters" if side == "prompt" else f"{side}_letters"
        clear = (signals.ints(size) >= self.least_letters) & ~np.isin(script, UNCLEAR)
        if signals.has(f"{side}_code_fences"):
            clear &= signals.ints(f"{side}_code_fences") == 0
        return np.where(clear, script, -1)

    def _against_locale(self, signals: Signals, script: dict[str, Ints]) -> Iterator[Measure]:
        allowed, declared = _allowed(signals)
        wrong, right = (np.zeros(signals.comparisons, np.bool_) for _ in range(2))
        fits = {}
        for side in SIDES:
            judged = declared & (script[side] >= 0)
            fits[side] = judged & allowed[np.arange(len(allowed)), np.maximum(script[side], 0)]
            wrong |= judged & ~fits[side]
            right |= judged
        if not right.any():
            yield Measure(WRONG, NO_LOCALE, "share", Kind.CENSUS, 0)
            yield Measure(WINS, NO_LOCALE, "share", Kind.PROCESS, 0)
            return
        what = "comparisons with a locale that can be judged"
        yield exact_share(WRONG, wrong, signals, what, inside=right)
        for part, inside in slices(signals):
            if (inside & right).any():
                yield exact_share(WRONG, wrong, signals, what, inside=inside & right, part=part)
        judged_both = declared & (script["a"] >= 0) & (script["b"] >= 0)
        yield self._wins(signals, judged_both & (fits["a"] != fits["b"]), fits["b"])

    def _wins(self, signals: Signals, one: Bools, a_is_wrong: Bools) -> Measure:
        label = signals.ints("label") if signals.has("label") else np.zeros(signals.comparisons, np.int64)
        at = np.flatnonzero(one & np.isin(label, (A, B)))
        if not len(at):
            return Measure(WINS, NO_LABEL, "share", Kind.PROCESS, 0)
        wins = np.where(a_is_wrong[at], label[at] == A, label[at] == B)
        prompt = signals.groups("prompt_key")[at] if signals.has("prompt_key") else at
        return share_measure(WINS, wins, {"prompt": prompt}, "pairs of a right and a wrong script", level=self.level)

    def _detected(self, signals: Signals) -> Measure:
        if not signals.has("a_language", "b_language", "locale"):
            return Measure(DETECTED, NOT_READ, "share", Kind.PROCESS, 0)
        locales, names = signals.codes("locale")
        asked = np.array([*(language_of(name) for name in names), ""], dtype=object)[locales]
        wrong, known = (np.zeros(signals.comparisons, np.bool_) for _ in range(2))
        for side in SIDES:
            codes, languages = signals.codes(f"{side}_language")
            found = np.array([*languages, ""], dtype=object)[codes]
            judged = (codes >= 0) & (locales >= 0)
            known |= judged
            wrong |= judged & (found != asked)
        at = np.flatnonzero(known)
        prompt = signals.groups("prompt_key")[at] if signals.has("prompt_key") else at
        what = "sampled comparisons with a locale"
        return share_measure(DETECTED, wrong[at], {"prompt": prompt}, what, level=self.level)


def _allowed(signals: Signals) -> tuple[Bools, Bools]:
    """Return which scripts each comparison's locale allows, shape (comparisons, scripts), and where one is known."""
    n, width = signals.comparisons, len(Script)
    if not signals.has("locale"):
        return np.zeros((n, width), np.bool_), np.zeros(n, np.bool_)
    codes, names = signals.codes("locale")
    table = np.zeros((len(names) + 1, width), np.bool_)
    known = np.zeros(len(names) + 1, np.bool_)
    for code, name in enumerate(names):
        scripts: Sequence[Script] = sorted(scripts_of(name) or ())
        table[code, list(scripts)] = True
        known[code] = bool(scripts)
    return table[codes], known[codes]

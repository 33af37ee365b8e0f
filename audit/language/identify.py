"""The languages of a sample of comparisons, by the optional library py3langid, as columns.

Identification reads texts letter by letter in Python, so it is for a sample: the comparisons of smallest key among
those whose locale is recorded. The library is loaded only then.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import pyarrow as pa

from audit.duplicates.near import with_columns
from audit.duplicates.reread import Place, reread
from audit.extract.shingles import ShingleSets
from audit.language.locales import language_of
from audit.reading import Reading
from audit.signals import Ints, Signals, key_matrix

HAS_IDENTIFIER: Final = importlib.util.find_spec("py3langid") is not None
MOST_COMPARISONS: Final = 1_000
"""Comparisons of smallest key whose texts are read again."""
LEAST_LETTERS: Final = 50
"""Below so many letters, code left out, no language is told."""
LEAST_SURE: Final = 0.5
"""Below this probability no language is told."""
READ: Final = 400
"""Code points of a text that are looked at."""
TEXTS: Final = {"prompt": "prompt", "a": "response_a", "b": "response_b"}
NOT_CODE: Final = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|https?://\S+|\S+@\S+", re.DOTALL)
_NO_LANGUAGE: Final = "zxx"

Classify = Callable[[str], tuple[str, float]]


def add_languages(signals: Signals, readings: Sequence[Reading], pool: ThreadPoolExecutor) -> Signals:
    """Return the signals with the columns `prompt_language`, `a_language`, `b_language` and `language_sampled`.

    Languages are ISO 639 codes, null where none is told. The signals stay as they are where no locale or no text is
    recorded, or the library is missing.

    Args:
        signals: of all files.
        readings: the files, in the order of the signals' file numbers.
        pool: workers for reading rows again.
    """
    if not HAS_IDENTIFIER or not signals.has("locale", "ordered_key"):
        return signals
    classify, names = _identifier()
    rows = _sample(signals, names)
    if not len(rows):
        return signals
    count = len(rows)
    places = [Place(column, rows, i * count + np.arange(count)) for i, column in enumerate(TEXTS.values())]
    code_of = {name: code for code, name in enumerate(names)}

    def codes_of(texts: pa.Array, wanted: Ints) -> ShingleSets:
        told = [language(text, classify) for text in texts.take(pa.array(wanted)).to_pylist()]
        codes = np.array([code_of[one] for one in told if one is not None], dtype=np.uint64)
        ends = np.cumsum([one is not None for one in told], dtype=np.int64)
        return ShingleSets(np.concatenate([np.zeros(1, np.int64), ends])[:-1], ends, codes)

    sets = reread(places, readings, signals, pool, codes_of, len(TEXTS) * count)
    columns = {"language_sampled": _column(signals, rows, [True] * count, pa.bool_())}
    for i, side in enumerate(TEXTS):
        found = [sets.of(name).tolist() for name in range(i * count, (i + 1) * count)]
        values = [names[codes[0]] if codes else None for codes in found]
        columns[f"{side}_language"] = _column(signals, rows, values, pa.string())
    return with_columns(signals, columns)


def language(text: str | None, classify: Classify) -> str | None:
    """Return the language of a text; None where it is too short, no language, or the identifier is not sure."""
    if text is None:
        return None
    plain = NOT_CODE.sub(" ", text).strip()[:READ]
    if sum(map(str.isalpha, plain)) < _least_letters(plain):
        return None
    code, sure = classify(plain)
    return None if sure < LEAST_SURE or code == _NO_LANGUAGE else language_of(code)


def _least_letters(plain: str) -> int:
    """Return the letters that a text needs: fewer where a letter is a word."""
    wide = sum("\u3041" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7a3" for sign in plain)
    return LEAST_LETTERS // 2 if 2 * wide > len(plain) else LEAST_LETTERS


def _identifier() -> tuple[Classify, list[str]]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # optional, and slow to load

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier.classify, sorted({language_of(label) for label in identifier.labels})


def _sample(signals: Signals, names: Sequence[str]) -> Ints:
    """Return the comparisons to look at: of smallest key among those of a known language with a long response."""
    sides = [side for side in ("a", "b") if signals.has(f"{side}_letters")]
    can_tell = np.zeros(signals.comparisons, np.bool_)
    for side in sides:
        can_tell |= signals.ints(f"{side}_letters") >= LEAST_LETTERS // 2
    locales, tags = signals.codes("locale")
    known = np.array([*(language_of(tag) in names for tag in tags), False])
    rows = np.flatnonzero(can_tell & known[locales])
    keys = key_matrix(signals.load("ordered_key"))[rows]
    order = np.lexsort((locales[rows], keys[:, 1], keys[:, 0]))[:MOST_COMPARISONS]
    return np.sort(rows[order])


def _column(signals: Signals, rows: Ints, values: Sequence[object], kind: pa.DataType) -> pa.ChunkedArray:
    place = np.full(signals.comparisons, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return pa.chunked_array([pa.array(values, kind).take(pa.array(place, mask=place < 0))])

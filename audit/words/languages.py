"""From signals to columns of languages: the responses of a sample of comparisons, read again and identified.

py3langid (an extra) identifies among the languages that the file declares and English; a text of fewer than
LEAST_LETTERS letters is left alone, for below that the library errs often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import pyarrow as pa

from audit.duplicates.near import with_columns
from audit.duplicates.reread import Place, reread
from audit.errors import MissingExtraError
from audit.extract.shingles import ShingleSets
from audit.languages import language_of
from audit.reading import Reading
from audit.signals import Ints, Signals, key_matrix

MOST: Final = 2_000
"""Comparisons of smallest key whose responses are identified."""
LEAST_LETTERS: Final = 50
ALWAYS: Final = "en"
COLUMNS: Final = {"a_language": "response_a", "b_language": "response_b"}

Identify = Callable[[str], str]


def add_languages(signals: Signals, readings: Sequence[Reading], pool: ThreadPoolExecutor) -> Signals:
    """Return the signals with `a_language` and `b_language`: ISO 639-1 codes, null outside the sample.

    They are left as they are where no locale is declared, or only such as the library does not know.

    Args:
        signals: of all files.
        readings: the files, in the order of the signals' file numbers.
        pool: workers for reading rows again.

    Raises:
        MissingExtraError: py3langid is not installed.
    """
    needed = ("locale", "ordered_key", "a_letters", "b_letters")
    if not signals.has(*needed):
        return signals
    locales, names = signals.codes("locale")
    identify = _identifier({language_of(name) for name in names})
    if identify is None:
        return signals
    letters = np.maximum(signals.ints("a_letters"), signals.ints("b_letters"))
    chosen = np.flatnonzero((locales >= 0) & (letters >= LEAST_LETTERS))
    keys = key_matrix(signals.load("ordered_key"))[chosen]
    rows = np.sort(chosen[np.lexsort((chosen, keys[:, 1], keys[:, 0]))[:MOST]])
    places, columns, n = [], {}, len(rows)
    for number, (name, text) in enumerate(COLUMNS.items()):
        long = signals.ints(name.replace("language", "letters"))[rows] >= LEAST_LETTERS
        places.append(Place(text, rows[long], number * n + np.flatnonzero(long)))
    found = reread(places, readings, signals, pool, _codes_by(identify), len(COLUMNS) * n)
    for number, name in enumerate(COLUMNS):
        columns[name] = _column(signals.comparisons, rows, found, number * n)
    return with_columns(signals, columns)


def _identifier(declared: set[str]) -> Identify | None:
    """Return what names a text's language; None where the library knows none of those declared."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # an extra; its model takes a moment to load
    except ImportError as fault:
        raise MissingExtraError("py3langid", "language", "identifying languages") from fault
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    known = declared & set(identifier.labels)
    if not known:
        return None
    identifier.set_languages(sorted(known | {ALWAYS}))
    return lambda text: str(identifier.classify(text)[0])


def _codes_by(identify: Identify) -> Callable[[pa.Array, Ints], ShingleSets]:
    """Return what gives each text its language as a number: one number a text, in place of its shingles."""

    def codes(texts: pa.Array, rows: Ints) -> ShingleSets:
        cells = texts.take(pa.array(rows)).to_pylist()
        found = [int.from_bytes(identify(cell).encode("ascii"), "big") for cell in cells]
        at = np.arange(len(found), dtype=np.int64)
        return ShingleSets(at, at + 1, np.array(found, dtype=np.uint64))

    return codes


def _column(comparisons: int, rows: Ints, found: ShingleSets, first: int) -> pa.ChunkedArray:
    cells: list[str | None] = [None] * comparisons
    for position, row in enumerate(rows.tolist()):
        own = found.of(first + position)
        if len(own):
            code = int(own[0])
            cells[row] = code.to_bytes((code.bit_length() + 7) // 8, "big").decode("ascii")
    return pa.chunked_array([pa.array(cells, pa.string())])

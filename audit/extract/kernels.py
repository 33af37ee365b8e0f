"""Text in, integers out: the feature counts of a text, and the 128-bit keys by which texts are compared.

The C extension `audit._kernels` does the work where it is installed, and `twin.py` where it is not: the same numbers,
some hundred times slower. `IMPLEMENTATION` tells which; the environment variable `AUDIT_KERNELS=python` forces the
twin.

A **word** is a run of letters and decimal digits with their marks, held together by single apostrophes between two
letters or digits; in scripts written without word spaces (Han, Hiragana, Katakana, Bopomofo, Thai, Lao, Khmer, Myanmar)
every letter, with its marks, is a word. Hangul has word spaces. A **fenced block** starts at a line whose first
characters after blanks are three backticks or tildes and ends at the next line that starts with the same three, or
with the text; the Markdown features do not look inside. A **line** ends at a line feed. Case is folded for ASCII
letters only. Kinds of code points come from `unicode_table.py` and phrases from `lexicon.py`.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.errors import AuditError
from audit.extract import twin
from audit.extract.normal_form import INERT_RANGES, normalise, simple_forms
from audit.extract.unicode_table import kind_table

EXTRACTOR_VERSION: Final = "2"
"""Raised when any number below changes: stored signals of another version are not reused."""

FEATURE_MEANINGS: Final = {
    "bytes": "bytes of UTF-8",
    "code_points": "code points",
    "characters": "characters as a reader sees them, nearly: code points less marks without width (Mn, Me), variation "
    "selectors, skin tones, tags and joiners, a non-ASCII code point after a zero-width joiner, and every second "
    "regional indicator of a run",
    "words": "words",
    "distinct_words": "different words, capital ASCII letters folded (C counts different 64-bit hashes of words)",
    "sentences": "sentence ends, plus one when a word follows the last, and at least one unless the text is empty. "
    "An end is a run of enders (. ! ? and their like) before white space or the end of the text, closing quotes, "
    "brackets, emphasis marks and apostrophes skipped; a run with a wide ender (such as the ideographic full stop) "
    "needs nothing after it. The dot of a list number at the start of a line is none",
    "lines": "lines; a line feed at the very end opens no further one",
    "paragraphs": "runs of lines that hold anything but white space",
    "headers": "lines that start with one to six # and a blank or tab",
    "bullets": "lines that start, after blanks or tabs, with one of - * + and a blank or tab",
    "numbered": "lines that start, after blanks or tabs, with ASCII digits, one of . ) and a blank or tab",
    "bold": "spans **x** and __x__ within a line, x without that sign",
    "code_fences": "fenced blocks, an unclosed one too",
    "inline_code": "code spans: pairs of runs of backticks within a line",
    "table_rows": "lines that, blanks apart, start and end with different |",
    "links": "Markdown links [x](y) within a line, and http:// or https:// outside of one",
    "emoji": "emoji: a joined sequence counts once, a pair of regional indicators (a flag) too",
    "digits": "decimal digits of any script, in code points",
    "questions": "question marks: ?, the full-width and the Arabic one",
    "exclamations": "exclamation marks: ! and the full-width one",
    "capitals": "capital and title-case letters, in code points",
    "letters": "letters of any script (and letter numbers such as Roman numerals), in code points",
    "non_ascii": "code points above U+007F",
    "first_person": "phrases of lexicon.FIRST_PERSON",
    "hedges": "phrases of lexicon.HEDGES",
    "refusal": "phrases of lexicon.REFUSALS that start in the first 200 code points",
    "opener": "class of the phrase of lexicon.OPENERS that the text starts with, 1-based, 0 for none (a category, not "
    "a count)",
    "closer": "phrases of lexicon.CLOSERS that start in the last 200 code points",
}
"""What each feature counts, in the order of the columns."""

FEATURES: Final[tuple[str, ...]] = tuple(FEATURE_MEANINGS)

KEY_BYTES: Final = 16
_OFFSET_BYTES: Final = {pa.string(): 4, pa.large_string(): 8, pa.binary(): 4, pa.large_binary(): 8}

Keys = npt.NDArray[np.uint8]


def _load_kernels() -> ModuleType | None:
    if os.environ.get("AUDIT_KERNELS") == "python":
        return None
    try:
        native = importlib.import_module("audit._kernels")
    except ModuleNotFoundError:
        return None
    if native.VERSION != EXTRACTOR_VERSION:
        raise AuditError(
            "the compiled text kernels are of another version than the package",
            where=str(native.__file__),
            got=str(native.VERSION),
            expected=EXTRACTOR_VERSION,
            fix="reinstall the package, or run `python hatch_build.py` in the source tree",
        )
    spelled = [(group, tuple(word.encode() for word in words)) for group, words in twin.phrases()]
    native.configure(kind_table(), spelled, list(INERT_RANGES), list(simple_forms()))
    return native


_NATIVE: Final = _load_kernels()

IMPLEMENTATION: Final = "python" if _NATIVE is None else "c"
"""`c` or `python`: what computes the numbers."""


def native_kernels() -> ModuleType | None:
    """Return the compiled kernels, configured; None where the twins compute."""
    return _NATIVE


def count_features(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Count the features of every text.

    Args:
        texts: string or large_string, shape (n,); sliced arrays and nulls are fine.

    Returns:
        Counts in the order of `FEATURES`, shape (n, len(FEATURES)), C order; zeros where null.

    Raises:
        TypeError: for an array of another type.
        ValueError: for an array whose offsets do not fit its data, or a text of 2 GiB or more.
    """
    counts = np.zeros((len(texts), len(FEATURES)), dtype=np.int32)
    column = _view_texts(texts)
    if _NATIVE is not None:
        _NATIVE.count_features(*column, counts)
    else:
        for row, text in enumerate(texts.to_pylist()):
            counts[row] = twin.features(text)
    return counts


def text_keys(texts: pa.Array) -> Keys:
    """Hash every text in its normal form (`normal_form.normalise`), so that equal keys mean the same text.

    Args:
        texts: string or large_string, shape (n,).

    Returns:
        BLAKE2b-128 digests, shape (n, 16); zeros where null.

    Raises:
        TypeError: for an array of another type.
        ValueError: for an array whose offsets do not fit its data.
    """
    keys = np.zeros((len(texts), KEY_BYTES), dtype=np.uint8)
    column = _view_texts(texts)
    if _NATIVE is None:
        for row, text in enumerate(texts.to_pylist()):
            if text is not None:
                keys[row] = np.frombuffer(twin.digest(normalise(text).encode()), dtype=np.uint8)
        return keys
    left = np.zeros(len(texts), dtype=np.uint8)
    if _NATIVE.text_keys(*column, keys, left):
        rows = np.flatnonzero(left)
        normal = pa.array(
            [normalise(text).encode() for text in texts.take(pa.array(rows)).to_pylist()], pa.large_binary()
        )
        keys[rows] = _digests(normal)
    return keys


def text_edges(texts: pa.Array) -> npt.NDArray[np.uint64]:
    """Hash how every text begins and ends: its first and its last eight words, letters A to Z folded.

    A text of fewer words and at least 32 code points (a script without spaces) gives its first and last 16 code points.

    Args:
        texts: string or large_string, shape (n,).

    Returns:
        shape (n, 2); zeros where null or too short.

    Raises:
        TypeError: for an array of another type.
        ValueError: for an array whose offsets do not fit its data.
    """
    edges = np.zeros((len(texts), 2), dtype=np.uint64)
    column = _view_texts(texts)
    if _NATIVE is not None:
        _NATIVE.text_edges(*column, edges)
        return edges
    for row, text in enumerate(texts.to_pylist()):
        if text is not None:
            edges[row] = twin.edges(text)
    return edges


def combine_keys(*parts: Keys) -> Keys:
    """Hash keys that stand side by side into one.

    Args:
        parts: keys of shape (n, 16) each.

    Returns:
        BLAKE2b-128 of each row's keys in the given order, shape (n, 16).

    Raises:
        ValueError: when there is no part, or shapes or types differ.
    """
    if not parts or any(part.shape != (len(parts[0]), KEY_BYTES) or part.dtype != np.uint8 for part in parts):
        raise ValueError(f"keys must be uint8 of one shape (n, {KEY_BYTES}), got {[part.shape for part in parts]}")
    joined = np.ascontiguousarray(np.concatenate(parts, axis=1))
    rows, width = joined.shape
    offsets = pa.py_buffer(np.arange(0, (rows + 1) * width, width, dtype=np.int64))
    return _digests(pa.Array.from_buffers(pa.large_binary(), rows, [None, offsets, pa.py_buffer(joined)]))


def _digests(blobs: pa.Array) -> Keys:
    """BLAKE2b-128 of every value of a large_binary array without nulls, as it stands; shape (n, 16)."""
    keys = np.zeros((len(blobs), KEY_BYTES), dtype=np.uint8)
    if _NATIVE is not None:
        _NATIVE.digests(*view_column(blobs), keys)
    else:
        for row, blob in enumerate(blobs.to_pylist()):
            keys[row] = np.frombuffer(twin.digest(blob), dtype=np.uint8)
    return keys


def _view_texts(texts: pa.Array) -> _Column:
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        raise TypeError(f"text kernels read string or large_string arrays, got {texts.type}")
    return view_column(texts)


_Column = tuple[object, object, object, int, int, int]


def view_column(array: pa.Array) -> _Column:
    """Data, offsets and validity buffers, bytes an offset, first row, rows: the C kernels' view of texts or blobs.

    Raises:
        KeyError: for an array that is neither string nor binary.
    """
    validity, offsets, data = array.buffers()
    return data or b"", offsets or b"", validity or b"", _OFFSET_BYTES[array.type], array.offset, len(array)

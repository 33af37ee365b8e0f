"""The canonical form: one *comparison* a row, with its judgments, as Arrow types with names, units and meaning.

A reader emits only the columns that its source records; a column that is absent was not recorded anywhere.
Sides are `a` and `b`. For pair files `a` is chosen and `b` is rejected; for vote files they are the file's first and
second response. Neither says anything of the order shown: that is `judgments.shown_first`, read only from a field that
records it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import pyarrow as pa

TURNS: Final = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))

LABELS: Final = ("", "a", "b", "tie", "both_bad", "escalate", "invalid")
"""Answers to a comparison; a label's index is its code in the signals (0: none recorded)."""
NONE, A, B, TIE, BOTH_BAD, ESCALATE, INVALID = range(7)

SIDES: Final = ("", "a", "b")
"""Which side was shown first; the index is the code in the signals (0: not recorded)."""

REVIEWER_CLASSES: Final = ("expert", "crowd", "model", "human")
"""Canonical reviewer classes; `human` is a person whose qualification is not recorded."""

JUDGMENT: Final = pa.struct(
    [
        pa.field("annotator", pa.string()),
        pa.field("reviewer_class", pa.string()),
        pa.field("label", pa.string()),
        pa.field("shown_first", pa.string()),
        pa.field("strength", pa.float64()),
        pa.field("confidence", pa.float64()),
        pa.field("critique", pa.string()),
        pa.field("rubric", pa.string()),
        pa.field("judged_at", pa.string()),
        pa.field("duration_s", pa.float64()),
        pa.field("check_passed", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column: Arrow type, unit (empty where none) and meaning."""

    name: str
    type: pa.DataType
    unit: str
    meaning: str
    group: str


def _columns(group: str, *rows: tuple[str, pa.DataType, str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, kind, unit, meaning, group) for name, kind, unit, meaning in rows)


_TEXT: Final = pa.large_string()

COLUMNS: Final[tuple[Column, ...]] = (
    *_columns(
        "place",
        ("row", pa.int64(), "1-based", "line of a text file, row number of a columnar one"),
        ("part", pa.int32(), "0-based", "which of the comparisons that one row holds"),
        ("offset", pa.int64(), "bytes", "where the line starts in the decompressed stream; null for columnar files"),
    ),
    *_columns(
        "context",
        ("comparison_id", pa.string(), "", "the source's own id of the comparison"),
        ("conversation_id", pa.string(), "", "the source's id of the conversation that the prompt belongs to"),
        ("prompt", _TEXT, "", "the whole conversation before the responses, as one text"),
        ("prompt_turns", TURNS, "", "the same as turns, where the source has turns"),
        ("prompt_b", _TEXT, "", "side b's own prompt, only where the source stores one per side and they differ"),
        ("evidence", _TEXT, "", "documents shown with the prompt"),
        ("policy", pa.string(), "", "policy or guideline that governs the answer"),
        ("locale", pa.string(), "BCP 47", "language and region"),
        ("scenario", pa.list_(pa.string()), "", "scenario tags"),
    ),
    *_columns(
        "candidates",
        ("response_a", _TEXT, "", "side a: chosen in a pair file"),
        ("response_b", _TEXT, "", "side b: rejected in a pair file"),
        ("response_a_turns", TURNS, "", "side a as turns, where the source has turns"),
        ("response_b_turns", TURNS, "", "side b as turns, where the source has turns"),
        ("model_a", pa.string(), "", "model that wrote side a"),
        ("model_b", pa.string(), "", "model that wrote side b"),
        ("model_version_a", pa.string(), "", "version or checkpoint digest of model a"),
        ("model_version_b", pa.string(), "", "version or checkpoint digest of model b"),
        ("generation_a", pa.string(), "JSON", "sampling parameters, seed, time of side a"),
        ("generation_b", pa.string(), "JSON", "sampling parameters, seed, time of side b"),
        ("score_a", pa.float64(), "source's own scale", "score of side a"),
        ("score_b", pa.float64(), "source's own scale", "score of side b"),
        ("aspects_a", pa.float64(), "source's own scale", "mean of the fine-grained ratings of side a"),
        ("aspects_b", pa.float64(), "source's own scale", "mean of the fine-grained ratings of side b"),
    ),
    *_columns(
        "judgment",
        ("label", pa.string(), "", "the shipped label: a, b, tie, both_bad, escalate or invalid"),
        ("gold_label", pa.string(), "", "the answer known to be right: of an attention check or a gold item"),
        ("judgments", pa.list_(JUDGMENT), "", "the raw judgments, one an annotator and presentation"),
        (
            "swap_held",
            pa.float64(),
            "1 or 0",
            "whether the answer was the same with the sides swapped, as a source says",
        ),
    ),
    *_columns(
        "lineage",
        ("reference_model", pa.string(), "", "reference model of the training that the pair is meant for"),
        ("dataset_version", pa.string(), "", "version of the dataset"),
        ("split", pa.string(), "", "train, eval, protected evaluation, ..."),
        ("weight", pa.float64(), "", "training weight of the pair"),
        ("runs", pa.list_(pa.string()), "", "downstream runs that used it"),
    ),
)

COLUMN: Final = {column.name: column for column in COLUMNS}
TAG_SEPARATOR: Final = "\x1f"
"""Between the tags of one `scenario` cell in the signal store."""
SLICE_PREFIX: Final = "slice."
"""Any further source field that a mapping names as a slice becomes a string column `slice.<name>`."""


def arrow_type(name: str) -> pa.DataType:
    """Return the Arrow type of a canonical column or of a `slice.<name>` column.

    Raises:
        KeyError: for a name that is neither.
    """
    return pa.string() if name.startswith(SLICE_PREFIX) else COLUMN[name].type


class Defect(IntFlag):
    """Structural defects of an accepted comparison, one bit each (signal column `defects`)."""

    EMPTY_PROMPT = 1
    """The prompt is recorded and holds nothing but white space."""
    EMPTY_A = 2
    EMPTY_B = 4
    PROMPT_MISMATCH = 8
    """The two sides answer different prompts."""
    IDENTICAL_SIDES = 16
    """Chosen and rejected are the same text after normalisation."""
    ROLE_REPEAT_A = 32
    """Side a's transcript has two turns of one role in a row."""
    ROLE_REPEAT_B = 64
    ROLE_UNKNOWN = 128
    """A turn has a role other than system, user, assistant, tool."""
    PROMPT_END = 256
    """The last prompt turn is not the user's or a tool's."""
    RESPONSE_ROLE = 512
    """A response turn is not the assistant's or a tool's, or there is none."""
    MISSING_SIDE = 1024
    """One side or the prompt is null where the layout has text."""

"""Small in-memory signals for tests of auditors: lists in, `Signals` out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pyarrow as pa

from audit.signals import KEY_BYTES, Signals
from audit.testing import signals_from

KEYS = ("prompt_key", "a_key", "b_key", "pair_key", "ordered_key", "comparison_key", "conversation_key")
TEXTS = (
    *("model_a", "model_b", "model_version_a", "model_version_b", "locale", "scenario", "policy", "split"),
    *("reference_model", "dataset_version", "runs", "prompt_language", "a_language", "b_language"),
)
JUDGMENT_TEXTS = ("judgment.annotator", "judgment.reviewer_class", "judgment.rubric", "judgment.judged_at")
FLOATS = (
    "score_a",
    "score_b",
    "aspects_a",
    "aspects_b",
    "swap_held",
    "weight",
    "judgment.strength",
    "judgment.confidence",
    "judgment.duration_s",
    "judgment.check_passed",
)


def key(value: object) -> bytes | None:
    """Return the 16-byte key of a small number or string; None stays null."""
    return None if value is None else blake2b(str(value).encode(), digest_size=KEY_BYTES).digest()


def column(name: str, values: Sequence[Any]) -> pa.Array:
    """Return one signal column with the type that its name implies."""
    if name in KEYS:
        return pa.array([key(value) for value in values], pa.binary(KEY_BYTES))
    if name in TEXTS or name in JUDGMENT_TEXTS or name.startswith("slice."):
        return pa.array(values, pa.string())
    return pa.array(values, pa.float64() if name in FLOATS else pa.int64())


def signals(
    comparisons: Mapping[str, Sequence[Any]],
    judgments: Mapping[str, Sequence[Any]] | None = None,
    rejects: Mapping[str, int] | None = None,
    read: int | None = None,
    files: Sequence[str] = ("data.jsonl",),
) -> Signals:
    """Return signals of short lists; place, prompt and comparison keys default to one a row."""
    own = dict(comparisons)
    rows = max((len(values) for values in own.values()), default=0)
    own.setdefault("file", [0] * rows)
    own.setdefault("row", list(range(1, rows + 1)))
    own.setdefault("part", [0] * rows)
    own.setdefault("prompt_key", [f"prompt {i}" for i in range(rows)])
    own.setdefault("ordered_key", [f"comparison {i}" for i in range(rows)])
    own.setdefault("pair_key", [f"pair {i}" for i in range(rows)])
    judged = {name: column(name, values) for name, values in (judgments or {}).items()}
    return signals_from(
        {name: column(name, values) for name, values in own.items()}, judged, files=files, rejects=rejects, read=read
    )

"""Comparisons in, signal columns out: the pure function of one batch that any worker may run.

Text leaves the pipeline here. Where a source has no text, the keys are those of the recorded identities: the prompt's
of the comparison id, a side's of its model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.extract.kernels import EXTRACTOR_VERSION, FEATURES, combine_keys, count_features, text_keys
from audit.extract.presence import presence
from audit.extract.private import HAS_PHONES, PRIVATE_VERSION, private_bits
from audit.extract.roles import role_defects
from audit.extract.screen import ENCODING, SCREENED, screen
from audit.extract.shingles import SHINGLES_VERSION
from audit.extract.sketches import sketches_of
from audit.schema import LABELS, SIDES, SLICE_PREFIX, TAG_SEPARATOR, Defect

SIGNALS_VERSION: Final = f"5+{EXTRACTOR_VERSION}+{SHINGLES_VERSION}+{PRIVATE_VERSION}{'p' * HAS_PHONES}"
"""Part of every cache key: raise it when a column below changes its meaning."""

PROMPT_FEATURES: Final = ("bytes", "code_points", "characters", "words", "questions")
KEY: Final = pa.binary(16)
TEXT_CODES: Final = pa.dictionary(pa.int32(), pa.string())
PLACE: Final = ("row", "part", "offset")
CATEGORIES: Final = (
    "model_a",
    "model_b",
    "model_version_a",
    "model_version_b",
    "locale",
    "policy",
    "reference_model",
    "dataset_version",
    "split",
)
NUMBERS: Final = ("score_a", "score_b", "aspects_a", "aspects_b", "swap_held", "weight")
STATES: Final = {
    "evidence": "evidence_state",
    "generation_a": "generation_state_a",
    "generation_b": "generation_state_b",
}
"""Texts of which only their presence is kept, and the column that says it."""
JUDGMENT_CATEGORIES: Final = ("annotator", "reviewer_class", "rubric", "judged_at")
JUDGMENT_NUMBERS: Final = ("strength", "confidence", "duration_s", "check_passed")

Keys = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Extracted:
    """The signals of one batch: row-aligned comparisons, and judgments that point into them by local row number."""

    comparisons: pa.RecordBatch
    judgments: pa.RecordBatch | None
    sketches: pa.RecordBatch | None = None
    """One row a different text, for finding near duplicates; None where they were not asked for."""


def extract(batch: pa.RecordBatch, *, sketched: bool = True) -> Extracted:
    """Turn canonical comparisons into signal columns and, if `sketched`, their texts into sketches."""
    columns: dict[str, pa.Array] = {name: batch[name] for name in PLACE if name in batch.schema.names}
    columns |= {n: _code(batch[n], LABELS) for n in ("label", "gold_label") if n in batch.schema.names}
    columns |= _text_columns(batch)
    for name in CATEGORIES:
        if name in batch.schema.names:
            columns[name] = _dictionary(batch[name])
    for name in batch.schema.names:
        if name.startswith(SLICE_PREFIX):
            columns[name] = _dictionary(batch[name])
    if "scenario" in batch.schema.names:
        columns["scenario"] = _joined_tags(batch["scenario"])
    columns |= {name: batch[name] for name in NUMBERS if name in batch.schema.names}
    columns |= _lineage(batch)
    sketches = sketches_of(batch, columns) if sketched else None
    return Extracted(pa.RecordBatch.from_pydict(columns), _judgments(batch), sketches)


def _lineage(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """Presence of the fields whose words nothing reads, the comparison's own id as a key, and its runs."""
    names = batch.schema.names
    columns = {state: presence(batch[name]) for name, state in STATES.items() if name in names}
    if "comparison_id" in names:
        columns["comparison_key"] = _key_column(text_keys(_large(batch["comparison_id"])), batch["comparison_id"])
    if "runs" in names:
        columns["runs"] = _joined_tags(batch["runs"])
    return columns


def _text_columns(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    """Features of every text, the keys of prompt, sides and pairs, and the structural defects."""
    n, names = batch.num_rows, batch.schema.names
    texts = {
        "prompt": batch["prompt"] if "prompt" in names else None,
        "a": batch["response_a"] if "response_a" in names else None,
        "b": batch["response_b"] if "response_b" in names else None,
    }
    stand_ins = {"prompt": ("comparison_id", "conversation_id"), "a": ("model_a",), "b": ("model_b",)}
    columns: dict[str, pa.Array] = {}
    keys: dict[str, Keys] = {}
    for side, text in texts.items():
        if text is not None:
            columns |= _features(side, text) | _screened(side, text)
        identity = text if text is not None else next((batch[s] for s in stand_ins[side] if s in names), None)
        keys[side] = np.zeros((n, 16), np.uint8) if identity is None else text_keys(_large(identity))
        columns[f"{side}_key"] = _key_column(keys[side], identity)
    a_first = _less_equal(keys["a"], keys["b"])
    low = np.where(a_first[:, None], keys["a"], keys["b"])
    high = np.where(a_first[:, None], keys["b"], keys["a"])
    columns["ordered_key"] = _key_array(combine_keys(keys["prompt"], keys["a"], keys["b"]))
    columns["pair_key"] = _key_array(combine_keys(keys["prompt"], low, high))
    columns["a_is_first"] = pa.array(a_first.astype(np.int8))
    if "conversation_id" in names:
        columns["conversation_key"] = _key_column(text_keys(_large(batch["conversation_id"])), batch["conversation_id"])
    if HAS_PHONES and any(text is not None for text in texts.values()):
        columns["phones_read"] = pa.array(np.ones(n, np.int8))
    columns["defects"] = pa.array(_defects(batch, texts, keys).astype(np.int32))
    return columns


def _features(side: str, text: pa.Array) -> dict[str, pa.Array]:
    wanted = PROMPT_FEATURES if side == "prompt" else FEATURES
    counts = np.ascontiguousarray(count_features(text).T)
    null = pc.is_null(text).to_numpy(zero_copy_only=False) if text.null_count else None
    return {f"{side}_{name}": pa.array(counts[FEATURES.index(name)], mask=null) for name in wanted}


def _screened(side: str, text: pa.Array) -> dict[str, pa.Array]:
    """Faults of the encoding, the script, and the kinds of private data."""
    counts = screen(text)
    null = pc.is_null(text).to_numpy(zero_copy_only=False) if text.null_count else None
    kinds = private_bits(text, counts[:, SCREENED.index("candidates")])
    found = {name: counts[:, SCREENED.index(name)] for name in (*ENCODING, "script")} | {"private": kinds}
    return {f"{side}_{name}": pa.array(np.ascontiguousarray(column), mask=null) for name, column in found.items()}


def _defects(batch: pa.RecordBatch, texts: dict[str, pa.Array | None], keys: dict[str, Keys]) -> npt.NDArray[np.int64]:
    found = role_defects(batch)
    empty = text_keys(pa.array([""], pa.large_string()))[0]
    missing = np.zeros(batch.num_rows, np.bool_)
    for side, flag in (("prompt", Defect.EMPTY_PROMPT), ("a", Defect.EMPTY_A), ("b", Defect.EMPTY_B)):
        text = texts[side]
        if text is not None:
            null = pc.is_null(text).to_numpy(zero_copy_only=False)
            found[(keys[side] == empty).all(axis=1) & ~null] |= flag
            missing |= null
    found[missing] |= Defect.MISSING_SIDE
    a, b = texts["a"], texts["b"]
    if a is not None and b is not None:
        both = pc.and_(pc.is_valid(a), pc.is_valid(b)).to_numpy(zero_copy_only=False)
        found[both & (keys["a"] == keys["b"]).all(axis=1)] |= Defect.IDENTICAL_SIDES
    if "prompt_b" in batch.schema.names and texts["prompt"] is not None:
        differs = pc.fill_null(pc.not_equal(batch["prompt"], batch["prompt_b"]), pa.scalar(value=False))
        found[differs.to_numpy(zero_copy_only=False)] |= Defect.PROMPT_MISMATCH
    return found


def _judgments(batch: pa.RecordBatch) -> pa.RecordBatch | None:
    if "judgments" not in batch.schema.names:
        return None
    lists = batch["judgments"]
    flat = pc.list_flatten(lists)
    columns: dict[str, pa.Array] = {
        "judgment.comparison": pc.list_parent_indices(lists).cast(pa.int64()),
        "judgment.label": _code(flat.field("label"), LABELS),
        "judgment.shown_first": _code(flat.field("shown_first"), SIDES),
    }
    columns |= {f"judgment.{name}": _dictionary(flat.field(name)) for name in JUDGMENT_CATEGORIES}
    columns |= {f"judgment.{name}": flat.field(name) for name in JUDGMENT_NUMBERS}
    columns["judgment.critique_state"] = presence(flat.field("critique"))
    return pa.RecordBatch.from_pydict(columns)


def _code(values: pa.Array, names: tuple[str, ...]) -> pa.Array:
    """Return the index of each value in `names`; null and unknown are 0."""
    return pc.fill_null(pc.index_in(values, value_set=pa.array(names, pa.string())), 0).cast(pa.int8())


def _dictionary(values: pa.Array) -> pa.Array:
    return values.cast(TEXT_CODES) if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)


def _joined_tags(tags: pa.Array) -> pa.Array:
    """Return each row's distinct tags, sorted and joined into one cell; null where there is none."""
    cells = [None if not row else TAG_SEPARATOR.join(sorted({t for t in row if t})) for row in tags.to_pylist()]
    return pc.dictionary_encode(pa.array([cell or None for cell in cells], pa.string()))


def _large(values: pa.Array) -> pa.Array:
    return values if pa.types.is_large_string(values.type) else values.cast(pa.large_string())


def _key_array(keys: Keys, null: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    validity = None
    if null is not None and null.any():
        validity = pa.py_buffer(np.packbits(~null, bitorder="little").tobytes())
    return pa.Array.from_buffers(KEY, len(keys), [validity, pa.py_buffer(np.ascontiguousarray(keys))])


def _key_column(keys: Keys, identity: pa.Array | None) -> pa.Array:
    if identity is None:
        return pa.nulls(len(keys), KEY)
    return _key_array(keys, pc.is_null(identity).to_numpy(zero_copy_only=False) if identity.null_count else None)


def _less_equal(left: Keys, right: Keys) -> npt.NDArray[np.bool_]:
    """Compare 16-byte keys as bytes, row by row."""
    l_half = np.ascontiguousarray(left).view(">u8").astype(np.uint64)
    r_half = np.ascontiguousarray(right).view(">u8").astype(np.uint64)
    tied = l_half[:, 0] == r_half[:, 0]
    return np.asarray((l_half[:, 0] < r_half[:, 0]) | (tied & (l_half[:, 1] <= r_half[:, 1])))

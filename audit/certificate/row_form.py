"""The canonical forms that are hashed: of a pair, of any other comparison, and of the evidence beside it.

All three are RFC 8785 arrays whose first element is a tag. `docs/digests.md` is the specification; nothing is
normalised, so two texts that a tokenizer could tell apart never share a leaf.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from audit.canonical import canonical_json, number
from audit.certificate.merkle import leaf_hash
from audit.certificate.row_kernels import ROW, plain_leaves
from audit.errors import InputError
from audit.schema import SLICE_PREFIX

COMPARISON: Final = "dpo-comparison/v1"
"""Tag of a comparison that is no pair: a tie, both bad, escalated, invalid, unlabelled, or without its texts."""
EVIDENCE: Final = "dpo-evidence/v1"
CHOSEN_SIDE: Final = {"a": "b", "b": "a"}
"""Label -> the other, rejected side."""

FORM_COLUMNS: Final = (
    *("prompt", "prompt_turns", "prompt_b", "label", "weight", "comparison_id", "conversation_id"),
    *("response_a", "response_b", "response_a_turns", "response_b_turns", "model_a", "model_b"),
)
"""Canonical columns that may enter a leaf."""
EVIDENCE_COLUMNS: Final = (
    *("comparison_id", "conversation_id", "evidence", "policy", "locale", "scenario"),
    *("model_a", "model_b", "model_version_a", "model_version_b", "generation_a", "generation_b"),
    *("score_a", "score_b", "judgments", "reference_model", "dataset_version", "split", "runs"),
)
"""Canonical columns that enter an evidence leaf, beside `slice.<name>` and the label."""

_GENERATION: Final = ("generation_a", "generation_b")
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BatchLeaves:
    """The leaves of one batch of comparisons."""

    leaves: bytes
    """32 bytes a comparison, in order."""
    evidence: bytes
    """32 bytes for each comparison that records any evidence."""
    pairs: int
    """Comparisons that are pairs."""


def batch_leaves(batch: pa.RecordBatch) -> BatchLeaves:
    """Return the leaves of canonical comparisons.

    Args:
        batch: as a layout converts it: columns of `audit.schema`.

    Raises:
        InputError: for a number that is not finite.
    """
    plain = _plain_rows(batch)
    out = np.empty((batch.num_rows, 32), np.uint8)
    rows = np.flatnonzero(plain)
    if len(rows):
        out[plain] = _plain(batch if len(rows) == batch.num_rows else batch.take(pa.array(rows)))
    pairs = len(rows)
    rest = np.flatnonzero(~plain)
    if len(rest):
        names = [name for name in FORM_COLUMNS if name in batch.schema.names]
        for row, cells in zip(rest, batch.select(names).take(pa.array(rest)).to_pylist(), strict=True):
            form = row_form(cells)
            pairs += form[0] == ROW
            out[row] = np.frombuffer(leaf_hash(canonical_text(form, has_plain_keys=True)), np.uint8)
    leaves = out.tobytes()
    return BatchLeaves(leaves, b"".join(_evidence_leaves(batch, leaves)), pairs)


def row_form(cells: Mapping[str, Any]) -> list[Any]:
    """Return the canonical form of one comparison as JSON values: a pair's, or another comparison's.

    Args:
        cells: canonical columns by name; null or absent: not recorded.

    Raises:
        InputError: for a number that is not finite.
    """
    label = cells.get("label") or ""
    texts = {name: _text(cells, name) for name in ("prompt", "response_a", "response_b")}
    extras = {} if cells.get("weight") is None else {"weight": decimal(cells["weight"], "weight")}
    other = cells.get("prompt_b")
    if label in CHOSEN_SIDE and None not in texts.values():
        prompt, rejected_prompt = (
            (texts["prompt"], other) if label == "a" or other is None else (other, texts["prompt"])
        )
        if rejected_prompt is not None:
            extras["rejected_prompt"] = rejected_prompt
        return [ROW, prompt, texts[f"response_{label}"], texts[f"response_{CHOSEN_SIDE[label]}"], extras]
    if other is not None:
        extras["prompt_b"] = other
    stand_ins = {"prompt": ("comparison_id", "conversation_id"), "response_a": ("model_a",), "response_b": ("model_b",)}
    for name, identities in stand_ins.items():
        if texts[name] is None:
            extras |= {i: cells[i] for i in identities if cells.get(i) is not None}
    return [COMPARISON, *texts.values(), label, extras]


def evidence_form(leaf: bytes, recorded: Mapping[str, Any]) -> list[Any] | None:
    """Return the canonical form of what is recorded beside one comparison, or None when nothing is.

    Args:
        leaf: the comparison's own leaf.
        recorded: canonical and `slice.<name>` columns by name.

    Raises:
        InputError: for a number that is not finite.
    """
    found = {name: _evidence(value, name) for name, value in recorded.items() if name != "label" and _is_told(value)}
    if not found:
        return None
    if recorded.get("label"):
        found["label"] = recorded["label"]
    return [EVIDENCE, leaf.hex(), found]


def canonical_text(form: Sequence[Any], *, has_plain_keys: bool = False) -> bytes:
    """Return the RFC 8785 form of arrays, objects and texts.

    Args:
        form: no numbers in it.
        has_plain_keys: every key is known to be ASCII, so that their order is not looked at.

    Raises:
        InputError: for a lone surrogate, naming where it stands.
    """
    # orjson writes texts as RFC 8785 does and sorts keys by code point, which is UTF-16 order below U+E000
    try:
        written = orjson.dumps(form, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        place = next(_surrogates(form, "row"), None)
        if place is None:
            raise
        raise InputError("a text holds half of a surrogate pair, which no UTF-8 can", where=place) from None
    return written if has_plain_keys or not _has_wide_key(form) else canonical_json(form)


def decimal(value: float, name: str) -> str:
    """Return a number as the shortest decimal that reads back as the same double, laid out as in RFC 8785.

    Raises:
        InputError: when it is not finite.
    """
    found = float(value)
    if not math.isfinite(found):
        raise InputError("a number is not finite", where=name, got=str(value), expected="a finite number")
    written = repr(found)
    if "e" in written or found == 0:
        return number(found)  # where Python and RFC 8785 lay the same digits out differently
    return written.removesuffix(".0")


def _text(cells: Mapping[str, Any], name: str) -> Any:
    turns = cells.get(f"{name}_turns")
    if turns is None:
        return cells.get(name)
    return [{"role": turn["role"], "content": turn["content"]} for turn in turns]


def _plain_rows(batch: pa.RecordBatch) -> Flags:
    """True where prompt and sides are texts, one prompt serves both, and the label chooses a side."""
    names = batch.schema.names
    if not {"prompt", "response_a", "response_b", "label"} <= set(names):
        return np.zeros(batch.num_rows, np.bool_)
    plain = pc.fill_null(pc.is_in(batch["label"], pa.array(["a", "b"])), fill_value=False)
    for name in ("prompt", "response_a", "response_b"):
        if batch[name].null_count:
            plain = pc.and_(plain, pc.is_valid(batch[name]))
    for name in ("prompt_turns", "response_a_turns", "response_b_turns", "prompt_b"):
        if name in names and batch[name].null_count < batch.num_rows:
            plain = pc.and_(plain, pc.is_null(batch[name]))
    return np.asarray(plain.to_numpy(zero_copy_only=False), np.bool_)


def _plain(batch: pa.RecordBatch) -> npt.NDArray[np.uint8]:
    a_chosen = pc.equal(batch["label"], "a")
    chosen, rejected = batch["response_a"], batch["response_b"]
    if not pc.all(a_chosen).as_py():
        chosen, rejected = pc.if_else(a_chosen, chosen, rejected), pc.if_else(a_chosen, rejected, chosen)
    extras = None
    if "weight" in batch.schema.names and batch["weight"].null_count < batch.num_rows:
        weights = batch["weight"].to_pylist()
        written = {w: "{}" if w is None else f'{{"weight":"{decimal(w, "weight")}"}}' for w in set(weights)}
        extras = pa.array([written[weight] for weight in weights], pa.large_string())
    return plain_leaves(batch["prompt"], chosen, rejected, extras)


def _evidence_leaves(batch: pa.RecordBatch, leaves: bytes) -> Iterator[bytes]:
    names = [n for n in batch.schema.names if n in EVIDENCE_COLUMNS or n.startswith(SLICE_PREFIX)]
    names = [name for name in names if batch[name].null_count < batch.num_rows]
    if not names:
        return
    if "label" in batch.schema.names:
        names.append("label")
    columns = [batch[name].to_pylist() for name in names]
    plain = all(name.isascii() for name in names)
    for row, cells in enumerate(zip(*columns, strict=True)):
        form = evidence_form(leaves[32 * row : 32 * row + 32], dict(zip(names, cells, strict=True)))
        if form is not None:
            yield leaf_hash(canonical_text(form, has_plain_keys=plain))


def _is_told(value: Any) -> bool:
    return value is not None and value != []


def _evidence(value: Any, name: str) -> Any:
    """Return a value as evidence holds it: numbers as decimals, what is not recorded left out."""
    kind = type(value)
    if kind is str:
        return _generation(value) if name in _GENERATION else value
    if kind is float or kind is int:
        return decimal(value, name)
    if kind is list:
        return [_evidence(item, name) for item in value if item is not None]
    if kind is dict:
        return {key: _evidence(item, name) for key, item in value.items() if item is not None}
    raise TypeError(f"{name} holds a {kind.__name__}")


def _generation(text: str) -> str:
    """Return generation parameters without their nulls, which a columnar file adds where rows differ in their keys."""
    if "null" not in text:
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_told(found), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items() if item is not None}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _has_wide_key(value: Any) -> bool:
    """True when some key holds a character from U+E000 on, whose order in UTF-16 is another than by code point."""
    if isinstance(value, Mapping):
        return any(not key.isascii() and max(key) >= "\ue000" for key in value) or any(
            map(_has_wide_key, value.values())
        )
    return isinstance(value, list | tuple) and any(map(_has_wide_key, value))


def _surrogates(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            yield place
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _surrogates(key, f"{place}, a key")
            yield from _surrogates(item, f"{place}.{key}")
    elif isinstance(value, Sequence):
        for index, item in enumerate(value):
            yield from _surrogates(item, f"{place}[{index}]")

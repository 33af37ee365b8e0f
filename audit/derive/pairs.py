"""One comparison as a training row in TRL's preference format, and what else of it is carried along.

`prompt`, `chosen` and `rejected` are texts (standard form) or lists of messages (conversational form). A trainer
decides by the first row, so a derived set has one form: where any pair has messages, all have. Everything else is a
further column that TRL does not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from audit.read.mapping import FieldMapping
from audit.read.paths import format_path
from audit.schema import SLICE_PREFIX, A

SIDED: Final = ("model", "model_version", "generation", "score", "aspects")
"""Stems of the columns that each side has."""
SHARED: Final = (
    *("comparison_id", "conversation_id", "evidence", "policy", "locale", "scenario"),
    *("reference_model", "dataset_version", "split", "runs"),
)
TRAINING: Final = ("prompt", "chosen", "rejected", "weight", "soft_label", "votes", "source")
READ: Final = (
    *("row", "part", "prompt", "prompt_turns", "response_a", "response_b", "response_a_turns", "response_b_turns"),
    *(f"{stem}_{side}" for stem in SIDED for side in "ab"),
    *SHARED,
    "judgments",
)
"""Canonical columns that are read again."""
_SIDES: Final = {"a": "chosen", "b": "rejected"}
Cells = Mapping[str, Any]


def is_conversational(cells: Cells) -> bool:
    """True when the prompt or a side is recorded as turns."""
    return any(cells.get(f"{name}_turns") is not None for name in ("prompt", "response_a", "response_b"))


def texts_of(cells: Cells, label: int, *, conversational: bool = False) -> dict[str, Any]:
    """Return prompt, chosen and rejected, as recorded.

    Where one of them is a list of messages, those that are texts become one message: of the user, or the assistant's.

    Args:
        cells: canonical columns of one comparison.
        label: code of the side that is chosen.
        conversational: make messages of texts in any case.
    """
    good, bad = ("a", "b") if label == A else ("b", "a")
    if not (conversational or is_conversational(cells)):
        return {"prompt": cells["prompt"], "chosen": cells[f"response_{good}"], "rejected": cells[f"response_{bad}"]}
    return {
        "prompt": _turns(cells, "prompt", "user"),
        "chosen": _turns(cells, f"response_{good}", "assistant"),
        "rejected": _turns(cells, f"response_{bad}", "assistant"),
    }


def _turns(cells: Cells, name: str, role: str) -> list[dict[str, Any]]:
    turns = cells.get(f"{name}_turns")
    if turns is None:
        return [{"role": role, "content": cells[name]}]
    return [{"role": turn["role"], "content": turn["content"]} for turn in turns]


def recorded_of(cells: Cells, label: int) -> dict[str, Any]:
    """Return everything else that is recorded, sides named chosen and rejected; what is null is left out."""
    names = {"a": "chosen", "b": "rejected"} if label == A else {"a": "rejected", "b": "chosen"}
    found = {f"{stem}_{names[side]}": cells.get(f"{stem}_{side}") for stem in SIDED for side in ("a", "b")}
    found |= {name: cells.get(name) for name in SHARED}
    found |= {name: value for name, value in cells.items() if name.startswith(SLICE_PREFIX)}
    judgments = cells.get("judgments")
    if judgments:
        found["judgments"] = [_judgment(judgment, names) for judgment in judgments]
    return {name: value for name, value in sorted(found.items()) if value is not None and value != []}


def _judgment(judgment: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    told = {**judgment}
    for name in ("label", "shown_first"):
        if told.get(name) is not None:
            told[name] = names.get(told[name], told[name])
    return {name: value for name, value in told.items() if value is not None}


def derived_mapping(columns: Iterable[str], judged: Iterable[str]) -> FieldMapping:
    """Return how a derived file is read: with it nothing has to be detected.

    Args:
        columns: those that were written.
        judged: fields of judgments that were written.
    """
    there = list(columns)
    fields = {"prompt": "prompt", "response_a": "chosen", "response_b": "rejected"}
    fields |= {f"{stem}_{side}": f"{stem}_{_SIDES[side]}" for stem in SIDED for side in ("a", "b")}
    fields |= {name: name for name in (*SHARED, "weight", "judgments")}
    fields = {name: source for name, source in fields.items() if source in there}
    fields |= {f"judgment.{name}": name for name in sorted(judged)}
    slices = {
        name.removeprefix(SLICE_PREFIX): format_path((name,)) for name in sorted(there) if name.startswith(SLICE_PREFIX)
    }
    return FieldMapping("pairs", fields, {}, slices)

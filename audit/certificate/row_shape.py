"""Is a JSON value the canonical form of a comparison? Asked of what others hand in; the texts themselves are free."""

from __future__ import annotations

import math
from typing import Any, Final

from audit.certificate.row_form import CHOSEN_SIDE, COMPARISON, decimal
from audit.certificate.row_kernels import ROW
from audit.schema import LABELS

_ROW_EXTRAS: Final = frozenset({"weight", "rejected_prompt"})
_STAND_INS: Final = (frozenset({"comparison_id", "conversation_id"}), frozenset({"model_a"}), frozenset({"model_b"}))


def check_form(form: object) -> str | None:
    """Return what is wrong with a form, or None when it is one that a comparison can have."""
    if not isinstance(form, list) or not form or form[0] not in (ROW, COMPARISON):
        return f"expected an array that starts with {ROW!r} or {COMPARISON!r}"
    return _pair(form) if form[0] == ROW else _comparison(form)


def _pair(form: list[Any]) -> str | None:
    if len(form) != 5:
        return f"a row has 5 elements, got {len(form)}"
    wrong = next((name for name, at in (("prompt", 1), ("chosen", 2), ("rejected", 3)) if not _is_text(form[at])), None)
    if wrong:
        return f"{wrong} is neither a text nor a list of messages with role and content"
    return _extras(form[4], _ROW_EXTRAS)


def _comparison(form: list[Any]) -> str | None:
    if len(form) != 6:
        return f"a comparison has 6 elements, got {len(form)}"
    texts, label = form[1:4], form[4]
    if not all(text is None or _is_text(text) for text in texts):
        return "prompt and sides are texts, lists of messages, or null"
    if label not in LABELS:
        return "an unknown label"
    if label in CHOSEN_SIDE and None not in texts:
        return f"a comparison with its texts and the label {label!r} is a row"
    allowed = frozenset({"weight", "prompt_b"}).union(
        *(names for text, names in zip(texts, _STAND_INS, strict=True) if text is None)
    )
    return _extras(form[5], allowed)


def _extras(extras: object, allowed: frozenset[str]) -> str | None:
    if not isinstance(extras, dict):
        return "extras are no object"
    for name, value in extras.items():
        if name not in allowed:
            return f"extras hold an unknown name {name[:40]!r}"
        if name == "rejected_prompt":
            if not _is_text(value):
                return "rejected_prompt is neither a text nor a list of messages"
        elif not isinstance(value, str) or (name == "weight" and not _is_decimal(value)):
            return f"{name} is no {'decimal' if name == 'weight' else 'text'}"
    return None


def _is_decimal(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and decimal(value, "weight") == text


def _is_text(value: object) -> bool:
    if isinstance(value, str):
        return True
    return isinstance(value, list) and all(
        isinstance(turn, dict) and turn.keys() == {"role", "content"} and all(isinstance(v, str) for v in turn.values())
        for turn in value
    )

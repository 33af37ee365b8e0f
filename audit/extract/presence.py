"""Whether a text says anything, as a small number: what is kept of fields whose words no auditor needs."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

EMPTY, PRESENT, PLACEHOLDER = range(3)
PLACEHOLDERS: Final = frozenset(
    (
        *("n/a", "na", "n.a.", "none", "null", "nil", "nan", "-", "--", "---", "?", "??", "???", ".", "...", "x", "xx"),
        *("xxx", "unknown", "unk", "undefined", "unspecified", "not specified", "not available", "not applicable"),
        *("missing", "tbd", "todo", "to be done", "placeholder", "dummy", "latest", "{}", "[]", '""', "''", "()"),
    )
)
"""Texts that stand for nothing, in lower case without outer space."""
LONGEST: Final = 2 * max(map(len, PLACEHOLDERS))
"""Bytes above which a text is not compared: it says something."""


def presence(texts: pa.Array) -> pa.Array:
    """Return EMPTY, PRESENT or PLACEHOLDER for each text, null where null; int8, shape (n,).

    Args:
        texts: string or large_string, shape (n,).
    """
    short = pc.fill_null(pc.less_equal(pc.binary_length(texts), LONGEST), pa.scalar(value=False))
    states = pa.array([PRESENT], pa.int8()).take(pa.array([0] * len(texts), pa.int32()))
    if pc.any(short).as_py():
        trimmed = pc.utf8_lower(pc.utf8_trim_whitespace(texts.filter(short)))
        held = pc.is_in(trimmed, value_set=pa.array(sorted(PLACEHOLDERS), trimmed.type))
        said = pc.if_else(held, pa.scalar(PLACEHOLDER, pa.int8()), pa.scalar(PRESENT, pa.int8()))
        found = pc.if_else(pc.equal(trimmed, ""), pa.scalar(EMPTY, pa.int8()), said)
        states = pc.replace_with_mask(states, short, found)
    return pc.if_else(pc.is_valid(texts), states, pa.scalar(None, pa.int8()))

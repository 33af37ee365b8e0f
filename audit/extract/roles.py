"""Defects of turn order and turn roles, read off the `*_turns` columns of a batch."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.schema import Defect

ROLES: Final = ("user", "assistant", "system", "developer", "tool", "function")
_USER, _ASSISTANT = 0, 1
_TOOLS: Final = (4, 5)
_UNKNOWN, _ABSENT = -1, -2

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def role_defects(batch: pa.RecordBatch) -> Ints:
    """Return the role bits of `schema.Defect` for each row, shape (rows,); zeros where there are no turns."""
    n = batch.num_rows
    found = np.zeros(n, dtype=np.int64)
    prompt = _Turns.of(batch, "prompt_turns")
    if prompt is not None:
        found[prompt.repeats(n)] |= Defect.ROLE_REPEAT_A | Defect.ROLE_REPEAT_B
        found[prompt.unknown(n)] |= Defect.ROLE_UNKNOWN
        last = prompt.last
        found[(last != _ABSENT) & ~np.isin(last, (_USER, *_TOOLS))] |= Defect.PROMPT_END
    for column, repeat in (("response_a_turns", Defect.ROLE_REPEAT_A), ("response_b_turns", Defect.ROLE_REPEAT_B)):
        turns = _Turns.of(batch, column)
        if turns is None:
            continue
        found[turns.repeats(n)] |= repeat
        found[turns.unknown(n)] |= Defect.ROLE_UNKNOWN
        found[turns.holds_none_of((_ASSISTANT, *_TOOLS), n)] |= Defect.RESPONSE_ROLE
        if prompt is not None:
            found[np.isin(turns.first, (_USER, _ASSISTANT)) & (turns.first == prompt.last)] |= repeat
    return found


class _Turns:
    """The roles of one list column as flat codes, with the row that each turn belongs to."""

    def __init__(self, lists: pa.Array) -> None:
        self.parents: Ints = np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False), dtype=np.int64)
        roles = pc.list_flatten(lists).field("role")
        codes = pc.fill_null(pc.index_in(roles, value_set=pa.array(ROLES)), _UNKNOWN)
        self.codes: Ints = np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)
        self.null: Bools = np.asarray(pc.is_null(lists).to_numpy(zero_copy_only=False))
        self.first = np.full(len(lists), _ABSENT, dtype=np.int64)
        self.last = np.full(len(lists), _ABSENT, dtype=np.int64)
        self.first[self.parents[::-1]] = self.codes[::-1]
        self.last[self.parents] = self.codes

    @classmethod
    def of(cls, batch: pa.RecordBatch, column: str) -> _Turns | None:
        return cls(batch[column]) if column in batch.schema.names else None

    def repeats(self, n: int) -> Bools:
        """Rows with two turns of the user's or of the assistant's in a row."""
        same = (self.parents[1:] == self.parents[:-1]) & (self.codes[1:] == self.codes[:-1])
        same &= np.isin(self.codes[1:], (_USER, _ASSISTANT))
        return np.bincount(self.parents[1:][same], minlength=n) > 0

    def unknown(self, n: int) -> Bools:
        return np.bincount(self.parents[self.codes == _UNKNOWN], minlength=n) > 0

    def holds_none_of(self, roles: tuple[int, ...], n: int) -> Bools:
        """Rows that have turns, none or not all of them in `roles`."""
        strange = np.bincount(self.parents[~np.isin(self.codes, roles)], minlength=n) > 0
        return np.asarray(~self.null & (strange | (self.first == _ABSENT)))

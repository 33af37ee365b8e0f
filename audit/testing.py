"""What authors of auditors test with: signals made from columns in memory, and the laws that every auditor obeys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from audit.signals import JUDGMENT_PREFIX, Signals


def signals_from(
    comparisons: Mapping[str, pa.Array],
    judgments: Mapping[str, pa.Array] | None = None,
    *,
    files: Sequence[str] = ("data.jsonl",),
    rejects: Mapping[str, int] | None = None,
    read: int | None = None,
) -> Signals:
    """Return signals over columns in memory.

    Args:
        comparisons: by column name, all of one length.
        judgments: by column name with the prefix `judgment.`, all of one length.
        files: names that the column `file` counts into.
        rejects: rows set aside, by reason code.
        read: source rows; by default the comparisons and the rejects.

    Raises:
        ValueError: when the columns of one table differ in length, or a prefix is wrong.
    """
    judged = dict(judgments or {})
    if any(not name.startswith(JUDGMENT_PREFIX) for name in judged) or any(
        name.startswith(JUDGMENT_PREFIX) for name in comparisons
    ):
        raise ValueError(f"the columns of judgments, and only they, start with {JUDGMENT_PREFIX!r}")
    columns = {name: pa.chunked_array([column]) for name, column in {**comparisons, **judged}.items()}
    set_aside = dict(rejects or {})
    rows = _length(comparisons)
    return Signals(
        comparisons=rows,
        judgments=_length(judged),
        files=tuple(files),
        columns=frozenset(name for name, column in columns.items() if column.null_count < len(column)),
        load=columns.__getitem__,
        rejects=set_aside,
        read=rows + sum(set_aside.values()) if read is None else read,
    )


def _length(columns: Mapping[str, pa.Array]) -> int:
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of one table have different lengths: {sorted(lengths)}")
    return lengths.pop() if lengths else 0

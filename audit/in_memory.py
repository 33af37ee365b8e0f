"""Signals made from columns in memory, and what can be done to them without changing what they say.

Each transformation returns new signals: rows in another order, every row twice, sides or names exchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from audit.schema import SLICE_PREFIX, A, B
from audit.signals import JUDGMENT_PREFIX, Ints, Signals

PLACE: Final = "judgment.comparison"
ANNOTATOR: Final = "judgment.annotator"


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
    columns = {
        name: column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
        for name, column in {**comparisons, **judged}.items()
    }
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


def _tables(signals: Signals) -> tuple[dict[str, pa.ChunkedArray], dict[str, pa.ChunkedArray]]:
    """Return all recorded columns, of comparisons and of judgments."""
    own = {name: signals.load(name) for name in sorted(signals.columns)}
    judged = {name: column for name, column in own.items() if name.startswith(JUDGMENT_PREFIX)}
    return {name: column for name, column in own.items() if name not in judged}, judged


def taken(signals: Signals, rows: Ints, votes: Ints) -> Signals:
    """Return the selected comparisons and judgments in the order given; judgments follow their comparisons.

    Args:
        signals: any.
        rows: comparison numbers, each at most once.
        votes: judgment numbers, whose comparisons are among `rows`.
    """
    comparisons, judged = _tables(signals)
    own = {name: column.take(pa.array(rows)) for name, column in comparisons.items()}
    theirs = {name: column.take(pa.array(votes)) for name, column in judged.items()}
    if PLACE in theirs:
        new = np.full(signals.comparisons, -1, dtype=np.int64)
        new[rows] = np.arange(len(rows))
        theirs[PLACE] = pa.array(new[signals.ints(PLACE)[votes]])
    return signals_from(own, theirs, files=signals.files, rejects=signals.rejects, read=signals.read)


def permuted(signals: Signals, seed: int = 0) -> Signals:
    """Return the same comparisons and judgments in another order, the files' names too."""
    random = np.random.default_rng(seed)
    mixed = taken(signals, random.permutation(signals.comparisons), random.permutation(signals.judgments))
    comparisons, judged = _tables(mixed)
    count = len(signals.files)
    if "file" in comparisons:
        comparisons["file"] = pa.array(count - 1 - mixed.ints("file"))
    files = tuple(reversed(signals.files))
    return signals_from(comparisons, judged, files=files, rejects=signals.rejects, read=signals.read)


def emptied(signals: Signals) -> Signals:
    """Return a file of the same columns without a row."""
    nothing = np.zeros(0, dtype=np.int64)
    comparisons, judged = _tables(taken(signals, nothing, nothing))
    return signals_from(comparisons, judged, files=signals.files, rejects={}, read=0)


def doubled(signals: Signals) -> Signals:
    """Return every comparison and judgment twice; the copies stand in later rows."""
    comparisons, judged = _tables(signals)
    twice = {name: pa.chunked_array([*c.chunks, *c.chunks], c.type) for name, c in comparisons.items()}
    votes = {name: pa.chunked_array([*c.chunks, *c.chunks], c.type) for name, c in judged.items()}
    if "row" in comparisons:
        rows = signals.ints("row")
        twice["row"] = pa.array(np.concatenate([rows, rows + rows.max(initial=0)]))
    if PLACE in judged:
        at = signals.ints(PLACE)
        votes[PLACE] = pa.array(np.concatenate([at, at + signals.comparisons]))
    rejects = {code: 2 * count for code, count in signals.rejects.items()}
    return signals_from(twice, votes, files=signals.files, rejects=rejects, read=2 * signals.read)


def swapped(signals: Signals) -> Signals:
    """Return the same judgments with the sides' names exchanged: texts, models, labels, order shown, defects."""
    comparisons, judged = _tables(signals)
    exchanged = {_other_side(name): column for name, column in comparisons.items()}
    for table, names in ((exchanged, ("label", "gold_label")), (judged, ("judgment.label", "judgment.shown_first"))):
        for name in names:
            if name in table:
                codes = signals.ints(name)
                table[name] = pa.array(np.select([codes == A, codes == B], [B, A], codes))
    if "a_is_first" in exchanged:
        exchanged["a_is_first"] = pa.array(1 - signals.ints("a_is_first"))
    if "defects" in exchanged:
        exchanged["defects"] = pa.array(_swap_bits(_swap_bits(signals.ints("defects"), 2, 4), 32, 64))
    return signals_from(exchanged, judged, files=signals.files, rejects=signals.rejects, read=signals.read)


def _other_side(name: str) -> str:
    for mine, other in (("a_", "b_"), ("b_", "a_")):
        if name.startswith(mine) and name != "a_is_first":
            return other + name[2:]
    for mine, other in (("_a", "_b"), ("_b", "_a")):
        if name.endswith(mine) and not name.startswith(SLICE_PREFIX):
            return name[:-2] + other
    return name


def _swap_bits(bits: Ints, one: int, other: int) -> Ints:
    kept = bits & ~(one | other)
    return np.asarray(kept | np.where(bits & one, other, 0) | np.where(bits & other, one, 0))


def renamed(signals: Signals) -> Signals:
    """Return the same with annotators and models under other names, which sort in the reverse order."""
    comparisons, judged = _tables(signals)
    sides = [name for name in ("model_a", "model_b") if name in comparisons]
    names = sorted({value for name in sides for value in signals.codes(name)[1]})
    new = {name: f"model {len(names) - i:06d}" for i, name in enumerate(names)}
    for side in sides:
        comparisons[side] = _mapped(comparisons[side], new)
    if ANNOTATOR in judged:
        people = signals.codes(ANNOTATOR)[1]
        other = {name: f"annotator {len(people) - i:06d}" for i, name in enumerate(people)}
        judged[ANNOTATOR] = _mapped(judged[ANNOTATOR], other)
    return signals_from(comparisons, judged, files=signals.files, rejects=signals.rejects, read=signals.read)


def _mapped(column: pa.ChunkedArray, names: Mapping[str, str]) -> pa.Array:
    return pa.array([None if value is None else names[value] for value in column.to_pylist()], pa.string())

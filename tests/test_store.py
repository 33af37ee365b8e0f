"""The signal store: columns come back as written, and memory for them is bounded."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from audit import store
from audit.extract.columns import Extracted
from audit.store import Shard, ShardWriter, open_signals


def shard(folder: Path, columns: dict[str, pa.Array]) -> Shard:
    rows = len(next(iter(columns.values())))
    writer = ShardWriter(folder)
    writer.add(Extracted(pa.RecordBatch.from_pydict(columns), None), rows, ())
    return writer.finish(rows)


def test_a_column_that_one_file_lacks_is_null_there(tmp_path: Path) -> None:
    """Files are read in the order given, and numbered."""
    first = shard(tmp_path, {"row": pa.array([1, 2]), "a_words": pa.array([3, 4], pa.int32())})
    second = shard(tmp_path, {"row": pa.array([1])})
    signals = open_signals([("one", first), ("two", second)])

    assert signals.load("a_words").to_pylist() == [3, 4, None]
    assert signals.load("file").to_pylist() == [0, 0, 1]
    assert signals.load("row").to_pylist() == [1, 2, 1]
    assert not signals.has("b_words")


@pytest.mark.parametrize("room", [0, 1000, 1 << 20])
def test_columns_read_lately_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """Whatever the room, every column comes back whole, again and again, and what is kept fits in."""
    monkeypatch.setattr(store, "LATELY_BYTES", room)
    names = [f"slice.{i}" for i in range(8)]
    kept = shard(tmp_path, {name: pa.array([i] * 100, pa.int32()) for i, name in enumerate(names)})
    signals = open_signals([("one", kept)])
    for name in [*names, *names[::-1], *names]:
        assert signals.load(name).to_pylist() == [int(name[-1])] * 100
        held = sum(column.nbytes for column in signals.load._lately.values())  # type: ignore[attr-defined]
        assert held <= max(room, 0)

"""Rows in memory -> comparisons, by detection or by a given mapping; and the shared real data where it is present."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from audit.read.block import Block, Converted, Record
from audit.read.detect import detect
from audit.read.layouts.known import layout_named
from audit.read.mapping import FieldMapping

Read = Callable[..., Converted]
DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))


def convert(block: Block, mapping: FieldMapping) -> Converted:
    converted = layout_named(mapping.layout).convert(block, mapping, "file.jsonl")
    numbers = {*converted.batch["row"].to_pylist()}
    rejected = [reject.row for reject in converted.rejects]
    assert numbers.isdisjoint(rejected)
    assert sorted([*numbers, *rejected]) == list(block.rows), "every row is in the batch or in the rejects"
    assert converted.accepted == len(numbers)
    assert len(rejected) == len(set(rejected))
    return converted


@pytest.fixture
def read() -> Read:
    """Return a function that reads records by their detected layout, or by `mapping`, checking that no row is lost."""

    def run(records: list[Record], mapping: FieldMapping | None = None, layout: str | None = None) -> Converted:
        block = Block(range(1, len(records) + 1), None, len(records), (), records)
        return convert(block, mapping or detect(records, layout=layout).mapping)

    return run


@pytest.fixture
def read_table() -> Read:
    """Return a function that reads an Arrow table as `read` reads its records."""

    def run(table: pa.RecordBatch, mapping: FieldMapping) -> Converted:
        return convert(Block(range(1, table.num_rows + 1), None, table.num_rows, (), table=table), mapping)

    return run


@pytest.fixture
def shared() -> Callable[[str], list[dict[str, Any]]]:
    """Return a function that reads one shared file, or skips the test where the folder is absent."""

    def load(name: str) -> list[dict[str, Any]]:
        path = DATA / f"{name}.jsonl.gz"
        if not path.is_file():
            pytest.skip("the shared data are not here")
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    return load

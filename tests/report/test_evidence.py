"""`evidence.parquet` holds the rows as they are, typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audit.report.evidence import EVIDENCE, write_evidence

from .hostile import HOSTILE, hostile_evidence


def test_rows_come_back(tmp_path: Path, evidence: list[dict[str, Any]]) -> None:
    """What is written is read back, with the declared types."""
    write_evidence(tmp_path / "evidence.parquet", evidence)
    table = pq.read_table(tmp_path / "evidence.parquet")
    assert table.schema.equals(EVIDENCE)
    assert table.to_pylist() == [{name: row[name] for name in EVIDENCE.names} for row in evidence]


def test_no_rows_is_an_empty_table(tmp_path: Path) -> None:
    """All columns are there, and no row."""
    write_evidence(tmp_path / "e", [])
    table = pq.read_table(tmp_path / "e")
    assert (table.num_rows, table.column_names) == (0, EVIDENCE.names)


def test_missing_keys_are_null_and_strange_keys_an_error(tmp_path: Path) -> None:
    """A typing error in a key must not silently lose a column."""
    write_evidence(tmp_path / "e", [{"rules": ["A"], "file": "f", "row": 1, "part": 0, "digest": "0"}])
    assert pq.read_table(tmp_path / "e")["response_a"].to_pylist() == [None]
    with pytest.raises(ValueError, match="no column annotater"):
        write_evidence(tmp_path / "e", [{"annotater": "x"}])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept(tmp_path: Path, text: str) -> None:
    """Every text comes back as it was, a lone surrogate in its escaped spelling."""
    write_evidence(tmp_path / "e", hostile_evidence(text))
    got = pq.read_table(tmp_path / "e")["response_a"].to_pylist()
    assert all(value.endswith(text.encode("utf-8", "backslashreplace").decode()) for value in got)


def test_same_rows_same_bytes(tmp_path: Path, evidence: list[dict[str, Any]]) -> None:
    """Nothing of the moment gets into the file."""
    write_evidence(tmp_path / "a", evidence)
    write_evidence(tmp_path / "b", evidence)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

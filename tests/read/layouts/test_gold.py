"""Answers known to be right: found under usual names, mapped under others, and never guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from audit.errors import MappingError
from audit.read.mapping import FieldMapping
from audit.read.open import open_sources
from audit.reading import Reading, Selection, bind


def bound(path: Path, rows: list[dict[str, Any]], *overrides: str) -> Reading:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return bind(open_sources([str(path)])[0], Selection.of(None, overrides, None))


def converted(reading: Reading) -> tuple[pa.RecordBatch, int]:
    chunk = next(iter(reading.container.chunks(reading.fields)))
    found = reading.convert(reading.container.parse(chunk, reading.fields))
    return found.batch, len(found.rejects)


def rows(gold: list[Any], name: str = "gold_label") -> list[dict[str, Any]]:
    return [
        {
            "prompt": f"q {i}",
            "response_a": "x",
            "response_b": "y",
            "winner": "A",
            "check_passed": i % 2 == 0,
            name: value,
        }
        for i, value in enumerate(gold)
    ]


def test_gold_labels_are_read_as_labels_are(tmp_path: Path) -> None:
    """In the words of labels, null where there is none; a check that the source judged is 1 or 0."""
    batch, rejects = converted(bound(tmp_path / "a.jsonl", rows(["A", "B", None, "tie"])))
    assert rejects == 0
    assert batch["gold_label"].to_pylist() == ["a", "b", None, "tie"]
    assert [own[0]["check_passed"] for own in batch["judgments"].to_pylist()] == [1.0, 0.0, 1.0, 0.0]


def test_other_names_are_mapped_and_other_words_translated(tmp_path: Path) -> None:
    """`--map gold_label=...` takes any field; unknown words set rows aside once it is mapped."""
    reading = bound(tmp_path / "b.jsonl", rows(["A", "B"], "answer_key"), "gold_label=answer_key")
    assert converted(reading)[0]["gold_label"].to_pylist() == ["a", "b"]
    reading = bound(tmp_path / "c.jsonl", rows(["A", "see page 4"], "answer_key"), "gold_label=answer_key")
    assert converted(reading)[1] == 1


def test_words_that_are_no_labels_are_not_taken(tmp_path: Path) -> None:
    """A field of a usual name with other words is told of in a note, and no row is lost."""
    reading = bound(tmp_path / "d.jsonl", rows(["A", "see sheet 4"]))
    batch, rejects = converted(reading)
    assert rejects == 0
    assert "gold_label" not in batch.schema.names
    assert any("looks like the right answers" in note for note in reading.detection.notes)


def test_a_mapping_translates_to_labels_only() -> None:
    """`[values.gold_label]` takes what labels take."""
    with pytest.raises(MappingError, match="no canonical value"):
        FieldMapping("labelled_rows", {"gold_label": "key"}, {"gold_label": {"left": "port"}})

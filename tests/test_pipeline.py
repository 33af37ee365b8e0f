"""The whole way through the house: determinism, the store, accounts of rows, every kind of source, outputs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import audit
from audit import pipeline
from audit.engine import local
from audit.errors import InputError, RulePackError
from audit.read.containers.jsonl import JsonLines
from audit.report.jsonfile import dump_document

ROOT = Path(__file__).resolve().parent.parent
CLEAN = ROOT / "fixtures" / "support_desk" / "clean.jsonl.gz"


def pairs(n: int, start: int = 0) -> list[dict[str, Any]]:
    """Return n small pairs; every third prompt repeats."""
    return [
        {
            "prompt": f"Question {i // 3}?",
            "chosen": "yes " * (1 + i % 7) + str(i),
            "rejected": "no " * (1 + i % 5) + str(i),
        }
        for i in range(start, start + n)
    ]


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def document(source: object, **more: Any) -> bytes:
    return dump_document(audit.run(source, **more).document)


def test_result_obeys_its_published_schema(tmp_path: Path) -> None:
    """The document is valid against reports/result.schema.json, with and without judgments."""
    schema = json.loads((ROOT / "reports" / "result.schema.json").read_text())
    for source in (CLEAN, write_jsonl(tmp_path / "pairs.jsonl", pairs(90))):
        jsonschema.validate(json.loads(document(source)), schema)


def test_workers_and_chunks_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker or three, one chunk or fifty: the same bytes."""
    path = write_jsonl(tmp_path / "pairs.jsonl", pairs(400))
    once = document(path, workers=1)
    original = JsonLines.__init__

    def small_chunks(self: JsonLines, *args: Any, **more: Any) -> None:
        original(self, *args, **more | {"chunk_bytes": 700})

    monkeypatch.setattr(JsonLines, "__init__", small_chunks)
    assert document(path, workers=3) == once


def test_order_of_naming_files_does_not_matter(tmp_path: Path) -> None:
    """Files are taken by name, not in the order given."""
    a = write_jsonl(tmp_path / "a.jsonl", pairs(60))
    b = write_jsonl(tmp_path / "b.jsonl", pairs(60, 60))
    assert document([a, b]) == document([b, a])


def test_second_run_extracts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unchanged file comes from the store, with the same result; a changed one is read again."""
    path = write_jsonl(tmp_path / "pairs.jsonl", pairs(120))
    first = document(path, cache=tmp_path / "cache")
    extracted: list[int] = []
    original = local.extract

    def counting(batch: pa.RecordBatch, *, sketched: bool) -> Any:
        extracted.append(batch.num_rows)
        return original(batch, sketched=sketched)

    monkeypatch.setattr(local, "extract", counting)
    assert document(path, cache=tmp_path / "cache") == first
    assert extracted == []
    write_jsonl(path, [*pairs(119), {"prompt": "P?", "chosen": "x" * 3, "rejected": "y" * 3}])
    assert document(path, cache=tmp_path / "cache") != first
    assert sum(extracted) == 120


def test_store_keeps_rejected_rows(tmp_path: Path) -> None:
    """Rows set aside are part of the shard: a cached run writes the same rejects.jsonl under the new name."""
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(pairs(1)[0]) + '\n{"prompt": "x", \n' + json.dumps(pairs(2)[1]) + "\n")
    audit.run(path, cache=tmp_path / "cache", out=tmp_path / "one")
    path.rename(tmp_path / "renamed.jsonl")
    result = audit.run(tmp_path / "renamed.jsonl", cache=tmp_path / "cache", out=tmp_path / "two")
    (reject,) = (json.loads(line) for line in (tmp_path / "two" / "rejects.jsonl").read_text().splitlines())
    assert (reject["file"], reject["row"], reject["code"]) == ("renamed.jsonl", 2, "broken_json")
    assert result.rows == {"read": 3, "accepted": 2, "rejected": 1}


def test_rejected_rows_keep_their_raw_text(tmp_path: Path) -> None:
    """A row that the layout sets aside stands in rejects.jsonl as it stood in the file, byte for byte."""
    line = '{"rejected": true,   "prompt": "p", "chosen": "c\\u00e9"}'
    (tmp_path / "p.jsonl").write_text("\n".join(json.dumps(row) for row in pairs(2)) + f"\n{line}\r\n")
    audit.run(tmp_path / "p.jsonl", out=tmp_path / "out")
    (reject,) = (json.loads(text) for text in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines())
    assert (reject["row"], reject["code"], reject["raw"]) == (3, "wrong_type", line)


def test_containers_and_tables_agree(tmp_path: Path) -> None:
    """JSON Lines, gzip, Parquet, an Arrow table, a DataFrame and a datasets.Dataset give the same measures."""
    pandas, datasets = pytest.importorskip("pandas"), pytest.importorskip("datasets")
    rows = pairs(150)
    write_jsonl(tmp_path / "pairs.jsonl", rows)
    (tmp_path / "pairs.jsonl.gz").write_bytes(gzip.compress((tmp_path / "pairs.jsonl").read_bytes()))
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "pairs.parquet", row_group_size=40)
    sources = [tmp_path / "pairs.jsonl", tmp_path / "pairs.jsonl.gz", tmp_path / "pairs.parquet", table]
    sources += [pandas.DataFrame(rows), datasets.Dataset.from_list(rows)]
    found = [audit.run(source).document["measures"] for source in sources]
    without_places = [json.loads(json.dumps(measures), object_hook=without_place) for measures in found]
    assert all(measures == without_places[0] for measures in without_places[1:])


def without_place(value: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in value.items() if k not in ("file", "row")}


def test_bad_frame_names_every_bad_column() -> None:
    """One error names all columns that do not fit."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"prompt": [1, 2], "answer_a": ["x", "y"]})
    with pytest.raises(InputError) as caught:
        audit.run(frame, overrides=["prompt=prompt", "chosen=answer_a", "rejected=answer_b"])
    assert "'prompt' holds int64" in str(caught.value)
    assert "'answer_b' is missing" in str(caught.value)


def test_result_tables_reach_pandas(tmp_path: Path) -> None:
    """Measures, rules, outcomes, inputs and evidence come as frames."""
    pytest.importorskip("pandas")
    result = audit.run(write_jsonl(tmp_path / "p.jsonl", [*pairs(60), {"prompt": "p", "chosen": "s", "rejected": "s"}]))
    assert {"name", "value", "n"} <= set(result.to_pandas().columns)
    assert "STR-002" in set(result.to_pandas("rules")["id"])
    evidence = result.to_pandas("evidence")
    assert list(evidence[["STR-002" in rules for rules in evidence["rules"]]]["row"]) == [61]


def test_source_of_a_strange_type_is_refused() -> None:
    """Neither path nor table: a clear error."""
    with pytest.raises(InputError, match="cannot be read"):
        audit.run(42)


def test_unknown_pack_is_refused(tmp_path: Path) -> None:
    """A pack that is not there stops the run before any row is read."""
    with pytest.raises(RulePackError):
        audit.run(write_jsonl(tmp_path / "p.jsonl", pairs(3)), rules="no-such-pack")


def test_outputs_are_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is interrupted while it reads leaves neither outputs nor a half-written shard."""
    path = write_jsonl(tmp_path / "p.jsonl", pairs(50))

    def interrupted(batch: pa.RecordBatch, *, sketched: bool) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(local, "extract", interrupted)
    with pytest.raises(KeyboardInterrupt):
        audit.run(path, cache=tmp_path / "cache", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "cache").iterdir()) == []


def test_files_of_several_layouts_are_read_each_by_its_own(tmp_path: Path) -> None:
    """Pairs in one file and votes in another make one audit, with a mapping an input."""
    write_jsonl(tmp_path / "pairs.jsonl", pairs(40))
    votes = [
        {"question_id": i, "model_a": "m", "model_b": "n", "winner": "model_a" if i % 2 else "tie", "judge": "j"}
        for i in range(40)
    ]
    write_jsonl(tmp_path / "votes.jsonl", votes)
    result = audit.run(tmp_path)
    assert [entry["name"] for entry in result.document["inputs"]] == ["pairs.jsonl", "votes.jsonl"]
    assert result.document["comparisons"] == 80
    assert result.document["judgments"] == 40


def test_auditors_get_declared_targets() -> None:
    """Targets reach the balance auditor and its entry in the result."""
    targets = {"locale": {"en-US": 0.5, "de-DE": 0.5}}
    result = audit.run(CLEAN, targets=targets)
    entry = next(o for o in result.document["outcomes"] if o["code"] == "BAL")
    assert {column: dict(shares) for column, shares in entry["parameters"]["targets"]} == targets
    assert any(r["id"] == "BAL-001" and r["verdict"] == "fail" for r in result.document["rules"])
    assert pipeline.auditors() != pipeline.auditors(targets)

"""Digests of whole datasets: what may change without changing the set root, and what may not."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.canonical import canonical_json, digest
from audit.certificate.merkle import leaf_hash
from audit.certificate.row_kernels import twin_root
from audit.certificate.rows import RowDigests, digest_rows, sorted_leaves
from audit.frames import Frame
from audit.read.block import Container
from audit.read.open import open_sources, open_table
from audit.reading import Selection, bind

DESK = Path(__file__).parents[2] / "fixtures" / "support_desk" / "clean.jsonl.gz"
PLAIN = [{"prompt": f"p{i % 9}", "chosen": f"yes {i}\n\u00e9", "rejected": f'no "{i}"'} for i in range(40)]
CHAT = [
    {
        "prompt": [{"role": "user", "content": f"p{i}"}],
        "chosen": [{"role": "assistant", "content": f"yes {i}"}],
        "rejected": [{"role": "assistant", "content": f"no {i}"}],
    }
    for i in range(20)
]
WEIGHTED = [row | {"weight": [1, 0.5, None][i % 3], "id": f"id-{i}"} for i, row in enumerate(PLAIN)]
DATASETS = {"plain": PLAIN, "chat": CHAT, "weighted": WEIGHTED}
Row = dict[str, Any]


def digests(*containers: Container, workers: int | None = None) -> RowDigests:
    """Digest containers as the command line does."""
    return digest_rows([bind(container, Selection()) for container in containers], workers=workers)


def of_files(*paths: Path, workers: int | None = None) -> RowDigests:
    """Digest files."""
    return digests(*open_sources([str(path) for path in paths]), workers=workers)


def jsonl(path: Path, rows: Sequence[Row]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("rows", DATASETS.values(), ids=DATASETS)
def test_storage_and_order_do_not_matter(tmp_path: Path, rows: list[Row]) -> None:
    """JSON Lines, gzip, a JSON array, Parquet, shards, any order, Arrow and pandas: one set root and evidence root."""
    base = of_files(jsonl(tmp_path / "a.jsonl", rows))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False), encoding="utf-8")
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    reordered = table.take(pa.array(range(len(rows) - 1, -1, -1))).select(table.column_names[::-1])
    pq.write_table(reordered, tmp_path / "b.parquet")
    shards = tmp_path / "shards"
    shards.mkdir()
    for i in range(3):
        jsonl(shards / f"{i}.jsonl", rows[i::3])
    copies = [
        *(of_files(tmp_path / name) for name in ("a.jsonl.gz", "a.json", "a.parquet", "b.parquet", "shards")),
        digests(open_table(table, "<table>")),
        digests(Frame(pd.DataFrame(rows))),
    ]
    for copy in copies:
        assert (copy.set_root, copy.n, copy.pairs) == (base.set_root, len(rows), len(rows))
        assert (copy.evidence_root, copy.evidence_n) == (base.evidence_root, base.evidence_n)
        assert copy.columns == base.columns
    same_order = [copies[i].ordered_root == base.ordered_root for i in range(7)]
    assert same_order == [True, True, True, False, False, True, True]


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],
        lambda rows: [*rows, rows[0]],
        lambda rows: [{**rows[0], "chosen": rows[0]["rejected"], "rejected": rows[0]["chosen"]}, *rows[1:]],
        lambda rows: [{**rows[0], "prompt": rows[0]["prompt"] + " "}, *rows[1:]],
        lambda rows: [{**rows[0], "chosen": rows[0]["chosen"].replace("\u00e9", "e\u0301")}, *rows[1:]],
        lambda rows: [{**row, "weight": 1} for row in rows],
    ],
    ids=["dropped", "doubled", "flipped", "a blank", "normalised", "weighted"],
)
def test_any_change_of_a_row_shows(tmp_path: Path, change: Any) -> None:
    """A pair dropped, doubled, flipped or re-spelt gives another root."""
    before, after = of_files(jsonl(tmp_path / "a.jsonl", PLAIN)), of_files(jsonl(tmp_path / "b.jsonl", change(PLAIN)))
    assert before.set_root != after.set_root
    assert before.ordered_root != after.ordered_root


def test_roots_are_those_of_the_rows_one_by_one(tmp_path: Path) -> None:
    """Leaf by leaf and level by level, in Python, from the texts."""
    leaves = [leaf_hash(canonical_json(["dpo-row/v1", *row.values(), {}])) for row in PLAIN]
    found = of_files(jsonl(tmp_path / "a.jsonl", [*PLAIN, PLAIN[3], PLAIN[3]]))
    leaves += [leaves[3]] * 2
    assert found.ordered_root == twin_root(b"".join(leaves)).hex()
    assert found.set_root == twin_root(b"".join(sorted(leaves))).hex()
    assert found.duplicates == 2
    assert found.evidence_root == hashlib.sha256(b"").hexdigest()
    assert found.evidence_n == 0


def test_files_are_digested_one_by_one(tmp_path: Path) -> None:
    """Each file has its size, SHA-256, rows and the root of its own rows, whatever order the files are named in."""
    first, second = jsonl(tmp_path / "a.jsonl", PLAIN[:15]), jsonl(tmp_path / "b.jsonl", PLAIN[15:])
    found = of_files(second, first)
    assert [file.path for file in found.files] == ["a.jsonl", "b.jsonl"]
    for file, path, rows in zip(found.files, (first, second), (15, 25), strict=True):
        alone = of_files(path)
        assert (file.size, file.rows) == (path.stat().st_size, rows)
        assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert file.shard_root == alone.ordered_root == alone.files[0].shard_root
    assert found.ordered_root == of_files(jsonl(tmp_path / "c.jsonl", PLAIN)).ordered_root


def test_rows_set_aside_are_counted_with_their_reasons(tmp_path: Path) -> None:
    """Broken JSON, half of a surrogate pair and a missing side are in no root; their number and reasons are told."""
    path = tmp_path / "a.jsonl"
    lines = [json.dumps(row) for row in PLAIN]
    broken = ["{", '{"prompt":"p","chosen":"\\ud800","rejected":"n"}', '{"prompt":"p","chosen":"c","rejected":null}']
    path.write_text("\n".join([*lines[:20], *broken, *lines[20:]]) + "\n", encoding="utf-8")
    found = of_files(path)
    assert found.set_root == of_files(jsonl(tmp_path / "b.jsonl", PLAIN)).set_root
    assert found.excluded == 3
    assert found.reason_digest == digest({"broken_json": 1, "lone_surrogate": 1, "missing_field": 1})


def test_workers_and_threads_change_nothing() -> None:
    """One thread or four: every digest is the same, and so is the certificate's JSON."""
    assert of_files(DESK, workers=1) == of_files(DESK, workers=4)


def test_comparisons_that_are_no_pairs_are_covered(tmp_path: Path) -> None:
    """Ties and unlabelled comparisons are leaves too: leaving one out shows."""
    lines = gzip.decompress(DESK.read_bytes()).decode().splitlines()[:300]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    found = of_files(path)
    no_pair = next(i for i, line in enumerate(lines) if json.loads(line)["label"] not in ("a", "b"))
    path.write_text("\n".join(lines[:no_pair] + lines[no_pair + 1 :]), encoding="utf-8")
    without = of_files(path)
    assert 0 < found.pairs < found.n == 300
    assert (without.n, without.pairs) == (299, found.pairs)
    assert without.set_root != found.set_root


def test_production_records_survive_parquet(tmp_path: Path) -> None:
    """Rich records with judgments, models and generation parameters: the roots are those of their Parquet copy."""
    records = [json.loads(line) for line in gzip.decompress(DESK.read_bytes()).decode().splitlines()[:400]]
    pq.write_table(pa.Table.from_pylist(records[::-1]), tmp_path / "desk.parquet")
    before, after = of_files(jsonl(tmp_path / "desk.jsonl", records)), of_files(tmp_path / "desk.parquet")
    assert (before.set_root, before.evidence_root) == (after.set_root, after.evidence_root)
    assert before.evidence_n == 400


def test_evidence_is_bound_too(tmp_path: Path) -> None:
    """Another annotator on one judgment changes the evidence root and nothing else."""
    records = [json.loads(line) for line in gzip.decompress(DESK.read_bytes()).decode().splitlines()[:50]]
    before = of_files(jsonl(tmp_path / "a.jsonl", records))
    records[10]["judgments"][0]["annotator"] = "r-forged"
    after = of_files(jsonl(tmp_path / "b.jsonl", records))
    assert before.set_root == after.set_root
    assert before.evidence_root != after.evidence_root


def test_the_certificate_holds_all_of_it(tmp_path: Path) -> None:
    """The JSON has the names of the predicate, and hex roots without a prefix."""
    found = of_files(jsonl(tmp_path / "a.jsonl", PLAIN))
    written = found.to_json()
    assert set(written) == {"rows", "files"}
    assert written["rows"]["setRoot"] == found.set_root
    assert len(found.set_root) == len(written["files"][0]["shardRoot"]) == 64
    assert written["rows"]["excluded"] == {"n": 0, "reasonDigest": digest({})}
    assert canonical_json(written) == canonical_json(json.loads(canonical_json(written)))


def test_sorted_leaves_are_those_of_the_set_root(tmp_path: Path) -> None:
    """What proofs are made from has the set root."""
    path = jsonl(tmp_path / "a.jsonl", PLAIN)
    leaves = sorted_leaves([bind(container, Selection()) for container in open_sources([str(path)])])
    assert twin_root(leaves).hex() == of_files(path).set_root

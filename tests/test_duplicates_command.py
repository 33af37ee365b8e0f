"""`audit duplicates`: planted copies are found, told and written; what stands in a protected set is named."""

from __future__ import annotations

import functools
import json
import random
from pathlib import Path
from typing import Any

import fakeredis
import pyarrow.parquet as pq
import pytest

from audit import cli

WORDS = [f"word{i}" for i in range(400)]


def text(seed: int, n: int = 60) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=n))


def write(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    path.write_text(
        "".join(json.dumps(dict(zip(("prompt", "chosen", "rejected"), r, strict=True))) + "\n" for r in rows)
    )
    return path


def near(original: str) -> str:
    """The last word changed: of the 56 runs of five words of each text 55 are shared, a similarity of 55 / 57."""
    return " ".join([*original.split()[:-1], "changed"])


def search(*arguments: str, out: Path) -> int:
    return cli.main(["duplicates", *arguments, "--out", str(out), "--no-cache"])


def test_planted_copies_are_found_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One exact and one near copy of a pair among twenty: one cluster of three with the first kept."""
    rows = [(text(3 * i), text(3 * i + 1), text(3 * i + 2)) for i in range(20)]
    rows += [rows[4], (near(rows[4][0]), near(rows[4][1]), near(rows[4][2]))]
    data = write(tmp_path / "pairs.jsonl", rows)
    assert search(str(data), out=tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "pairs: 1 clusters of 3 members, 2 to drop" in out
    assert "keep  pairs.jsonl:5  the cluster's most frequent pair" in out
    assert "drop  pairs.jsonl:21  the same prompt and responses as the kept comparison" in out
    assert "drop  pairs.jsonl:22  nearly the same prompt and responses as the kept comparison" in out
    table = pq.read_table(tmp_path / "out" / "duplicates.parquet").to_pylist()
    assert [(m["row"], m["keep"]) for m in table if m["kind"] == "pair"] == [(5, True), (21, False), (22, False)]
    (similar,) = [m["similarity"] for m in table if m["kind"] == "prompt" and m["row"] == 22]
    assert similar == pytest.approx(55 / 57)


def test_threshold_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The near copy at 55 / 57 is none at 0.97; the chance to miss a pair is told."""
    rows = [(text(i), text(100 + i), text(200 + i)) for i in range(5)]
    data = write(tmp_path / "p.jsonl", [*rows, (near(rows[0][0]), near(rows[0][1]), near(rows[0][2]))])
    assert search(str(data), "--threshold", "0.97", out=tmp_path / "a") == 0
    assert "prompts: 0 clusters" in capsys.readouterr().out
    assert search(str(data), "--threshold", "0.9", "--quiet", out=tmp_path / "b") == 0
    out = capsys.readouterr().out
    assert "prompts: 1 clusters of 2 members, 1 beyond one of each" in out
    assert "one at 0.9 is missed with a chance of" in out
    assert search(str(data), "--threshold", "0.3", out=tmp_path / "c") == 2
    assert search("-", "--signatures", str(tmp_path / "s"), out=tmp_path / "c") == 2
    assert not (tmp_path / "c").exists()


def test_leaks_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A prompt of the evaluation set in the data is told with both places."""
    rows = [(text(i), text(100 + i), text(200 + i)) for i in range(5)]
    data = write(tmp_path / "data.jsonl", rows)
    protected = write(tmp_path / "eval.jsonl", [(rows[2][0], text(900), text(901))])
    assert search(str(data), "--against", str(protected), out=tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert "leaks: 1 rows" in out
    assert "data.jsonl:3" in out
    assert "eval.jsonl:1" in out
    (leak,) = pq.read_table(tmp_path / "out" / "leakage.parquet").to_pylist()
    assert (leak["row"], leak["similarity"]) == (3, 1.0)


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any] | None:
    """Where datasketch keeps its index: in memory, or in a Redis server (a stand-in of its protocol)."""
    if request.param == "memory":
        return None
    server = fakeredis.FakeServer()
    connect = functools.partial(fakeredis.FakeRedis, server=server)
    monkeypatch.setattr("datasketch.storage.redis.Redis", lambda **_: connect())
    return {"type": "redis", "redis": {"host": "localhost", "port": 6379}, "basename": b"bought"}


def test_signatures_load_into_datasketch(tmp_path: Path, storage: dict[str, Any] | None) -> None:
    """The recipe of docs/duplicates.md: a near copy is found in an index of our signatures, other texts are not."""
    datasketch = pytest.importorskip("datasketch", minversion="2.0")
    rows = [(text(3 * i), text(3 * i + 1), text(3 * i + 2)) for i in range(8)]
    data = write(tmp_path / "p.jsonl", [*rows, (near(rows[5][0]), text(901), text(902))])
    path = tmp_path / "signatures.parquet"
    assert search(str(data), "--signatures", str(path), "--quiet", out=tmp_path / "out") == 0
    table = pq.read_table(path).to_pylist()
    assert len(table) == 3 * 9
    loaded = {
        (row["row"], row["text"]): datasketch.MinHash(
            num_perm=128, hashvalues=row["signature"], seed=1, scheme="affine32"
        )
        for row in table
    }
    index = datasketch.MinHashLSH(num_perm=128, params=(25, 5), storage_config=storage)
    for key, signature in loaded.items():
        index.insert(key, signature)
    assert sorted(index.query(loaded[9, "prompt"])) == [(6, "prompt"), (9, "prompt")]
    assert loaded[9, "prompt"].jaccard(loaded[6, "prompt"]) == pytest.approx(55 / 57, abs=0.08)


def test_what_is_kept_does_not_hang_on_the_order_of_rows(tmp_path: Path) -> None:
    """Whatever order the rows stand in, the kept rows say the same: of each cluster the most frequent pair."""
    base = [text(i) for i in range(3)]
    copies = [(near(base[0]), base[1], base[2]), (base[0], base[1], base[2]), (base[0], base[1], base[2])]
    others = [(text(40 + i), text(80 + i), text(120 + i)) for i in range(4)]
    kept = set()
    for seed in range(4):
        rows = [*copies, *others, (others[0][0], near(others[0][1]), others[0][2])]
        random.Random(seed).shuffle(rows)
        data = write(tmp_path / "p.jsonl", rows)
        assert search(str(data), "--quiet", out=tmp_path / "out") == 0
        table = pq.read_table(tmp_path / "out" / "duplicates.parquet").to_pylist()
        kept.add(frozenset(rows[m["row"] - 1] for m in table if m["kind"] == "pair" and m["keep"]))
    assert len(kept) == 1
    assert (base[0], base[1], base[2]) in next(iter(kept))

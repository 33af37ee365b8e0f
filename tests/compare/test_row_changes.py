"""What became of rows: against brute force, and on planted changes through the command."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from audit import cli, pipeline
from audit.compare.rows import RowChanges, compare_rows
from audit.resources import resource
from audit.testing import signals_from
from tests.signals_of import column

Row = tuple[int, int, int, str]
"""Prompt, two texts, label."""
CODES = {"": 0, "a": 1, "b": 2, "tie": 3}


def changes(before: list[Row], after: list[Row]) -> RowChanges:
    """Compare rows whose texts are numbers; a text of the smaller number is the canonical first."""
    rows = [*before, *after]
    columns: dict[str, list[Any]] = {
        "prompt_key": [r[0] for r in rows],
        "a_key": [r[1] for r in rows],
        "b_key": [r[2] for r in rows],
        "pair_key": [(r[0], *sorted(r[1:3])) for r in rows],
        "ordered_key": [r[:3] for r in rows],
        "a_is_first": [int(r[1] <= r[2]) for r in rows],
        "label": [CODES[r[3]] for r in rows],
        "file": [0] * len(before) + [1] * len(after),
        "row": [*range(1, len(before) + 1), *range(1, len(after) + 1)],
    }
    signals = signals_from({k: column(k, v) for k, v in columns.items()}, files=("a", "b"))
    return compare_rows(signals, len(before), near=False)


def answer(row: Row) -> str:
    """The winner by text, or the label itself."""
    return {"a": str(row[1]), "b": str(row[2])}.get(row[3], row[3])


def brute(before: list[Row], after: list[Row]) -> tuple[int, int, int, int, int]:
    """Match within each pair: equal answers, then opposite sides, then anything."""
    left = {key: Counter(answer(r) for r in before if pair(r) == key) for key in map(pair, before)}
    right = {key: Counter(answer(r) for r in after if pair(r) == key) for key in map(pair, after)}
    kept = flipped = other = 0
    for key in left.keys() & right.keys():
        one, two = left[key], right[key]
        same = one & two
        one, two = one - same, two - same
        low, high = str(key[1]), str(key[2])
        back = min(one[low], two[high]) + min(one[high], two[low]) if low != high else 0
        kept += same.total()
        flipped += back
        other += min(one.total(), two.total()) - back
    both = kept + flipped + other
    return kept, flipped, other, len(before) - both, len(after) - both


def pair(row: Row) -> tuple[int, int, int]:
    return (row[0], *sorted(row[1:3]))  # type: ignore[return-value]


def test_counts_are_those_of_brute_force() -> None:
    """On 200 random small datasets with copies, both side orders, ties and blanks."""
    random_ = random.Random(3)

    def rows() -> list[Row]:
        sides = [(1, 2), (2, 1), (3, 1), (1, 3)]
        return [
            (random_.randrange(2), *random_.choice(sides), random_.choice(list(CODES)))
            for _ in range(random_.randrange(1, 14))
        ]

    for _ in range(200):
        before, after = rows(), rows()
        found = changes(before, after)
        got = (found.unchanged, found.flipped, found.relabelled, found.removed, found.added)
        assert got == brute(before, after), (before, after)
        assert found.table.num_rows == 2 * (found.flipped + found.relabelled) + found.removed + found.added


def test_side_order_is_no_change_and_a_reversal_is_one() -> None:
    """The same answer with sides swapped is unchanged; the other answer is flipped; a tie is another answer."""
    before: list[Row] = [(0, 1, 2, "a"), (1, 1, 2, "a"), (2, 1, 2, "a"), (3, 1, 2, "a")]
    after: list[Row] = [(0, 2, 1, "b"), (1, 1, 2, "b"), (2, 1, 2, "tie"), (9, 1, 2, "a")]
    found = changes(before, after)
    assert (found.unchanged, found.flipped, found.relabelled, found.removed, found.added) == (1, 1, 1, 1, 1)
    assert (found.prompts, found.prompts_shared) == (4, 3)
    assert found.shared["reversed"] == 1
    assert [r["row"] for r in found.document()["places"]["flipped (after)"]] == [2]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return path


def test_the_command_tells_what_became_of_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Planted: two rows swapped, one gone, one added, one added that nearly repeats an old one; files as asked for."""
    words = [f"word{n}" for n in range(300)]
    text = [" ".join(random.Random(seed).choices(words, k=60)) for seed in range(120)]
    rows = [{"prompt": text[3 * i], "chosen": text[3 * i + 1], "rejected": text[3 * i + 2]} for i in range(30)]
    later = [{**r, "chosen": r["rejected"], "rejected": r["chosen"]} if i < 2 else r for i, r in enumerate(rows[:-1])]
    near = {k: " ".join([*v.split()[:-1], "changed"]) for k, v in rows[5].items()}
    later += [{"prompt": text[100], "chosen": text[101], "rejected": text[102]}, near]
    old, new = write(tmp_path / "old.jsonl.gz", rows), write(tmp_path / "new.jsonl.gz", later)
    for data, out in ((old, "a"), (new, "b")):
        pipeline.run(str(data), out=tmp_path / out)
    capsys.readouterr()
    arguments = ["diff", str(tmp_path / "a"), str(tmp_path / "b"), "--no-cache", "--quiet"]
    arguments += ["--data", f"A={old}", "--data", f"B={new}", "--rows", str(tmp_path / "rows.parquet")]
    files = {kind: tmp_path / f"diff.{kind}" for kind in ("html", "markdown", "json")}
    assert cli.main([*arguments, *(part for kind, path in files.items() for part in (f"--{kind}", str(path)))]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "2 rows added, 1 removed, 2 with reversed labels, 0 with another answer, 27 unchanged" in out
    assert "1 of the added nearly repeat" in out
    assert "27 unchanged" in out
    whole = json.loads(files["json"].read_bytes())
    schema = json.loads(resource("reports", "diff.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(whole)
    (document,) = whole["comparisons"]
    assert document["rows"]["nearly_resold"] == 1
    assert "conservative" in document["validity"]
    table = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert Counter(r["status"] for r in table) == {"flipped": 4, "removed": 1, "added": 1, "nearly resold": 1}
    page, markdown = files["html"].read_text(), files["markdown"].read_text()
    for told in (page, markdown):
        assert "word1" not in told
    assert "default-src 'none'" in page.replace("&#x27;", "'")
    assert "<script" not in page
    assert '<th scope="col"></th>' not in page


def test_data_of_another_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file whose bytes are not those of the result, data of one side only, an unknown label: errors that say so."""
    rows = [{"prompt": f"p{i}", "chosen": f"c{i}", "rejected": f"r{i}"} for i in range(4)]
    old, new = write(tmp_path / "old.jsonl.gz", rows), write(tmp_path / "new.jsonl.gz", rows[:3])
    pipeline.run(str(old), out=tmp_path / "a")
    pipeline.run(str(new), out=tmp_path / "b")
    base = ["diff", str(tmp_path / "a"), str(tmp_path / "b"), "--no-cache", "--quiet"]
    assert cli.main([*base, "--data", f"A={new}", "--data", f"B={new}"]) == 2
    assert "no file that the result A" in capsys.readouterr().err
    assert cli.main([*base, "--data", f"A={old}"]) == 2
    assert "at least one other" in capsys.readouterr().err
    assert cli.main([*base, "--data", f"Z={old}"]) == 2
    assert cli.main([*base, "--rows", "x.parquet"]) == 2
    assert cli.main(base[:2]) == 2

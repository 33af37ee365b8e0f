"""`audit derive` on public data: what is taken out is what is known to be wrong with them, counted here by hand."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from audit import cli

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not here")


def source(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def derived(name: str, out: Path) -> tuple[list[dict[str, Any]], dict[str, int], dict[str, Any]]:
    data = str(DATA / f"{name}.jsonl.gz")
    assert cli.main(["derive", data, "--no-audit", "--no-cache", "--quiet", "--out", str(out)]) == 0
    pairs = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    account = json.loads((out / "derive.json").read_bytes())
    return pairs, {r["reason"]: r["comparisons"] for r in account["reasons"]}, account


@needs_data
def test_pandalm(tmp_path: Path) -> None:
    """Labels are majorities of three votes; soft labels are the shares; copies beyond the first of a pair are out."""
    rows = source("pandalm_testset_v1")
    pairs, reasons, account = derived("pandalm_testset_v1", tmp_path)
    votes = ("annotator1", "annotator2", "annotator3")
    for pair in pairs:
        row = rows[int(pair["source"].rpartition(":")[2]) - 1]
        given = Counter(int(row[name]) for name in votes)
        winner = 1 if pair["chosen"] == str(row["response1"]) else 2
        assert pair["rejected"] == str(row[f"response{3 - winner}"])
        assert given[winner] >= 2
        assert pair["soft_label"] == pytest.approx((given[winner] + given[0] / 2) / 3)
    assert account["labels_from_votes"] == len(pairs)
    assert account["kept"] + sum(reasons.values()) == account["comparisons"] == 993
    readable = [row for row in rows if isinstance(row["response1"], str) and isinstance(row["response2"], str)]
    assert reasons["tie"] == sum(sum(int(row[name]) == 0 for name in votes) >= 2 for row in readable)


@needs_data
def test_harmless_base(tmp_path: Path) -> None:
    """The 13 transcripts that are out of order or empty are out, and nothing else."""
    pairs, reasons, _ = derived("hh_harmless_base_test", tmp_path)
    assert reasons == {"broken": 13}
    assert len(pairs) == 2299
    assert all(pair["chosen"][-1]["role"] == "assistant" for pair in pairs)


@needs_data
@pytest.mark.parametrize(("name", "copies"), [("llamafactory_dpo_en_300", 5), ("llamafactory_dpo_zh_300", 11)])
def test_llama_factory(tmp_path: Path, name: str, copies: int) -> None:
    """One of each repeated pair stays, and every text is the source's."""
    pairs, reasons, _ = derived(name, tmp_path)
    assert reasons == {"duplicate": copies}
    rows = source(name)
    for pair in pairs:
        row = rows[int(pair["source"].rpartition(":")[2]) - 1]
        assert pair["chosen"] == [{"role": "assistant", "content": row["chosen"]["value"]}]
        assert pair["prompt"][-1] == {"role": "user", "content": row["conversations"][-1]["value"]}

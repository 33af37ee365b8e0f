"""`audit derive`: what is written, that it adds up, that trainers read it, and that a later audit measures the same."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import audit
from audit import cli
from audit.derive import writing
from audit.resources import resource

FIXTURES = Path(__file__).parents[2] / "fixtures" / "support_desk"
WORDS = [f"word{n}" for n in range(400)]


def text(seed: int, n: int = 60) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=n))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def derive(*arguments: str, out: Path) -> int:
    return cli.main(["derive", *arguments, "--out", str(out), "--no-cache", "--quiet"])


def planted() -> list[dict[str, Any]]:
    """Twelve good pairs, an exact and a near copy, a contradiction, an empty side, equal sides, an unreadable row."""
    rows = [{"prompt": text(3 * i), "chosen": text(3 * i + 1), "rejected": text(3 * i + 2)} for i in range(13)]
    near = {key: " ".join([*value.split()[:-1], "changed"]) for key, value in rows[1].items()}
    swapped = {**rows[12], "chosen": rows[12]["rejected"], "rejected": rows[12]["chosen"]}
    return [
        *rows,
        rows[0],
        near,
        swapped,
        {**rows[0], "prompt": text(900), "chosen": " "},
        {"prompt": text(901), "chosen": text(902), "rejected": text(902)},
        {"prompt": 5, "chosen": {}, "rejected": text(904)},
    ]


def test_planted_defects_go_to_the_quarantine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every defect has its reason and its partner; the pairs are the source's texts; the account adds up."""
    data = write(tmp_path / "pairs.jsonl", planted())
    protected = write(tmp_path / "eval.jsonl", [{**planted()[5], "chosen": "x", "rejected": "y"}])
    out = tmp_path / "out"
    assert derive(str(data), "--against", str(protected), "--price", "190", out=out) == 0
    quarantine = {entry["row"]: entry for entry in lines(out / "quarantine.jsonl")}
    told = {row: (entry["reason"], entry.get("see")) for row, entry in quarantine.items()}
    assert told == {
        6: ("leaked", None),
        13: ("contradicted", "pairs.jsonl:16"),
        14: ("duplicate", "pairs.jsonl:1"),
        15: ("duplicate", "pairs.jsonl:2"),
        16: ("contradicted", "pairs.jsonl:13"),
        17: ("broken", None),
        18: ("no_contrast", None),
        19: ("unreadable", None),
    }
    assert quarantine[6]["against"] == ["eval.jsonl"]
    kept = lines(out / "train.jsonl")
    assert [{k: row[k] for k in ("prompt", "chosen", "rejected")} for row in kept] == [
        row for i, row in enumerate(planted()[:12]) if i != 5
    ]
    assert {row["source"] for row in kept} == {f"pairs.jsonl:{i}" for i in (*range(1, 6), *range(7, 13))}
    account = json.loads((out / "derive.json").read_bytes())
    schema = json.loads(resource("reports", "derive.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(account)
    assert (account["rows"]["read"], account["rows"]["rejected"], account["comparisons"]) == (19, 1, 18)
    assert (account["kept"], account["quarantined"]) == (11, 7)
    assert sum(entry["comparisons"] for entry in account["reasons"]) == 7
    assert (account["price"]["a_row"], account["price"]["a_usable_pair"]) == (10, pytest.approx(190 / 11))
    for file in account["files"]:
        assert hashlib.sha256((out / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    shown = " ".join(capsys.readouterr().out.split())
    assert "18 comparisons = 11 kept + 7 quarantined" in shown
    after = json.loads((out / "after" / "result.json").read_bytes())
    measures = {m["name"]: m["value"] for m in after["measures"] if m["slice"] is None}
    for name in ("duplicates.near_pairs", "duplicates.near_contradictions", "structure.invalid_rows"):
        assert measures[name] == 0


def test_a_later_audit_measures_what_one_of_the_kept_rows_would(tmp_path: Path) -> None:
    """Votes, orders, models and slices survive: measures equal those of the source's own lines that were kept."""
    source = gzip.decompress((FIXTURES / "clean.jsonl.gz").read_bytes()).splitlines(keepends=True)[:240]
    data, out = tmp_path / "desk.jsonl", tmp_path / "out"
    data.write_bytes(b"".join(source))
    assert derive(str(data), "--no-audit", out=out) == 0
    kept = lines(out / "train.jsonl")
    rows = [int(row["source"].partition(":")[2]) for row in kept]
    same = tmp_path / "kept.jsonl"
    same.write_bytes(b"".join(source[row - 1] for row in rows))
    before, after = audit.run(same), audit.run(out / "train.jsonl", mapping=out / "mapping.toml")
    values = [{(m.name, str(m.slice)): m.number for m in result.measures if m.is_defined} for result in (before, after)]
    families = ("agreement.", "position.", "verbosity.", "balance.refusal", "strength.", "lineage.present")
    # fits whose folds or bins go by the order of sides move a little when the chosen side becomes the first one
    apart = ("verbosity.form_log_loss", "strength.calibration_error")
    compared = [key for key in values[0] if key[0].startswith(families) and key[0] not in apart]
    assert len(compared) > 200
    unlike = {
        key: (values[0][key], values[1].get(key)) for key in compared if _differ(values[0][key], values[1].get(key))
    }
    assert unlike == {}
    votes = [v for row in kept for v in row["judgments"]]
    assert {v["label"] for v in votes} >= {"chosen", "rejected", "tie"}
    for row in kept[:50]:
        good, ties = (sum(v["label"] == name for v in row["judgments"]) for name in ("chosen", "tie"))
        assert row["soft_label"] == pytest.approx((good + ties / 2) / row["votes"])


def _differ(one: float, other: float | None) -> bool:
    return other is None or abs(one - other) > 1e-9 * max(1, abs(one))


def test_mixed_forms_become_messages(tmp_path: Path) -> None:
    """Where one prompt has turns all pairs are conversations; a set of texts stays one of texts."""
    rows = [
        {"prompt": "p one", "chosen": "good", "rejected": "bad"},
        {
            "prompt": [{"role": "user", "content": "p two"}],
            "chosen": [{"role": "assistant", "content": "fine"}],
            "rejected": [{"role": "assistant", "content": "poor"}],
        },
    ]
    out = tmp_path / "out"
    assert derive(str(write(tmp_path / "m.jsonl", rows)), "--no-audit", out=out) == 0
    first, second = lines(out / "train.jsonl")
    assert first["prompt"] == [{"role": "user", "content": "p one"}]
    assert first["chosen"] == [{"role": "assistant", "content": "good"}]
    assert {k: second[k] for k in rows[1]} == rows[1]
    assert json.loads((out / "derive.json").read_bytes())["made_messages"] == 1


def test_parquet_holds_the_same_rows_and_loads_for_a_trainer(tmp_path: Path) -> None:
    """Both formats load with `datasets`, in the columns that TRL reads; rows are equal but for what is null."""
    datasets = pytest.importorskip("datasets")
    source = gzip.decompress((FIXTURES / "clean.jsonl.gz").read_bytes()).splitlines(keepends=True)[:60]
    (tmp_path / "desk.jsonl").write_bytes(b"".join(source))
    for name, more in (("jsonl", ()), ("parquet", ("--format", "parquet"))):
        assert derive(str(tmp_path / "desk.jsonl"), "--no-audit", *more, out=tmp_path / name) == 0
    assert not (tmp_path / "parquet" / "train.jsonl").exists()
    loaded = [
        datasets.load_dataset(
            kind, data_files=str(tmp_path / folder / f"train.{folder}"), cache_dir=str(tmp_path / "c")
        )
        for kind, folder in (("json", "jsonl"), ("parquet", "parquet"))
    ]
    one, other = (found["train"] for found in loaded)
    assert {"prompt", "chosen", "rejected", "weight", "soft_label"} <= set(one.column_names)
    assert set(one[0]["chosen"][0]) == {"role", "content"}
    columns = ["prompt", "chosen", "rejected", "weight", "votes", "source", "locale", "scenario"]
    assert one["soft_label"][:] == pytest.approx(other["soft_label"][:])  # `datasets` reads ten digits of JSON
    assert one.select_columns(columns).to_list() == other.select_columns(columns).to_list()


def test_splits_share_no_prompt_and_training_columns_are_few(tmp_path: Path) -> None:
    """Two splits of whole clusters; --columns training writes what is trained on and where it came from."""
    rows = [
        {"prompt": text(i // 2), "chosen": text(500 + i), "rejected": text(700 + i), "model": "m"} for i in range(80)
    ]
    data, out = write(tmp_path / "p.jsonl", rows), tmp_path / "out"
    assert (
        derive(str(data), "--split", "train=0.7", "--split", "held=0.3", "--no-audit", "--columns", "training", out=out)
        == 0
    )
    train, held = lines(out / "train.jsonl"), lines(out / "held.jsonl")
    assert len(train) + len(held) == 80
    assert held
    assert not {r["prompt"] for r in train} & {r["prompt"] for r in held}
    assert set(train[0]) == {"prompt", "chosen", "rejected", "weight", "source"}
    assert derive(str(data), "--no-audit", out=out) == 0
    assert not (out / "held.jsonl").exists(), "a file of the earlier run is still there"
    assert len(lines(out / "train.jsonl")) == 80


def test_new_splits_pass_where_the_source_passes(tmp_path: Path) -> None:
    """Whole clusters in two splits: no leak between them, and no run is said to have used the held-out one."""
    out = tmp_path / "out"
    shares = ("--split", "train=0.8", "--split", "validation=0.2")
    assert derive(str(FIXTURES / "clean.jsonl.gz"), *shares, "--html", str(tmp_path / "d.html"), out=out) == 0
    before, after = (json.loads((out / name / "result.json").read_bytes()) for name in ("before", "after"))
    judged = {rule["id"]: rule for rule in after["rules"] if rule["slice"] is None}
    for code in ("LIN-001", "LIN-005", "LEK-001", "LEK-002", "DUP-001", "STR-001"):
        assert judged[code]["verdict"] == "pass", (code, judged[code]["message"])
    assert (before["verdict"], after["verdict"]) == ("pass", "pass")
    assert "source_runs" in lines(out / "validation.jsonl")[0]
    assert "Audit before: pass. After: pass." in (tmp_path / "d.html").read_text()


def test_faults_leave_no_half_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bad options end with 2 before anything is written; data without texts give an empty set and say why."""
    data = write(tmp_path / "pairs.jsonl", planted())
    for wrong in (
        ["--price", "-1"],
        ["--threshold", "0.1"],
        ["--split", "x=2"],
        ["--seed", "-1"],
        ["--price", "1", "--currency", "e"],
    ):
        assert derive(str(data), *wrong, out=tmp_path / "no") == 2
    assert not (tmp_path / "no").exists()
    votes = [{"question_id": i, "model_a": "x", "model_b": "y", "winner": "model_a", "judge": "j"} for i in range(5)]
    capsys.readouterr()
    assert derive(str(write(tmp_path / "votes.jsonl", votes)), out=tmp_path / "empty") == 0
    assert "Nothing is left to train on" in capsys.readouterr().out
    assert {entry["reason"] for entry in lines(tmp_path / "empty" / "quarantine.jsonl")} == {"no_text"}


def test_workers_change_nothing(tmp_path: Path) -> None:
    """One worker and four write the same bytes, the account included."""
    data = str(write(tmp_path / "pairs.jsonl", planted() * 40))
    for workers in ("1", "4"):
        assert derive(data, "--no-audit", "--workers", workers, out=tmp_path / workers) == 0
    for name in ("train.jsonl", "quarantine.jsonl", "derive.json", "mapping.toml"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "4" / name).read_bytes()


def test_counts_that_do_not_add_up_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row that is lost on the way stops everything with 3: neither pairs, quarantine nor account appear."""
    whole = writing._batches

    def lossy(*arguments: Any) -> Any:
        for rows, rejects in whole(*arguments):
            yield rows[:-1], rejects

    monkeypatch.setattr(writing, "_batches", lossy)
    data = str(write(tmp_path / "pairs.jsonl", planted()))
    assert derive(data, "--no-audit", out=tmp_path / "out") == 3
    assert "do not add up" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []

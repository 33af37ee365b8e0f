"""A hand review inside the main job: drawn again, judged by its rule, bound into the certificate."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from audit.cli import main
from tests.certificate.issued import DESK, RESOURCE

NONCE = "00112233445566778899aabbccddeeff"
PACK = """
format = 1
name = "reviewed"
version = "1.0.0"
title = "Reviewed"
level = "DPO-READY"
[[rule]]
id = "LOT-001"
version = 1
title = "Too many wrong labels"
name = "wrong-labels"
measure = "review.wrong_share"
kind = "lot"
operator = "le"
limit = 0.05
required = true
severity = "blocker"
basis = "policy"
rationale = "r"
reference = ["r"]
remediation = "r"
since = "0.1.0"
[rule.decision]
confidence = 0.95
multiplicity = "none"
"""


@pytest.fixture
def lot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """400 pairs, a pack that asks for a review, a sample of 100 drawn by the buyer's nonce, and a key."""
    rows = [
        {"prompt": f"Question {i}?", "chosen": f"Answer {i}, at length.", "rejected": f"No {i}."} for i in range(400)
    ]
    (tmp_path / "lot.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "pack.toml").write_text(PACK)
    drawn = ["sample", f"{tmp_path}/lot.jsonl", "--nonce", NONCE, "--size", "100", "--quiet"]
    assert main([*drawn, "--out", f"{tmp_path}/work.csv", "--key", f"{tmp_path}/key.json"]) == 0
    assert main(["keygen", "--out", f"{tmp_path}/keys", "--no-passphrase"]) == 0
    capsys.readouterr()
    return tmp_path


def fill(lot: Path, wrong: int, judged: int = 100) -> None:
    """Judge the first comparisons as the delivery does, but for some."""
    key = {row["id"]: row["preferred"] for row in json.loads((lot / "key.json").read_text())["rows"]}
    with (lot / "work.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    other = {"first": "second", "second": "first"}
    for i, row in enumerate(rows[:judged]):
        row["verdict"] = other[key[row["id"]]] if i < wrong else key[row["id"]]
        row["verdict_2"] = row["verdict"] if i % 2 else ""
    with (lot / "filled.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def run(lot: Path, *more: str) -> int:
    return main(["run", f"{lot}/lot.jsonl", "--rules", f"{lot}/pack.toml", "--out", f"{lot}/out", "--no-cache", *more])


def review(lot: Path) -> list[str]:
    return ["--review", f"{lot}/filled.csv", f"{lot}/key.json"]


def measured(lot: Path) -> dict[str, Any]:
    document = json.loads((lot / "out" / "result.json").read_text())
    return {m["name"]: m for m in document["measures"] if m["auditor"] == "LOT"}


def test_the_rule_judges_the_lot(lot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No review: not assessable, and told what unlocks it; one wrong of 100 passes; 20 fail; half open is undecided."""
    assert run(lot) == 1
    assert "--review WORKLIST KEY" in capsys.readouterr().out
    fill(lot, 1)
    assert run(lot, *review(lot)) == 0
    found = measured(lot)
    assert (found["review.wrong_share"]["value"], found["review.wrong_share"]["n"]) == (0.01, 100)
    assert 0.01 < found["review.wrong_share"]["high"] <= 0.05
    assert (found["review.agreed_share"]["value"], found["review.agreed_share"]["n"]) == (1, 50)
    assert found["review.open"]["value"] == 0
    fill(lot, 20)
    assert run(lot, *review(lot)) == 1
    fill(lot, 0, judged=50)
    assert run(lot, *review(lot)) == 1
    assert measured(lot)["review.open"]["value"] == 50


def test_a_review_of_other_data_is_refused(lot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One character of one row, and the draw is another one."""
    fill(lot, 1)
    content = (lot / "lot.jsonl").read_text()
    (lot / "lot.jsonl").write_text(content.replace("Answer 7,", "Answer 7;"))
    assert run(lot, *review(lot)) == 4
    assert "the key is not of these data" in capsys.readouterr().err


def trust(lot: Path, *lines: str) -> str:
    pack = json.loads((lot / "out" / "result.json").read_text())["pack"]["digest"]
    head = f'format = 1\nmin_role = "self"\npacks = ["{pack}"]\nresource = "{RESOURCE}"\n'
    key = f'[[key]]\nverifier = "{DESK}"\nrole = "self"\nfile = "keys/audit.pub"\n'
    (lot / "trust.toml").write_text(head + "".join(f"{line}\n" for line in lines) + key)
    return f"{lot}/trust.toml"


def test_the_certificate_binds_the_draw(lot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The buyer's nonce, drawn again at verification, in any order of the rows; another nonce or none is refused."""
    fill(lot, 1)
    assert run(lot, *review(lot)) == 0
    key = ["--key", f"{lot}/keys/audit.key", "--verifier", DESK, "--resource", RESOURCE]
    assert main(["sign", f"{lot}/out", "--data", f"{lot}/lot.jsonl", *key]) == 0
    verify = ["verify", f"{lot}/out/certificate.sigstore.json", "--data", f"{lot}/lot.jsonl", "--trust"]
    capsys.readouterr()
    assert main([*verify, trust(lot, f'nonce = "{NONCE}"', "require_review = true")]) == 0
    assert "your nonce, and the draw repeated is the same" in capsys.readouterr().out
    lines = (lot / "lot.jsonl").read_text().splitlines(keepends=True)
    (lot / "lot.jsonl").write_text("".join(reversed(lines)))
    assert main([*verify, trust(lot, f'nonce = "{NONCE}"')]) == 0
    (lot / "lot.jsonl").write_text("".join(lines))
    capsys.readouterr()
    assert main([*verify, trust(lot, f'nonce = "{NONCE[::-1]}"')]) == 4
    assert "not drawn by your nonce" in capsys.readouterr().out
    again = [*verify, trust(lot), "--replay", "--rules", f"{lot}/pack.toml"]
    assert main([*again, *review(lot)]) == 0
    assert main(again) == 4  # the audit run again without the review has other numbers


def test_a_certificate_without_a_review_is_refused_where_one_is_asked_for(
    lot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default pack passes without one; the buyer may still insist."""
    assert main(["run", f"{lot}/lot.jsonl", "--rules", "structural", "--out", f"{lot}/out", "--no-cache"]) == 0
    key = ["--key", f"{lot}/keys/audit.key", "--verifier", DESK, "--resource", RESOURCE]
    assert main(["sign", f"{lot}/out", "--data", f"{lot}/lot.jsonl", *key]) == 0
    verify = ["verify", f"{lot}/out/certificate.sigstore.json", "--data", f"{lot}/lot.jsonl", "--trust"]
    capsys.readouterr()
    assert main([*verify, trust(lot)]) == 0
    assert main([*verify, trust(lot, "require_review = true")]) == 4
    assert "no hand review is bound" in capsys.readouterr().out

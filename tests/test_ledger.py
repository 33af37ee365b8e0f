"""The ledger: looks are counted by content, the error shrinks with them, and a line that was touched is seen."""

from __future__ import annotations

import json
import math
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import audit
from audit.cli import main
from audit.errors import InputError, UsageError
from audit.ledger import Look, alpha_of, content_of, take_look, write_verdict
from audit.rules import load_pack

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
PACK = "sha256:" + "1" * 64


def look(path: Path, content: str, subject: str | None = "pairs", pack: str = PACK) -> Look:
    return take_look(path, subject, pack, content, NOW)


def test_errors_sum_to_five_percent() -> None:
    """.05 x 6 / pi^2 = .0304 for the first; the sum over ten thousand is within .00001 of .05."""
    assert alpha_of(1) == pytest.approx(0.05 * 6 / math.pi**2)
    assert alpha_of(3) == pytest.approx(alpha_of(1) / 9)
    assert sum(map(alpha_of, range(1, 10_001))) == pytest.approx(0.05, abs=1e-5)
    assert Look("x", 1, "").level == pytest.approx(1 - 2 * alpha_of(1))


def test_looks_are_counted_by_content_subject_and_pack(tmp_path: Path) -> None:
    """The same content is the same look, whenever it comes; another subject or pack starts at one."""
    path = tmp_path / "sub" / "ledger.jsonl"
    assert [look(path, c).number for c in ("a", "b", "a", "c", "b")] == [1, 2, 1, 3, 2]
    assert look(path, "a").entry == look(path, "a").entry
    assert look(path, "z", "others").number == 1
    assert look(path, "a", pack="sha256:" + "2" * 64).number == 1
    assert content_of(["b" * 64, "a" * 64]) == content_of(["a" * 64, "b" * 64])
    with pytest.raises(UsageError, match="only files"):
        content_of([None])


def test_the_subject_may_be_left_out_where_there_is_one(tmp_path: Path) -> None:
    """And has to be named where there is none yet, or several."""
    path = tmp_path / "ledger.jsonl"
    with pytest.raises(UsageError, match="--subject"):
        look(path, "a", None)
    look(path, "a")
    assert look(path, "b", None).subject == "pairs"
    look(path, "a", "others")
    with pytest.raises(UsageError, match="others, pairs"):
        look(path, "c", None)


@pytest.mark.parametrize("harm", ["drop", "edit", "swap", "tail", "cut", "junk"])
def test_a_changed_ledger_is_refused(tmp_path: Path, harm: str) -> None:
    """A line dropped, edited, moved, cut short, or put in: the line is named, and nothing is added."""
    path = tmp_path / "ledger.jsonl"
    for content in "abcd":
        write_verdict(path, look(path, content), PACK, content, "fail", NOW)
    lines = path.read_bytes().splitlines(keepends=True)
    changed = {
        "drop": lines[:2] + lines[3:],
        "edit": [lines[0], lines[1].replace(b"fail", b"pass"), *lines[2:]],
        "swap": [lines[1], lines[0], *lines[2:]],
        "tail": [*lines, lines[0]],
        "cut": [*lines[:-1], lines[-1][:-5]],
        "junk": [*lines, b"[1]\n"],
    }[harm]
    path.write_bytes(b"".join(changed))
    with pytest.raises(InputError, match="line "):
        look(path, "e")
    assert path.read_bytes() == b"".join(changed)


def test_writers_at_once_get_numbers_of_their_own(tmp_path: Path) -> None:
    """Twenty contents by twenty threads: looks 1 to 20, one each, and a sound chain."""
    path, found = tmp_path / "ledger.jsonl", []
    threads = [threading.Thread(target=lambda i=i: found.append(look(path, f"c{i}").number)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 21))
    assert look(path, "c3").number in range(1, 21)


def delivery(path: Path, seed: int, rate: float, n: int = 400) -> Path:
    """Pairs with one judgment each, of which the first slot wins a share."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        shown = "ab"[rng.integers(0, 2)]
        label = shown if rng.random() < rate else "ba"["ab".index(shown)]
        rows.append(
            {
                "prompt": f"Question {i}?", "response_a": f"One {seed} {i}.", "response_b": f"Two {seed} {i}.",
                "label": label, "judgments": [{"annotator": f"p{i % 40}", "label": label, "shown_first": shown}],
            }
        )  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


RULES = """
format = 1
name = "slots"
version = "1.0.0"
title = "Slots"
level = "DPO-READY"
description = "d"
[[rule]]
id = "POS-002"
version = 1
title = "The first slot wins"
name = "first-slot"
measure = "position.first_rate"
kind = "process"
operator = "within"
center = 0.5
limit = 0.1
required = true
severity = "blocker"
basis = "policy"
rationale = "r"
reference = ["r"]
remediation = "r"
since = "0.1.0"
"""


def test_bounds_widen_with_the_look(tmp_path: Path) -> None:
    """The rule's bounds are those of a t interval at 1 - alpha_k; intervals say their level; a census stays."""
    (tmp_path / "slots.toml").write_text(RULES)
    data, widths = delivery(tmp_path / "pairs.jsonl", 1, 0.52), []
    for k in (1, 2, 3):
        more = {"prompt": f"x{k}", "response_a": "1", "response_b": "2", "label": "a"}
        data.write_text(f"{data.read_text()}{json.dumps(more)}\n")
        result = audit.run(
            data, rules=tmp_path / "slots.toml", ledger=(tmp_path / "l.jsonl", "pairs"), duplicates=False
        )
        assert result.document["ledger"]["look"] == k
        assert result.document["ledger"]["alpha"] == pytest.approx(alpha_of(k))
        measure = next(m for m in result.measures if m.name == "position.first_rate" and m.slice.by == "")
        assert measure.interval is not None
        assert measure.interval.level == pytest.approx(1 - 2 * alpha_of(k))
        rule = result.document["rules"][0]
        widths.append(rule["high"] - rule["low"])
        assert any("Look" in line for line in result.document["summary"])
    assert widths[0] < widths[1] < widths[2]
    plain = audit.run(data, rules=tmp_path / "slots.toml", duplicates=False)
    assert plain.document["ledger"] is None
    assert (
        plain.document["pack"]["digest"]
        == result.document["pack"]["digest"]
        == load_pack(str(tmp_path / "slots.toml")).digest
    )


def test_repairing_until_it_passes_does_not_pay(tmp_path: Path) -> None:
    """Files whose truth is at the limit, eight fresh draws each: with a ledger at most 5 % of them ever pass.

    Without one, 1 - .95^8 = .34 would. Of 60 files 3 are expected at most, and three errors of 1.7 are allowed.
    """
    (tmp_path / "slots.toml").write_text(RULES)
    pack = load_pack(str(tmp_path / "slots.toml"))
    from audit.auditor import audit_with
    from audit.auditors.position import Position
    from audit.pipeline import _strict
    from audit.rules import judge
    from audit.schema import A, B
    from tests.signals_of import signals

    def passes(seed: int, at: Look | None) -> bool:
        rng = np.random.default_rng(seed)
        n = 400
        shown = rng.integers(1, 3, n)
        label = np.where(rng.random(n) < 0.6, shown, A + B - shown)
        judged = {
            "judgment.comparison": np.arange(n), "judgment.label": label, "judgment.shown_first": shown,
            "judgment.annotator": [f"p{i}" for i in range(n)],
        }  # fmt: skip
        outcome = audit_with(Position() if at is None else Position(level=at.level), signals({"label": label}, judged))
        return str(judge(_strict(pack, at), list(outcome.measures), [outcome], None, []).findings[0].verdict) == "pass"

    with_ledger = sum(any(passes(1000 * f + k, Look("x", k, "")) for k in range(1, 9)) for f in range(60))
    without = sum(any(passes(1000 * f + k, None) for k in range(1, 9)) for f in range(60))
    assert with_ledger <= 8
    assert without >= 12


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said on the terminal and in the page; the chain holds look and verdict; a touched one stops the run."""
    data = delivery(tmp_path / "pairs.jsonl", 2, 0.5, 60)
    ledger = tmp_path / "ledger.jsonl"
    run = ["run", str(data), "--out", str(tmp_path / "out"), "--no-cache", "--ledger", str(ledger)]
    assert main(run) == 2
    assert "--subject" in capsys.readouterr().err
    assert main([*run, "--subject", "pairs <b>"]) == 1
    assert "Look 1 at pairs <b> under this pack" in " ".join(capsys.readouterr().out.split())
    assert "<b>" not in (tmp_path / "out" / "report.html").read_text().split("</style>")[1]
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [e["kind"] for e in entries] == ["look", "verdict"]
    assert entries[1]["verdict"] == "not_assessable"
    ledger.write_text(ledger.read_text().replace("pairs <b>", "others"))
    capsys.readouterr()
    assert main(run) == 2
    assert "line 2" in capsys.readouterr().err

"""The gate: what its exit code says, and against which baseline."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from audit.cli import main
from audit.gate.problems import FailOn, State, absent, exit_code, problems, stops
from audit.rules.pack import COUNTED
from tests.report.sample_document import sample_document
from tests.report.sample_rules import rule


def result(*rules: dict[str, Any], verdict: str = "fail") -> dict[str, Any]:
    return sample_document() | {"rules": list(rules), "verdict": verdict, "waivers": None}


MAJOR = rule("AAA-001", "A", "a", "fail")
MINOR = rule("BBB-001", "B", "b", "fail", severity="minor")
UNDECIDED = rule("CCC-001", "C", "c", "inconclusive")
REQUIRED = rule("DDD-001", "D", "d", "inconclusive", required=True)
MISSING = rule("EEE-001", "E", "e", "not_assessable")
SHOWN = rule("FFF-001", "F", "f", "inconclusive", decides=False)


def test_what_stops_is_what_the_verdict_says() -> None:
    """Counted fails, and required rules that did not pass; never what is waived or only shown."""
    assert [stops(entry) for entry in (MAJOR, MINOR, UNDECIDED, REQUIRED, MISSING, SHOWN)] == [
        True, False, False, True, False, False,
    ]  # fmt: skip
    assert not stops(MAJOR | {"waiver": "W-1"})
    assert COUNTED == ("blocker", "major")  # one constant for gate, judging and certificates


@pytest.mark.parametrize(
    ("rules", "verdict", "fail_on", "code"),
    [
        ([], "pass", FailOn.FAIL, 0),
        ([MAJOR], "fail", FailOn.FAIL, 1),
        ([REQUIRED], "inconclusive", FailOn.FAIL, 1),
        ([MINOR, UNDECIDED, MISSING], "pass", FailOn.FAIL, 0),
        ([MINOR], "pass", FailOn.WARN, 1),
        ([UNDECIDED], "pass", FailOn.WARN, 1),
        ([MISSING, SHOWN], "pass", FailOn.WARN, 0),
        ([MAJOR | {"waiver": "W"}], "pass_with_waivers", FailOn.WARN, 0),
        ([], "incomplete", FailOn.FAIL, 3),
        ([], "incomplete", FailOn.WARN, 3),
    ],
)
def test_exit_codes(rules: list[dict[str, Any]], verdict: str, fail_on: FailOn, code: int) -> None:
    """0 passed, 1 failed, 3 incomplete, as the gate is asked."""
    assert exit_code(result(*rules, verdict=verdict), fail_on) == code


def test_an_idle_waiver_is_a_warning() -> None:
    """Unused or expired: `warn` stops for it, the default does not."""
    document = sample_document() | {"rules": [], "verdict": "pass"}
    assert exit_code(document, FailOn.FAIL) == 0
    assert exit_code(document, FailOn.WARN) == 1


def test_only_what_is_new_stops() -> None:
    """Known findings do not stop; a new one does; one that is gone is told; incomplete stays 3."""
    before = result(MAJOR, MINOR)
    now = result(MAJOR, MINOR, REQUIRED)

    assert exit_code(before, FailOn.NEW, before) == 0
    assert exit_code(now, FailOn.NEW, before) == 1
    assert [p.state for p in problems(now, before) if p.stops] == [State.UNCHANGED, State.NEW]
    assert [entry["id"] for entry in absent(before, now)] == ["DDD-001"]
    assert exit_code(result(MAJOR, verdict="incomplete"), FailOn.NEW, before) == 3
    waived = result(MAJOR | {"waiver": "W"})
    assert exit_code(before, FailOn.NEW, waived) == 1  # what was waived then and counts now is new
    with pytest.raises(ValueError, match="baseline"):
        exit_code(now, FailOn.NEW)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Pairs of which one has two equal sides: STR-002 fails."""
    rows = [{"prompt": f"Q{i}?", "chosen": f"Answer {i}.", "rejected": f"No {i}."} for i in range(30)]
    rows[4]["rejected"] = rows[4]["chosen"]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def run(data: Path, *more: str) -> int:
    base = ["run", f"{data}/pairs.jsonl", "--rules", "structural", "--no-cache", "--quiet", "--out", f"{data}/out"]
    return main([*base, *more])


def test_a_gate_in_ci(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports are there with exit code 1; annotations come with the step summary, appended to what others wrote."""
    summary = data / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    outputs = [f"--output={name}={data}/ci/{name}" for name in ("junit", "sarif", "gitlab", "markdown", "openlineage")]

    assert run(data, *outputs, "--output", "github=-") == 1
    said = capsys.readouterr().out
    assert "\n::error title=STR-002" in said
    assert "file=pairs.jsonl,line=5::" in said
    assert sorted(path.name for path in (data / "ci").iterdir()) == [
        "gitlab", "junit", "markdown", "openlineage", "sarif",
    ]  # fmt: skip
    told = summary.read_text()
    assert told.startswith("before\n## ❌ Preference data audit: fail")


def test_printed_text_is_fenced_in_actions(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file called like a command prints none."""
    (data / "pairs.jsonl").rename(data / "::error::x.jsonl")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    base = ["run", f"{data}/::error::x.jsonl", "--rules", "structural", "--no-cache", "--out", f"{data}/out"]
    assert main(base) == 1
    lines = capsys.readouterr().out.splitlines()
    word = lines[0].removeprefix("::stop-commands::")
    assert lines[-1] == f"::{word}::"
    assert any(line.startswith("::error::x.jsonl") for line in lines[1:-1])


def test_baseline_on_the_command_line(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Adopt the gate on data that fail, then stop for what gets worse; a saved result can be judged again."""
    assert run(data) == 1
    (data / "out").rename(data / "old")
    assert run(data, "--baseline", f"{data}/old", "--fail-on", "new") == 0
    assert json.loads((data / "out" / "result.json").read_text())["verdict"] == "fail"
    with (data / "pairs.jsonl").open("a") as file:
        file.write('{"prompt": "Q"}\n')
    assert run(data, "--baseline", f"{data}/old", "--fail-on", "new") == 1
    assert run(data, "--fail-on", "new") == 2
    capsys.readouterr()
    assert main(["gate", f"{data}/out", "--baseline", f"{data}/old", "--output", f"markdown={data}/c.md"]) == 1
    assert "2 findings stop the gate" in capsys.readouterr().out
    assert "| new |" in (data / "c.md").read_text()


def test_older_results_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A result that does not tell what decides cannot be a baseline."""
    assert run(data) == 1
    document = json.loads((data / "out" / "result.json").read_text())
    old = deepcopy(document)
    for entry in old["rules"]:
        del entry["decides"]
    (data / "old.json").write_text(json.dumps(old))
    assert main(["gate", f"{data}/old.json"]) == 2
    assert "older version" in capsys.readouterr().err

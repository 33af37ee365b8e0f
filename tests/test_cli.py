"""The command line: exit codes, what is printed where, and that errors are sentences, not tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from audit import auditor, cli, pipeline
from audit.auditors import BUILT_IN
from audit.commands import inspect as inspect_command

ROOT = Path(__file__).resolve().parent.parent
CLEAN = str(ROOT / "fixtures" / "support_desk" / "clean.jsonl.gz")
DEFECTIVE = str(ROOT / "fixtures" / "support_desk" / "defective.jsonl.gz")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A signal store shared by the tests of this file."""
    return str(tmp_path_factory.mktemp("cache"))


def run(*arguments: str) -> int:
    return cli.main(["run", *arguments])


def test_pass_exits_0_and_writes_every_output(tmp_path: Path, cache: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The clean fixture passes; all five outputs are there; the output is plain when it is no terminal."""
    assert run(CLEAN, "--out", str(tmp_path / "out"), "--cache-dir", cache) == 0
    names = {"result.json", "report.html", "rejects.jsonl", "evidence.parquet", "certificate.json"}
    assert names <= {p.name for p in (tmp_path / "out").iterdir()}
    printed = capsys.readouterr().out
    assert "VERDICT: PASS" in printed
    assert "\x1b" not in printed
    assert str(tmp_path / "out" / "report.html") in printed


def test_fail_exits_1_after_writing(tmp_path: Path, cache: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A failed gate exits 1, and the outputs are written all the same; --quiet prints one line."""
    assert run(DEFECTIVE, "--out", str(tmp_path), "--cache-dir", cache, "--quiet") == 1
    assert capsys.readouterr().out == "fail (NONE)\n"
    assert json.loads((tmp_path / "result.json").read_text())["verdict"] == "fail"
    assert (tmp_path / "rejects.jsonl").read_text().count("\n") > 0


def test_json_format_prints_the_canonical_result(
    tmp_path: Path, cache: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """--format json prints the bytes of result.json and nothing else."""
    assert run(CLEAN, "--out", str(tmp_path), "--cache-dir", cache, "--format", "json") == 0
    assert capfdbinary.readouterr().out == (tmp_path / "result.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-file.jsonl"], "no-such-file.jsonl"),
        ([CLEAN, "--rules", "no-such-pack"], "no-such-pack"),
        ([CLEAN, "--mapping", "no-such-mapping.toml"], "no-such-mapping.toml"),
        ([CLEAN, "--map", "chosen"], "chosen"),
        ([CLEAN, "--targets", "no-such-targets.toml"], "no-such-targets.toml"),
        ([CLEAN, "--layout", "no-such-layout"], "no-such-layout"),
    ],
)
def test_usage_errors_exit_2_and_write_nothing(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be done as asked is told in a sentence on standard error; no output appears."""
    assert run(*arguments, "--out", str(tmp_path / "out"), "--no-cache") == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


def test_failed_auditor_exits_3(
    tmp_path: Path, cache: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An auditor that breaks makes the audit incomplete, whatever the others found."""

    def broken(self: Any, signals: Any) -> Any:
        raise RuntimeError("planted")

    monkeypatch.setattr(type(BUILT_IN[0]), "measure", broken)
    assert run(CLEAN, "--out", str(tmp_path), "--cache-dir", cache) == 3
    assert "INCOMPLETE" in capsys.readouterr().out
    document = json.loads((tmp_path / "result.json").read_text())
    assert (document["verdict"], document["level"], document["complete"]) == ("incomplete", "NONE", False)


def test_full_disk_exits_3(tmp_path: Path, cache: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An output folder that cannot be written is told, and never exits 0."""
    (tmp_path / "out").write_text("a file where the folder should be")
    assert run(CLEAN, "--out", str(tmp_path / "out"), "--cache-dir", cache) == 3
    assert "out" in capsys.readouterr().err


def test_crash_exits_3_and_shows_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the program never exits 1, which would read as a failed gate."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("audit.commands.run.run_entered", broken)
    assert run(CLEAN, "--out", str(tmp_path / "out")) == 3
    assert "planted" in capsys.readouterr().err


def test_interrupt_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is told in one line."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("audit.commands.run.run_entered", interrupted)
    assert run(CLEAN, "--out", str(tmp_path / "out")) == 3
    assert "interrupted" in capsys.readouterr().err


def test_closed_pipe_is_quiet(tmp_path: Path, cache: str) -> None:
    """A reader that goes away gets no traceback, and the exit code is not 0."""
    command = [sys.executable, "-m", "audit", "run", DEFECTIVE, "--out", str(tmp_path), "--cache-dir", cache]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 3
    assert b"Traceback" not in errors


def test_standard_input_is_read(tmp_path: Path) -> None:
    """`-` reads rows from standard input."""
    rows = "".join(
        json.dumps({"prompt": f"p{i}", "chosen": f"good {i}", "rejected": f"bad {i}"}) + "\n" for i in range(5)
    )
    command = [sys.executable, "-m", "audit", "run", "-", "--out", str(tmp_path), "--no-cache", "--quiet"]
    done = subprocess.run(command, input=rows.encode(), capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stdout == b"not_assessable (STRUCTURAL-ONLY)\n"


def test_no_command_prints_help_and_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command the help is shown, with the exit codes."""
    assert cli.main([]) == 2
    assert "exit codes" in capsys.readouterr().out


def test_version_and_help_exit_0() -> None:
    """Both answer and exit 0."""
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit) as done:
            cli.main([option])
        assert done.value.code == 0


def test_inspect_writes_a_mapping_that_run_takes(
    tmp_path: Path, cache: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inspect shows the reading, what is left out and for whom; its mapping reads the file the same way."""
    mapping = tmp_path / "mapping.toml"
    assert cli.main(["inspect", CLEAN, "--write-mapping", str(mapping)]) == 0
    assert "layout records" in capsys.readouterr().out
    assert run(CLEAN, "--out", str(tmp_path / "a"), "--cache-dir", cache, "--quiet") == 0
    assert run(CLEAN, "--out", str(tmp_path / "b"), "--cache-dir", cache, "--quiet", "--mapping", str(mapping)) == 0
    first, second = (json.loads((tmp_path / x / "result.json").read_text()) for x in "ab")
    assert first["measures"] == second["measures"]


def test_inspect_names_the_auditors_that_lose_a_column() -> None:
    """Signal columns are traced back to the canonical columns that they are made from."""
    lost = inspect_command.columns_to_auditors(pipeline.auditors())
    assert "parts of POS" in lost["judgment.shown_first"]
    assert "LEN" in lost["response_a"]
    assert [inspect_command.canonical(name) for name in ("a_bytes", "model_a", "prompt_key")] == [
        "response_a",
        "model_a",
        "prompt",
    ]


@pytest.mark.parametrize("arguments", [["list"], ["show", "dpo-ready"], ["check", "dpo-ready"]])
def test_rules_commands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The bundled packs can be listed, shown and checked."""
    assert cli.main(["rules", *arguments]) == 0
    assert "dpo-ready" in capsys.readouterr().out


def test_rules_check_of_a_broken_pack_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pack with problems is told key by key."""
    pack = tmp_path / "pack.toml"
    pack.write_text('name = "x"\n')
    assert cli.main(["rules", "check", str(pack)]) == 2
    assert "format" in capsys.readouterr().out


@pytest.mark.parametrize("code", [*(one.code for one in BUILT_IN), "POS-002"])
def test_explain_prints_every_page(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each auditor and a rule have a page."""
    assert cli.main(["explain", code]) == 0
    assert capsys.readouterr().out.startswith(code)


def test_a_stranger_plugin_runs_beside_the_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Auditors registered by other distributions run after ours."""

    class Entry:
        name = "copy"

        @staticmethod
        def load() -> type:
            return type(BUILT_IN[0])

    monkeypatch.setattr(auditor, "entry_points", lambda group: [Entry] if group == auditor.ENTRY_POINTS else [])
    assert len(pipeline.auditors()) == len(BUILT_IN) + 1


def test_progress_stays_off_standard_output(tmp_path: Path, cache: str) -> None:
    """Progress goes to standard error and only to a terminal."""
    command = [sys.executable, "-m", "audit", "run", CLEAN, "--out", str(tmp_path), "--cache-dir", cache, "--quiet"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False, env={**os.environ, "TERM": "xterm"})
    assert (done.returncode, done.stdout, done.stderr) == (0, b"pass (DPO-READY)\n", b"")


def test_a_run_of_its_own_process_leaves_pandas_out(tmp_path: Path) -> None:
    """Its import takes a quarter of a second; in a process of somebody else nothing is touched."""
    data = tmp_path / "pairs.jsonl"
    data.write_text('{"prompt": "p", "chosen": "yes", "rejected": "no"}\n')
    code = (
        "import sys; from audit.cli import main; own = sys.argv.pop(1) == 'own'\n"
        "main() if own else main(sys.argv[1:])\n"
        "print('pandas' in sys.modules)\n"
        "import pandas, pyarrow; print(own or len(pyarrow.table(pandas.DataFrame({'a': [1]}))) == 1)"
    )
    for who, loaded in (("own", "False"), ("other", "True")):
        command = ["run", str(data), "--no-cache", "--quiet", "--out", str(tmp_path / who)]
        done = subprocess.run([sys.executable, "-c", code, who, *command], capture_output=True, text=True, check=True)
        assert done.stdout.split()[-2:] == [loaded, "True"]


def test_a_run_starts_without_scipy() -> None:
    """Its import takes a fifth of a second: whoever needs it imports it inside the function that does."""
    code = "import audit.commands.run, sys; print([name for name in sys.modules if name.split('.')[0] == 'scipy'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

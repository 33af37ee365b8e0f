"""Whatever breaks, the exit code is 3 and never 0, and no folder mixes one run's result with another's files."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from audit import outputs, pipeline, store
from audit.auditors.structure import Structure
from audit.cli import main

FILES = ("result.json", "report.html", "rejects.jsonl", "evidence.parquet", "certificate.json", "duplicates.parquet")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [{"prompt": f"Q{i}?", "chosen": f"Answer {i}.", "rejected": f"No {i}."} for i in range(300)]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def arguments(data: Path, *more: str) -> list[str]:
    own = ["--rules", "structural", "--out", f"{data}/out", "--cache-dir", f"{data}/cache", "--quiet"]
    return ["run", f"{data}/pairs.jsonl", *own, *more]


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", ["write_evidence", "render_html", "dump_document", "canonical_json"])
def test_a_full_disk_leaves_the_earlier_run_whole(
    data: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each output in turn finds no room: exit code 3, the folder named, and not one file of it changed."""
    assert main(arguments(data)) == 0
    before = digests(data / "out")
    with (data / "pairs.jsonl").open("a") as file:
        file.write('{"prompt": "Q"}\n')
    monkeypatch.setattr(outputs, name, full)

    assert main(arguments(data)) == 3
    assert "No space left on device" in capsys.readouterr().err
    assert digests(data / "out") == before


def test_a_break_while_files_change_places_leaves_no_result(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old result goes first and the new one comes last: what lies between is no result at all."""
    assert main(arguments(data)) == 0
    moved: list[str] = []
    original = Path.replace

    def broken(self: Path, target: Path) -> Path:
        if target.parent == data / "out":
            moved.append(self.name)
            if len(moved) == 3:
                full()
        return original(self, target)

    monkeypatch.setattr(Path, "replace", broken)
    assert main(arguments(data)) == 3
    assert not (data / "out" / "result.json").exists()
    assert not [path for path in (data / "out").iterdir() if path.name.startswith(".")]
    monkeypatch.undo()
    assert main(arguments(data)) == 0
    assert set(digests(data / "out")) == set(FILES)


def test_tables_of_an_earlier_run_go(data: Path) -> None:
    """A run without near duplicates leaves no table of them from before, for `audit sign` would bind it."""
    assert main(arguments(data)) == 0
    assert (data / "out" / "duplicates.parquet").is_file()
    assert main(arguments(data, "--no-duplicates")) == 0
    assert not (data / "out" / "duplicates.parquet").exists()


@pytest.mark.parametrize("where", ["OSFile", "ipc.new_stream"])
def test_a_full_store_is_named(
    data: Path, where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Signals that cannot be kept: 3, the store, what to do, and nothing left behind in it."""
    *inside, name = where.split(".")
    module = store.pa.ipc if inside else store.pa
    original = getattr(module, name)
    met: list[object] = []

    def full_once(*more: Any, **named: Any) -> Any:
        met.append(more)
        return full() if len(met) == 1 else original(*more, **named)

    monkeypatch.setattr(module, name, full_once)
    assert main(arguments(data)) == 3
    said = capsys.readouterr().err
    assert "the signal store cannot be written" in said
    assert "--cache-dir" in said
    assert "Traceback" not in said
    assert not list((data / "cache").glob(".writing-*"))
    assert not (data / "out").exists()


def test_files_that_may_not_grow(data: Path) -> None:
    """The system's own limit of file sizes (ulimit -f): 3, one message, no traceback, no output."""
    script = f"ulimit -f 4; exec {sys.executable} -m audit {' '.join(arguments(data))}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (data / "out" / "result.json").exists()


def test_an_auditor_that_breaks_makes_the_result_incomplete(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is measured and written, marked incomplete, and the exit code is 3 in every form of the gate."""

    def broken(_self: Any, _signals: Any) -> Any:
        raise ZeroDivisionError("made")

    monkeypatch.setattr(Structure, "measure", broken)
    assert main(arguments(data)) == 3
    document = json.loads((data / "out" / "result.json").read_text())
    assert (document["verdict"], document["complete"], document["level"]) == ("incomplete", False, "NONE")
    assert "incomplete" in capsys.readouterr().out
    for more in (["--fail-on", "warn"], ["--baseline", f"{data}/out", "--fail-on", "new"]):
        assert main(["gate", f"{data}/out", *more]) == 3


@pytest.mark.parametrize(
    "fault", [MemoryError("no memory"), RuntimeError("made"), RecursionError("made"), OSError(errno.EIO, "made")]
)
def test_a_crash_anywhere_is_3(
    data: Path, fault: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a worker, in judging, in writing."""
    for place in ("bind", "judge", "write_outputs", "collect"):
        with monkeypatch.context() as patched:

            def broken(*_: Any, **__: Any) -> Any:
                raise fault

            patched.setattr(pipeline, place, broken)
            assert main(arguments(data)) == 3, place
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_read(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken archive is an input error that names the file; nothing is judged."""
    (data / "pairs.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    run = ["run", f"{data}/pairs.jsonl.gz", "--no-cache", "--out", f"{data}/out", "--quiet"]
    assert main(run) == 2
    assert "pairs.jsonl.gz" in capsys.readouterr().err
    assert not (data / "out").exists()
    assert main(["run", f"{data}/none.jsonl", "--out", f"{data}/out"]) == 2


def test_a_disk_that_breaks_off(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An I/O error in the middle of a file is 3, for the audit did not finish; a file that is not there is 2."""

    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("audit.read.source.Source.open", lambda _self: Broken(b"{}"))
    assert main(arguments(data)) == 3
    said = capsys.readouterr().err
    assert "reading the file broke off" in said
    assert "pairs.jsonl" in said
    assert not (data / "out").exists()


def test_a_reader_that_goes_away(data: Path) -> None:
    """Standard output closed early: 3, no traceback."""
    command = f"{sys.executable} -m audit {' '.join(arguments(data)).replace(' --quiet', '')} --format json"
    script = f"set -o pipefail; ({command}; echo $? > {data}/code) | true"
    subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (data / "code").read_text() == "3\n"
    done = subprocess.run(["bash", "-c", f"{command} > /dev/full"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background starts with it ignored
runpy.run_module("audit", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("sent", "codes"), [(signal.SIGINT, {3}), (signal.SIGTERM, {-15, 143}), (signal.SIGKILL, {-9})]
)
def test_a_killed_run_leaves_nothing(data: Path, sent: signal.Signals, codes: set[int]) -> None:
    """Killed while reading: no exit code 0, and no result."""
    row = json.dumps({"prompt": "Q? " * 200, "chosen": "word " * 900, "rejected": "other " * 900}) + "\n"
    (data / "pairs.jsonl").write_text(row * 20_000)
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *arguments(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while process.poll() is None and not list((data / "cache").glob(".writing-*")):
        time.sleep(0.01)
    process.send_signal(sent)
    process.communicate()
    assert process.returncode in codes
    assert not (data / "out" / "result.json").exists()


def test_outputs_that_cannot_be_placed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where the folder should be; a format's path below a file: 3, both named."""
    (data / "out").write_text("a file")
    assert main(arguments(data)) == 3
    assert f"{data}/out" in capsys.readouterr().err
    assert (data / "out").read_text() == "a file"
    (data / "out").unlink()
    assert main(arguments(data, "--output", f"junit={data}/pairs.jsonl/x.xml")) == 3
    assert "x.xml" in capsys.readouterr().err


def test_the_summary_that_cannot_be_written(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """GitHub's file is gone: 3, not a green step without its summary."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", f"{data}/none/summary.md")
    assert main(arguments(data, "--output", f"github={data}/g.txt")) == 3
    assert "the step summary cannot be written" in capsys.readouterr().err

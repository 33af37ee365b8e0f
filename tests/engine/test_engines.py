"""Ray and Spark give the bytes that the local engine gives; a killed worker's file is read again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.engine.addresses import check_reachable
from audit.engine.opening import opened
from audit.errors import InputError, MissingExtraError, UsageError
from audit.report.jsonfile import dump_document

ROOT = Path(__file__).resolve().parents[2]
CLEAN = ROOT / "fixtures" / "support_desk" / "clean.jsonl.gz"
PACKAGES = {"ray": "ray", "spark": "pyspark"}

# Both leave sockets to the garbage collector when they close.
pytestmark = pytest.mark.filterwarnings("ignore")


def near_duplicates(folder: Path) -> list[Path]:
    """Write four files whose responses are near duplicates across files; one row of each is broken."""
    words = [f"word{i}" for i in range(60)]
    paths = []
    for part in range(4):
        rows = [
            {
                "prompt": f"Question {i}?",
                "chosen": " ".join(words[i % 9 :]),
                "rejected": " ".join([*words[i % 5 :], f"p{part}"]),
            }
            for i in range(50)
        ]
        path = folder / f"part-{part}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"prompt": \n')
        paths.append(path)
    return paths


def document(source: object, **more: Any) -> bytes:
    return dump_document(audit.run(source, workers=2, **more).document)


@pytest.fixture(params=["ray", "spark"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an engine that is installed; its workers see this tree."""
    pytest.importorskip(PACKAGES[request.param], reason=f"the extra {request.param} is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return str(request.param)


def test_same_bytes_as_the_local_engine(engine: str, tmp_path: Path) -> None:
    """Near duplicates over several files, rejected rows, and a compressed file with judgments."""
    paths = near_duplicates(tmp_path)
    assert document(paths, engine=engine) == document(paths)
    assert document(CLEAN, engine=engine) == document(CLEAN)


def test_errors_of_a_file_come_back_as_they_were(engine: str, tmp_path: Path) -> None:
    """A worker's InputError is the driver's, with its place; what was whole before stays, nothing is half-written."""
    with opened(engine, None, 2) as running, pytest.raises(InputError, match=r"bad\.jsonl: broken"):
        running.map(refuse, ["bad.jsonl"])


def refuse(name: str) -> None:
    raise InputError("broken", where=name)


def kill_once(marker: str) -> int:
    """Die by SIGKILL the first time, succeed the second."""
    path = Path(marker)
    if not path.exists():
        path.write_text(str(os.getpid()))
        os.kill(os.getpid(), 9)
    return os.getpid()


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """Ray does the task of a killed worker again in another process."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    marker = tmp_path / "killed"
    with opened("ray", None, 2) as running:
        (second,) = running.map(kill_once, [str(marker)])
    assert second != int(marker.read_text())


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that is not installed, a misspelt one, an address without an engine: one clear error each."""
    for name, package in PACKAGES.items():
        monkeypatch.setitem(__import__("sys").modules, package, None)
        with pytest.raises(MissingExtraError, match=rf"dpo-audit\[{name}\]"):
            audit.run(CLEAN, engine=name)
    with pytest.raises(UsageError, match="no such engine"):
        audit.run(CLEAN, engine="dask")
    with pytest.raises(UsageError, match="no address"):
        audit.run(CLEAN, engine_address="auto")


@pytest.mark.parametrize("scheme", ["", "ray://", "spark://", "sc://"])
def test_an_address_where_nobody_is_gets_a_clear_word(scheme: str) -> None:
    """Within seconds, before an engine waits; forms that name no port are the engine's own to judge."""
    with pytest.raises(UsageError, match="nobody answers"):
        check_reachable(f"{scheme}127.0.0.1:1")
    check_reachable("local[2]")
    check_reachable("auto")

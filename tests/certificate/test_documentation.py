"""docs/certificate.md keeps what it says: tests that it names are there, commands and policies in it are read."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from audit.certificate.trust import parse_trust
from audit.cli import build_parser
from tests.certificate.issued import KEY, made

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "certificate.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:^    .*\n|^\n)+", PAGE, re.MULTILINE)


def commands() -> list[str]:
    """Every command of an indented block, continued lines joined, comments dropped."""
    text = "\n".join(BLOCKS).replace("\\\n", " ")
    return [line.split("   #")[0].strip() for line in text.splitlines() if line.startswith("    audit ")]


def test_every_threat_names_a_test_that_is_there() -> None:
    """Each row of the table of threats names at least one test of this suite, except the last, which names a file."""
    table = PAGE.split("## Threats")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    files = [path for folder in ("certificate", "review") for path in (ROOT / "tests" / folder).glob("test_*.py")]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in files)

    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named or "`tests/certificate/test_fuzz.py`" in row, row
        assert [name for name in named if f"def {name}(" not in sources] == []


@pytest.mark.parametrize("command", commands())
def test_every_command_is_one(command: str) -> None:
    """The commands parse as they stand."""
    assert build_parser().parse_args(shlex.split(command)[1:]).command


def test_there_are_commands_to_test() -> None:
    """The page shows both sides' way."""
    assert {shlex.split(line)[1] for line in commands()} >= {"keygen", "lock", "run", "sign", "status", "verify"}


def test_the_policy_shown_is_one(tmp_path: Path) -> None:
    """The example is read once its digest is a digest and its key is there."""
    (tmp_path / "audit.pub").write_bytes(KEY.public.pem)
    shown = next(block for block in BLOCKS if "min_role" in block)
    policy = parse_trust(
        tomllib.loads(shown.replace("sha256:...", made().document["pack"]["digest"])), tmp_path, "docs"
    )

    assert policy.require_training
    assert policy.status is not None

"""action.yml, hooks and the snippets of docs/ci.md are valid, and do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.cli import build_parser

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"## (\w[\w-]*)\n(?:(?!## )[\s\S])*?```(yaml|groovy)\n([\s\S]*?)```", PAGE)


def snippet(name: str) -> str:
    return next(text for title, _, text in SNIPPETS if title == name)


def check(schema: str, path: Path) -> None:
    """Hold a file against a schema that check-jsonschema carries with it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "schema"), [("GitHub", "github-workflows"), ("GitLab", "gitlab-ci")])
def test_snippets_obey_their_schemas(name: str, schema: str, tmp_path: Path) -> None:
    """As the services publish them."""
    text = snippet(name)
    path = tmp_path / "snippet.yml"
    path.write_text(text if name == "GitLab" else f"on: push\n{text}")
    check(schema, path)


def test_the_action_obeys_its_schema() -> None:
    """And no input is pasted into a script."""
    check("github-actions", ROOT / "action.yml")
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    assert not any("${{" in step["run"] for step in steps)


def test_the_workflow_names_inputs_that_there_are() -> None:
    """The snippet's `with` and outputs are the action's."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = yaml.safe_load(snippet("GitHub"))["jobs"]["preference-data"]["steps"]
    own = next(step for step in steps if "dpo-audit@" in step["uses"])
    assert own["with"].keys() <= action["inputs"].keys()
    assert "sarif" in action["outputs"]


def test_hooks_are_those_of_the_page() -> None:
    """Every hook has an entry that the command line takes, and the page names all of them."""
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    named = [hook["id"] for hook in yaml.safe_load(snippet("pre-commit"))["repos"][0]["hooks"]]
    assert sorted(named) == sorted(hooks)
    build_parser().parse_args([*shlex.split(hooks["audit-rules"]["entry"])[1:], "pack.toml"])
    build_parser().parse_args(shlex.split(hooks["audit-data"]["entry"])[1:])


def test_commands_of_the_page_are_taken() -> None:
    """Every `audit` command in a snippet parses."""
    commands = re.findall(r"(?:- |sh ')(audit run [^'\n]*)", PAGE)
    assert len(commands) == 2
    for command in commands:
        build_parser().parse_args(shlex.split(command)[1:])


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """What a runner sets; the environment that the first step would make is this one."""
    (tmp_path / "dpo-audit").mkdir()
    (tmp_path / "dpo-audit" / "bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / "output").touch()
    names = {"RUNNER_TEMP": tmp_path, "GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "sum"}
    return {**os.environ, "GITHUB_ACTIONS": "true", **{name: str(path) for name, path in names.items()}}


def act(runner: dict[str, str], tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's second step as the runner does."""
    action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    given = {name: entry.get("default", "") for name, entry in action["inputs"].items()} | inputs
    step = action["runs"]["steps"][1]
    environment = {name: given[re.findall(r"inputs\.(\w+)", value)[0]] for name, value in step["env"].items()}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(
        command, env={**runner, **environment}, cwd=tmp_path, capture_output=True, text=True, check=False
    )


def test_the_action_runs(runner: dict[str, str], tmp_path: Path) -> None:
    """A failing delivery stops the step with 1, annotated, reports written; inputs cannot run anything."""
    rows = [{"prompt": f"Q{i}?", "chosen": f"Yes {i}.", "rejected": f"No {i}."} for i in range(9)]
    rows.append({"prompt": "Q?", "chosen": "same", "rejected": "same"})
    (tmp_path / "a b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = act(runner, tmp_path, data="a b.jsonl\n", rules="structural", arguments="--no-cache\n--quiet")

    assert done.returncode == 1, done.stderr
    assert "::error title=STR-002" in done.stdout
    told = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert all((tmp_path / path).is_file() for path in told.values())
    assert "Preference data audit: fail" in (tmp_path / "sum").read_text()
    evil = act(runner, tmp_path, data="$(touch owned); `touch owned`\n--help", rules="x; touch owned")
    assert evil.returncode == 2
    assert not (tmp_path / "owned").exists()

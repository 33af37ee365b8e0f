"""The documents keep up with the code: layouts, commands, exit codes, measures are described; links lead somewhere."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from audit import cli, pipeline
from audit.read.layouts.known import LAYOUTS

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_layout_is_listed() -> None:
    """docs/layouts.md has each layout with its title."""
    text = (ROOT / "docs" / "layouts.md").read_text()
    for layout in LAYOUTS:
        assert f"| `{layout.name}` | {layout.title} |" in text


def test_readme_has_exactly_two_commands_that_set_up_and_go() -> None:
    """One fenced command runs the main job, one runs the tests; both set up what they need."""
    commands = re.findall(
        r"<!-- (run|test)-command -->\n```bash\n(.+?)\n```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert [name for name, _ in commands] == ["run", "test"]
    assert all("venv" in command and "-c constraints.txt" in command for _, command in commands)
    assert len(re.findall("```bash", (ROOT / "README.md").read_text())) == 2


@pytest.mark.parametrize("path", DOCS, ids=[p.name for p in DOCS])
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link and picture of a document exists."""
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_every_command_has_help() -> None:
    """Each command and each of its options says what it does."""
    parser = cli.build_parser()
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    assert {choice.dest for choice in commands._choices_actions} == set(commands.choices)
    for command in commands.choices.values():
        assert all(action.help for action in command._actions if not isinstance(action, argparse._SubParsersAction))


def test_every_measure_is_on_its_auditors_page() -> None:
    """A measure that an auditor yields is named in its docstring."""
    for auditor in pipeline.auditors():
        page = type(auditor).__doc__ or ""
        assert [spec.name for spec in auditor.measures if spec.name not in page] == []

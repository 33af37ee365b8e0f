"""The habits that keep the house small: budgets, headings, what may be imported, what the wheel may hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "audit").rglob("*.py"))
PYTHON_FILES = [p for d in ("audit", "tests", "benchmarks", "fixtures") for p in sorted((ROOT / d).rglob("*.py"))]
MOST_LINES, MOST_FUNCTION_LINES, MOST_DEPTH = 400, 40, 2
VAGUE = {"utils", "util", "helpers", "helper", "manager", "factory", "base", "common", "misc"}
HEAVY = {
    "pandas",
    "pandera",
    "sklearn",
    "statsmodels",
    "torch",
    "datasets",
    "scipy.stats",
    "s3fs",
    "rich",
    "matplotlib",
}


def names(paths: list[Path]) -> list[str]:
    return [str(p.relative_to(ROOT)) for p in paths]


@pytest.mark.parametrize("path", PYTHON_FILES, ids=names(PYTHON_FILES))
def test_files_stay_small(path: Path) -> None:
    """No file is longer than the hard budget."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_functions_stay_small(path: Path) -> None:
    """No function of the package has more lines of code (its docstring apart) than the budget."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            length = node.end_lineno - node.lineno + 1 - docstring
            assert length <= MOST_FUNCTION_LINES, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_packages_stay_shallow_and_named(path: Path) -> None:
    """Packages are at most two deep, and no module has a name that says nothing."""
    inside = path.relative_to(ROOT / "audit")
    assert len(inside.parts) - 1 <= MOST_DEPTH
    assert not VAGUE & {part.removesuffix(".py").strip("_") for part in inside.parts}


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_own_imports_stand_at_the_top(path: Path) -> None:
    """No function hides an import of the project's own modules."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom):
                    assert not (node.module or "").startswith("audit"), f"{function.name} imports {node.module}"


@pytest.mark.parametrize("path", SOURCES, ids=names(SOURCES))
def test_faults_are_not_swallowed(path: Path) -> None:
    """Two broad `except Exception` stand in the package: around an auditor, and where a crash becomes exit code 3."""
    broad = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception")
    ]
    assert len(broad) == (1 if path.name in ("auditor.py", "cli.py") else 0)


def test_starting_the_command_line_imports_nothing_heavy() -> None:
    """`audit --version` loads neither numpy nor Arrow nor anything heavier, so it answers at once."""
    script = "import sys, audit.cli as c\ntry: c.main(['--version'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not {"numpy", "pyarrow", "scipy", *HEAVY} & set(loaded)


def test_importing_the_api_loads_no_optional_package() -> None:
    """The core path needs none of the heavy or optional packages until something asks for them."""
    script = "import sys, audit, audit.pipeline\nprint(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert not HEAVY & set(loaded)


def test_every_test_says_what_it_shows() -> None:
    """Every test function has a docstring."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"

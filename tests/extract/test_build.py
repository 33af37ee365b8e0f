"""The build hook: what a wheel holds and is called, with a compiler, without one, and without wanting one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from audit.extract import kernels

ROOT = Path(kernels.__file__).parents[2]
BUILT_FROM = ["audit", "rules", "reports", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / "hatch_build.py").is_file(), reason="not a source tree"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of what the wheel is built from, with a stray library in it that must not be packed."""
    for name in BUILT_FROM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / "tree" / name, ignore=shutil.ignore_patterns("_kernels*", "__pycache__"))
        elif source.is_file():
            shutil.copy(source, tmp_path / "tree" / name)
    (tmp_path / "tree" / "audit" / "_kernels.abi3.so").write_bytes(b"stray")
    return tmp_path / "tree"


def build(tree: Path, **environment: str) -> tuple[str, dict[str, bytes], str]:
    """Build a wheel in this environment; return its file name, its files and what was printed."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check", "-o", "dist", "."]
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (tree / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        return wheel.name, {name: archive.read(name) for name in archive.namelist()}, done.stdout + done.stderr


def libraries(files: dict[str, bytes]) -> list[str]:
    return [name for name in files if name.startswith("audit/_kernels")]


def data_files(folder: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file()}


@pytest.mark.skipif(
    shutil.which((os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]) is None,
    reason="no C compiler here",
)
def test_wheel_with_a_compiler(tree: Path) -> None:
    """The wheel has the compiled library, names the platform and the stable ABI, and holds nothing but the package."""
    name, files, _ = build(tree)
    assert "-cp311-abi3-" in name
    assert not name.endswith("-any.whl")
    (library,) = libraries(files)
    assert files[library] != b"stray"
    assert {path.split("/")[0] for path in files} == {"audit", f"{name.split('-cp311')[0]}.dist-info"}
    assert not [path for path in files if path.endswith((".c", ".h")) or path.startswith("audit/extract/native/")]
    bundled = {path.removeprefix("audit/_bundled/") for path in files if path.startswith("audit/_bundled/")}
    assert bundled == data_files("rules") | data_files("reports")


@pytest.mark.parametrize(
    ("environment", "told"),
    [({"CC": "/nonexistent/cc"}, "could not be compiled"), ({"AUDIT_NO_EXTENSION": "1"}, "AUDIT_NO_EXTENSION is set")],
)
def test_wheel_without_a_library(tree: Path, environment: dict[str, str], told: str) -> None:
    """Without a compiler, or on request, the wheel is pure Python, and the build says what that costs."""
    name, files, output = build(tree, **environment)
    assert name.endswith("-py3-none-any.whl")
    assert not libraries(files)
    assert told in output
    assert "slower" in output

"""Compiles the text kernels: a hatchling build hook, and by hand `python hatch_build.py` for a source tree.

Without a compiler the build still succeeds, as a pure Python wheel whose text kernels are some hundred times slower.
`AUDIT_NO_EXTENSION=1` asks for that on purpose.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

MODULE = "audit._kernels"
SOURCES = "audit/extract/native"
LIMITED_API = "0x030B0000"
OLDEST_PYTHON = "cp311"
SLOWER = "so everything works and gives the same numbers, but reading text is some hundred times slower"


def compile_extension(root: Path, target: Path) -> Path:
    """Compile the kernels of the source tree `root` into the folder `target`; return the library's path.

    Raises:
        CCompilerError, ExecError, PlatformError, OSError: when there is no compiler that can.
    """
    flags = (
        ["/O2", "/std:c11"] if sys.platform == "win32" else ["-O3", "-g0", "-std=c11", "-fvisibility=hidden", "-Wall"]
    )
    extension = Extension(
        MODULE,
        sources=sorted(str(path.relative_to(root)) for path in (root / SOURCES).glob("*.c")),
        define_macros=[("Py_LIMITED_API", LIMITED_API)],
        extra_compile_args=flags,
        py_limited_api=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        command = build_ext(Distribution({"name": "dpo-audit", "ext_modules": [extension]}))
        command.build_lib, command.build_temp, command.force = folder, folder, True
        with contextlib.chdir(root):  # sources are relative, so that no path of this machine reaches the library
            command.ensure_finalized()
            command.run()
        built = Path(command.get_ext_fullpath(MODULE))
        fresh = target / f"{built.name}.new"
        shutil.copyfile(built, fresh)
    return fresh.replace(target / built.name)  # at once: a running process keeps the library that it has mapped


class KernelsHook(BuildHookInterface[Any]):
    """Adds the compiled kernels to a wheel, and the platform to its tag."""

    PLUGIN_NAME = "custom"
    folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is packed; `version` is `standard`, or `editable` and so into the source tree."""
        if self.target_name != "wheel":
            return
        if os.environ.get("AUDIT_NO_EXTENSION"):
            self.app.display_warning(f"AUDIT_NO_EXTENSION is set: no compiled text kernels, {SLOWER}")
            return
        root = Path(self.root)
        self.folder = tempfile.TemporaryDirectory()
        try:
            library = compile_extension(root, root / "audit" if version == "editable" else Path(self.folder.name))
        except (CCompilerError, ExecError, PlatformError, OSError) as fault:
            self.app.display_warning(
                f"the text kernels could not be compiled ({fault}): {SLOWER}. "
                "To change that, install a C compiler and Python's headers, and install this package again"
            )
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"{OLDEST_PYTHON}-abi3-{platform_tag()}"
        if version != "editable":
            build_data["force_include"][str(library)] = f"audit/{library.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 # its form
        """Remove what was compiled for the wheel."""
        if self.folder is not None:
            self.folder.cleanup()


def platform_tag() -> str:
    """Return this machine's plain platform tag, such as `linux_x86_64`."""
    return next(tag.platform for tag in sys_tags() if not tag.platform.startswith(("manylinux", "musllinux")))


if __name__ == "__main__":
    tree = Path(__file__).resolve().parent
    sys.stdout.write(f"{compile_extension(tree, tree / 'audit')}\n")

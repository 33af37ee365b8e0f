"""How much slower is the first run in a fresh container than the second?

    python benchmarks/cold.py [--rows 8000] [--repeat 5]

Each repeat copies the package without its byte code to a new folder and runs `audit run` there twice: the first time
with an empty signal cache and no byte code of its own (third-party packages keep what their installation compiled, as
in a container image), the second time with what the first one left. `--bare` empties the byte code of everything, the
standard library and third parties included.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from process import Cost, measure
from run import AUDIT_EXITS, HERE, data_file, machine, median


def fresh_copy(folder: Path) -> None:
    """Copy package, rules and reports without byte code; the compiled kernels come along, as in a wheel."""
    for name in ("audit", "rules", "reports"):
        shutil.copytree(HERE.parent / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def main() -> None:
    """Run pairs of first and second runs and print their medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=8_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--format", default="jsonl", choices=("jsonl", "parquet"))
    parser.add_argument("--bare", action="store_true")
    arguments = parser.parse_args()
    data = data_file(arguments.rows, arguments.format)
    first: list[Cost] = []
    second: list[Cost] = []
    for _ in range(arguments.repeat):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            fresh_copy(folder)
            environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": ""}
            if arguments.bare:
                environment["PYTHONPYCACHEPREFIX"] = str(folder / "byte-code")
            command = [sys.executable, "-m", "audit", "run", str(data), "--out", str(folder / "out")]
            command += ["--cache-dir", str(folder / "cache"), "--quiet"]
            for runs in (first, second):
                runs.append(measure(command, folder / "log", AUDIT_EXITS, environment))
    one, two = median(first), median(second)
    print(machine())
    print(f"{arguments.rows:,} pairs ({arguments.format}), medians of {arguments.repeat}")
    print(f"first run  {one.wall_s:.2f} s wall, {one.cpu_s:.2f} s cpu")
    print(f"second run {two.wall_s:.2f} s wall, {two.cpu_s:.2f} s cpu")
    print(f"first / second: {one.wall_s / two.wall_s:.2f} wall, {one.cpu_s / two.cpu_s:.2f} cpu")


if __name__ == "__main__":
    main()

"""Times `audit run` side by side with the two peer scripts, each as a fresh process, imports included.

    python benchmarks/run.py --rows 160000 [--repeat 5] [--only audit,expert] [--formats jsonl,parquet]

`expert-near` and `naive-near` are the scripts with their near-duplicate part, to be held against `audit`: on 160,000
pairs the expert's takes minutes and the user's half an hour. The contestants take turns, so that what else the machine
does falls on all alike; medians over the repeats. The slow pandas script runs `--naive-repeat` times (0 leaves it out).
Writes Markdown to `benchmarks/results/`. The data come from `generate.py` and are made when absent.
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from process import Cost, measure

HERE: Final = Path(__file__).parent
AUDIT: Final = [sys.executable, "-m", "audit", "run"]
AUDIT_EXITS: Final = (0, 1)
"""Generated pairs record no order shown, so the default pack cannot pass them: 1 is the right exit code."""
PEERS: Final = ("pandas", "numpy", "polars", "pyarrow")
NAMES: Final = ("audit-plain", "audit", "expert", "naive", "expert-near", "naive-near")
"""`audit-plain` looks for no near duplicates, as the peer scripts do not; ratios are to the first that runs."""


def command(name: str, data: Path, out: Path, packs: list[str]) -> list[str]:
    """Return the command line of one contestant."""
    if name.startswith("audit"):
        plain = ["--no-duplicates"] if name == "audit-plain" else []
        return [*AUDIT, str(data), "--out", str(out / "audit-out"), "--no-cache", "--quiet", *plain, *packs]
    script, _, near = name.partition("-")
    more = ["--near"] if near else []
    return [sys.executable, str(HERE / f"{script}.py"), str(data), "--out", str(out / f"{name}.json"), *more]


def warm(data: Path) -> None:
    """Bring a file into the page cache, for whoever comes first.

    In small pieces: a child's peak memory starts from what its parent holds when it forks.
    """
    with data.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def compete(data: Path, repeats: dict[str, int], out: Path, packs: list[str]) -> dict[str, list[Cost]]:
    """Run the contestants in turns and return every run's cost."""
    warm(data)
    costs: dict[str, list[Cost]] = {name: [] for name in repeats}
    for turn in range(max(repeats.values())):
        for name, wanted in repeats.items():
            if turn < wanted:
                accept = AUDIT_EXITS if name.startswith("audit") else (0,)
                environment = {"PYTHONPATH": str(HERE.parent)}
                cost = measure(command(name, data, out, packs), out / f"{name}.log", accept, environment)
                print(
                    f"{data.name} {name}: {cost.wall_s:.2f} s, cpu {cost.cpu_s:.2f} s, {cost.peak_mb:.0f} MB",
                    flush=True,
                )
                costs[name].append(cost)
    return costs


def table(data: Path, rows: int, costs: dict[str, list[Cost]]) -> list[str]:
    """Return the Markdown lines of one file: medians, spread of the wall time, and ratios to the first `audit`."""
    megabytes = data.stat().st_size / 1e6
    lines = [
        f"### {data.name}: {rows:,} pairs, {megabytes:.0f} MB",
        "",
        "| | runs | wall s (min-max) | cpu s | peak MB | pairs/s | MB/s | wall ratio | cpu ratio | memory ratio |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    medians = {name: median(runs) for name, runs in costs.items() if runs}
    first = next(iter(medians), "")
    ours = medians[first] if first.startswith("audit") else None
    for name, cost in medians.items():
        walls = [run.wall_s for run in costs[name]]
        ratios = ["", "", ""]
        if ours is not None and name != first:
            pairs = (cost.wall_s, ours.wall_s), (cost.cpu_s, ours.cpu_s), (cost.peak_mb, ours.peak_mb)
            ratios = [f"**{theirs / mine:.1f}x**" for theirs, mine in pairs]
        lines.append(
            f"| {name} | {len(walls)} | {cost.wall_s:.2f} ({min(walls):.2f}-{max(walls):.2f}) | {cost.cpu_s:.2f} | "
            f"{cost.peak_mb:.0f} | {rows / cost.wall_s:,.0f} | {megabytes / cost.wall_s:.0f} | {' | '.join(ratios)} |"
        )
    return [*lines, ""]


def median(runs: list[Cost]) -> Cost:
    """Return the median of each cost."""
    return Cost(*(statistics.median(getattr(run, name) for run in runs) for name in ("wall_s", "cpu_s", "peak_mb")))


def machine() -> str:
    """Describe the machine in general terms."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in PEERS)
    return f"{cores} vCPU {platform.machine()}, {memory:.0f} GiB, Python {platform.python_version()}, {libraries}"


def data_file(rows: int, suffix: str) -> Path:
    """Return a generated file, made when absent."""
    path = HERE / "data" / f"pairs-{rows}.{suffix}"
    if not path.exists():
        subprocess.run([sys.executable, str(HERE / "generate.py"), "--rows", str(rows)], check=True)
    return path


def main() -> None:
    """Run, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=160_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--naive-repeat", type=int, default=1)
    parser.add_argument("--only", default=",".join(NAMES[:4]), help=f"of {', '.join(NAMES)}")
    parser.add_argument("--formats", default="jsonl,parquet")
    parser.add_argument("--rules", help="a rule pack for audit; its default otherwise")
    parser.add_argument("--note", default="", help="a line for the result, such as what else the machine did")
    arguments = parser.parse_args()
    repeats = {name: arguments.repeat for name in NAMES if name in arguments.only.split(",")}
    repeats |= {name: arguments.naive_repeat for name in repeats if name.startswith("naive")}
    packs = ["--rules", arguments.rules] if arguments.rules else []
    compileall.compile_dir(HERE.parent / "audit", quiet=1)  # as an installation does; the peers' packages are
    lines = [f"## {arguments.rows:,} pairs", "", f"{machine()}. {arguments.note}".strip(), ""]
    with tempfile.TemporaryDirectory() as folder:
        for suffix in arguments.formats.split(","):
            data = data_file(arguments.rows, suffix)
            lines += table(data, arguments.rows, compete(data, repeats, Path(folder), packs))
    text = "\n".join(lines)
    print(text)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    with (results / f"{datetime.now(UTC):%Y-%m-%d}.md").open("a", encoding="utf-8") as file:
        file.write(text + "\n")


if __name__ == "__main__":
    main()

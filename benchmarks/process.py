"""Runs one command as a fresh process and measures it: wall, CPU and peak memory, imports included."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICK_S: Final = 0.05


@dataclass(frozen=True)
class Cost:
    """What one process tree cost."""

    wall_s: float
    cpu_s: float
    """User and system time of the process and of the children that it waited for."""
    peak_mb: float
    """The larger of the kernel's peak resident set of the largest process and of the tree's sampled sum."""


def measure(command: Sequence[str], log: Path, accept: Sequence[int] = (0,), env: dict[str, str] | None = None) -> Cost:
    """Run a command and return its cost.

    The kernel counts the caller's memory at the fork into the child's peak, so the caller should be small.

    Args:
        command: program and arguments.
        log: file for its output and errors.
        accept: exit codes that mean success.
        env: variables added to the environment.

    Raises:
        RuntimeError: if it ends with another exit code.
    """
    with log.open("wb") as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(env or {})})
        peak = [0.0]
        done = threading.Event()
        sampler = threading.Thread(target=_sample, args=(child.pid, peak, done), daemon=True)
        sampler.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        done.set()
        sampler.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in accept:
        raise RuntimeError(
            f"{' '.join(command)} ended with {child.returncode}:\n{log.read_text(errors='replace')[-3000:]}"
        )
    return Cost(wall, usage.ru_utime + usage.ru_stime, max(usage.ru_maxrss / 1024, peak[0]))


def _sample(pid: int, peak: list[float], done: threading.Event) -> None:
    page = os.sysconf("SC_PAGE_SIZE") / 2**20
    while not done.wait(TICK_S):
        peak[0] = max(peak[0], page * sum(_pages(member) for member in _tree(pid)))


def _tree(pid: int) -> list[int]:
    """The process and its descendants, as far as the kernel lists them."""
    found = [pid]
    for parent in found:
        for listing in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, listing.read_text().split())
            except OSError:
                continue
    return found


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0

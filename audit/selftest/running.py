"""Plants defects into clean rows, audits them as any data are audited, and counts what the rules say."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from audit.choices import Choices
from audit.engine.local import Progress, silent
from audit.measure import ALL
from audit.pipeline import Options, run_audit
from audit.reading import Selection
from audit.result import AuditResult
from audit.rules import Verdict
from audit.schema import COLUMNS
from audit.selftest.defects import DEFECTS, Defect
from audit.selftest.host import Row, make_host, make_protected
from audit.stats.proportions import LEVEL, clopper_pearson

MOST_FALSE: Final = 0.05
"""Files that may fail without a fault, by family, that may pass at a limit, or with a fault at a listed dose."""
_PLACES: Final = frozenset({"row", "part", "offset"})

Host = Callable[[int], list[Row]]
"""Gives the clean rows of a run."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many files, with the two-sided interval of Clopper and Pearson."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share; 0 of none."""
        return self.hits / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """At the level of every interval, 90 %."""
        return clopper_pearson(self.hits, self.n, LEVEL) if self.n else (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Planted:
    """What became of one defect at one dose."""

    defect: Defect
    dose: float
    is_limit: bool
    caught: Rate
    """Files in which one of its rules does not pass."""
    failed: Rate
    """Files in which one of its rules fails: an accusation."""
    located: Rate | None
    """Of the rows that the evidence of its rules lists, those that were planted; None where rows tell nothing."""
    others: dict[str, int]
    """Rules of other defects that do not pass though they do on the clean file, with the number of files."""

    @property
    def missed(self) -> Rate:
        """Files in which all of its rules pass: missed, or at the limit passed by mistake."""
        return Rate(self.caught.n - self.caught.hits, self.caught.n)

    @property
    def holds(self) -> bool | None:
        """Whether the aim is kept by the counts; None where they can say neither."""
        return _at_most(self.missed, MOST_FALSE)

    @property
    def is_shown(self) -> bool:
        """True when there are files enough to show that the aim is kept."""
        return self.missed.interval[1] <= MOST_FALSE


@dataclass(frozen=True, slots=True)
class Clean:
    """What the rules of a family say of files without a fault."""

    family: str
    failed: Rate
    undecided: Rate

    @property
    def holds(self) -> bool | None:
        """Whether false accusations are as rare as they should be."""
        return _at_most(self.failed, MOST_FALSE)

    @property
    def is_shown(self) -> bool:
        """True when there are files enough to show it."""
        return self.failed.interval[1] <= MOST_FALSE


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The whole outcome."""

    clean: tuple[Clean, ...]
    planted: tuple[Planted, ...]
    unusable: tuple[str, ...]
    """Defects whose rules do not pass on the host as it is, so that nothing can be planted."""
    runs: int
    comparisons: int

    @property
    def holds(self) -> bool:
        """True when no aim is missed beyond chance."""
        return all(one.holds is not False for one in self.clean) and all(one.holds is not False for one in self.planted)


def _at_most(rate: Rate, most: float) -> bool | None:
    """Return whether a rate is at most so large: False when its lower bound is above, None when the interval holds it.

    Without a single hit nothing speaks against it, however few the files are; whether that shows it, `is_shown` tells.
    """
    low, high = rate.interval
    return False if low > most else True if not rate.hits or high <= most else None


def self_test(
    runs: int,
    seed: int,
    host: Host = make_host,
    *,
    defects: Sequence[Defect] = DEFECTS,
    progress: Progress = silent,
) -> SelfTest:
    """Plant every defect at every dose into clean rows and audit them, `runs` times each.

    Args:
        runs: files a dose, and clean ones.
        seed: of everything; run r of any defect uses the clean rows of `seed + r`.
        host: gives the clean rows of a run.
        defects: what to plant.
        progress: told the audits done.
    """
    total = runs * (1 + sum(len(one.doses) + (one.limit is not None) for one in defects))
    with tempfile.TemporaryDirectory(prefix="dpo-audit-selftest-") as folder:
        against = _write_protected(Path(folder))
        counted = _counted(progress, total)
        hosts = [host(seed + run) for run in range(runs)]
        bare = [_verdicts(_audited(rows, against, counted)) for rows in hosts]
        usable = [one for one in defects if all(any(_passes(v, rule) for rule in one.rules) for v in bare)]
        planted = [
            _plant(one, dose, hosts, bare, seed, against, counted)
            for one in usable
            for dose in (*one.doses, *(() if one.limit is None else (one.limit,)))
        ]
    unusable = tuple(one.name for one in defects if one not in usable)
    return SelfTest(tuple(_clean(defects, bare)), tuple(planted), unusable, runs, len(hosts[0]) if hosts else 0)


def _counted(progress: Progress, total: int) -> Iterator[None]:
    for done in range(total):
        progress("planting defects", done + 1, total)
        yield


def _plant(
    defect: Defect,
    dose: float,
    hosts: Sequence[list[Row]],
    bare: Sequence[dict[str, Verdict]],
    seed: int,
    against: str,
    counted: Iterator[None],
) -> Planted:
    caught = failed = listed = right = 0
    others: dict[str, int] = {}
    known = {rule for one in DEFECTS for rule in one.rules if one.family == defect.family}
    for run, clean in enumerate(hosts):
        rows = deepcopy(clean)
        changed = defect.plant(rows, dose, random.Random(f"{defect.name} {dose} {seed + run}"))
        result = _audited(rows, against, counted)
        verdicts = _verdicts(result)
        fired = {rule for rule in verdicts if _passes(bare[run], rule) and not _passes(verdicts, rule)}
        caught += bool(fired & set(defect.rules))
        failed += any(verdicts.get(rule) is Verdict.FAIL for rule in defect.rules)
        for rule in fired - known:
            others[rule] = others.get(rule, 0) + 1
        for finding in result.findings if defect.localised else ():
            if finding.rule.id in defect.rules and finding.slice == ALL and finding.evidence is not None:
                listed += len(finding.evidence.rows)
                right += sum(ref.row - 1 in changed for ref in finding.evidence.rows)
    n = len(hosts)
    located = Rate(right, listed) if defect.localised and listed else None
    is_limit = dose == defect.limit
    return Planted(defect, dose, is_limit, Rate(caught, n), Rate(failed, n), located, dict(sorted(others.items())))


def _clean(defects: Sequence[Defect], bare: Sequence[dict[str, Verdict]]) -> Iterator[Clean]:
    for family in dict.fromkeys(one.family for one in defects):
        rules = {rule for one in defects if one.family == family for rule in one.rules}
        failed = sum(any(verdicts.get(rule) is Verdict.FAIL for rule in rules) for verdicts in bare)
        unsure = sum(any(verdicts.get(rule) is Verdict.INCONCLUSIVE for rule in rules) for verdicts in bare)
        yield Clean(family, Rate(failed, len(bare)), Rate(unsure, len(bare)))


def _passes(verdicts: dict[str, Verdict], rule: str) -> bool:
    return verdicts.get(rule) is Verdict.PASS


def _audited(rows: list[Row], against: str, counted: Iterator[None]) -> AuditResult:
    choices, options = Choices(against=(against,)), Options()
    result = run_audit(as_table(rows), selection=Selection(), rules="dpo-ready", choices=choices, options=options)
    next(counted, None)
    return result


def _verdicts(result: AuditResult) -> dict[str, Verdict]:
    """Return the verdict of each rule on the whole, or on its worst slice."""
    order = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_ASSESSABLE, Verdict.PASS)
    found: dict[str, Verdict] = {}
    for finding in result.findings:
        if finding.decides and finding.verdict in order:
            known = found.get(finding.rule.id, finding.verdict)
            found[finding.rule.id] = min(known, finding.verdict, key=order.index)
    return found


def as_table(rows: Sequence[Row]) -> pa.Table:
    """Return canonical rows as a table that is read as any other."""
    recorded = [column for column in COLUMNS if column.name not in _PLACES and any(column.name in row for row in rows)]
    own = {column.name: pa.array([row.get(column.name) for row in rows], column.type) for column in recorded}
    return pa.table(own)


def _write_protected(folder: Path) -> str:
    path = folder / "protected.jsonl"
    kept = ("prompt", "response_a", "response_b", "label")
    lines = (json.dumps({name: row[name] for name in kept}) for row in make_protected())
    path.write_text("\n".join(lines) + "\n")
    return str(path)

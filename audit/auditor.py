"""THE CONTRACT: signal columns in, measures out. An auditor knows statistics, never thresholds.

An auditor is a frozen dataclass whose fields are its measurement parameters; equality, repr and its entry in the
certificate follow. Third parties add one by an entry point of the group `audit.auditors` that names the class.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, ClassVar, Final, Protocol, cast, runtime_checkable

from audit.measure import Kind, Measure, Outcome, Status
from audit.signals import Signals

ENTRY_POINTS: Final = "audit.auditors"


@dataclass(frozen=True, slots=True)
class Spec:
    """What one measure of an auditor is: the promise that `audit explain` prints and a test holds it to."""

    name: str
    unit: str
    kind: Kind
    meaning: str


@runtime_checkable
class Auditor(Protocol):
    """What the engine needs of an auditor.

    The class docstring is its user page, with the headings: What it measures, Why it matters, How, Reads,
    Measures and units, Limits, References.
    """

    code: ClassVar[str]
    """Three capital letters, never reused."""
    name: ClassVar[str]
    version: ClassVar[str]
    """Raised whenever its numbers change."""
    reads: ClassVar[tuple[str, ...]]
    """Signal columns without which nothing can be measured."""
    uses: ClassVar[tuple[str, ...]]
    """Further columns that unlock single measures; a missing one gives Undefined(reason, unlock=column)."""
    measures: ClassVar[tuple[Spec, ...]]

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield every measure of `measures`, whole file and slices."""
        ...


def parameters(auditor: Auditor) -> dict[str, object]:
    """Return the measurement parameters of an auditor by name."""
    return {f.name: getattr(auditor, f.name) for f in dataclasses.fields(cast("Any", auditor))}


def audit_with(auditor: Auditor, signals: Signals) -> Outcome:
    """Run one auditor and return its outcome; a fault in it becomes a failed outcome, never a silent skip."""

    def outcome(status: Status, **more: object) -> Outcome:
        return Outcome(auditor.code, auditor.name, auditor.version, parameters(auditor), status, **more)  # type: ignore[arg-type]

    missing = tuple(name for name in auditor.reads if not signals.has(name))
    if missing:
        return outcome(Status.NOT_ASSESSABLE, missing=missing)
    try:
        measures = tuple(sorted(auditor.measure(signals), key=lambda m: (m.name, m.slice)))
        _check_promises(auditor, measures)
    except Exception as fault:  # the one broad except: an auditor may be a stranger's, and its fault must be told
        return outcome(Status.FAILED, error=f"{type(fault).__name__}: {fault}")
    return outcome(Status.MEASURED, measures=measures)


def _check_promises(auditor: Auditor, measures: Sequence[Measure]) -> None:
    promised = {spec.name: spec for spec in auditor.measures}
    for measure in measures:
        spec = promised.get(measure.name)
        if spec is None or spec.unit != measure.unit or spec.kind is not measure.kind:
            raise ValueError(
                f"{auditor.code} yielded {measure.name!r} ({measure.unit}, {measure.kind}) unlike its spec"
            )
    absent = promised.keys() - {measure.name for measure in measures}
    if absent:
        raise ValueError(f"{auditor.code} left out {sorted(absent)}; an undefined measure must say why")


def plugins() -> tuple[Auditor, ...]:
    """Return the auditors that other distributions registered, by name, with default parameters."""
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)
    return tuple(entry.load()() for entry in found)

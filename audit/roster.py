"""Which auditors run, with the parameters of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audit.auditor import Auditor, parameters, plugins
from audit.auditors import BUILT_IN
from audit.auditors.balance import Balance
from audit.auditors.leakage import Leakage
from audit.auditors.review import HandReview
from audit.reading import Reading
from audit.review.record import Reviewed
from audit.targets import Targets


def auditors(
    targets: Targets | None = None,
    protected: Sequence[Reading] = (),
    review: Reviewed | None = None,
    level: float | None = None,
) -> tuple[Auditor, ...]:
    """Return every auditor that runs, built in and registered, with the run's parameters; `level` is of intervals."""
    chosen = (*(_with_parameters(one, targets, protected, review) for one in BUILT_IN), *plugins())
    return chosen if level is None else tuple(_at_level(one, level) for one in chosen)


def _at_level(auditor: Auditor, level: float) -> Auditor:
    """Return the auditor with intervals of another level; one that has no such parameter stays."""
    changed: Any = auditor
    return replace(changed, level=level) if "level" in parameters(auditor) else auditor


def _with_parameters(
    auditor: Auditor, targets: Targets | None, protected: Sequence[Reading], review: Reviewed | None
) -> Auditor:
    if review and isinstance(auditor, HandReview):
        return HandReview(review)
    if targets and isinstance(auditor, Balance):
        return Balance(targets=targets)
    if protected and isinstance(auditor, Leakage):
        return Leakage(against=tuple((one.name, one.container.digest() or "") for one in protected))
    return auditor

"""One file per auditor; none imports another."""

from __future__ import annotations

from typing import Final

from audit.auditor import Auditor
from audit.auditors.agreement import Agreement
from audit.auditors.balance import Balance
from audit.auditors.duplicates import Duplicates
from audit.auditors.leakage import Leakage
from audit.auditors.lineage import Lineage
from audit.auditors.position import Position
from audit.auditors.structure import Structure
from audit.auditors.style import Style
from audit.auditors.verbosity import Verbosity

BUILT_IN: Final[tuple[Auditor, ...]] = (
    Structure(),
    Duplicates(),
    Leakage(),
    Lineage(),
    Agreement(),
    Position(),
    Balance(),
    Verbosity(),
    Style(),
)
"""The auditors that come with the package, with default parameters, in the order of reports."""

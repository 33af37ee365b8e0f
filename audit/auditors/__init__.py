"""One file per auditor; none imports another."""

from __future__ import annotations

from typing import Final

from audit.auditor import Auditor
from audit.auditors.position import Position
from audit.auditors.structure import Structure
from audit.auditors.verbosity import Verbosity

BUILT_IN: Final[tuple[Auditor, ...]] = (Structure(), Position(), Verbosity())
"""The auditors that come with the package, with default parameters, in the order of reports."""

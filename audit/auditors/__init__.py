"""One file per auditor; none imports another."""

from __future__ import annotations

from typing import Final

from audit.auditor import Auditor
from audit.auditors.agreement import Agreement
from audit.auditors.balance import Balance
from audit.auditors.baseline import Baseline
from audit.auditors.duplicates import Duplicates
from audit.auditors.encoding import Encoding
from audit.auditors.label_errors import LabelErrors
from audit.auditors.language import Language
from audit.auditors.leakage import Leakage
from audit.auditors.lineage import Lineage
from audit.auditors.position import Position
from audit.auditors.privacy import Privacy
from audit.auditors.refusals import Refusals
from audit.auditors.review import HandReview
from audit.auditors.reviewers import Reviewers
from audit.auditors.strength import Strength
from audit.auditors.structure import Structure
from audit.auditors.style import Style
from audit.auditors.swap import Swap
from audit.auditors.templates import Templates
from audit.auditors.verbosity import Verbosity

BUILT_IN: Final[tuple[Auditor, ...]] = (
    Structure(),
    Duplicates(),
    Templates(),
    Leakage(),
    Lineage(),
    Agreement(),
    Reviewers(),
    LabelErrors(),
    Strength(),
    Position(),
    Swap(),
    Balance(),
    Verbosity(),
    Style(),
    Baseline(),
    Refusals(),
    Privacy(),
    Language(),
    Encoding(),
    HandReview(),
)
"""The auditors that come with the package, with default parameters, in the order of reports."""

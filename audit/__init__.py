"""Audit preference data: is it fit for DPO with a named implementation, and can that be proved?

`audit.run(source)` is the main job as a function; everything else is a module of its own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.certified import assert_certified as assert_certified
    from audit.pipeline import run as run
    from audit.result import AuditResult as AuditResult

__all__ = ["AuditResult", "assert_certified", "run"]

_HOMES = {
    "run": "audit.pipeline",
    "AuditResult": "audit.result",
    "assert_certified": "audit.certified",
}


def __getattr__(name: str) -> Any:
    """Load the public names on first use, so that `import audit` and the command line start at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'audit' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value

"""What a process of our own leaves out to start fast."""

from __future__ import annotations

import sys

import pyarrow as pa

from audit.auditor import plugins


def leave_pandas_out() -> None:
    """Let pyarrow find no pandas when it looks for it, which it does once, at the first array of a process.

    Where pandas is installed its import takes a quarter of a second and 40 MB, and no data frame comes by the command
    line. Auditors of third parties may want one, so where any is registered nothing is left out.
    """
    if "pandas" in sys.modules or plugins():
        return
    blind = _Blind()
    sys.meta_path.insert(0, blind)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(blind)


class _Blind:
    """A finder of modules that says there is no pandas, and nothing of others."""

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

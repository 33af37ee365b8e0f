"""What a process of our own does to start fast and stay small."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

import pyarrow as pa

from audit.auditor import plugins

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's mallopt."""
_LARGE: Final = 6 << 20
"""Bytes from which a piece of memory is mapped on its own: columns of a million rows, not the text of a chunk."""
_KEPT: Final = 64 << 20
"""Bytes of free memory that the heap keeps."""


def make_lean() -> None:
    """Leave pandas out, and have the memory of large arrays go back to the system as soon as they go."""
    _leave_pandas_out()
    try:  # glibc would raise its threshold with the first large array that is freed, and keep the later ones
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
    except (OSError, AttributeError, TypeError):  # another C library
        return


def _leave_pandas_out() -> None:
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

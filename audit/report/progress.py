"""Progress on standard error: one line that rewrites itself, and nothing at all when nobody watches."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Self, TextIO

from audit.report import figures
from audit.report.safe import one_line

_LEAST_GAP_S: Final = 0.1
_CLEAR: Final = "\r\x1b[2K"


class Progress:
    """Callable as `progress(stage, done, total)`; used as a context manager it leaves a clean line behind.

    Args:
        quiet: says nothing at all.
        stream: where to write, standard error by default; a stream that is no terminal gets nothing.
    """

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_on = not quiet and self._stream.isatty()
        self._last = float("-inf")
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        """Show how far a stage is; `total` None or 0 means that its end is unknown."""
        if not self._is_on:
            return
        now = time.monotonic()
        is_end = bool(total) and done >= (total or 0)
        if stage == self._stage and not is_end and now - self._last < _LEAST_GAP_S:
            return
        self._stage, self._last = stage, now
        self._stream.write(_CLEAR + self._line(stage, done, total))
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wipe the line, so that what follows starts on a clean one."""
        if self._is_on and self._stage:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._stage = ""

    @staticmethod
    def _line(stage: str, done: int, total: int | None) -> str:
        name = one_line(stage, 40)
        if not total:
            return f"{name}: {figures.count(done)}"
        share = min(done / total, 1.0)
        bar = "#" * int(20 * share)
        return f"{name} [{bar:<20}] {share:4.0%} {figures.count(done)} of {figures.count(total)}"

"""Rows that were set aside: their raw text made safe to print, and the file that they are written to."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import orjson

from audit.read.block import Reject

RAW_LIMIT: Final = 16_384
"""Characters of a rejected row that are kept."""

_CUT: Final = "…"


def raw_text(data: bytes | str) -> str:
    """Return a rejected row as text that any UTF-8 writer accepts, cut at RAW_LIMIT characters.

    Invalid bytes and lone surrogates become backslash escapes; a cut text ends in an ellipsis.
    """
    if isinstance(data, str):
        head = data[: RAW_LIMIT + 1].encode("utf-8", "backslashreplace").decode("utf-8")
    else:
        head = data[: 4 * (RAW_LIMIT + 1)].decode("utf-8", "backslashreplace")
    return head if len(head) <= RAW_LIMIT else head[: RAW_LIMIT - 1] + _CUT


class RejectWriter:
    """Writes rejects one JSON object a line, and puts the file in place only when all of it is written.

    Use it as a context manager: leaving by an exception removes the unfinished file and keeps an older one.

    Args:
        path: the file to write, usually `rejects.jsonl`.
        with_text: write what stood in the row; without it place and code have to do.
        mask: what is done to reason and row before they are written, such as hiding private data.
    """

    def __init__(self, path: Path, *, with_text: bool = True, mask: Callable[[str], str] = str) -> None:
        self.path = path
        self.mask = mask
        self.with_text = with_text
        self.codes: Counter[str] = Counter()
        self._temporary: Path | None = None
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        handle, name = tempfile.mkstemp(prefix=self.path.name, suffix=".part", dir=self.path.parent)
        self._temporary = Path(name)
        self._file = os.fdopen(handle, "wb")
        return self

    def write(self, rejects: Iterable[Reject]) -> None:
        """Append rejects in the order given.

        Raises:
            ValueError: outside the `with` block.
        """
        if self._file is None:
            raise ValueError("RejectWriter is used outside its with block")
        for reject in rejects:
            self.codes[reject.code] += 1
            self._file.write(_line(reject, self.mask if self.with_text else None))

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None or self._temporary is None:
            return
        self._file.close()
        if kind is None:
            self._temporary.chmod(0o644)
            self._temporary.replace(self.path)
        else:
            self._temporary.unlink(missing_ok=True)
        self._file = self._temporary = None


def _line(reject: Reject, mask: Callable[[str], str] | None) -> bytes:
    entry = {
        "file": raw_text(reject.file),
        "row": reject.row,
        "offset": reject.offset,
        "code": reject.code,
        "reason": raw_text(mask(reject.reason)) if mask else None,
        "raw": raw_text(mask(reject.raw)) if mask else None,
    }
    return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)

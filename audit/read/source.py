"""Where the bytes of one file come from: a local path, a remote object, or standard input kept in a temporary file."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from audit.errors import AuditError, IncompleteError, InputError

_BLOCK: Final = 1 << 20
_BROKE_OFF: Final = frozenset((errno.EIO, errno.ENXIO, errno.ENODEV, errno.ETIMEDOUT, errno.ENOMEM))
"""Faults of a device or the network: no file was named wrongly, the audit did not finish."""


@dataclass(eq=False)
class Source:
    """One file as stored.

    Args:
        name: for messages and results; never an absolute path.
        opener: opens the stored bytes for reading from the start; the file can be seeked.
        path: the local path, None for a remote object.
        split: split that the storage itself names.
        keep: whatever must live as long as the source (a temporary file).
    """

    name: str
    opener: Callable[[], BinaryIO]
    path: Path | None = None
    split: str | None = None
    keep: object = field(default=None, repr=False)
    _digest: str | None = field(default=None, init=False, repr=False)
    _stamp: tuple[int, int] | None = field(default=None, init=False, repr=False)

    def open(self) -> BinaryIO:
        """Open the stored bytes.

        Raises:
            InputError: when the file cannot be opened.
        """
        try:
            return self.opener()
        except OSError as fault:
            raise self.unreadable(fault) from fault

    @property
    def size(self) -> int:
        """Bytes as stored.

        Raises:
            InputError: when the file cannot be opened.
        """
        if self.path is not None:
            try:
                return self.path.stat().st_size
            except OSError as fault:
                raise self.unreadable(fault) from fault
        with self.open() as file:
            return file.seek(0, os.SEEK_END)

    @property
    def ending(self) -> str:
        """Lower-case file name with its endings, to fall back on when the content does not tell."""
        return self.name.rsplit("/", 1)[-1].lower()

    def digest(self) -> str:
        """Return the hex SHA-256 of the stored bytes, read once and remembered.

        Raises:
            InputError: when the file cannot be read.
        """
        if self._digest is None:
            self._stamp = self._now()
            total = hashlib.sha256()
            with self.open() as file:
                try:
                    while block := file.read(_BLOCK):
                        total.update(block)
                except OSError as fault:
                    raise self.unreadable(fault) from fault
            self._digest = total.hexdigest()
        return self._digest

    def check_unchanged(self) -> None:
        """Compare size and time of change with those of the first look.

        Raises:
            InputError: when the file was changed meanwhile; numbers and digest would then belong to different bytes.
        """
        if self._stamp is None:
            self._stamp = self._now()
        elif self._stamp != self._now():
            raise InputError(
                "the file changed while it was being read", where=self.name, fix="audit a copy that nobody writes to"
            )

    def unreadable(self, fault: OSError) -> AuditError:
        """Return the error for a failed open or read: the caller's to mend, or a device that broke off."""
        if fault.errno in _BROKE_OFF:
            return IncompleteError(
                f"reading the file broke off: {fault.strerror}", where=self.name, fix="check the disk or the network"
            )
        return InputError(
            f"the file cannot be read: {fault.strerror or fault}",
            where=self.name,
            fix="check that it exists and that you may read it",
        )

    def _now(self) -> tuple[int, int]:
        if self.path is None:
            return (0, 0)
        try:
            found = self.path.stat()
        except OSError as fault:
            raise self.unreadable(fault) from fault
        return (found.st_size, found.st_mtime_ns)


def local_source(path: Path, name: str, split: str | None = None) -> Source:
    """Return the source of a local file."""
    return Source(name, lambda: path.open("rb"), path, split)

"""Whole files or none: every output appears under its name only when it is complete and on disk."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from audit.errors import AuditError

Content = bytes | Callable[[BinaryIO], None]


def write_atomically(path: str | os.PathLike[str], content: Content) -> None:
    """Write bytes, or what a function writes into an open binary file, and put it under `path` in one step.

    Missing folders are made. Whatever interrupts the writing (a full disk, Ctrl-C, a fault of the function), an older
    file under that name stays as it was and no partial file is left behind. A device or a pipe, or a link to one, is
    written into as it is; a link to a file is replaced, so that nothing outside the folder is changed.

    Raises:
        AuditError: when the file system refuses, naming the path and its reason.
    """
    target = Path(path)
    partial = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open("wb") as special:
                _fill(special, content)
            return
        try:
            _write(partial, content)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)  # still there only if something went wrong, Ctrl-C included
        _sync_folder(target.parent)
    except OSError as fault:
        raise AuditError(
            "this output cannot be written",
            where=str(target),
            got=fault.strerror or str(fault),
            expected="a folder that can be written to, with room left",
            fix="free space, change the permissions, or choose another folder with --out",
        ) from fault


def write_all_atomically(
    paths: Sequence[str | os.PathLike[str]], content: Callable[[Sequence[BinaryIO]], None]
) -> None:
    """Let one function write into several open files, and put all of them in place when it is done.

    If it raises, none of them appears, and older files stay as they were.

    Raises:
        AuditError: when the file system refuses.
    """

    def fill(files: Sequence[BinaryIO]) -> None:
        if len(files) == len(paths):
            content(files)
        else:
            write_atomically(paths[len(files)], lambda file: fill([*files, file]))

    fill([])


def _fill(file: BinaryIO, content: Content) -> None:
    if callable(content):
        content(file)
    else:
        file.write(content)


def _write(partial: Path, content: Content) -> None:
    with partial.open("xb") as file:
        _fill(file, content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where folders can be opened (not on Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

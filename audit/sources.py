"""Whatever may be audited, opened: paths and tables in memory."""

from __future__ import annotations

import os
from collections.abc import Sequence

from audit.errors import InputError
from audit.frames import as_container
from audit.read.block import Container
from audit.read.open import open_sources, open_table


def open_any(source: object) -> list[Container]:
    """Open a source as containers, sorted by name.

    Args:
        source: a path, glob, folder or URL, a list of them, a pandas DataFrame, a pyarrow Table or a
            `datasets.Dataset`.

    Raises:
        InputError: it is none of these, or cannot be read.
    """
    table = as_container(source, open_table)
    if table is not None:
        return [table]
    if isinstance(source, str | os.PathLike):
        return open_sources([os.fspath(source)])
    if isinstance(source, Sequence) and source and all(isinstance(path, str | os.PathLike) for path in source):
        return open_sources([os.fspath(path) for path in source])
    raise InputError(
        "this source cannot be read",
        got=type(source).__name__,
        expected="a path, a list of paths, a pandas DataFrame, a pyarrow Table or a datasets.Dataset",
    )

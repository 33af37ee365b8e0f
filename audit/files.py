"""Small files that a user names, read whole: what is wrong with one is said in one form."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from audit.errors import UsageError

MOST_BYTES: Final = 1 << 20


def read_file(path: str | Path, what: str = "the file", most: int = -1) -> bytes:
    """Return the bytes of a file, at most `most` of them where that is not negative.

    Args:
        path: of the file.
        what: it is, for the message: "the trust policy".
        most: bytes.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return file.read(most)
    except OSError as fault:
        raise UsageError(f"{what} cannot be read", where=str(path), got=fault.strerror) from fault


def read_toml(path: Path, what: str, most: int = MOST_BYTES) -> dict[str, Any]:
    """Return the document of a TOML file.

    Args:
        path: of the file.
        what: it is, for messages.
        most: bytes of it.

    Raises:
        UsageError: it cannot be read, is larger than that, or no TOML.
    """
    content = read_file(path, what, most + 1)
    if len(content) > most:
        raise UsageError(f"{what} is too large", where=str(path), expected=f"at most {most >> 20} MiB")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as fault:  # TOML and UTF-8 errors are ValueErrors
        raise UsageError(f"{what} is no TOML", where=str(path), got=str(fault)[:200]) from fault

"""Where a passphrase comes from: a file, the environment, or a prompt. It never goes anywhere but to the key."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final

from audit.certificate.keys import SigningKey, is_encrypted, read_private
from audit.errors import UsageError

VARIABLE: Final = "AUDIT_KEY_PASSPHRASE"
LEAST: Final = 8
"""Characters of a new passphrase."""
_MOST: Final = 1024


def open_key(arguments: Namespace) -> SigningKey:
    """Open the key that `--key` names.

    Raises:
        UsageError: it cannot be opened.
    """
    path = Path(arguments.key)
    return read_private(path, passphrase(arguments.passphrase_file) if is_encrypted(path) else None)


def verifier_id(arguments: Namespace, key: SigningKey) -> str:
    """Return what `--verifier` names, or a URN of the key."""
    return arguments.verifier or f"urn:dpo-audit:key:{key.public.keyid}"


def new_passphrase(source: str | None) -> bytes:
    """Return the passphrase of a new key; a prompt asks for it twice.

    Raises:
        UsageError: none is given, it is too short, or both entries differ.
    """
    found = passphrase(source)
    if len(found) < LEAST:
        raise UsageError("the passphrase is too short", expected=f"at least {LEAST} bytes")
    is_typed = source is None and VARIABLE not in os.environ
    if is_typed and getpass.getpass("Once more: ").encode("utf-8") != found:
        raise UsageError("the two passphrases differ")
    return found


def passphrase(source: str | None) -> bytes:
    """Return a passphrase from a file, else from the environment, else from a prompt.

    Args:
        source: path of the file; None: not from a file.

    Raises:
        UsageError: there is none.
    """
    if source is not None:
        return _first_line(Path(source))
    found = os.environ.get(VARIABLE, "")
    if found:
        return found.encode("utf-8", "surrogateescape")
    if sys.stdin is None or not sys.stdin.isatty():
        fix = f"set {VARIABLE}, give --passphrase-file FILE, or run in a terminal"
        raise UsageError("the key needs a passphrase", fix=fix)
    return getpass.getpass("Passphrase: ").encode("utf-8")


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            line = file.readline(_MOST).rstrip(b"\r\n")
    except OSError as fault:
        raise UsageError("the passphrase file cannot be read", where=str(path), got=fault.strerror) from None
    if not line:
        raise UsageError("the passphrase file begins with an empty line", where=str(path))
    return line

"""Which rows a person or a judge model reads: drawn from the rows themselves and a nonce of the buyer's.

The auditor cannot pick rows that look well, for the seed hangs on every row and on a number that the buyer names only
after the data are fixed; and the buyer cannot pick them either, for one nonce gives one sample.
"""

from __future__ import annotations

import hashlib
from typing import Final

from audit.errors import UsageError

SCHEME: Final = b"dpo-sample/v1"
LEAST_NONCE: Final = 16
"""Bytes: fewer could be tried out until the sample pleases."""
_DRAW_BYTES: Final = 8


def sample_seed(set_root: str, nonce: bytes) -> bytes:
    """Return the seed of a sample: SHA256("dpo-sample/v1" || set root || nonce), 32 bytes.

    Args:
        set_root: of the rows, 64 hex digits.
        nonce: of the buyer, at least 16 bytes, named after the rows were fixed.

    Raises:
        UsageError: the root is no SHA-256, or the nonce too short.
    """
    try:
        root = bytes.fromhex(set_root)
    except ValueError:
        root = b""
    if len(root) != hashlib.sha256().digest_size:
        raise UsageError("not a set root", where="set_root", got=repr(set_root[:80]), expected="64 hex digits")
    if len(nonce) < LEAST_NONCE:
        raise UsageError("the nonce is too short", got=f"{len(nonce)} bytes", expected=f"at least {LEAST_NONCE}")
    return hashlib.sha256(SCHEME + root + nonce).digest()


def sample_places(seed: bytes, n: int, size: int) -> list[int]:
    """Return `size` distinct places (0-based, ascending) among `n` leaves in bytewise order, drawn by a seed.

    The i-th draw is the first 8 bytes of SHA256(seed || i as 8 bytes, big-endian) as an integer. Draws at or above the
    largest multiple of n below 2^64 are skipped, so that no place is likelier, and so are places drawn before.

    Raises:
        UsageError: the sample is larger than the rows, or not of at least one row.
    """
    if not 1 <= size <= n:
        raise UsageError("no such sample", got=str(size), expected=f"1 to {n}")
    chosen: set[int] = set()
    most = (1 << 8 * _DRAW_BYTES) // n * n
    draw = 0
    while len(chosen) < size:
        found = hashlib.sha256(seed + draw.to_bytes(_DRAW_BYTES, "big")).digest()[:_DRAW_BYTES]
        number = int.from_bytes(found, "big")
        if number < most:
            chosen.add(number % n)
        draw += 1
    return sorted(chosen)

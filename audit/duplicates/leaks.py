"""The bits of a leak: how a comparison overlaps with what must not be trained on."""

from __future__ import annotations

from enum import IntFlag
from typing import Final

LEAK_PREFIX: Final = "leak."
"""`leak.<protected set>` is a signal column of `Leak` bits; the column `leaks` holds those of all sets."""


class Leak(IntFlag):
    """What a comparison shares with a protected set."""

    PROMPT = 1
    """The same prompt after normalising."""
    CONVERSATION = 2
    """The same conversation id."""
    NEAR_PROMPT = 4
    """A prompt whose similarity reaches the threshold, but not the same one."""
    WORDS = 8
    """A prompt with a long stretch of words, or half of its words, from a protected one."""
    RESPONSE = 16
    """The same response text, on either side."""
    PAIR = 32
    """The same prompt with the same two responses: the row itself."""

"""Whether a name fixes one checkpoint: a digest or a date does, an alias that its owner may move does not."""

from __future__ import annotations

import re
from typing import Final

from audit.lineage.fields import is_placeholder

_DIGEST: Final = re.compile(r"(?<![0-9a-z])(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}(?![0-9a-z])")
_DATE: Final = re.compile(
    r"(?<!\d)(20\d\d[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])|20\d\d[-_.](0[1-9]|1[0-2]))(?!\d)"
)
_MONTH_DAY: Final = re.compile(r"[-_@](0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_RELEASE: Final = re.compile(r"(?<![\d.])v?\d+\.\d+(\.\d+)*(?![\d.])")
_MOVING: Final = re.compile(r"(?<![a-z])(latest|current|main|master|head|stable|nightly|preview|dev)(?![a-z])")


def is_pinned_version(version: str) -> bool:
    """True when a version is a digest, a date or a release number, and no branch or alias."""
    text = version.strip().lower()
    if is_placeholder(text):
        return False
    is_fixed = _DIGEST.search(text) or _DATE.search(text) or _MONTH_DAY.search("-" + text)
    return bool(is_fixed) or (_RELEASE.search(text) is not None and not _MOVING.search(text))


def is_pinned_name(name: str) -> bool:
    """True when a model's full name holds a date or a digest, or a pinned version after an @."""
    text = name.strip().lower()
    head, at, version = text.rpartition("@")
    if at and head:
        return is_pinned_version(version)
    return bool(_DIGEST.search(text) or _DATE.search(text) or _MONTH_DAY.search(text))


_ALIASES: Final = {
    **dict.fromkeys(("chatgpt", "o1", "o3", "o4", "davinci", "text", "openai"), "gpt"),
    **dict.fromkeys(("anthropic", "opus", "sonnet", "haiku"), "claude"),
    **dict.fromkeys(("bard", "palm", "gemma"), "gemini"),
    **dict.fromkeys(("mixtral", "ministral", "codestral"), "mistral"),
    "qwq": "qwen",
}
_KNOWN: Final = frozenset(
    ("gpt", "claude", "gemini", "llama", "mistral", "qwen", "deepseek", "vicuna", "alpaca", "command", "grok", "phi")
)
_SIZE: Final = re.compile(r"(?<![a-z0-9])\d+(\.\d+)?(x\d+)?b(?![a-z0-9])")
_FIRST_WORD: Final = re.compile(r"[a-z]+")


def family(model: str) -> str:
    """Return the family that a model's name begins with: "gpt" of openai/gpt-4-0613, "" of a name without letters."""
    name = model.strip().lower().rpartition("/")[2]
    first = _FIRST_WORD.match(name)
    word = first.group() if first else ""
    return _ALIASES.get(word, word)


def looks_like_model(name: str) -> bool:
    """True for an annotator whose name is a model's: of a known family, or with a size such as 70b."""
    return family(name) in _KNOWN or _SIZE.search(name.strip().lower()) is not None

"""Keys and tokens in a text: by the issuer's own format, and by a check of the value where the format has one."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

LEAST_BITS: Final = 3.0
"""Shannon entropy a character of a key, in bits; words and filler stay below."""
LIKELY_BITS: Final = 4.0
"""The same for a value that only its neighbour calls a secret."""
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FILLER: Final = re.compile(
    r"example|sample|placeholder|your|xxxx|dummy|fake|redacted|insert|changeme|test_?key|0{8}|123456|abcdef(?![0-9a-f])"
    r"|\*{3}|\.\.\.",
    re.IGNORECASE,
)


def entropy(value: str) -> float:
    """Return the Shannon entropy of a value's characters, in bits a character.

    Source: Shannon 1948, Bell System Technical Journal 27, section 6.
    """
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def is_random(value: str, least: float = LEAST_BITS) -> bool:
    """True for a value that looks drawn, false for words, runs and fillers."""
    return entropy(value) >= least and not _FILLER.search(value)


def has_github_checksum(token: str) -> bool:
    """True when the last six characters are the CRC-32 of the thirty before, in base 62 (GitHub, April 2021)."""
    body = token.split("_", 1)[1]
    number, digits = zlib.crc32(body[:-6].encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits == body[-6:]


def is_private_key(block: str) -> bool:
    """True when what stands between the lines of a PEM block decodes to a key's outer form."""
    inner = block.split("-----")[2].replace("\\n", "\n").replace("\\r", "")
    body = "".join(line for line in inner.split() if re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", line))
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4))
    except (ValueError, binascii.Error):
        return False
    if "BEGIN PGP" in block:
        return len(data) >= 64
    is_encrypted_legacy = "ENCRYPTED" in inner
    return len(data) >= 64 and (data[0] == 0x30 or data.startswith(b"openssh-key-v1\0") or is_encrypted_legacy)


def is_jwt(token: str) -> bool:
    """True when both parts decode to JSON objects, the header names an algorithm, and it is no example."""
    try:
        header, payload = (json.loads(_unpadded(part)) for part in token.split(".")[:2])
    except (ValueError, RecursionError):
        return False
    if not isinstance(header, dict) or not isinstance(payload, dict) or "alg" not in header:
        return False
    return payload.get("sub") != "1234567890" and payload.get("name") != "John Doe"


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


_FORMATS: Final[tuple[tuple[str, str, Callable[[str], bool]], ...]] = (
    (
        "private key",
        r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----[^-]{80,9000}-----END",
        is_private_key,
    ),
    ("AWS access key", r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])", is_random),
    ("GitHub token", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36}(?![A-Za-z0-9])", has_github_checksum),
    ("GitHub token", r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?![A-Za-z0-9])", is_random),
    ("npm token", r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])", has_github_checksum),
    ("GitLab token", r"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}(?![A-Za-z0-9_-])", is_random),
    ("Slack token", r"(?<![A-Za-z0-9])xox[baprse]-[0-9]{6,}-[A-Za-z0-9-]{20,120}(?![A-Za-z0-9])", is_random),
    ("Stripe key", r"(?<![A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{24,120}(?![A-Za-z0-9])", is_random),
    ("Google API key", r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", is_random),
    ("OpenAI key", r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,90}T3BlbkFJ[A-Za-z0-9_-]{16,90}(?![A-Za-z0-9])", is_random),
    ("Anthropic key", r"(?<![A-Za-z0-9])sk-ant-[a-z]{3,8}[0-9]{2}-[A-Za-z0-9_-]{80,120}(?![A-Za-z0-9])", is_random),
    ("Hugging Face token", r"(?<![A-Za-z0-9])hf_[A-Za-z]{34}(?![A-Za-z0-9])", is_random),
    ("SendGrid key", r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])", is_random),
    ("PyPI token", r"(?<![A-Za-z0-9])pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,300}", is_random),
    (
        "JSON web token",
        r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{20,1000}",
        is_jwt,
    ),
)
_COMPILED: Final = tuple((name, re.compile(pattern), check) for name, pattern, check in _FORMATS)
_PREFIXES: Final = (
    *("PRIVATE KEY", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "npm_", "glpat-", "xox"),
    *("k_live_", "AIza", "sk-", "hf_", "SG.", "pypi-", "eyJ"),
)
_NAMED: Final = re.compile(
    r"(?:api[_-]?key|secret|token|passw(?:or)?d|credential)[a-z_-]{0,12}[\"']?[ \t]{0,3}[:=][ \t]{0,3}[\"'`]"
    r"([A-Za-z0-9+/_=-]{20,200})[\"'`]",
    re.IGNORECASE,
)


def find_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and name of each key or token that its issuer's format and check confirm."""
    if any(prefix in text for prefix in _PREFIXES):
        for name, pattern, is_real in _COMPILED:
            for match in pattern.finditer(text):
                if is_real(match[0]):
                    yield *match.span(), name


def find_likely(text: str) -> Iterator[tuple[int, int]]:
    """Yield the places of random-looking values that the text calls a password, a key or a token."""
    for match in _NAMED.finditer(text):
        value = match[1]
        if re.search("[0-9]", value) and re.search("[A-Za-z]", value) and is_random(value, LIKELY_BITS):
            yield match.span(1)

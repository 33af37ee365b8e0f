"""Private data in a text: what it is, where it stands, and that it is valid.

Each kind is found by its form and kept only where it holds up: a checksum, a number plan, a decodable header. Examples
that everybody uses (reserved domains, test cards, keys of documentation) are left out. Names, addresses and dates of
birth are not looked for: without a model they cannot be told from other words.
"""

from __future__ import annotations

import base64
import binascii
import importlib.util
import ipaddress
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntFlag
from hashlib import blake2b
from typing import Final

from audit.extract.private_examples import CARDS, FILES, IBAN_SIZES, IBANS, NOBODY, RESOLVERS, SSNS


class Private(IntFlag):
    """One bit a kind."""

    EMAIL = 1
    PHONE = 2
    CARD = 4
    IBAN = 8
    SSN = 16
    IP = 32
    KEY = 64
    """An access key or token of a service, by its published form."""
    JWT = 128
    PEM = 256
    """A private key."""


PERSONAL: Final = Private.EMAIL | Private.PHONE | Private.CARD | Private.IBAN | Private.SSN
SECRET: Final = Private.KEY | Private.JWT | Private.PEM
MARK_BYTES: Final = 2
"""Bytes of the mark of a value: enough to see that two are the same, too few to find out which it is."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where private data stands in a text, in code points, and what it is; never the data."""

    start: int
    end: int
    kind: Private


def has_phones() -> bool:
    """True when the library that knows telephone numbers is installed."""
    return importlib.util.find_spec("phonenumbers") is not None


def find_private(text: str, region: str | None = None) -> list[Span]:
    """Return the valid private data of a text by place, without overlaps: the longer of two is kept.

    Args:
        text: any text.
        region: ISO 3166 code by which national telephone numbers are read; None: international ones only.
    """
    found = [span for search in _SEARCHES for span in search(text)]
    found += _phones(text, region)
    kept: list[Span] = []
    for span in sorted(found, key=lambda one: (one.start - one.end, one.start, one.kind)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept)


def kinds_of(text: str, region: str | None = None) -> Private:
    """Return which kinds a text holds."""
    found = Private(0)
    for span in find_private(text, region):
        found |= span.kind
    return found


def masked(text: str, region: str | None = None) -> str:
    """Return a text with every private value replaced by its kind and mark."""
    parts, at = [], 0
    for span in find_private(text, region):
        parts += [text[at : span.start], f"[{span.kind.name} {mark_of(text[span.start : span.end])}]"]
        at = span.end
    return "".join([*parts, text[at:]])


def mark_of(value: str) -> str:
    """Return four hex digits of a value's digest, blanks and hyphens left out: the same for the same value."""
    bare = re.sub(r"[\s-]", "", value).casefold().encode("utf-8", "surrogatepass")
    return blake2b(bare, digest_size=MARK_BYTES).hexdigest()


def region_of(locale: str | None) -> str | None:
    """Return the region of a BCP 47 locale, None where it names none."""
    parts = re.split("[-_]", locale or "")[1:]
    return next((part.upper() for part in parts if re.fullmatch("[A-Za-z]{2}", part)), None)


# ---- e-mail addresses ----

_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+-])([A-Za-z0-9_][A-Za-z0-9._%+-]{0,63})@"
    r"((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24})(?![A-Za-z0-9-])"
)
_RESERVED: Final = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|org|net|edu)|[^.]+\.(?:example|test|invalid|localhost|local)"
    r"|(?:my|your|some)?(?:domain|company|email|mail|website|site|organi[sz]ation)\.[a-z]+)"
)


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        person, domain = match[1].lower(), match[2].lower()
        if (
            len(person) == 1 == domain.index(".")
            or person in NOBODY
            or _RESERVED.fullmatch(domain)
            or domain.rsplit(".", 1)[1] in FILES
        ):
            continue
        yield Span(match.start(), match.end(), Private.EMAIL)


# ---- numbers with a check ----

_CARD: Final = re.compile(
    r"(?<![A-Za-z0-9.,-])(?<![A-Z]{2}\d{2} )"
    r"(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})(?![\d-])"
)
_ISSUERS: Final = (
    (re.compile(r"4"), (16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6011|65|64[4-9]"), (16, 19)),
    (re.compile(r"352[89]|35[3-8]"), (16, 19)),
    (re.compile(r"3(?:0[0-5]|[689])"), (14, 16, 19)),
)


def luhn(digits: str) -> bool:
    """True when a number's last digit is its check digit.

    Source: ISO/IEC 7812-1, annex B.
    """
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def _cards(text: str) -> Iterator[Span]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        issued = any(prefix.match(digits) and len(digits) in sizes for prefix, sizes in _ISSUERS)
        if issued and luhn(digits) and len(set(digits)) > 3 and digits not in CARDS:
            yield Span(match.start(), match.end(), Private.CARD)


_IBAN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")


def iban_holds(iban: str) -> bool:
    """True when the check digits of an IBAN without blanks hold and its country has such long ones.

    Source: ISO 13616-1; the number with its head at the end leaves 1 modulo 97 (ISO/IEC 7064).
    """
    if IBAN_SIZES.get(iban[:2]) != len(iban):
        return False
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        bare = match[0].replace(" ", "")
        if iban_holds(bare) and bare not in IBANS:
            yield Span(match.start(), match.end(), Private.IBAN)


_SSN: Final = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")


def _ssns(text: str) -> Iterator[Span]:
    for match in _SSN.finditer(text):
        if match[0] not in SSNS:
            yield Span(match.start(), match.end(), Private.SSN)


_IP: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")


def _ips(text: str) -> Iterator[Span]:
    for match in _IP.finditer(text):
        try:
            address = ipaddress.IPv4Address(match[0])
        except ValueError:
            continue
        if address.is_global and match[0] not in RESOLVERS:
            yield Span(match.start(), match.end(), Private.IP)


# ---- secrets ----

_KEYS: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"(?P<aws>(?:AKIA|ASIA)(?=[A-Z]*[2-7])[A-Z2-7]{16})"
    r"|(?P<github>gh[pousr]_[A-Za-z0-9]{36})"
    r"|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"
    r"|glpat-[A-Za-z0-9_-]{20}"
    r"|xox[abprs]-(?=[A-Za-z-]*[0-9])[A-Za-z0-9-]{20,200}"
    r"|(?:sk|rk)_live_(?=[A-Za-z]*[0-9])[A-Za-z0-9]{24,200}"
    r"|sk-(?:[a-z]+-)?(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{32,200}"
    r"|AIza(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{35}"
    r"|hf_[A-Za-z]{34}"
    r"|npm_[A-Za-z0-9]{36}"
    r"|pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,300}"
    r")(?![A-Za-z0-9_-])"
)
_PLACEHOLDER: Final = re.compile(r"example|x{4}|your|abcdef|123456|0{6}|placeholder", re.IGNORECASE)
_LEAST_BITS: Final = 3.0
"""Entropy a character, of the letters in the token, below which a token was typed and not drawn."""
_JWT: Final = re.compile(
    r"(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{8,4000})\.(eyJ[A-Za-z0-9_-]{8,20000})\.[A-Za-z0-9_-]{16,2000}"
)
_PEM: Final = re.compile(
    r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY-----(?:\\n|\s)+[A-Za-z0-9+/=:,\s\\-]{64,20000}?-----END [A-Z ]{11,25}-----"
)


def _keys(text: str) -> Iterator[Span]:
    for match in _KEYS.finditer(text):
        token = match[0]
        if _PLACEHOLDER.search(token) or _bits(token) < _LEAST_BITS:
            continue
        if match["github"] and not github_token_holds(token):
            continue
        yield Span(match.start(), match.end(), Private.KEY)


def _bits(token: str) -> float:
    """Return the entropy a character of the letters in a token."""
    n = len(token)
    return -sum(k / n * math.log2(k / n) for k in Counter(token).values())


def github_token_holds(token: str) -> bool:
    """True when the last six characters of a GitHub token are the checksum of the 30 before them.

    Source: GitHub, "Behind GitHub's new authentication token formats", 2021: CRC-32 in base 62.
    """
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    rest, written = binascii.crc32(token[4:-6].encode()), ""
    while rest:
        rest, digit = divmod(rest, 62)
        written = letters[digit] + written
    return token[-6:] == written.rjust(6, "0")


def _jwts(text: str) -> Iterator[Span]:
    for match in _JWT.finditer(text):
        try:
            header = json.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
        except (ValueError, RecursionError):
            continue
        if isinstance(header, dict) and "alg" in header:
            yield Span(match.start(), match.end(), Private.JWT)


def _pems(text: str) -> Iterator[Span]:
    for match in _PEM.finditer(text):
        yield Span(match.start(), match.end(), Private.PEM)


_SEARCHES: Final[tuple[Callable[[str], Iterator[Span]], ...]] = (
    _emails,
    _cards,
    _ibans,
    _ssns,
    _ips,
    _keys,
    _jwts,
    _pems,
)

# ---- telephone numbers ----

_FICTION: Final = re.compile(r"555\D?01\d\d$")
_SUM: Final = re.compile(r"\+\s")


def _phones(text: str, region: str | None) -> list[Span]:
    if not has_phones():
        return []
    import phonenumbers  # an extra; four megabytes of number plans

    known = region if region in phonenumbers.SUPPORTED_REGIONS else None
    return [
        Span(match.start + match.raw_string.startswith("(+"), match.end, Private.PHONE)
        for match in phonenumbers.PhoneNumberMatcher(text, known, phonenumbers.Leniency.VALID, 1000)
        if not _FICTION.search(match.raw_string) and not _SUM.match(match.raw_string)
    ]

"""Private data in a text: where it stands, of which kind, checked by what the kind itself offers.

Only texts that the screening kernel marks are searched (`screen.Candidate`). A pattern proposes, a check disposes: a
check digit, an issuer's range, a reserved domain, a format that decodes. What is printed in documentation everywhere
(reserved domains, test card numbers, keys that end in EXAMPLE) is nobody's and is left out.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from hashlib import blake2b
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.extract.known_values import FILE_ENDS, IBAN_LENGTHS, ISSUERS, ROLES, TEST_CARDS, TEST_IBANS
from audit.extract.screen import SCREENED, Candidate, screen
from audit.extract.secret import find_likely, find_secrets

PRIVATE_VERSION: Final = "1"
"""Raised when other values are found: stored signals of another version are not reused."""
HAS_PHONES: Final = importlib.util.find_spec("phonenumbers") is not None
"""Whether the optional library that knows the world's telephone numbers is installed."""


class Private(IntFlag):
    """Kinds of private data, one bit each (signal columns `*_private`)."""

    EMAIL = 1
    PHONE = 2
    CARD = 4
    IBAN = 8
    SSN = 16
    ADDRESS = 32
    """A public IPv4 address: reported, not counted as validated."""
    SECRET = 64
    LIKELY_SECRET = 128
    """A random-looking value after a word such as password: reported, not counted as validated."""


VALIDATED: Final = Private.EMAIL | Private.PHONE | Private.CARD | Private.IBAN | Private.SSN


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One value: its place in code points, its kind, and what it is called."""

    start: int
    end: int
    kind: Private
    name: str

    def told(self, text: str) -> str:
        """Return place, kind and fingerprint; never the value.

        The fingerprint is 16 bits of BLAKE2b: enough to see that a value comes back, too little to guess it from.
        """
        fingerprint = blake2b(text[self.start : self.end].encode(), digest_size=2).hexdigest()
        return f"{self.name} at {self.start}-{self.end} #{fingerprint}"


def find_private(text: str, candidates: int) -> list[Found]:
    """Return the private data of a text in the order of their places; of those that overlap the first kind.

    Args:
        text: any.
        candidates: bits of `Candidate`, as `screen` gives them.
    """
    found: list[Found] = []
    for proposed in _proposed(text, candidates):
        if all(proposed.end <= kept.start or kept.end <= proposed.start for kept in found):
            found.append(proposed)
    return sorted(found)


def masked(text: str, found: list[Found]) -> str:
    """Return the text with each value replaced by the name of its kind."""
    pieces, at = [], 0
    for value in found:
        pieces += [text[at : value.start], f"[{value.name} withheld]"]
        at = value.end
    return "".join([*pieces, text[at:]])


def without_private(text: str) -> tuple[str, list[Found]]:
    """Return any text with its private data masked, and what was found in it."""
    safe = text if text.isascii() else text.encode("utf-8", "replace").decode()  # a lone surrogate is one ? wide
    candidates = int(screen(pa.array([safe], pa.large_string()))[0, SCREENED.index("candidates")])
    found = find_private(safe, candidates)
    return (masked(text, found) if found else text), found


def private_bits(texts: pa.Array, candidates: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return the kinds of private data in every text, bits of `Private`, shape (n,).

    Args:
        texts: string or large_string, shape (n,).
        candidates: bits of `Candidate`, shape (n,); 0 where null.
    """
    bits = np.zeros(len(texts), dtype=np.int32)
    rows = np.flatnonzero(candidates)
    if len(rows):
        for row, text in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
            for found in find_private(text, int(candidates[row])):
                bits[row] |= int(found.kind)
    return bits


def _proposed(text: str, candidates: int) -> Iterator[Found]:
    if candidates & Candidate.TOKEN:
        for start, end, name in find_secrets(text):
            yield Found(start, end, Private.SECRET, name)
        for start, end in find_likely(text):
            yield Found(start, end, Private.LIKELY_SECRET, "likely secret")
    if candidates & Candidate.AT:
        yield from _emails(text)
    if candidates & (Candidate.NUMBER | Candidate.TOKEN):
        yield from _ibans(text)
    if candidates & Candidate.NUMBER:
        yield from _cards(text)
        yield from _ssns(text)
        if HAS_PHONES:
            yield from _phones(text)
    if candidates & Candidate.DOTTED:
        yield from _addresses(text)


# ---- e-mail addresses ----

_EMAIL: Final = re.compile(
    r"(?<![A-Za-z0-9._%+-])([A-Za-z0-9][A-Za-z0-9._%+-]{0,63})@"
    r"((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){0,7}[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]\.[A-Za-z]{2,24})"
    r"(?![A-Za-z0-9@-])"
)
_RESERVED_ENDS: Final = ("example", "test", "invalid", "localhost", "local", "internal")
"""Top-level domains that RFC 2606 and RFC 6762 keep for examples and private networks."""
_PLACEHOLDER_DOMAINS: Final = re.compile(
    r"(?:.+\.)?(?:(?:examples?|samples?|domain|(?:your|my|some|any|abc|xyz)[a-z-]*|company(?:name)?|website|site|email"
    r"|test|acme|foo|bar|xyz|abc|corp|business|organi[sz]ation|university|school|server|host|provider|emailprovider)"
    r"\.(?:com|net|org|edu|gov|io|co|co\.uk|de|fr))"
)
_NOBODY: Final = re.compile(
    r"(?:your|my|some|any|the)?[._-]?(?:e-?mail|user(?:name)?|name|address|someone|example|recipient|sender|test|foo|abc"
    r"|first[._-]?name|last[._-]?name|firstname[._-]lastname|first[._-]last|j(?:ohn|ane)?[._-]?(?:doe|smith)|me|you)[0-9]*"
)


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        local, domain = match[1].lower(), match[2].lower()
        end = domain.rsplit(".", 1)[1]
        if end in _RESERVED_ENDS or end in FILE_ENDS or _PLACEHOLDER_DOMAINS.fullmatch(domain):
            continue
        if local in ROLES or _NOBODY.fullmatch(local) or ".." in local or local.endswith("."):
            continue
        yield Found(*match.span(), Private.EMAIL, "email")


# ---- payment cards ----

_CARD: Final = re.compile(r"(?<![0-9A-Za-z.,+$€£-])[2-6][0-9]{3}(?:[ -]?[0-9]){9,15}(?![0-9A-Za-z]|[.,-][0-9])")
_GROUPS: Final = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3))
_CARD_WORD: Final = re.compile(
    r"card|credit|debit|visa|amex|carte|karte|tarjeta|cart[ãa]o|carta\b|payment|zahlung|paiement|pago|卡|カード",
    re.IGNORECASE,
)
"""What must stand within 80 characters before a number that is not grouped as on a card: one number in sixty of sixteen
digits fits an issuer and the check digit by chance."""


def has_luhn(digits: str) -> bool:
    """True when the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    doubled = (2 * int(d) - 9 * (int(d) > 4) for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        parts = re.split("[ -]", match[0])
        digits = "".join(parts)
        is_grouped = tuple(map(len, parts)) in _GROUPS
        if not is_grouped and (
            len(parts) > 1 or not _CARD_WORD.search(text, max(0, match.start() - 80), match.start())
        ):
            continue
        issued = any(
            len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in ISSUERS
        )
        if issued and has_luhn(digits) and digits not in TEST_CARDS and len(set(digits)) > 3:
            yield Found(*match.span(), Private.CARD, "card number")


# ---- bank accounts ----

_IBAN_START: Final = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})[0-9]{2}(?= ?[A-Z0-9])")


def has_mod_97(iban: str) -> bool:
    """True when the check digits of an account number fit (ISO 7064, MOD 97-10)."""
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN_START.finditer(text):
        length = IBAN_LENGTHS.get(match[1], 0)
        if not length:
            continue
        rest = re.compile(rf"[A-Z0-9](?: ?[A-Z0-9]){{{length - 1}}}(?![A-Za-z0-9])").match(text, match.start())
        iban = rest[0].replace(" ", "") if rest else ""
        if rest and has_mod_97(iban) and iban not in TEST_IBANS:
            yield Found(*rest.span(), Private.IBAN, "account number")


# ---- US social security numbers ----

_SSN: Final = re.compile(
    r"(?<![0-9A-Za-z.+-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![0-9A-Za-z]|[.-][0-9])"
)
_TEST_SSNS: Final = frozenset(("078-05-1120", "219-09-9999", "123-45-6789", "111-11-1111", "555-55-5555"))


def _ssns(text: str) -> Iterator[Found]:
    for match in _SSN.finditer(text):
        if match[0] not in _TEST_SSNS:
            yield Found(*match.span(), Private.SSN, "US social security number")


# ---- telephone numbers ----

_PHONE: Final = re.compile(r"(?<![0-9A-Za-z+=*/^.-])\+[1-9][0-9 ().-]{6,20}[0-9](?![0-9A-Za-z])")


def _phones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        digits = re.sub("[^0-9]", "", match[0])
        runs = max(len(set(digits)), 1) > 2 and not any(ladder in digits for ladder in ("1234567", "0000000"))
        fiction = digits.startswith("1") and digits[4:9] == "55501"  # the numbers 555-01xx are kept for stories
        if runs and not fiction and _is_valid_phone(match[0]):
            yield Found(*match.span(), Private.PHONE, "telephone number")


def _is_valid_phone(number: str) -> bool:
    import phonenumbers  # optional, and slow to load

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, None)))
    except phonenumbers.NumberParseException:
        return False


# ---- network addresses ----

_ADDRESS: Final = re.compile(r"(?<![0-9A-Za-z.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9A-Za-z]|\.[0-9])")
_VERSION_BEFORE: Final = re.compile(r"(?:version|release|section|v|chapter|build)[ :.]*\Z", re.IGNORECASE)
_RESOLVERS: Final = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222"))


def _addresses(text: str) -> Iterator[Found]:
    for match in _ADDRESS.finditer(text):
        octets = match[0].split(".")
        if any(int(octet) > 255 or (octet != "0" and octet.startswith("0")) for octet in octets):
            continue
        counts_up = all(int(b) - int(a) == 1 for a, b in pairwise(octets))
        is_public = ipaddress.IPv4Address(match[0]).is_global and match[0] not in _RESOLVERS
        if is_public and not counts_up and not _VERSION_BEFORE.search(text, max(0, match.start() - 12), match.start()):
            yield Found(*match.span(), Private.ADDRESS, "IP address")

"""The buyer's trust policy, `trust.toml`: whose certificates count, under which rules, for what, and how old.

A certificate is only as good as this file. It is read strictly: an unknown key is an error, for a misspelt demand that
is dropped in silence would be a demand that nobody checks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audit.certificate.claim import LEVELS
from audit.certificate.keys import PublicKey, public_key, read_public
from audit.certificate.predicates import ROLES
from audit.certificate.shape import DIGEST, Shape
from audit.certificate.status import StatusMemory
from audit.errors import UsageError
from audit.files import read_toml

FORMAT: Final = 1
MOST_AGE_DAYS: Final = 36_500
USES: Final = ("certificate", "status", "lock")
"""What a key may sign."""
ORDERS: Final = ("any", "strict")
NONCE: Final = re.compile(r"([0-9a-f]{2}){16,}")
_KEYS: Final = (
    "format", "min_role", "packs", "levels", "resource", "version", "max_age_days", "order",
    "require_training", "require_lock", "require_log", "require_review", "nonce", "waived", "key", "status",
)  # fmt: skip


@dataclass(frozen=True)
class TrustedKey:
    """One key, whom it stands for, and what it may sign."""

    key: PublicKey
    verifier: str
    role: str
    uses: tuple[str, ...] = USES


@dataclass(frozen=True)
class StatusPolicy:
    """Where revocations are found, and whether they must be."""

    content: bytes | None
    """The signed status list; None when the file is not there."""
    required: bool
    """Refuse where there is no list of the certificate's verifier, or it is out of date."""
    memory: StatusMemory
    """The newest list seen, so that an older one is not taken."""


@dataclass(frozen=True)
class TrustPolicy:
    """What a buyer asks of a certificate."""

    keys: tuple[TrustedKey, ...]
    min_role: str
    packs: tuple[str, ...]
    """Accepted digests of resolved rule packs."""
    levels: tuple[str, ...] = LEVELS
    resource: str | None = None
    version: str | None = None
    max_age_days: int | None = None
    strict_order: bool = False
    require_training: bool = False
    require_lock: bool = False
    require_log: bool = False
    require_review: bool = False
    """A hand review is bound and passed its rule."""
    nonce: str | None = None
    """The buyer's own, hex: the sample of the hand review has to be drawn by it."""
    waived: tuple[str, ...] = ()
    """Ids of the rules that may be waived; none by default."""
    status: StatusPolicy | None = None

    def trusted(self, keyid: str, use: str) -> list[TrustedKey]:
        """Return the entries of a key for one use; empty when it is not trusted for it."""
        return [entry for entry in self.keys if entry.key.keyid == keyid and use in entry.uses]


def load_trust(path: Path) -> TrustPolicy:
    """Read a trust policy and the files that it names, relative to its own folder.

    Raises:
        UsageError: naming the file, the key and what is wrong with it.
    """
    return parse_trust(read_toml(path, "the trust policy"), path.parent, str(path))


def parse_trust(raw: dict[str, Any], folder: Path, where: str) -> TrustPolicy:
    """Return the policy of a parsed TOML document; `reports/trust.schema.json` describes it.

    Args:
        raw: the document.
        folder: what file names in it are relative to.
        where: name for messages.

    Raises:
        UsageError: naming the key and what is wrong with it.
    """
    shape = Shape.of(raw, where, UsageError)
    shape.only(_KEYS)
    if shape.whole("format") != FORMAT:
        raise UsageError("another format of trust policy", where=f"{where}.format", expected=str(FORMAT))
    keys = tuple(_key(entry, folder) for entry in shape.each("key"))
    packs = shape.texts("packs")
    if not keys or not packs:
        what = "no key is trusted" if not keys else "no rule pack is accepted"
        raise UsageError(what, where=where, fix="a policy needs at least one [[key]] and one digest in packs")
    for pack in packs:
        if not DIGEST.fullmatch(pack):
            raise shape.wrong("packs", "digests such as sha256:..., as `audit rules show PACK` prints them")
    return TrustPolicy(
        keys=keys,
        min_role=shape.one_of("min_role", ROLES),
        packs=packs,
        levels=_levels(shape),
        resource=shape.maybe_text("resource"),
        version=shape.maybe_text("version"),
        max_age_days=_days(shape),
        strict_order=shape.has("order") and shape.one_of("order", ORDERS) == "strict",
        require_training=_flag(shape, "require_training"),
        require_lock=_flag(shape, "require_lock"),
        require_log=_flag(shape, "require_log"),
        require_review=_flag(shape, "require_review"),
        nonce=shape.matching("nonce", NONCE, "32 hex digits or more") if shape.has("nonce") else None,
        waived=shape.texts("waived") if shape.has("waived") else (),
        status=_status(shape.inner("status"), folder) if shape.has("status") else None,
    )


def _flag(shape: Shape, key: str) -> bool:
    return shape.has(key) and shape.flag(key)


def _days(shape: Shape) -> int | None:
    if not shape.has("max_age_days"):
        return None
    days = shape.whole("max_age_days")
    if not 1 <= days <= MOST_AGE_DAYS:
        raise shape.wrong("max_age_days", f"a number of days from 1 to {MOST_AGE_DAYS}")
    return days


def _levels(shape: Shape) -> tuple[str, ...]:
    if not shape.has("levels"):
        return LEVELS
    levels = shape.texts("levels")
    if not levels or set(levels) - set(LEVELS):
        raise shape.wrong("levels", " or ".join(LEVELS))
    return levels


def _key(entry: Shape, folder: Path) -> TrustedKey:
    entry.only(("verifier", "role", "file", "pem", "uses"))
    if entry.has("file") == entry.has("pem"):
        raise UsageError("a key is given by its file or its PEM text", where=entry.where, expected="one of file, pem")
    if entry.has("file"):
        found = read_public(folder / entry.text("file"))
    else:
        found = public_key(entry.text("pem").encode("utf-8"), f"{entry.where}.pem")
    uses = entry.texts("uses") if entry.has("uses") else USES
    if not uses or set(uses) - set(USES):
        raise entry.wrong("uses", ", ".join(USES))
    return TrustedKey(found, entry.text("verifier"), entry.one_of("role", ROLES), uses)


def _status(entry: Shape, folder: Path) -> StatusPolicy:
    entry.only(("file", "require", "state"))
    path = folder / entry.text("file")
    try:
        content = path.read_bytes() if path.exists() else None
    except OSError as fault:
        raise UsageError("the status list cannot be read", where=str(path), got=fault.strerror) from fault
    state = folder / entry.text("state") if entry.has("state") else path.with_name(f"{path.name}.seen")
    return StatusPolicy(content, _flag(entry, "require"), StatusMemory(state))

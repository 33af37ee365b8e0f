"""The issuer's log: every statement ever signed, refusals too, so that shopping for a pass leaves a trace.

JSON Lines, only ever appended to. Each line carries the root (RFC 9162 tree hash) over itself and all lines before it,
and each certificate the size and root that the log had before it: a line that is later changed, dropped or put in shows
in the log itself, or against any certificate issued after it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from audit.canonical import canonical_json
from audit.certificate.merkle import OrderedTree, leaf_hash
from audit.certificate.row_kernels import tree_root
from audit.certificate.shape import Shape
from audit.certificate.strict_json import parse_strict
from audit.errors import UsageError, VerificationError

MOST_BYTES: Final = 256 << 20
_FIELDS: Final = (
    "index", "issuedAt", "certificateId", "predicateType", "verdict", "resourceUri", "setRoot", "statement", "root",
)  # fmt: skip


@dataclass(frozen=True)
class LogEntry:
    """One line."""

    certificate_id: str
    predicate_type: str
    verdict: str
    resource: str
    set_root: str
    statement: str
    """Hex SHA-256 of the signed payload."""


@dataclass(frozen=True)
class IssuerLog:
    """A log whose every root was computed again."""

    entries: tuple[LogEntry, ...]
    roots: tuple[str, ...]
    """Hex root after 0, 1, 2, ... entries."""
    leaves: bytes = b""
    """Leaf of each entry, 32 bytes."""

    @property
    def head(self) -> dict[str, Any]:
        """Size and root now, as the next certificate carries them."""
        return {"size": len(self.entries), "root": self.roots[-1]}

    def check_head(self, size: int, root: str) -> None:
        """Check that this log grew out of an earlier one.

        Raises:
            VerificationError: it is shorter, or its first `size` lines are others.
        """
        if size > len(self.entries):
            raise VerificationError(
                "the log is shorter than it was", where="log", got=str(len(self.entries)), expected=f"at least {size}"
            )
        if self.roots[size] != root:
            raise VerificationError("the log's history was changed", where=f"log, first {size} entries")


def read_log(content: bytes, where: str = "log") -> IssuerLog:
    """Read a log and compute every root again.

    Raises:
        VerificationError: a line is no entry, out of place, or has another root than the lines up to it.
    """
    if len(content) > MOST_BYTES:
        raise VerificationError("a log this long is not read", where=where, expected=f"at most {MOST_BYTES} bytes")
    if content and not content.endswith(b"\n"):
        raise VerificationError("the last line is cut off", where=where)
    tree = OrderedTree()
    entries: list[LogEntry] = []
    leaves = bytearray()
    roots = [tree.root().hex()]
    for index, line in enumerate(content.split(b"\n")[:-1]):
        shape = Shape.of(parse_strict(line, f"{where}, line {index + 1}"), f"{where}, line {index + 1}")
        shape.only(_FIELDS)
        leaf = leaf_hash(canonical_json({k: v for k, v in shape.value.items() if k != "root"}))
        tree.extend(leaf)
        leaves += leaf
        roots.append(tree.root().hex())
        if shape.whole("index") != index or shape.hex("root") != roots[-1]:
            raise VerificationError("a line does not follow from those before it", where=shape.where)
        entries.append(_entry(shape))
    return IssuerLog(tuple(entries), tuple(roots), bytes(leaves))


def _entry(shape: Shape) -> LogEntry:
    shape.time("issuedAt")
    return LogEntry(
        certificate_id=shape.text("certificateId"),
        predicate_type=shape.text("predicateType"),
        verdict=shape.text("verdict"),
        resource=shape.text("resourceUri"),
        set_root=shape.hex("setRoot"),
        statement=shape.hex("statement"),
    )


def append_entry(path: Path, log: IssuerLog, signed: Mapping[str, Any], payload_digest: str) -> None:
    """Append the line of a statement; the caller holds the log (`held`) since it read it.

    Raises:
        UsageError: the file cannot be written.
    """
    body = signed["predicate"]
    entry = {
        "index": len(log.entries),
        "issuedAt": body["issuedAt"],
        "certificateId": body["certificateId"],
        "predicateType": signed["predicateType"],
        "verdict": body["verdict"],
        "resourceUri": body["resourceUri"],
        "setRoot": body["rows"]["setRoot"],
        "statement": payload_digest,
    }
    root = tree_root(log.leaves + leaf_hash(canonical_json(entry)))
    line = canonical_json({**entry, "root": root.hex()}) + b"\n"
    try:
        with path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise UsageError("the log cannot be written", where=str(path), got=fault.strerror) from fault


@contextmanager
def held(path: Path) -> Iterator[IssuerLog]:
    """Yield the log of a file, which may not be there yet, and keep other signers out meanwhile.

    Raises:
        UsageError: another signer holds it, or it cannot be read.
        VerificationError: its lines do not follow from each other.
    """
    lock = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        fix = f"wait for it; if none is running, remove {lock.name}"
        raise UsageError("another `audit sign` is writing this log", where=str(path), fix=fix) from None
    except OSError as fault:
        raise UsageError("the log cannot be written", where=str(path), got=fault.strerror) from fault
    try:
        yield read_log(path.read_bytes() if path.exists() else b"", str(path))
    finally:
        lock.unlink(missing_ok=True)

"""Digests of a dataset's rows, scheme `dpo-rows/v1`: what a certificate binds and a buyer computes again.

Three roots: of the *set* of comparisons (the same for JSON Lines, Parquet, re-ordered and re-sharded copies), of their
*order*, and of the evidence recorded beside them; and for each file its SHA-256 and the root of its own rows.
`docs/digests.md` is the specification.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from audit.canonical import digest
from audit.certificate.leaves import SortedLeaves, sort_leaves
from audit.certificate.merkle import OrderedTree
from audit.certificate.row_form import BatchLeaves, batch_leaves
from audit.engine.local import Progress, default_workers, in_order, silent
from audit.read.block import Chunk
from audit.reading import Reading

SCHEME: Final = "dpo-rows/v1"
PLACE: Final = ("row", "part", "offset")
IN_FLIGHT_A_WORKER: Final = 2
"""Chunks that each worker may have in memory."""


@dataclass(frozen=True, slots=True)
class FileDigest:
    """One file (or table) of the dataset."""

    path: str
    """Its name in the result: never an absolute path."""
    size: int | None
    """Bytes as stored; None for a table in memory."""
    sha256: str | None
    """Hex, of the bytes as stored; None for a table in memory."""
    rows: int
    """Accepted comparisons."""
    shard_root: str
    """Hex root over this file's comparisons in their order."""

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a certificate's `files`."""
        return {
            "path": self.path,
            "size": self.size,
            "sha256": self.sha256,
            "rows": self.rows,
            "shardRoot": self.shard_root,
        }


@dataclass(frozen=True, slots=True)
class RowDigests:
    """The identity of a dataset. Roots are hex SHA-256, without prefix."""

    scheme: str
    n: int
    """Accepted comparisons: leaves of the set tree and of the ordered tree."""
    pairs: int
    """Those whose label chooses one of two recorded texts: what DPO can train on."""
    set_root: str
    """Over all comparisons in bytewise order of their leaves, duplicates kept."""
    ordered_root: str
    """Over all comparisons in the order of files (by name) and rows."""
    evidence_n: int
    """Comparisons with any evidence recorded: leaves of the evidence tree."""
    evidence_root: str
    """Over the evidence in bytewise order of its leaves."""
    duplicates: int
    """Comparisons that repeat another one exactly."""
    columns: tuple[str, ...]
    """Canonical columns that were recorded, sorted: tells why two readings of the same rows differ."""
    excluded: int
    """Source rows that were set aside, and so are in no root."""
    reason_digest: str
    """ "sha256:" and hex, of the RFC 8785 object of reason codes and their counts."""
    files: tuple[FileDigest, ...]

    def to_json(self) -> dict[str, Any]:
        """Return `rows` and `files` as a certificate's predicate holds them."""
        return {
            "rows": {
                "scheme": self.scheme,
                "n": self.n,
                "pairs": self.pairs,
                "setRoot": self.set_root,
                "orderedRoot": self.ordered_root,
                "evidenceN": self.evidence_n,
                "evidenceRoot": self.evidence_root,
                "duplicates": self.duplicates,
                "columns": list(self.columns),
                "excluded": {"n": self.excluded, "reasonDigest": self.reason_digest},
            },
            "files": [file.to_json() for file in self.files],
        }


@dataclass(frozen=True, slots=True)
class Piece:
    """The leaves of one chunk and its account of rows."""

    found: BatchLeaves
    columns: tuple[str, ...]
    rejects: Counter[str]
    rows_seen: int


def digest_rows(readings: Sequence[Reading], *, workers: int | None = None, progress: Progress = silent) -> RowDigests:
    """Compute the digests of a dataset in one pass over its files.

    Memory: 32 bytes a row, at most `leaves.MOST_IN_MEMORY` of them, and the chunks being read.

    Args:
        readings: the files with their layouts, as `audit.reading.bind` makes them; taken in the order of their names.
        workers: threads; None: one a processor. Changes nothing in the result.
        progress: told the rows read of each file.

    Raises:
        InputError: a file cannot be read, or changed meanwhile.
    """
    with closing(SortedLeaves()) as rows, closing(SortedLeaves()) as evidence:
        return _digest(readings, workers or default_workers(), progress, rows, evidence)


def _digest(
    readings: Sequence[Reading], workers: int, progress: Progress, rows: SortedLeaves, evidence: SortedLeaves
) -> RowDigests:
    total = OrderedTree()
    files: list[FileDigest] = []
    columns: set[str] = set()
    rejects: Counter[str] = Counter()
    pairs = 0
    with ThreadPoolExecutor(workers, thread_name_prefix="digest") as pool:
        for reading in sorted(readings, key=lambda reading: reading.name):
            stored = pool.submit(reading.container.digest)
            shard = OrderedTree()
            for piece in pieces(reading, pool, workers * IN_FLIGHT_A_WORKER):
                for tree in (rows, total, shard):
                    tree.extend(piece.found.leaves)
                evidence.extend(piece.found.evidence)
                pairs += piece.found.pairs
                columns.update(piece.columns)
                rejects.update(piece.rejects)
                progress(f"hashing {reading.name}", piece.rows_seen, None)
            size, name = reading.container.size, reading.name
            files.append(FileDigest(name, size, stored.result(), shard.n, shard.root().hex()))
    set_root, duplicates = rows.finish()
    evidence_root, _ = evidence.finish()
    return RowDigests(
        scheme=SCHEME,
        n=total.n,
        pairs=pairs,
        set_root=set_root.hex(),
        ordered_root=total.root().hex(),
        evidence_n=evidence.n,
        evidence_root=evidence_root.hex(),
        duplicates=duplicates,
        columns=tuple(sorted(columns)),
        excluded=sum(rejects.values()),
        reason_digest=digest(dict(rejects)),
        files=tuple(files),
    )


def sorted_leaves(readings: Sequence[Reading], *, workers: int | None = None, progress: Progress = silent) -> bytes:
    """Return every leaf of a dataset, 32 bytes each, in bytewise order: what proofs are made from.

    Args:
        readings: as for `digest_rows`.
        workers: as for `digest_rows`.
        progress: as for `digest_rows`.

    Raises:
        InputError: a file cannot be read, or changed meanwhile.
    """
    leaves = bytearray()
    count = workers or default_workers()
    with ThreadPoolExecutor(count, thread_name_prefix="digest") as pool:
        for reading in readings:
            for piece in pieces(reading, pool, count * IN_FLIGHT_A_WORKER):
                leaves += piece.found.leaves
                progress(f"hashing {reading.name}", piece.rows_seen, None)
    sort_leaves(leaves)
    return bytes(leaves)


def pieces(reading: Reading, pool: ThreadPoolExecutor, in_flight: int) -> Iterator[Piece]:
    """Yield the leaves of one file chunk by chunk, in order.

    Args:
        reading: the file.
        pool: the worker threads.
        in_flight: chunks that may be in memory at once.

    Raises:
        InputError: the file cannot be read, or changed meanwhile.
    """

    def work(chunk: Chunk) -> Piece:
        block = reading.container.parse(chunk, reading.fields)
        converted = reading.convert(block)
        rejects = Counter(reject.code for reject in (*block.rejects, *converted.rejects))
        recorded = tuple(name for name in converted.batch.schema.names if name not in PLACE)
        return Piece(batch_leaves(converted.batch), recorded, rejects, chunk.first_row + block.read - 1)

    return in_order(pool, work, reading.container.chunks(reading.fields), in_flight)

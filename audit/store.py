"""The signal store: one folder a source file, kept by content, so that an unchanged file is read once.

A shard's folder is named by the digest of the file's bytes, the mapping and the extractor version, and is complete
when it holds `shard.json`, which is written last. A table is one file of Arrow streams, each a piece of one column, and
an index of their offsets, so that a column is read without the others: twice the size of Parquet, at a third of
the time. Rejected rows are kept beside the signals, as they are part of the result.

It is safe to delete a store at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import AuditError
from audit.extract.columns import SIGNALS_VERSION, Extracted
from audit.read.block import Reject
from audit.signals import JUDGMENT_PREFIX, Signals

TABLES: Final = ("comparisons", "judgments")
SKETCHES: Final = "sketches"
"""A further table, of texts: what the search for near duplicates needs, and no signal."""
COMPLETE: Final = "shard.json"
ROWS_A_PIECE: Final = 65_536
LATELY_BYTES: Final = 64 << 20
"""Columns read last that stay in memory, for the next auditor that asks for them,"""
LATELY_EACH: Final = 1 << 20
"""unless one is larger than this: of so many rows few would fit, and few would be asked for again in time."""
STORE_VERSION: Final = "2"
"""Part of every shard's name: raise it when the form of the files changes."""
CODED: Final = frozenset({"label", "gold_label", "judgment.label", "judgment.shown_first"})
"""Columns in which 0 means that none is recorded."""
MOST_BYTES: Final = 20 << 30
"""Stores larger than this lose their least recently used shards at the end of a run."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What one file came to. Law: read == accepted + rejected."""

    read: int
    accepted: int
    rejected: int
    comparisons: int
    judgments: int
    rejects: Mapping[str, int]
    """Rejected rows by reason code."""


def default_cache() -> Path:
    """Return the user's cache folder for signals."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "dpo-audit" / "signals"


def shard_key(content: str, mapping: Mapping[str, Any]) -> str:
    """Return the name of the shard for file bytes of SHA-256 `content` read by `mapping`."""
    identity = json.dumps([content, mapping, SIGNALS_VERSION, STORE_VERSION], sort_keys=True)
    return hashlib.sha256(identity.encode()).hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the place when the file system refuses: it is the store, which the user may put elsewhere."""
    try:
        yield
    except OSError as fault:
        raise AuditError(
            "the signal store cannot be written",
            where=str(path),
            got=os.strerror(fault.errno) if fault.errno else str(fault),
            expected="a folder that can be written to, with room left",
            fix="free some space, or name another folder with --cache-dir (TMPDIR with --no-cache)",
        ) from fault


class ShardWriter:
    """Writes one file's signals batch by batch into a folder of its own inside the store."""

    def __init__(self, store: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=".writing-", dir=store))
        self._tables = {name: _TableWriter(self._folder / f"{name}.arrows") for name in (*TABLES, SKETCHES)}
        self._rejects = (self._folder / "rejects.jsonl").open("w", encoding="utf-8")
        self._counts: dict[str, int] = {}
        self._accepted = self._comparisons = self._judgments = 0

    def add(self, extracted: Extracted, accepted: int, rejects: Iterable[Reject]) -> None:
        """Append one batch in source order."""
        if extracted.judgments is not None:
            at = extracted.judgments.schema.get_field_index("judgment.comparison")
            shifted = pa.array(extracted.judgments.column(at).to_numpy() + self._comparisons)
            self._tables["judgments"].add(extracted.judgments.set_column(at, "judgment.comparison", shifted))
            self._judgments += extracted.judgments.num_rows
        self._tables["comparisons"].add(extracted.comparisons)
        if extracted.sketches is not None:
            self._tables[SKETCHES].add(extracted.sketches)
        self._comparisons += extracted.comparisons.num_rows
        self._accepted += accepted
        for reject in rejects:
            self._counts[reject.code] = self._counts.get(reject.code, 0) + 1
            with writing(self._folder):
                self._rejects.write(json.dumps(asdict(reject)) + "\n")

    def finish(self, read: int) -> Shard:
        """Close the shard and mark it complete.

        Raises:
            RuntimeError: when rows are lost, that is, read != accepted + rejected.
        """
        rejected = sum(self._counts.values())
        if read != self._accepted + rejected:
            raise RuntimeError(f"{read} rows read, {self._accepted} accepted and {rejected} rejected do not add up")
        for table in self._tables.values():
            table.close()
        tally = Tally(
            read, self._accepted, rejected, self._comparisons, self._judgments, dict(sorted(self._counts.items()))
        )
        with writing(self._folder):
            self._rejects.close()
            (self._folder / COMPLETE).write_text(json.dumps(asdict(tally)))
        return Shard(self._folder, tally)

    def abandon(self) -> None:
        """Remove what was written so far; a store that cannot be written to raises nothing here, it has already."""
        for table in self._tables.values():
            table.abandon()
        with suppress(OSError):
            self._rejects.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class _TableWriter:
    """Gathers small batches and writes pieces of about ROWS_A_PIECE rows, column by column."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: pa.NativeFile | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._pieces: dict[str, list[int]] = {}
        self._recorded: set[str] = set()

    def add(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROWS_A_PIECE:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        with writing(self._path):
            if self._file is None:
                self._file = pa.OSFile(str(self._path), "wb")
            for field in self._waiting[0].schema:
                pieces = pa.chunked_array([batch[field.name] for batch in self._waiting]).unify_dictionaries()
                self._write(self._file, field, pieces.combine_chunks())
        self._waiting, self._rows = [], 0

    def _write(self, file: pa.NativeFile, field: pa.Field, column: pa.Array) -> None:
        if _is_recorded(field.name, column):
            self._recorded.add(field.name)
        self._pieces.setdefault(field.name, []).append(file.tell())
        piece = pa.record_batch([column], schema=pa.schema([field]))
        with pa.ipc.new_stream(file, piece.schema) as stream:
            stream.write_batch(piece)

    def close(self) -> None:
        self._flush()
        if self._file is not None:
            with writing(self._path):
                self._file.close()
                index = {"pieces": self._pieces, "recorded": sorted(self._recorded)}
                self._path.with_suffix(".json").write_text(json.dumps(index))

    def abandon(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


def _is_recorded(name: str, column: pa.Array) -> bool:
    """True when some row has a value; in a coded column 0 means none recorded."""
    if name in CODED:
        return bool(pc.any(pc.greater(column, 0)).as_py())
    return bool(column.null_count < len(column))


@dataclass(frozen=True, slots=True)
class Shard:
    """The finished signals of one source file."""

    home: Path
    tally: Tally

    @classmethod
    def find(cls, home: Path) -> Shard | None:
        """Return the shard at `home` if it is complete."""
        try:
            tally = Tally(**json.loads((home / COMPLETE).read_text()))
        except (OSError, ValueError, TypeError):
            return None
        os.utime(home)
        return cls(home, tally)

    def move_to(self, home: Path) -> Shard:
        """Move the shard to its lasting place; keep the one that another run put there meanwhile."""
        found = Shard.find(home)
        if found is not None:
            shutil.rmtree(self.home)
            return found
        shutil.rmtree(home, ignore_errors=True)  # an incomplete leftover
        self.home.rename(home)
        return Shard(home, self.tally)

    def rejects(self, file: str) -> Iterator[Reject]:
        """Yield the rejected rows under the name that this run knows the file by."""
        with (self.home / "rejects.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                yield Reject(**(json.loads(line) | {"file": file}))

    def sketches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield columns of the sketches of the file's texts; nothing where texts were not sketched."""
        table = StoredTable.find(self.home, SKETCHES)
        if table is not None:
            for pieces in zip(*(table.read(column) for column in columns), strict=True):
                yield pa.record_batch(list(pieces), names=list(columns))

    def tables(self) -> dict[str, StoredTable]:
        """Return the tables of signals that the file has rows for, by name."""
        found = {name: StoredTable.find(self.home, name) for name in TABLES}
        return {name: table for name, table in found.items() if table is not None}


@dataclass(frozen=True, slots=True)
class StoredTable:
    """One table of a shard; its index is parsed once."""

    path: Path
    pieces: Mapping[str, Sequence[int]]
    """Offsets of the streams of each column."""
    recorded: Sequence[str]
    """Columns that hold at least one value."""

    @classmethod
    def find(cls, home: Path, name: str) -> StoredTable | None:
        """Return a table of the shard at `home`; None where it has no rows of it."""
        path = home / f"{name}.arrows"
        return cls(path, **json.loads(path.with_suffix(".json").read_text())) if path.exists() else None

    def types(self) -> dict[str, pa.DataType]:
        """Return the Arrow type of each column that holds at least one value."""
        with pa.OSFile(str(self.path)) as file:
            return {name: _stream(file, self.pieces[name][0]).schema.field(0).type for name in self.recorded}

    def read(self, column: str) -> Iterator[pa.Array]:
        """Yield one column piece by piece; nothing when this table does not have it."""
        with pa.OSFile(str(self.path)) as file:
            for offset in self.pieces.get(column, ()):
                yield _stream(file, offset).read_next_batch().column(0)


def _stream(file: pa.NativeFile, offset: int) -> pa.RecordBatchStreamReader:
    file.seek(offset)
    return pa.ipc.open_stream(file)


def open_signals(shards: Sequence[tuple[str, Shard]]) -> Signals:
    """Return the signals of several shards as one store; files are numbered in the order given.

    Args:
        shards: (file name, shard) pairs.
    """
    tallies = [shard.tally for _, shard in shards]
    rejects: dict[str, int] = {}
    for tally in tallies:
        for code, count in tally.rejects.items():
            rejects[code] = rejects.get(code, 0) + count
    loader = _ColumnLoader([shard for _, shard in shards])
    return Signals(
        comparisons=sum(t.comparisons for t in tallies),
        judgments=sum(t.judgments for t in tallies),
        files=tuple(name for name, _ in shards),
        columns=loader.recorded,
        load=loader,
        rejects=dict(sorted(rejects.items())),
        read=sum(t.read for t in tallies),
    )


class _ColumnLoader:
    """Reads one column of all shards, filling nulls where a shard did not record it; keeps what was read lately."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = [(shard.tally, shard.tables()) for shard in shards]
        self._types: dict[str, pa.DataType] = {"file": pa.int32()}
        for _, tables in self._shards:
            for table in tables.values():
                self._types |= table.types()
        self._lately: dict[str, pa.ChunkedArray] = {}

    @property
    def recorded(self) -> frozenset[str]:
        return frozenset(self._types)

    def __call__(self, name: str) -> pa.ChunkedArray:
        column = self._lately.pop(name, None)
        if column is None:
            column = self._read(name)
        if column.nbytes > LATELY_EACH:
            return column
        self._lately[name] = column
        while sum(kept.nbytes for kept in self._lately.values()) > LATELY_BYTES:
            del self._lately[next(iter(self._lately))]
        return column

    def _read(self, name: str) -> pa.ChunkedArray:
        table = "judgments" if name.startswith(JUDGMENT_PREFIX) else "comparisons"
        chunks: list[pa.Array] = []
        comparisons = 0
        for number, (tally, tables) in enumerate(self._shards):
            rows = getattr(tally, table)
            if name == "file":
                chunks.append(pa.array(np.full(rows, number, dtype=np.int32)))
            elif rows:
                parts = list(tables[table].read(name)) or [pa.nulls(rows, self._types[name])]
                if name == "judgment.comparison" and comparisons:
                    parts = [pa.array(part.to_numpy() + comparisons) for part in parts]
                chunks += [part.cast(self._types[name]) for part in parts]
            comparisons += tally.comparisons
        return pa.chunked_array(chunks, type=self._types[name])


def prune(cache: Path, most_bytes: int = MOST_BYTES) -> None:
    """Remove the least recently used shards of a cache until it is small enough."""
    shards = [p for p in cache.iterdir() if (p / COMPLETE).exists()] if cache.is_dir() else []
    sizes = {p: sum(f.stat().st_size for f in p.iterdir()) for p in shards}
    for shard in sorted(shards, key=lambda p: p.stat().st_mtime):
        if sum(sizes.values()) <= most_bytes:
            return
        sizes.pop(shard)
        shutil.rmtree(shard, ignore_errors=True)

"""Writes a derived set: one pass over the source, each comparison to its split or to the quarantine, with its reason.

Every file appears only when all of them are complete, and the account has to add up: comparisons read are pairs written
plus comparisons quarantined, and source rows that could not be read stand in the quarantine, too.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from audit.derive.choosing import LEAKS, REASONS, Choice
from audit.derive.pairs import READ, TRAINING, is_conversational, recorded_of, texts_of
from audit.duplicates.leakage import Corpus, Found
from audit.engine.local import default_workers, in_order
from audit.errors import IncompleteError
from audit.read.block import Chunk
from audit.reading import Reading
from audit.report.atomic import write_all_atomically, write_atomically
from audit.schema import LABELS, SLICE_PREFIX, A, B
from audit.signals import Ints

QUARANTINE: Final = "quarantine.jsonl"
IN_FLIGHT_A_WORKER: Final = 2
ROWS_A_GROUP: Final = 20_000
_NAMES: Final = tuple(REASONS)
Cells = dict[str, Any]


@dataclass
class Written:
    """What a derived set consists of."""

    form: str = ""
    """standard or conversational; empty when nothing was kept."""
    made_messages: int = 0
    """Pairs recorded as texts that became messages, because others are."""
    splits: dict[str, int] = field(default_factory=dict)
    """Pairs by split."""
    quarantined: Counter[str] = field(default_factory=Counter)
    """Comparisons by reason."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Source rows that were set aside, by code."""
    columns: dict[str, None] = field(default_factory=dict)
    """Columns written, in order of appearance."""
    judged: set[str] = field(default_factory=set)
    """Fields of judgments written."""
    files: dict[str, str] = field(default_factory=dict)
    """File name -> SHA-256 of what was written."""


class _MixedError(Exception):
    """Some pairs have messages and some only texts."""


class _Writer:
    """Sorts comparisons into open files."""

    def __init__(
        self,
        files: Sequence[BinaryIO],
        splits: Sequence[str],
        choice: Choice,
        leaks: Sequence[Found],
        *,
        bare: bool,
        conversational: bool,
    ) -> None:
        *self._splits, self._quarantine = files
        self._names, self._choice, self._bare = tuple(splits), choice, bare
        self._conversational, self._leaks = conversational, leaks
        self.done = Written(splits=dict.fromkeys(splits, 0))

    def keep(self, cells: Cells, at: int, split: int, place: str) -> None:
        """Write one pair into its split."""
        choice, name = self._choice, self._names[split]
        has_turns = is_conversational(cells)
        form = "conversational" if has_turns or self._conversational else "standard"
        if form != (self.done.form or form):
            raise _MixedError
        self.done.form = form
        self.done.made_messages += form == "conversational" and not has_turns
        row = texts_of(cells, int(choice.label[at]), conversational=self._conversational)
        row["weight"] = float(choice.weight[at])
        if choice.votes[at]:
            row |= {"soft_label": float(choice.support[at]), "votes": int(choice.votes[at])}
        row["source"] = place
        if not self._bare:
            row |= recorded_of(cells, int(choice.label[at]))
            if len(self._names) > 1:  # no run has used the new split, whatever used the row before
                row |= {f"source_{key}": row.pop(key) for key in ("split", "runs") if key in row}
                row["split"] = name
            self.done.judged |= {key for judgment in row.get("judgments", ()) for key in judgment}
        self.done.columns |= dict.fromkeys(row)
        self.done.splits[name] += 1
        self._splits[split].write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def set_apart(self, cells: Cells, at: int, reading: Reading, stands_for: str | None) -> None:
        """Write one comparison into the quarantine."""
        name = _NAMES[int(self._choice.reason[at])]
        self.done.quarantined[name] += 1
        told = {"reason": name, "why": REASONS[name], "file": reading.name, "row": cells["row"]}
        told |= {"part": cells["part"]} if cells.get("part") else {}
        told |= {"see": stands_for} if stands_for else {}
        if name == "leaked":
            told["against"] = [one.name for one in self._leaks if max(int(one.bits[at]), 0) & int(LEAKS)]
        label = int(self._choice.label[at])
        told |= {"label": LABELS[label]} if label not in (A, B) else {}
        shown = texts_of(cells, label) if label in (A, B) and _has_texts(cells) else _as_recorded(cells)
        self._quarantine.write(orjson.dumps({**told, **shown}, option=orjson.OPT_APPEND_NEWLINE))

    def reject(self, file: str, row: int, code: str, reason: str) -> None:
        """Write a source row that could not be read into the quarantine, without its raw text, which audits keep."""
        self.done.unreadable[code] += 1
        told = {"reason": "unreadable", "why": reason, "code": code, "file": file, "row": row}
        self._quarantine.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))


def _has_texts(cells: Cells) -> bool:
    return all(cells.get(name) is not None for name in ("prompt", "response_a", "response_b"))


def _as_recorded(cells: Cells) -> Cells:
    names = ("prompt", "prompt_turns", "response_a", "response_a_turns", "response_b", "response_b_turns")
    return {name: cells[name] for name in names if cells.get(name) is not None}


def write_derived(
    data: Corpus,
    choice: Choice,
    placed: Ints,
    splits: Sequence[str],
    out: Path,
    *,
    leaks: Sequence[Found] = (),
    bare: bool = False,
    parquet: bool = False,
    workers: int | None = None,
) -> Written:
    """Write the pairs of each split, and the quarantine, into a folder.

    Args:
        data: the files, their shards and signals.
        choice: what becomes of each comparison.
        placed: number of each kept comparison's split.
        splits: their names.
        out: the folder.
        leaks: what stands in each protected set, to name it.
        bare: write the training columns only, and nothing else that is recorded.
        parquet: Parquet instead of JSON Lines for the pairs.
        workers: threads; None: one a processor.

    Raises:
        IncompleteError: counts do not add up, because a file changed meanwhile.
    """
    paths = [out / f"{name}.jsonl" for name in splits]
    done: list[Written] = []

    def content(files: Sequence[BinaryIO], *, conversational: bool = False) -> None:
        writer = _Writer(files, splits, choice, leaks, bare=bare, conversational=conversational)
        _copy(data, choice, placed, writer, workers or default_workers())
        _check_account(data, choice, writer.done)
        done.append(writer.done)

    try:
        write_all_atomically([*paths, out / QUARANTINE], content)
    except _MixedError:
        write_all_atomically([*paths, out / QUARANTINE], partial(content, conversational=True))
    written = done[-1]
    if parquet:
        paths = [_to_parquet(path, list(written.columns)) for path in paths]
    written.files = {path.name: _sha256(path) for path in [*paths, out / QUARANTINE]}
    return written


def _copy(data: Corpus, choice: Choice, placed: Ints, writer: _Writer, workers: int) -> None:
    places = _Places(data)
    at = 0
    with ThreadPoolExecutor(workers, thread_name_prefix="derive") as pool:
        for reading in data.readings:
            for rows, rejects in _batches(reading, pool, workers * IN_FLIGHT_A_WORKER):
                for cells in rows:
                    if at >= len(choice.reason) or places.row[at] != cells["row"]:
                        raise IncompleteError("a file changed while it was read", where=reading.name)
                    if choice.reason[at] < 0:
                        writer.keep(cells, at, int(placed[at]), places.name(at))
                    else:
                        other = int(choice.stands_for[at])
                        writer.set_apart(cells, at, reading, places.name(other) if other >= 0 else None)
                    at += 1
                for reject in rejects:
                    writer.reject(reading.name, *reject)


class _Places:
    """Where comparisons stand, as people write it."""

    def __init__(self, data: Corpus) -> None:
        signals = data.signals
        self.row = signals.ints("row")
        self._file, self._names = signals.ints("file"), signals.files
        self._part = signals.ints("part") if signals.has("part") else None

    def name(self, at: int) -> str:
        part = "" if self._part is None or not self._part[at] else f"#{self._part[at]}"
        return f"{self._names[self._file[at]]}:{self.row[at]}{part}"


Rejected = tuple[int, str, str]


def _batches(
    reading: Reading, pool: ThreadPoolExecutor, in_flight: int
) -> Iterator[tuple[list[Cells], list[Rejected]]]:
    """Yield the comparisons of one file with the columns that are carried along, and its rejects, chunk by chunk."""

    def work(chunk: Chunk) -> tuple[list[Cells], list[Rejected]]:
        block = reading.container.parse(chunk, reading.fields)
        converted = reading.convert(block)
        names = [n for n in converted.batch.schema.names if n in READ or n.startswith(SLICE_PREFIX)]
        rejects = sorted((r.row, r.code, r.reason) for r in (*block.rejects, *converted.rejects))
        return converted.batch.select(names).to_pylist(), rejects

    yield from in_order(pool, work, reading.container.chunks(reading.fields), in_flight)


def _check_account(data: Corpus, choice: Choice, done: Written) -> None:
    kept, apart = sum(done.splits.values()), sum(done.quarantined.values())
    rejected = sum(data.signals.rejects.values())
    if kept + apart != data.signals.comparisons or done.unreadable.total() != rejected:
        raise IncompleteError(
            "counts do not add up: a file changed while it was read",
            got=f"{kept} pairs, {apart} quarantined, {done.unreadable.total()} unreadable",
            expected=f"{data.signals.comparisons} comparisons, {rejected} unreadable",
        )
    if {name: count for name, count in done.quarantined.items() if count} != choice.counts():
        raise IncompleteError("reasons do not add up", got=str(dict(done.quarantined)), expected=str(choice.counts()))


def _to_parquet(path: Path, columns: Sequence[str]) -> Path:
    """Turn a file of JSON lines into a Parquet file of all columns, and remove it."""
    target = path.with_suffix(".parquet")
    write_atomically(target, partial(_parquet, path, columns))
    path.unlink()
    return target


def _parquet(path: Path, columns: Sequence[str], file: BinaryIO) -> None:
    with path.open("rb") as lines:
        schema = _schema(lines, columns)
        lines.seek(0)
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            rows: list[Mapping[str, Any]] = []
            for line in lines:
                rows.append(orjson.loads(line))
                if len(rows) == ROWS_A_GROUP:
                    writer.write_table(pa.Table.from_pylist(rows, schema))
                    rows = []
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _schema(lines: BinaryIO, columns: Sequence[str]) -> pa.Schema:
    """Return the types of all columns, from every row: a field may be there in the last one only."""
    found: pa.Schema | None = None
    rows: list[Mapping[str, Any]] = []
    for line in lines:
        rows.append(orjson.loads(line))
        if len(rows) == ROWS_A_GROUP:
            found, rows = _joined(found, rows), []
    found = _joined(found, rows)
    known = [name for name in (*TRAINING, *columns) if name in found.names]
    return pa.schema([found.field(name) for name in dict.fromkeys(known)])


def _joined(found: pa.Schema | None, rows: Sequence[Mapping[str, Any]]) -> pa.Schema:
    names = dict.fromkeys(name for row in rows for name in row)
    own = pa.schema([(name, pa.array([row.get(name) for row in rows]).type) for name in names])
    return own if found is None else pa.unify_schemas([found, own], promote_options="permissive")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

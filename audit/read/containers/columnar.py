"""What columnar containers share: record batches to blocks, with plain types and every text checked to be UTF-8."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import InputError
from audit.read.block import Block, Chunk, Record, Reject
from audit.read.rejects import raw_text
from audit.read.source import Source

CHUNK_BYTES: Final = 1 << 22
CHUNK_ROWS: Final = 16_384


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are in memory already."""

    batch: pa.RecordBatch


def arrow_file(source: Source) -> Any:
    """Open a source for Arrow: natively where it is a local file, so that reading releases the GIL.

    Raises:
        InputError: when it cannot be opened.
    """
    if source.path is None:
        return pa.PythonFile(source.open(), mode="r")
    try:
        return pa.OSFile(str(source.path), mode="r")
    except OSError as fault:
        raise source.unreadable(fault) from fault


def row_chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[Chunk]:
    """Yield chunks of about CHUNK_BYTES from record batches of any size, sharing their memory."""
    index, row = 0, 1
    for batch in batches:
        for piece in pieces(batch):
            yield Chunk(index, row, None, Rows(piece))
            index += 1
            row += piece.num_rows


def pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch into slices of about CHUNK_BYTES."""
    step = rows_per_chunk(batch.nbytes, batch.num_rows)
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)


def rows_per_chunk(size: int, rows: int) -> int:
    """Return how many of `rows` rows that take `size` bytes together make a chunk."""
    return max(1, min(CHUNK_ROWS, rows * CHUNK_BYTES // max(size, 1)))


def pick(chunks: Iterable[Chunk], rows: Sequence[int]) -> dict[int, Record]:
    """Return the records of a few row numbers from chunks of `Rows`, stopping at the last one."""
    wanted = sorted(set(rows))
    found: dict[int, Record] = {}
    for chunk in chunks:
        batch = chunk.payload.batch
        here = [row for row in wanted if chunk.first_row <= row < chunk.first_row + batch.num_rows]
        for row in here:
            block = block_of("", row, batch.slice(row - chunk.first_row, 1), None)
            found.update(zip(block.rows, block.as_records(), strict=True))
        if not wanted or chunk.first_row + batch.num_rows > wanted[-1]:
            break
    return found


def block_of(file: str, first_row: int, batch: pa.RecordBatch, fields: Sequence[str] | None) -> Block:
    """Return the block of a batch: wanted columns, plain types, rows with invalid UTF-8 set aside.

    Raises:
        InputError: when the batch breaks Arrow's own rules (a corrupt or hostile file).
    """
    if fields is not None:
        batch = batch.select([name for name in dict.fromkeys(fields) if name in batch.schema.names])
    faults = _faults(file, batch)
    rows: Sequence[int] = range(first_row, first_row + batch.num_rows)
    rejects = []
    if faults:
        rejects = [
            Reject(file, first_row + at, None, "invalid_utf8", reason, _raw(batch, at))
            for at, reason in sorted(faults.items())
        ]
        good = [at for at in range(batch.num_rows) if at not in faults]
        rows = [first_row + at for at in good]
        batch = batch.take(pa.array(good, pa.int64()))
    return Block(rows=rows, offsets=None, read=len(rows) + len(rejects), rejects=rejects, table=plain(batch))


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch in types that have a JSON-like Python value.

    Dictionaries and views are decoded, dates and times become ISO text, decimals floats, and a float column's NaN
    (which is how data frames write a missing number) null.
    """
    columns = [_plain_column(column) for column in batch.columns]
    if all(new is old for new, old in zip(columns, batch.columns, strict=True)):
        return batch
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _plain_column(column: pa.Array) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    wanted = _plain_type(column.type)
    if wanted != column.type:
        column = pc.cast(column, wanted)
    if pa.types.is_floating(column.type) and pc.any(pc.is_nan(column)).as_py():
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column


def _plain_type(kind: pa.DataType) -> pa.DataType:
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_type(kind.storage_type)
    if types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if types.is_string_view(kind):
        return pa.large_string()
    if types.is_temporal(kind) and not types.is_duration(kind) and not types.is_interval(kind):
        return pa.string()
    if types.is_decimal(kind) or types.is_float16(kind):
        return pa.float64()
    if types.is_struct(kind):
        return pa.struct([field.with_type(_plain_type(field.type)) for field in kind])
    if types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain_type(kind.value_type)))
    if types.is_list(kind) or types.is_fixed_size_list(kind) or types.is_list_view(kind):
        return pa.list_(kind.value_field.with_type(_plain_type(kind.value_type)))
    return kind


def refuse_repeated(file: str, names: Sequence[str]) -> None:
    """Raise InputError when two columns have the same name: it could not be said which one is meant."""
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(
            "two columns have the same name",
            where=file,
            got=", ".join(twice[:5]),
            expected="unique names",
            fix="rename one of them",
        )


def _faults(file: str, batch: pa.RecordBatch) -> Mapping[int, str]:
    """Return the rows (0-based in the batch) that hold text which is not UTF-8, with the reason."""
    found: dict[int, str] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as fault:
            if "UTF8" not in str(fault):
                raise InputError(f"corrupt column {name!r}: {fault}", where=file, fix="write the file anew") from fault
            for at in range(len(column)):
                try:
                    column[at].as_py()
                except UnicodeDecodeError as wrong:
                    found.setdefault(at, f"byte {wrong.start + 1} of a text in column {name!r} is not UTF-8")
    return found


def _raw(batch: pa.RecordBatch, at: int) -> str:
    values = {name: _readable(column, at) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    return raw_text(orjson.dumps(values, default=str))


def _readable(column: pa.Array, at: int) -> Any:
    try:
        value = column[at].as_py()
        orjson.dumps(value, default=str)
    except UnicodeDecodeError:
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        value = raw_text(column.slice(at, 1).view(_BINARY[str(column.type)])[0].as_py()) if is_text else "(not UTF-8)"
    except orjson.JSONEncodeError:
        value = raw_text(repr(value))
    return value


_BINARY: Final = {"string": pa.binary(), "large_string": pa.large_binary()}

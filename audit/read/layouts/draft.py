"""A block on its way to comparisons: columns read by mapping, faulty rows set aside, one batch at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa

from audit.errors import MappingError
from audit.read.block import Block, Converted, Record, Reject, RowFault
from audit.read.comparisons import Values, comparison_batch
from audit.read.mapping import APART, JUDGMENT_FIELDS, POSITIONS, FieldMapping
from audit.read.paths import column_at, parse_paths
from audit.read.values import Kind, Misfit, dump, fault, kind_of, translate
from audit.schema import SLICE_PREFIX

_OWN: Final = frozenset(
    {"prompt", "response_a", "response_b", "label", "gold_label", "judgments", *APART, *JUDGMENT_FIELDS, *POSITIONS}
)
"""Fields that layouts read themselves; `read_rest` leaves them alone."""
TEXT_JOIN: Final = "\n\n"
ID_JOIN: Final = ":"
RAW_CHARACTERS: Final = 100_000


class Draft:
    """Columns under construction, one value a source row (until `expand`), and the faults of single rows.

    Args:
        block: the parsed rows.
        mapping: where the fields are.
        file_name: for the rejects.
    """

    def __init__(self, block: Block, mapping: FieldMapping, file_name: str) -> None:
        self.block = block
        self.mapping = mapping
        self.file_name = file_name
        self.records: list[Record] = block.as_records()
        self.columns: dict[str, Values] = {}
        self.faults: dict[int, RowFault] = {}
        self._source: list[int] | None = None
        self._parts: list[int] = []

    def has(self, name: str) -> bool:
        """True when the mapping says where `name` is."""
        return name in self.mapping.fields

    def path(self, name: str) -> str:
        """Return where the mapping says `name` is.

        Raises:
            MappingError: when it says nothing of a field that the layout cannot do without.
        """
        found = self.mapping.fields.get(name)
        if found is None:
            raise MappingError(
                f"the mapping lacks a field that the layout {self.mapping.layout} needs",
                where=f"fields.{name}",
                got="fields " + (", ".join(sorted(self.mapping.fields)) or "none"),
                expected=f"{name} = a source path",
                fix=f"add it to the mapping, or pass --map {name}=FIELD",
            )
        return found

    def fail(self, row: int, fault: RowFault) -> None:
        """Set a row aside; the first fault of a row is the one told."""
        self.faults.setdefault(row, fault)

    def raw(self, name: str) -> list[Any]:
        """Return a mapped field as it stands in the source; several joined paths must hold text and become one."""
        path = self.path(name)
        paths = parse_paths(path)
        if len(paths) == 1:
            return column_at(self.records, paths[0])
        return self._joined(name, path, kind_of(name), TEXT_JOIN)

    def read(self, name: str, path: str | None = None) -> list[Any]:
        """Return a mapped field as values of its kind: checked, translated by the mapping, null where absent."""
        path = self.path(name) if path is None else path
        kind, paths = kind_of(name), parse_paths(path)
        if len(paths) > 1:
            return self._joined(name, path, kind, TEXT_JOIN if name in ("prompt", "evidence") else ID_JOIN)
        values = column_at(self.records, paths[0])
        table = self.mapping.values.get(name)
        if table:
            values = [translate(value, table) for value in values]
        return self.check(name, path, values, kind.plain, kind.coerce)

    def check(
        self, name: str, path: str, values: list[Any], plain: frozenset[type], coerce: Callable[[Any], Any]
    ) -> list[Any]:
        """Return `values` with everything that is not of a `plain` type coerced; misfits set their rows aside."""
        if plain.issuperset(map(type, values)):
            return values
        result = list(values)
        for row, value in enumerate(values):
            if value is None:
                continue
            try:
                result[row] = coerce(value)
            except Misfit as misfit:
                result[row] = None
                self.fail(row, fault(name, path, value, misfit))
        return result

    def _joined(self, name: str, path: str, kind: Kind, separator: str) -> list[str | None]:
        parts = [
            self.check(name, path, column_at(self.records, one), kind.plain, kind.coerce) for one in parse_paths(path)
        ]
        rows = ([part for part in row if part] for row in zip(*parts, strict=True))
        known = (any(part is not None for part in row) for row in zip(*parts, strict=True))
        return [separator.join(row) if is_known else None for row, is_known in zip(rows, known, strict=True)]

    def require(self, name: str, values: Sequence[Any]) -> None:
        """Set aside the rows in which a field that the layout needs is absent or null."""
        if None not in values:
            return
        path = self.mapping.fields[name]
        for row, value in enumerate(values):
            if value is None:
                self.fail(row, RowFault("missing_field", f"field {path} (read as {name}): absent or null"))

    def read_rest(self) -> None:
        """Read every mapped column that no layout reads itself, and the slices."""
        for name in self.mapping.fields:
            if name not in _OWN and name not in self.columns:
                self.columns[name] = self.read(name)
        for name, path in self.mapping.slices.items():
            self.columns[SLICE_PREFIX + name] = self.read(SLICE_PREFIX + name, path)

    def expand(self, source: list[int], parts: list[int]) -> None:
        """Say that comparison i comes from row source[i] and is its part parts[i]; columns read so far are repeated.

        A row that no comparison comes from must have been set aside.
        """
        self.columns = {name: _pick(values, source) for name, values in self.columns.items()}
        self._source, self._parts = source, parts

    def finish(self) -> Converted:
        """Return the comparisons of the sound rows and the rejects of the others."""
        try:
            return self._finish()
        except UnicodeEncodeError:
            for values in self.columns.values():
                self.refuse_surrogates(values, range(len(self.records)) if self._source is None else self._source)
            return self._finish()

    def refuse_surrogates(self, values: Values, rows: Sequence[int]) -> None:
        """Set aside the rows whose text holds a lone surrogate, which no UTF-8 can; the text becomes null."""
        if not isinstance(values, list):
            return
        for index, (row, value) in enumerate(zip(rows, values, strict=True)):
            if not isinstance(value, int | float | None) and not is_encodable(value):
                values[index] = None
                self.fail(row, RowFault("lone_surrogate", "a text holds half of a surrogate pair"))

    def _finish(self) -> Converted:
        source = list(range(len(self.records))) if self._source is None else self._source
        columns, parts = dict(self.columns), self._parts
        if self.faults:
            keep = [i for i, row in enumerate(source) if row not in self.faults]
            columns = {name: _pick(values, keep) for name, values in columns.items()}
            source = [source[i] for i in keep]
            parts = [parts[i] for i in keep] if parts else []
        columns["row"] = [self.block.rows[row] for row in source]
        if self._source is not None:
            columns["part"] = parts
        if self.block.offsets is not None:
            columns["offset"] = [self.block.offsets[row] for row in source]
        return Converted(comparison_batch(columns), self._rejects(), len(self.records) - len(self.faults))

    def _rejects(self) -> list[Reject]:
        offsets = self.block.offsets
        return [
            Reject(
                self.file_name,
                self.block.rows[row],
                None if offsets is None else offsets[row],
                found.code,
                found.reason,
                dump(self.records[row])[:RAW_CHARACTERS],
            )
            for row, found in sorted(self.faults.items())
        ]


def _pick(values: Values, rows: Sequence[int]) -> Values:
    if isinstance(values, pa.Array):
        return values.take(pa.array(rows, pa.int64()))
    return [values[row] for row in rows]


def is_encodable(value: Any) -> bool:
    """True unless some text in the value holds a lone surrogate."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return False
        return True
    if isinstance(value, dict):
        return all(is_encodable(part) for pair in value.items() for part in pair)
    return not isinstance(value, list) or all(map(is_encodable, value))

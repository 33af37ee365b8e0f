"""Tables that are already in memory as sources: pandas frames (checked first), Arrow tables, Hugging Face datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from audit.errors import InputError, MissingExtraError
from audit.read.block import Block, Chunk, Container, Record
from audit.read.mapping import FieldMapping
from audit.read.paths import top_fields
from audit.schema import COLUMN

if TYPE_CHECKING:
    import pandas as pd

NAME: Final = "<dataframe>"
ROWS_A_CHUNK: Final = 4_096
TEXT_FIELDS: Final = frozenset({"prompt", "response_a", "response_b", "locale", "split", "model_a", "model_b"})
NUMBER_FIELDS: Final = frozenset({"score_a", "score_b", "aspects_a", "aspects_b", "swap_held", "weight"})


@dataclass(eq=False)
class Frame:
    """A pandas frame as a container; a row is a 1-based position, whatever the index says."""

    frame: pd.DataFrame
    name: str = NAME
    format: str = "pandas DataFrame"
    split: str | None = None

    @property
    def size(self) -> int | None:
        """None: a table in memory has no stored bytes."""
        return None

    def digest(self) -> str | None:
        """Return None: a table in memory has no stored bytes."""
        return None

    def sample(self, most: int = 200) -> list[Record]:
        """Return the first rows as records."""
        return self._records(0, most)

    def chunks(self, fields: Sequence[str] | None = None) -> Iterator[Chunk]:  # noqa: ARG002 - rows hold all fields
        """Yield ranges of rows."""
        for index, start in enumerate(range(0, len(self.frame), ROWS_A_CHUNK)):
            yield Chunk(index, start + 1, None, (start, start + ROWS_A_CHUNK))

    def parse(self, chunk: Chunk, fields: Sequence[str] | None = None) -> Block:  # noqa: ARG002 - as for chunks
        """Return the rows of one range."""
        records = self._records(*chunk.payload)
        rows = range(chunk.first_row, chunk.first_row + len(records))
        return Block(rows, None, len(records), (), records)

    def fetch(self, rows: Sequence[int], offsets: Mapping[int, int] | None = None) -> dict[int, Record]:  # noqa: ARG002
        """Return the records of some rows."""
        return {row: self._records(row - 1, row)[0] for row in rows}

    def _records(self, start: int, stop: int) -> list[Record]:
        part = self.frame.iloc[start:stop]
        return [{str(k): _plain(v) for k, v in row.items()} for row in part.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return numpy scalars and arrays as Python values, and missing values as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    is_missing = value is not None and not isinstance(value, str | bytes) and value != value  # NaN, NaT
    return None if is_missing or type(value).__name__ == "NAType" else value


def check_frame(frame: pd.DataFrame, mapping: FieldMapping) -> None:
    """Check a frame against the mapping by a pandera schema that reports every bad column at once.

    Text columns must hold text (or lists, for conversations), number columns numbers; single bad cells in a text column
    are left to the reader, which sets such rows aside.

    Raises:
        InputError: naming every column that is absent, duplicated or of a wrong type.
        MissingExtraError: pandera is not installed.
    """
    try:
        pandera = import_module("pandera.pandas")
        errors = import_module("pandera.errors")
    except ImportError as error:
        raise MissingExtraError("pandera", "dataframe", "auditing a DataFrame") from error
    columns: dict[str, Any] = {}
    for field, path in mapping.fields.items():
        expected, accepts = _expectation(field)
        for source in top_fields(path):
            check = pandera.Check(lambda column, accepts=accepts: accepts(column), error=f"{field}: {expected}")
            columns.setdefault(source, pandera.Column(checks=[check], nullable=True, required=True))
    schema = pandera.DataFrameSchema(columns, unique_column_names=True)
    try:
        schema.validate(frame.head(10_000), lazy=True)
    except errors.SchemaErrors as fault:
        raise InputError(
            "the DataFrame does not fit its mapping",
            where=NAME,
            got="; ".join(_cases(fault.failure_cases, frame)),
            expected="; ".join(f"{path} = {_expectation(field)[0]}" for field, path in mapping.fields.items()),
            fix="rename or convert the columns, or pass a mapping",
        ) from fault


def _expectation(field: str) -> tuple[str, Any]:
    kinds = import_module("pandas.api.types")
    if field in NUMBER_FIELDS:
        return "numbers", lambda column: bool(kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column))
    if field in TEXT_FIELDS or field in COLUMN:
        return "text", lambda column: not (kinds.is_numeric_dtype(column) or kinds.is_datetime64_any_dtype(column))
    return "any type", lambda _: True


def _cases(cases: pd.DataFrame, frame: pd.DataFrame) -> list[str]:
    """Return one clause a bad column: what is wrong and what it holds."""
    found: dict[str, str] = {}
    for case in cases.to_dict("records"):
        name = str(case["column"] if case["check"] != "column_in_dataframe" else case["failure_case"])
        if case["check"] == "column_in_dataframe":
            found[name] = f"column {name!r} is missing"
        elif name in frame.columns:
            held = frame[name]
            found[name] = f"column {name!r} holds {getattr(held, 'dtype', 'duplicates')} ({case['check']})"
        else:
            found[name] = f"{case['check']}: {case['failure_case']}"
    return [found[name] for name in sorted(found)]


def as_container(source: object, open_table: Callable[[Any, str], Container]) -> Container | None:
    """Return a source that is a table in memory as a container, None for anything else.

    Args:
        source: a pandas DataFrame, a pyarrow Table, or a `datasets.Dataset`.
        open_table: turns a pyarrow Table and a name into a container.
    """
    module, kind = type(source).__module__.split(".")[0], type(source).__name__
    if module == "pandas" and kind == "DataFrame":
        return Frame(cast("pd.DataFrame", source))
    if module == "pyarrow" and kind == "Table":
        return open_table(source, "<table>")
    if module == "datasets" and kind == "Dataset":
        table = cast("Any", source).with_format("arrow")[:]
        return open_table(table, "<dataset>")
    return None

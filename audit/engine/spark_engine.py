"""Spark as engine: DataFrame API only (`mapInArrow`), so that Spark Connect serves too."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from audit.engine.addresses import check_reachable
from audit.engine.protocol import R, T, attempt, unpack
from audit.errors import IncompleteError, MissingExtraError, UsageError

MAJOR: Final = 4
"""Version of Spark that was tried."""


class SparkEngine:
    """Runs tasks on Spark.

    Args:
        address: `spark://…` of a cluster or `sc://…` of Spark Connect; None: this machine.
        workers: threads on this machine; None: all.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        try:
            import pyspark
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError as fault:
            raise MissingExtraError("pyspark", "spark", "--engine spark") from fault
        if int(pyspark.__version__.split(".")[0]) != MAJOR:
            raise UsageError(
                "this version of Spark was not tried",
                got=pyspark.__version__,
                expected="4",
                fix="pip install 'pyspark==4.*'",
            )
        self._fault = PySparkException
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers take the system's
        builder: Any = SparkSession.builder
        if address:
            check_reachable(address)
        if address and address.startswith("sc://"):
            builder = builder.remote(address)
        else:
            builder = builder.master(address or f"local[{workers or '*'}]").config("spark.ui.enabled", "false")
        try:
            self._session: Any = builder.getOrCreate()
        except (PySparkException, OSError, RuntimeError) as fault:
            raise IncompleteError(
                "Spark cannot be reached",
                where=address,
                got=str(fault).splitlines()[0],
                fix="check --engine-address and Java 17",
            ) from fault

    def map(self, work: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """Return work(task) of each task, in order."""
        from pyspark.cloudpickle import dumps

        def part(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                done = [attempt(work, task) for task in batch.column("task").to_pylist()]
                yield pa.RecordBatch.from_pydict(
                    {"number": batch.column("number"), "done": pa.array(done, pa.binary())}
                )

        rows = [(number, bytearray(dumps(task))) for number, task in enumerate(tasks)]
        frame = self._session.createDataFrame(rows, "number long, task binary").repartition(len(rows), "number")
        try:
            done = frame.mapInArrow(part, "number long, done binary").collect()
        except self._fault as fault:
            raise IncompleteError(
                "Spark lost the work too often", got=str(fault).splitlines()[0], fix="give executors more memory"
            ) from fault
        return [unpack(bytes(row.done)) for row in sorted(done, key=lambda row: int(row.number))]

    def close(self) -> None:
        """End the session."""
        self._session.stop()

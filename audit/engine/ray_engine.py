"""Ray Data as engine: `map_batches` over one task a block."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from audit.engine.addresses import check_reachable
from audit.engine.protocol import R, T, attempt, unpack
from audit.errors import IncompleteError, MissingExtraError, UsageError

LEAST: Final = (2, 60)
BEFORE: Final = (2, 61)
"""Versions of Ray that were tried: from the first, to before the second."""
WAIT_SECONDS: Final = 30
STORE_BYTES: Final = 300_000_000


class RayEngine:
    """Runs tasks on a Ray cluster.

    Args:
        address: of an existing cluster; None: one on this machine.
        workers: processors of a cluster on this machine; None: all.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        try:
            import ray
            import ray.data
        except ImportError as fault:
            raise MissingExtraError("ray", "ray", "--engine ray") from fault
        if not LEAST <= tuple(int(part) for part in ray.__version__.split(".")[:2]) < BEFORE:
            raise UsageError(
                "this version of Ray was not tried",
                got=ray.__version__,
                expected="2.60",
                fix="pip install 'ray==2.60.*'",
            )
        if address:
            check_reachable(address)
        self._ray: Any = ray
        local = {} if address else {"num_cpus": workers, "object_store_memory": STORE_BYTES, "include_dashboard": False}
        try:
            ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
        except (ConnectionError, RuntimeError, ValueError) as fault:
            raise IncompleteError(
                "the Ray cluster cannot be reached", where=address, got=str(fault), fix="check --engine-address"
            ) from fault
        self._await_processors(address)

    def _await_processors(self, address: str | None) -> None:
        """Ray waits without end, and without a word, on a cluster that has no live processors."""
        end = time.monotonic() + WAIT_SECONDS
        while not self._ray.cluster_resources().get("CPU"):
            if time.monotonic() > end:
                self.close()
                raise IncompleteError("the Ray cluster has no processors", where=address, fix="start workers on it")
            time.sleep(0.5)

    def map(self, work: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """Return work(task) of each task, in order."""
        from ray.cloudpickle import dumps

        context = self._ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        rows = [{"number": number, "task": dumps(task)} for number, task in enumerate(tasks)]

        def batch(columns: dict[str, Any]) -> dict[str, Any]:
            return {"number": columns["number"], "done": [attempt(work, bytes(task)) for task in columns["task"]]}

        data = self._ray.data.from_items(rows, override_num_blocks=len(rows))
        try:
            done = data.map_batches(batch, batch_size=1).take_all()
        except self._ray.exceptions.RayError as fault:
            raise IncompleteError(
                "Ray lost the work too often",
                got=str(fault).splitlines()[0],
                fix="give workers more memory, or run fewer on a machine",
            ) from fault
        return [unpack(row["done"]) for row in sorted(done, key=lambda row: int(row["number"]))]

    def close(self) -> None:
        """Leave the cluster; one of our own ends."""
        self._ray.shutdown()

"""Engines by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

from audit.engine.protocol import Engine

LOCAL: Final = "local"
_ADAPTERS: Final = {
    "ray": ("audit.engine.ray_engine", "RayEngine"),
    "spark": ("audit.engine.spark_engine", "SparkEngine"),
}
ENGINES: Final = (LOCAL, *_ADAPTERS)


def is_engine(name: str) -> bool:
    """Tell whether a name is that of an engine beside the local one."""
    return name in _ADAPTERS


@contextmanager
def opened(name: str, address: str | None, workers: int | None) -> Iterator[Engine]:
    """Yield an engine and close it.

    Args:
        name: ray or spark.
        address: of an existing cluster; None: one on this machine.
        workers: processors to use on this machine; None: all.

    Raises:
        MissingExtraError: the engine is not installed.
        IncompleteError: its cluster cannot be reached.
    """
    module, kind = _ADAPTERS[name]
    engine: Engine = getattr(import_module(module), kind)(address, workers)
    try:
        yield engine
    finally:
        engine.close()

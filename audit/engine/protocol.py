"""What an engine is: one verb, `map`, over tasks that stand for themselves, and `close`.

A task names its file and where its shard goes, so that any worker may do it, and do it again after one was killed:
a shard is moved to its place when it is whole, and a second one of the same content gives way to the first.
Results come in the order of the tasks, whichever worker was done first.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from audit.errors import AuditError

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Spreads tasks over workers."""

    def map(self, work: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
        """Return work(task) of each task, in order.

        Raises:
            AuditError: what a task raised, or IncompleteError when workers were lost too often.
        """
        ...

    def close(self) -> None:
        """Give back what was started; an existing cluster goes on."""
        ...


def attempt(work: Callable[[Any], Any], packed: bytes) -> bytes:
    """Do one pickled task on a worker; an error of the task comes back as a value, not to be tried again."""
    try:
        return pickle.dumps(work(pickle.loads(packed)))  # noqa: S301 - packed by our own driver
    except AuditError as fault:
        return pickle.dumps(fault)


def unpack(packed: bytes) -> Any:
    """Return what a task returned, or raise its error."""
    value = pickle.loads(packed)  # noqa: S301 - packed by our own worker
    if isinstance(value, AuditError):
        raise value
    return value

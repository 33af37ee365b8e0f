"""Whether anybody listens at the address of a cluster: engines wait for minutes, or for ever, where nobody does."""

from __future__ import annotations

import re
import socket
from typing import Final

from audit.errors import UsageError

SECONDS: Final = 5
_ADDRESS: Final = re.compile(
    r"(?:(?:ray|spark|sc)://)?(?P<host>\[[0-9a-fA-F:]+\]|[^:/;]+):(?P<port>[0-9]{1,5})(?:[/;].*)?"
)


def check_reachable(address: str) -> None:
    """Refuse an address at which nobody answers; other forms than HOST:PORT, alone or after a scheme, are left alone.

    Raises:
        UsageError: no connection within SECONDS.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return
    try:
        with socket.create_connection((found["host"].strip("[]"), int(found["port"])), timeout=SECONDS):
            return
    except (OSError, OverflowError) as fault:
        raise UsageError(
            f"nobody answers at the cluster's address: {fault}",
            where="--engine-address",
            got=address,
            fix="start the cluster, or correct host and port",
        ) from fault

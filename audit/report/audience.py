"""Who reads the outputs: inside, people may see the rows; outside, places, digests and lengths have to do.

The result itself is the same for both: it holds no text of any row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from audit.report.document import Document

INTERNAL: Final = "internal"
EXTERNAL: Final = "external"
AUDIENCES: Final = (INTERNAL, EXTERNAL)
WITHHELD: Final[dict[str, Any]] = {
    "prompt": None,
    "prompt_b": None,
    "response_a": None,
    "response_b": None,
    "annotators": [],
}
"""What an external reader does not get of an evidence row: its texts, and who judged it."""


def for_audience(rows: Sequence[Document], audience: str) -> list[dict[str, Any]]:
    """Return the evidence rows as an audience may see them.

    Raises:
        ValueError: for an audience that is none.
    """
    if audience not in AUDIENCES:
        raise ValueError(f"audience {audience!r}, expected one of {', '.join(AUDIENCES)}")
    return [{**row, **(WITHHELD if audience == EXTERNAL else {})} for row in rows]

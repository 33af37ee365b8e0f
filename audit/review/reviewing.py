"""Read a hand review back for the main job: draw again from the data, and take verdicts of that draw only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from audit.canonical import digest
from audit.engine.local import Progress
from audit.errors import UsageError, VerificationError
from audit.files import read_file
from audit.reading import Reading
from audit.report.safe import one_line
from audit.review.acceptance import ERROR, Share, accept
from audit.review.draw import Draw, draw
from audit.review.record import LotShare, Reviewed, ReviewFiles
from audit.review.verdicts import Verdict, read_verdicts
from audit.review.worklist import KEY_SCHEMA, check_key, items, key_of

NO_LIMIT = 1.0
"""Measuring knows no limits; `accept` wants one."""


def reviewed(readings: Sequence[Reading], files: ReviewFiles, progress: Progress, error: float = ERROR) -> Reviewed:
    """Return what a hand review of these data shows; each bound is wrong with the chance `error`.

    Raises:
        UsageError: a file cannot be read, or is not what it should be.
        InputError: verdicts that cannot be read.
        VerificationError: the review is of other data.
    """
    key = read_key(files.key)
    check_drawn(key, readings, files.key, progress)
    found = accept(key, verdicts_of(key, files.verdicts), NO_LIMIT, error=error)
    return Reviewed(
        set_root=key["set_root"],
        nonce=key["nonce"],
        by=key["by"],
        size=key["size"],
        drawn=len(key["rows"]),
        rows_digest=rows_digest(key),
        judged=found.judged,
        open=found.open,
        agreed=found.agreed,
        judged_twice=found.double_judged,
        wrong=_share(found.wrong),
        unusable=_share(found.unusable),
        any_time=found.sequential,
        strata=tuple(
            (name, _share(share)) for name, share in zip(key["lots"], found.strata, strict=bool(found.strata))
        ),
    )


def _share(share: Share) -> LotShare:
    return LotShare(share.value, share.low, share.high, share.n, share.method)


def read_key(name: str, schemas: Sequence[str] = (KEY_SCHEMA,)) -> dict[str, Any]:
    """Return the key of a draw.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    try:
        return check_key(json.loads(read_file(name)), name, schemas)
    except (ValueError, RecursionError) as fault:
        raise UsageError("not JSON", where=name, got=str(fault)[:200]) from fault


def verdicts_of(key: Mapping[str, Any], name: str) -> dict[str, Verdict]:
    """Return the verdicts of a file by id.

    Raises:
        UsageError: one is about what was not drawn.
        InputError: the file is in no known format.
    """
    verdicts = read_verdicts(read_file(name), name)
    strange = sorted(verdicts.keys() - {row["id"] for row in key["rows"]})
    if strange:
        raise UsageError("a verdict on what was not drawn", where=name, got=one_line(strange[0], 80))
    return verdicts


def check_drawn(key: Mapping[str, Any], readings: Sequence[Reading], name: str, progress: Progress) -> None:
    """Draw again from the data and compare.

    Raises:
        VerificationError: the key is of other data, or its rows were chosen.
    """
    again = draw(readings, bytes.fromhex(key["nonce"]), key["size"], by=key["by"], progress=progress)
    fresh = key_of(again, items(again, readings))
    for part in ("set_root", "lots", "rows"):
        if fresh[part] != key[part]:
            raise VerificationError(
                f"the key is not of these data: {part} differs", where=name, fix="draw again with audit sample"
            )


def rows_digest(key: Mapping[str, Any]) -> str:
    """Return the digest of the drawn rows, as a certificate holds it: the same for any format of the same rows."""
    return digest(sorted(row["leaf"] for row in key["rows"]))


def draw_digest(drawn: Draw) -> str:
    """Return the same digest of a fresh draw."""
    return digest(sorted(one.leaf for one in drawn.drawn))

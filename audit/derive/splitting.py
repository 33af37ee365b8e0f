"""Splits of whole clusters: prompts that are the same, nearly the same or of one conversation stay together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np

from audit.errors import UsageError
from audit.signals import Bools, Ints, Signals, key_matrix

MOST_SPLITS: Final = 10


def parse_splits(entries: Sequence[str]) -> dict[str, float]:
    """Return shares by split of entries such as `train=0.9`; {"train": 1} for none.

    Raises:
        UsageError: for an entry that is no such thing, or shares that do not add up to 1.
    """
    shares: dict[str, float] = {}
    for entry in entries:
        name, _, number = entry.partition("=")
        try:
            share = float(number)
        except ValueError:
            share = math.nan
        if not (name.replace("-", "").replace("_", "").isalnum() and name.isascii()) or not 0 < share < 1:
            raise UsageError("not a split", where="--split", got=entry, expected="NAME=SHARE, such as train=0.9")
        shares[name] = share
    if shares and (not math.isclose(sum(shares.values()), 1, abs_tol=1e-9) or len(shares) > MOST_SPLITS):
        got = f"{sum(shares.values()):g} in {len(shares)} splits"
        raise UsageError("shares of splits do not add up", where="--split", got=got, expected="1, in 2 to 10 splits")
    return shares or {"train": 1.0}


def split_clusters(signals: Signals, groups: Ints, kept: Bools, shares: Mapping[str, float], seed: int) -> Ints:
    """Return the split of each comparison, by number; -1 where it is not kept.

    A cluster's place is drawn from the digest of the seed and its smallest prompt key: it depends neither on the order
    of rows nor on what else is in the data, so that a later version of a dataset keeps its splits. Shares are met as
    well as a draw of clusters meets them.

    Args:
        signals: of the data.
        groups: cluster of each comparison.
        kept: which comparisons are to be placed.
        shares: share of the clusters by split, adding up to 1.
        seed: another one gives other splits.
    """
    keys = key_matrix(signals.load("prompt_key"))
    order = np.lexsort((keys[:, 1], keys[:, 0], groups))
    order = order[kept[order]]
    heads = order[np.concatenate([[True], np.diff(groups[order]) != 0])] if len(order) else order
    ends = np.cumsum(list(shares.values()))
    ends[-1] = 1.0
    place = np.full(int(groups.max(initial=-1)) + 1, -1, np.int64)
    for at in heads.tolist():  # once a cluster, not once a row
        drawn = blake2b(keys[at].astype(">u8").tobytes(), digest_size=8, salt=seed.to_bytes(8, "big")).digest()
        place[groups[at]] = np.searchsorted(ends, int.from_bytes(drawn, "big") / 2**64, side="right")
    return np.where(kept, place[groups], -1)

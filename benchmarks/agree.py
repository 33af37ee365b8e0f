"""Do the peer scripts and `audit` count the same? Compares the counts of every single response.

    python benchmarks/agree.py [--rows 2000]

The two peer scripts must agree in all sixteen features. `audit` means the same by most of them; the others
(`words`: it splits at apostrophes and hyphens and knows scripts without spaces; `refusals`: its own lexicon, first 200
code points only) are shown and not compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import polars as pl
import pyarrow as pa
from expert import count
from features import FEATURES
from naive import counts
from run import HERE, data_file

sys.path.insert(0, str(HERE.parent))
from audit.extract import kernels

OURS: Final = {"characters": "code_points", "line_ends": "lines", "fences": "code_fences", "refusals": "refusal"}
"""Their name -> ours, where they differ."""
MINUS_ONE: Final = ("line_ends",)
TWICE: Final = ("fences",)
OTHER_MEANING: Final = ("words", "refusals")


def compare(texts: list[str]) -> Iterator[tuple[str, int, int, int, int, int]]:
    """Yield for each feature: totals of the three, texts where the peers differ, texts where audit differs."""
    naive = counts(pd.Series(texts))
    frame = pl.DataFrame({"text": texts})
    ours = kernels.count_features(pa.array(texts, pa.large_string()))
    for name in FEATURES:
        column: npt.NDArray[np.int64] = ours[:, kernels.FEATURES.index(OURS.get(name, name))].astype(np.int64)
        column = column * (2 if name in TWICE else 1) - (1 if name in MINUS_ONE else 0)
        theirs = naive[name].to_numpy(dtype=np.int64)
        fast = frame.select(count("text", name)).to_series().to_numpy()
        apart = int((theirs != fast).sum()), int((theirs != column).sum())
        yield name, int(theirs.sum()), int(fast.sum()), int(column.sum()), *apart


def main() -> int:
    """Print the table; return 1 where what should agree does not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000)
    rows = parser.parse_args().rows
    with data_file(8_000, "jsonl").open(encoding="utf-8") as file:
        records = [json.loads(line) for _, line in zip(range(rows), file, strict=False)]
    texts = [record[side] for record in records for side in ("chosen", "rejected")]
    print(f"{len(texts):,} texts, kernels: {kernels.IMPLEMENTATION}")
    print("| feature | naive | expert | audit | naive <> expert | naive <> audit |\n|---|---|---|---|---|---|")
    failed = False
    for name, naive, fast, ours, peers, apart in compare(texts):
        is_compared = name not in OTHER_MEANING
        failed |= peers > 0 or (is_compared and apart > 0)
        shown = str(apart) if is_compared else "other meaning"
        print(f"| {name} | {naive} | {fast} | {ours} | {peers} | {shown} |")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

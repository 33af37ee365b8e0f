"""What a user writes today: pandas, `str.count` for each feature, index bootstraps.

    python benchmarks/naive.py DATA [--out FILE]

Structure checks (wrong type, empty, identical sides), exact duplicates, sixteen counts of both responses, their mean
differences with percentile intervals from 1,000 resamples of rows, and the longer-wins rate. It stops at the first
malformed line, treats rows as independent, and does not look at prompts as clusters.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from features import FEATURES, PATTERNS

RESAMPLES = 1000


def read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_json(path, lines=True)


def structure(frame: pd.DataFrame) -> dict[str, int]:
    sides = frame[["prompt", "chosen", "rejected"]]
    return {
        "rows": len(frame),
        "wrong_type": int((~sides.map(lambda value: isinstance(value, str))).any(axis=1).sum()),
        "empty": int(sides.apply(lambda column: column.str.strip().eq("")).any(axis=1).sum()),
        "identical_sides": int((frame["chosen"].str.strip() == frame["rejected"].str.strip()).sum()),
        "duplicate_rows": int(sides.duplicated().sum()),
        "duplicate_prompts": int(frame["prompt"].duplicated().sum()),
    }


def counts(texts: pd.Series) -> pd.DataFrame:
    out = {"characters": texts.str.len()}
    for name, pattern in PATTERNS.items():
        flags = re.IGNORECASE if name == "refusals" else 0
        out[name] = texts.str.count(pattern, flags=flags)
    return pd.DataFrame(out)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--near", action="store_true", help="near duplicates of whole dialogues, too")
    arguments = parser.parse_args()
    frame = read(arguments.data)
    report: dict[str, Any] = {"structure": structure(frame)}
    difference = (counts(frame["chosen"]) - counts(frame["rejected"])).to_numpy()
    lengths = difference[:, 0]
    report["longer_wins"] = float((lengths > 0).sum() / (lengths != 0).sum())
    rng = np.random.default_rng(0)
    means = np.array(
        [difference[rng.integers(0, len(difference), len(difference))].mean(axis=0) for _ in range(RESAMPLES)]
    )
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    report["differences"] = {
        name: {"mean": mean, "low": lo, "high": hi}
        for name, mean, lo, hi in zip(FEATURES, difference.mean(axis=0), low, high, strict=True)
    }
    if arguments.near:
        from near import dialogues, naive_clusters  # datasketch, loaded by those who ask for it only

        texts = dialogues(*(frame[name].tolist() for name in ("prompt", "chosen", "rejected")))
        report["near_clusters"] = naive_clusters(texts)
    text = json.dumps(report, indent=1)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()

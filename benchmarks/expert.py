"""What an expert writes today: Polars expressions on all cores, 200 multinomial bootstraps.

    python benchmarks/expert.py DATA [--out FILE]

The same checks and features as `naive.py`. It stops at the first malformed line and treats rows as independent.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from features import FEATURES, PATTERNS

RESAMPLES = 200


def scan(path: Path) -> pl.LazyFrame:
    return pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_ndjson(path)


def count(side: str, name: str) -> pl.Expr:
    column = pl.col(side)
    if name == "characters":
        return column.str.len_chars().cast(pl.Int64)
    literal = {"questions": "?", "exclamations": "!", "fences": "```", "line_ends": "\n"}.get(name)
    if literal is not None:
        return column.str.count_matches(literal, literal=True).cast(pl.Int64)
    return column.str.count_matches(PATTERNS[name]).cast(pl.Int64)


def structure(frame: pl.DataFrame) -> dict[str, int]:
    sums = frame.select(
        rows=pl.len(),
        empty=pl.any_horizontal(pl.col(name) == "" for name in ("prompt", "chosen", "rejected")).sum(),
        identical_sides=(pl.col("chosen") == pl.col("rejected")).sum(),
        duplicate_rows=pl.len() - pl.struct(pl.all().hash()).n_unique(),
        duplicate_prompts=pl.len() - pl.col("prompt").hash().n_unique(),
    )
    return {name: int(value) for name, value in sums.row(0, named=True).items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--near", action="store_true", help="near duplicates of whole dialogues, too")
    arguments = parser.parse_args()
    frame = scan(arguments.data).with_columns(pl.all().str.strip_chars()).collect()
    report: dict[str, Any] = {"structure": structure(frame)}
    difference = frame.select((count("chosen", name) - count("rejected", name)).alias(name) for name in FEATURES)
    values = difference.to_numpy().astype(np.float64)
    lengths = values[:, 0]
    report["longer_wins"] = float((lengths > 0).sum() / (lengths != 0).sum())
    rng, rows = np.random.default_rng(0), len(values)
    weights = np.full(rows, 1.0 / rows)
    means = np.array([rng.multinomial(rows, weights) @ values / rows for _ in range(RESAMPLES)])
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    report["differences"] = {
        name: {"mean": mean, "low": lo, "high": hi}
        for name, mean, lo, hi in zip(FEATURES, values.mean(axis=0), low, high, strict=True)
    }
    if arguments.near:
        from near import dialogues, expert_clusters  # datasketch, loaded by those who ask for it only

        texts = dialogues(*(frame[name].to_list() for name in ("prompt", "chosen", "rejected")))
        report["near_clusters"] = expert_clusters(texts)
    text = json.dumps(report, indent=1)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()

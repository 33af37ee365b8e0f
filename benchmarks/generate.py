"""Writes preference pairs of about 2 kB: English prose with Markdown, from a seeded generator, in bounded memory.

    python benchmarks/generate.py --rows 160000 [--out benchmarks/data]

writes `pairs-160000.jsonl` and `pairs-160000.parquet` with the fields prompt, chosen and rejected. Prompts repeat
(about 1.3 rows a prompt), responses do not. No row is planted broken: this is for timing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from features import REFUSALS

BATCH: Final = 10_000
POOL: Final = 40_000
SCHEMA: Final = pa.schema([(name, pa.string()) for name in ("prompt", "chosen", "rejected")])
WORDS: Final = (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()
"""Common English words, most frequent first."""
EMOJI: Final = ("😀", "👍", "🚀", "✨", "✅", "🎉")


def sentences(rng: np.random.Generator) -> list[str]:
    """Return a pool of sentences of 5 to 22 words; word frequencies fall as in English, one over the rank."""
    weights = 1.0 / np.arange(1, len(WORDS) + 1)
    lengths = rng.integers(5, 23, POOL)
    words = rng.choice(len(WORDS), lengths.sum(), p=weights / weights.sum())
    ends = rng.choice(list(".....?!,"), POOL)
    pool, start = [], 0
    for length, end in zip(lengths.tolist(), ends.tolist(), strict=True):
        text = " ".join(WORDS[i] for i in words[start : start + length])
        pool.append(f"{text[0].upper()}{text[1:]}{'.' if end == ',' else end}")
        start += length
    return pool


def response(parts: list[str], kind: int, number: int) -> str:
    """Lay sentences out in one of twelve ways; a third of them is plain prose."""
    lead, rest = parts[0], parts[1:]
    if kind == 0:
        return f"## {lead[:-1]}\n\n{' '.join(rest[:2])}\n\n" + "\n".join(f"- {part}" for part in rest[2:])
    if kind == 1:
        return f"{lead}\n\n" + "\n".join(f"{i}. {part}" for i, part in enumerate(rest, 1))
    if kind == 2:
        return f"{lead}\n\n```python\nvalue = {number}\nprint(value)\n```\n\n{' '.join(rest)}"
    if kind == 3:
        return f"**{lead}** {' '.join(rest)} See https://example.org/{number} for more."
    if kind == 4:
        return f"{lead} {EMOJI[number % len(EMOJI)]} Use `run {number}`. {' '.join(rest)}"
    if kind == 5:
        return f"# {lead}\n\n{' '.join(rest[:3])}\n\n* {rest[-1]}\n* **{rest[-2]}**"
    if kind == 6 and number % 4 == 0:
        return f"{REFUSALS[number % len(REFUSALS)].capitalize()} do this. {' '.join(parts)}"
    if kind == 7:
        return f"{' '.join(parts[:4])}\n\n{' '.join(parts[4:])}\n\nIt took {number} days."
    return " ".join(parts)


def batches(rows: int, seed: int) -> Iterator[list[dict[str, str]]]:
    """Yield the rows in batches; the same rows for the same seed."""
    rng = np.random.default_rng(seed)
    pool = sentences(rng)
    done = 0
    while done < rows:
        size = min(BATCH, rows - done)
        counts = rng.integers(8, 24, (size, 2))
        counts[:, 0] += rng.random(size) < 0.5
        kinds, numbers = rng.integers(0, 12, (size, 2)), rng.integers(0, 1_000_000, (size, 2))
        prompts = rng.integers(0, max(2 * rows, 1), size)
        picks = rng.integers(0, POOL, (size, 2, 24))
        out = []
        for i in range(size):
            sides = [
                response(
                    [pool[k] for k in picks[i, side, : counts[i, side]].tolist()], kinds[i, side], int(numbers[i, side])
                )
                for side in (0, 1)
            ]
            ask = int(prompts[i])
            text = f"{pool[ask % POOL]} {pool[ask * 7 % POOL]} {pool[ask * 31 % POOL]} Case {ask}?"
            out.append({"prompt": text, "chosen": sides[0], "rejected": sides[1]})
        yield out
        done += size


def main() -> None:
    """Write both files and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=160_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data")
    arguments: Any = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    stem = arguments.out / f"pairs-{arguments.rows}"
    line, columnar = stem.with_suffix(".jsonl"), stem.with_suffix(".parquet")
    with line.open("wb") as lines, pq.ParquetWriter(columnar, SCHEMA, compression="zstd") as table:
        for rows in batches(arguments.rows, arguments.seed):
            lines.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
            table.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
    for path in (line, columnar):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

"""How fast a dataset gets its digests, end to end on one core, with the bare SHA-256 of the same bytes beside it.

    python benchmarks/digests.py [--rows 160000] [--repeat 3]

Makes pairs of about 0.5 kB and 2 kB as JSON Lines and Parquet (seeded, under benchmarks/data) and times
`audit.certificate.rows.digest_rows` with one worker: parsing, canonical rows, leaves, the sorted, the ordered and the
shard tree, and the SHA-256 of the files. The process is bound to one processor where the system allows it. Times are
CPU seconds of the whole process, the least of the repetitions; wall time stands beside them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from generate import SCHEMA, batches

from audit.canonical import canonical_json
from audit.certificate import row_kernels
from audit.certificate.rows import RowDigests, digest_rows
from audit.read.open import open_sources
from audit.reading import Selection, bind

DATA = Path(__file__).parent / "data"
SIZES = {"0.5 kB": (0.15, 200_000), "2 kB": (1.0, 100_000)}
"""Share of each response that is kept, and the promised rows a second."""


def rows(count: int, share: float) -> Iterator[list[dict[str, str]]]:
    """Yield generated pairs with their responses cut to a share of their length."""
    for batch in batches(count, seed=1):
        yield [
            {"prompt": row["prompt"]}
            | {side: row[side][: int(len(row[side]) * share)] for side in ("chosen", "rejected")}
            for row in batch
        ]


def make(count: int, name: str, share: float) -> list[Path]:
    """Write both files unless they are there."""
    DATA.mkdir(exist_ok=True)
    stem = f"digests-{name.replace(' ', '').replace('.', '_')}-{count}"
    lines, columnar = DATA / f"{stem}.jsonl", DATA / f"{stem}.parquet"
    if not (lines.exists() and columnar.exists()):
        with lines.open("wb") as text, pq.ParquetWriter(columnar, SCHEMA, compression="zstd") as table:
            for batch in rows(count, share):
                text.write(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in batch))
                table.write_table(pa.Table.from_pylist(batch, schema=SCHEMA))
    return [lines, columnar]


def timed(work: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Return the least CPU and the least wall seconds of some calls."""
    costs = []
    for _ in range(repeat):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        costs.append((time.process_time() - cpu, time.perf_counter() - wall))
    return min(cpu for cpu, _ in costs), min(wall for _, wall in costs)


def digests(path: Path) -> RowDigests:
    """Digest one file as `audit sign` does."""
    return digest_rows([bind(container, Selection()) for container in open_sources([str(path)])], workers=1)


def bare(count: int, share: float, repeat: int) -> float:
    """Return the CPU seconds that hashlib alone takes for the canonical bytes of the same rows, one call a row."""
    texts = [
        b"\x00" + canonical_json(["dpo-row/v1", *row.values(), {}]) for batch in rows(count, share) for row in batch
    ]
    return timed(lambda: [hashlib.sha256(text).digest() for text in texts], repeat)[0]


def main() -> None:
    """Print one line a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=160_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    print(f"{arguments.rows} rows a file, one core, kernels in {row_kernels.IMPLEMENTATION}")
    print(
        f"{'rows of':8} {'format':8} {'rows/s (CPU)':>13} {'MB/s':>6} {'rows/s (wall)':>14} {'promised':>9}  set root"
    )
    for name, (share, promised) in SIZES.items():
        files = make(arguments.rows, name, share)
        size = files[0].stat().st_size
        for path in files:
            cpu, wall = timed(lambda path=path: digests(path), arguments.repeat)
            n = arguments.rows
            root = digests(path).set_root[:12]
            form = path.suffix[1:]
            print(f"{name:8} {form:8} {n / cpu:13,.0f} {size / cpu / 1e6:6.0f} {n / wall:14,.0f} {promised:9,}  {root}")
        few = min(arguments.rows, 20_000)
        limit = few / bare(few, share, arguments.repeat)
        print(f"{name:8} {'SHA-256':8} {limit:13,.0f} {size / arguments.rows * limit / 1e6:6.0f}  hashlib, same rows")


if __name__ == "__main__":
    main()

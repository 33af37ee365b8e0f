"""Compares row leaves and roots of the C kernels with their twin: `python -m tests.extract.fuzz_rows --seconds 60`.

Stops with the first batch on which they differ. Broken bytes go to the C kernels alone: there only memory is at stake,
which the sanitizers watch (`sanitize.sh`).
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import time

import numpy as np
import pyarrow as pa

from audit.certificate import row_kernels
from audit.certificate.row_kernels import plain_leaves, tree_root, twin_leaves, twin_root

PIECES = [chr(i) for i in range(0x20)] + [
    '"',
    "\\",
    "/",
    "\x7f",
    "abc",
    " the ",
    "\u00e9",
    "\u6708",
    "\U0001f319",
    "\u2028",
]
SIZES = (0, 1, 2, 6, 7, 8, 9, 30, 100, 400)


class DifferenceError(Exception):
    """A batch on which C and twin disagree."""


def fuzz(seed: int, most_batches: int | None = None, seconds: float | None = None) -> int:
    """Compare random batches until either bound is reached; return how many were compared.

    Raises:
        DifferenceError: with the seed and the texts.
    """
    source = random.Random(seed)
    end = None if seconds is None else time.monotonic() + seconds
    batches = 0
    while (most_batches is None or batches < most_batches) and (end is None or time.monotonic() < end):
        _compare_rows(source, seed)
        leaves = source.randbytes(32 * source.choice([0, 1, 2, 3, 5, 17, 64, 100]))
        if tree_root(leaves) != twin_root(leaves):
            raise DifferenceError(f"seed {seed}: root of {leaves.hex()}")
        _break(source)
        batches += 1
    return batches


def _column(source: random.Random, rows: int, kind: pa.DataType) -> pa.Array:
    texts = ["".join(source.choices(PIECES, k=source.choice(SIZES))) for _ in range(rows + 1)]
    return pa.array(texts, kind)[1:]


def _compare_rows(source: random.Random, seed: int) -> None:
    rows, kind = source.randrange(6), source.choice([pa.string(), pa.large_string()])
    columns = [_column(source, rows, kind) for _ in range(3)]
    extras = pa.array([f'{{"weight":"{i}"}}' for i in range(rows)], kind) if source.random() < 0.5 else None
    if not np.array_equal(plain_leaves(*columns, extras), twin_leaves(*columns, extras)):
        raise DifferenceError(f"seed {seed}: {[column.to_pylist() for column in columns]!r}")


def _break(source: random.Random) -> None:
    """Feed the kernel arbitrary bytes and offsets, some beyond the data; it may refuse, and must not read there."""
    native = importlib.import_module("audit._kernels")
    data = source.randbytes(source.randrange(200))
    most = len(data) + (source.random() < 0.2) * 100
    offsets = np.array(sorted(source.randrange(most + 1) for _ in range(5)), np.int64)
    column = (data, offsets, b"", 8, source.randrange(3), source.randrange(4))
    try:
        native.row_leaves(column, column, column, column, source.random() < 0.5, np.zeros((4, 32), np.uint8))
    except ValueError:
        return


def main() -> int:
    """Run the fuzzer from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if row_kernels.IMPLEMENTATION != "c":
        sys.stderr.write("the C kernels are not built: python hatch_build.py\n")
        return 2
    batches = fuzz(options.seed, seconds=options.seconds)
    sys.stdout.write(f"{batches} batches of rows compared, seed {options.seed}: no difference\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

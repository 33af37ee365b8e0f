"""Compares the C kernels with their twin on random texts: `python -m tests.extract.fuzz_kernels --seconds 60`.

Stops with the first text on which they differ. Broken UTF-8 goes to the C kernels alone: there only memory is at stake,
which the sanitizers watch (`sanitize.sh`).
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import numpy as np
import pyarrow as pa

from audit.extract import kernels, twin
from audit.extract.normal_form import normalise
from tests.extract.texts import random_text

BATCH = 20


class DifferenceError(Exception):
    """A text on which C and twin disagree."""


def fuzz(seed: int, most_texts: int | None = None, seconds: float | None = None) -> int:
    """Compare batches of random texts until either bound is reached; return how many texts were compared.

    Raises:
        DifferenceError: with the seed, the text and what differs.
    """
    source = random.Random(seed)
    end = None if seconds is None else time.monotonic() + seconds
    compared = 0
    while (most_texts is None or compared < most_texts) and (end is None or time.monotonic() < end):
        texts = [None if source.random() < 0.02 else random_text(source) for _ in range(BATCH)]
        first = source.randrange(3)
        array = pa.array(texts, source.choice([pa.string(), pa.large_string()])).slice(first)
        _compare(texts[first:], array, seed)
        _break(texts, source)
        compared += BATCH
    return compared


def _compare(texts: list[str | None], array: pa.Array, seed: int) -> None:
    for text, counts, key in zip(texts, kernels.count_features(array).tolist(), kernels.text_keys(array), strict=True):
        expected = twin.features(text)
        if counts != expected:
            names = [n for n, a, b in zip(kernels.FEATURES, counts, expected, strict=True) if a != b]
            raise DifferenceError(f"seed {seed}: {text!r}: {names}: C {counts}, twin {expected}")
        digest = bytes(16) if text is None else twin.digest(normalise(text).encode())
        if key.tobytes() != digest:
            raise DifferenceError(f"seed {seed}: {text!r}: key {key.tobytes().hex()}, twin {digest.hex()}")


def _break(texts: list[str | None], source: random.Random) -> None:
    """Feed the C kernels the same texts with bytes changed and offsets cut anywhere."""
    data = bytearray("".join(text or "" for text in texts).encode())
    for _ in range(len(data) // 8):
        data[source.randrange(len(data))] = source.randrange(256)
    cuts = sorted(source.randrange(len(data) + 1) for _ in range(BATCH + 1))
    offsets = np.array(cuts, dtype=np.int32)
    array = pa.Array.from_buffers(pa.string(), BATCH, [None, pa.py_buffer(offsets), pa.py_buffer(bytes(data))])
    total = int(kernels.count_features(array)[:, 0].sum())
    if total != cuts[-1] - cuts[0]:
        raise DifferenceError(f"{total} bytes counted, {cuts[-1] - cuts[0]} given")


def main() -> int:
    """Run the fuzzer from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if kernels.IMPLEMENTATION != "c":
        sys.stderr.write("the C kernels are not built: python hatch_build.py\n")
        return 2
    compared = fuzz(options.seed, seconds=options.seconds)
    sys.stdout.write(f"{compared} texts compared, seed {options.seed}: no difference\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

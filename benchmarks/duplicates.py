"""Near duplicates side by side with their peers, on the same texts, warm, in one process: CPU seconds and wall.

    python benchmarks/duplicates.py [--texts 20000] [--repeat 3]      # signatures; bands, joining and verification
    python benchmarks/duplicates.py --scale 100000,1000000,10000000   # `audit duplicates` as the data grow
    python benchmarks/run.py --rows 160000 --near                     # the whole run against the whole scripts

Texts are responses of `generate.py` (about 1 kB) of which a tenth is a copy with a few words changed. Each peer is used
as its own documentation says; datasketch and rensa get our runs of five words, whose making in Python is in their time
because a user pays it; daft and gaoya cut texts their own way.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from generate import POOL, WORDS, response, sentences
from near import SLOTS, expert_clusters, expert_signatures, shingles
from process import measure

from audit.duplicates.clusters import THRESHOLD, least_equal
from audit.extract import shingles as ours

HERE: Final = Path(__file__).parent
Race = dict[str, tuple[Callable[[], Any], int]]
"""What runs, by name, and how many texts it takes."""


def texts(count: int, seed: int = 1) -> list[str]:
    """Return texts of about 1 kB; every tenth is a copy of the one before with words changed."""
    rng = np.random.default_rng(seed)
    pool = sentences(rng)
    found: list[str] = []
    for i in range(count):
        if i % 10 == 9:
            words = found[-1].split(" ")
            for at in rng.integers(0, len(words), 3):
                words[at] = "changed"
            found.append(" ".join(words))
        else:
            parts = [pool[j] for j in rng.integers(0, POOL, 12)]
            found.append(response(parts, int(rng.integers(0, 12)), i))
    return found


def run(race: Race, repeat: int) -> dict[str, tuple[float, float]]:
    """Return the median CPU and wall seconds a million texts of each, taking turns, after one warm-up."""
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in race}
    for turn in range(repeat + 1):
        for name, (work, count) in race.items():
            cpu, wall = time.process_time(), time.perf_counter()
            work()
            cost = (1e6 * (time.process_time() - cpu) / count, 1e6 * (time.perf_counter() - wall) / count)
            if turn:
                costs[name].append(cost)
    return {
        name: (statistics.median(c for c, _ in own), statistics.median(w for _, w in own))
        for name, own in costs.items()
    }


def signatures(sample: list[str]) -> Race:
    """Everyone's way from text to 128 slots; slow ones on part of the texts."""
    column = pa.array(sample, pa.large_string())
    few = sample[: max(200, len(sample) // 20)]
    race: Race = {
        "audit (C, AVX2 where there is)": (lambda: ours.sketch(column, slot_bytes=4), len(sample)),
        "datasketch update_batch": (lambda: datasketch_batch(few), len(few)),
        "datasketch bulk, xxh3": (lambda: list(expert_signatures(few)), len(few)),
    }
    for name, work in peers(sample):
        race[name] = (work, len(sample))
    return race


def datasketch_batch(few: list[str]) -> None:
    from datasketch import MinHash

    for text in few:
        MinHash(num_perm=SLOTS, scheme="affine32").update_batch(shingles(text))


def peers(sample: list[str]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The fastest public interface of each other library that is installed."""
    try:
        import daft

        column = daft.from_pydict({"text": sample})
        grams = {"num_hashes": SLOTS, "ngram_size": 5}
        yield "daft minhash", lambda: column.select(column["text"].minhash(**grams)).collect()
    except ImportError:
        pass
    try:
        from rensa import RMinHash

        yield "rensa RMinHash", lambda: rensa_all(RMinHash, sample)
    except ImportError:
        pass
    try:
        from gaoya.minhash import MinHashStringIndex

        yield "gaoya index, par_bulk_insert", lambda: gaoya_all(MinHashStringIndex, sample)
    except ImportError:
        pass


def rensa_all(kind: Any, sample: list[str]) -> None:
    for text in sample:
        signature = kind(num_perm=SLOTS, seed=1)
        signature.update([shingle.decode() for shingle in shingles(text)])
        signature.digest()


def gaoya_all(kind: Any, sample: list[str]) -> None:
    index = kind(
        hash_size=32, jaccard_threshold=THRESHOLD, num_bands=25, band_size=5, analyzer="word", lowercase=True,
        ngram_range=(5, 5),
    )  # fmt: skip
    index.par_bulk_insert_docs(list(range(len(sample))), sample)


def errors(sample: list[str]) -> dict[str, float]:
    """Mean absolute error of the estimated similarity of each copy and its source, ours and datasketch's."""
    from datasketch import MinHash

    pairs = [(sample[i - 1], sample[i]) for i in range(9, min(len(sample), 20_000), 10)]
    flat = [text for pair in pairs for text in pair]
    sets = [set(shingles(text)) for text in flat]
    exact = np.array([len(a & b) / len(a | b) for a, b in zip(sets[::2], sets[1::2], strict=True)])
    own = ours.sketch(pa.array(flat, pa.large_string()), slot_bytes=4).reshape(len(pairs), 2, SLOTS)
    theirs = np.array([m.hashvalues for m in MinHash.generator(map(list, sets), num_perm=SLOTS)])
    theirs = theirs.reshape(len(pairs), 2, SLOTS)
    return {
        "audit": float(np.abs((own[:, 0] == own[:, 1]).mean(axis=1) - exact).mean()),
        "datasketch": float(np.abs((theirs[:, 0] == theirs[:, 1]).mean(axis=1) - exact).mean()),
    }


def joining(sample: list[str]) -> Race:
    """From signatures to clusters: ours verifies each candidate, nobody else does."""
    column = pa.array(sample, pa.large_string())
    slots, least = ours.sketch(column, slot_bytes=1), least_equal(THRESHOLD)
    from datasketch import MinHash

    few = sample[: max(1_000, len(sample) // 10)]
    signed = list(MinHash.generator(map(shingles, few), num_perm=SLOTS))

    def own() -> None:
        marked, _, _ = ours.mark_candidates(slots, least)
        chosen = np.flatnonzero(marked)
        sets = ours.shingle_sets(column.take(pa.array(chosen)))
        ours.join_duplicates(np.ascontiguousarray(slots[chosen]), sets, least, THRESHOLD)

    return {
        "audit, 25 bands of 5, verified": (own, len(sample)),
        "datasketch MinHashLSH 25 x 5 and union-find": (lambda: lsh(signed, {"params": (25, 5)}), len(few)),
        "datasketch MinHashLSH default and union-find": (lambda: lsh(signed, {"threshold": THRESHOLD}), len(few)),
        "numpy and scipy, 9 bands of 13 (with signatures)": (lambda: expert_clusters(few), len(few)),
    }


def lsh(signed: list[Any], how: dict[str, Any]) -> None:
    from datasketch import MinHashLSH

    index = MinHashLSH(num_perm=SLOTS, **how)
    parent = list(range(len(signed)))

    def find(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for number, signature in enumerate(signed):
        for other in index.query(signature):
            parent[find(int(other))] = find(number)
        index.insert(str(number), signature)


def scale(rows: int, folder: Path) -> str:
    """Time `audit duplicates` on that many texts, three a row, of 10 to 24 words; every 20th rejected is a near copy.

    Words are drawn one by one: texts put together from whole sentences would share more the more of them there are.
    """
    path = folder / f"texts-{rows}.parquet"
    rng = np.random.default_rng(rows)
    schema = pa.schema([(name, pa.string()) for name in ("prompt", "chosen", "rejected")])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, rows // 3, 50_000):
            count = min(50_000, rows // 3 - start)
            drawn = [rng.integers(0, len(WORDS), (count, width)).tolist() for width in (10, 24, 24)]
            columns = [[" ".join([WORDS[i] for i in row]) for row in part] for part in drawn]
            columns[2][::20] = [f"{text} indeed" for text in columns[1][::20]]
            writer.write_table(pa.table([pa.array(column, pa.string()) for column in columns], schema=schema))
    command = [sys.executable, "-m", "audit", "duplicates", str(path), "--no-cache", "--quiet", "--out", str(folder)]
    cost = measure(command, folder / "log")
    path.unlink()
    return f"| {rows:,} | {cost.wall_s:.1f} | {cost.cpu_s:.1f} | {1e6 * cost.cpu_s / rows:.1f} | {cost.peak_mb:,.0f} |"


def report(race: dict[str, tuple[float, float]], what: str) -> list[str]:
    (_, base), *_ = race.items()
    lines = [
        f"### {what}",
        "",
        "| | CPU s a million texts | wall s | times ours, CPU | wall |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {cpu:.2f} | {wall:.2f} | {cpu / base[0]:.1f} | {wall / base[1]:.1f} |"
        for name, (cpu, wall) in race.items()
    ]
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--scale", help="numbers of texts, comma-separated, instead of the races")
    arguments = parser.parse_args()
    names = ("datasketch", "daft", "rensa", "gaoya", "pyarrow", "numpy")
    lines = [f"# Near duplicates, {datetime.now(UTC).date()}", "", f"{platform.processor() or platform.machine()}; "]
    lines[-1] += ", ".join(f"{name} {_version(name)}" for name in names)
    lines.append("")
    if arguments.scale:
        lines += [
            "### As the data grow",
            "",
            "| texts | wall s | CPU s | CPU s a million | peak MB |",
            "|---|---|---|---|---|",
        ]
        with tempfile.TemporaryDirectory() as folder:
            lines += [scale(int(rows), Path(folder)) for rows in arguments.scale.split(",")]
    else:
        sample = texts(arguments.texts)
        size = sum(map(len, sample)) / len(sample)
        lines += [f"{len(sample):,} texts of {size:.0f} characters, median of {arguments.repeat}, warm.", ""]
        lines += report(run(signatures(sample), arguments.repeat), "Text to 128 slots")
        found = errors(sample)
        lines += [f"Mean absolute error: {', '.join(f'{name} {error:.4f}' for name, error in found.items())}.", ""]
        lines += report(run(joining(sample), arguments.repeat), "Slots to clusters")
    text = "\n".join(lines) + "\n"
    kind = "scale" if arguments.scale else "races"
    (HERE / "results" / f"duplicates-{kind}-{datetime.now(UTC).date()}.md").write_text(text, encoding="utf-8")
    print(text)


def _version(name: str) -> str:
    try:
        return version(name)
    except ImportError:
        return "not installed"


if __name__ == "__main__":
    main()

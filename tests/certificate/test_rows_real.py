"""Row digests of public preference files: a Parquet copy and a shuffled one have the same set and evidence roots."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.certificate.rows import RowDigests, digest_rows
from audit.read.open import open_sources
from audit.reading import Selection, bind

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
FILES = sorted(DATA.glob("*.jsonl.gz"))


def digests(path: Path) -> RowDigests:
    return digest_rows([bind(container, Selection()) for container in open_sources([str(path)])])


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="the public files are not here")
@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_copies_of_public_files_have_one_identity(path: Path, tmp_path: Path) -> None:
    """Transcripts, Alpaca and ShareGPT rows, votes without texts, both orders, conversations, three languages."""
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    original = digests(path)
    random.Random(1).shuffle(rows)
    shuffled = tmp_path / "shuffled.jsonl"
    shuffled.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    copies = [digests(shuffled)]
    try:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "copy.parquet")
    except pa.ArrowException:  # one field of several types, which no columnar file can hold
        assert path.name.startswith("pandalm")
    else:
        copies.append(digests(tmp_path / "copy.parquet"))
    for copy in copies:
        assert (copy.n, copy.pairs, copy.set_root) == (original.n, original.pairs, original.set_root)
        assert (copy.evidence_n, copy.evidence_root) == (original.evidence_n, original.evidence_root)
        assert copy.columns == original.columns

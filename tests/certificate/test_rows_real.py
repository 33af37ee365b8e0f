"""Row digests of public preference files: a Parquet copy and a shuffled one have the same set and evidence roots."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.certificate.proofs import prove
from audit.certificate.row_source import referenced_row
from audit.certificate.rows import RowDigests, digest_rows, sorted_leaves
from audit.errors import InputError
from audit.read.open import open_sources
from audit.reading import Reading, Selection, bind

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


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="the public files are not here")
@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_single_rows_are_read_as_in_their_file(path: Path) -> None:
    """A row fetched on its own has a leaf of the whole file, whatever stands beside it there."""
    readings = [bind(container, Selection()) for container in open_sources([str(path)])]
    leaves = sorted_leaves(readings)
    rows = [chunk.first_row + i for chunk in readings[0].container.chunks() for i in range(0, 300, 29)]
    forms = [form for row in rows if (form := single(f"{path.name}:{row}", readings)) is not None]
    assert len(forms) >= 5
    assert {prove(form, leaves)["kind"] for form in forms} == {"inclusion"}


def single(reference: str, readings: list[Reading]) -> list[Any] | None:
    """The row's form; None past the end, where it was set aside, and where it holds several comparisons."""
    try:
        return referenced_row(reference, readings)
    except InputError:
        return None

"""What an external reader gets: the bytes of every output are searched for the text of the rows."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audit import run
from audit.errors import UsageError
from audit.report.audience import for_audience

from .sample_document import sample_evidence

ROLES = ("prompt", "response_a", "response_b")


def marked_rows() -> list[dict[str, Any]]:
    """Return 240 rows whose texts, comments and broken fields hold words that stand nowhere else."""
    source = random.Random(5)
    words = ["parcel", "refund", "order", "label", "depot", "answer", "courier", "invoice"]
    rows: list[dict[str, Any]] = []
    for i in range(240):
        said = {
            role: f"secretword{role.replace('_', '')}{i} " + " ".join(source.choices(words, k=20)) for role in ROLES
        }
        rows.append({**said, "label": "a", "locale": "de-DE", "annotator": f"person{i % 9}"})
        if i % 10 == 0:
            rows[-1]["response_b"] = rows[-1]["response_a"]
        if i % 25 == 3:
            rows[-1]["response_a"] = {"secretwordbroken": f"secretwordbroken{i}"}
    return rows


def outputs(folder: Path, audience: str) -> dict[str, bytes]:
    """Audit the marked rows and return every output, what is packed in it unpacked behind it."""
    data = folder / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in marked_rows()) + '{"prompt": "secretwordcut', "utf-8")
    run(data, out=folder / audience, audience=audience)
    found = {file.name: file.read_bytes() for file in (folder / audience).iterdir()}
    for name in [name for name in found if name.endswith(".parquet")]:
        found[name] += json.dumps(pq.read_table(folder / audience / name).to_pylist()).encode()
    (island,) = re.findall(rb'id="evidence-rows">([^<]*)', found["report.html"])
    found["report.html"] += gzip.decompress(base64.b64decode(island))
    return found


def test_external_outputs_hold_no_text_of_any_row(tmp_path: Path) -> None:
    """Not one of the words is in any byte of any file, though rows were rejected and rules failed with evidence."""
    found = outputs(tmp_path, "external")
    assert {"result.json", "report.html", "rejects.jsonl", "evidence.parquet", "certificate.json"} <= set(found)
    assert [name for name, written in found.items() if b"secretword" in written.lower()] == []
    assert len(pq.read_table(tmp_path / "external" / "evidence.parquet")) > 20
    assert found["rejects.jsonl"].count(b"\n") > 5


def test_the_search_would_find_it(tmp_path: Path) -> None:
    """The control: inside, report, evidence and rejects hold the texts; the result and the certificate never do."""
    found = outputs(tmp_path, "internal")
    spoken = {name for name, written in found.items() if b"secretword" in written.lower()}
    assert spoken == {"report.html", "evidence.parquet", "rejects.jsonl"}


def test_the_result_is_the_same_for_both(tmp_path: Path) -> None:
    """Who reads it changes no number and no digest of the result."""
    inside, outside = (outputs(tmp_path, audience)["result.json"] for audience in ("internal", "external"))
    assert inside == outside


def test_places_digests_and_lengths_stay() -> None:
    """What identifies a row to who holds the data is left; what it says, and who judged it, is not."""
    (row,) = sample_evidence(1)
    (shown,) = for_audience([row], "external")
    changed = {key for key in row if shown[key] != row[key]}
    assert changed == {"prompt", "response_a", "response_b", "annotators"}
    assert shown["response_a_length"] == len(row["response_a"])


def test_another_audience_is_an_error() -> None:
    """A typing error must not show what should be hidden, and is told before anything is read."""
    with pytest.raises(UsageError, match="no such audience"):
        run("nowhere.jsonl", audience="extern")
    with pytest.raises(ValueError, match="audience 'extern', expected one of internal, external"):
        for_audience([], "extern")

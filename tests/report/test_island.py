"""The evidence inside the report: caps, order, escaping."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from audit.report.html import render_html
from audit.report.island import ROWS, ROWS_A_RULE, Island, evidence_island

from .hostile import HOSTILE, hostile_evidence
from .sample_document import sample_evidence


def opened(island: Island) -> tuple[str, Any]:
    plain = gzip.decompress(base64.b64decode(island.payload)).decode()
    return plain, json.loads(plain)


def test_rows_come_back(document: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
    """Place, label, texts and the rules' titles are in the payload, in order."""
    island = evidence_island(document, evidence)
    _, content = opened(island)
    assert (island.shown, island.total) == (24, 24)
    assert [row["place"] for row in content["rows"]] == [f"{row['file']}:{row['row']}" for row in evidence]
    assert content["rows"][3]["a"] == evidence[3]["response_a"]
    assert content["rows"][3]["label"] == "a"
    assert content["titles"]["STR-002"] == "Chosen and rejected are the same text"


def test_at_most_200_rows_a_rule(document: dict[str, Any]) -> None:
    """250 rows of one rule and 10 of another: 200 and 10 stay, and the rare rule's rows come early."""
    rows = sample_evidence(260, 20)
    for row in rows[250:]:
        row["rules"] = ["POS-002"]
    island = evidence_island(document, rows)
    _, content = opened(island)
    rules = [row["rules"][0] for row in content["rows"]]
    assert (rules.count("STR-002"), rules.count("POS-002")) == (ROWS_A_RULE, 10)
    assert rules[:4] == ["STR-002", "POS-002", "STR-002", "POS-002"]
    assert (island.shown, island.total) == (210, 260)


def test_at_most_5000_rows(document: dict[str, Any]) -> None:
    """30 rules with 200 rows each: 5,000 of 6,000 stay, nearly the same number of each."""
    rows = sample_evidence(6000, 6)
    for index, row in enumerate(rows):
        row["rules"] = [f"R-{index % 30:03d}"]
    island = evidence_island(document, rows)
    assert (island.shown, island.total) == (ROWS, 6000)


def test_at_most_so_many_bytes(document: dict[str, Any]) -> None:
    """Random text does not compress: rows are dropped until the payload fits, and not to nothing."""
    source = random.Random(7)
    rows = sample_evidence(100, 10)
    for row in rows:
        row["response_a"] = "".join(chr(source.randrange(33, 0x2000)) for _ in range(2000))
    island = evidence_island(document, rows, most_bytes=30_000)
    assert len(island.payload) <= 30_000
    assert 5 < island.shown < 100


@pytest.mark.parametrize("text", HOSTILE)
def test_the_payload_has_no_character_that_html_knows(document: dict[str, Any], text: str) -> None:
    """Base64 outside; inside, the JSON has none of < > & nor the two separators either."""
    island = evidence_island(document, hostile_evidence(text))
    assert set(island.payload) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    plain, _ = opened(island)
    assert not set(plain) & set("<>&\u2028\u2029\u202e\x1b\x00")


def test_what_is_left_out_is_said(document: dict[str, Any]) -> None:
    """The report counts the rows that it does not show."""
    page = render_html(document, sample_evidence(260, 20), generated_at="now")
    assert "200 rows behind the findings" in page
    assert "60 more are left out here (at most 200 a rule are shown). All are in evidence.parquet." in page


def test_texts_are_cut_before_rows_are_left_out(document: dict[str, Any]) -> None:
    """100 random texts of 2,000 characters do not fit into 150 kB: all 100 rows stay, each cut at 400."""
    source = random.Random(7)
    rows = sample_evidence(100, 10)
    for row in rows:
        row["response_a"] = "".join(chr(source.randrange(33, 0x250)) for _ in range(2000))
    island = evidence_island(document, rows, most_bytes=150_000)
    _, content = opened(island)
    assert (island.shown, island.longest) == (100, 400)
    assert all(row["a"].endswith(" […]") for row in content["rows"])
    assert len(island.payload) <= 150_000


def test_what_is_cut_is_said(document: dict[str, Any]) -> None:
    """The page tells how long a shown text may be."""
    page = render_html(document, sample_evidence(3, 20), generated_at="now")
    assert "3 rows behind the findings, each text cut at 4,000 characters. All are in evidence.parquet." in page


def big_document(document: dict[str, Any]) -> dict[str, Any]:
    """Give a document 60 rules and 1,500 sliced numbers."""
    document["rules"] = [{**document["rules"][i % 4], "id": f"R-{i:03d}"} for i in range(60)]
    sliced = next(m for m in document["measures"] if m["slice"] is not None)
    document["measures"] += [
        {**sliced, "name": f"balance.made_{i % 30}", "slice": {"by": "topic", "value": f"topic number {i}"}}
        for i in range(1500)
    ]
    return document


def pairs(texts: Callable[[], str]) -> list[dict[str, Any]]:
    """Return 3,000 rows of 60 rules with made responses."""
    rows = sample_evidence(3000, 10)
    for index, row in enumerate(rows):
        row.update(rules=[f"R-{index % 60:03d}"], response_a=texts(), response_b=texts())
    return rows


def test_size_budget(document: dict[str, Any]) -> None:
    """3,000 pairs, 6.6 MB of text made of recurring sentences with changing words: all are there, in 1.5 MB."""
    source = random.Random(1)
    words = ["".join(source.choices("etaoinshrdlucmfw", k=source.randint(2, 9))) for _ in range(3000)]
    frames = [" ".join(source.choices(words, k=12)) + " {} " + " ".join(source.choices(words, k=8)) for _ in range(40)]
    rows = pairs(lambda: " ".join(source.choice(frames).format(source.choice(words)) for _ in range(12))[:1100])
    assert sum(len(row["response_a"]) + len(row["response_b"]) for row in rows) == 3000 * 2 * 1100
    page = render_html(big_document(document), rows, generated_at="now")
    assert "3,000 rows behind the findings, each text cut at" in page
    assert "more are left out" not in page
    assert len(page.encode()) <= 1_500_000


def test_text_that_does_not_compress_leaves_rows_out_and_not_the_budget(document: dict[str, Any]) -> None:
    """3,000 pairs of words drawn at random: rows are left out and counted, the file stays below 1.5 MB."""
    source = random.Random(2)
    words = ["".join(source.choices("etaoinshrdlucmfw", k=source.randint(2, 9))) for _ in range(3000)]
    page = render_html(
        big_document(document), pairs(lambda: " ".join(source.choices(words, k=150))), generated_at="now"
    )
    (left,) = re.findall(r"([\d,]+) more are left out here", page)
    assert 0 < int(left.replace(",", "")) < 2000
    assert len(page.encode()) <= 1_500_000

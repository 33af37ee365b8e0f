"""The section of copies: the largest clusters with places and reasons, inert whatever files are called."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from audit.duplicates.tables import CLUSTERS, largest_clusters
from audit.report.cluster_section import clusters
from audit.report.html import Companions, render_html

from .hostile import HOSTILE


def member(kind: str, cluster: int, size: int, row: int, *, keep: bool, file: str = "a.jsonl") -> dict[str, Any]:
    return {
        "kind": kind, "cluster": cluster, "size": size, "file": file, "row": row, "part": 0,
        "side": None if kind == "pair" else "a", "similarity": None if kind == "pair" else 0.91, "keep": keep,
        "why": "the cluster's most frequent pair" if keep else "nearly the same",
    }  # fmt: skip


def table(*members: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(members), schema=CLUSTERS)


def test_the_largest_come_first_and_are_cut() -> None:
    """Of each kind so many clusters, of each so many members; a kind without clusters has none."""
    made = [member("pair", 0, 2, row, keep=row == 1) for row in (1, 2)]
    made += [member("pair", 1, 7, row, keep=row == 3) for row in range(3, 10)]
    made += [member("response", 0, 3, row, keep=row == 1) for row in (1, 2, 3)]
    found = largest_clusters(table(*made), most=2, members=4)

    assert [(one["kind"], one["cluster"], one["size"], len(one["members"])) for one in found] == [
        ("pair", 1, 7, 4), ("pair", 0, 2, 2), ("response", 0, 3, 3),
    ]  # fmt: skip
    assert largest_clusters(table()) == []


def test_the_section_names_places_and_reasons(document: dict[str, Any]) -> None:
    """File, row and side, keep or copy, similarity, why; no section without clusters."""
    found = largest_clusters(table(*(member("response", 4, 2, row, keep=row == 8) for row in (8, 9))))
    page = render_html(document, (), generated_at="now", beside=Companions(clusters=found))

    assert "a.jsonl:8 a" in page
    assert "4: 2 members" in page
    assert ">keep<" in page
    assert ">copy<" in page
    assert "0.910" in page
    assert 'id="clusters"' not in render_html(document, (), generated_at="now")
    assert clusters(()) is None


def test_hostile_names_are_inert(document: dict[str, Any]) -> None:
    """A file called like a tag adds none."""
    for text in HOSTILE:
        name = text.encode("utf-8", "replace").decode()
        page = render_html(document, (), generated_at="now", beside=Companions(clusters=pairs(name)))
        plain = render_html(document, (), generated_at="now", beside=Companions(clusters=pairs("a.jsonl")))
        assert page.count("<") == plain.count("<")


def pairs(file: str) -> list[dict[str, Any]]:
    """One cluster of two pairs of a file."""
    return largest_clusters(table(*(member("pair", 0, 2, row, keep=row == 1, file=file) for row in (1, 2))))

"""The largest clusters of copies: which rows they are, how similar, what to keep and why; never a row's text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from audit.report import figures
from audit.report.document import Document, place
from audit.report.markup import Markup, element, join
from audit.report.tables import section, table

KINDS: Final = {"pair": "Pairs", "prompt": "Prompts", "response": "Responses"}
INTRO: Final = (
    "Texts whose five-word runs are nearly the same, verified one pair at a time. Of a cluster of pairs one comparison "
    "is enough; a repeated prompt or response is no waste by itself. duplicates.parquet holds every cluster and member."
)


def clusters(largest: Sequence[Document]) -> Markup | None:
    """Return the largest clusters of each kind; None where there are none.

    Args:
        largest: `kind`, `cluster`, `size` and `members`, each with file, row, part, side, similarity, keep and why; the
            largest first.
    """
    if not largest:
        return None
    shown = [
        join((element("h3", f"{title}: the largest clusters"), _table([one for one in largest if one["kind"] == kind])))
        for kind, title in KINDS.items()
        if any(one["kind"] == kind for one in largest)
    ]
    return section("clusters", "Copies", *shown, intro=INTRO)


def _table(found: Sequence[Document]) -> Markup:
    rows = [
        (
            _head(one) if first else element("span", _head(one), class_="quiet"),
            f"{place(member)}{' ' + member['side'] if member['side'] in ('a', 'b') else ''}",
            "keep" if member["keep"] else "copy",
            "–" if member["similarity"] is None else f"{member['similarity']:.3f}",
            member["why"],
        )
        for one in found
        for first, member in zip([True] + [False] * len(one["members"]), one["members"], strict=False)
    ]
    heads = ("cluster", "row", "keep", "#similarity", "why")
    caption = f"{len(found)} clusters with their first members; similarity is to the kept text"
    return table(caption, heads, rows)


def _head(one: Document) -> str:
    return f"{one['cluster']}: {figures.count(one['size'])} members"

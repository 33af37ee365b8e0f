"""Tables of the HTML report: a caption, heads with scope, numbers to the right, room to scroll on narrow screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audit.report.markup import Child, Markup, element


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[Child]],
    *,
    kind: str | None = None,
    is_quiet: bool = False,
) -> Markup:
    """Return a table in a scrolling region; the first cell of each row is the row's head.

    Args:
        caption: what the table holds, for everyone; it also names the region.
        heads: column heads; "#n" is the head "n" of a column of numbers.
        rows: cells; text of any origin is escaped.
        kind: extra class.
        is_quiet: the caption is for screen readers only, where a heading beside it says the same.
    """
    numeric = [head.startswith("#") for head in heads]
    titles = [head if isinstance(head, Markup) else head.removeprefix("#") for head in heads]
    quiet = "quiet" if is_quiet else None
    kinds = [kind] if kind else []
    if all(numeric[1:]) and not numeric[0]:  # said once for all cells: reports have thousands of them
        kinds, numeric = [*kinds, "nums"], [False] * len(heads)
    head = element("tr", (element("th", t, scope="col", class_=_kind(n)) for t, n in zip(titles, numeric, strict=True)))
    body = (element("tr", _cells(row, numeric)) for row in rows)
    inner = element(
        "table",
        element("caption", caption, class_=quiet),
        element("thead", head),
        element("tbody", body),
        class_=" ".join(kinds) or None,
    )
    return element("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _cells(row: Sequence[Child], numeric: Sequence[bool]) -> Iterable[Markup]:
    for index, (cell, is_numeric) in enumerate(zip(row, numeric, strict=True)):
        if index == 0:
            yield element("th", cell, scope="row", class_=_kind(is_numeric))
        else:
            yield element("td", cell, class_=_kind(is_numeric))


def _kind(is_numeric: bool) -> str | None:  # noqa: FBT001 - a private one-liner
    return "num" if is_numeric else None


def facts(pairs: Iterable[tuple[str, Child]], *, kind: str = "facts") -> Markup:
    """Return a list of named values."""
    return element(
        "dl", (element("div", element("dt", name), element("dd", value)) for name, value in pairs), class_=kind
    )


def disclosure(summary: Child, *content: Child, is_open: bool = False, kind: str | None = None) -> Markup:
    """Return a part that opens and closes without script."""
    return element("details", element("summary", summary), *content, open=is_open, class_=kind)


def section(identity: str, title: str, *content: Child, intro: str | None = None) -> Markup:
    """Return one part of the report with its heading."""
    heading = element("h2", title, id=f"{identity}-title")
    lead = element("p", intro, class_="intro") if intro else None
    return element("section", heading, lead, *content, id=identity, aria_labelledby=f"{identity}-title")

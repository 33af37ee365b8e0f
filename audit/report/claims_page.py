"""What became of a vendor's claims, as a page: `audit.claims.deciding` makes the document that this reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from audit.report import figures
from audit.report.blocks import Cell, Page, Said, Section, Table
from audit.report.document import Document, slice_name
from audit.report.safe import sentence

WORDS: Final = {
    "confirmed": Said("confirmed", "pass"),
    "refuted": Said("REFUTED", "fail"),
    "undecided": Said("undecided", "inconclusive"),
    "not_measured": Said("not measured", "not_assessable"),
}
_ORDER: Final = ("refuted", "undecided", "not_measured", "confirmed")


def claims_page(document: Document) -> Page:
    """Return the page of claims."""
    counts, entries = document["counts"], document["claims"]
    of = " of ".join(part for part in (document["dataset"], document["vendor"]) if part)
    sections = [Section("Clause by clause", [_table(entries)]), Section("Why", list(_reasons(entries)))]
    if document["price"]:
        sections.append(Section("Cost", list(_cost(document["price"]))))
    tool = document["result"]["tool"]
    return Page(
        kicker="Claims against measurements",
        title=f"{len(entries)} claims" + (f" about {of}" if of else ""),
        verdict=_answer(document),
        lead=[*_incomplete(document), _told(counts), _method(document)],
        sections=sections,
        foot=f"{tool['name']} {tool['version']}; what is not counted is claimed of the process that made the labels.",
    )


def _answer(document: Document) -> Said:
    counts = document["counts"]
    if not document["result"]["complete"]:
        return Said("The audit is incomplete: no claim may be taken as settled.", "incomplete")
    if counts["refuted"]:
        return Said(f"{counts['refuted']} of {len(document['claims'])} claims are refuted.", "fail")
    if counts["undecided"] or counts["not_measured"]:
        return Said("No claim is refuted, and not every one is confirmed.", "inconclusive")
    return Said("Every claim is confirmed.", "pass")


def _incomplete(document: Document) -> Iterator[Cell]:
    if not document["result"]["complete"]:
        yield Said("An auditor failed, and its measures are missing.", "incomplete")


def _told(counts: Document) -> str:
    return ", ".join(f"{counts[status]} {WORDS[status].text.lower()}" for status in reversed(_ORDER)) + "."


def _method(document: Document) -> str:
    return (
        "Confirmed: the whole 90 % interval lies in what is stated (each end is a 95 % bound). Refuted: all of it lies "
        f"outside, and p, adjusted by Holm over the {document['tested']} claims tested, is at most 5 %. What is "
        "counted is decided exactly."
    )


def _table(entries: Sequence[Document]) -> Table:
    rows = [
        [
            entry["clause"],
            entry["measure"] + (f" ({slice_name(entry['slice'])})" if entry["slice"] else ""),
            _stated(entry),
            figures.number(entry["value"], entry["unit"] or ""),
            figures.interval(entry["low"], entry["high"], entry["unit"] or ""),
            figures.count(entry["n"]),
            WORDS[entry["status"]],
        ]
        for entry in entries
    ]
    return Table("", ("clause", "measure", "stated", "#found", "#interval", "#n", "answer"), rows)


def _stated(entry: Document) -> str:
    stated, unit = entry["stated"], entry["unit"] or ""
    low, high = (None if end is None else figures.round_number(end, unit) for end in (stated["low"], stated["high"]))
    if stated["bound"] == "at_least":
        return f"≥ {low}"
    if stated["bound"] == "at_most":
        return f"≤ {high}"
    return f"= {low}" if stated["bound"] == "equal_to" else f"{low} to {high}"


def _reasons(entries: Sequence[Document]) -> Iterator[Cell]:
    for status in _ORDER:
        for entry in entries:
            if entry["status"] == status and status != "confirmed":
                text = f' "{entry["text"]}"' if entry["text"] else ""
                told = f"{entry['clause']}{text} {WORDS[status].text}: {sentence(entry['message'])}"
                yield told + (f" To unlock it: {entry['unlock']}." if entry["unlock"] else "")
    if all(entry["status"] == "confirmed" for entry in entries):
        yield "Nothing is open."


def _cost(price: Document) -> Iterator[Cell | Table]:
    def money(value: float | None) -> str:
        return figures.NOTHING if value is None else f"{value:,.4g} {price['currency']}"

    least, most = price["usable_at_least"], price["usable"]
    usable = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    dearest = price["total"] / least if least else None
    each = money(price["a_usable_pair"])
    rows: list[list[Cell]] = [
        ["price", f"{price['total']:,.2f} {price['currency']}"],
        [f"a row read ({price['read']:,})", money(price["a_row"])],
        [f"a usable pair ({usable})", each if least == most else f"{each} to {money(dearest)}"],
    ]
    yield Table("", ("what", "#costs"), rows)
    yield f"Usable: {price['basis']}."

"""What became of a dataset on its way to a training set, as a page made of the account in derive.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from audit.report import figures
from audit.report.blocks import Cell, Page, Said, Section, Table
from audit.report.diff_page import changed_verdicts, side_by_side
from audit.report.document import VERDICT_WORDS, Document

MOST_RULES: Final = 20


def derive_page(account: Document, comparison: Document | None) -> Page:
    """Return the page of a derived set.

    Args:
        account: derive.json.
        comparison: of the audits before and after, as `audit.compare.comparing` makes it; None without audits.
    """
    kept, total = account["kept"], account["comparisons"]
    share = figures.number(kept / total if total else 0.0, "share")
    sections = [Section("What became of every row", list(_account(account))), Section("Files", [_files(account)])]
    if account["price"]:
        sections.append(Section("Cost", [_cost(account["price"])]))
    if comparison:
        sections.append(Section("Audits before (A) and after (B)", list(_audits(comparison))))
    return Page(
        kicker="Derived training set",
        title=f"{kept:,} pairs of {total:,} comparisons ({share})",
        verdict=_verdict(kept, comparison),
        lead=list(_lead(account)),
        sections=sections,
        foot="Derived by rules, not by taste: nothing was rewritten, and no label was changed.",
    )


def _verdict(kept: int, comparison: Document | None) -> Said:
    if not kept:
        return Said("Nothing is left to train on.", "fail")
    if comparison is None:
        return Said(f"{kept:,} pairs written, not audited.", "not_assessable")
    before, after = (r["verdict"] for r in comparison["results"])
    return Said(f"Audit before: {VERDICT_WORDS[before].lower()}. After: {VERDICT_WORDS[after].lower()}.", after)


def _lead(account: Document) -> Iterator[Cell]:
    rows = account["rows"]
    yield (
        f"{rows['read']:,} rows read = {rows['accepted']:,} accepted + {rows['rejected']:,} that could not be read; "
        f"{account['comparisons']:,} comparisons = {account['kept']:,} kept + {account['quarantined']:,} quarantined."
    )
    if account["made_messages"]:
        yield (
            f"{account['made_messages']:,} pairs recorded as texts became messages (user, assistant), because others "
            "are messages and a trainer goes by the first row."
        )
    if account["labels_from_votes"]:
        yield f"{account['labels_from_votes']:,} labels are the majority of the votes, because none was shipped."
    if account["outvoted"]:
        yield Said(
            f"{account['outvoted']:,} kept pairs have a shipped label that less than half of their own votes support "
            "(soft_label below 0.5).",
            "inconclusive",
        )
    if account["kept"] and account["without_votes"] == account["kept"]:
        yield "No votes are recorded, so that there are no soft labels."
    if not account["against"]:
        yield "No protected set was given (--against): leaks were looked for in the data's own splits only."


def _account(account: Document) -> Iterator[Cell | Table]:
    total = account["comparisons"]
    rows: list[list[Cell]] = [["kept", "a pair to train on", *_part(account["kept"], total)]]
    rows += [[r["reason"], r["meaning"], *_part(r["comparisons"], total)] for r in account["reasons"]]
    rows.append(["together", "comparisons", *_part(total, total)])
    yield Table("", ("reason", "meaning", "#comparisons", "#share"), rows)
    unreadable = account["unreadable"]
    if unreadable:
        told = ", ".join(f"{count:,} {code}" for code, count in unreadable.items())
        yield f"Beside them, source rows that could not be read: {told}."
    yield "Each row that is not kept stands in quarantine.jsonl with its first reason in this order."


def _part(count: int, total: int) -> tuple[str, str]:
    return figures.count(count), figures.number(count / total, "share") if total else figures.NOTHING


def _files(account: Document) -> Table:
    splits = {split["name"]: split for split in account["splits"]}
    rows: list[list[Cell]] = []
    for file in account["files"]:
        split = splits.get(file["name"].rpartition(".")[0])
        told = [figures.count(split["pairs"]), figures.count(split["clusters"])] if split else ["", ""]
        rows.append([file["name"], *told, file["sha256"][:16]])
    form = f" ({account['form']} form)" if account["form"] else ""
    return Table(f"Pairs in TRL's preference format{form}", ("file", "#pairs", "#clusters of prompts", "SHA-256"), rows)


def _cost(price: Document) -> Table:
    def money(value: float | None) -> str:
        return figures.NOTHING if value is None else f"{value:,.4g} {price['currency']}"

    rows: list[list[Cell]] = [
        ["price", f"{price['total']:,.2f} {price['currency']}"],
        [f"a row read ({price['read']:,})", money(price["a_row"])],
        [f"a usable pair ({price['usable']:,})", money(price["a_usable_pair"])],
    ]
    if price["a_row"] and price["a_usable_pair"]:
        rows.append(["dearer by", f"{price['a_usable_pair'] / price['a_row'] - 1:.0%}"])
    return Table("", ("what", "#costs"), rows)


def _audits(comparison: Document) -> Iterator[Cell | Table]:
    (pair,) = comparison["comparisons"]
    yield side_by_side(comparison["results"])
    yield from changed_verdicts(pair, MOST_RULES)

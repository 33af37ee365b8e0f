"""The result on a terminal: one line a rule, then what fails, what could not be assessed, and the verdict.

Plain ASCII words of our own and no escape sequence when `color` is off, so that a pipe, a log or `grep` can take it.
Text that came from the data is cleaned of everything that a terminal would obey.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from audit.report import figures
from audit.report.console import text_console, written
from audit.report.document import VERDICT_WORDS, Document, slice_name
from audit.report.judged import JudgedRule, judged_rules, others_told
from audit.report.safe import one_line, sentence
from audit.report.waiver_section import lines as waiver_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST_ROWS: Final = 8
"""Evidence rows that are named under a failed rule."""
MOST_SLICES: Final = 4
"""Slices of one rule that are named under it."""
NARROW: Final = 96
"""Below so many columns verdicts are a sign or an abbreviation in the table."""
LEAST_TITLE: Final = 16
"""Columns that a rule's title keeps however narrow the terminal is."""
_STYLES: Final = {
    "pass": "green",
    "pass_with_waivers": "yellow",
    "fail": "bold red",
    "inconclusive": "yellow",
    "not_assessable": "magenta",
    "not_applicable": "dim",
    "incomplete": "bold red",
}
_MARKS: Final = {
    "pass": "✓",
    "pass_with_waivers": "✓",
    "fail": "✗",
    "inconclusive": "?",
    "not_assessable": "–",
    "not_applicable": "·",
    "incomplete": "!",
}
_SHORT: Final = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONC", "not_assessable": "N/A"}
_TITLE: Final = 2
_GAP: Final = "  "
_CUT: Final = "..."


def render_terminal(document: Document, *, width: int = 100, color: bool = False, report: str | None = None) -> str:
    """Return the text to print.

    Args:
        document: the result document.
        width: columns of the terminal, or of the log; lines that say why wrap, the table cuts titles.
        color: colours and signs instead of plain words.
        report: where the HTML report is, named in the last line.
    """
    console = text_console(width, color=color)
    console.print(_inputs(document), soft_wrap=True)
    console.print()
    for line in _table(document, color=color, width=console.width):
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    console.print()
    _print_reasons(console, document, color=color)
    _print_undecided_slices(console, document)
    _print_not_assessable(console, document)
    _print_waivers(console, document)
    _print_verdict(console, document, color=color, report=report)
    return written(console, color=color)


def _inputs(document: Document) -> str:
    rows = document["rows"]
    names = [one_line(entry["name"], 60) for entry in document["inputs"][:3]]
    more = len(document["inputs"]) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    return (
        f"{listed}: {figures.count(rows['read'])} rows read, {figures.count(rows['rejected'])} rejected, "
        f"{figures.count(document['comparisons'])} comparisons, {figures.count(document['judgments'])} judgments"
    )


def _table(document: Document, *, color: bool, width: int) -> Iterator[Text]:
    """Yield the head and one line a rule; the title gives way when the terminal is narrow."""
    from rich.cells import cell_len
    from rich.text import Text

    heads = [Text(head) for head in ("", "rule", "fault looked for", "estimate", "interval", "limit", "n")]
    is_narrow = width < NARROW
    rows = [heads, *(_cells(entry, color=color, is_narrow=is_narrow) for entry in _judged(document))]
    widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*rows, strict=True)]
    others = sum(widths) - widths[_TITLE] + len(_GAP) * (len(heads) - 1)
    widths[_TITLE] = min(widths[_TITLE], max(width - others, LEAST_TITLE))
    for cells in rows:
        for index, (cell, wide) in enumerate(zip(cells, widths, strict=True)):
            if index > _TITLE:
                cell.pad_left(wide - cell_len(cell.plain))
            else:
                if not color and cell_len(cell.plain) > wide:  # plain logs have no ellipsis sign
                    cell.truncate(wide - len(_CUT), overflow="crop")
                    cell.append(_CUT)
                cell.truncate(wide, overflow="ellipsis", pad=True)
        yield Text(_GAP).join(cells)


def _judged(document: Document) -> list[JudgedRule]:
    return judged_rules(document, "fail", "inconclusive", "not_assessable", "pass")


def _cells(judged: JudgedRule, *, color: bool, is_narrow: bool) -> list[Text]:
    from rich.text import Text

    rule = judged.head
    unit = rule["unit"]
    part = slice_name(rule["slice"])
    title = f"{part}: {rule['title']}" if part else str(rule["title"])
    if rule.get("waiver"):
        title = f"(waived) {title}"
    plain = (
        one_line(str(rule["id"]) + ("*" if rule["required"] else ""), 16),
        one_line(title, 200),
        figures.number(rule["estimate"], unit),
        figures.interval(rule["low"], rule["high"], unit),
        figures.limit(rule),
        figures.count(rule["n"]),
    )
    mark = _mark(rule["verdict"], color=color)
    if is_narrow:
        mark = Text(_MARKS[rule["verdict"]] if color else _SHORT[rule["verdict"]], mark.style)
    return [mark, *(Text(cell) for cell in plain)]


def _mark(verdict: str, *, color: bool) -> Text:
    from rich.text import Text

    word = VERDICT_WORDS[verdict]
    return Text(f"{_MARKS[verdict]} {word.lower()}" if color else word.upper(), _STYLES[verdict])


def _print_reasons(console: Console, document: Document, *, color: bool) -> None:
    from rich.padding import Padding
    from rich.text import Text

    for judged in judged_rules(document, "fail", "inconclusive"):
        rule = judged.head
        part = slice_name(rule["slice"])
        head = _mark(rule["verdict"], color=color)
        head.append(
            one_line(f" {rule['id']}{f' [{part}]' if part else ''}: {sentence(rule['message'])}", 600), style="default"
        )
        console.print(head)
        lines = [_others(judged)]
        if rule["evidence"] and rule["evidence"]["rows"]:
            lines.append(_places(rule["evidence"]))
        if rule["remediation"]:
            lines.append("To do: " + one_line(rule["remediation"], 600))
        for line in lines:
            if line:
                console.print(Padding(Text(line), (0, 0, 0, 4)))


def _others(judged: JudgedRule) -> str:
    """Return what other slices say, and the first few of those that say the same as the rule."""
    alike = [rule for rule in judged.others if rule["verdict"] == judged.head["verdict"]]
    named = ", ".join(one_line(slice_name(rule["slice"]), 60) for rule in alike[:MOST_SLICES] if rule["slice"])
    told = others_told(judged)
    more = ", ..." if len(alike) > MOST_SLICES else ""
    return f"{told[:1].upper()}{told[1:]}" + (f" ({named}{more})" if named else "")


def _places(evidence: Document) -> str:
    files: dict[str, list[str]] = {}
    named = evidence["rows"][:MOST_ROWS]
    for row in named:
        part = f"#{row['part']}" if row["part"] else ""
        files.setdefault(row["file"], []).append(f"{row['row']}{part}")
    listed = "; ".join(f"{one_line(file, 80)} rows {', '.join(rows)}" for file, rows in files.items())
    more = evidence["total"] - len(named)
    return listed + (f"; {figures.count(more)} more" if more > 0 else "")


def _print_undecided_slices(console: Console, document: Document) -> None:
    """Say which passes hold for the whole file while some slices could not be decided."""
    from rich.padding import Padding
    from rich.text import Text

    passed = [j for j in judged_rules(document, "pass") if any(r["verdict"] != "pass" for r in j.others)]
    if passed:
        console.print("Passed on the whole file, undecided on slices:")
    for judged in passed:
        console.print(Padding(Text(f"{judged.head['id']}: {others_told(judged)}"), (0, 0, 0, 4)))


def _print_not_assessable(console: Console, document: Document) -> None:
    from rich.padding import Padding
    from rich.text import Text

    unlocks: dict[str, list[str]] = {}
    for judged in judged_rules(document, "not_assessable"):
        unlocks.setdefault(judged.head["unlock"] or judged.head["message"], []).append(judged.head["id"])
    if unlocks:
        console.print("Not assessable, and what would unlock it:")
    for reason, ids in unlocks.items():
        console.print(Padding(Text(f"{one_line(', '.join(ids), 200)}: {one_line(reason, 400)}"), (0, 0, 0, 4)))
    for outcome in document["outcomes"]:
        if outcome["status"] == "failed":
            broken = f"The auditor {outcome['code']} broke: {outcome['error']}"
            console.print(Text(one_line(broken, 600), _STYLES["incomplete"]))


def _print_waivers(console: Console, document: Document) -> None:
    from rich.padding import Padding
    from rich.text import Text

    told = waiver_lines(document)
    if told:
        console.print("Waivers:")
    for line in told:
        console.print(Padding(Text(line), (0, 0, 0, 4)))


def _print_verdict(console: Console, document: Document, *, color: bool, report: str | None) -> None:
    from rich.text import Text

    verdict = document["verdict"]
    word = VERDICT_WORDS[verdict].upper()
    mark = f"{_MARKS[verdict]} " if color else ""
    pack = one_line(f"{document['pack']['name']} {document['pack']['version']}", 80)
    console.print()
    console.print(Text(f"{mark}VERDICT: {word} ({document['level']}, rules {pack})", _STYLES[verdict]))
    for line in document["summary"]:
        console.print(Text(one_line(line, 600)))
    if any(rule["required"] for rule in document["rules"]):
        console.print(Text("* required for the verdict", "dim"))
    if report is not None:
        console.print(Text(f"Report: {one_line(report)}"), soft_wrap=True)

"""What a comparison of results says, as a page: `audit.compare.comparing` makes the document that this reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from audit.report import figures
from audit.report.blocks import Cell, Page, Said, Section, Span, Table, shorten
from audit.report.document import VERDICT_WORDS, Document, place, slice_name

MOST_ROWS: Final = 15
MOST_PLACES: Final = 8
MOST_NAMED: Final = 6
ON_ONE_SCALE: Final = ("share", "AUC", "coefficient", "AUC difference")
TOLD: Final = {"worse": "got worse", "better": "got better", "new": "decided now only", "gone": "no longer there"}
_ACCOUNT: Final = (
    ("unchanged", "the same pair with the same label in both"),
    ("flipped", "the same pair with its labels reversed"),
    ("relabelled", "the same pair with another answer (a tie or none, for example)"),
    ("removed", "only in {before}"),
    ("added", "only in {after}"),
)


def diff_page(document: Document, *, most: int = MOST_ROWS) -> Page:
    """Return the page of a comparison.

    Args:
        document: the comparison.
        most: rows of each table.
    """
    results, comparisons = document["results"], document["comparisons"]
    named = ", ".join(f"{r['label']} = {r['name']}" for r in results)
    worse = [c for pair in comparisons for c in pair["rules"] if c["worse"]]
    sections = [Section("Side by side", [side_by_side(results)])]
    for pair in comparisons:
        sections += _sections(pair, document["false_discovery_rate"], most)
    tools = {f"{r['tool']['name']} {r['tool']['version']}" for r in results}
    return Page(
        kicker="Comparison of audits",
        title=f"{named}",
        verdict=_answer(results, worse),
        lead=[line for pair in comparisons for line in _lead(pair)],
        sections=sections,
        foot=f"Made of results of {', '.join(sorted(tools))}. Nothing here says which data train the better model.",
    )


def _answer(results: Sequence[Document], worse: Sequence[Document]) -> Said:
    words = ", ".join(f"{r['label']}: {VERDICT_WORDS[r['verdict']].lower()}" for r in results)
    if not worse:
        return Said(f"{words}. No rule got worse, and none fails anew.", "pass")
    codes, required = ({c["id"] for c in worse if c["required"] or not only} for only in (False, True))
    plural = "rules" if len(codes) > 1 else "rule"
    told = f"{words}. {len(codes)} {plural} got worse or fail anew, {len(required) or 'none'} of them required."
    return Said(told, "fail" if any(c["after"]["verdict"] == "fail" for c in worse) else "inconclusive")


def _lead(pair: Document) -> Iterator[Cell]:
    head = f"{pair['after']} against {pair['before']}"
    for warning in pair["warnings"]:
        yield Said(f"WARNING, {head}: {warning}", "fail")
    rows = pair["rows"]
    if rows:
        told = (
            f"{head}: {rows['added']:,} rows added, {rows['removed']:,} removed, {rows['flipped']:,} with reversed "
            f"labels, {rows['relabelled']:,} with another answer, {rows['unchanged']:,} unchanged."
        )
        near = rows["nearly_resold"]
        yield told + (f" {near:,} of the added nearly repeat a pair of {pair['before']}." if near else "")
    counts = pair["counts"]
    yield (
        f"{head}: {counts['whole']['moved']} of {counts['whole']['tested']} measures of whole files moved beyond "
        f"chance, and {counts['slices']['moved']} of {counts['slices']['tested']} measures of slices."
    )


def side_by_side(results: Sequence[Document]) -> Table:
    """Return what the results say on the whole, a column each."""

    def line(title: str, cells: Sequence[Cell]) -> list[Cell]:
        return [title, *cells]

    rows: list[list[Cell]] = [
        line("name", [r["name"] for r in results]),
        line("verdict", [Said(VERDICT_WORDS[r["verdict"]], r["verdict"]) for r in results]),
        line("level", [r["level"] for r in results]),
        line("failed rules", [", ".join(r["failed"]) or "none" for r in results]),
        line("rows read", [figures.count(r["rows"]["read"]) for r in results]),
        line("rows set aside", [figures.count(r["rows"]["rejected"]) for r in results]),
        line("comparisons", [figures.count(r["comparisons"]) for r in results]),
        line("judgments", [figures.count(r["judgments"]) for r in results]),
        line("layout", [", ".join(sorted({str(i["layout"]) for i in r["inputs"]})) for r in results]),
        line("tool", [f"{r['tool']['name']} {r['tool']['version']}" for r in results]),
        line("rules", [f"{r['pack']['name']} {r['pack']['version']} {r['pack']['digest'][:19]}" for r in results]),
    ]
    return Table("", ("what", *(r["label"] for r in results)), rows)


def _sections(pair: Document, rate: float, most: int) -> Iterator[Section]:
    old, new = pair["before"], pair["after"]
    head = f"{new} against {old}"
    yield Section(f"Rules that changed verdict, {head}", changed_verdicts(pair, most))
    yield Section(f"Measures, {head}", [*_measures(pair, rate, most), *_incomparable(pair, most)])
    yield Section(f"Slices that moved, {head}", _slices(pair, rate, most))
    if pair["rows"]:
        yield Section(f"Rows, {head}", list(_rows(pair["rows"], old, new)))


def changed_verdicts(pair: Document, most: int) -> list[Cell | Table]:
    """Return the rules whose verdict is another one, one line a rule and kind of change."""
    changes = pair["rules"]
    if not changes:
        return ["Every rule has the verdict that it had."]
    groups: dict[tuple[str, str], list[Document]] = {}
    for change in changes:
        groups.setdefault((change["id"], change["change"]), []).append(change)
    rows, more = shorten([_change(head, len(others)) for head, *others in groups.values()], most)
    heads = ("rule", "fault looked for", "change", pair["before"], "#was", pair["after"], "#is", "#interval")
    blocks: list[Cell | Table] = [Table("", heads, rows, more)]
    if any(change["restated"] for change in changes):
        blocks.append(Said("(!) the rule itself is another one: its version, limits or severity changed.", "fail"))
    return blocks


def _change(change: Document, others: int) -> list[Cell]:
    before, after, unit = change["before"], change["after"], change["unit"]
    part = slice_name(change["slice"])
    title = f"{part}: {change['title']}" if part else change["title"]
    sides = after or before
    return [
        change["id"] + ("*" if change["required"] else "") + (" (!)" if change["restated"] else ""),
        title,
        TOLD[change["change"]] + (f", also on {others} more slices" if others else ""),
        _verdict(before),
        figures.number(before["estimate"], unit) if before else figures.NOTHING,
        _verdict(after),
        figures.number(after["estimate"], unit) if after else figures.NOTHING,
        figures.interval(sides["low"], sides["high"], unit),
    ]


def _verdict(side: Document | None) -> Cell:
    return Said(VERDICT_WORDS[side["verdict"]], side["verdict"]) if side else figures.NOTHING


def _measures(pair: Document, rate: float, most: int) -> Iterator[Cell | Table]:
    yield pair["validity"]
    yield (
        "Intervals of differences are two-sided at the level of the measures' own (90 %), by MOVER from the two "
        "intervals (Zou and Donner 2008; for shares with Wilson intervals Newcombe's method 10); ratios by their "
        f"logarithms. Moved: held against all measures tested, with at most {rate:.0%} false ones expected among those "
        "named (Benjamini and Hochberg); exact counts moved when they differ."
    )
    found = [entry for entry in pair["measures"] if entry["slice"] is None and entry["difference"]]
    ranked = sorted(found, key=lambda e: (not e["moved"], e["difference"]["p"] is None, _size(e), e["name"]))
    rows, more = shorten([_line(entry, entry["name"]) for entry in ranked if entry["moved"]], most)
    if rows:
        heads = ("measure that moved", f"#{pair['before']}", f"#{pair['after']}", "#difference", "#interval", "#p")
        yield Table("", heads, rows, more)
    still = [entry for entry in ranked if not entry["moved"]]
    yield f"{len(still)} further measures of whole files did not move: see the JSON for each with its interval."


def _size(entry: Document) -> float:
    p = entry["difference"]["p"]
    return float(p) if p is not None else 1.0


def _line(entry: Document, name: str) -> list[Cell]:
    unit, found = entry["unit"], entry["difference"]
    form, ends = found["form"], "exact"
    if found["low"] is not None:
        ends = f"{_moved_by(found['low'], unit, form)} to {_moved_by(found['high'], unit, form)}"
    return [
        name,
        figures.number(entry["before"]["value"], unit),
        figures.number(entry["after"]["value"], unit),
        _moved_by(found["value"], unit, form),
        _span(entry, name, ends),
        figures.NOTHING if found["p"] is None else f"{found['p']:.2g}" if found["p"] >= 1e-4 else "< 0.0001",
    ]


def _span(entry: Document, name: str, told: str) -> Cell:
    """Return the interval, drawn where all such measures have one scale, from 0 to 1."""
    found = entry["difference"]
    if found["low"] is None or found["form"] != "difference" or entry["unit"] not in ON_ONE_SCALE:
        return told
    return Span(told, found["value"], found["low"], found["high"], f"difference of {name}")


def _moved_by(value: float, unit: str, form: str) -> str:
    """Return a difference with its sign, shares in points; a ratio as a factor."""
    if form == "ratio":
        return f"x {value:.3g}"
    told = figures.number(value, unit)
    told = told.replace("%", " points") if unit == "share" else told
    return f"+{told}" if value > 0 else told


def _incomparable(pair: Document, most: int) -> Iterator[Cell | Table]:
    reasons: dict[str, list[str]] = {}
    for entry in pair["measures"]:
        if entry["slice"] is None and entry["reason"]:
            reasons.setdefault(entry["reason"], []).append(entry["name"])
    rows, more = shorten([[_named(names), reason] for reason, names in sorted(reasons.items())], most)
    if rows:
        yield Table("Not compared", ("measures", "why"), rows, more)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _slices(pair: Document, rate: float, most: int) -> list[Cell | Table]:
    counts = pair["counts"]["slices"]
    if not counts["tested"]:
        return ["No slice has a measure with an interval on both sides."]
    moved = [entry for entry in pair["measures"] if entry["slice"] is not None and entry["moved"] and _size(entry) < 1]
    told = (
        f"{counts['moved']} of {counts['tested']} measures of slices moved, with at most {rate:.0%} false ones "
        "expected among them (Benjamini and Hochberg over all slices and measures). Parts of a measure, such as its "
        "features or length gaps, count as slices."
    )
    ranked = sorted(moved, key=lambda entry: (_size(entry), entry["name"]))
    rows, more = shorten([_line(e, f"{slice_name(e['slice'])}: {e['name']}") for e in ranked], most)
    heads = ("slice and measure", f"#{pair['before']}", f"#{pair['after']}", "#difference", "#interval", "#p")
    return [told, Table("", heads, rows, more)]


def _rows(rows: Document, old: str, new: str) -> Iterator[Cell | Table]:
    lines: list[list[Cell]] = []
    for key, meaning in _ACCOUNT:
        share = rows[key] / max(rows["after"] if key == "added" else rows["before"], 1)
        of = new if key == "added" else old
        name = f"{key} (after)" if key in ("flipped", "relabelled") else key
        places = ", ".join(place(at) for at in rows["places"].get(name, ())[:MOST_PLACES])
        told = meaning.format(before=f"the first, {old}", after=f"the second, {new}")
        lines.append([key, told, figures.count(rows[key]), f"{figures.number(share, 'share')} of {of}", places])
    yield Table("", ("rows", "which", "#n", "#share", "first places"), lines)
    yield (
        f"Sold again: {rows['resold']:,} of the {rows['after']:,} comparisons of {new} stand in {old}"
        + (f", and {rows['nearly_resold']:,} more nearly do" if rows["nearly_resold"] is not None else "")
        + f". {rows['prompts_shared']:,} of {rows['prompts']:,} different prompts of {new} are in {old}."
    )
    aside = sum(rows["unidentified"])
    yield (
        f"Counts add up: {rows['unchanged'] + rows['flipped'] + rows['relabelled']:,} in both + {rows['removed']:,} "
        f"removed = {rows['before']:,}, and + {rows['added']:,} added = {rows['after']:,}. Rows are told by the digest "
        "of prompt and both texts in either order, white space and case apart."
        + (f" {aside:,} comparisons lack a text or id to be told by." if aside else "")
    )

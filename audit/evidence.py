"""The text of the rows that findings point to, read again: the only text that leaves the data.

Only rules that did not pass need rows in hand; theirs are read by seeking where the format allows it. Private data are
masked in every text, whatever rule it is shown for; what is told of them is kind, place and a fingerprint.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from audit.extract.private import without_private
from audit.measure import ALL, RowRef, Slice
from audit.read.block import Block
from audit.reading import Reading
from audit.rules import Finding, Verdict
from audit.schema import SLICE_PREFIX
from audit.signals import Signals
from audit.slices import STANDARD

TEXT_LIMIT: Final = 4_000
"""Characters of each text that are kept; the cut is marked."""
ROWS_A_RULE: Final = 200
MOST_ROWS: Final = 5_000
SHOWN: Final = ("prompt", "prompt_b", "response_a", "response_b", "label", "model_a", "model_b")
TEXTS: Final = ("prompt", "prompt_b", "response_a", "response_b")
"""Texts in which private data are masked."""
MEASURED: Final = ("prompt", "response_a", "response_b")
"""Texts whose length is told, also where the text is not."""

Entry = dict[str, Any]


def collect(findings: Sequence[Finding], readings: Sequence[Reading], signals: Signals) -> list[Entry]:
    """Return one entry for each row that a finding which did not pass points to, in file and row order."""
    wanted = _wanted(findings)
    entries: list[Entry] = []
    for number, reading in enumerate(readings):
        refs = sorted((ref for ref in wanted if ref.file == reading.name), key=lambda ref: (ref.row, ref.part))
        if refs:
            rows, offsets = sorted({ref.row for ref in refs}), _offsets(signals, number, refs)
            texts = read_again(reading, rows, offsets, (*SHOWN, *STANDARD, "judgments"))
            entries += [_entry(ref, wanted[ref], texts.get((ref.row, ref.part), {})) for ref in refs]
    return entries


def _wanted(findings: Iterable[Finding]) -> dict[RowRef, list[Finding]]:
    wanted: dict[RowRef, list[Finding]] = {}
    for finding in findings:
        if finding.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE) and finding.evidence is not None:
            for ref in finding.evidence.rows[:ROWS_A_RULE]:
                if ref in wanted or len(wanted) < MOST_ROWS:
                    wanted.setdefault(ref, []).append(finding)
    return wanted


def _offsets(signals: Signals, file: int, refs: Sequence[RowRef]) -> dict[int, int]:
    """Return the byte offset of each row where the format has one."""
    if not signals.has("offset"):
        return {}
    rows = signals.ints("row")
    chosen = np.flatnonzero((signals.ints("file") == file) & np.isin(rows, [ref.row for ref in refs]))
    offsets = signals.ints("offset", missing=-1)[chosen]
    return {int(row): int(at) for row, at in zip(rows[chosen], offsets, strict=True) if at >= 0}


def read_again(
    reading: Reading, rows: Sequence[int], offsets: Mapping[int, int] | None, columns: Container[str]
) -> dict[tuple[int, int], Entry]:
    """Read and convert rows once more; return canonical values by row and part.

    Args:
        reading: the file.
        rows: their numbers.
        offsets: byte offset of each row, where the format has one; None: not known, so the file is read through.
        columns: canonical columns that are wanted; slices always come along.
    """
    records = reading.container.fetch(rows, offsets)
    found = sorted(records)
    block = Block(found, None, len(found), (), [records[row] for row in found])
    batch = reading.convert(block).batch
    names = [n for n in batch.schema.names if n in columns or n.startswith(SLICE_PREFIX)]
    parts = batch["part"].to_pylist() if "part" in batch.schema.names else [0] * batch.num_rows
    cells = batch.select(names).to_pylist()
    return dict(zip(zip(batch["row"].to_pylist(), parts, strict=True), cells, strict=True))


def _entry(ref: RowRef, findings: Sequence[Finding], cells: Mapping[str, Any]) -> Entry:
    judgments = cells.get("judgments") or []
    shown, private = _without_private(cells)
    return {
        "rules": sorted({finding.rule.id for finding in findings}),
        "measures": sorted({finding.rule.measure for finding in findings}),
        "slices": sorted({str(finding.slice) for finding in findings if finding.slice != ALL} | _lies_in(cells)),
        "file": ref.file,
        "row": ref.row,
        "part": ref.part,
        "digest": ref.digest,
        **{name: _cut(shown.get(name)) for name in SHOWN},
        "private": private,
        "annotators": sorted({j["annotator"] for j in judgments if j and j["annotator"]}),
        **{f"{name}_length": len(cells[name]) if cells.get(name) else None for name in MEASURED},
    }


def _without_private(cells: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the cells with private data masked, and what was masked: text, kind, place, fingerprint."""
    shown: dict[str, Any] = {name: cells.get(name) for name in SHOWN}
    told: list[str] = []
    for name in TEXTS:
        if shown[name]:
            text = str(shown[name])
            shown[name], found = without_private(text)
            told += [f"{name}: {value.told(text)}" for value in found]
    return shown, told


def _lies_in(cells: Mapping[str, Any]) -> set[str]:
    """Return the slices of a row; a comparison with several scenario tags lies in the slice of each."""
    found = set()
    for name, value in cells.items():
        if value and (name in STANDARD or name.startswith(SLICE_PREFIX)):
            tags = value if isinstance(value, list) else (value,)
            found |= {str(Slice(name.removeprefix(SLICE_PREFIX), tag)) for tag in tags}
    return found


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= TEXT_LIMIT:
        return text
    return f"{text[:TEXT_LIMIT]} […{len(text) - TEXT_LIMIT} more characters]"

"""The evidence inside the HTML report: rows as JSON, compressed, in a script element that no browser runs.

Caps keep the file small enough to mail: texts are cut shorter before rows are left out. What is missing is counted and
said in the report: `evidence.parquet`, named there by its digest, has all of it.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.report.document import Document, place
from audit.report.safe import one_line, visible

ROWS_A_RULE: Final = 200
ROWS: Final = 5_000
BYTES: Final = 1_000_000
"""Most that the compressed rows may weigh where nothing else is said."""
LENGTHS: Final = (4_000, 2_000, 1_200, 700, 400)
"""Characters of a text that may be shown: the most that lets all rows within the caps fit, else the least."""
SAMPLE: Final = 256
"""Rows that tell how well the texts compress."""
_ESCAPES: Final = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Island:
    """What is embedded, and how much of what there is."""

    payload: str
    """Base64 of gzip of JSON: only letters, digits, +, / and =."""
    shown: int
    total: int
    longest: int
    """Characters that a shown text has at most."""


def evidence_island(document: Document, evidence: Sequence[Document], most_bytes: int = BYTES) -> Island:
    """Return the evidence rows within the caps; of each rule the first rows stay longest.

    Args:
        document: gives the rules' titles.
        evidence: rows as `audit.report.evidence` describes them, in the order to show.
        most_bytes: of the payload.
    """
    kept = _within_caps(evidence)
    longest = _longest(document, kept, most_bytes)
    payload = _pack(document, kept, longest)
    while len(payload) > most_bytes and kept:
        kept = kept[: min(len(kept) - 1, int(len(kept) * 0.97 * most_bytes / len(payload)))]
        payload = _pack(document, kept, longest)
    return Island(payload, len(kept), len(evidence), longest)


def _longest(document: Document, rows: Sequence[Document], most_bytes: int) -> int:
    """Return where texts are cut so that all rows fit, judged by every so manieth row."""
    step = -(-len(rows) // SAMPLE) if rows else 1
    for longest in LENGTHS[:-1]:
        if len(_pack(document, rows[::step], longest)) * step <= most_bytes:
            return longest
    return LENGTHS[-1]


def _within_caps(evidence: Sequence[Document]) -> list[Document]:
    """Return at most ROWS_A_RULE rows a rule, all rules' first rows before any's second."""
    seen: Counter[str] = Counter()
    ranked = []
    for index, row in enumerate(evidence):
        keys = row["rules"] or [""]
        rank = min(seen[key] for key in keys)
        seen.update(keys)
        if rank < ROWS_A_RULE:
            ranked.append((rank, index, row))
    return [row for _, _, row in sorted(ranked, key=lambda entry: entry[:2])[:ROWS]]


def _pack(document: Document, rows: Sequence[Document], longest: int) -> str:
    content = {
        "titles": {one_line(rule["id"]): one_line(rule["title"]) for rule in document["rules"]},
        "rows": [_entry(row, longest) for row in rows],
    }
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    for sign, escape in _ESCAPES.items():  # several times faster than str.translate
        plain = plain.replace(sign, escape)
    return base64.b64encode(gzip.compress(plain.encode(), compresslevel=6, mtime=0)).decode()


def _entry(row: Document, longest: int) -> dict[str, object]:
    return {
        "place": one_line(place(row)),
        "digest": one_line(row["digest"]),
        "rules": [one_line(rule) for rule in row["rules"]],
        "label": one_line(row.get("label") or ""),
        "annotators": [one_line(name) for name in row.get("annotators") or ()],
        "slices": [one_line(part) for part in row.get("slices") or ()],
        "private": [one_line(found) for found in row.get("private") or ()],
        "models": [one_line(row.get(name) or "") for name in ("model_a", "model_b")],
        "lengths": [row.get(f"{name}_length") for name in ("prompt", "response_a", "response_b")],
        "prompt": _shown(row.get("prompt"), longest),
        "promptB": _shown(row.get("prompt_b"), longest),
        "a": _shown(row.get("response_a"), longest),
        "b": _shown(row.get("response_b"), longest),
    }


def _shown(text: str | None, longest: int) -> str | None:
    if text is None or len(text) <= longest:
        return None if text is None else visible(text)
    return visible(f"{text[:longest]} […]")

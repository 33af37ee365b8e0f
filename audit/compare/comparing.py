"""The document of a comparison: results side by side, and each of the later ones held against the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from audit.compare.measures import DISCOVERY_RATE, compare_measures, tested
from audit.compare.rows import RowChanges
from audit.compare.saved import Saved
from audit.compare.verdicts import changed_rules, warnings

SCHEMA: Final = "https://dpo-audit.dev/diff/v1"
Document = Mapping[str, Any]


def compare(results: Sequence[Saved], rows: Mapping[str, RowChanges] | None = None) -> dict[str, Any]:
    """Return the document of a comparison of every result with the first one. It holds no time and no path.

    Args:
        results: two or more; the first is what the others are held against.
        rows: by label of the later result, what became of the first one's rows, where data were at hand.
    """
    first, rows = results[0], rows or {}
    return {
        "schema": SCHEMA,
        "results": [_result(saved) for saved in results],
        "false_discovery_rate": DISCOVERY_RATE,
        "comparisons": [_against(first, other, rows.get(other.label)) for other in results[1:]],
    }


def _result(saved: Saved) -> dict[str, Any]:
    document = saved.document
    return {
        "label": saved.label,
        "name": saved.name,
        **{key: document[key] for key in ("verdict", "level", "complete", "rows", "comparisons", "judgments")},
        "tool": document["tool"],
        "pack": {key: document["pack"][key] for key in ("name", "version", "digest")},
        "inputs": [{key: entry[key] for key in ("name", "sha256", "layout")} for entry in document["inputs"]],
        "failed": sorted({r["id"] for r in document["rules"] if r["verdict"] == "fail"}),
    }


def _against(first: Saved, other: Saved, rows: RowChanges | None) -> dict[str, Any]:
    before, after = first.document, other.document
    measures = compare_measures(before, after)
    counts = {
        name: {
            "tested": len(family := list(tested(measures, slices=slices))),
            "moved": sum(entry["moved"] for entry in family),
        }
        for name, slices in (("whole", False), ("slices", True))
    }
    shared = _shared(before, after) if rows is None else rows.shared
    return {
        "before": first.label,
        "after": other.label,
        "warnings": list(warnings(before, after)),
        "overlap": shared,
        "validity": validity(shared),
        "rules": changed_rules(before, after),
        "counts": counts,
        "measures": measures,
        "rows": None if rows is None else rows.document(),
    }


def _shared(before: Document, after: Document) -> dict[str, Any]:
    """Return what the results alone tell of rows in common: files, and rows that both show as evidence."""
    files = [{e["sha256"] for e in d["inputs"]} - {None} for d in (before, after)]
    digests = [_evidence(d) for d in (before, after)]
    return {
        "known": "in part",
        "same_files": len(files[0] & files[1]),
        "shared_evidence": len(digests[0] & digests[1]),
        "shared": None,
        "of_before": None,
        "same": None,
        "reversed": None,
    }


def _evidence(document: Document) -> set[str]:
    entries = [*document["measures"], *document["rules"]]
    return {row["digest"] for entry in entries if entry["evidence"] for row in entry["evidence"]["rows"]}


def validity(shared: Document) -> str:
    """Return whether the intervals of differences hold for files that have so much in common."""
    if shared["known"] == "in part":
        return _guessed(shared)
    if not shared["shared"]:
        return (
            "The files have no pair in common, so that the two estimates are independent as far as rows tell; "
            "annotators or prompts in common would still tie them."
        )
    told = (
        f"{shared['shared']:,} pairs are in both ({shared['of_before']:.1%} of the first), {shared['same']:,} with the "
        f"same label and {shared['reversed']:,} with the opposite one"
    )
    if shared["reversed"] > shared["same"]:
        return (
            f"{told}: shares of such labels pull against each other, and the intervals of their differences are too "
            "narrow to be valid."
        )
    return (
        f"{told}: the two estimates rise and fall together, and the intervals of differences, made for independent "
        "files, are conservative (too wide)."
    )


def _guessed(shared: Document) -> str:
    if shared["same_files"] or shared["shared_evidence"]:
        told = [f"files that are the same: {shared['same_files']}"] if shared["same_files"] else []
        told += [f"rows shown as evidence in both: {shared['shared_evidence']:,}"] if shared["shared_evidence"] else []
        return (
            f"The results have rows in common ({', '.join(told)}; how many, --data would tell): intervals of "
            "differences are made for independent files and are conservative (too wide), unless most of the common "
            "labels are reversed."
        )
    return (
        "Intervals of differences take the files for independent. Nothing in the results shows rows in common, and "
        "nothing rules them out; give --data for both to know."
    )

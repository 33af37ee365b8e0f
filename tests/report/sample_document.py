"""A made result document that has a bit of everything: pass, fail, inconclusive, not assessable, slices, evidence."""

from __future__ import annotations

import hashlib
import math
from typing import Any

DIGEST = "3b" * 32


def sample_document() -> dict[str, Any]:
    """Return a fresh document of a failing audit, valid against the published schema."""
    return {
        "schema": "https://dpo-audit.dev/result/v1",
        "verdict": "fail",
        "level": "NONE",
        "complete": True,
        "summary": [
            "The dataset fails: 1 of 5 required rules failed.",
            "In 24 pairs chosen and rejected are the same text, so they teach nothing.",
            "Whether the response shown first wins too often cannot be told for the whole file with these data.",
        ],
        "rows": {"read": 8017, "accepted": 8000, "rejected": 17},
        "comparisons": 8000,
        "judgments": 24000,
        "rejects": {"json_syntax": 12, "wrong_type": 5},
        "inputs": [
            {
                "name": "delivery/support-desk.jsonl.gz",
                "format": "jsonl.gz",
                "bytes": 5_812_334,
                "sha256": DIGEST,
                "rows": {"read": 8017, "accepted": 8000, "rejected": 17},
                "layout": "nested_votes",
                "confidence": 0.97,
                "mapping": {"prompt": "ticket", "response_a": "answer_1", "judgments": "votes", "locale": "lang"},
            }
        ],
        "tool": {"name": "dpo-audit", "version": "0.1.0", "extractor": "3"},
        "pack": {
            "name": "dpo-ready",
            "version": "0.1.0",
            "digest": "sha256:" + "a7" * 32,
            "weakened": [
                {
                    "rule": "BAL-002",
                    "key": "limit",
                    "was": "800",
                    "now": "600",
                    "reason": "th-TH launches a quarter later",
                    "pack": "support-desk@1",
                }
            ],
        },
        "outcomes": _outcomes(),
        "measures": _measures(),
        "rules": _rules(),
        "limitations": [
            "These auditors read form, length, style and votes; they do not judge whether an answer is right.",
            "An association of length with winning is not proof that length is the cause.",
        ],
    }


def outcome(code: str, name: str, status: str = "measured", **more: Any) -> dict[str, Any]:
    """Return one auditor's outcome."""
    entry = {"code": code, "name": name, "version": "1", "parameters": {"least": 30}, "status": status}
    return {**entry, "missing": [], "unlock": [], "error": None, "notes": [], **more}


def _outcomes() -> list[dict[str, Any]]:
    return [
        outcome("STR", "structure"),
        outcome("POS", "position", parameters={"least": 30, "level": 0.9}),
        outcome("VRB", "verbosity", notes=["Words are counted by script; Thai and CJK runs by two characters."]),
        outcome("BAL", "balance"),
        outcome(
            "SRC",
            "source",
            "not_assessable",
            missing=["model_a", "model_b"],
            unlock=["Name the fields that hold the model of each response: --map model_a=..., --map model_b=..."],
        ),
    ]


def measure(name: str, value: float | None, unit: str = "share", n: int = 8000, **more: Any) -> dict[str, Any]:
    """Return one measure; the auditor is derived from the first part of the name."""
    auditor = {"structure": "STR", "position": "POS", "verbosity": "VRB", "style": "VRB", "balance": "BAL"}
    base = {
        "name": name,
        "auditor": auditor[name.split(".", 1)[0]],
        "value": value,
        "undefined": None,
        "unit": unit,
        "n": n,
        "n_effective": None,
        "low": None,
        "high": None,
        "level": None,
        "standard_error": None,
        "interval_method": None,
        "kind": "census",
        "slice": None,
        "method": "Comparisons with the property over all comparisons.",
        "evidence": None,
    }
    return {**base, **more}


def process(name: str, value: float, half: float, n: int = 8000, **more: Any) -> dict[str, Any]:
    """Return a measure with a symmetric 90 % interval of the given half width."""
    bounds = {"low": value - half, "high": value + half, "level": 0.9, "standard_error": half / 1.645}
    how = {"interval_method": "t, CV3L clustered by prompt", "kind": "process", "n_effective": round(n / 1.31, 1)}
    return measure(name, value, n=n, **{**bounds, **how, "method": "Judgments, clustered by prompt.", **more})


def part(by: str, value: str) -> dict[str, str]:
    """Return a slice."""
    return {"by": by, "value": value}


def _measures() -> list[dict[str, Any]]:
    locales = [("de-DE", 2100), ("en-GB", 2900), ("fr-FR", 1600), ("ja-JP", 900), ("th-TH", 500)]
    gaps = [
        ("01.00 to 01.10 times", 0.502),
        ("01.10 to 01.50 times", 0.541),
        ("01.50 to 02.00 times", 0.588),
        ("02.00 to 04.00 times", 0.634),
        ("04.00 times or more", 0.671),
    ]
    features = [("headers", 1.42), ("bullets", 1.21), ("bold", 1.11), ("code fences", 0.98), ("hedges", 0.83)]
    return [
        measure("structure.identical_sides", 24 / 8000, evidence=evidence(24, 24)),
        measure("structure.empty_rate", 0.0),
        process("position.first_rate", 0.516, 0.017, 24000),
        *(
            process(
                "position.first_rate",
                0.5 + 0.06 * math.sin(7.0 * i),
                0.9 / math.sqrt(n),
                n,
                slice=part("annotator", f"r{i:02d}"),
            )
            for i, n in enumerate([60, 120, 240, 400, 640, 900, 1500, 2300, 3100, 4400])
        ),
        process("verbosity.longer_wins_rate", 0.603, 0.012),
        *(
            process("verbosity.longer_wins_rate", 0.56 + 0.02 * i, 0.9 / math.sqrt(n), n, slice=part("locale", name))
            for i, (name, n) in enumerate(locales)
        ),
        *(
            process("verbosity.longer_wins_by_gap", rate, 0.022, 1600, slice=part("length_gap", name))
            for name, rate in gaps
        ),
        *(
            process("style.feature_effect", ratio, 0.09, unit="odds ratio per SD", slice=part("feature", name))
            for name, ratio in features
        ),
        *(measure("balance.slice_count", n, "count", slice=part("locale", name)) for name, n in locales),
        measure(
            "balance.reviewer_agreement",
            None,
            n=0,
            undefined={"reason": "no comparison has two judgments", "unlock": "judgments by two annotators"},
        ),
    ]


def evidence(total: int, listed: int, file: str = "delivery/support-desk.jsonl.gz") -> dict[str, Any]:
    """Return an evidence entry with `listed` rows of made places and digests."""
    rows = [
        {"file": file, "row": 7 * i + 1, "part": 0, "digest": hashlib.sha256(str(i).encode()).hexdigest()[:32]}
        for i in range(listed)
    ]
    return {"total": total, "order": "smallest digest", "rows": rows}


def rule(code: str, title: str, measured: str, verdict: str, **more: Any) -> dict[str, Any]:
    """Return one finding with neutral texts."""
    base = {
        "id": code,
        "version": "1",
        "title": title,
        "severity": "major",
        "required": False,
        "measure": measured,
        "slice": None,
        "verdict": verdict,
        "estimate": None,
        "low": None,
        "high": None,
        "confidence": None,
        "operator": "le",
        "limit": None,
        "fail_limit": None,
        "center": None,
        "unit": "share",
        "n": None,
        "n_effective": None,
        "method": None,
        "message": f"{title}.",
        "unlock": None,
        "margin": None,
        "rationale": "Pairs of this kind pull the model towards form instead of substance.",
        "basis": "policy value of this pack",
        "references": ["Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290"],
        "remediation": "Drop these rows or ask the vendor for new judgments.",
        "evidence": None,
    }
    return {**base, **more}


def _rules() -> list[dict[str, Any]]:
    shared = {"confidence": 0.95, "method": "t, CV3L clustered by prompt", "n": 24000, "n_effective": 18321.0}
    return [
        rule(
            "STR-001",
            "Empty prompt or response",
            "structure.empty_rate",
            "pass",
            severity="blocker",
            required=True,
            estimate=0.0,
            limit=0.0,
            fail_limit=0.0,
            n=8000,
            message="None of 8,000 comparisons has an empty prompt or response.",
        ),
        rule(
            "STR-002",
            "Chosen and rejected are the same text",
            "structure.identical_sides",
            "fail",
            severity="blocker",
            required=True,
            estimate=24 / 8000,
            limit=0.0,
            fail_limit=0.0,
            n=8000,
            message="In 24 of 8,000 comparisons chosen and rejected are the same text.",
            evidence=evidence(24, 24),
        ),
        rule(
            "POS-002",
            "The response shown first wins too often",
            "position.first_rate",
            "inconclusive",
            required=True,
            estimate=0.516,
            low=0.499,
            high=0.533,
            operator="within",
            center=0.5,
            limit=0.03,
            fail_limit=0.05,
            margin=0.033,
            message="First wins 51.6%, between 49.9% and 53.3%; the limit of 3 points lies inside.",
            **shared,
        ),
        rule(
            "LEN-001",
            "Longer responses win by their length",
            "verbosity.longer_wins_rate",
            "pass",
            estimate=0.603,
            low=0.591,
            high=0.615,
            limit=0.65,
            fail_limit=0.85,
            message="The longer response wins 60.3% of the pairs.",
            **shared,
        ),
        *(
            rule(
                "BAL-002",
                "Too few comparisons in a locale",
                "balance.slice_count",
                verdict,
                slice=part("locale", name),
                estimate=n,
                operator="ge",
                limit=600,
                fail_limit=300,
                unit="count",
                n=n,
                message=f"{n} comparisons in {name}.",
            )
            for name, n, verdict in (("en-GB", 2900, "pass"), ("th-TH", 500, "inconclusive"))
        ),
        rule(
            "SRC-001",
            "One model always wins",
            "source.winner_share",
            "not_assessable",
            required=True,
            message="The models that wrote the responses are not recorded.",
            unlock="--map model_a=FIELD --map model_b=FIELD",
        ),
        rule(
            "LOT-001", "Hand review", "lot.wrong_label_rate", "not_applicable", message="No hand review was handed in."
        ),
    ]


def sample_evidence(count: int = 24, size: int = 300) -> list[dict[str, Any]]:
    """Return evidence rows of the failed rule with texts of about `size` characters."""
    words = [
        "the",
        "refund",
        "of",
        "your",
        "order",
        "will",
        "arrive",
        "within",
        "five",
        "working",
        "days",
        "after",
        "the",
        "parcel",
        "was",
        "scanned",
    ]
    rows = []
    for index, row in enumerate(evidence(count, count)["rows"]):
        text = " ".join(words[(index * 7 + j * j) % len(words)] for j in range(max(size // 6, 1)))
        rows.append(
            {
                "rules": ["STR-002"],
                "measures": ["structure.identical_sides"],
                "slices": [],
                **row,
                "prompt": f"Customer {index}: where is my parcel?",
                "response_a": text,
                "response_b": text,
                "label": "a",
                "prompt_b": None,
                "model_a": "desk-large",
                "model_b": "desk-small",
                "annotators": [f"r{index % 10:02d}"],
            }
        )
    return rows

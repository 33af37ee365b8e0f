"""A made result document that has a bit of everything: pass, fail, inconclusive, not assessable, slices, evidence."""

from __future__ import annotations

import math
from typing import Any

from .sample_rules import evidence, part, sample_rules

DIGEST = "3b" * 32
LOCALES = [("de-DE", 2100), ("en-GB", 2900), ("fr-FR", 1600), ("ja-JP", 900), ("th-TH", 500)]
GAPS = [
    ("01.00 to 01.10 times", 0.502),
    ("01.10 to 01.50 times", 0.541),
    ("01.50 to 02.00 times", 0.588),
    ("02.00 to 04.00 times", 0.634),
    ("04.00 times or more", 0.671),
]
FEATURES = [("headers", 1.42), ("bullets", 1.21), ("bold", 1.11), ("code fences", 0.98), ("hedges", 0.83)]


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
        "inputs": [_input()],
        "tool": {"name": "dpo-audit", "version": "0.1.0", "extractor": "3"},
        "pack": _pack(),
        "waivers": _waivers(),
        "outcomes": _outcomes(),
        "measures": [*_measures(), *_style_measures()],
        "rules": sample_rules(),
        "ledger": None,
        "limitations": [
            "These auditors read form, length, style and votes; they do not judge whether an answer is right.",
            "An association of length with winning is not proof that length is the cause.",
        ],
    }


def _input() -> dict[str, Any]:
    return {
        "name": "delivery/support-desk.jsonl.gz",
        "format": "jsonl.gz",
        "bytes": 5_812_334,
        "sha256": DIGEST,
        "rows": {"read": 8017, "accepted": 8000, "rejected": 17},
        "layout": "nested_votes",
        "confidence": 0.97,
        "mapping": {"prompt": "ticket", "response_a": "answer_1", "judgments": "votes", "locale": "lang"},
    }


def _pack() -> dict[str, Any]:
    return {
        "name": "dpo-ready",
        "version": "0.1.0",
        "digest": "sha256:" + "a7" * 32,
        "lock": None,
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
    }


def _waivers() -> dict[str, Any]:
    """One that has expired and one that nothing needs."""

    def waiver(code: str, rule: str, state: str, message: str) -> dict[str, Any]:
        return {
            "id": code,
            "rule": rule,
            "slice": None,
            "reason": "agreed for the pilot only",
            "owner": "ann@support.example",
            "approver": "bob@quality.example",
            "created": "2026-05-01",
            "expires": "2026-08-01",
            "ceiling": 0.01,
            "files": ["ab" * 32],
            "rows": [],
            "state": state,
            "message": message,
        }

    return {
        "on": "2026-11-24",
        "digest": "sha256:" + "12" * 32,
        "entries": [
            waiver("W-7", "STR-002", "expired", "expired 2026-08-01: the finding counts again"),
            waiver("W-8", "STR-001", "unused", "the finding is pass: the waiver can go"),
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


def _measures() -> list[dict[str, Any]]:
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
            for i, (name, n) in enumerate(LOCALES)
        ),
    ]


def _style_measures() -> list[dict[str, Any]]:
    return [
        *(
            process("verbosity.longer_wins_by_gap", rate, 0.022, 1600, slice=part("length_gap", name))
            for name, rate in GAPS
        ),
        *(
            process("style.feature_effect", ratio, 0.09, unit="odds ratio per SD", slice=part("feature", name))
            for name, ratio in FEATURES
        ),
        *(measure("balance.slice_count", n, "count", slice=part("locale", name)) for name, n in LOCALES),
        measure(
            "balance.reviewer_agreement",
            None,
            n=0,
            undefined={"reason": "no comparison has two judgments", "unlock": "judgments by two annotators"},
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
                "slices": [f"locale={LOCALES[index % 3][0]}"],
                **row,
                "prompt": f"Customer {index}: where is my parcel?",
                "response_a": text,
                "response_b": text,
                "label": "a",
                "prompt_b": None,
                "model_a": "desk-large",
                "model_b": "desk-small",
                "private": ["response_a: email at 3-12 #0a1b"] if index == 1 else [],
                "annotators": [f"r{index % 10:02d}"],
                "prompt_length": len(f"Customer {index}: where is my parcel?"),
                "response_a_length": len(text),
                "response_b_length": len(text),
            }
        )
    return rows

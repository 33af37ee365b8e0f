"""Made findings: one of each verdict, and a rule on slices."""

from __future__ import annotations

import hashlib
from typing import Any


def part(by: str, value: str) -> dict[str, str]:
    """Return a slice."""
    return {"by": by, "value": value}


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
        "decides": True,
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
        "waiver": None,
        "margin": None,
        "rationale": "Pairs of this kind pull the model towards form instead of substance.",
        "basis": "policy value of this pack",
        "references": ["Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290"],
        "remediation": "Drop these rows or ask the vendor for new judgments.",
        "evidence": None,
    }
    return {**base, **more}


def sample_rules() -> list[dict[str, Any]]:
    """Return findings of every verdict."""
    return [*_structure_rules(), *_process_rules(), *_other_rules()]


def _structure_rules() -> list[dict[str, Any]]:
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
    ]


def _process_rules() -> list[dict[str, Any]]:
    shared = {"confidence": 0.95, "method": "t, CV3L clustered by prompt", "n": 24000, "n_effective": 18321.0}
    return [
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
    ]


def _other_rules() -> list[dict[str, Any]]:
    return [
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

"""Puts the canonical result document together. No time, path or speed enters it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from audit.certificate.clock import write_time
from audit.choices import Choices, PackLock
from audit.extract.columns import SIGNALS_VERSION
from audit.ledger import Look
from audit.measure import Outcome
from audit.reading import Reading
from audit.result import LIMITATIONS, SCHEMA, finding_entry, is_complete, measure_entry, number, outcome_entry
from audit.rules import Finding, Judgement, RulePack, Verdict
from audit.rules.waivers import State
from audit.signals import Signals
from audit.store import Shard

VERDICT_SENTENCES: Final = {
    "pass": "Every required rule of the pack passed.",
    "pass_with_waivers": "Every required rule passed or is waived: people answer for what did not pass.",
    "fail": "At least one rule that decides failed.",
    "inconclusive": "No rule failed, but a required one could not be decided with these data.",
    "not_assessable": "No rule failed, but a required one could not be assessed.",
    "incomplete": "The audit did not finish: an auditor failed, so nothing may be concluded.",
}


def assemble(
    readings: Sequence[Reading],
    shards: Sequence[Shard],
    signals: Signals,
    outcomes: Sequence[Outcome],
    pack: RulePack,
    judgement: Judgement,
    choices: Choices,
) -> dict[str, Any]:
    """Return the result document, as `reports/result.schema.json` describes it."""
    complete = is_complete(outcomes)
    verdict = str(judgement.verdict) if complete else "incomplete"
    return {
        "schema": SCHEMA,
        "verdict": verdict,
        "level": judgement.level if complete else "NONE",
        "complete": complete,
        "summary": [*summary(verdict, signals, judgement), *_looked(choices.look)],
        "rows": {
            "read": signals.read,
            "accepted": sum(shard.tally.accepted for shard in shards),
            "rejected": sum(signals.rejects.values()),
        },
        "comparisons": signals.comparisons,
        "judgments": signals.judgments,
        "rejects": dict(signals.rejects),
        "inputs": [_input(reading, shard) for reading, shard in zip(readings, shards, strict=True)],
        "tool": {"name": "dpo-audit", "version": tool_version(), "extractor": SIGNALS_VERSION},
        "pack": _pack(pack, choices.lock),
        "waivers": _waivers(judgement),
        "outcomes": [outcome_entry(outcome) for outcome in outcomes],
        "measures": [measure_entry(outcome, measure) for outcome in outcomes for measure in outcome.measures],
        "rules": [finding_entry(finding) for finding in judgement.findings],
        "limitations": list(LIMITATIONS),
        "ledger": None if choices.look is None else _ledger(choices.look),
    }


def _ledger(look: Look) -> dict[str, Any]:
    return {"subject": look.subject, "look": look.number, "alpha": number(look.alpha), "entry": look.entry}


def _pack(pack: RulePack, lock: PackLock | None) -> dict[str, Any]:
    return {
        "name": pack.name,
        "version": pack.version,
        "digest": pack.digest,
        "weakened": [
            {"rule": w.rule, "key": w.key, "was": w.was, "now": w.now, "reason": w.reason, "pack": w.pack}
            for w in pack.weakened
        ],
        "lock": {"digest": lock.digest, "lockedAt": write_time(lock.locked_at)} if lock else None,
    }


def tool_version() -> str:
    """Return the version of this distribution."""
    try:
        return version("dpo-audit")
    except PackageNotFoundError:
        return "0"


def _input(reading: Reading, shard: Shard) -> dict[str, Any]:
    tally, container = shard.tally, reading.container
    return {
        "name": reading.name,
        "format": container.format,
        "bytes": container.size,
        "sha256": container.digest(),
        "rows": {"read": tally.read, "accepted": tally.accepted, "rejected": tally.rejected},
        "layout": reading.mapping.layout,
        "confidence": number(reading.detection.confidence),
        "mapping": reading.identity(),
    }


def _waivers(judgement: Judgement) -> dict[str, Any] | None:
    """Return every waiver and what became of it, with the day that decided; None where none was given."""
    if judgement.waivers is None:
        return None
    return {
        "on": judgement.waivers.on.isoformat(),
        "digest": judgement.waivers.digest,
        "entries": [use.document() for use in judgement.uses],
    }


def _looked(look: Look | None) -> list[str]:
    if look is None:
        return []
    about = f"Look {look.number} at {look.subject} under this pack"
    return [f"{about}: each bound may err with {look.alpha:.3%}, so that all looks together stay within 5 %."]


def summary(verdict: str, signals: Signals, judgement: Judgement) -> list[str]:
    """Return the result in a few plain sentences, the verdict first."""
    sentences = [VERDICT_SENTENCES[verdict]]
    waived = _named([f for f in judgement.findings if f.waiver is not None])
    if waived:
        sentences.append(f"Waived: {waived}.")
    sentences += [
        f"Waiver {use.waiver.id} of {use.waiver.rule} does not apply: {use.message}."
        for use in judgement.uses
        if use.state is not State.APPLIED
    ]
    deciding = [f for f in judgement.findings if f.decides and f.waiver is None]
    for heading, wanted in (
        ("Failed", Verdict.FAIL),
        ("Undecided", Verdict.INCONCLUSIVE),
        ("Not assessable", Verdict.NOT_ASSESSABLE),
    ):
        named = _named([f for f in deciding if f.verdict is wanted])
        if named:
            sentences.append(f"{heading}: {named}.")
    rejected = sum(signals.rejects.values())
    rows = f"{signals.read:,} rows were read and {rejected:,} of them set aside"
    sentences.append(f"{rows}; {signals.comparisons:,} comparisons with {signals.judgments:,} judgments were measured.")
    return sentences


def _named(findings: Sequence[Finding]) -> str:
    titles: dict[str, str] = {}
    slices: dict[str, int] = {}
    for finding in findings:
        titles[finding.rule.id] = finding.rule.title[:1].lower() + finding.rule.title[1:]
        slices[finding.rule.id] = slices.get(finding.rule.id, 0) + 1
    return "; ".join(
        f"{code} {title}" + (f" ({slices[code]} slices)" if slices[code] > 1 else "") for code, title in titles.items()
    )

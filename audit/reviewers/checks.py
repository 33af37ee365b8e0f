"""Attention checks and gold items: answers of which the right one is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audit.measure import Kind, Measure, Undefined
from audit.reviewers.case import Case, Part, count
from audit.reviewers.others import below
from audit.schema import BOTH_BAD, A
from audit.shares import share_measure
from audit.signals import Bools, Ints

RATE, FAILURES = "reviewers.check_rate", "reviewers.check_failures"
NO_CHECKS = Undefined(
    "no answer of a person is an attention check or has a gold label", "gold_label or judgment.check_passed"
)
WHAT = "checked answers of people (attention checks and gold items) that are right"


def no_checks() -> tuple[Measure, Measure]:
    """Return both measures, undefined."""
    return (
        Measure(RATE, NO_CHECKS, "share", Kind.PROCESS, 0),
        Measure(FAILURES, NO_CHECKS, "count", Kind.PROCESS, 0),
    )


def checks(case: Case, least: int) -> Part:
    """Return how often the people pass, and who does so clearly less than the pool.

    Args:
        case: the people.
        least: checks below which nobody is tested.
    """
    rows, who, passed = checked(case)
    if not len(rows):
        return Part(no_checks())
    comparison = case.signals.ints("judgment.comparison")[rows]
    prompt = case.prompts(comparison)
    whole = share_measure(RATE, passed, {"prompt": prompt, "annotator": who}, WHAT, level=case.level)
    n, hits = np.bincount(who), np.bincount(who, weights=passed).astype(np.int64)

    def each(reviewer: int) -> Iterator[Measure]:
        own, part = who == reviewer, case.slice_of(reviewer)
        if own.any():
            yield share_measure(RATE, passed[own], {"prompt": prompt[own]}, WHAT, part=part, level=case.level)

    tested = np.flatnonzero(n >= least)
    if not len(tested):
        none = Undefined(f"no reviewer has {least} checked answers", "more attention checks")
        return Part((whole, Measure(FAILURES, none, "count", Kind.PROCESS, 0)), each=each)
    rate = max(0.0, float(hits.sum()) / float(n.sum()) - case.margin)
    accused = case.accused(tested, below(hits[tested], n[tested], rate))
    method = (
        f"exact binomial against {rate:.3g}, Benjamini-Hochberg; n: reviewers with at least {least} checked answers"
    )
    failed = np.unique(comparison[~passed & np.isin(who, accused)])
    evidence = case.signals.evidence(failed) if len(accused) else None
    found = count(FAILURES, len(accused), len(tested), method, evidence=evidence)
    return Part((whole, found), "fails checks", accused, each)


def checked(case: Case) -> tuple[Ints, Ints, Bools]:
    """Return the checked judgments, whose they are, and which are right.

    What the source says itself (`judgment.check_passed`) comes before the gold label. Answers that escalate or are
    invalid are not held against a gold label.
    """
    rows, who = case.judgments()
    told = np.full(len(rows), np.nan)
    if case.signals.has("gold_label", "judgment.label", "judgment.comparison"):
        gold = case.signals.ints("gold_label")[case.signals.ints("judgment.comparison")[rows]]
        label = case.signals.ints("judgment.label")[rows]
        is_checked = (gold >= A) & (gold <= BOTH_BAD) & (label >= A) & (label <= BOTH_BAD)
        told[is_checked] = (label == gold)[is_checked]
    if case.signals.has("judgment.check_passed"):
        own = case.signals.floats("judgment.check_passed")[rows]
        told = np.where(np.isfinite(own), own >= 0.5, told)
    kept = np.flatnonzero(np.isfinite(told))
    return rows[kept], who[kept], np.asarray(told[kept] > 0)

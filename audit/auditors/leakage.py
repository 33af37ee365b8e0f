"""LEK: what of the data stands in what must not be trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.duplicates.leaks import LEAK_PREFIX, Leak
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.signals import Ints, Signals

COUNTED: Final = {
    "exact_rows": Leak.PROMPT | Leak.CONVERSATION,
    "near_rows": Leak.NEAR_PROMPT,
    "word_rows": Leak.WORDS,
    "response_rows": Leak.RESPONSE,
    "repeated_pairs": Leak.PAIR,
}
"""Measures by the bits of which a comparison needs one."""
SHARES: Final = {"near_rows": "leakage.near_share", "word_rows": "leakage.word_share"}


UNDECLARED: Final = Undefined(
    "nothing is declared as protected", "--against FILE, or a split that is called test, eval or the like"
)


def _count(name: str, meaning: str) -> Spec:
    return Spec(f"leakage.{name}", "count", Kind.CENSUS, meaning)


@dataclass(frozen=True)
class Leakage:
    """Leakage: comparisons that overlap with an evaluation set, a benchmark or an earlier delivery.

    What it measures:
        Comparisons whose prompt or conversation stands in a protected set (`leakage.exact_rows`); whose prompt nearly
        does (`leakage.near_rows`, over comparisons `leakage.near_share`); whose prompt shares a long stretch of words
        with one there (`leakage.word_rows`, `leakage.word_share`); comparisons with a response that stands there
        (`leakage.response_rows`); and comparisons that stand there whole, prompt and both responses
        (`leakage.repeated_pairs`): rows sold twice, where the set is an earlier delivery. Each for all sets together
        and, as the slice `against`, for each.

    Why it matters:
        A policy trained on what it is evaluated on looks better than it is, and nobody can tell afterwards by how much.

    How:
        Protected are the files named with `--against` and the rows whose split is called test, eval, validation, dev,
        held-out or protected. Prompts and conversation ids are compared by their normal form. Near prompts have an
        exact Jaccard similarity of at least `threshold` of their five-word runs. Words in common: 13 words in a row
        each of whose 8-word runs stands in the set, or 8-word runs that cover half of the prompt, for sets named with
        `--against`; runs that stand in more than 2 different prompts, of the data or of the set, are common phrases and
        not counted. A prompt that is the same is counted neither as near nor by its words.

    Reads:
        Nothing is required. `leaks` and one column `leak.*` for each protected set are added by the run when something
        is protected.

    Measures and units:
        `leakage.exact_rows`, `leakage.near_rows`, `leakage.word_rows`, `leakage.response_rows`,
        `leakage.repeated_pairs`: count, census. `leakage.near_share`, `leakage.word_share`: share, census. n:
        comparisons that are not protected themselves.

    Limits:
        Paraphrases and translations are not found, nor what no one named: a benchmark that is not given cannot be
        compared with. Short common responses stand in many sets without harm, so they have no limit.

    References:
        Brown et al. 2020, arXiv 2005.14165 (13-grams); Lambert et al. 2024, arXiv 2411.15124 (8-grams that cover half
        of the words); Skywork-Reward-Preference v0.2, which dropped 4,957 pairs that overlapped with RewardBench.
    """

    threshold: float = 0.8
    against: tuple[tuple[str, str], ...] = ()
    """Protected files: name and SHA-256."""

    code: ClassVar[str] = "LEK"
    name: ClassVar[str] = "leakage"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ()
    uses: ClassVar[tuple[str, ...]] = ()
    measures: ClassVar[tuple[Spec, ...]] = (
        _count("exact_rows", "comparisons whose prompt or conversation is protected"),
        _count("near_rows", "comparisons whose prompt is nearly a protected one"),
        Spec("leakage.near_share", "share", Kind.CENSUS, "these over comparisons that are not protected"),
        _count("word_rows", "comparisons whose prompt shares words with a protected one"),
        Spec("leakage.word_share", "share", Kind.CENSUS, "these over comparisons that are not protected"),
        _count("response_rows", "comparisons with a response that is protected"),
        _count("repeated_pairs", "comparisons that are protected whole"),
    )

    def measure(self, signals: Signals) -> Iterable[Measure]:
        """Yield the counts for all protected sets, then for each."""
        if "leaks" not in signals.columns:
            yield from (Measure(spec.name, UNDECLARED, spec.unit, spec.kind, 0) for spec in self.measures)
            return
        yield from _of_set(signals, "leaks", ALL)
        for column in sorted(name for name in signals.columns if name.startswith(LEAK_PREFIX)):
            yield from _of_set(signals, column, Slice("against", column.removeprefix(LEAK_PREFIX)))


def _of_set(signals: Signals, column: str, part: Slice) -> Iterator[Measure]:
    bits = signals.ints(column, missing=-1)
    units = int((bits >= 0).sum())
    for name, wanted in COUNTED.items():
        hits = _with(bits, wanted)
        count = int(hits.sum())
        evidence = signals.evidence(hits)
        method = "exact count; n: comparisons that are not protected"
        full = f"leakage.{name}"
        yield Measure(full, count, "count", Kind.CENSUS, units, slice=part, evidence=evidence, method=method)
        if name in SHARES:
            share = count / units if units else Undefined("no comparison is left to train on", "rows")
            yield Measure(SHARES[name], share, "share", Kind.CENSUS, units, slice=part, evidence=evidence)


def _with(bits: Ints, wanted: Leak) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((bits >= 0) & ((bits & int(wanted)) != 0))

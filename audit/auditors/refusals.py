"""SAF: who refuses, chosen or rejected, two by two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from audit.auditor import Spec
from audit.measure import ALL, Kind, Measure, Slice, Undefined
from audit.signals import Bools, Ints, Signals
from audit.slices import slices
from audit.stats.clusters import share
from audit.stats.proportions import LEVEL
from audit.style.decisive import decisive

CHOSEN_RATE: Final = "refusals.chosen_rate"
CELLS: Final = {
    "neither": "labels of which neither side refuses",
    "chosen_only": "labels of which only the chosen side refuses",
    "rejected_only": "labels of which only the rejected side refuses",
    "both": "labels of which both sides refuse",
}
NO_LABEL: Final = Undefined("no label chose a side of a comparison with text", "label")
NONE_ALONE: Final = Undefined("nowhere does exactly one side refuse")


@dataclass(frozen=True)
class Refusals:
    """Refusals: what the labels teach about refusing.

    What it measures:
        The table of labels by whether the chosen and the rejected side refuse (`refusals.neither_share`,
        `refusals.chosen_only_share`, `refusals.rejected_only_share`, `refusals.both_share`), and how often the refusal
        wins where exactly one side refuses (`refusals.chosen_rate`).

    Why it matters:
        Where refusals win or lose nearly always, the policy learns to refuse, or never to, whatever is asked. A rate
        that is right for harmful prompts is over-refusal for others, so it is told per slice: a slice of harm tags says
        which is which. Pairs of which both sides refuse teach phrasing only.

    How:
        Over shipped labels that chose a side (or judgments, where no such label was shipped). A side refuses when a
        phrase of the lexicon (seven languages) starts within its first 200 code points and the whole text has at most
        `longest` code points: a long answer that begins with "I'm sorry" usually goes on to help. The rate's interval
        is clustered by prompt.

    Reads:
        `ordered_key`. It uses `label`, or else `judgment.label` and `judgment.comparison`; `a_refusal`, `b_refusal`,
        `a_code_points`, `b_code_points`, `prompt_key`; slices from `locale`, `scenario`, `policy`, `split`, `slice.*`.

    Measures and units:
        `refusals.neither_share`, `refusals.chosen_only_share`, `refusals.rejected_only_share`, `refusals.both_share`:
        share of labels, census. `refusals.chosen_rate`: share of labels of which exactly one side refuses, process.
        All also per slice of at least `slice_labels` labels.

    Limits:
        A lexicon sees stock phrases in English, German, French, Spanish, Portuguese, Chinese and Japanese; a refusal in
        other words is missed. Whether a refusal is right is not judged: no rule of the default pack reads this.

    References:
        Rottger et al. 2024, arXiv 2308.01263 (exaggerated safety). Bai et al. 2022, arXiv 2204.05862 (harmlessness data
        reward evasion).
    """

    longest: int = 1_000
    """Code points beyond which a text that opens with a refusal counts as an answer."""
    slice_labels: int = 100
    """Labels below which a slice is left out."""
    level: float = LEVEL
    """Two-sided level of intervals."""

    code: ClassVar[str] = "SAF"
    name: ClassVar[str] = "refusals"
    version: ClassVar[str] = "1"
    reads: ClassVar[tuple[str, ...]] = ("ordered_key",)
    uses: ClassVar[tuple[str, ...]] = (
        *("label", "judgment.label", "judgment.comparison", "a_refusal", "b_refusal"),
        *("a_code_points", "b_code_points", "prompt_key"),
    )
    measures: ClassVar[tuple[Spec, ...]] = (
        *(Spec(f"refusals.{cell}_share", "share", Kind.CENSUS, meaning) for cell, meaning in CELLS.items()),
        Spec(CHOSEN_RATE, "share", Kind.PROCESS, "labels that go to the refusal where exactly one side refuses"),
    )

    def measure(self, signals: Signals) -> Iterator[Measure]:
        """Yield the table and the rate, whole and per slice."""
        has_text = signals.has("a_refusal", "b_refusal", "a_code_points", "b_code_points")
        at = decisive(signals, "code_points") if has_text else None
        if at is None or not len(at):
            for spec in self.measures:
                yield Measure(spec.name, NO_LABEL, spec.unit, spec.kind, 0)
            return
        refuses = [
            (words > 0) & (size <= self.longest)
            for words, size in zip(
                at.chosen_and_rejected(signals, "refusal"), at.chosen_and_rejected(signals, "code_points"), strict=True
            )
        ]
        parts = [(ALL, np.ones(len(at), np.bool_))]
        parts += [(part, mask[at.rows]) for part, mask in slices(signals, self.slice_labels)]
        for part, inside in parts:
            if part == ALL or inside.sum() >= self.slice_labels:
                yield from self._table(refuses[0], refuses[1], inside, part, at.what)
                yield self._rate(refuses[0], refuses[1], inside, part, at.clusters)

    def _table(self, chosen: Bools, rejected: Bools, inside: Bools, part: Slice, what: str) -> Iterator[Measure]:
        n = int(inside.sum())
        cells = (~chosen & ~rejected, chosen & ~rejected, ~chosen & rejected, chosen & rejected)
        for cell, hits in zip(CELLS, cells, strict=True):
            method = f"exact share; n: decisive {what}"
            value = int((hits & inside).sum()) / n
            yield Measure(f"refusals.{cell}_share", value, "share", Kind.CENSUS, n, slice=part, method=method)

    def _rate(self, chosen: Bools, rejected: Bools, inside: Bools, part: Slice, clusters: Ints) -> Measure:
        alone = np.flatnonzero((chosen ^ rejected) & inside)
        if not len(alone):
            return Measure(CHOSEN_RATE, NONE_ALONE, "share", Kind.PROCESS, 0, slice=part)
        found = share(chosen[alone], {"prompt": clusters[alone]}, self.level)
        method = "refusals that were chosen, of labels where exactly one side refuses"
        return Measure(
            CHOSEN_RATE,
            found.value,
            "share",
            Kind.PROCESS,
            found.n,
            found.interval,
            found.n_effective,
            part,
            None,
            method,
        )

"""The labels of a file, one entry each: of the judgments where there are any, or those shipped with the comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.schema import BOTH_BAD, TIE, A, B
from audit.signals import Bools, Ints, Signals


@dataclass(frozen=True, slots=True)
class Answers:
    """Labels with the clusters that they belong to, each array of shape (n,)."""

    comparison: Ints
    """Row numbers into the comparisons."""
    label: Ints
    """Codes of the schema, never 0."""
    prompt: Ints
    """Cluster numbers, never falling."""
    annotator: Ints | None
    """Cluster numbers; None: no name is recorded, or these are shipped labels."""
    what: str
    """"judgments" or "comparisons"."""

    def __len__(self) -> int:
        return len(self.comparison)

    def take(self, which: Bools | Ints) -> Answers:
        """Return the selected answers; `which` is a mask, shape (n,), or rising positions."""
        rows = np.flatnonzero(which) if which.dtype == np.bool_ else which
        annotator = None if self.annotator is None else self.annotator[rows]
        return Answers(self.comparison[rows], self.label[rows], self.prompt[rows], annotator, self.what)

    def decisive(self) -> Answers:
        """Return those that chose a side."""
        return self.take((self.label == A) | (self.label == B))

    def answered(self) -> Answers:
        """Return those that chose a side, tied, or rejected both."""
        return self.take(np.isin(self.label, (A, B, TIE, BOTH_BAD)))

    @property
    def clusters(self) -> dict[str, Ints]:
        """Clusterings by name: prompt, and annotator where recorded."""
        named = {"prompt": self.prompt}
        return named if self.annotator is None else {**named, "annotator": self.annotator}


def prompt_clusters(signals: Signals) -> Ints:
    """Return the prompt's number of each comparison; its own number where prompts are not recorded."""
    return signals.groups("prompt_key") if signals.has("prompt_key") else np.arange(signals.comparisons)


def judged(signals: Signals, prompts: Ints) -> Answers | None:
    """Return the judgments that have a label; None where there are none.

    Args:
        signals: any.
        prompts: of `prompt_clusters`.
    """
    if not signals.has("judgment.comparison", "judgment.label"):
        return None
    label = signals.ints("judgment.label")
    rows = np.flatnonzero(label > 0)
    if not len(rows):
        return None
    comparison = signals.ints("judgment.comparison")[rows]
    order = np.argsort(prompts[comparison], kind="stable")
    rows, comparison = rows[order], comparison[order]
    annotator = signals.groups("judgment.annotator")[rows] if signals.has("judgment.annotator") else None
    return Answers(comparison, label[rows], prompts[comparison], annotator, "judgments")


def shipped(signals: Signals, prompts: Ints, order: Ints) -> Answers | None:
    """Return the comparisons that have a label; None where there are none.

    Args:
        signals: any.
        prompts: of `prompt_clusters`.
        order: comparison numbers, sorted by prompt.
    """
    if not signals.has("label"):
        return None
    label = signals.ints("label")
    rows = order[label[order] > 0]
    return Answers(rows, label[rows], prompts[rows], None, "comparisons") if len(rows) else None


def is_pair_form(answers: Answers) -> bool:
    """True when shipped labels are all one side: chosen and rejected, in which the sides' names mean nothing."""
    first = int(answers.label[0]) if len(answers) else A
    return answers.what == "comparisons" and first in {A, B} and bool((answers.label == first).all())

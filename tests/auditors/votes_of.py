"""Votes for tests of agreement: a short form by hand, and random files with everything that the auditor can use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audit.auditor import audit_with
from audit.auditors.agreement import Agreement
from audit.measure import Measure, Status
from audit.signals import Signals
from tests.signals_of import signals

CODES = {"a": 1, "b": 2, "t": 3, "n": 4, "e": 5, "x": 6}
"""a, b, tie, neither, escalate, invalid."""


def measured(own: Signals, **parameters: Any) -> dict[tuple[str, str], Measure]:
    """Return the measures of the auditor by name without its prefix and slice."""
    outcome = audit_with(Agreement(**parameters), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {(m.name.removeprefix("agreement."), str(m.slice)): m for m in outcome.measures}


def ballots(rows: Sequence[str], **more: Any) -> Signals:
    """Return one comparison a row whose judgments are the letters, by annotators 0, 1, ...; a dot is no judgment."""
    places = [(i, j, CODES[v]) for i, row in enumerate(rows) for j, v in enumerate(row) if v != "."]
    classes = more.pop("classes", None)
    judgments: dict[str, Any] = {
        "judgment.comparison": [i for i, _, _ in places],
        "judgment.label": [code for _, _, code in places],
        "judgment.annotator": [f"r{j:02d}" for _, j, _ in places],
    }
    if classes:
        judgments["judgment.reviewer_class"] = [classes[j] for _, j, _ in places]
    n = len(rows)
    own = {"a_key": [f"a{i}" for i in range(n)], "b_key": [f"b{i}" for i in range(n)], "a_is_first": [1] * n}
    return signals(own | more, judgments)


def panel(
    n: int = 300, seed: int = 0, *, spread: float = 0.5, people: int = 24, careless: float = 0.0,
    more: Mapping[str, Sequence[Any]] | None = None, judged: Mapping[str, Sequence[Any]] | None = None,
) -> Signals:  # fmt: skip
    """Return n comparisons of four responses to each of n / 6 prompts, three votes each, with every other column.

    Args:
        n: comparisons, a multiple of 6.
        seed: of chance.
        spread: Beta parameter of the items: 0 is full agreement, a large one chance.
        people: annotators; the first third experts, the last sixth models.
        careless: share of the votes that a coin decides.
        more: further columns of comparisons.
        judged: further columns of the 3 n judgments.
    """
    random = np.random.default_rng(seed)
    prompt, pair = np.divmod(np.arange(n), 6)
    left, right = np.array([(i, j) for i in range(4) for j in range(i + 1, 4)])[pair].T
    a_first = random.integers(0, 2, n)
    share = random.beta(spread, spread, n)
    who = np.concatenate([random.choice(people, 3, replace=False) for _ in range(n)])
    item = np.repeat(np.arange(n), 3)
    vote = np.where(random.random(3 * n) < share[item], 1, 2)
    vote = np.where(random.random(3 * n) < careless, random.integers(1, 3, 3 * n), vote)
    vote = np.where(random.random(3 * n) < 0.1, random.integers(3, 7, 3 * n), vote)
    won = [np.bincount(vote[3 * i : 3 * i + 3], minlength=7)[1:5].argmax() + 1 for i in range(n)]
    names = np.where(np.arange(people) < people // 3, "expert", "crowd")
    names = np.where(np.arange(people) >= people - people // 6, "model", names)
    return signals(
        {
            "label": won,
            "prompt_key": [f"p{i}" for i in prompt],
            "a_key": [f"p{i} r{j}" for i, j in zip(prompt, left, strict=True)],
            "b_key": [f"p{i} r{j}" for i, j in zip(prompt, right, strict=True)],
            "a_is_first": a_first.tolist(),
            "locale": np.array(["de-DE", "en-US", "fr-FR"])[prompt % 3].tolist(),
            **(more or {}),
        },
        {
            "judgment.comparison": item.tolist(),
            "judgment.label": vote.tolist(),
            "judgment.annotator": [f"r{i:02d}" for i in who],
            "judgment.reviewer_class": names[who].tolist(),
            "judgment.strength": random.integers(1, 4, 3 * n).astype(float).tolist(),
            "judgment.confidence": random.random(3 * n).tolist(),
            **(judged or {}),
        },
    )

"""Infinite, huge, missing and constant numbers, unknown labels, nulls anywhere: no auditor breaks, whatever it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.auditor import audit_with
from audit.auditors import BUILT_IN
from audit.measure import Status
from audit.signals import Signals
from tests.signals_of import signals

STRANGE = (0.0, 1.0, -1.0, 1e308, -1e308, float("inf"), float("nan"), None, 0.5, 1e-300)
MEASURE_ANYTHING = ("strength", "swap", "baseline", "verbosity", "style", "position")


def numbers(random: np.random.Generator, n: int) -> list[float | None]:
    """A column of numbers: absent, strange, ordinary or constant."""
    kind = random.integers(0, 4)
    if kind == 0:
        return [None] * n
    if kind == 1:
        return [STRANGE[i] for i in random.integers(0, len(STRANGE), n)]
    return random.normal(0, 1, n).tolist() if kind == 2 else [1.0] * n


def holed(random: np.random.Generator, values: Any) -> list[Any]:
    """Values with a tenth of them missing."""
    return [None if random.random() < 0.1 else value for value in np.asarray(values).tolist()]


def comparisons(random: np.random.Generator, n: int) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {"label": holed(random, random.integers(0, 7, n))}
    rows |= {name: numbers(random, n) for name in ("score_a", "score_b", "aspects_a", "aspects_b", "weight")}
    rows["swap_held"] = [None if random.random() < 0.6 else float(random.integers(0, 2)) for _ in range(n)]
    for side in "ab":
        rows[f"model_{side}"] = holed(random, random.choice(["m", "n", "o"], n))
        rows[f"{side}_key"] = holed(random, random.integers(0, 4, n))
        rows[f"near_{side}"] = holed(random, random.integers(-1, 4, n))
        for feature in ("code_points", "words", "bullets", "refusal"):
            rows[f"{side}_{feature}"] = holed(random, random.integers(0, 4, n))
    rows["a_is_first"], rows["defects"] = random.integers(0, 2, n).tolist(), random.integers(0, 64, n).tolist()
    rows["prompt_key"] = holed(random, random.integers(0, max(n // 2, 1), n))
    for name, values in (("split", ["train", "excluded"]), ("locale", ["de", "en"]), ("slice.probe", ["pad", "x"])):
        rows[name] = holed(random, random.choice(values, n))
    return {name: values for name, values in rows.items() if random.random() < 0.7} or {"label": [None] * n}


def judgments(random: np.random.Generator, n: int) -> dict[str, list[Any]]:
    m = int(random.choice([1, n, 3 * n]))
    votes: dict[str, list[Any]] = {
        "judgment.comparison": random.integers(0, n, m).tolist(),
        "judgment.label": random.integers(0, 7, m).tolist(),
        "judgment.shown_first": random.integers(0, 3, m).tolist(),
        "judgment.annotator": holed(random, random.choice(["x", "y", "z"], m)),
        "judgment.strength": numbers(random, m),
        "judgment.confidence": numbers(random, m) if random.random() < 0.5 else random.random(m).tolist(),
        "judgment.duration_s": numbers(random, m),
    }
    needed = ("judgment.comparison", "judgment.label")
    return {name: values for name, values in votes.items() if name in needed or random.random() < 0.7}


def strange(seed: int) -> Signals:
    random = np.random.default_rng(seed)
    n = int(random.choice([0, 1, 2, 10, 60, 250]))
    votes = judgments(random, n) if n and random.random() < 0.8 else {}
    return signals(comparisons(random, n), votes)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(60))
def test_nothing_breaks(seed: int) -> None:
    """Every auditor ends measured, or tells what is missing."""
    own = strange(seed)
    outcomes = [audit_with(auditor, own) for auditor in BUILT_IN if auditor.name in MEASURE_ANYTHING]
    assert [(o.name, o.error) for o in outcomes if o.status is Status.FAILED] == []

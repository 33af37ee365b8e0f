"""The swap auditor: cells by hand, published figures of LLMBar and MT-Bench, a planted slot habit, and the laws."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.auditor import audit_with
from audit.auditors.swap import Swap
from audit.measure import Measure, Status, Undefined
from audit.pipeline import run
from audit.schema import INVALID, TIE, A, B
from audit.signals import Signals
from audit.testing import check_auditor
from tests.signals_of import signals

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
LLMBAR = {
    "Natural": (0.935, 0.970),
    "Adversarial/Neighbor": (0.642, 0.896),
    "Adversarial/GPTInst": (0.766, 0.902),
    "Adversarial/GPTOut": (0.766, 0.872),
    "Adversarial/Manual": (0.750, 0.891),
}
"""Zeng et al. 2024, GPT-4 with the vanilla prompt, without rules: accuracy and positional agreement by subset."""


def measured(own: Signals) -> dict[str, Measure]:
    outcome = audit_with(Swap(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {f"{m.name.removeprefix('swap.')} {m.slice}".removesuffix(" all"): m for m in outcome.measures}


def asked_twice(first: list[int], second: list[int], label: list[int] | None = None, **rows: Any) -> Signals:
    """One judge; `first` are its answers with side a first, `second` with side b first, one pair each."""
    n = len(first)
    own = {
        "label": label or [A] * n,
        "a_key": [f"a{i}" for i in range(n)],
        "b_key": [f"b{i}" for i in range(n)],
        "a_is_first": [i % 2 for i in range(n)],
        **rows,
    }
    votes = {
        "judgment.comparison": [*range(n), *range(n)],
        "judgment.label": [*first, *second],
        "judgment.shown_first": [A] * n + [B] * n,
        "judgment.annotator": ["judge"] * (2 * n),
    }
    return signals(own, votes)


def test_cells_by_hand() -> None:
    """Six pairs: a twice, b twice, tie twice; first slot twice; second slot twice; b, then a tie.

    Consistent 3 / 6, first twice 1 / 6, second twice 1 / 6, McNemar's p of 1 of 2 is 1. Shipped: a, a, b, a, b, a; the
    answers give it 2, 0, 0, 1, 1, 0 times of 12, and only the first label is held in both orders.
    """
    own = asked_twice([A, B, TIE, A, B, B], [A, B, TIE, B, A, TIE], [A, A, B, A, B, A])
    found = measured(own)
    assert found["consistency_rate"].number == 0.5
    assert found["first_twice_rate"].number == pytest.approx(1 / 6)
    assert found["second_twice_rate"].number == pytest.approx(1 / 6)
    assert found["slot_preference"].number == 0.0
    assert found["slot_preference_p"].number == 1.0
    assert found["label_rate"].number == pytest.approx(4 / 12)
    assert found["unsupported_share"].number == pytest.approx(5 / 6)
    assert found["covered_share"].number == 1.0
    assert isinstance(found["repeat_agreement"].value, Undefined)


def test_labels_that_others_judged_are_not_held_against_the_judge() -> None:
    """The judge is inconsistent on both pairs, but a person judged the first: only the second label hangs on it."""
    own = signals(
        {"label": [A, A], "a_key": ["p", "q"], "b_key": ["r", "s"], "a_is_first": [1, 1]},
        {
            "judgment.comparison": [0, 0, 0, 1, 1],
            "judgment.label": [A, B, A, A, B],
            "judgment.shown_first": [A, B, A, A, B],
            "judgment.annotator": ["judge", "judge", "person", "judge", "judge"],
        },
    )
    unsupported = measured(own)["unsupported_share"]
    assert (unsupported.n, unsupported.number) == (1, 1.0)


def test_one_pair_in_two_rows_is_one_cell() -> None:
    """The same two texts in two rows with their sides exchanged, each judged once: one cell, and it is consistent."""
    own = signals(
        {
            "label": [A, B],
            "prompt_key": ["p", "p"],
            "a_key": ["x", "y"],
            "b_key": ["y", "x"],
            "pair_key": ["xy", "xy"],
            "a_is_first": [1, 0],
        },
        {
            "judgment.comparison": [0, 1],
            "judgment.label": [A, B],
            "judgment.shown_first": [A, A],
            "judgment.annotator": ["judge", "judge"],
        },
    )
    found = measured(own)
    assert (found["consistency_rate"].number, found["consistency_rate"].n) == (1.0, 1)


def test_repeats_by_hand() -> None:
    """Three answers a, a, b to one pair in one order: one of three pairs of answers is equal; the mode is a."""
    own = signals(
        {"label": [A], "a_key": ["x"], "b_key": ["y"], "a_is_first": [1]},
        {
            "judgment.comparison": [0] * 4,
            "judgment.label": [A, A, B, A],
            "judgment.shown_first": [A, A, A, B],
            "judgment.annotator": ["judge"] * 4,
        },
    )
    found = measured(own)
    assert found["repeat_agreement"].number == pytest.approx(1 / 3)
    assert found["consistency_rate"].number == 1.0


def test_null_answers_and_nameless_judgments_are_in_no_cell() -> None:
    """A null answer in one order leaves the pair out; judgments without a name cannot be matched."""
    assert isinstance(measured(asked_twice([A], [INVALID]))["consistency_rate"].value, Undefined)
    nameless = signals(
        {"label": [A]},
        {"judgment.comparison": [0, 0], "judgment.label": [A, A], "judgment.shown_first": [A, B]},
    )
    assert isinstance(measured(nameless)["covered_share"].value, Undefined)


def test_a_slot_habit_shows() -> None:
    """A judge that takes the first slot in 30 % of the pairs: consistency 0.70, the preference 0.30, p tiny."""
    random, n = np.random.default_rng(2), 2_000
    answer, forced = random.integers(1, 3, n), random.random(n) < 0.3
    found = measured(asked_twice(np.where(forced, A, answer).tolist(), np.where(forced, B, answer).tolist()))
    assert found["consistency_rate"].number == pytest.approx(0.70, abs=0.03)
    assert found["slot_preference"].number == pytest.approx(0.30, abs=0.03)
    assert found["slot_preference_p"].number < 1e-9
    assert found["consistency_rate annotator=judge"].n == n


def test_consistency_is_covered() -> None:
    """A judge that changes a fifth of its answers: of 200 draws each bound misses 0.8 in 5 % at most (10, 3 x 3.1)."""
    low = high = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        answer, changes = random.integers(1, 3, 120), random.random(120) < 0.2
        own = asked_twice(answer.tolist(), np.where(changes, 3 - answer, answer).tolist())
        interval = measured(own)["consistency_rate"].interval
        assert interval is not None
        low += interval.low > 0.8
        high += interval.high < 0.8
    assert low <= 10 + 3 * 3.1
    assert high <= 10 + 3 * 3.1


def test_what_a_source_notes_is_counted() -> None:
    """Two of five answers are noted as changed by one judge; another's answers, never noted, are not counted."""
    own = signals(
        {"label": [TIE, A, B, TIE, A, A], "swap_held": [0.0, None, None, 0.0, None, None]},
        {
            "judgment.comparison": [0, 1, 2, 3, 4, 5],
            "judgment.label": [TIE, A, B, TIE, A, A],
            "judgment.annotator": ["judge"] * 5 + ["other"],
        },
    )
    rate = measured(own)["consistency_rate"]
    assert (rate.number, rate.n) == (0.6, 5)


@pytest.mark.parametrize("subset", LLMBAR)
def test_llmbar_published(subset: str, tmp_path: Path) -> None:
    """Accuracy and positional agreement of GPT-4 as published, to a tenth of a point."""
    path = DATA / "llmbar_419_both_orders.jsonl.gz"
    if not path.exists():
        pytest.skip("the public files are not here")
    rows = [line for line in gzip.decompress(path.read_bytes()).splitlines() if json.loads(line)["subset"] == subset]
    (tmp_path / "rows.jsonl").write_bytes(b"\n".join(rows) + b"\n")
    found = {(m.name, m.slice.value): m.value for m in run(tmp_path / "rows.jsonl", rules="structural").measures}
    judge = "GPT-4/Vanilla_NoRules"
    accuracy, agreement = LLMBAR[subset]
    assert found["swap.label_rate", judge] == pytest.approx(accuracy, abs=0.0005)
    assert found["swap.consistency_rate", judge] == pytest.approx(agreement, abs=0.0005)


def test_mtbench_published() -> None:
    """GPT-4's pairwise votes: 380 of 2,400 are ties by inconsistency."""
    path = DATA / "mtbench_gpt4_pair_votes.jsonl.gz"
    if not path.exists():
        pytest.skip("the public files are not here")
    [rate] = [m for m in run(path, rules="structural").measures if m.name == "swap.consistency_rate" and not m.slice.by]
    assert rate.number == pytest.approx(1 - 380 / 2_400)
    assert rate.n == 2_400


@pytest.mark.parametrize("rows", [0, 1, 3], ids=["empty", "one row", "all ties"])
def test_degenerate_files_are_legal(rows: int) -> None:
    """Nothing, one pair, all ties: defined or told why not, never a fault."""
    found = measured(asked_twice([TIE] * rows, [TIE] * rows, [TIE] * rows))
    assert {name.split()[0] for name in found} == {s.name.removeprefix("swap.") for s in Swap.measures}


def test_laws() -> None:
    """The laws of every auditor, on two judges, repeats and slices."""
    random, n = np.random.default_rng(3), 60
    rows = {
        "label": random.integers(1, 4, n).tolist(),
        "a_key": [f"a{i}" for i in range(n)],
        "b_key": [f"b{i}" for i in range(n)],
        "a_is_first": random.integers(0, 2, n).tolist(),
        "locale": ["de-DE", "en-US"] * (n // 2),
    }
    votes = {
        "judgment.comparison": np.tile(np.arange(n), 6).tolist(),
        "judgment.label": random.integers(1, 4, 6 * n).tolist(),
        "judgment.shown_first": np.repeat([A, B, A, B, A, A], n).tolist(),
        "judgment.annotator": np.repeat(["one", "one", "two", "two", "one", "three"], n).tolist(),
    }
    check_auditor(Swap(), lambda: signals(rows, votes))

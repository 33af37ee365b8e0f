"""The verbosity auditor on real pairs: figures counted by hand elsewhere, and an injected length preference.

Lengths are counted here by `len` and `str.split`, not by the project's kernels, which have their own tests.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from audit.auditor import audit_with
from audit.auditors.verbosity import RATE, Verbosity
from audit.measure import ALL, Measure
from audit.stats.auc import paired_auc
from tests.signals_of import signals

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not here")
LAST_TURN = "\n\nAssistant:"


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def audited(label: Sequence[int], a: Sequence[str], b: Sequence[str], **more: Sequence[object]) -> list[Measure]:
    """All measures of texts."""
    own = signals(
        {
            "label": label,
            "a_code_points": [len(text) for text in a],
            "b_code_points": [len(text) for text in b],
            "a_words": [len(text.split()) for text in a],
            "b_words": [len(text.split()) for text in b],
            **more,
        }
    )
    outcome = audit_with(Verbosity(), own)
    assert outcome.error is None
    return list(outcome.measures)


def whole(measures: list[Measure]) -> dict[str, Measure]:
    """The measures of the whole file by name, without the prefix."""
    return {m.name.removeprefix("verbosity."): m for m in measures if m.slice == ALL}


def hh_sides() -> tuple[list[str], list[str]]:
    """The last assistant turn of both transcripts."""
    pairs = rows("hh_harmless_base_test")
    chosen, rejected = ([pair[side].rpartition(LAST_TURN)[2] for pair in pairs] for side in ("chosen", "rejected"))
    return chosen, rejected


@needs_data
def test_harmlessness_prefers_short():
    """HH: the longer response wins 1,023 of 2,301 by code points, 993 of 2,267 by words; the AUC of short is .599."""
    chosen, rejected = hh_sides()
    found = whole(audited([1] * len(chosen), chosen, rejected))

    assert found["longer_wins_rate"].number == pytest.approx(1023 / 2301)
    assert found["longer_wins_rate_words"].number == pytest.approx(993 / 2267)
    assert round(1 - found["length_auc"].number, 3) == 0.599
    interval = found["length_auc"].interval
    assert interval is not None
    assert (1 - interval.high, 1 - interval.low) == pytest.approx((0.580, 0.618), abs=0.002)
    odds = found["length_odds_ratio"].interval
    assert odds is not None
    assert odds.high < 1


@needs_data
@pytest.mark.parametrize(
    ("name", "longer", "differ"), [("llamafactory_dpo_en_300", 131, 299), ("llamafactory_dpo_zh_300", 186, 298)]
)
def test_direction_depends_on_the_language(name: str, longer: int, differ: int):
    """English 131 of 299 = .438, Chinese 186 of 298 = .624, in code points."""
    pairs = rows(name)
    chosen, rejected = ([r[side]["value"] for r in pairs] for side in ("chosen", "rejected"))
    found = whole(audited([1] * 300, chosen, rejected))

    assert found["longer_wins_rate"].number == pytest.approx(longer / differ)


@needs_data
def test_adversarial_subsets_show_in_slices():
    """LLMBar: longer wins 56/99, 16/134, 12/92, 21/47 and 8/45 by subset (.566 .119 .130 .447 .178)."""
    pairs = rows("llmbar_419_both_orders")
    found = audited(
        [r["label"] for r in pairs],
        [r["output_1"] for r in pairs],
        [r["output_2"] for r in pairs],
        **{"slice.subset": [r["subset"].removeprefix("Adversarial/") for r in pairs]},
    )
    rates = {m.slice.value: m.number for m in found if m.slice.by == "subset" and m.name == RATE}

    expected = {"Natural": 56 / 99, "Neighbor": 16 / 134, "GPTInst": 12 / 92, "GPTOut": 21 / 47, "Manual": 8 / 45}
    assert rates == pytest.approx(expected)
    assert whole(found)["longer_wins_rate"].n == 417


@needs_data
@pytest.mark.parametrize(
    ("n", "dose", "reported"),
    [
        (2000, 0.0, 0.04),
        (2000, 0.05, 0.50),
        (2000, 0.10, 0.95),
        (2000, 0.20, 1.0),
        (500, 0.0, 0.04),
        (500, 0.05, 0.16),
        (500, 0.10, 0.40),
        (500, 0.20, 0.96),
    ],
)
def test_an_injected_preference_is_found(n: int, dose: float, reported: float):
    """HH with sides drawn at random is an exact null; a share `dose` of the pairs is relabelled to the longer side.

    The sign of the log ratio then has mean `dose` whatever its size, and the AUC of a signed-rank statistic is off one
    half by dose * sqrt(3 n) / 2 standard errors. A two-sided 5 % test finds that with probability
    Phi(z - 1.96) + Phi(-z - 1.96). Over 200 samples the observed share must be within four Monte-Carlo errors of it
    (ties and the shrinking variance cost up to .03), and near the share that an independent implementation found.
    """
    chosen, rejected = hh_sides()
    ratio = np.abs(np.log1p([len(text) for text in chosen]) - np.log1p([len(text) for text in rejected]))
    rng = np.random.default_rng([n, round(100 * dose)])
    seeds, found = 200, 0
    for _ in range(seeds):
        drawn = rng.choice(ratio, n, replace=False)
        longer_won = (rng.random(n) < 0.5) | (rng.random(n) < dose)
        interval = paired_auc(np.where(longer_won, drawn, -drawn), np.arange(n)).interval(0.95)
        assert interval is not None
        found += not interval.low <= 0.5 <= interval.high

    z = dose * np.sqrt(3 * n) / 2
    power = float(ndtr(z - 1.96) + ndtr(-z - 1.96))
    error = np.sqrt(power * (1 - power) / seeds)
    assert found / seeds == pytest.approx(power, abs=4 * error + 0.03)
    assert found / seeds == pytest.approx(reported, abs=0.15)

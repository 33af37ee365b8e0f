"""What a buyer relies on: data exactly at a limit seldom pass, data exactly at a fail limit seldom fail.

Each case draws files whose truth is the limit of a rule of the default pack, and judges them by that rule. Of 100 files
5 may come out wrong, and three errors of 2.2 are allowed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit

from audit.auditor import Auditor, audit_with
from audit.auditors.baseline import Baseline
from audit.auditors.position import Position
from audit.auditors.strength import Strength
from audit.auditors.swap import Swap
from audit.auditors.verbosity import Verbosity
from audit.measure import ALL
from audit.rules import judge, load_pack
from audit.rules.decision import Verdict
from audit.schema import A, B
from audit.signals import Signals
from tests.signals_of import signals

PACK = load_pack("dpo-ready")
FILES, MOST = 100, 11
Random = np.random.Generator


def verdict(auditor: Auditor, own: Signals, rule: str) -> Verdict:
    outcome = audit_with(auditor, own)
    findings = judge(PACK, outcome.measures, [outcome]).findings
    [found] = [f.verdict for f in findings if f.rule.id == rule and f.slice == ALL]
    return found


def judged_twice(random: Random, consistent: float) -> Signals:
    """300 pairs that one judge saw in both orders; a share of the answers stays."""
    n = 300
    answer, stays = random.integers(1, 3, n), random.random(n) < consistent
    rows = {"label": [A] * n, "a_key": list(range(n)), "b_key": list(range(n, 2 * n)), "a_is_first": [1] * n}
    votes = {
        "judgment.comparison": [*range(n), *range(n)],
        "judgment.label": [*answer.tolist(), *np.where(stays, answer, 3 - answer).tolist()],
        "judgment.shown_first": [A] * n + [B] * n,
        "judgment.annotator": ["judge"] * (2 * n),
    }
    return signals(rows, votes)


def close_pairs(random: Random, first: float) -> Signals:
    """600 judgments, scores of the sides 0 or 1 apart; on the closest the first side wins with probability `first`."""
    n = 600
    far = random.random(n) < 0.5
    shown, wins = random.integers(1, 3, n), random.random(n) < np.where(far, 0.5, first)
    label = np.where(wins, shown, 3 - shown).tolist()
    rows = {"label": label, "score_a": far.astype(float).tolist(), "score_b": [0.0] * n}
    votes = {
        "judgment.comparison": list(range(n)),
        "judgment.label": label,
        "judgment.shown_first": shown.tolist(),
    }
    return signals(rows, votes)


def longer_first(random: Random, share: float) -> Signals:
    """800 judgments of sides of 200 and 100 code points; the longer comes first with probability `share`."""
    n = 800
    shown = np.where(random.random(n) < share, A, B).tolist()
    label = random.integers(1, 3, n).tolist()
    rows = {"label": label, "a_code_points": [200] * n, "b_code_points": [100] * n}
    votes = {"judgment.comparison": list(range(n)), "judgment.label": label, "judgment.shown_first": shown}
    return signals(rows, votes)


def strength(random: Random, _none: float) -> Signals:
    """400 pairs of two votes that agree in 0.8 whatever the strength."""
    n = 400
    second = np.where(random.random(n) < 0.8, A, B)
    rows = {"label": [A] * n, "a_key": list(range(n)), "b_key": list(range(n, 2 * n)), "a_is_first": [1] * n}
    votes = {
        "judgment.comparison": np.repeat(np.arange(n), 2).tolist(),
        "judgment.label": np.column_stack([np.full(n, A), second]).ravel().tolist(),
        "judgment.annotator": [f"r{i % 2}{i // 2 % 25}" for i in range(2 * n)],
        "judgment.strength": random.integers(1, 4, 2 * n).astype(float).tolist(),
    }
    return signals(rows, votes)


def length_beside_scores(random: Random, odds: float) -> Signals:
    """500 pairs with a score that knows nothing of length; the odds of an answer one SD longer are `odds`."""
    n = 500
    lengths, scores = random.integers(50, 900, (n, 2)), random.normal(0, 1, (n, 2))
    gap = (lengths[:, 0] - lengths[:, 1]).astype(float)
    effect = np.log(odds) / np.tanh(1.0) * np.tanh(gap / np.sqrt((gap**2).mean()))
    wins = random.random(n) < expit(effect + scores[:, 0] - scores[:, 1])
    rows = {"label": np.where(wins, A, B).tolist()}
    for i, side in enumerate("ab"):
        rows |= {f"{side}_code_points": lengths[:, i].tolist(), f"score_{side}": scores[:, i].tolist()}
    return signals(rows)


def padded(random: Random, share: float) -> Signals:
    """400 planted pairs, of which the padded side wins a share."""
    n = 400
    rows = {
        "label": np.where(random.random(n) < share, A, B).tolist(),
        "a_code_points": [300] * n,
        "b_code_points": [200] * n,
        "slice.probe": ["padding"] * n,
    }
    return signals(rows)


def longest_wins(random: Random, share: float) -> Signals:
    """400 pairs of sides of 200 and 100 code points, of which the longer wins a share."""
    n = 400
    label = np.where(random.random(n) < share, A, B).tolist()
    return signals({"label": label, "a_code_points": [200] * n, "b_code_points": [100] * n})


CASES: dict[str, tuple[Auditor, Callable[[Random, float], Signals], float, float]] = {
    "POS-001": (Position(), longer_first, 0.55, 0.55),
    "POS-003": (Position(), close_pairs, 0.55, 0.58),
    "POS-004": (Swap(), judged_twice, 0.80, 0.65),
    "JUD-004": (Strength(), strength, 1.0, 1.0),
    "LEN-002": (Verbosity(), length_beside_scores, 1.30, 2.0),
    "LEN-003": (Verbosity(), padded, 0.55, 0.60),
    "STY-004": (Baseline(), longest_wins, 0.75, 0.90),
}
"""Rule: auditor, files of a given truth, the pass limit, the fail limit."""


@pytest.mark.parametrize("rule", CASES)
def test_at_the_limit_few_pass(rule: str) -> None:
    """The truth is where a pass ends."""
    auditor, draw, limit, _ = CASES[rule]
    found = [verdict(auditor, draw(np.random.default_rng(seed), limit), rule) for seed in range(FILES)]
    assert found.count(Verdict.PASS) <= MOST


@pytest.mark.parametrize("rule", CASES)
def test_at_the_fail_limit_few_fail(rule: str) -> None:
    """The truth is where a fail begins; nothing is left unassessed."""
    auditor, draw, _, limit = CASES[rule]
    found = [verdict(auditor, draw(np.random.default_rng(seed), limit), rule) for seed in range(FILES)]
    assert found.count(Verdict.FAIL) <= MOST
    assert Verdict.NOT_ASSESSABLE not in found

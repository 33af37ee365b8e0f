"""The queue of doubtful labels: the formula by integration, planted flips at its top, and what it cannot say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import beta

import audit
from audit.auditor import audit_with
from audit.auditors.label_errors import LabelErrors
from audit.label_errors.doubt import by_votes, slope
from audit.label_errors.lift import lift_measure
from audit.measure import Measure, Status, Undefined
from audit.stats.implied_error import beta_parameter, label_error
from audit.testing import check_auditor
from tests.auditors.votes_of import ballots, panel
from tests.signals_of import signals

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def told(own: Any) -> dict[str, Measure]:
    outcome = audit_with(LabelErrors(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {m.name.removeprefix("labels."): m for m in outcome.measures}


def voted(
    n: int = 400, *, flipped: float = 0.1, seed: int = 0, gold: bool = False, each: int = 3, hard: float = 0.0
) -> tuple[Any, set[int]]:
    """Some votes a pair, people right in 9 of 10; the label is their majority, turned round in a share of the rows."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    right = np.where(np.arange(n) < hard * n, 0.6, 0.9)
    vote = np.where(rng.random((n, each)) < right[:, None], truth[:, None], 1 - truth[:, None])
    label = (2 * vote.sum(axis=1) > each).astype(int)
    turned = rng.random(n) < flipped
    more: dict[str, Any] = {"label": (np.where(turned, 1 - label, label) + 1).tolist()}
    if gold:
        more["gold_label"] = (truth + 1).tolist()
    rows = ["".join("ab"[v] for v in own) for own in vote]
    return ballots(rows, **more), set((np.flatnonzero(turned) + 1).tolist())


def test_laws() -> None:
    """The contract's laws, with gold labels and the columns of words."""
    rng = np.random.default_rng(3)
    lead, n = rng.normal(size=240), 240
    more = {
        "gold_label": rng.integers(0, 3, n).tolist(),
        "word_flip": (rng.random(n) < 0.1).astype(int).tolist(),
        "word_flip_doubt": lead.tolist(),
    }
    check_auditor(LabelErrors(), lambda: panel(n, more=more))


@pytest.mark.parametrize(("fors", "against"), [(3, 0), (2, 1), (1, 4), (1, 0)])
def test_doubt_of_votes_by_integration(fors: int, against: int) -> None:
    """P(share for the label below 1/2) under the Beta prior and the likelihood of the votes, integrated."""
    a = beta_parameter(0.75)

    def density(p: float) -> float:
        return float(beta.pdf(p, a, a)) * p**fors * (1 - p) ** against

    expected = quad(density, 0, 0.5)[0] / quad(density, 0, 1)[0]
    found = by_votes(0.75, np.array([fors]), np.array([against]))[0]
    assert found == pytest.approx(expected, rel=1e-5)


def test_one_vote_is_the_implied_error() -> None:
    """A label of one vote, and one without any, is wrong as the agreement auditor says of one vote."""
    found = by_votes(0.8, np.array([1, 0]), np.array([0, 0]))
    assert found == pytest.approx([label_error(0.8, 1)] * 2)


def test_slope_equals_a_search() -> None:
    """The maximum of the likelihood; scores that speak for the other side everywhere get none."""
    rng = np.random.default_rng(0)
    doubt = rng.normal(-0.5, 1.0, 500)
    best = minimize_scalar(lambda b: np.logaddexp(0.0, b * doubt).sum(), bounds=(0, 5), method="bounded")
    assert slope(doubt) == pytest.approx(best.x, abs=1e-4)
    assert slope(-doubt - 2 * doubt.mean() + 3) == 0.0


def test_flipped_labels_stand_at_the_top() -> None:
    """Of 400 labels a tenth is turned round: nearly all candidates are such, and the first 30 all are."""
    own, turned = voted()
    found = told(own)
    candidates, queue = found["candidate_share"], found["queue"]
    assert candidates.evidence is not None
    assert queue.evidence is not None
    rows = {ref.row for ref in candidates.evidence.rows}
    assert len(rows & turned) >= 0.95 * len(turned)
    assert len(rows & turned) >= 0.95 * len(rows)
    assert queue.evidence.order == "worst first"
    assert {ref.row for ref in queue.evidence.rows[:30]} <= turned
    assert queue.number == queue.evidence.total == 400


def test_clean_labels_are_no_candidates() -> None:
    """The majority of three is never more probably wrong than right; nothing is gated."""
    found = told(voted(flipped=0.0)[0])
    assert found["candidate_share"].number == 0
    assert found["candidate_share"].evidence is None
    assert found["planted_auc"].value == Undefined("no model of the texts was fitted", "--words")


def test_lift_by_gold_and_by_held_out_votes() -> None:
    """With gold labels they judge; without, one vote of three opposes a majority of the others or not."""
    by_gold = told(voted(gold=True)[0])
    assert by_gold["queue_lift"].number > 5
    assert "gold" in by_gold["queue_lift"].method
    error = by_gold["gold_error"]
    assert error.interval is not None
    wrong = 0.1 * 0.972 + 0.9 * 0.028  # flips, and majorities that err: 3 x .1 x .1 x .9 + .001 = .028
    assert error.interval.low < wrong < error.interval.high
    by_vote = told(voted(n=800, each=5, hard=0.3)[0])
    assert "held-out vote" in by_vote["queue_lift"].method
    assert by_vote["queue_lift"].number > 1
    assert by_vote["gold_error"].value == Undefined("no shipped label has a gold label", "gold_label")
    alike = told(voted()[0])["queue_lift"].value  # of three votes the other two agree, or are split and left out
    assert isinstance(alike, Undefined)
    assert "doubted alike" in alike.reason


def test_lift_by_hand() -> None:
    """200 labels, 20 wrong, 8 of them among the ten of greatest doubt: (8 / 10) / (20 / 200) = 8."""
    doubt = np.arange(200.0)
    wrong = np.zeros(200, np.bool_)
    wrong[192:] = wrong[:12] = True
    found = lift_measure("labels.queue_lift", doubt, wrong, np.arange(200), "x", 0.9)
    assert found.number == pytest.approx(8)
    assert found.interval is not None
    assert found.interval.low < 8 < found.interval.high


def test_words_move_the_queue_only_as_far_as_they_tell() -> None:
    """A lead that follows the labels sharpens, one of pure chance gets a slope near nought."""
    n = 300
    rng = np.random.default_rng(1)
    label = rng.integers(1, 3, n)
    sign = np.where(label == 1, 1.0, -1.0)
    rows = ["aaa" if one == 1 else "bbb" for one in label]
    rows[:40] = ["aab"] * 40  # without disagreement there is none to imply
    told_by = {}
    for name, lead in (("good", sign * 2 + rng.normal(size=n)), ("noise", rng.normal(size=n))):
        own = ballots(rows, label=label.tolist(), word_lead=lead.tolist())
        told_by[name] = float(told(own)["queue"].method.split("slope ")[1].split(";")[0])
    assert told_by["good"] > 0.5
    assert told_by["noise"] < 0.2


@pytest.mark.parametrize(
    "own",
    [
        lambda: signals({"label": [1]}),
        lambda: signals({"label": [3, 3, 3]}),
        lambda: ballots(["ttt", "ttt"], label=[3, 3]),
        lambda: ballots(["...", "..."], label=[1, 2]),
        lambda: ballots(["ab", "aa"], label=[1, 0]),
    ],
)
def test_hardly_anything_to_go_by(own: Any) -> None:
    """One row, ties, no votes, a null label: reasons in place of numbers, never a fault."""
    for measure in told(own()).values():
        if not measure.is_defined:
            assert isinstance(measure.value, Undefined)
            assert measure.value.reason


def test_no_label_column_is_not_assessable() -> None:
    """The auditor needs shipped labels."""
    assert audit_with(LabelErrors(), signals({"row": [1]})).status is Status.NOT_ASSESSABLE


def test_reviewers_of_many_votes_are_heard(tmp_path: Path) -> None:
    """Two who toss coins against three good ones: the models side with the good, and flips are found among ties."""
    rng = np.random.default_rng(4)
    rows = []
    for i in range(300):
        winner = rng.integers(0, 2)
        people = [(f"good{j}", winner if rng.random() < 0.95 else 1 - winner) for j in range(3)]
        people += [(f"coin{j}", rng.integers(0, 2)) for j in range(2)]
        judgments = [{"annotator": who, "label": "ab"[side]} for who, side in people]
        rows.append(
            {
                "prompt": f"question {i}", "response_a": f"one {i}", "response_b": f"two {i}",
                "label": "ab"[1 - winner if i < 30 else winner], "judgments": judgments,
            }
        )  # fmt: skip
    (tmp_path / "votes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = audit.run(tmp_path / "votes.jsonl")
    found = next(m for m in result.measures if m.name == "labels.candidate_share")
    assert "two models" in found.method
    assert found.evidence is not None
    rows_found = {ref.row for ref in found.evidence.rows}
    assert len(rows_found & set(range(1, 31))) >= 28
    assert len(rows_found) <= 33
    rule = next(rule for rule in result.document["rules"] if rule["id"] == "LER-001")
    assert rule["verdict"] == "inconclusive"
    assert not rule["required"]


@pytest.mark.skipif(not (DATA / "hh_harmless_base_test.jsonl.gz").exists(), reason="public data are not here")
def test_planted_flips_in_public_data() -> None:
    """HH-RLHF harmless: published nowhere, measured before with another model: AUC .643, top 5 % at .243 of 10 %."""
    result = audit.run(DATA / "hh_harmless_base_test.jsonl.gz", words=True)
    found = {m.name: m for m in result.measures}
    ends = found["labels.planted_auc"].interval
    assert ends is not None
    assert ends.low < 0.65 < ends.high
    assert 1.8 < found["labels.planted_lift"].number < 3.5
    assert not found["labels.candidate_share"].is_defined

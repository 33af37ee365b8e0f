"""The agreement auditor: laws, values by hand, joined rows, repeats, careless votes, files that say little."""

from __future__ import annotations

import numpy as np
import pytest

from audit.auditors.agreement import Agreement
from audit.measure import Undefined
from audit.signals import Signals
from audit.stats.implied_error import label_error
from audit.testing import check_auditor
from tests.auditors.votes_of import ballots, measured, panel
from tests.signals_of import signals


def reason(own: Signals, name: str, where: str = "all", **parameters: int) -> Undefined:
    value = measured(own, **parameters)[name, where].value
    assert isinstance(value, Undefined)
    return value


def test_laws() -> None:
    """Order of rows, exchanged sides, other names and doubled rows change nothing that they should not."""
    check_auditor(Agreement(resamples=200, null_draws=20, least_slice=20, least_human_items=5), lambda: panel(120))


def test_values_by_hand() -> None:
    """Four items of 3, 3, 2 and 1 votes: aab, bbb, at, a.

    pa: item 1 has pairs ab, ab, aa: 1/3; item 2: 1; item 3: 0; so (1/3 + 1 + 0) / 3 = 4/9. Decisive: items 1 and 2:
    (1/3 + 1) / 2 = 2/3. Unanimous: one of three. Overlap: three of four items.
    """
    found = measured(ballots(["aab", "bbb", "at.", "a.."], label=[1, 2, 1, 1]))
    assert found["percent", "all"].number == pytest.approx(4 / 9)
    assert found["percent", "all"].n == 3
    assert found["percent_decisive", "all"].number == pytest.approx(2 / 3)
    assert found["unanimous_share", "all"].number == pytest.approx(1 / 3)
    assert found["overlap_items", "all"].number == 3
    assert found["overlap_share", "all"].number == 0.75
    assert found["pabak", "all"].number == pytest.approx(1 / 3)
    assert found["connected_share", "all"].number == 1.0
    assert found["raw_votes_share", "all"].number == 1.0
    k = 3
    assert found["brennan_prediger", "all"].number == pytest.approx((4 / 9 - 1 / k) / (1 - 1 / k))
    votes = [3, 3, 1, 1]
    wanted = np.mean([label_error(2 / 3, r) for r in votes])
    assert found["implied_label_error", "all"].number == pytest.approx(wanted)
    assert found["implied_error_of_votes", "votes=3"].number == pytest.approx(label_error(2 / 3, 3))


def test_escalations_are_no_category() -> None:
    """Escalated and invalid answers count among judgments, in no agreement: two items, 1 of 6 and 2 of 6."""
    found = measured(ballots(["aae", "bxx"]))
    assert found["escalate_rate", "all"].number == pytest.approx(1 / 6)
    assert found["invalid_rate", "all"].number == pytest.approx(2 / 6)
    assert found["percent", "all"].number == 1.0
    assert found["overlap_items", "all"].number == 1


def test_rows_on_one_pair_are_one_item_whichever_side_is_a() -> None:
    """The same pair in two rows with the sides exchanged: votes for one response agree across the rows."""
    own = signals(
        {
            "prompt_key": ["p", "p"],
            "pair_key": ["xy", "xy"],
            "a_key": ["x", "y"],
            "b_key": ["y", "x"],
            "a_is_first": [1, 0],
            "label": [1, 2],
        },
        {"judgment.comparison": [0, 1], "judgment.label": [1, 2], "judgment.annotator": ["r1", "r2"]},
    )
    found = measured(own)
    assert (found["percent", "all"].number, found["percent", "all"].n) == (1.0, 1)
    assert found["implied_error_of_votes", "votes=1"].number == 0.0


def test_rows_of_unknown_responses_are_not_joined() -> None:
    """Two rows whose responses have no key share no item, though their pair keys are equal."""
    own = signals(
        {"pair_key": ["same", "same"], "a_key": [None, None], "b_key": [None, None]},
        {"judgment.comparison": [0, 1], "judgment.label": [1, 2], "judgment.annotator": ["r1", "r2"]},
    )
    assert measured(own)["overlap_items", "all"].number == 0


def test_repeats_of_an_annotator_are_told_apart() -> None:
    """r1 judges item 0 twice alike and item 1 both ways: consistency 1/2; each item counts r1 once."""
    judgments = {
        "judgment.comparison": [0, 0, 0, 1, 1, 1],
        "judgment.label": [1, 1, 1, 1, 2, 1],
        "judgment.annotator": ["r1", "r1", "r2", "r1", "r1", "r2"],
    }
    found = measured(signals({"label": [1, 1]}, judgments))
    repeat = found["repeat_consistency", "all"]
    assert (repeat.number, repeat.n) == (0.5, 2)
    assert repeat.evidence is not None
    assert [row.row for row in repeat.evidence.rows] == [2]
    assert found["percent", "all"].n == 2
    assert found["percent", "all"].number in (0.5, 1.0)  # of r1's two answers to item 1 one is drawn


def test_labels_against_their_own_votes() -> None:
    """The third row ships b though two of three chose a."""
    against = measured(ballots(["aab", "bba", "aab"], label=[1, 2, 2]))["against_majority", "all"]
    assert against.number == 1
    assert against.evidence is not None
    assert [row.row for row in against.evidence.rows] == [3]


def test_without_votes_nothing_is_told_of_agreement() -> None:
    """A pair file that reports no votes: the error is undefined, for the reason that it may be filtered."""
    own = signals({"label": [1] * 5})
    found = measured(own)
    assert found["raw_votes_share", "all"].number == 0.0
    undefined = reason(own, "implied_label_error")
    assert "leave out the disagreements" in undefined.reason
    assert undefined.unlock == "judgment.label"
    assert found["overlaps_needed", "all"].number > 1_000


def test_unanimity_of_all_items_is_refused() -> None:
    """Three hundred items of which not one is contested: disagreements were taken out."""
    assert (
        "disagreements were taken out"
        in reason(ballots(["aa", "bb"] * 150, label=[1, 2] * 150), "implied_label_error").reason
    )
    one = ballots(["aa", "bb"] * 149 + ["ab", "ba"], label=[1, 2] * 150)
    assert measured(one)["implied_label_error", "all"].number > 0


def test_single_votes_have_no_agreement() -> None:
    """One vote an item: no overlap, and how many overlaps are needed is still told."""
    own = ballots(["a", "b", "t"])
    assert reason(own, "percent").unlock == "a second annotator on the same pairs"
    assert measured(own)["overlap_share", "all"].number == 0.0
    assert measured(own)["overlaps_needed", "all"].number == 1083  # (1.645 / 0.05)^2, rounded up


def test_all_ties_and_one_row() -> None:
    """Ties only: agreement is full, nothing is beyond chance, and no side was chosen twice."""
    own = ballots(["ttt", "ttt"])
    found = measured(own)
    assert found["percent", "all"].number == 1.0
    assert "one category" in reason(own, "alpha").reason
    assert isinstance(found["percent_decisive", "all"].value, Undefined)
    assert measured(ballots(["ab"]))["percent", "all"].number == 0.0


def test_kappa_paradox_shows() -> None:
    """Nine of ten items tied by both, one split: agreement .9, alpha below 0, AC1 high; the gap says so."""
    found = measured(ballots(["tt"] * 9 + ["ta"]))
    assert found["percent", "all"].number == pytest.approx(0.9)
    assert found["alpha", "all"].number <= 0
    assert found["ac1", "all"].number > 0.85
    assert found["prevalence", "all"].number == pytest.approx(0.95)
    assert found["paradox_gap", "all"].number > 0.8


def test_careless_votes_raise_the_implied_error() -> None:
    """Votes of items that annotators see alike, then with half of them tossed.

    With p nearly 0 or 1 agreement is near 1; a vote is the coin's with chance 1/2, so decisive agreement falls to
    about 1/4 + 3/4 * 1/2 = 0.625 and the error to about 0.22 at three votes and 0.29 at one.
    """
    clean, careless = measured(panel(600, spread=0.02)), measured(panel(600, spread=0.02, careless=0.5))
    assert clean["implied_label_error", "all"].number < 0.03
    interval = careless["implied_label_error", "all"].interval
    assert interval is not None
    assert interval.low < 0.29
    assert interval.high > 0.22
    assert interval.low > 0.15
    assert interval.standard_error is not None
    assert interval.df in (23, 99)  # 24 annotators or 100 prompts


def test_clusters_make_intervals_wider() -> None:
    """Every row ten times under one prompt: the interval is that of the prompts, not of ten times the items."""
    rows = ["ab", "aa", "bb", "aa", "ab", "bb"] * 10
    apart = measured(ballots(rows))["percent", "all"].interval
    copies = measured(
        ballots([row for row in rows for _ in range(10)], prompt_key=[f"p{i}" for i in range(60) for _ in range(10)])
    )["percent", "all"].interval
    assert apart is not None
    assert copies is not None
    assert copies.high - copies.low == pytest.approx(apart.high - apart.low, rel=0.03)


def test_slices_and_the_worst_of_them() -> None:
    """Agreement is lower in one locale by design: it is named the worst, and pooling draws it to the others."""
    rows = ["aa"] * 90 + ["ab"] * 10 + ["aa"] * 95 + ["ab"] * 5 + ["aa"] * 60 + ["ab"] * 40
    found = measured(ballots(rows, locale=["de"] * 100 + ["en"] * 100 + ["fr"] * 100), least_slice=50)
    worst = found["worst_slice_drop", "all"]
    assert worst.number == pytest.approx((0.9 + 0.95 + 0.6) / 3 - 0.6)
    assert worst.interval is not None
    assert 0.05 < worst.interval.low < worst.number < worst.interval.high
    assert "locale=fr" in worst.method
    assert found["percent", "locale=fr"].number == pytest.approx(0.6)
    assert 0.6 < found["pooled_percent", "locale=fr"].number < 0.7
    assert "locale" in str(reason(ballots(["ab"]), "worst_slice_drop").unlock)


def test_disconnected_annotators_show() -> None:
    """Two pairs of annotators who share no item: half of the votes are in the largest group."""
    found = measured(ballots(["ab..", "aa..", "..ab", "..aa"]))
    assert found["connected_share", "all"].number == 0.5

"""Which comparisons are kept: each reason on its own, their order, copies, contradictions, votes and splits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from audit.derive.choosing import REASONS, Choice, choose
from audit.derive.splitting import parse_splits, split_clusters
from audit.duplicates.leaks import Leak
from audit.errors import UsageError
from audit.schema import BOTH_BAD, ESCALATE, INVALID, NONE, TIE, A, B, Defect
from audit.signals import Signals
from tests.signals_of import signals


def data(rows: int, judgments: dict[str, Sequence[Any]] | None = None, **columns: Sequence[Any]) -> Signals:
    """Rows of different texts with the label a, unless columns say otherwise."""
    own: dict[str, Sequence[Any]] = {
        "label": [A] * rows,
        "a_key": [f"a{i}" for i in range(rows)],
        "b_key": [f"b{i}" for i in range(rows)],
        **{f"{name}_bytes": [9] * rows for name in ("prompt", "a", "b")},
        **columns,
    }
    prompts = columns.get("prompt_key", [f"prompt {i}" for i in range(rows)])
    sides = zip(prompts, own["a_key"], own["b_key"], strict=True)
    own.setdefault("pair_key", [(prompt, *sorted((str(a), str(b)))) for prompt, a, b in sides])
    return signals(own, judgments)


def reasons(choice: Choice) -> list[str]:
    names = list(REASONS)
    return ["" if at < 0 else names[at] for at in choice.reason.tolist()]


def test_each_reason_takes_out_its_row_and_no_other() -> None:
    """One row for each reason that needs no other row, and one without any."""
    rows: list[tuple[str, dict[str, Any]]] = [
        ("", {}),
        ("no_text", {"defects": int(Defect.MISSING_SIDE)}),
        ("no_label", {"label": NONE}),
        ("tie", {"label": TIE}),
        ("both_bad", {"label": BOTH_BAD}),
        ("escalated", {"label": ESCALATE}),
        ("invalid", {"label": INVALID}),
        ("broken", {"defects": int(Defect.EMPTY_A)}),
        ("no_contrast", {"defects": int(Defect.IDENTICAL_SIDES)}),
        ("protected_split", {"split": "eval"}),
        ("excluded_split", {"split": "excluded"}),
        ("bad_weight", {"weight": -1.0}),
        ("no_weight", {"weight": 0.0}),
        ("leaked", {"leaks": int(Leak.NEAR_PROMPT)}),
        ("", {"leaks": int(Leak.RESPONSE)}),
    ]
    usual = {"label": A, "defects": 0, "split": "train", "weight": 1.0, "leaks": 0}
    columns = {name: [row.get(name, default) for _, row in rows] for name, default in usual.items()}
    choice = choose(data(len(rows), **columns))
    assert reasons(choice) == [name for name, _ in rows]
    assert sum(choice.counts().values()) + int(choice.kept.sum()) == len(rows)


def test_the_first_reason_counts() -> None:
    """A tie in the evaluation split is a tie."""
    choice = choose(data(1, label=[TIE], split=["test"]))
    assert reasons(choice) == ["tie"]


def test_copies_leave_one_and_contradictions_leave_none() -> None:
    """Of three copies the first is kept; a pair labelled both ways is out on both sides, also with sides swapped."""
    sides = [("x", "y"), ("x", "y"), ("y", "x"), ("p", "q"), ("q", "p"), ("p", "q")]
    choice = choose(
        data(
            6,
            prompt_key=["one"] * 3 + ["two"] * 3,
            a_key=[a for a, _ in sides],
            b_key=[b for _, b in sides],
            label=[A, A, B, A, A, A],
        )
    )
    assert reasons(choice) == ["", "duplicate", "duplicate", *["contradicted"] * 3]
    assert choice.stands_for.tolist() == [-1, 0, 0, 4, 3, 4]


def test_a_copy_outlives_a_row_that_is_out_for_itself() -> None:
    """The first of two copies is a leak: the second, which is none, is kept; opposition from a test split is none."""
    same: dict[str, list[Any]] = {"prompt_key": ["p"] * 3, "a_key": ["x"] * 3, "b_key": ["y"] * 3}
    choice = choose(data(3, **same, label=[A, A, B], leaks=[1, 0, 0], split=["train", "train", "test"]))
    assert reasons(choice) == ["leaked", "", "protected_split"]


def test_the_most_frequent_pair_of_a_cluster_is_kept_in_any_order() -> None:
    """Near copies x, x', x', shuffled: one of the two x' is kept, whatever the order of rows."""
    texts = ["x", "y", "y"]
    for order in ([0, 1, 2], [1, 0, 2], [2, 1, 0]):
        found = data(
            3,
            a_key=[texts[i] for i in order],
            near_prompt=[5] * 3,
            near_a=[7] * 3,
            near_b=[9] * 3,
            b_key=["z"] * 3,
            prompt_key=["p"] * 3,
        )
        kept = np.flatnonzero(choose(found).kept).tolist()
        assert [texts[order[row]] for row in kept] == ["y"]


def test_votes_make_labels_and_soft_labels() -> None:
    """Shipped labels stand; without one more than half of the votes decides; ties count half in the support."""
    votes = [(0, A), (0, A), (0, B), (1, B), (1, B), (1, TIE), (2, A), (2, B), (3, A), (3, TIE), (3, TIE), (3, A)]
    judgments = {"judgment.comparison": [c for c, _ in votes], "judgment.label": [v for _, v in votes]}
    found = data(5, judgments, label=[B, NONE, NONE, A, A])
    assert reasons(choose(found)) == ["unsupported", "", "no_majority", "", "unjudged"]
    choice = choose(found, keep_unsupported=True)
    assert reasons(choice) == ["", "", "no_majority", "", ""]
    assert choice.label.tolist() == [B, B, NONE, A, A]
    assert choice.votes.tolist() == [3, 3, 2, 4, 0]
    assert choice.support[[0, 1, 3]] == pytest.approx([1 / 3, 2.5 / 3, 3 / 4])
    assert np.isnan(choice.support[[2, 4]]).all()
    # a shipped label against its votes gets 0, 2.5 of 3 two thirds, 3 of 4 one half; without votes it keeps its own
    assert choice.by_votes().weight[[0, 1, 3, 4]] == pytest.approx([0, 2 / 3, 1 / 2, 1])


def test_an_adjudicator_may_overrule() -> None:
    """Two of the crowd against one expert: the label that the expert gave is supported."""
    votes = {
        "judgment.comparison": [0, 0, 0],
        "judgment.label": [A, A, B],
        "judgment.reviewer_class": ["crowd", "crowd", "expert"],
    }
    choice = choose(data(1, votes, label=[B]))
    assert reasons(choice) == [""]
    assert choice.support.tolist() == pytest.approx([1 / 3])


def test_clusters_stay_together_whatever_the_order() -> None:
    """Rows of one prompt or conversation share a split; shuffling rows moves none; shares are about met."""
    random_ = random.Random(2)
    prompts = [f"prompt {i // 3}" for i in range(3000)]
    talks = [f"talk {i // 6}" for i in range(3000)]
    order = random_.sample(range(3000), 3000)
    shares = parse_splits(["train=0.8", "validation=0.2"])
    found = []
    for rows in (list(range(3000)), order):
        one = data(3000, prompt_key=[prompts[i] for i in rows], conversation_key=[talks[i] for i in rows])
        choice = choose(one)
        placed = split_clusters(one, choice.prompts, choice.kept, shares, 7)
        found.append(dict(zip(rows, placed.tolist(), strict=True)))
    assert found[0] == found[1]
    by_talk = {talks[i]: {found[0][j] for j in range(i, i + 6)} for i in range(0, 3000, 6)}
    assert all(len(splits) == 1 for splits in by_talk.values())
    assert np.mean([place == 0 for place in found[0].values()]) == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize("entries", [["train"], ["train=0.5"], ["train=0.9", "x=0.2"], ["a/b=0.5", "c=0.5"], ["a=2"]])
def test_splits_that_make_no_sense_are_refused(entries: list[str]) -> None:
    """Not NAME=SHARE, or shares that do not add up to 1."""
    with pytest.raises(UsageError):
        parse_splits(entries)


def expected(rows: Sequence[tuple[int, int, int, int]]) -> list[str]:
    """The same by loops over pairs of rows: prompt, two texts, label."""
    names = ["tie" if label == TIE else "no_contrast" if a == b else "" for _, a, b, label in rows]
    free = [i for i, name in enumerate(names) if not name]

    def pair(i: int) -> tuple[int, int, int]:
        return (rows[i][0], *sorted(rows[i][1:3]))  # type: ignore[return-value]

    def winner(i: int) -> int:
        return rows[i][1] if rows[i][3] == A else rows[i][2]

    opposed = {i for i in free for j in free if pair(i) == pair(j) and winner(i) != winner(j)}
    seen: set[tuple[int, int, int]] = set()
    for i in free:
        if i in opposed:
            names[i] = "contradicted"
        elif pair(i) in seen:
            names[i] = "duplicate"
        seen.add(pair(i))
    return names


def test_copies_and_contradictions_are_those_of_brute_force() -> None:
    """On 300 random small sets with copies, swapped sides, ties and equal sides; partners are right, too."""
    random_ = random.Random(11)
    for _ in range(300):
        rows = [
            (random_.randrange(2), random_.randrange(3), random_.randrange(3), random_.choice([A, B, TIE]))
            for _ in range(random_.randrange(1, 12))
        ]
        same = [int(Defect.IDENTICAL_SIDES) if a == b else 0 for _, a, b, _ in rows]
        prompt, a_key, b_key, label = (list(column) for column in zip(*rows, strict=True))
        choice = choose(data(len(rows), prompt_key=prompt, a_key=a_key, b_key=b_key, label=label, defects=same))
        found = reasons(choice)
        assert found == expected(rows), rows
        for row, partner in enumerate(choice.stands_for.tolist()):
            assert (partner >= 0) == (found[row] in ("duplicate", "contradicted"))
            if found[row] == "duplicate":
                assert found[partner] == ""

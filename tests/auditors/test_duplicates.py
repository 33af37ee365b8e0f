"""DUP: exact duplicates, contradictions, near duplicates, effective size."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from audit.auditor import audit_with
from audit.auditors.duplicates import Duplicates
from audit.duplicates.copies import dense, effective_size
from audit.measure import ALL, Measure, Status
from audit.signals import Signals
from audit.testing import check_auditor, signals_from

Row = tuple[str, str, str, str]
"""Prompt, text of side a, text of side b, label."""
CODES = {"a": 1, "b": 2, "tie": 3, "": 0}


def key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def signals(rows: list[Row], near: dict[str, int] | None = None, least: float = 1.0) -> Signals:
    """Signals of comparisons; `near` gives texts a common near-duplicate number, others have one each."""
    numbers = dict(near or {})
    for text in sorted({text for row in rows for text in row[:3]} - numbers.keys()):
        numbers[text] = 1000 + len(numbers)
    prompts, a, b, labels = (list(column) for column in zip(*rows, strict=True))
    columns = {
        "row": pa.array(range(1, len(rows) + 1), pa.int64()),
        "file": pa.array([0] * len(rows), pa.int32()),
        "a_bytes": pa.array([len(text) for text in a]),
        "b_bytes": pa.array([len(text) for text in b]),
        "prompt_key": pa.array(map(key, prompts), pa.binary(16)),
        "a_key": pa.array(map(key, a), pa.binary(16)),
        "b_key": pa.array(map(key, b), pa.binary(16)),
        "a_is_first": pa.array([int(key(x) <= key(y)) for x, y in zip(a, b, strict=True)], pa.int8()),
        "ordered_key": pa.array([key("|".join(row[:3])) for row in rows], pa.binary(16)),
        "pair_key": pa.array([key("|".join([r[0], *sorted(r[1:3])])) for r in rows], pa.binary(16)),
        "label": pa.array([CODES[label] for label in labels], pa.int8()),
        "near_prompt": pa.array([numbers[text] for text in prompts]),
        "near_a": pa.array([numbers[text] for text in a]),
        "near_b": pa.array([numbers[text] for text in b]),
        "near_least": pa.array([least] * len(rows)),
    }
    return signals_from(columns)


def measured(rows: list[Row], near: dict[str, int] | None = None) -> dict[str, Measure]:
    outcome = audit_with(Duplicates(), signals(rows, near))
    assert outcome.status is Status.MEASURED, outcome.error
    return {m.name.removeprefix("duplicates."): m for m in outcome.measures if m.slice == ALL}


def test_pairs_count_in_either_order_and_rows_with_their_label() -> None:
    """Four comparisons of one pair are three beyond the first; two of them share order and label: one row beyond."""
    found = measured(
        [("p", "x", "y", "a"), ("p", "y", "x", "b"), ("p", "x", "y", "a"), ("p", "x", "y", "tie"), ("q", "x", "y", "a")]
    )
    assert found["exact_pairs"].number == 3
    assert found["exact_pair_fraction"].number == 3 / 5
    assert found["exact_rows"].number == 1
    assert found["repeated_prompts"].number == 3
    assert found["repeated_responses"].number == 10 - 2
    assert found["top_response"].number == 5
    assert found["exact_pairs"].evidence is not None
    assert found["exact_pairs"].evidence.total == 4


def test_a_pair_labelled_both_ways_is_a_contradiction() -> None:
    """X over y and, with the sides exchanged, y over x; a tie takes nothing back; the same label twice neither."""
    found = measured(
        [("p", "x", "y", "a"), ("p", "x", "y", "b"), ("p", "x", "y", "tie"), ("q", "x", "y", "a"), ("q", "y", "x", "b")]
    )
    assert found["contradictions"].number == 2
    assert found["contradiction_fraction"].number == 2 / 4
    assert found["both_sides"].number == 2
    assert found["cyclic"].number == 2


def test_a_ranking_is_no_contradiction_but_a_cycle_is() -> None:
    """X > y > z: y is on both sides and no cycle; with z > x all three comparisons lie on one."""
    ranking = [("p", "x", "y", "a"), ("p", "y", "z", "a")]
    found = measured(ranking)
    assert [found[name].number for name in ("contradictions", "both_sides", "cyclic")] == [0, 1, 0]
    found = measured([*ranking, ("p", "x", "z", "b"), ("p", "z", "w", "a")])
    assert [found[name].number for name in ("contradictions", "both_sides", "cyclic")] == [0, 3, 3]
    assert measured([*ranking, ("q", "z", "x", "a")])["cyclic"].number == 0


def test_a_bridge_between_cycles_lies_on_none() -> None:
    """Two rings of three, one edge from the first to the second, and a tail that two prunings take away."""
    rings = [("p", *edge, "a") for edge in ("xy", "yz", "zx", "uv", "vw", "wu")]
    rest = [("p", "x", "u", "a"), ("p", "w", "s", "a"), ("p", "s", "t", "a")]
    assert measured([*rings, *rest])["cyclic"].number == 6
    assert measured(rings[:2] + rings[3:5] + rest)["cyclic"].number == 0


def test_near_duplicates_join_by_all_three_texts() -> None:
    """P ~ p2, x ~ x2: (p, x, y) and (p2, y, x2) are one near pair; another response is not."""
    near = {"p": 0, "p2": 0, "x": 1, "x2": 1}
    found = measured([("p", "x", "y", "a"), ("p2", "y", "x2", "a"), ("p2", "y", "z", "a"), ("q", "y", "z", "a")], near)
    assert found["near_pairs"].number == 1
    assert found["near_prompts"].number == 3
    assert found["near_contradictions"].number == 2
    assert found["contradictions"].number == 0
    assert found["largest_cluster"].number == 2
    # groups of 2, 1, 1: (2 + 1 + 1)^2 / (4 + 1 + 1) = 16 / 6, over 4 comparisons
    assert found["effective_fraction"].number == pytest.approx(16 / 6 / 4)


def test_exact_copies_are_no_near_prompts() -> None:
    """The same prompt twice has no near duplicate with another text."""
    assert measured([("p", "x", "y", "a"), ("p", "z", "w", "a")])["near_prompts"].number == 0


def test_clusters_are_counted_by_their_size() -> None:
    """Pairs: one of 2, one of 5, one alone. Prompts: q of 7 (two pairs, near), r alone."""
    rows = [("q", "x", "y", "a")] * 2 + [("q'", "u", "v", "a")] * 5 + [("r", "s", "t", "a")]
    outcome = audit_with(Duplicates(), signals(rows, {"q": 1, "q'": 1}))
    found = {(m.name.removeprefix("duplicates."), m.slice.value): (m.value, m.n) for m in outcome.measures}
    assert found["clusters", ""] == (2, 3)
    assert found["clusters", "002"] == found["clusters", "005 to 009"] == (1, 3)
    assert found["clusters", "003"] == found["clusters", "010 to 099"] == (0, 3)
    assert found["prompt_clusters", ""] == (1, 2)
    assert found["prompt_clusters", "005 to 009"] == (1, 2)


def test_without_the_search_only_near_measures_are_undefined() -> None:
    """The reason says that nobody looked."""
    full = signals([("p", "x", "y", "a")])
    bare = signals_from({name: full.load(name) for name in full.columns if not name.startswith("near")})
    found = {m.name: m for m in audit_with(Duplicates(), bare).measures}
    assert not found["duplicates.near_pairs"].is_defined
    assert not found["duplicates.effective_fraction"].is_defined
    assert found["duplicates.exact_pairs"].number == 0


def test_a_file_without_text_is_not_assessed() -> None:
    """Votes on nameless texts: nothing can be the same."""
    full = signals([("p", "x", "y", "a")])
    bare = signals_from({name: full.load(name) for name in full.columns if name != "a_bytes"})
    assert audit_with(Duplicates(), bare).status is Status.NOT_ASSESSABLE


def test_missing_labels_leave_contradictions_undefined() -> None:
    """No label anywhere."""
    found = measured([("p", "x", "y", ""), ("p", "y", "x", "")])
    assert found["exact_pairs"].number == 1
    full = signals([("p", "x", "y", "a")])
    bare = signals_from({name: full.load(name) for name in full.columns if name != "label"})
    outcome = {m.name: m for m in audit_with(Duplicates(), bare).measures}
    assert not outcome["duplicates.contradictions"].is_defined
    assert not outcome["duplicates.near_contradictions"].is_defined


def test_effective_size_is_kishs_on_groups() -> None:
    """Weights 1, 2 and 3 with the last two in one group: (1 + 5)^2 / (1 + 25) = 36 / 26."""
    assert effective_size(np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0])) == pytest.approx(36 / 26)
    assert effective_size(np.array([0, 1]), np.array([0.0, 0.0])) == 0.0


def test_dense_numbers_combinations() -> None:
    """Equal tuples share a number, in sorted order."""
    assert dense(np.array([5, 3, 5, 3]), np.array([1, 9, 1, 2])).tolist() == [2, 1, 2, 0]
    assert dense(np.zeros(0, np.int64)).tolist() == []


@pytest.mark.parametrize("most", [3, 2**40, 2**62])
def test_dense_numbers_are_ranks_of_tuples(most: int) -> None:
    """Columns of 2^40 or more do not fit into one number side by side; the ranks are the same."""
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 3, 200) * (most // 3) for _ in range(3)]
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    rank = {row: i for i, row in enumerate(sorted(set(rows)))}
    assert dense(*columns).tolist() == [rank[row] for row in rows]


def test_laws() -> None:
    """Order, names, sides, doubling: as for every auditor."""
    random = np.random.default_rng(0)
    rows = [
        (f"p{i}", f"t{j}", f"t{k}", "ab"[label])
        for i, j, k, label in zip(*(random.integers(0, m, 60) for m in (4, 5, 5, 2)), strict=True)
    ]
    near = {"p0": 0, "p1": 0, "t0": 1, "t1": 1, "t2": 1}
    check_auditor(Duplicates(), lambda: signals(rows, near, 0.85))

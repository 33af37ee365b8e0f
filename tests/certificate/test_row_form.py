"""The canonical forms: which comparison has which, and that the quick ways write what RFC 8785 asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical_json
from audit.certificate.row_form import batch_leaves, canonical_text, decimal, evidence_form, row_form
from audit.certificate.row_shape import check_form
from audit.errors import InputError
from audit.read.comparisons import comparison_batch

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
BASE = {"prompt": "p", "response_a": "x", "response_b": "y", "label": "a"}
TURNS = [{"role": "user", "content": "p"}]


@pytest.mark.parametrize(
    ("change", "form"),
    [
        ({}, ["dpo-row/v1", "p", "x", "y", {}]),
        ({"label": "b"}, ["dpo-row/v1", "p", "y", "x", {}]),
        ({"weight": 1.0}, ["dpo-row/v1", "p", "x", "y", {"weight": "1"}]),
        ({"prompt_turns": TURNS}, ["dpo-row/v1", TURNS, "x", "y", {}]),
        ({"response_b_turns": []}, ["dpo-row/v1", "p", "x", [], {}]),
        ({"prompt_b": "q"}, ["dpo-row/v1", "p", "x", "y", {"rejected_prompt": "q"}]),
        ({"prompt_b": "q", "label": "b"}, ["dpo-row/v1", "q", "y", "x", {"rejected_prompt": "p"}]),
        ({"label": "tie"}, ["dpo-comparison/v1", "p", "x", "y", "tie", {}]),
        ({"label": None}, ["dpo-comparison/v1", "p", "x", "y", "", {}]),
        ({"label": "tie", "prompt_b": "q"}, ["dpo-comparison/v1", "p", "x", "y", "tie", {"prompt_b": "q"}]),
        ({"response_a": None}, ["dpo-comparison/v1", "p", None, "y", "a", {}]),
        ({"response_a": None, "model_a": "m"}, ["dpo-comparison/v1", "p", None, "y", "a", {"model_a": "m"}]),
        ({"prompt": None, "comparison_id": "7"}, ["dpo-comparison/v1", None, "x", "y", "a", {"comparison_id": "7"}]),
        ({"comparison_id": "7", "model_a": "m", "locale": "de"}, ["dpo-row/v1", "p", "x", "y", {}]),
    ],
)
def test_each_comparison_has_its_form(change: dict[str, Any], form: list[Any]) -> None:
    """Labels choose sides; what is no pair has a form of its own; what no trainer reads is in neither."""
    assert row_form(BASE | change) == form
    assert check_form(form) is None


def cells() -> st.SearchStrategy[dict[str, Any]]:
    """Comparisons of every kind, as canonical columns."""
    maybe = st.none() | TEXTS
    turns = st.none() | st.lists(st.fixed_dictionaries({"role": TEXTS, "content": TEXTS}), max_size=2)
    return st.fixed_dictionaries(
        {
            "prompt": maybe,
            "response_a": maybe,
            "response_b": maybe,
            "label": st.sampled_from([None, "a", "a", "b", "tie", "both_bad", "escalate", "invalid"]),
            "weight": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "prompt_b": st.none() | st.none() | TEXTS,
            "response_a_turns": turns,
            "comparison_id": maybe,
            "model_b": maybe,
        }
    )


@given(st.lists(cells(), max_size=8))
def test_batches_give_what_single_rows_give(rows: list[dict[str, Any]]) -> None:
    """Column by column or row by row, in C or in Python, orjson or not: one leaf."""
    batch = comparison_batch({name: [row[name] for row in rows] for name in cells_names()})
    expected = [hashlib.sha256(b"\x00" + canonical_json(row_form(row))).digest() for row in rows]
    found = batch_leaves(batch)
    assert found.leaves == b"".join(expected)
    assert found.pairs == sum(row_form(row)[0] == "dpo-row/v1" for row in rows)
    assert all(check_form(row_form(row)) is None for row in rows)


def cells_names() -> list[str]:
    """Columns of `cells`."""
    names = ["prompt", "response_a", "response_b", "label", "weight", "prompt_b", "response_a_turns"]
    return [*names, "comparison_id", "model_b"]


VALUES = st.recursive(
    TEXTS | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=4))
def test_the_quick_writer_is_rfc_8785(form: list[Any]) -> None:
    """Strings with every escape, keys beyond the BMP and private ones: the bytes of the slow writer and of rfc8785."""
    assert canonical_text(form) == canonical_json(form) == rfc8785.dumps(form)


def test_keys_sort_by_utf_16() -> None:
    """U+1F600 (surrogates from U+D83D) sorts before U+FF0C, though its code point is larger."""
    form = [{"\uff0c": "1", "\U0001f600": "2"}]
    assert canonical_text(form) == '[{"\U0001f600":"2","\uff0c":"1"}]'.encode()


def test_a_lone_surrogate_is_refused_with_its_place() -> None:
    """Half of a surrogate pair has no UTF-8; the message says where it stands."""
    with pytest.raises(InputError, match="surrogate") as caught:
        canonical_text(["dpo-row/v1", "p", [{"role": "user", "content": "\ud800"}], "y", {}])
    assert caught.value.where == "row[2][0].content"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimals_are_the_numbers_of_rfc_8785(value: float) -> None:
    """The text is what a JSON number would be, and reads back as the same double."""
    written = decimal(value, "weight")
    assert written.encode() == canonical_json(value)
    assert float(written) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_are_refused(value: float) -> None:
    """JSON has none of them; the message names the field."""
    with pytest.raises(InputError, match="not finite") as caught:
        row_form(BASE | {"weight": value})
    assert caught.value.where == "weight"


@pytest.mark.parametrize(
    ("recorded", "found"),
    [
        ({}, None),
        ({"label": "a", "locale": None, "runs": []}, None),
        ({"label": "a", "locale": "de"}, {"label": "a", "locale": "de"}),
        ({"label": None, "score_a": 0.25}, {"score_a": "0.25"}),
        ({"judgments": [{"annotator": "r1", "strength": 2.0, "critique": None}]},
         {"judgments": [{"annotator": "r1", "strength": "2"}]}),
        ({"generation_a": '{"seed":1,"top_p":null}'}, {"generation_a": '{"seed":1}'}),
        ({"generation_a": "not JSON, null"}, {"generation_a": "not JSON, null"}),
    ],
)  # fmt: skip
def test_evidence_is_what_is_recorded(recorded: Mapping[str, Any], found: dict[str, Any] | None) -> None:
    """Nulls and empty lists are not recorded, numbers are decimals, a label alone is no evidence."""
    leaf = bytes(range(32))
    expected = None if found is None else ["dpo-evidence/v1", leaf.hex(), found]
    assert evidence_form(leaf, recorded) == expected


@pytest.mark.parametrize(
    "form",
    [
        {}, [], ["dpo-row/v2", "p", "x", "y", {}], ["dpo-row/v1", "p", "x", "y"], ["dpo-row/v1", "p", "x", None, {}],
        ["dpo-row/v1", "p", "x", "y", {"margin": "1"}], ["dpo-row/v1", "p", "x", "y", {"weight": 1}],
        ["dpo-row/v1", "p", "x", "y", {"weight": "1.0"}], ["dpo-row/v1", "p", "x", "y", {"weight": "nan"}],
        ["dpo-row/v1", "p", "x", [{"role": "user"}], {}], ["dpo-row/v1", "p", "x", "y", []],
        ["dpo-row/v1", "p", "x", [{"role": "user", "content": "c", "name": "n"}], {}],
        ["dpo-comparison/v1", "p", "x", "y", "a", {}], ["dpo-comparison/v1", "p", "x", "y", [], {}],
        ["dpo-comparison/v1", "p", "x", "y", "tie", {"model_a": "m"}], ["dpo-comparison/v1", "p", "x", 1, "tie", {}],
        ["dpo-comparison/v1", "p", "x", "y", "tie"],
    ],
)  # fmt: skip
def test_what_no_comparison_can_be_is_refused(form: object) -> None:
    """Another tag, length, type or extra is named."""
    assert json.dumps(check_form(form)) != "null"

"""Preference pairs: explicit and implicit prompts, text and messages, everything else that a row may record."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.read.block import Block
from audit.read.detect import detect
from audit.read.layouts.pairs import ImplicitPairs, Pairs
from audit.read.layouts.turns import common_text, common_turns
from audit.read.mapping import FieldMapping

USER = {"role": "user", "content": "Hi?"}
GOOD = {"role": "assistant", "content": "Hello."}
BAD = {"role": "assistant", "content": "No."}


def trl_cut(chosen: Any, rejected: Any) -> int:
    """TRL's extract_prompt written out slowly; its two slips (empty sides, index -1) are left out."""
    index = 0
    for index in range(min(len(chosen), len(rejected))):
        if chosen[index] != rejected[index]:
            if index and chosen[index - 1] == " ":
                index -= 1  # noqa: PLW2901
            break
    return index


def test_text(read) -> None:
    """Three texts become prompt, side a (chosen) and side b (rejected), labelled a."""
    got = read([{"prompt": "p", "chosen": "c", "rejected": "r"}]).batch.to_pylist()
    assert got == [{"row": 1, "prompt": "p", "response_a": "c", "response_b": "r", "label": "a"}]


def test_messages(read) -> None:
    """Messages give texts and turns; a single assistant turn's text is its content."""
    row = read([{"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]}]).batch.to_pylist()[0]
    assert (row["prompt"], row["response_a"], row["response_b"]) == ("user:\nHi?", "Hello.", "No.")
    assert (row["prompt_turns"], row["response_a_turns"], row["response_b_turns"]) == ([USER], [GOOD], [BAD])


def test_prompt_text_with_whole_conversations(read) -> None:
    """UltraFeedback binarized: text prompt, both sides whole conversations, scores beside them."""
    record = {
        "prompt": "Hi?",
        "prompt_id": "0f",
        "chosen": [USER, GOOD],
        "rejected": [USER, BAD],
        "messages": [USER, GOOD],
        "score_chosen": 8.5,
        "score_rejected": 4,
    }
    row = read([record]).batch.to_pylist()[0]
    assert (row["prompt"], row["prompt_turns"]) == ("Hi?", [USER])
    assert (row["response_a"], row["response_b"]) == ("Hello.", "No.")
    assert (row["score_a"], row["score_b"], row["comparison_id"]) == (8.5, 4.0, "0f")


def test_distilabel(read) -> None:
    """FormatTextGenerationDPO: models and ratings of both sides; the judge's order where it is recorded."""
    record = {
        "prompt": "Hi?",
        "prompt_id": "x",
        "chosen": [USER, GOOD],
        "chosen_model": "m1",
        "chosen_rating": 5,
        "rejected": [USER, BAD],
        "rejected_model": "m2",
        "rejected_rating": 2.0,
        "order": ["rejected", "chosen"],
    }
    row = read([record]).batch.to_pylist()[0]
    assert (row["model_a"], row["model_b"], row["score_a"], row["score_b"]) == ("m1", "m2", 5.0, 2.0)
    assert row["judgments"][0]["shown_first"] == "b"
    assert row["judgments"][0]["label"] == "a"


def test_orca_system_and_alpaca_input(read) -> None:
    """A system prompt goes before the question, Alpaca's input after its instruction."""
    orca = {"system": "Be brief.", "question": "Why?", "chosen": "c", "rejected": "r"}
    alpaca = {"instruction": "Sum up.", "input": "Text", "chosen": "c", "rejected": "r"}
    assert read([orca, {**orca, "system": ""}]).batch["prompt"].to_pylist() == ["Be brief.\n\nWhy?", "Why?"]
    assert read([alpaca, {**alpaca, "input": ""}]).batch["prompt"].to_pylist() == ["Sum up.\n\nText", "Sum up."]


def test_the_rest_of_the_record(read) -> None:
    """Ids, versions, generation, locale, policy, lineage and judgment fields are found by name, nested or not."""
    record = {
        "id": 17,
        "prompt": "p",
        "chosen": "c",
        "rejected": "r",
        "chosen_version": "v1",
        "rejected_version": "v2",
        "generation_chosen": {"seed": 1, "a": 2},
        "generation_rejected": {"seed": 2},
        "locale": "de-DE",
        "policy": {"id": "refunds", "version": 3},
        "scenario": ["x", "y"],
        "annotator": "w7",
        "strength": "2",
        "order_shown": "rejected_first",
        "metadata": {"split": "train", "weight": 0.5, "reference_model": "ref"},
        "domain": "law",
    }
    row = read([record]).batch.to_pylist()[0]
    assert (row["comparison_id"], row["model_version_a"], row["model_version_b"]) == ("17", "v1", "v2")
    assert (row["generation_a"], row["policy"]) == ('{"a":2,"seed":1}', "refunds@3")
    assert (row["locale"], row["scenario"], row["split"], row["weight"]) == ("de-DE", ["x", "y"], "train", 0.5)
    assert (row["reference_model"], row["slice.domain"]) == ("ref", "law")
    told = {name: value for name, value in row["judgments"][0].items() if value is not None}
    assert told == {"annotator": "w7", "label": "a", "shown_first": "b", "strength": 2.0}


@pytest.mark.parametrize("value", [0, 1, "0", "a", "first", "left"])
def test_order_that_does_not_name_chosen_or_rejected_is_not_read(value) -> None:
    """A number, or a slot's name, does not say which of chosen and rejected came first: noted, not guessed."""
    found = detect([{"prompt": "p", "chosen": "c", "rejected": "r", "shown_first": value}])
    assert "judgment.shown_first" not in found.mapping.fields
    assert "shown_first looks like the order shown" in found.notes[0]


def test_state_and_judgments_of_a_pair(read) -> None:
    """A pair's own state, and judgments nested in its row, are read in the pair's words."""
    votes = [{"worker": "w", "vote": "chosen", "order_shown": "rejected_first"}, {"worker": "v", "vote": "rejected"}]
    base = {"prompt": "p", "chosen": "c", "rejected": "r", "judgments": votes}
    batch = read([{**base, "state": state} for state in ("choose", "tie", "reject_both")]).batch
    assert batch["label"].to_pylist() == ["a", "tie", "both_bad"]
    told = [(j["annotator"], j["label"], j["shown_first"]) for j in batch["judgments"].to_pylist()[0]]
    assert told == [("w", "a", "b"), ("v", "b", None)]


def test_language_is_a_locale_only_if_it_looks_like_one() -> None:
    """`en-US` is a locale, `English` and `python` are a slice."""
    base = {"prompt": "p", "chosen": "c", "rejected": "r"}
    assert detect([{**base, "language": "pt-BR"}]).mapping.fields["locale"] == "language"
    mapping = detect([{**base, "language": "English"}]).mapping
    assert ("locale" in mapping.fields, mapping.slices["language"]) == (False, "language")


@pytest.mark.parametrize(
    ("bad", "code", "told"),
    [
        ({"chosen": True}, "wrong_type", "field chosen (read as response_a): got boolean true, expected text"),
        ({"chosen": 3.5}, "wrong_type", "got number 3.5"),
        ({"rejected": None}, "missing_field", "field rejected (read as response_b): absent or null"),
        ({"prompt": [{"role": "user"}]}, "missing_field", "content is null"),
        ({"prompt": ["x"]}, "wrong_type", "one message is text 'x'"),
        (
            {"weight": "a lot"},
            "wrong_type",
            "field weight (read as weight): got text 'a lot', expected a finite number",
        ),
        ({"weight": float("nan")}, "not_finite", "got number nan"),
        ({"weight": 10**400}, "not_finite", "expected a finite number"),
        ({"weight": True}, "wrong_type", "got boolean true"),
    ],
)
def test_row_faults(read, bad, code, told) -> None:
    """A row with a fault is set aside with code, field, got and expected; the others are kept."""
    good = {"prompt": "p", "chosen": "c", "rejected": "r", "weight": "1e-1"}
    got = read([good, {**good, **bad}, {**good, "weight": " "}, good])
    assert [reject.row for reject in got.rejects] == [2]
    assert got.rejects[0].code == code
    assert told in got.rejects[0].reason
    assert got.batch["weight"].to_pylist() == [0.1, None, 0.1]


@pytest.mark.parametrize(
    "bad",
    [
        {"chosen": "\ud83d"},
        {"prompt": [{"role": "user", "content": "\ud83d"}]},
        {"annotator": "\ud83d"},
        {"id": "\ud83d"},
    ],
)
def test_lone_surrogates(read, bad) -> None:
    """Text that no UTF-8 can hold sets its row aside wherever it stands; the rows around it are kept."""
    good = {"id": "1", "prompt": "p", "chosen": "c", "rejected": "r", "annotator": "w"}
    got = read([{**good, "rejected": True}, {**good, **bad}, {**good, "id": "3"}])
    assert [(reject.row, reject.code) for reject in got.rejects] == [(1, "wrong_type"), (2, "lone_surrogate")]
    assert got.batch["comparison_id"].to_pylist() == ["3"]
    assert [j["annotator"] for j in got.batch["judgments"].to_pylist()[0]] == ["w"]


def test_empty_texts_are_accepted(read) -> None:
    """An empty text is a text: auditors count it."""
    got = read([{"prompt": "", "chosen": "", "rejected": "r"}])
    assert (got.batch.num_rows, len(got.rejects)) == (1, 0)


def test_mixed_rows(read) -> None:
    """Text in one row and messages in the next are both read; turns are null where there are none."""
    got = read(
        [{"prompt": "p", "chosen": "c", "rejected": "r"}, {"prompt": [USER], "chosen": [GOOD], "rejected": "No."}]
    )
    assert got.batch["prompt_turns"].to_pylist() == [None, [USER]]
    assert got.batch["response_a_turns"].to_pylist() == [None, [GOOD]]
    assert "response_b_turns" not in got.batch.schema.names
    assert got.batch["response_b"].to_pylist() == ["r", "No."]


def test_implicit_prompt_messages(read) -> None:
    """The shared leading messages are the prompt, also where both sides are the same."""
    got = read([{"chosen": [USER, GOOD], "rejected": [USER, BAD]}, {"chosen": [USER, GOOD], "rejected": [USER, GOOD]}])
    assert got.batch["prompt_turns"].to_pylist() == [[USER], [USER]]
    assert got.batch["response_b"].to_pylist() == ["No.", "Hello."]


def test_implicit_prompt_text(read) -> None:
    """The longest common beginning is cut off, a space before the difference goes with the responses."""
    got = read([{"chosen": "Why? Since", "rejected": "Why? Never"}, {"chosen": "same", "rejected": ["x"]}])
    assert got.batch.to_pylist() == [
        {"row": 1, "prompt": "Why?", "response_a": " Since", "response_b": " Never", "label": "a"}
    ]
    assert got.rejects[0].code == "wrong_type"


@given(st.text("ab ", max_size=12), st.text("ab ", max_size=12))
def test_text_cut_is_trls(a: str, b: str) -> None:
    """The bisected cut is TRL's for every two texts."""
    assert common_text(a, b) == trl_cut(a, b)


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=6), st.lists(st.sampled_from("ab"), min_size=1, max_size=6))
def test_turn_cut_is_trls(a: list[str], b: list[str]) -> None:
    """So is the cut of two lists of messages."""
    left, right = ([{"role": "user", "content": c} for c in side] for side in (a, b))
    assert common_turns(left, right) == trl_cut(left, right)


CELL = st.one_of(st.none(), st.text(max_size=5))
ROW = st.fixed_dictionaries(
    {"prompt": CELL, "chosen": CELL, "rejected": CELL, "id": CELL, "weight": st.none() | st.floats(0, 9)}
)


@settings(deadline=None)
@given(
    st.lists(ROW, max_size=8), st.sampled_from([pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
)
def test_columns_and_records_agree(rows: list[dict[str, Any]], kind: pa.DataType) -> None:
    """The way by whole Arrow columns gives the batch and the rejects of the way by records."""
    names = ("prompt", "chosen", "rejected", "id")
    arrays = [pa.array([row[name] for row in rows], pa.string()).cast(kind) for name in names]
    weight = pa.array([row["weight"] for row in rows], pa.float64())
    table = pa.RecordBatch.from_arrays([*arrays, weight], names=[*names, "weight"])
    fields = {
        "prompt": "prompt",
        "response_a": "chosen",
        "response_b": "rejected",
        "comparison_id": "id",
        "weight": "weight",
    }
    mapping = FieldMapping("pairs", fields)
    numbers, offsets = [7 + i for i in range(len(rows))], [10 * i for i in range(len(rows))]
    fast = Pairs().convert(Block(numbers, offsets, len(rows), (), table=table), mapping, "f")
    slow = Pairs().convert(Block(numbers, offsets, len(rows), (), records=rows), mapping, "f")
    assert fast.batch.equals(slow.batch)
    assert list(fast.rejects) == list(slow.rejects)
    assert fast.accepted == slow.accepted


def test_table_with_nested_columns_goes_by_records(read_table) -> None:
    """Columns that need a look one by one are still read from a table."""
    table = pa.RecordBatch.from_pylist([{"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]}])
    mapping = FieldMapping("pairs", {"prompt": "prompt", "response_a": "chosen", "response_b": "rejected"})
    assert read_table(table, mapping).batch["prompt"].to_pylist() == ["user:\nHi?"]


def test_names() -> None:
    """The two layouts answer to their names."""
    assert (Pairs.name, ImplicitPairs.name) == ("pairs", "pairs_implicit_prompt")

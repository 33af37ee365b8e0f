"""Production records, nested, and our own schema, round trip."""

from __future__ import annotations

import pyarrow as pa
import pytest

from audit.read.comparisons import comparison_batch
from audit.read.detect import detect
from audit.read.mapping import FieldMapping

RECORD = {
    "id": "c1",
    "context": {
        "prompt": "And now?",
        "conversation": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
        "evidence": [{"title": "t", "text": "doc 1"}, "doc 2"],
        "policy": "refunds@4",
        "locale": "es-MX",
        "scenario_tags": ["tier:plus"],
        "customer_risk": "high",
    },
    "chosen": {"text": "yes", "model": "m", "version": "v1", "generation": {"seed": 3}},
    "rejected": {"text": "no", "model": "n", "version": "v2", "generation": {"seed": 4}},
    "judgment": {
        "state": "choose",
        "reviewer_id": "r9",
        "reviewer_class": "human-qualified",
        "strength": 2,
        "order_shown": ["rejected", "chosen"],
        "rubric": {"id": "rub", "version": 2},
        "critique": "cites refunds@4",
    },
    "lineage": {"reference_model": "ref", "dataset_version": "1.2", "split": "train", "weight": 0.5, "runs": ["x"]},
}


def test_chosen_and_rejected_objects(read) -> None:
    """Context, both sides, one judgment and lineage are read from their objects."""
    assert detect([RECORD]).layout == "records"
    row = read([RECORD]).batch.to_pylist()[0]
    assert row["prompt"] == "user:\nHi\n\nassistant:\nHello\n\nuser:\nAnd now?"
    assert [turn["role"] for turn in row["prompt_turns"]] == ["user", "assistant", "user"]
    assert (row["response_a"], row["response_b"], row["label"]) == ("yes", "no", "a")
    assert (row["evidence"], row["policy"], row["scenario"]) == ("doc 1\n\ndoc 2", "refunds@4", ["tier:plus"])
    assert (row["model_b"], row["model_version_b"], row["generation_b"]) == ("n", "v2", '{"seed":4}')
    assert (row["reference_model"], row["weight"], row["runs"]) == ("ref", 0.5, ["x"])
    assert row["slice.customer_risk"] == "high"
    told = {name: value for name, value in row["judgments"][0].items() if value is not None}
    assert told == {
        "annotator": "r9",
        "reviewer_class": "expert",
        "label": "a",
        "shown_first": "b",
        "strength": 2.0,
        "critique": "cites refunds@4",
        "rubric": "rub@2",
    }


@pytest.mark.parametrize(
    ("state", "label"), [("tie", "tie"), ("reject_both", "both_bad"), ("escalated", "escalate"), ("invalid", "invalid")]
)
def test_states(read, state, label) -> None:
    """Every state of the specification has its label."""
    other = {**RECORD, "judgment": {**RECORD["judgment"], "state": state}}
    assert read([RECORD, other]).batch["label"].to_pylist() == ["a", label]


def test_history_that_ends_with_the_prompt(read) -> None:
    """A conversation that already holds the prompt is not given it twice; an empty one changes nothing."""
    talk = [{"role": "user", "content": "And now?"}]
    rows = [
        {**RECORD, "context": {**RECORD["context"], "conversation": talk}},
        {**RECORD, "context": {**RECORD["context"], "conversation": []}},
        {**RECORD, "context": {**RECORD["context"], "conversation": "x"}},
    ]
    got = read(rows)
    assert got.batch["prompt"].to_pylist() == ["user:\nAnd now?", "And now?"]
    assert [reject.code for reject in got.rejects] == ["wrong_type"]


def test_candidates_called_by_their_ids(read) -> None:
    """Labels and orders that name candidate ids are read as the side so called."""
    base = {"prompt": "p", "candidates": [{"id": "k1", "text": "x"}, {"id": "k2", "text": "y"}]}
    votes = [{"annotator": "w", "label": "a", "order_shown": ["k2", "k1"]}]
    rows = [{**base, "winner": winner, "judgments": votes} for winner in ("k2", "k1", "k2")]
    got = read(rows)
    assert got.batch["label"].to_pylist() == ["b", "a", "b"]
    mapping = detect(rows).mapping
    assert (mapping.fields["name_a"], mapping.fields["response_b"]) == ("candidates.0.id", "candidates.1.text")


def test_two_plain_candidates(read) -> None:
    """A list of two texts and a label in words."""
    got = read(
        [
            {"prompt": "p", "responses": ["x", "y"], "label": "second"},
            {"prompt": "p", "responses": ["x"], "label": "first"},
        ]
    )
    assert [(r["response_a"], r["response_b"], r["label"]) for r in got.batch.to_pylist()] == [("x", "y", "b")]
    assert [reject.code for reject in got.rejects] == ["missing_field"]


CANONICAL = comparison_batch(
    {
        "comparison_id": ["1", None],
        "prompt": ["p", "q"],
        "prompt_turns": [[{"role": "user", "content": "p"}], None],
        "response_a": ["x", ""],
        "response_b": ["y", "z"],
        "scenario": [["s", "t"], []],
        "score_a": [1.0, None],
        "label": ["a", "both_bad"],
        "judgments": [
            [{"annotator": "w", "label": "a", "shown_first": "b", "strength": 2.0}, {"annotator": "v", "label": "tie"}],
            [],
        ],
        "weight": [0.5, 1.0],
        "slice.domain": ["law", None],
    }
)


def without_place(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.select([name for name in batch.schema.names if name != "row"])


def test_round_trip_by_table_and_by_records(read, read_table) -> None:
    """Canonical rows come back as they went in, from Arrow and from JSON alike."""
    records = CANONICAL.to_pylist()
    found = detect(records)
    assert found.layout == "comparisons"
    assert without_place(read_table(CANONICAL, found.mapping).batch).equals(CANONICAL)
    assert without_place(read(records).batch).equals(CANONICAL)


def test_canonical_table_with_a_strange_label(read_table) -> None:
    """A label that is none is found in the table as well."""
    wrong = CANONICAL.set_column(CANONICAL.schema.get_field_index("label"), "label", pa.array(["a", "won"]))
    got = read_table(wrong, detect(CANONICAL.to_pylist()).mapping)
    assert [(reject.row, reject.code) for reject in got.rejects] == [(2, "unknown_label")]


def test_sides_may_be_absent_in_canonical_rows(read) -> None:
    """A canonical row may lack a side or the prompt: the structure auditor counts it."""
    rows = [{"prompt": None, "response_a": "x", "response_b": None, "label": "a"}]
    got = read(rows, FieldMapping("comparisons", {name: name for name in rows[0]}))
    assert got.batch.num_rows == 1


def test_our_own_slices_and_positions(read) -> None:
    """Slices keep their names; rows are numbered anew."""
    batch = read([{"row": 9, "part": 0, "response_a": "x", "response_b": "y", "label": "b", "slice.x": "1"}]).batch
    assert (batch["row"].to_pylist(), batch["slice.x"].to_pylist()) == ([1], ["1"])

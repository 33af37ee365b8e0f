"""Rated responses compared two by two, and Argilla's records."""

from __future__ import annotations

import pytest

from audit.read.detect import detect
from audit.read.mapping import source_fields


def ultrafeedback(*scores: object) -> dict:
    """Return a row with UltraFeedback's fields and one completion a score."""
    return {
        "source": "evol_instruct",
        "instruction": "Sum up.",
        "models": [f"m{i}" for i in range(len(scores))],
        "completions": [
            {
                "annotations": {"helpfulness": {"Rating": "5"}},
                "custom_system_prompt": "x",
                "model": f"m{i}",
                "principle": "helpfulness",
                "response": f"r{i}",
                "critique": "fine",
                "overall_score": score,
                "fine-grained_score": 4.25,
            }
            for i, score in enumerate(scores)
        ],
        "correct_answers": ["None"],
        "incorrect_answers": ["None"],
    }


def test_ultrafeedback(read) -> None:
    """Three completions make three comparisons, in the list's order, the higher score winning, equal ones tied."""
    got = read([ultrafeedback(7.0, 9.0, 7.0)])
    told = [
        (
            row["part"],
            row["response_a"],
            row["response_b"],
            row["label"],
            row["score_a"],
            row["score_b"],
            row["model_b"],
        )
        for row in got.batch.to_pylist()
    ]
    assert told == [
        (0, "r0", "r1", "b", 7.0, 9.0, "m1"),
        (1, "r0", "r2", "tie", 7.0, 7.0, "m2"),
        (2, "r1", "r2", "a", 9.0, 7.0, "m2"),
    ]
    assert got.batch["row"].to_pylist() == [1, 1, 1]
    assert got.batch["slice.source"].to_pylist() == ["evol_instruct"] * 3
    assert got.batch["prompt"].to_pylist() == ["Sum up."] * 3


def test_fine_grained_ratings_are_kept_beside_the_score(read) -> None:
    """The mean of a completion's ratings by aspect: (1 + 2) / 2, ratings that are no numbers left out, none at all."""
    row = ultrafeedback(10.0, 7.0, 7.0)
    ratings = ({"honesty": {"Rating": "1"}, "truth": {"Rating": 2}}, {"honesty": {"Rating": "N/A"}, "truth": 4}, {})
    for completion, given in zip(row["completions"], ratings, strict=True):
        completion["annotations"] = given
    told = [(one["aspects_a"], one["aspects_b"]) for one in read([row]).batch.to_pylist()]
    assert told == [(1.5, 4.0), (1.5, None), (4.0, None)]


def test_ultrafeedback_faults(read) -> None:
    """A response without a score is not compared; with fewer than two left the row is set aside."""
    rows = [ultrafeedback(1.0, None, "N/A", 2.0), ultrafeedback(5.0), ultrafeedback(1.0, True), ultrafeedback(1.0, 2.0)]
    rows[3]["completions"][1]["response"] = 3
    got = read([*rows, {**ultrafeedback(), "completions": "none"}])
    assert [(row["row"], row["response_b"]) for row in got.batch.to_pylist()] == [(1, "r3")]
    assert [reject.code for reject in got.rejects] == ["no_comparison", "wrong_type", "wrong_type", "wrong_type"]
    assert "completions.1" in got.rejects[1].reason


def test_distilabel_generations(read) -> None:
    """Generations with ratings and models beside them; a null rating leaves its generation out."""
    row = {
        "instruction": "q",
        "generations": ["x", "y", "z"],
        "generation_models": ["m", "n", "o"],
        "ratings": [1, None, 4],
        "rationales": ["", "", ""],
    }
    got = read([row, {**row, "ratings": [1, 2]}])
    assert source_fields(detect([row]).mapping) == ["generation_models", "generations", "instruction", "ratings"]
    assert [(r["response_a"], r["response_b"], r["label"], r["model_b"]) for r in got.batch.to_pylist()] == [
        ("x", "z", "b", "o")
    ]
    assert [reject.code for reject in got.rejects] == ["wrong_type"]


def test_nectar_ranks(read) -> None:
    """Of ranks the lower wins."""
    answers = [{"answer": "x", "model": "m", "rank": 2.0}, {"answer": "y", "model": "n", "rank": 1.0}]
    row = {
        "prompt": "\n\nHuman: q\n\nAssistant: ",
        "answers": answers,
        "turns": 1,
        "source": ["x"],
        "good_natured": True,
    }
    got = read([row]).batch.to_pylist()[0]
    assert (got["label"], got["score_a"], got["model_a"]) == ("b", 2.0, "m")


def test_a_pair_beside_its_generations_is_a_pair() -> None:
    """Rows that hold chosen and rejected as well as the rated generations are read as the pair."""
    row = {"prompt": "q", "generations": ["x", "y"], "ratings": [1, 2], "chosen": "y", "rejected": "x"}
    assert detect([row]).layout == "pairs"


FIELDS = {"prompt": "q", "response-1": "x", "response-2": "y"}


@pytest.mark.parametrize(
    "responses",
    [
        {
            "preference": [
                {"value": "response-2", "user_id": "u1", "status": "submitted"},
                {"value": "tie", "user_id": "u2", "status": "submitted"},
                {"value": "response-1", "user_id": "u3", "status": "discarded"},
            ],
            "comment": [{"value": "so", "user_id": "u1", "status": "submitted"}],
        },
        [
            {
                "user_id": "u1",
                "status": "submitted",
                "values": {"preference": {"value": "response-2"}, "comment": {"value": "so"}},
            },
            {"user_id": "u2", "status": "submitted", "values": {"preference": {"value": "tie"}}},
            {"user_id": "u3", "status": "draft", "values": {"preference": {"value": "response-1"}}},
        ],
    ],
    ids=["2.x", "1.x"],
)
def test_argilla(read, responses) -> None:
    """Submitted answers to the preference question are judgments, in both forms of the export."""
    row = {"id": "r1", "fields": FIELDS, "metadata": {"locale": "de-DE"}, "suggestions": {}, "responses": responses}
    got = read([row]).batch.to_pylist()[0]
    assert [(j["annotator"], j["label"]) for j in got["judgments"]] == [("u1", "b"), ("u2", "tie")]
    assert (got["prompt"], got["response_a"], got["locale"], got["comparison_id"]) == ("q", "x", "de-DE", "r1")


def test_argilla_ranking(read) -> None:
    """A ranking's top answer is the choice, two at the top tie; records without an answer have no judgment."""
    first = [{"rank": 2, "value": "response-1"}, {"rank": 1, "value": "response-2"}]
    both = [{"rank": 1, "value": "response-1"}, {"rank": 1, "value": "response-2"}]
    answers = [[{"value": value, "user_id": "u", "status": "submitted"}] for value in (first, both)]
    rows = [{"fields": FIELDS, "responses": {"ranking": answer}} for answer in answers]
    got = read([*rows, {"fields": FIELDS, "responses": None}, {"fields": FIELDS, "responses": 4}])
    assert [[j["label"] for j in row] for row in got.batch["judgments"].to_pylist()] == [["b"], ["tie"], []]
    assert [reject.code for reject in got.rejects] == ["wrong_type"]

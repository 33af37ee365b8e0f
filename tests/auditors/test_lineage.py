"""The lineage auditor: each count by hand, planted against clean, and the laws."""

from __future__ import annotations

from typing import Any

import pytest

from audit.auditor import audit_with
from audit.auditors.lineage import Lineage
from audit.measure import Measure, Status, Undefined
from audit.schema import TIE, A, B
from audit.signals import Signals
from audit.testing import check_auditor
from tests.signals_of import signals

DIGEST = "sha256:0123456789abcdef"
ROWS: dict[str, list[Any]] = {
    "policy": ["refunds@2"] * 4,
    "locale": ["de-DE", "de-DE", "en-US", "en-US"],
    "model_a": ["one", "two", "one", "two"],
    "model_b": ["two", "one", "two", "one"],
    "model_version_a": [DIGEST + "1", DIGEST + "2", DIGEST + "1", DIGEST + "2"],
    "model_version_b": [DIGEST + "2", DIGEST + "1", DIGEST + "2", DIGEST + "1"],
    "generation_state_a": [1] * 4,
    "generation_state_b": [1] * 4,
    "reference_model": ["base@2026-01-02"] * 4,
    "dataset_version": ["3.0"] * 4,
    "split": ["train", "train", "excluded", "eval"],
    "runs": ["run-1", "run-1", None, None],
    "label": [A, B, TIE, A],
    "comparison_key": [1, 2, 3, 4],
    "conversation_key": [1, 2, 3, 4],
}
VOTES: dict[str, list[Any]] = {
    "judgment.comparison": [0, 0, 1, 1, 2, 2, 3, 3],
    "judgment.label": [A, A, B, B, TIE, TIE, A, A],
    "judgment.annotator": ["ann", "bob", "ann", "judge-7b@2026-01-02", "ann", "bob", "bob", "ann"],
    "judgment.reviewer_class": ["expert", "crowd", "expert", "model", "expert", "crowd", "crowd", "expert"],
    "judgment.rubric": ["r@1"] * 8,
    "judgment.shown_first": [A, B] * 4,
    "judgment.strength": [1.0, 2.0, 1.0, 1.0, None, None, 3.0, 1.0],
}


def desk(votes: dict[str, list[Any]] | None = None, files: tuple[str, ...] = ("d.jsonl",), **rows: Any) -> Signals:
    return signals({**ROWS, **rows}, {**VOTES, **(votes or {})}, files=files)


def measured(own: Signals) -> dict[str, Measure]:
    outcome = audit_with(Lineage(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {f"{m.name.removeprefix('lineage.')} {m.slice}".removesuffix(" all"): m for m in outcome.measures}


def number(own: Signals, name: str) -> float:
    return measured(own)[name].number


def test_a_field_with_gaps_is_told_by_split() -> None:
    """40 of 80 rows are of the split train and have a weight, 40 of eval have none; the policy is full everywhere."""
    own = signals({"split": ["train", "eval"] * 40, "weight": [1.0, None] * 40, "policy": ["p"] * 80})
    found = measured(own)
    assert found["complete_share field=weight"].number == 0.5
    assert found["complete_share field and slice=weight | split=train"].number == 1.0
    assert found["complete_share field and slice=weight | split=eval"].number == 0.0
    assert found["complete_share field and slice=weight | split=eval"].n == 40
    assert [name for name in found if "field and slice=policy" in name] == []


def test_clean_has_no_fault() -> None:
    """The clean rows: every count of faults 0, all required values there, one model vote in eight."""
    found = measured(desk())
    assert found["least_complete_share"].number == 1.0
    assert found["model_judgment_share"].number == 1 / 8
    assert found["own_family_share"].number == 0.0
    faults = [name for name, m in found.items() if m.unit == "count" and m.number]
    assert faults == []


def test_completeness_by_hand() -> None:
    """One of 8 versions is a placeholder, one of 8 null: 6/8 are there, on two rows."""
    found = measured(desk(model_version_b=[DIGEST + "2", DIGEST + "1", "unknown", None]))
    assert found["complete_share field=model_version"].number == 6 / 8
    assert found["placeholders"].number == found["placeholders field=model_version"].number == 1
    assert found["least_complete_share"].number == 6 / 8
    evidence = found["least_complete_share"].evidence
    assert evidence is not None
    assert evidence.total == 2
    assert "model_version" in found["least_complete_share"].method


def test_strength_is_asked_of_choices_only() -> None:
    """Two ties without a strength lack nothing; a choice without one does: 5 of 6."""
    assert number(desk(), "complete_share field=strength") == 1.0
    lacking = {"judgment.strength": [None, 2.0, 1.0, 1.0, None, None, 3.0, 1.0]}
    assert number(desk(lacking), "complete_share field=strength") == 5 / 6


def test_unrecorded_field_makes_completeness_undefined() -> None:
    """A required field that no row records is a gap of the delivery, not a share of 0; the field is named."""
    value = measured(desk(policy=[None] * 4))["least_complete_share"].value
    assert isinstance(value, Undefined)
    assert (value.unlock, "policy" in value.reason) == ("policy", True)


@pytest.mark.parametrize(
    ("rows", "votes", "count"),
    [
        ({"model_version_a": [DIGEST + "1", "latest", DIGEST + "1", DIGEST + "2"]}, {}, 1),
        ({"reference_model": ["base"] * 4}, {}, 4),
        ({}, {"judgment.annotator": ["ann", "bob", "ann", "judge-7b", "ann", "bob", "bob", "ann"]}, 1),
    ],
)
def test_unpinned(rows: dict[str, Any], votes: dict[str, Any], count: int) -> None:
    """A moving version, a reference model without a digest, a judge without a date: the rows that rest on each."""
    assert number(desk(votes, **rows), "unpinned_rows") == count


def test_versions_of_one_name() -> None:
    """Model one has version 1 on three sides and 9 on one: 1 of 8 sides would have to go."""
    found = measured(desk(model_version_b=[DIGEST + "2", DIGEST + "9", DIGEST + "2", DIGEST + "1"]))
    assert found["dependency_violation_share"].number == 1 / 8
    assert found["dependency_violation_share dependency=model -> version"].evidence.total == 1


def test_labels_against_votes() -> None:
    """A label that the other side outvotes contradicts; one without votes is unjudged; both break conservation."""
    found = measured(desk(label=[B, B, TIE, A]))
    assert (found["label_contradicts_votes"].number, found["broken_rows"].number) == (1, 1)
    cut = {name: values[:6] for name, values in VOTES.items()}
    assert number(signals(ROWS, cut), "unjudged_labels") == 1


def test_adjudicator_may_overrule() -> None:
    """Two of the crowd for b and one expert for a: shipping a follows from the adjudication."""
    votes = {
        "judgment.comparison": [0, 0, 0],
        "judgment.label": [B, B, A],
        "judgment.annotator": ["x", "y", "z"],
        "judgment.reviewer_class": ["crowd", "crowd", "expert"],
    }
    assert number(signals({"label": [A], "split": ["train"]}, votes), "label_contradicts_votes") == 0
    votes["judgment.reviewer_class"] = ["crowd"] * 3
    assert number(signals({"label": [A], "split": ["train"]}, votes), "label_contradicts_votes") == 1


def test_split_leaks() -> None:
    """A conversation in train and eval leaks both rows; one that is also in excluded leaks none."""
    assert number(desk(conversation_key=[1, 2, 3, 1]), "split_leaks") == 2
    assert number(desk(conversation_key=[1, 2, 1, 4]), "split_leaks") == 0
    assert number(desk(prompt_key=["p", "q", "r", "q"]), "split_leaks") == 2


def test_held_out_rows_in_runs() -> None:
    """An evaluation row that a training run lists was trained on."""
    assert number(desk(runs=["run-1", "run-1", None, "run-1"]), "held_out_in_runs") == 1


def test_reviewers_without_mark() -> None:
    """A null class and a placeholder are two; a model's vote as crowd is one of another kind."""
    classes = ["expert", "crowd", None, "crowd", "n/a", "crowd", "crowd", "expert"]
    found = measured(desk({"judgment.reviewer_class": classes}))
    assert found["unclassed_judgments"].number == 2
    assert found["unmarked_model_judgments"].number == 1
    assert found["unmarked_judgments"].number == 3


def test_own_family() -> None:
    """A gpt judge on a pair with a gpt candidate judges its own family; on llama and qwen it does not."""
    found = signals(
        {"model_a": ["gpt-4-0613", "llama-2-7b"], "model_b": ["llama-2-7b", "qwen-7b"]},
        {
            "judgment.comparison": [0, 1],
            "judgment.label": [A, A],
            "judgment.annotator": ["openai/gpt-4o-2024-08-06"] * 2,
            "judgment.reviewer_class": ["model"] * 2,
        },
    )
    assert number(found, "own_family_share") == 1 / 2


def test_two_names_of_one_delivery() -> None:
    """Files b and c hold the same comparisons in another order: one file too many."""
    own = signals({"file": [0, 1, 1, 2, 2], "ordered_key": [1, 2, 3, 3, 2], "label": [A] * 5}, files=("a", "b", "c"))
    found = measured(own)["identical_files"]
    assert (found.number, "b = c" in found.method) == (1, True)


def test_id_of_two_prompts() -> None:
    """Id 1 on two prompts: one comparison too many; an id on one prompt twice is legal."""
    assert number(desk(comparison_key=[1, 1, 3, 4]), "shared_ids") == 1
    assert number(desk(comparison_key=[1, 1, 3, 4], prompt_key=["p", "p", "q", "r"]), "shared_ids") == 0


def test_path_against_fields() -> None:
    """Under eval/ two rows say train; under de-DE/ two rows say en-US; a path that says both says nothing."""
    assert number(desk(files=("eval/part-0.jsonl",)), "misfiled_rows") == 2
    assert number(desk(files=("deliveries/de_DE/x.jsonl",)), "misfiled_rows") == 2
    assert number(desk(files=("train-and-eval.jsonl",)), "misfiled_rows") == 0


def test_laws() -> None:
    """Order, sides, names, doubling: as every auditor."""
    rows = {name: values * 10 for name, values in ROWS.items()} | {"comparison_key": list(range(40))}
    rows |= {"conversation_key": list(range(40)), "file": [0, 1] * 20, "label": [A, A, TIE, A] * 10}
    votes = {name: values * 10 for name, values in VOTES.items()}
    votes["judgment.comparison"] = [at + 4 * i for i in range(10) for at in VOTES["judgment.comparison"]]
    names = ("lineage.unpinned_rows", "lineage.unmarked_model_judgments", "lineage.unmarked_judgments")
    by_name = (*names, "lineage.own_family_share")
    check_auditor(Lineage(), lambda: signals(rows, votes, files=("train/x", "y")), by_name=by_name)

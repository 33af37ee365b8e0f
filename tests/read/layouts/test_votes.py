"""Votes in words and in numbers, by arena, by column, nested, and in both orders."""

from __future__ import annotations

from collections import Counter

import pytest

from audit.errors import LayoutError
from audit.read.detect import detect, readings
from audit.read.layouts.label_fields import find_nested
from audit.read.layouts.labels import LABEL_WORDS, label_coding, order_coding
from audit.read.mapping import FieldMapping, source_fields
from audit.read.values import Misfit

PAIR = {"prompt": "p", "response_1": "x", "response_2": "y"}


def judged(batch) -> list[list[tuple]]:
    """Return annotator, label and side shown first of every judgment, a list a row."""
    return [[(j["annotator"], j["label"], j["shown_first"]) for j in row] for row in batch["judgments"].to_pylist()]


def test_spellings_of_tie() -> None:
    """At least eleven spellings of tie, none of them a number, whatever their case and space."""
    ties = [word for word, label in LABEL_WORDS.items() if label == "tie"]
    assert len(ties) >= 11
    coding = label_coding(None, is_pair=False)
    assert {coding.read(f" {word.upper()} ") for word in ties} == {"tie"}
    assert not any(word.lstrip("-").isdigit() for word in LABEL_WORDS)


@pytest.mark.parametrize("value", [0, 1, 2, "1", True, "maybe", {"a": 1}])
def test_what_means_nothing_is_a_misfit(value) -> None:
    """Numbers and unknown words are refused unless the mapping gives them a meaning."""
    with pytest.raises(Misfit):
        label_coding(None, is_pair=False).read(value)
    if isinstance(value, int | str):
        text = "true" if value is True else str(value)
        assert label_coding({text: "b"}, is_pair=False).read(value) == "b"


def test_bare_slots_mean_nothing_for_pairs() -> None:
    """`choose` and `chosen` are side a of a pair; `a`, `model_a` or `first` say nothing of chosen and rejected."""
    coding = label_coding(None, is_pair=True)
    assert [coding.read(word) for word in ("choose", "Chosen", "rejected", "tie", "both_bad", None, " ")] == [
        *("a", "a", "b", "tie", "both_bad", None, None)
    ]
    assert not any(coding.knows(word) for word in ("a", "b", "model_a", "first"))
    assert order_coding(None, is_pair=True).read(["rejected", "chosen"]) == "b"
    assert order_coding(None, is_pair=False).read(["B", "A"]) == "b"


def test_arena_words(read) -> None:
    """The arena's winners, with model names instead of slots also read."""
    words = ["model_a", "model_b", "tie", "tie (bothbad)", "both_bad", "tie (inconsistent)", "error"]
    base = {"model_a": "m", "model_b": "n", "question_id": 5, "turn": 1, "judge": "expert_3"}
    batch = read([{**base, "winner": word} for word in words]).batch
    assert batch["label"].to_pylist() == ["a", "b", "tie", "both_bad", "both_bad", "tie", "invalid"]
    assert batch["comparison_id"].to_pylist()[0] == "5:1"
    assert judged(batch)[0] == [("expert_3", "a", None)]
    assert batch["judgments"].to_pylist()[0][0]["reviewer_class"] == "expert"
    named = read([{**base, "winner": "n"}, {**base, "winner": "m"}, {**base, "winner": "tie"}])
    assert named.batch["label"].to_pylist() == ["b", "a", "tie"]


def test_a_tie_by_inconsistency_is_noted(read) -> None:
    """MT-Bench's pairwise judge calls an answer that changed with the order a tie: the label is a tie, and says why."""
    row = {"model_a": "x", "model_b": "y", "question_id": 1, "turn": 1, "judge": "gpt4_pair"}
    got = read([{**row, "winner": winner} for winner in ("tie (inconsistent)", "model_a", "tie")]).batch.to_pylist()
    assert [(one["label"], one["swap_held"]) for one in got] == [("tie", 0.0), ("a", None), ("tie", None)]


def test_arena_conversations(read) -> None:
    """What both conversations begin with is the prompt; later user turns are part of what is compared."""

    def talk(*texts: str) -> list[dict[str, str]]:
        return [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(texts)]

    base = {"model_a": "m", "model_b": "n", "language": "English", "tstamp": 1682351591.1}
    rows = [
        {**base, "winner": "model_a", "conversation_a": talk("q", "x"), "conversation_b": talk("q", "y")},
        {
            **base,
            "winner": "tie",
            "conversation_a": talk("q", "x", "r", "z"),
            "conversation_b": talk("q", "y", "r", "w"),
        },
    ]
    got = read(rows).batch.to_pylist()
    assert [row["prompt"] for row in got] == ["user:\nq"] * 2
    assert [row["response_b"] for row in got] == ["y", "assistant:\ny\n\nuser:\nr\n\nassistant:\nw"]
    assert got[0]["response_a_turns"] == [{"role": "assistant", "content": "x"}]
    assert got[1]["response_a_turns"] is None
    assert got[0]["slice.language"] == "English"


def test_mtbench_files(read, shared) -> None:
    """MT-Bench: 3,355 human votes of 65 judges, 2,400 GPT-4 votes, 380 of them inconsistent and so ties."""
    human = read(shared("mtbench_human_votes")).batch
    assert Counter(human["label"].to_pylist()) == {"a": 1293, "b": 1282, "tie": 780}
    assert len({annotator for row in judged(human) for annotator, _, _ in row}) == 65
    classes = Counter(j["reviewer_class"] for row in human["judgments"].to_pylist() for j in row)
    assert classes == {"expert": 2668, "human": 687}
    keys = Counter(
        (row["comparison_id"], *sorted((row["model_a"], row["model_b"])))
        for row in human.select(["comparison_id", "model_a", "model_b"]).to_pylist()
    )
    assert sum(votes >= 2 for votes in keys.values()) == 961
    gpt4 = read(shared("mtbench_gpt4_pair_votes")).batch
    assert Counter(gpt4["label"].to_pylist()) == {"a": 190, "b": 1610, "tie": 220 + 380}


def test_pandalm_file(read, shared) -> None:
    """PandaLM: six boolean responses set aside, 0 is a tie, majority 105/422/472 over all 999 rows' votes."""
    rows = shared("pandalm_testset_v1")
    got = read(rows)
    assert Counter(reject.code for reject in got.rejects) == {"wrong_type": 6}
    assert all("got boolean true, expected text" in reject.reason for reject in got.rejects)
    assert got.batch.num_rows == 993
    assert sum(not text for side in ("response_a", "response_b") for text in got.batch[side].to_pylist()) == 54
    assert len(set(got.batch["prompt"].to_pylist())) == 170
    sound = [{**row, "response1": str(row["response1"]), "response2": str(row["response2"])} for row in rows]
    whole = read(sound).batch
    tops = [Counter(label for _, label, _ in row).most_common(1)[0] for row in judged(whole)]
    assert all(votes >= 2 for _, votes in tops)
    assert Counter(label for label, _ in tops) == {"tie": 105, "a": 422, "b": 472}
    assert sum(votes == 3 for _, votes in tops) / 999 == pytest.approx(0.8799, abs=5e-5)
    assert (whole["model_a"].to_pylist()[0], whole["model_b"].to_pylist()[0]) == ("bloom-7b", "llama-7b")


def test_annotator_columns_in_words(read) -> None:
    """Words need no coding; a null is no judgment."""
    batch = read([{**PAIR, "rater_1": "response_1", "rater_2": None, "rater_3": "Tie"}]).batch
    assert judged(batch) == [[("rater_1", "a", None), ("rater_3", "tie", None)]]


def test_annotator_columns_project_their_fields() -> None:
    """The columns and the field that names the models are among the source fields."""
    rows = [
        {"annotator1": 1, "annotator2": 0, "response1": "x", "response2": "y", "instruction": "i", "cmp_key": "m_n"}
    ]
    assert source_fields(detect(rows).mapping) == [
        *("annotator1", "annotator2", "cmp_key", "instruction", "response1", "response2")
    ]


def test_same_numbers_other_meanings(read) -> None:
    """0 ties for PandaLM, wins for the first in Auto-J, wins for the second in SHP."""
    pandalm = {"annotator1": 0, "annotator2": 0, "response1": "x", "response2": "y", "instruction": "i"}
    autoj = {"scenario": "s", "prompt": "p", "response 1": "x", "response 2": "y", "label": 0}
    shp = {"history": "p", "human_ref_A": "x", "human_ref_B": "y", "labels": 0, "score_A": 3, "score_B": 9}
    assert judged(read([pandalm]).batch)[0][0][1] == "tie"
    assert read([autoj, {**autoj, "label": 2}]).batch["label"].to_pylist() == ["a", "tie"]
    row = read([shp, {**shp, "labels": 1}]).batch.to_pylist()
    assert [one["label"] for one in row] == ["b", "a"]
    assert (row[0]["score_a"], row[0]["score_b"], "judgments" in row[0]) == (3.0, 9.0, False)


@pytest.mark.parametrize("labels", [(0, 1, 2), (0, 1), ("0", "2")])
def test_numbers_without_a_sign_stop(labels) -> None:
    """A numeric label that nothing explains has several readings: detection stops and names them."""
    with pytest.raises(LayoutError, match="two readings") as caught:
        detect([{**PAIR, "label": label} for label in labels])
    assert "indexed_votes" in str(caught.value)
    assert "--layout" in str(caught.value)
    columns = [{**PAIR, "vote1": label, "vote2": label} for label in labels]
    with pytest.raises(LayoutError, match="annotator_columns or --layout annotator_columns_indexed"):
        detect(columns)


def test_names_that_number_the_sides(read) -> None:
    """Labels 1 and 2 beside response_1 and response_2, or 0 and 1 beside response_0 and response_1, are clear."""
    assert read([{**PAIR, "label": 1}, {**PAIR, "label": 2}]).batch["label"].to_pylist() == ["a", "b"]
    zero = {"prompt": "p", "response_0": "x", "response_1": "y"}
    safe = [{**zero, "better_response_id": 0}, {**zero, "better_response_id": 1}]
    assert read(safe).batch["label"].to_pylist() == ["a", "b"]


def test_layout_may_be_said(read) -> None:
    """The reading that the user names is taken, and an unknown number in it sets its row aside."""
    rows = [{**PAIR, "label": label} for label in (0, 1, 2)]
    assert read(rows, layout="numbered_votes").batch["label"].to_pylist() == ["tie", "a", "b"]
    mapping = detect(rows, layout="indexed_votes").mapping
    got = read([*rows, {**PAIR, "label": 7}, {**PAIR, "label": None}], mapping)
    assert got.batch["label"].to_pylist() == ["a", "b", "tie", None]
    assert [(reject.row, reject.code) for reject in got.rejects] == [(4, "unknown_label")]


def test_ukp_file(read, shared) -> None:
    """UKP: 5,936 votes of 1,397 workers on 1,190 rows, 62 without gold; times give durations."""
    batch = read(shared("ukpconvarg_2topics")).batch
    votes = [judgment for row in batch["judgments"].to_pylist() for judgment in row]
    assert (batch.num_rows, len(votes), len({vote["annotator"] for vote in votes})) == (1190, 5936, 1397)
    assert batch["label"].null_count == 62
    assert Counter(vote["label"] for vote in votes) == {"b": 2203, "a": 2140, "tie": 1593}
    assert votes[0]["duration_s"] == 378.0, "22:44:11 to 22:50:29 is 6 min 18 s"
    assert {vote["reviewer_class"] for vote in votes} == {"crowd"}
    assert (
        sum(a == b for a, b in zip(batch["response_a"].to_pylist(), batch["response_b"].to_pylist(), strict=True)) == 4
    )


def test_nested_votes_of_other_shapes(read) -> None:
    """A list of bare labels, and an object of labels by annotator, are votes too; a wrong type is a fault."""
    bare = read([{**PAIR, "votes": ["a", "b", "tie"]}, {**PAIR, "votes": 3}])
    assert judged(bare.batch) == [[(None, "a", None), (None, "b", None), (None, "tie", None)]]
    assert [reject.code for reject in bare.rejects] == ["wrong_type"]
    keyed = read([{**PAIR, "votes": {"ann": "a", "bob": "tie"}, "shown_first": "response_2"}])
    assert [one[:2] for one in judged(keyed.batch)[0]] == [("ann", "a"), ("bob", "tie")]


def test_order_of_the_row_reaches_its_votes(read) -> None:
    """Order shown recorded once a row belongs to each of its judgments."""
    row = {**PAIR, "order_shown": "BA", "votes": [{"worker": "w", "value": "a"}, {"worker": "v", "value": "b"}]}
    batch = read([row]).batch
    assert judged(batch) == [[("w", "a", "b"), ("v", "b", "b")]]


def test_one_row_a_judgment(read) -> None:
    """An annotator and a label a row make one judgment a comparison; unmapped words are told before reading."""
    rows = [{**PAIR, "annotator": f"w{i}", "label": word} for i, word in enumerate(["A", "B", "Tie", "dunno"])]
    found = detect(rows)
    assert found.layout == "labelled_rows"
    assert any("'dunno'" in note and "[values]" in note for note in found.notes)
    got = read(rows)
    assert judged(got.batch) == [[("w0", "a", None)], [("w1", "b", None)], [("w2", "tie", None)]]
    assert [reject.code for reject in got.rejects] == ["unknown_label"]


def test_positions_give_the_order(read) -> None:
    """Positions of both sides say which came first, whatever they start from."""
    rows = [{**PAIR, "label": "a", "response_1_position": 2, "response_2_position": 1}]
    rows.append({**PAIR, "label": "a", "response_1_position": 3, "response_2_position": 3})
    got = read(rows)
    assert judged(got.batch) == [[(None, "a", "b")]]
    assert [reject.code for reject in got.rejects] == ["same_position"]


def test_llmbar_file(read, shared) -> None:
    """Verdicts name responses: accuracy and positional agreement of GPT-4 are the published ones."""
    rows = shared("llmbar_419_both_orders")
    found = detect(rows)
    assert found.layout == "both_orders"
    batch = read(rows).batch
    published = {
        "Natural": (93.5, 97.0),
        "Adversarial/Neighbor": (64.2, 89.6),
        "Adversarial/GPTInst": (76.6, 90.2),
        "Adversarial/GPTOut": (76.6, 87.2),
        "Adversarial/Manual": (75.0, 89.1),
    }
    hits: dict[str, list[bool]] = {}
    agree: dict[str, list[bool]] = {}
    for row in batch.select(["label", "judgments", "slice.subset"]).to_pylist():
        by_order = {j["shown_first"]: j["label"] for j in row["judgments"] if j["annotator"] == "GPT-4/Vanilla_NoRules"}
        hits.setdefault(row["slice.subset"], []).extend(label == row["label"] for label in by_order.values())
        agree.setdefault(row["slice.subset"], []).append(by_order["a"] == by_order["b"])
    for subset, (accuracy, agreement) in published.items():
        assert 100 * sum(hits[subset]) / len(hits[subset]) == pytest.approx(accuracy, abs=0.051)
        assert 100 * sum(agree[subset]) / len(agree[subset]) == pytest.approx(agreement, abs=0.051)
    labels = Counter(label for row in judged(batch) for _, label, _ in row)
    assert labels == {"b": 3041, "a": 2815, "invalid": 10}, "ten null verdicts are invalid judgments"


def test_verdicts_by_slot(read) -> None:
    """Where the second order's verdicts flip, they name slots: read so, the judge agrees with itself."""
    rows = [
        {**PAIR, "judgments": {"j": {"order_12": v, "order_21": w}}} for v, w in [("1", "2"), ("2", "1"), ("1", "2")]
    ]
    assert detect(rows).layout == "both_orders_by_slot"
    assert judged(read(rows).batch)[1] == [("j", "b", "a"), ("j", "b", "b")]
    broken = read([*rows, {**PAIR, "judgments": {"j": "1"}}])
    assert [reject.code for reject in broken.rejects] == ["wrong_type"]


def test_verdicts_that_could_be_either_stop() -> None:
    """With half of the verdicts flipped both readings are equally good."""
    rows = [{**PAIR, "judgments": {"j": {"order_12": "1", "order_21": w}}} for w in ("1", "2")]
    assert [one.layout for one in readings(rows)[:2]] == ["both_orders", "both_orders_by_slot"]
    with pytest.raises(LayoutError):
        detect(rows)


@pytest.mark.parametrize(
    ("field", "side"), [("overall_preference", "response{}"), ("preference_strength", "response_{}")]
)
def test_helpsteer(read, field, side) -> None:
    """HelpSteer: negative numbers prefer the first response; each annotator's own strength is kept."""
    base = {"context": [{"role": "user", "content": "q"}], side.format(1): "x", side.format(2): "y", "domain": "code"}
    individual = [{"score": -3, "reasoning": "r1"}, {"score": 1, "reasoning": "r2"}]
    rows = [{**base, field: -2, "individual_preference": individual}, {**base, field: 0}, {**base, field: 4}]
    got = read(rows)
    assert got.batch["label"].to_pylist() == ["a", "tie"]
    told = [(j["label"], j["strength"], j["critique"]) for j in got.batch["judgments"].to_pylist()[0]]
    assert told == [("a", 3.0, "r1"), ("b", 1.0, "r2")]
    assert [reject.code for reject in got.rejects] == ["unknown_label"]
    assert got.batch["prompt_turns"].to_pylist()[0] == base["context"]


def test_sign_that_nothing_explains_stops() -> None:
    """A signed preference in a field of another name has two readings."""
    with pytest.raises(LayoutError, match="signed_strength or --layout signed_strength_reversed"):
        detect([{**PAIR, "preference": value} for value in (-2, 1, 0)])


def test_labels_that_are_unlike_their_list_are_not_votes() -> None:
    """A list of tags is no list of judgments."""
    assert find_nested([{"tags": ["x", "y"], "votes": [{"text": "a"}]}], ["tags", "votes"], is_pair=False) is None


def test_mapping_written_by_hand(read) -> None:
    """A vendor's own names and words are read by a mapping alone."""
    mapping = FieldMapping(
        "labelled_rows",
        {"response_a": "links", "response_b": "rechts", "label": "urteil", "judgment.annotator": "wer"},
        {"label": {"L": "a", "R": "b", "0": "both_bad"}},
    )
    rows = [{"links": "x", "rechts": "y", "urteil": u, "wer": 7} for u in ("L", "R", 0, 0.0)]
    batch = read(rows, mapping).batch
    assert batch["label"].to_pylist() == ["a", "b", "both_bad", "both_bad"]
    assert judged(batch)[0] == [("7", "a", None)]

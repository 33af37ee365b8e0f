"""HH transcripts, ShareGPT, OpenAI preference rows."""

from __future__ import annotations

from itertools import pairwise

import pytest

from audit.read.detect import detect
from audit.read.layouts.turns import read_turns, render, response_text
from audit.read.values import Misfit

HUMAN, REPLY = "\n\nHuman: Hi?", "\n\nAssistant: "


def test_transcripts(read) -> None:
    """The last turn is the response, what is before it the prompt."""
    row = {"chosen": f"{HUMAN}{REPLY}Ask.{HUMAN}{REPLY}Yes.", "rejected": f"{HUMAN}{REPLY}Ask.{HUMAN}{REPLY}No. \n"}
    got = read([row]).batch.to_pylist()[0]
    assert got["prompt"] == "user:\nHi?\n\nassistant:\nAsk.\n\nuser:\nHi?"
    assert (got["response_a"], got["response_b"]) == ("Yes.", "No. \n")
    assert [turn["role"] for turn in got["prompt_turns"]] == ["user", "assistant", "user"]
    assert got["response_b_turns"] == [{"role": "assistant", "content": "No. \n"}]
    assert "prompt_b" not in got


def test_transcripts_with_two_prompts(read) -> None:
    """Where the prompts differ, side b's own is kept, and the turns still make each whole transcript."""
    row = {"chosen": f"{HUMAN}{REPLY}Yes.", "rejected": f"{HUMAN}{REPLY}{REPLY}No."}
    got = read([row, {"chosen": "no tags", "rejected": "none"}], layout="hh_transcripts")
    first = got.batch.to_pylist()[0]
    assert (first["prompt"], first["prompt_b"]) == ("user:\nHi?", "user:\nHi?\n\nassistant:\n")
    assert [turn["role"] for turn in (*first["prompt_turns"], *first["response_b_turns"])] == [
        "user",
        "assistant",
        "assistant",
    ]
    assert [reject.code for reject in got.rejects] == ["no_transcript"]


def test_hh_file(read, shared) -> None:
    """HH harmless-base test: 2,312 rows, 5 with two prompts, 4 empty chosen, 13 texts with a role twice in a row."""
    got = read(shared("hh_harmless_base_test"))
    batch = got.batch
    assert (batch.num_rows, len(got.rejects)) == (2312, 0)
    assert batch["prompt_b"].null_count == 2312 - 5
    assert sum(text.strip() == "" for text in batch["response_a"].to_pylist()) == 4
    assert sum(text.strip() == "" for text in batch["response_b"].to_pylist()) == 0
    repeats = 0
    for side in ("response_a_turns", "response_b_turns"):
        for prompt, response in zip(batch["prompt_turns"].to_pylist(), batch[side].to_pylist(), strict=True):
            roles = [turn["role"] for turn in (*prompt, *response)]
            repeats += any(one == two for one, two in pairwise(roles))
    assert repeats == 13


@pytest.mark.parametrize(("name", "longer"), [("llamafactory_dpo_en_300", 0.438), ("llamafactory_dpo_zh_300", 0.624)])
def test_sharegpt_files(read, shared, name, longer) -> None:
    """All 300 rows are read; the longer answer wins as often as published (ties in length left out)."""
    rows = shared(name)
    assert detect(rows).layout == "sharegpt"
    batch = read(rows).batch
    gaps = [
        len(a) - len(b) for a, b in zip(batch["response_a"].to_pylist(), batch["response_b"].to_pylist(), strict=True)
    ]
    decided = [gap for gap in gaps if gap]
    assert len(gaps) == 300
    assert sum(gap > 0 for gap in decided) / len(decided) == pytest.approx(longer, abs=0.0006)
    assert {turn["role"] for turns in batch["prompt_turns"].to_pylist() for turn in turns} <= {
        "system",
        "user",
        "assistant",
    }


def test_sharegpt_system_apart(read) -> None:
    """A system prompt beside the conversation becomes its first turn."""
    row = {
        "conversations": [{"from": "human", "value": "Hi?"}],
        "chosen": {"from": "gpt", "value": "Hello."},
        "rejected": {"from": "gpt", "value": "No."},
        "system": "Be kind.",
    }
    got = read([row]).batch.to_pylist()[0]
    assert got["prompt"] == "system:\nBe kind.\n\nuser:\nHi?"
    assert got["response_a_turns"] == [{"role": "assistant", "content": "Hello."}]


def test_openai(read) -> None:
    """Input messages, preferred and non-preferred output."""
    row = {
        "input": {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi?"}, {"type": "image_url"}]}],
            "tools": [],
        },
        "preferred_output": [{"role": "assistant", "content": "Hello."}],
        "non_preferred_output": [{"role": "assistant", "content": None, "tool_calls": [{"id": "t"}]}],
    }
    assert detect([row]).layout == "openai_preference"
    got = read([row, {**row, "input": 5}])
    assert got.batch.to_pylist()[0]["prompt"] == "user:\nHi?\n[image_url]"
    assert got.batch.to_pylist()[0]["response_b"] == '[{"id":"t"}]'
    assert [reject.code for reject in got.rejects] == ["missing_field"]


def test_roles_of_all_dialects() -> None:
    """Known dialects become the four roles; others stay as written, for the structure auditor."""
    given = ["human", "GPT", "User", "developer", "observation", "critic"]
    assert [t["role"] for t in read_turns([{"from": role, "value": ""} for role in given])] == [
        *("user", "assistant", "user", "system", "tool", "critic")
    ]


def test_rendering() -> None:
    """Several turns, or one that is not the assistant's, are rendered with roles."""
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert render(turns) == "user:\na\n\nassistant:\nb"
    assert (response_text(turns[1:]), response_text(turns[:1]), response_text([])) == ("b", "user:\na", "")


@pytest.mark.parametrize(
    "value", [5, "text", [["user", "x"]], [{"role": 1, "content": "x"}], [{"role": "user", "content": 2}]]
)
def test_what_is_no_message(value) -> None:
    """Anything else is a misfit that says what was expected."""
    with pytest.raises(Misfit, match="list of messages"):
        read_turns(value)

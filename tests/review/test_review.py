"""Hand review: the draw is bound and blind, worklists survive every format, bounds decide, and cheating shows."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from audit import cli
from audit.errors import InputError, UsageError
from audit.review.acceptance import accept
from audit.review.verdicts import Verdict, read_verdicts
from audit.review.worklist import FORMATS
from audit.stats.lots import lot_bounds

NONCE = "0f" * 16
OTHER = {"first": "second", "second": "first"}


def write(path: Path, n: int = 400, *, prompt: str = "Question {}?") -> Path:
    """Pairs in two locales, one of them a quarter."""
    rows = [
        {"prompt": prompt.format(i), "chosen": f"good {i}", "rejected": f"bad {i}", "locale": "da" if i % 4 else "de"}
        for i in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def sample(data: Path, *more: str, nonce: str = NONCE, name: str = "work") -> tuple[bytes, dict[str, Any]]:
    """Worklist and key of a draw."""
    out, key = data.parent / name, data.parent / f"{name}.key"
    arguments = ["sample", str(data), "--nonce", nonce, "--out", str(out), "--key", str(key), "--quiet", *more]
    assert cli.main(arguments) == 0
    return out.read_bytes(), json.loads(key.read_text())


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def filled(key: dict[str, Any], wrong: int = 0, *, judged: int | None = None) -> dict[str, Verdict]:
    """Verdicts on the first `judged` comparisons, of which the first `wrong` prefer the other side."""
    rows = key["rows"][:judged]
    return {
        row["id"]: Verdict(OTHER[row["preferred"]] if i < wrong else row["preferred"], None, None)
        for i, row in enumerate(rows)
    }


def test_draw_is_bound_to_rows_and_nonce(tmp_path: Path) -> None:
    """The same rows in another order and format give the same comparisons; another nonce gives others."""
    data = write(tmp_path / "a.jsonl")
    one, key = sample(data, "--size", "50")
    lines = data.read_text().splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    moved = tmp_path / "moved.jsonl"
    moved.write_text("".join(lines))
    _, again = sample(moved, "--size", "50", name="moved")
    leaves = [sorted(row["leaf"] for row in k["rows"]) for k in (key, again)]
    assert leaves[0] == leaves[1]
    assert key["set_root"] == again["set_root"]
    assert len(set(leaves[0])) == 50
    _, other = sample(data, "--size", "50", nonce="1f" * 16, name="other")
    assert leaves[0] != sorted(row["leaf"] for row in other["rows"])
    assert sample(data, "--size", "50", name="twice")[0] == one


def test_worklist_is_blind(tmp_path: Path) -> None:
    """Nothing in it says which side the delivery prefers; the preferred one is shown first about half of the time."""
    content, key = sample(write(tmp_path / "a.jsonl", prompt="Q{}"), "--size", "300")
    rows = rows_of(content)
    assert not {"label", "chosen", "rejected", "preferred"} & set(rows[0])
    for row, entry in zip(rows, key["rows"], strict=True):
        assert row[entry["preferred"]].startswith("good")
        assert row[OTHER[entry["preferred"]]].startswith("bad")
    first = Counter(entry["preferred"] for entry in key["rows"])["first"]
    assert 110 <= first <= 190  # 150, 4.6 standard deviations of sqrt(75) either way


def test_strata_get_their_own_sample(tmp_path: Path) -> None:
    """Thirty of each locale; the bound of the whole adds up the bounds of the strata at half the error each."""
    data = write(tmp_path / "a.jsonl")
    _, key = sample(data, "--size", "30", "--by", "locale")
    assert key["lots"] == {"da": 300, "de": 100}
    assert Counter(row["stratum"] for row in key["rows"]) == {"da": 30, "de": 30}
    found = accept(key, filled(key), 0.05)
    high = lot_bounds(0, 30, 300, 0.025)[1] + lot_bounds(0, 30, 100, 0.025)[1]
    assert found.wrong.high == high / 400
    assert [share.name for share in found.strata] == ["locale = da", "locale = de"]
    assert found.sequential is None


def test_bounds_decide(tmp_path: Path) -> None:
    """All right passes, half wrong fails, a few wrong cannot be told; every bound is the exact one."""
    _, key = sample(write(tmp_path / "a.jsonl"), "--size", "200")
    verdicts = {n: accept(key, filled(key, n), 0.05) for n in (0, 9, 100)}
    assert [found.verdict for found in verdicts.values()] == ["pass", "inconclusive", "fail"]
    low, high = lot_bounds(9, 200, 400)
    assert (verdicts[9].wrong.low, verdicts[9].wrong.high) == (low / 400, high / 400)
    assert verdicts[9].wrong.value == 9 / 200


def test_open_comparisons_count_against_either_verdict(tmp_path: Path) -> None:
    """Leaving out the wrong ones does not pass: what is open counts as wrong above and as right below."""
    _, key = sample(write(tmp_path / "a.jsonl"), "--size", "200")
    some = filled(key, judged=150)
    found = accept(key, some, 0.05)
    assert (found.verdict, found.judged, found.open) == ("inconclusive", 150, 50)
    assert found.wrong.high == lot_bounds(50, 200, 400)[1] / 400
    assert found.wrong.low == lot_bounds(0, 200, 400)[0] / 400
    stopped = accept(key, some, 0.05, is_sequential=True)
    assert stopped.verdict == "pass"
    assert stopped.sequential is not None
    assert stopped.sequential[1] <= 0.05
    last_only = {row["id"]: Verdict(row["preferred"], None, None) for row in key["rows"][1:]}
    assert accept(key, last_only, 0.05, is_sequential=True).verdict == "inconclusive"  # the first one is open


def test_two_reviewers_and_adjudication() -> None:
    """Alike counts; differing is open until somebody settles it; equal and neither are unusable, not wrong."""
    rows = [{"id": str(i), "preferred": "first", "stratum": ""} for i in range(5)]
    key = {"by": "", "lots": {"": 5}, "rows": rows}
    said = {
        "0": Verdict("first", "first", None),
        "1": Verdict("first", "second", None),
        "2": Verdict("first", "second", "second"),
        "3": Verdict("equal", None, None),
        "4": Verdict(None, "neither", None),
    }
    found = accept(key, said, 0.05)
    assert (found.judged, found.open, found.differing, found.double_judged, found.agreed) == (4, 1, 1, 3, 1)
    assert (found.wrong.found, found.unusable.found) == (1, 3)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_comes_back(form: str, tmp_path: Path) -> None:
    """A worklist, filled as its tool fills it, is read back verdict by verdict."""
    content, key = sample(write(tmp_path / "a.jsonl"), "--size", "20", "--format", form)
    said = {row["id"]: OTHER[row["preferred"]] for row in key["rows"]}
    found = read_verdicts(fill(form, content, said), "work")
    assert {name: verdict.one for name, verdict in found.items()} == said
    assert all(verdict == Verdict(None, None, None) for verdict in read_verdicts(content, "work").values())


def fill(form: str, content: bytes, said: dict[str, str]) -> bytes:
    """The worklist with verdicts, as an export of its tool looks."""
    if form == "csv":
        rows = rows_of(content)
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows([{**row, "verdict": said[row["id"]].upper()} for row in rows])
        return out.getvalue().encode()
    if form == "label-studio":
        result = [{"from_name": "verdict", "to_name": "prompt", "type": "choices"}]
        tasks = [
            {**task, "annotations": [{"result": [{**result[0], "value": {"choices": [said[task["data"]["id"]]]}}]}]}
            for task in json.loads(content)
        ]
        return json.dumps(tasks).encode()
    records = [json.loads(line) for line in content.splitlines()]
    for record in records:
        answer = said[record["id"]]
        record.update({"responses": {"verdict": [{"value": answer}]}} if form == "argilla" else {"verdict": answer})
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def test_cells_never_run_as_formulas(tmp_path: Path) -> None:
    """A prompt that begins like a formula gets an apostrophe."""
    content, _ = sample(write(tmp_path / "a.jsonl", 10, prompt='=HYPERLINK("http://x","{}")'), "--size", "10")
    assert all(row["prompt"].startswith("'=HYPERLINK") for row in rows_of(content))


def test_a_key_of_other_data_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Drawn again from the delivery: the true key is told to be, one with exchanged rows exits 4."""
    data = write(tmp_path / "a.jsonl")
    content, key = sample(data, "--size", "200")
    said = {row["id"]: row["preferred"] for row in key["rows"]}
    work = tmp_path / "filled.csv"
    work.write_bytes(fill("csv", content, said))
    review = ["review", str(work), "--key", str(tmp_path / "work.key"), "--data", str(data), "--quiet"]
    assert cli.main(review) == 0
    out = capsys.readouterr().out
    assert "the draw was repeated from the data: the same" in out
    assert "REVIEW: PASS" in out
    key["rows"][0]["preferred"] = OTHER[key["rows"][0]["preferred"]]
    (tmp_path / "work.key").write_text(json.dumps(key))
    assert cli.main(review) == 4
    assert "rows differs" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,verdict\n1,better\n", "no such verdict"),
        (b"verdict\nfirst\n", "without an id"),
        (b"id,verdict\n1,first\n1,second\n", "two verdicts"),
        (b"[1]", "no object"),
        (b"{nothing", "neither CSV"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_bad_verdicts_are_named(content: bytes, message: str) -> None:
    """Each fault is told with its place."""
    with pytest.raises(InputError, match=message):
        read_verdicts(content, "work.csv")


def test_bad_arguments_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A short nonce, a column that is not there, a verdict on what was not drawn, reviewers who guess."""
    data = write(tmp_path / "a.jsonl", 40)
    base = ["sample", str(data), "--out", str(tmp_path / "w"), "--key", str(tmp_path / "k"), "--quiet"]
    assert cli.main([*base, "--nonce", "00"]) == 2
    assert cli.main([*base, "--nonce", "zz"]) == 2
    assert cli.main([*base, "--nonce", NONCE, "--by", "planet"]) == 2
    assert "not recorded" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()
    assert cli.main([*base, "--nonce", NONCE]) == 0
    (tmp_path / "v.csv").write_text("id,verdict\nx,first\n")
    review = ["review", str(tmp_path / "v.csv"), "--key", str(tmp_path / "k")]
    assert cli.main(review) == 2
    assert "not drawn" in capsys.readouterr().err
    assert (
        cli.main(["review", str(tmp_path / "w"), "--key", str(tmp_path / "k"), "--reviewers", "0.5", "9", "0.5", "9"])
        == 2
    )
    assert cli.main(["review", str(tmp_path / "w"), "--key", str(tmp_path / "w")]) == 2


def test_nothing_to_review(tmp_path: Path) -> None:
    """Votes without text cannot be judged again."""
    path = tmp_path / "votes.jsonl"
    path.write_text(
        "".join(
            json.dumps({"question_id": i, "model_a": "m", "model_b": "n", "winner": "model_a", "judge": "j"}) + "\n"
            for i in range(20)
        )
    )
    with pytest.raises(AssertionError):
        sample(path)
    with pytest.raises(UsageError, match="nothing to review"):
        raise_from_draw(path)


def raise_from_draw(path: Path) -> None:
    from audit.read.open import open_sources
    from audit.reading import Selection, bind
    from audit.review.draw import draw

    readings = [bind(container, Selection()) for container in open_sources([str(path)])]
    draw(readings, bytes.fromhex(NONCE), 5, progress=lambda *_: None)


def outvoted(path: Path, n: int = 60) -> Path:
    """Three votes a pair; the first five labels are for the side that most votes oppose."""
    rows = []
    for i in range(n):
        side, other = ("ab", "ba")[i % 2]
        people = [side, side, other] if i % 4 == 0 else [side] * 3
        rows.append(
            {
                "prompt": f"Question {i}?", "response_a": f"one {i}", "response_b": f"two {i}",
                "label": other if i < 5 else side,
                "judgments": [{"annotator": f"p{j}", "label": own} for j, own in enumerate(people)],
            }
        )  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_queue_is_reviewed_and_bounds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Worst first, blind; people's verdicts give the precision of the queue, and no audit takes its key."""
    data = outvoted(tmp_path / "votes.jsonl")
    assert cli.main(["run", str(data), "--out", str(tmp_path / "out"), "--quiet"]) in (0, 1)
    work, key = tmp_path / "work.csv", tmp_path / "key.json"
    queue = ["--queue", str(tmp_path / "out" / "result.json"), "--out", str(work), "--key", str(key), "--quiet"]
    assert cli.main(["sample", str(data), *queue, "--size", "8"]) == 0
    rows = json.loads(key.read_text())["rows"]
    assert {row["row"] for row in rows[:5]} == {1, 2, 3, 4, 5}
    told = rows_of(work.read_bytes())
    assert [row["id"] for row in told] == [row["id"] for row in rows]
    assert "label" not in told[0]
    capsys.readouterr()
    for one, row in zip(told, rows, strict=True):
        one["verdict"] = OTHER[row["preferred"]] if row["row"] <= 5 else row["preferred"]
    with work.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(told[0]))
        writer.writeheader()
        writer.writerows(told)
    assert cli.main(["review", str(work), "--key", str(key)]) == 0
    assert "5 of 8 judged labels are wrong: 62.5%" in capsys.readouterr().out
    assert cli.main(["run", str(data), "--review", str(work), str(key), "--quiet", "--out", str(tmp_path / "x")]) == 2
    assert "not a review key" in capsys.readouterr().err


def test_a_queue_of_other_data_or_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Changed data, a result without a queue, no JSON, a nonce beside the queue, and neither of the two."""
    data = outvoted(tmp_path / "votes.jsonl")
    assert cli.main(["run", str(data), "--out", str(tmp_path / "out"), "--quiet"]) in (0, 1)
    result = tmp_path / "out" / "result.json"
    rest = ["--out", str(tmp_path / "w"), "--key", str(tmp_path / "k"), "--quiet"]
    assert cli.main(["sample", str(data), "--queue", str(result), "--nonce", NONCE, *rest]) == 2
    assert cli.main(["sample", str(data), *rest]) == 2
    assert cli.main(["sample", str(data), "--queue", str(data), *rest]) == 2
    outvoted(data, 59)
    assert cli.main(["sample", str(data), "--queue", str(result), *rest]) == 4
    document = json.loads(result.read_text())
    document["measures"] = []
    result.write_text(json.dumps(document))
    assert cli.main(["sample", str(data), "--queue", str(result), *rest]) == 2
    assert "has no queue of labels" in capsys.readouterr().err

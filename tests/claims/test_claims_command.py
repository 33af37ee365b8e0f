"""`audit claims`: files that are wrong are told so; results and data decide; exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from audit import cli, pipeline
from audit.claims.reading import load_claims
from audit.resources import resource

GOOD = 'format = 1\n[[claim]]\nclause = "1"\nmeasure = "comparisons"\nat_least = 4\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Five pairs, one of them twice."""
    rows = [{"prompt": f"what is {i}", "chosen": f"it is {i}", "rejected": f"who knows {i}"} for i in (1, 2, 3, 4, 4)]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def claims(tmp_path: Path, text: str) -> str:
    path = tmp_path / "claims.toml"
    path.write_text(text)
    return str(path)


def run(*arguments: str) -> int:
    return cli.main(["claims", *arguments, "--no-cache", "--quiet"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("format = 1", "format = 2"), "format"),
        ("format = 1", "claim: required"),
        (GOOD.replace("comparisons", "agreement.alfa"), "did you mean agreement.alpha"),
        (GOOD + "at_most = 3\n", "a claim states one thing"),
        (GOOD.replace("at_least = 4", ""), "a claim states one thing"),
        (GOOD + 'slice = { by = "locale", value = "x" }\n', "no slices"),
        (GOOD + 'each = "locale"\n', "no slices"),
        (GOOD + "atleast = 1\n", "no such key"),
        (GOOD.replace("4", "nan"), "at_least"),
        (GOOD.replace('"1"', '"\\u202e"'), "clause"),
        ("x = [", "no TOML"),
    ],
)
def test_faulty_files_of_claims_are_refused(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    """Each fault is named with its place, and the exit code is 2."""
    assert run(claims(tmp_path, text), str(data)) == 2
    assert told in capsys.readouterr().err


def test_exit_codes(tmp_path: Path, data: Path) -> None:
    """0 all confirmed; 1 refuted; 1 open, unless only refutations count; 3 when the result is incomplete."""
    pipeline.run(str(data), out=tmp_path / "out")
    saved = str(tmp_path / "out")
    assert run(claims(tmp_path, GOOD), saved) == 0
    assert run(claims(tmp_path, GOOD.replace("at_least = 4", "at_least = 6")), saved) == 1
    open_claim = claims(tmp_path, GOOD.replace("comparisons", "agreement.alpha").replace("4", "0.5"))
    assert run(open_claim, saved) == 1
    assert run(open_claim, saved, "--fail-on", "refuted") == 0
    document = json.loads((tmp_path / "out" / "result.json").read_bytes())
    document["complete"] = False
    (tmp_path / "out" / "result.json").write_text(json.dumps(document))
    assert run(claims(tmp_path, GOOD), saved) == 3
    assert run(claims(tmp_path, GOOD), saved, "--layout", "pairs") == 2
    del document["measures"], document["rows"]
    (tmp_path / "out" / "result.json").write_text(json.dumps(document))
    assert run(claims(tmp_path, GOOD), saved) == 2
    assert cli.main(["diff", saved, saved]) == 2


def test_data_decide_what_a_result_cannot(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Usable pairs are counted from the data: the copy is none; the price goes by them; JSON and Markdown agree."""
    text = GOOD.replace("comparisons", "pairs.usable").replace("claim]]", 'claim]]\ntext = "| @all <b>"', 1)
    text = text.replace("format = 1", 'format = 1\n[price]\namount = 100\ncurrency = "EUR"')
    files = [tmp_path / "c.json", tmp_path / "c.md"]
    assert run(claims(tmp_path, text), str(data), "--json", str(files[0]), "--markdown", str(files[1])) == 0
    document = json.loads(files[0].read_bytes())
    schema = json.loads(resource("reports", "claims.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    assert (document["claims"][0]["value"], document["price"]["a_usable_pair"]) == (4, 25)
    assert "a usable pair (4)" in capsys.readouterr().out
    assert run(claims(tmp_path, text.replace("at_least = 4", "at_least = 5")), str(data), "--format", "markdown") == 1
    shown = capsys.readouterr().out
    assert "<b>" not in shown
    assert "@all" not in shown
    assert "REFUTED" in shown


def test_the_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    """The file of docs/claims.md is a file of claims."""
    page = (Path(__file__).parents[2] / "docs" / "claims.md").read_text()
    example = page.partition("```toml\n")[2].partition("```")[0]
    names = {spec.name for auditor in pipeline.auditors() for spec in auditor.measures}
    found = load_claims(Path(claims(tmp_path, example)), names)
    assert [claim.clause for claim in found.entries] == ["2.1", "3.2", "4", "5"]
    assert found.price is not None

"""The self-test: clean rows pass, one file of every defect is found, rates are counted right, aims missed are told."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import pytest

from audit.cli import main
from audit.selftest.defects import DEFECTS, Defect
from audit.selftest.host import make_host, make_protected
from audit.selftest.page import selftest_document
from audit.selftest.running import Rate, self_test

FEW = 400


def test_the_same_seed_gives_the_same_rows() -> None:
    """And another one others; the protected set shares no prompt with them."""
    one = make_host(4, 50)
    assert one == make_host(4, 50)
    assert one != make_host(5, 50)
    assert not {row["prompt"] for row in make_host(0, FEW)} & {row["prompt"] for row in make_protected()}


def test_every_defect_has_rules_doses_and_changes_rows() -> None:
    """Names are different; each plant changes what it says it changed, and nothing at all in other rows."""
    assert len({one.name for one in DEFECTS}) == len(DEFECTS)
    clean = make_host(1, FEW)
    for defect in DEFECTS:
        assert defect.rules
        assert defect.doses
        rows = copy.deepcopy(clean)
        dose = 50 if defect.unit == "rows left" else defect.doses[-1]
        changed = defect.plant(rows, dose, random.Random(0))
        assert changed, defect.name
        untouched = [i for i in range(FEW) if i not in changed]
        assert all(rows[i] == clean[i] for i in untouched), defect.name
        assert rows != clean, defect.name


@pytest.mark.slow
def test_one_file_of_every_defect() -> None:
    """At its largest dose each defect is found, clean files are not accused, and listed rows are planted ones."""
    largest = [Defect(d.name, d.family, d.rules, d.doses[-1:], d.plant, None, d.unit, d.localised) for d in DEFECTS]
    found = self_test(1, 11, defects=largest)
    assert found.unusable == ()
    assert [p.defect.name for p in found.planted if not p.caught.hits] == []
    assert [c.family for c in found.clean if c.failed.hits] == []
    for planted in found.planted:
        if planted.located is not None and planted.defect.family != "reviewers":  # a person's rows are not all bad
            assert planted.located.hits == planted.located.n, planted.defect.name
    assert found.holds


def test_a_defect_that_nothing_sees_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A plant that does nothing is missed in all of twenty files, so the self-test fails."""
    nothing = Defect("nothing", "structure", ("STR-001",), (0.1,), lambda rows, dose, rng: set())
    found = self_test(20, 0, lambda seed: make_host(seed, 30), defects=[nothing])
    assert (found.planted[0].caught.hits, found.planted[0].holds, found.holds) == (0, False, False)
    assert selftest_document(found)["planted"][0]["holds"] is False


def test_rates_have_exact_intervals() -> None:
    """None of 59 files: the upper bound is 1 - .05^(1/59) = .0495, just below the aim of 5 %."""
    assert Rate(0, 59).interval == pytest.approx((0.0, 1 - 0.05 ** (1 / 59)))
    assert Rate(0, 59).interval[1] < 0.05 < Rate(0, 58).interval[1]


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On somebody's own rows; what their rules do not pass is not planted; JSON, Markdown, and what is wrong."""
    lines = [json.dumps({"prompt": f"Why {i}?", "chosen": f"Good {i}.", "rejected": f"Bad {i}."}) for i in range(60)]
    (tmp_path / "own.jsonl").write_text("\n".join(lines) + "\n")
    command = [
        "selftest",
        str(tmp_path / "own.jsonl"),
        "--runs",
        "1",
        "--quiet",
        "--only",
        "structure",
        "--only",
        "lineage",
    ]
    assert main([*command, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["comparisons"] == 60
    assert {one["defect"] for one in told["planted"]} == {"empty_sides", "same_sides"}
    assert {"version_lost", "class_lost"} <= set(told["not_planted"])
    assert main([*command, "--format", "markdown"]) == 0
    assert "2 defects planted into 60 comparisons" in capsys.readouterr().out
    assert main(["selftest", "--only", "nonsense"]) == 2
    assert main(["selftest", "--runs", "0"]) == 2
    assert "expected" in capsys.readouterr().err

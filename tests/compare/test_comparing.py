"""Two results side by side: what is compared, what is not and why, what moved, which verdicts changed."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from audit.compare.comparing import compare, validity
from audit.compare.measures import compare_measures
from audit.compare.saved import Saved
from audit.compare.verdicts import changed_rules, warnings
from audit.measure import Interval, Kind, Measure, Outcome, Slice, Status
from audit.result import measure_entry, outcome_entry
from audit.stats.differences import Ends, difference
from audit.stats.proportions import wilson


def measured(
    name: str, value: float, half: float | None = None, *, part: Slice | None = None, unit: str = "share", n: int = 100
) -> Measure:
    interval = None if half is None else Interval(value - half, value + half, 0.9, "t")
    kind = Kind.CENSUS if half is None else Kind.PROCESS
    return Measure(name, value, unit, kind, n, interval, slice=part or Slice())


def document(*measures: Measure, version: str = "1", **parameters: object) -> dict[str, Any]:
    outcome = Outcome("LEN", "verbosity", version, parameters, Status.MEASURED, measures)
    return {
        "verdict": "pass",
        "level": "DPO-READY",
        "complete": True,
        "rows": {"read": 3, "accepted": 3, "rejected": 0},
        "comparisons": 3,
        "judgments": 0,
        "inputs": [{"name": "a.jsonl", "sha256": "aa", "layout": "pairs", "mapping": mapping()}],
        "tool": {"name": "dpo-audit", "version": "1", "extractor": "3"},
        "pack": {"name": "p", "version": "1", "digest": "sha256:1"},
        "waivers": None,
        "outcomes": [outcome_entry(outcome)],
        "measures": [measure_entry(outcome, m) for m in measures],
        "rules": [],
    }


def mapping(**fields: str) -> dict[str, Any]:
    return {"layout": "pairs", "fields": fields, "values": {}, "slices": {}, "options": {}}


def test_differences_are_of_their_kind() -> None:
    """A share's is a difference with interval, an odds ratio's a ratio, a census's exact."""
    before = document(measured("a", 0.5, 0.03), measured("o", 2.0, 0.5, unit="odds ratio per SD"), measured("c", 3))
    after = document(measured("a", 0.6, 0.04), measured("o", 2.0, 0.5, unit="odds ratio per SD"), measured("c", 5))
    a, c, o = compare_measures(before, after)
    assert a["difference"]["value"] == pytest.approx(0.1)
    assert (a["difference"]["low"], a["difference"]["high"]) == (pytest.approx(0.05), pytest.approx(0.15))
    assert a["moved"] is True
    assert (c["difference"]["value"], c["difference"]["low"], c["difference"]["p"], c["moved"]) == (2, None, None, True)
    assert (o["difference"]["form"], o["difference"]["value"], o["difference"]["p"]) == ("ratio", 1, 1)
    assert o["moved"] is False


def test_one_sided_and_undefined_measures_are_shown_without_a_difference() -> None:
    """A measure of one side only has a reason instead of a difference."""
    (entry,) = compare_measures(document(), document(measured("a", 0.5, 0.1)))
    assert entry["difference"] is None
    assert entry["before"] is None
    assert "one side" in entry["reason"]


@pytest.mark.parametrize(("other", "told"), [({"version": "2"}, "two versions"), ({"limit": 3}, "limit")])
def test_another_measurement_is_not_compared(other: dict[str, Any], told: str) -> None:
    """Another version or other parameters of the auditor: both numbers, no difference, the reason names it."""
    before, after = document(measured("a", 0.5, 0.01)), document(measured("a", 0.9, 0.01), **other)
    (entry,) = compare_measures(before, after)
    assert entry["difference"] is None
    assert entry["moved"] is None
    assert told in entry["reason"]
    assert any("LEN" in line for line in warnings(before, after))


def test_false_discoveries_among_slices_are_held_down() -> None:
    """Of 20 slices one at p = .02 alone is no discovery; with half of them far off, all of those are."""

    def slices(values: list[float]) -> dict[str, Any]:
        return document(*(measured("a", v, 0.1, part=Slice("s", f"{i:02}")) for i, v in enumerate(values)))

    still = slices([0.5] * 20)
    # the difference's half is .1414 at z 1.645: p = .02 where it is 2.326 / 1.645 * .1414 = .2
    assert [e["moved"] for e in compare_measures(still, slices([0.7] + [0.5] * 19))] == [False] * 20
    moved = compare_measures(still, slices([0.9] * 10 + [0.5] * 10))
    assert [e["moved"] for e in moved] == [True] * 10 + [False] * 10


def rule(verdict: str, code: str = "LEN-001", limit: float = 0.1) -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "title", "measure", "unit", "message", "operator", "severity"), code),
        **dict.fromkeys(("slice", "low", "high", "estimate", "fail_limit", "center", "confidence", "evidence")),
        "verdict": verdict,
        "required": True,
        "version": 1,
        "limit": limit,
        "n": 3,
    }


@pytest.mark.parametrize(
    ("before", "after", "change", "worse"),
    [
        ("pass", "fail", "worse", True),
        ("fail", "inconclusive", "better", False),
        ("pass", "not_assessable", "worse", True),
        ("not_assessable", "fail", "new", True),
        ("not_assessable", "pass", "new", False),
    ],
)
def test_verdicts_change(before: str, after: str, change: str, *, worse: bool) -> None:
    """What cannot be assessed any more got worse; what is assessed only now is new, and counts where it fails."""
    (found,) = changed_rules({"rules": [rule(before)]}, {"rules": [rule(after)]})
    assert (found["change"], found["worse"], found["restated"]) == (change, worse, False)


def test_same_verdicts_are_silent_and_restated_rules_speak() -> None:
    """A rule with another limit says so; one that is gone is gone."""
    assert changed_rules({"rules": [rule("pass")]}, {"rules": [rule("pass", limit=0.2)]}) == []
    (found,) = changed_rules({"rules": [rule("pass")]}, {"rules": [rule("fail", limit=0.2)]})
    assert found["restated"] is True
    judged = {**rule("fail"), "low": 0.1, "confidence": 0.95}
    (found,) = changed_rules({"rules": [rule("not_assessable")]}, {"rules": [judged]})
    assert found["restated"] is False
    (found,) = changed_rules({"rules": [rule("pass")]}, {"rules": []})
    assert found["change"] == "gone"


def test_other_tools_rules_and_mappings_are_said() -> None:
    """Each difference that is not one of the data has its sentence."""
    before, after = document(), copy.deepcopy(document())
    assert list(warnings(before, after)) == []
    after["tool"]["version"], after["tool"]["extractor"] = "2", "4"
    after["pack"]["digest"] = "sha256:2"
    after["inputs"][0]["mapping"] = mapping(prompt="question")
    told = "\n".join(warnings(before, after))
    for part in ("versions of the tool, 1 and 2", "extractor, 3 and 4", "two rule packs", "other mappings (prompt)"):
        assert part in told


def test_whether_intervals_hold_depends_on_the_rows_in_common() -> None:
    """None: independent; most with the same label: conservative; most reversed: not valid; unknown: said."""
    known = {"known": "by rows", "shared": 0, "of_before": 0.0, "same": 0, "reversed": 0}
    assert "independent" in validity(known)
    assert "conservative" in validity({**known, "shared": 10, "same": 5, "reversed": 5, "of_before": 0.1})
    assert "too narrow to be valid" in validity({**known, "shared": 10, "same": 4, "reversed": 5, "of_before": 0.1})
    same = compare([Saved("A", "a", document()), Saved("B", "b", document())])
    assert "files that are the same: 1" in same["comparisons"][0]["validity"]


def test_overlap_makes_the_interval_wide_and_reversed_labels_make_it_narrow() -> None:
    """What `validity` says, by simulation: two files of 300 with 200 rows in common, no real difference.

    With the common rows alike 90 % intervals of the difference cover 0 more often than that; with them reversed less.
    """
    random = np.random.default_rng(8)
    covered = {"alike": 0, "reversed": 0}
    for _ in range(1500):
        common = random.random(200) < 0.5
        own = random.random((2, 100)) < 0.5
        for name, again in (("alike", common), ("reversed", ~common)):
            sums = [int(part.sum() + rest.sum()) for part, rest in zip((common, again), own, strict=True)]
            found = difference(*(Ends(x / 300, *wilson(x, 300)) for x in sums))
            covered[name] += found.low <= 0 <= found.high
    assert covered["alike"] / 1500 > 0.98
    assert covered["reversed"] / 1500 < 0.85

"""Waivers: what they cover, when they end, and what they never change."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.errors import UsageError
from audit.measure import ALL, Evidence, Interval, Kind, Measure, RowRef, Slice, Undefined
from audit.rules import Verdict, judge, load_pack, load_waivers
from audit.rules.pack import RulePack
from audit.rules.waivers import State, Waivers, parse_waivers

DAY = date(2026, 11, 27)
FILE = "ab" * 32
PACK = """
format = 1
name = "own"
version = "1.0.0"
title = "Own"
level = "DPO-READY"
[[rule]]
id = "ONE-001"
version = 1
title = "Too many faults"
name = "faults"
measure = "own.faults"
kind = "census"
operator = "le"
limit = 2
required = true
severity = "blocker"
basis = "policy"
rationale = "r"
reference = ["r"]
remediation = "r"
since = "0.1.0"
[[rule]]
id = "TWO-001"
version = 1
title = "Shares off the middle"
name = "off"
measure = "own.share"
kind = "census"
operator = "within"
center = 0.5
limit = 0.1
required = false
severity = "major"
basis = "policy"
rationale = "r"
reference = ["r"]
remediation = "r"
since = "0.1.0"
[rule.slice]
mode = "each"
by = ["locale"]
[[rule]]
id = "SUM-001"
version = 1
title = "Not to be waived"
name = "sum"
measure = "own.sum"
kind = "census"
operator = "eq"
limit = 0
required = true
severity = "blocker"
waivable = false
basis = "policy"
rationale = "r"
reference = ["r"]
remediation = "r"
since = "0.1.0"
"""


@pytest.fixture
def pack(tmp_path: Path) -> RulePack:
    (tmp_path / "own.toml").write_text(PACK)
    return load_pack(tmp_path / "own.toml")


def waiver(**changes: Any) -> dict[str, Any]:
    plain = {
        "id": "W-1",
        "rule": "ONE-001",
        "scope": {"files": [FILE]},
        "reason": "known, harmless",
        "owner": "ann",
        "approver": "bob",
        "created": DAY - timedelta(days=10),
        "expires": DAY + timedelta(days=10),
        "ceiling": 5,
    }
    return {key: value for key, value in {**plain, **changes}.items() if value is not None}


def waivers(*entries: dict[str, Any], on: date = DAY) -> Waivers:
    return parse_waivers({"waiver": list(entries)}, on, "waivers.toml")


def measures(faults: float = 4, share: float = 0.5, evidence: Evidence | None = None) -> list[Measure]:
    return [
        Measure("own.faults", faults, "count", Kind.CENSUS, 100, evidence=evidence),
        Measure("own.share", share, "share", Kind.CENSUS, 100, slice=Slice("locale", "da")),
        Measure("own.sum", 0.0, "count", Kind.CENSUS, 100),
    ]


def test_a_waived_finding_does_not_count_and_stays_what_it_is(pack: RulePack) -> None:
    """The whole passes with waivers, at the pack's level; the finding still says fail, and names its waiver."""
    assert judge(pack, measures()).verdict is Verdict.FAIL
    found = judge(pack, measures(), (), waivers(waiver()), [FILE])

    assert (found.verdict, found.level) == (Verdict.PASS_WITH_WAIVERS, "DPO-READY")
    assert found.findings[0].verdict is Verdict.FAIL
    assert found.findings[0].waiver is not None
    assert found.findings[0].waiver.id == "W-1"
    assert [use.state for use in found.uses] == [State.APPLIED]
    assert "ann" in found.uses[0].message
    assert "bob" in found.uses[0].message


def test_a_slice_is_waived_by_name(pack: RulePack) -> None:
    """A waiver of one slice covers that slice only, and a ceiling is in the rule's own terms: at most 0.25 off."""
    one = waivers(waiver(rule="TWO-001", slice={"by": "locale", "value": "da"}, ceiling=0.25))
    other = waivers(waiver(rule="TWO-001", slice={"by": "locale", "value": "de"}, ceiling=0.25))

    assert judge(pack, measures(1, 0.7), (), one, [FILE]).verdict is Verdict.PASS_WITH_WAIVERS
    assert judge(pack, measures(1, 0.3), (), one, [FILE]).verdict is Verdict.PASS_WITH_WAIVERS
    assert judge(pack, measures(1, 0.8), (), one, [FILE]).verdict is Verdict.FAIL
    found = judge(pack, measures(1, 0.7), (), other, [FILE])
    assert (found.verdict, found.uses[0].state) == (Verdict.FAIL, State.UNUSED)


@pytest.mark.parametrize(
    ("changes", "on", "files", "state", "said"),
    [
        ({}, DAY + timedelta(days=11), [FILE], State.EXPIRED, "counts again"),
        ({}, DAY - timedelta(days=11), [FILE], State.REFUSED, "not in force"),
        ({"ceiling": 3}, DAY, [FILE], State.REFUSED, "beyond its ceiling"),
        ({}, DAY, ["cd" * 32], State.REFUSED, "other files"),
        ({}, DAY, [FILE, "cd" * 32], State.REFUSED, "other files"),
        ({}, DAY, [None], State.REFUSED, "other files"),
        ({}, DAY, [], State.REFUSED, "other files"),
        ({"scope": {"rows": ["ab" * 16]}}, DAY, [FILE], State.REFUSED, "not all listed"),
    ],
)
def test_where_a_waiver_ends(
    pack: RulePack, changes: dict[str, Any], on: date, files: list[str | None], state: State, said: str
) -> None:
    """After its date, before it, beyond its ceiling, on other data: the finding counts."""
    found = judge(pack, measures(), (), waivers(waiver(**changes), on=on), files)

    assert found.verdict is Verdict.FAIL
    assert (found.uses[0].state, found.findings[0].waiver) == (state, None)
    assert said in found.uses[0].message


def test_it_counts_on_its_last_day(pack: RulePack) -> None:
    """The date of expiry is the last day, and the date of creation the first."""
    for on in (DAY - timedelta(days=10), DAY + timedelta(days=10)):
        assert judge(pack, measures(), (), waivers(waiver(), on=on), [FILE]).verdict is Verdict.PASS_WITH_WAIVERS


def test_a_waiver_of_rows_covers_these_rows_only(pack: RulePack) -> None:
    """One row more behind the finding, or rows that are not all listed, and it counts again."""
    rows = [RowRef(f"{i:032x}", "data.jsonl", i + 1) for i in range(4)]
    scope = {"rows": [row.digest for row in rows[:3]]}

    def verdict(listed: list[RowRef], total: int) -> Verdict:
        own = measures(evidence=Evidence(total, tuple(listed)))
        return judge(pack, own, (), waivers(waiver(scope=scope)), [FILE]).verdict

    assert verdict(rows[:3], 3) is Verdict.PASS_WITH_WAIVERS
    assert verdict(rows, 4) is Verdict.FAIL
    assert verdict(rows[:3], 4) is Verdict.FAIL


def test_one_that_nothing_needs_is_unused(pack: RulePack) -> None:
    """A pass is a pass, and the waiver says that it can go; so it does where no such slice was judged."""
    found = judge(pack, measures(1), (), waivers(waiver()), [FILE])

    assert (found.verdict, found.uses[0].state) == (Verdict.PASS, State.UNUSED)
    assert "can go" in found.uses[0].message


def test_what_was_not_measured_cannot_be_waived(pack: RulePack) -> None:
    """Without an estimate there is no ceiling."""
    own = [Measure("own.faults", Undefined("no column"), "count", Kind.CENSUS, 0), *measures()[1:]]
    found = judge(pack, own, (), waivers(waiver()), [FILE])

    assert (found.verdict, found.uses[0].state) == (Verdict.NOT_ASSESSABLE, State.REFUSED)


def test_an_undecided_required_rule_can_be_waived(tmp_path: Path) -> None:
    """Its estimate has a ceiling as that of a fail has."""
    path = tmp_path / "p.toml"
    path.write_text(PACK.split('[[rule]]\nid = "TWO')[0].replace('kind = "census"', 'kind = "process"'))
    process = Measure("own.faults", 2.0, "count", Kind.PROCESS, 100, Interval(1.0, 3.0, 0.9, "t", 0.6, 99))
    own = load_pack(path)

    assert judge(own, [process]).verdict is Verdict.INCONCLUSIVE
    assert judge(own, [process], (), waivers(waiver()), [FILE]).verdict is Verdict.PASS_WITH_WAIVERS


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"rule": "SUM-001", "ceiling": 3}, "cannot be waived"),
        ({"rule": "ONE-002"}, "no such rule"),
        ({"ceiling": 1}, "asks more than the rule"),
        ({"ceiling": [0, 5]}, "does not fit"),
    ],
)
def test_waivers_are_checked_against_the_pack(pack: RulePack, changes: dict[str, Any], where: str) -> None:
    """A rule that may not be waived, one that is not there, a ceiling that makes no sense: an error."""
    with pytest.raises(UsageError, match=where):
        judge(pack, measures(), (), waivers(waiver(**changes)), [FILE])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"approver": " ANN "}, "approves their own"),
        ({"expires": DAY + timedelta(days=171)}, "live that long"),
        ({"expires": DAY - timedelta(days=11)}, "live that long"),
        ({"scope": {}}, "waiver of anything"),
        ({"scope": {"files": ["ABC"]}}, "not readable"),
        ({"owner": None}, "required, but missing"),
        ({"expires": "2026-12-01"}, "not readable"),
        ({"expire": DAY}, "no such key"),
        ({"reason": "\x1b[31m"}, "not readable"),
    ],
)
def test_every_waiver_has_all_its_parts(changes: dict[str, Any], said: str) -> None:
    """Owner, another approver, reason, dates at most 180 days apart, scope and ceiling."""
    with pytest.raises(UsageError, match=said):
        waivers(waiver(**changes))


def test_one_finding_has_one_waiver() -> None:
    """Two of one id or of one finding are an error, and so is anything but waivers."""
    with pytest.raises(UsageError, match="one id"):
        waivers(waiver(), waiver(rule="TWO-001"))
    with pytest.raises(UsageError, match="one finding"):
        waivers(waiver(), waiver(id="W-2"))
    with pytest.raises(UsageError, match="not a file of waivers"):
        parse_waivers({"waivers": []}, DAY, "waivers.toml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, no TOML, no UTF-8: each named."""
    for content in (None, b"[[waiver", b"\xff"):
        path = tmp_path / "w.toml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UsageError, match=r"w\.toml"):
            load_waivers(path, DAY)


def test_the_digest_is_of_what_was_agreed() -> None:
    """Another owner is another digest; the day of reading is no part of it."""
    one = waivers(waiver())
    assert one.digest == waivers(waiver(), on=DAY + timedelta(days=1)).digest
    assert one.digest != waivers(waiver(owner="eve")).digest
    assert one.entries[0].slice == ALL

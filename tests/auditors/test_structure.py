"""The structure auditor: counts by hand, rows set aside, and files without text."""

from __future__ import annotations

from audit.auditor import audit_with
from audit.auditors.structure import Structure
from audit.measure import Measure, Slice, Status, Undefined
from audit.schema import Defect
from tests.signals_of import signals


def measured(own: object) -> dict[tuple[str, str], Measure]:
    outcome = audit_with(Structure(), own)
    assert outcome.status is Status.MEASURED, outcome.error
    return {(m.name.removeprefix("structure."), str(m.slice)): m for m in outcome.measures}


def values(found: dict[tuple[str, str], Measure]) -> dict[str, float]:
    return {name: m.number for (name, part), m in found.items() if part == "all"}


BROKEN = [
    0,
    Defect.EMPTY_A | Defect.EMPTY_B,
    Defect.EMPTY_PROMPT,
    Defect.ROLE_REPEAT_A | Defect.ROLE_REPEAT_B | Defect.PROMPT_END | Defect.ROLE_UNKNOWN,
    Defect.RESPONSE_ROLE,
    Defect.MISSING_SIDE,
    Defect.PROMPT_MISMATCH | Defect.IDENTICAL_SIDES,
    Defect.IDENTICAL_SIDES,
]


def test_counts_by_hand():
    """Eight comparisons, one a kind of defect, and three rows set aside: each count as its docstring says."""
    found = measured(
        signals({"defects": BROKEN, "a_bytes": [9] * 8}, rejects={"wrong_type": 2, "broken_json": 1}, read=11)
    )
    assert values(found) == {
        "rejected_rows": 3,
        "wrong_type_rows": 2,
        "empty_prompts": 1,
        "empty_sides": 2,
        "missing_sides": 1,
        "role_violations": 4,  # two repeating sides, one for the other bits of row 4, one for row 5
        "invalid_rows": 8,  # 3 set aside, rows 2 to 6
        "invalid_rate": 8 / 11,
        "prompt_mismatches": 1,
        "identical_sides": 2,
        "contrastless_pairs": 2,
        "contrastless_rate": 2 / 8,
    }


def test_evidence_names_the_rows():
    """The rows of a count can be looked up: file, line, digest."""
    rows = measured(signals({"defects": BROKEN, "a_bytes": [9] * 8}))["contrastless_pairs", "all"].evidence
    assert rows is not None
    assert (rows.total, sorted(r.row for r in rows.rows), {r.file for r in rows.rows}) == (2, [7, 8], {"data.jsonl"})


def test_clean_file_has_no_defect():
    """Nothing fires on whole comparisons."""
    counts = values(measured(signals({"defects": [0] * 40, "a_bytes": [9] * 40})))
    assert set(counts.values()) == {0.0}


def test_slices_have_rates():
    """Thirty Danish comparisons of which three are empty, thirty clean: 0.1 and 0."""
    found = measured(
        signals(
            {
                "defects": [int(Defect.EMPTY_A)] * 3 + [0] * 57,
                "a_bytes": [9] * 60,
                "locale": ["da"] * 30 + ["de"] * 30,
            }
        )
    )
    assert found["invalid_rate", "locale=da"].number == 0.1
    assert found["invalid_rate", "locale=de"].number == 0.0
    assert found["invalid_rate", "locale=da"].slice == Slice("locale", "da")


def test_votes_without_text_are_undefined():
    """No text, nothing to check: undefined with the column that would unlock it, never zero."""
    found = measured(signals({"label": [1, 2]}))
    assert found["rejected_rows", "all"].number == 0
    undefined = {name for (name, _), m in found.items() if not m.is_defined}
    assert undefined == {s.name.removeprefix("structure.") for s in Structure.measures} - {
        "rejected_rows",
        "wrong_type_rows",
    }
    assert found["empty_sides", "all"].value == Undefined("no text is recorded", "response_a")


def test_rows_set_aside_count_without_text():
    """A vote file with rows set aside is invalid in those rows, whatever else cannot be said."""
    assert measured(signals({"label": [1, 2]}, rejects={"broken_json": 4}))["invalid_rows", "all"].number == 4


def test_nothing_read_is_no_pass():
    """An empty input is legal, and has no rate."""
    found = measured(signals({}))
    assert found["rejected_rows", "all"].number == 0
    assert found["invalid_rows", "all"].value == Undefined("no comparison was read", "response_a")
    assert not found["invalid_rate", "all"].is_defined


def test_one_row():
    """One broken comparison: a rate of one."""
    assert measured(signals({"defects": [2], "a_bytes": [0]}))["invalid_rate", "all"].number == 1.0

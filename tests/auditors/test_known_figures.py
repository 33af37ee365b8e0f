"""Figures of public files that structure, balance and position must reproduce; skipped where the files are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit.measure import ALL
from audit.pipeline import run

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))

FIGURES = {
    "hh_harmless_base_test": {
        "structure.prompt_mismatches": 5,
        "structure.empty_sides": 4,
        "structure.role_violations": 13,
    },
    "pandalm_testset_v1": {
        "structure.wrong_type_rows": 6,
        "structure.rejected_rows": 6,
        "structure.empty_sides": 54,
        "position.order_recorded": 0.0,
    },
    "ukpconvarg_2topics": {"structure.identical_sides": 4, "structure.empty_sides": 0},
    "mtbench_gpt4_pair_votes": {"balance.side_a_rate": pytest.approx(1 - 0.894, abs=0.0005)},
    "llmbar_419_both_orders": {
        "position.order_recorded": 1.0,
        "position.order_fixed_share": 0.0,
        "position.longer_first_rate": pytest.approx(0.5, abs=0.001),
    },
}


@pytest.mark.parametrize("name", FIGURES)
def test_known_figures(name):
    """Counts and rates of the whole file are the published or independently counted ones."""
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("the public files are not here")
    found = {m.name: m.value for m in run(path).measures if m.slice == ALL}
    assert {measure: found[measure] for measure in FIGURES[name]} == FIGURES[name]
